"""The letter that urges a unit to do what it has to do: the same value for every case."""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """What is waited for, of whom, and since when.

    Attributes:
        state: where the case stands.
        due_on: the last day on which leaving the state is in time; None where none is set.
        days_late: working days since then; None while it has not passed.
    """

    code: str
    title: str
    unit: str | None
    state: str
    due_on: date | None
    today: date
    days_late: int | None


def reminder_letter(case: Case) -> Reminder:
    """The letter as it would be written today."""
    instance = case.instance
    due = instance.due_on
    late = None
    if due is not None and case.today > due:
        late = case.calendar.working_days_between(due, case.today)
    return Reminder(
        code=instance.code,
        title=instance.title,
        unit=instance.fields.get("unit") or instance.unit,
        state=instance.state,
        due_on=due,
        today=case.today,
        days_late=late,
    )
