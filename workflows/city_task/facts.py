"""What the gates of a task ask; pure over the case.

1. A task is in time by the day on which its product left the agency, not by the day on which
   somebody entered it.
2. An extension counts only if it was granted while the task was not yet late.
"""

from datetime import date

from engine.machine.instance import Case


def days_plausible(case: Case) -> bool:
    """Whether the task falls due no earlier than its document was signed."""
    signed, due = _day(case, "document_date"), _day(case, "due_on")
    return signed is None or due is None or signed <= due


def done_day_plausible(case: Case) -> bool:
    """Whether the day of completion lies between the document and today; true while not given."""
    done, signed = _day(case, "done_on"), _day(case, "document_date")
    return done is None or ((signed is None or signed <= done) and done <= case.today)


def not_yet_late(case: Case) -> bool:
    """Whether the present due day has not passed."""
    due = _day(case, "due_on")
    return due is not None and case.today <= due


def asked_day_later(case: Case) -> bool:
    """Whether the day asked for lies behind the present one; true while none is given."""
    return _later(case, "asked_due")


def granted_day_later(case: Case) -> bool:
    """Whether the day granted lies behind the present one; true while none is given."""
    return _later(case, "granted_due")


def _later(case: Case, field: str) -> bool:
    new, due = _day(case, field), _day(case, "due_on")
    return new is None or due is None or new > due


def _day(case: Case, field: str) -> date | None:
    day: date | None = case.instance.fields.get(field)
    return day
