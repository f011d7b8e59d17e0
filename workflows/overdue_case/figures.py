"""What the case of a late dossier is measured by.

1. A case that never lapsed has no days late and owes no apology.
2. Days late count working days from the due day that was missed to the return; a dossier that is
   not returned yet is late up to today, and one that was stopped up to the day on which it was.
3. What was excluded was not late.
"""

from datetime import date
from typing import Final

from engine.machine.instance import Case
from engine.machine.registry import Figure
from workflows.overdue_case import facts
from workflows.overdue_case.effects import APOLOGY_DAYS

NOT_LATE: Final = frozenset({"excluded", "cancelled"})


def days_late(case: Case) -> Figure:
    """Working days late."""
    due: date | None = case.instance.fields.get("current_due")
    if due is None or not was_late(case):
        return Figure(numerator=None)
    until = _late_until(case)
    return Figure(numerator=case.calendar.working_days_between(due, until), cut_off=until)


def apology_in_time(case: Case) -> Figure:
    """Whether the unit apologised within a working day of the lapse; unknown while there is time.

    The first letter counts.
    """
    lapsed = facts.lapsed_on(case)
    if lapsed is None or not was_late(case):
        return Figure(numerator=None)
    last_day = case.calendar.add_working_days(lapsed, APOLOGY_DAYS)
    sent = apologised_on(case)
    if sent is None and case.today <= last_day:
        return Figure(numerator=None)
    return Figure(numerator=int(sent is not None and sent <= last_day), cut_off=sent or case.today)


def extensions_used(case: Case) -> Figure:
    """How often the dossier was re-appointed."""
    return Figure(numerator=facts.extensions_used(case), cut_off=case.today)


def was_late(case: Case) -> bool:
    """Whether the case lapsed and is not taken back; stopping it afterwards changes nothing."""
    return facts.lapsed_on(case) is not None and case.instance.state not in NOT_LATE


def apologised_on(case: Case) -> date | None:
    """The day of the first letter of apology."""
    steps = (step.on for step in case.instance.history if step.transition == "apologise")
    return next(steps, None)


def _late_until(case: Case) -> date:
    returned: date | None = case.instance.fields.get("returned_on")
    stopped = case.instance.last("stop")
    return returned or (stopped.on if stopped is not None else case.today)


FIGURES = {
    "days_late": days_late,
    "apology_in_time": apology_in_time,
    "extensions_used": extensions_used,
}
"""Every figure of a case under the name that the definition gives it."""
