"""When a state falls due, and what happens before and after: dates from a definition and a case.

1. A day is not counted from itself; `5wd` from the entry on Monday is the next Monday.
2. Our own deadlines that end on a day off roll back to the working day before; a term of the law
   (`roll: forward` in the definition) ends on the next one.
3. A due day D ends with it: `due_at` is D+1 00:00 in the organisation's zone.
4. What depends on a step that was not taken or a field that is empty cannot be computed yet: no
   due day, no timers; they are planned again when the case changes.
5. Reminders, escalations and checks come at 08:00 of their day. A reminder whose hour has passed
   when it is planned is left out; an escalation that has passed is planned and fires at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from engine.calendars.business_days import Calendar, Roll
from engine.definition.model import Duration, Moment, Process
from engine.machine.instance import Case, Deadline, no_values
from engine.machine.window import day_of_year, spans_of

OFFICE_OPENS = time(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTimer:
    """Something that shall happen at an instant while the state lasts.

    Attributes:
        at: the instant, in UTC.
        params: `remind`: due_on, before · `overdue`: due_on, transition (or None) · `escalate`:
            due_on, after, to · `check`: index (among the state's checks), effect.
    """

    kind: Literal["remind", "overdue", "escalate", "check"]
    at: datetime
    params: Mapping[str, Any] = field(default_factory=no_values)


def due_of_state(
    process: Process, state: str, *, case: Case, entered_on: date, zone: tzinfo
) -> Deadline | None:
    """The deadline of a state with the rule and the calendar that made it.

    None without a due day, or while there is not yet one.

    Raises:
        CalendarInvalid: the day lies outside the years that exist.
    """
    due = process.states[state].due
    if due is None:
        return None
    day = day_of_moment(due, process=process, case=case, entered_on=entered_on)
    if day is None:
        return None
    version = case.calendar.version
    return Deadline(
        on=day,
        at=due_at(day, zone),
        rule=f"{due}, roll: {due.roll or Roll.BACK}",
        calendar=version if isinstance(version, int) else None,
    )


def due_at(due_on: date, zone: tzinfo) -> datetime:
    """The first instant at which a due day has passed, in UTC."""
    return datetime.combine(due_on + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def timers_of_state(
    process: Process, state: str, *, case: Case, entered_on: date, zone: tzinfo
) -> tuple[PlannedTimer, ...]:
    """Everything to plan when a state is entered, in the order of time.

    Raises:
        CalendarInvalid: a day lies outside the years that exist.
    """
    planned = list(_checks(process, state, case=case, entered_on=entered_on, zone=zone))
    due = due_of_state(process, state, case=case, entered_on=entered_on, zone=zone)
    if due is not None:
        planned.extend(_around(process, state, due_on=due.on, case=case, zone=zone))
    return tuple(sorted(planned, key=lambda timer: timer.at))


def day_of_moment(
    moment: Moment,
    *,
    process: Process,
    case: Case,
    entered_on: date | None,
    roll: Roll = Roll.BACK,
) -> date | None:
    """The date that a moment means for a case; None while it cannot be known.

    `roll` says where a date ends that is a day off, unless the moment itself does: back for our own
    deadlines, nowhere for `not_before`.
    """
    calendar = case.calendar
    day = _anchor(moment, process=process, case=case, entered_on=entered_on)
    if day is None:
        return None
    if moment.plus is not None:
        day = _add(day, moment.plus, calendar)
    if moment.minus is not None:
        day = _subtract(day, moment.minus, calendar)
    return calendar.roll(day, roll if moment.roll is None else Roll(moment.roll))


def entered_on(case: Case) -> date | None:
    """The day on which the present state was entered; staying internally is no entry."""
    for step in reversed(case.instance.history):
        if not step.internal:
            return step.on
    return None


def _anchor(
    moment: Moment, *, process: Process, case: Case, entered_on: date | None
) -> date | None:
    """The day from which a moment counts."""
    instance = case.instance
    if moment.date is not None:
        return day_of_year(instance.year, moment.date)
    if moment.end_of_window:
        if process.window is None:
            return None
        spans = spans_of(process.window, year=instance.year, period=instance.period)
        return max((span.last for span in spans), default=None)
    name = moment.after or moment.before
    if name is None:
        return entered_on
    if name in process.fields:
        return _as_date(instance.fields.get(name))
    last = instance.last(name)
    return last.on if last is not None else None


def _as_date(value: Any) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _add(day: date, term: Duration, calendar: Calendar) -> date:
    if term.unit == "wd":
        return calendar.add_working_days(day, term.count)
    if term.unit == "d":
        return calendar.add_calendar_days(day, term.count, roll=Roll.NONE)
    return calendar.add_months(day, term.count, roll=Roll.NONE)


def _subtract(day: date, term: Duration, calendar: Calendar) -> date:
    if term.unit == "wd":
        return calendar.subtract_working_days(day, term.count)
    if term.unit == "d":
        return calendar.add_calendar_days(day, -term.count, roll=Roll.NONE)
    return calendar.add_months(day, -term.count, roll=Roll.NONE)


def _checks(
    process: Process, state: str, *, case: Case, entered_on: date, zone: tzinfo
) -> Iterator[PlannedTimer]:
    for index, check in enumerate(process.states[state].checks):
        day = day_of_moment(check.at, process=process, case=case, entered_on=entered_on)
        if day is not None:
            params = {"index": index, "effect": check.effect}
            yield PlannedTimer(kind="check", at=_morning(day, zone), params=params)


def _around(
    process: Process, state: str, *, due_on: date, case: Case, zone: tzinfo
) -> Iterator[PlannedTimer]:
    """Reminders before the due day, the passing of it, escalations after."""
    spec = process.states[state]
    for before in spec.remind:
        at = _morning(_subtract(due_on, before, case.calendar), zone)
        if at > case.now:
            params = {"due_on": due_on, "before": str(before)}
            yield PlannedTimer(kind="remind", at=at, params=params)
    passed = {"due_on": due_on, "transition": spec.on_overdue}
    yield PlannedTimer(kind="overdue", at=due_at(due_on, zone), params=passed)
    for step in spec.escalate:
        late = {"due_on": due_on, "after": str(step.after), "to": step.to}
        at = _morning(_add(due_on, step.after, case.calendar), zone)
        yield PlannedTimer(kind="escalate", at=at, params=late)


def _morning(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, OFFICE_OPENS, tzinfo=zone).astimezone(UTC)
