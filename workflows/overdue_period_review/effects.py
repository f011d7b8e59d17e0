"""What follows from the steps of a review: the frozen rows, and who is told."""

from dataclasses import replace

from engine.machine.intent import ChangeRecord, Intent, Notify
from engine.machine.registry import Question
from workflows.overdue_period_review.snapshot import (
    DOSSIER,
    LINE,
    PENDING,
    dossier_values,
    line_values,
    lines_of,
    live_count,
    pending_values,
)


def freeze_period(question: Question) -> tuple[Intent, ...]:
    """What was counted up to the cut-off becomes rows of the case, and stays what it is."""
    case = replace(question.case, instance=replace(question.case.instance, fields=question.fields))
    counted = live_count(case)
    if counted is None:
        return ()
    days = {"first": counted.first, "last": counted.last}
    lines = [(LINE, line_values(line, **days)) for line in lines_of(counted)]
    dossiers = [(DOSSIER, dossier_values(each, last=counted.last)) for each in counted.explained]
    pending = [(PENDING, values) for values in pending_values(counted)]
    rows = tuple(
        ChangeRecord(record_set=name, row=None, values=values)
        for name, values in (*lines, *dossiers, *pending)
    )
    units = tuple(row.values["unit"] for row in case.rows("unit_scope"))
    told = Notify(
        message="period_frozen", roles=("unit_head",), units=units, params=_days(question)
    )
    return (*rows, told) if units else rows


def tell_director_of_period(question: Question) -> tuple[Intent, ...]:
    """The Director hears that the report of the period is there."""
    return (Notify(message="period_submitted", roles=("director",), params=_days(question)),)


def tell_office_of_return(question: Question) -> tuple[Intent, ...]:
    """The Office hears that the report came back."""
    return (Notify(message="period_returned", roles=("office",), params=_days(question)),)


def tell_units_of_direction(question: Question) -> tuple[Intent, ...]:
    """Units that were given a task, and the Office, hear of the Director's direction."""
    units = dict.fromkeys(row.values["unit"] for row in question.case.rows("task"))
    office = Notify(message="period_directed", roles=("office",), params=_days(question))
    if not units:
        return (office,)
    heads = Notify(
        message="period_directed",
        roles=("unit_head",),
        units=tuple(units),
        params=_days(question),
    )
    return (office, heads)


def tell_office_of_period_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"state": question.case.instance.state, "unit": question.actor.unit}
    return (Notify(message="period_obstacle", roles=("office",), params=params),)


def _days(question: Question) -> dict[str, str]:
    due = question.fields.get("report_due")
    return {} if due is None else {"due_on": due.isoformat()}
