"""What falls due when: a list, the sheets of a month and a year, and what a feed of it shows.

1. Only open cases have due days here; what is overdue stays on its day.
2. "Mine" is what the inbox would look at: cases in which a step ahead may be the caller's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from engine.calendars.business_days import Calendar
from engine.machine.actor import Actor
from engine.queries.inbox import could_act, steps_ahead
from engine.queries.instances import Summary, Title, summary_of, unit_titles
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.instances import Filter

DEADLINES_MAX: Final = 1000
DAYS_A_WEEK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCase:
    """An open case with a due day.

    Attributes:
        mine: a step ahead may be the caller's.
    """

    instance: Summary
    due_on: date
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichDeadlines:
    """What a list of deadlines is narrowed to; both days are in it, None leaves a side open."""

    first: date | None = None
    last: date | None = None
    process: str | None = None
    unit: str | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheet:
    """A day of a month's sheet.

    Attributes:
        inside: it belongs to the month, and not to the weeks at its ends.
        label: why it is no usual day, where a dated row says so.
    """

    day: date
    inside: bool
    working: bool
    label: str | None
    due: tuple[DueCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row of the year's plan in the months that it names."""

    code: str
    content: Title
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSheet:
    """The weeks of a month, Monday first, and the rows of the plan that name it."""

    first: date
    weeks: tuple[tuple[DaySheet, ...], ...]
    planned: tuple[PlannedRow, ...]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSheet:
    """How many cases fall due in each month, and the plan's rows that name months."""

    year: int
    due: tuple[int, ...]
    overdue: tuple[int, ...]
    planned: tuple[PlannedRow, ...]
    today: date


def deadlines(runtime: Runtime, caller: Caller, wanted: WhichDeadlines) -> tuple[DueCase, ...]:
    """Open cases by due day, the earliest first, at most `DEADLINES_MAX`."""
    with runtime.read(caller.organization_id) as uow:
        return tuple(_due(uow, uow.actor(caller), wanted))


def month_sheet(
    runtime: Runtime, caller: Caller, year: int, month: int, *, mine: bool = False
) -> MonthSheet:
    """The sheet of a month, with whole weeks."""
    first = date(year, month, 1)
    start = first - timedelta(days=first.weekday())
    following = (first + timedelta(days=31)).replace(day=1)
    end = following + timedelta(days=(-following.weekday()) % DAYS_A_WEEK)
    with runtime.read(caller.organization_id) as uow:
        wanted = WhichDeadlines(first=start, last=end - timedelta(days=1), mine=mine)
        by_day: dict[date, list[DueCase]] = {}
        for one in _due(uow, uow.actor(caller), wanted):
            by_day.setdefault(one.due_on, []).append(one)
        calendar = uow.tables.calendar_of(None)
        days = [
            _day(calendar, start + timedelta(days=n), month, by_day)
            for n in range((end - start).days)
        ]
        weeks = tuple(tuple(days[n : n + DAYS_A_WEEK]) for n in range(0, len(days), DAYS_A_WEEK))
        planned = tuple(row for row in _planned(uow, year) if month in row.months)
        return MonthSheet(first=first, weeks=weeks, planned=planned, today=uow.today)


def year_sheet(runtime: Runtime, caller: Caller, year: int, *, mine: bool = False) -> YearSheet:
    """The sheet of a year."""
    with runtime.read(caller.organization_id) as uow:
        wanted = WhichDeadlines(first=date(year, 1, 1), last=date(year, 12, 31), mine=mine)
        due, overdue = [0] * 12, [0] * 12
        for one in _due(uow, uow.actor(caller), wanted):
            due[one.due_on.month - 1] += 1
            overdue[one.due_on.month - 1] += one.instance.overdue
        return YearSheet(
            year=year,
            due=tuple(due),
            overdue=tuple(overdue),
            planned=tuple(_planned(uow, year)),
            today=uow.today,
        )


def _due(uow: UnitOfWork, actor: Actor, wanted: WhichDeadlines) -> Iterator[DueCase]:
    units = unit_titles(uow)
    found = uow.tables.instances.due(
        Filter(process=wanted.process, unit=wanted.unit, open_only=True),
        first=wanted.first,
        last=wanted.last,
        limit=DEADLINES_MAX,
    )
    for stored in found:
        compiled = uow.version_of(stored)
        mine = any(
            could_act(compiled.process.transitions[name].by, actor, stored.fields)
            for name in steps_ahead(compiled, stored.state)
        )
        if stored.due_on is not None and (mine or not wanted.mine):
            yield DueCase(instance=summary_of(uow, stored, units), due_on=stored.due_on, mine=mine)


def _day(calendar: Calendar, day: date, month: int, by_day: dict[date, list[DueCase]]) -> DaySheet:
    row = calendar.row_on(day)
    return DaySheet(
        day=day,
        inside=day.month == month,
        working=calendar.is_working_day(day),
        label=None if row is None else row.label,
        due=tuple(by_day.get(day, ())),
    )


def _planned(uow: UnitOfWork, year: int) -> Iterator[PlannedRow]:
    """The rows of the year's plan that name months."""
    found = uow.tables.plans.newest(year)
    for row in () if found is None else found[1]["rows"]:
        months = ((row.get("time") or {}).get("window") or {}).get("months", ())
        if months:
            yield PlannedRow(code=row["code"], content=row["content"], months=tuple(months))
