"""What follows from the steps of a unit's report: its stamps, and who is told."""

from engine.machine.intent import Intent, Notify, SetField
from engine.machine.registry import Question
from workflows.unit_report.facts import reported


def stamp_unit_report(question: Question) -> tuple[Intent, ...]:
    """The report carries its day and its verdicts where the review can see them."""
    rows = reported(question.case)
    met = tuple(row.values["row"] for row in rows if row.values["met"])
    not_met = tuple(row.values["row"] for row in rows if not row.values["met"])
    return (
        SetField(field="reported_on", value=question.case.today),
        SetField(field="rows_met", value=met or None),
        SetField(field="rows_not_met", value=not_met or None),
    )


def tell_unit_of_return(question: Question) -> tuple[Intent, ...]:
    """The head of the unit hears that the report came back."""
    return (Notify(message="unit_report_returned", roles=("unit_head",), params=_days(question)),)


def tell_leaders_of_missing_report(question: Question) -> tuple[Intent, ...]:
    """A unit that is named as missing is told upwards at once."""
    roles = ("unit_head", "steering_head", "director")
    return (Notify(message="unit_report_missing", roles=roles, params=_days(question)),)


def tell_office_of_report_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"unit": question.actor.unit}
    return (Notify(message="unit_report_obstacle", roles=("office",), params=params),)


def _days(question: Question) -> dict[str, str]:
    due = question.fields.get("due_on")
    return {} if due is None else {"due_on": due.isoformat()}
