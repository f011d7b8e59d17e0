"""What the gates of a slip ask of its fields and history; pure over the case.

1. Days are counted from the history, never from what somebody typed.
2. A day that is not given yet gives no number; the missing field is told by its own gate.
"""

from datetime import date

from engine.calendars.business_days import Roll
from engine.machine.instance import Case

CARELESSNESS = ("personal_carelessness",)
MONTHS_COUNTED = 1200


def from_audit(case: Case) -> bool:
    """Whether an audit's finding opened the slip, or the slip that it replaces."""
    return case.instance.origin_set == "finding"


def working_days_since_issue(case: Case) -> int | None:
    """Working days since the slip was issued; None for a draft."""
    issue = case.instance.last("issue")
    return None if issue is None else case.calendar.working_days_between(issue.on, case.today)


def only_carelessness(case: Case) -> bool:
    """Whether personal carelessness is all that is given as the cause."""
    return tuple(case.instance.fields.get("cause_codes", ())) == CARELESSNESS


def planned_working_days(case: Case) -> int | None:
    """Working days from today to the planned day; negative when it has passed."""
    planned = _day(case, "planned_on")
    if planned is None:
        return None
    days = case.calendar.working_days_between(case.today, planned)
    # From a Sunday, the Saturday before is no working day away; it is past all the same.
    return days if planned >= case.today else min(days, -1)


def planned_months_after_minutes(case: Case) -> int | None:
    """Months begun between the signed minutes and the planned day.

    Two months from 31 December end on the last day of February; a term whose last day is a day off
    ends on the next working day (Civil Code 148).
    """
    minutes, planned = _day(case, "minutes_on"), _day(case, "planned_on")
    if minutes is None or planned is None:
        return None
    return next(
        (
            months
            for months in range(MONTHS_COUNTED)
            if planned <= case.calendar.add_months(minutes, months, roll=Roll.FORWARD)
        ),
        MONTHS_COUNTED,
    )


def due_day_passed(case: Case) -> bool:
    """Whether the due day of the present state lies behind."""
    due = case.instance.due_on
    return due is not None and case.today > due


def being_watched(case: Case) -> bool:
    """Whether the effect is being watched now; an earlier round does not count."""
    return case.instance.state == "watching"


def days_since_done(case: Case) -> int | None:
    """Calendar days since completion was last reported; None before that."""
    done = case.instance.last("report_done")
    return None if done is None else (case.today - done.on).days


def ineffective_before(case: Case) -> int:
    """Earlier rounds that were carried out and had no effect."""
    return sum(
        step.transition == "fail" and step.to_state == "analysing" for step in case.instance.history
    )


def _day(case: Case, field: str) -> date | None:
    value: date | None = case.instance.fields.get(field)
    return value
