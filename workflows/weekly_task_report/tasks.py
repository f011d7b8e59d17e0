"""Tasks of the city as a week's report sees them, and how they are counted; pure.

1. A task counts as due once its day has passed: the day of the cut-off is not over yet, and what is
   due on it counts in the next week. Weeks so tile the year; no task is missed or counted twice.
2. Done is what the Office confirmed; in time, what was completed by the present due day (a day that
   was moved in time counts). What was revoked is left out.
3. The year counts from 1 January to the cut-off, a week from the cut-off of the report before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from engine.machine.instance import Case

WEEK_DATA: Final = "weekly_task_data"
"""The lookup that gives a report the tasks and the other weeks."""
CONFIRMED: Final = "confirmed"
REVOKED: Final = "withdrawn"
REPORTED: Final = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task of the city as it stands.

    Attributes:
        first_due: the day first set, where it was moved.
        is_open: whether nobody has ended it.
    """

    code: str
    task: str
    unit: str
    state: str
    due_on: date
    first_due: date | None = None
    done_on: date | None = None
    is_open: bool = True

    @property
    def is_done(self) -> bool:
        """Whether it was confirmed."""
        return self.state == CONFIRMED

    @property
    def is_in_time(self) -> bool:
        """Whether it was done on or before time."""
        return self.is_done and self.done_on is not None and self.done_on <= self.due_on

    def is_overdue(self, day: date) -> bool:
        """Whether its day has passed without its being done; what is reported waits, and counts."""
        return self.is_open and self.due_on < day


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWeek:
    """Another week's report of the same organisation.

    Attributes:
        cut_off: None before it was collected.
        merged_into: the week that takes it over.
    """

    period: str | None
    state: str
    first_day: date
    cut_off: date | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekData:
    """What the lookup gives."""

    tasks: tuple[Task, ...] = ()
    weeks: tuple[OtherWeek, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Tasks of one unit, or of the whole (`unit` None)."""

    unit: str | None
    running: int = 0
    waiting: int = 0
    overdue: int = 0
    extended: int = 0
    due_week: int = 0
    done_week: int = 0
    in_time_week: int = 0
    due_year: int = 0
    done_year: int = 0
    in_time_year: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A week as it is counted.

    Attributes:
        whole, units: the counts.
        red: overdue tasks, the latest first.
    """

    since: date
    cut_off: date
    whole: Count
    units: tuple[Count, ...] = field(default=())
    red: tuple[Task, ...] = field(default=())


def data_of(case: Case) -> WeekData:
    """What the lookup gave."""
    found: WeekData = case.lookups.get(WEEK_DATA) or WeekData()
    return found


def count(case: Case) -> Counted | None:
    """The week as it stands now, or on its day of cut-off; None while its days are not given."""
    first: date | None = case.instance.fields.get("first_day")
    if first is None:
        return None
    data = data_of(case)
    cut_off = case.instance.fields.get("cut_off") or case.today
    since = max((w.cut_off for w in data.weeks if w.cut_off and w.first_day < first), default=first)
    year = date(case.instance.year, 1, 1)
    tasks = [task for task in data.tasks if task.state != REVOKED]
    units = sorted({task.unit for task in tasks})
    return Counted(
        since=since,
        cut_off=cut_off,
        whole=_count(None, tasks, since=since, cut_off=cut_off, year=year),
        units=tuple(
            _count(
                unit,
                [task for task in tasks if task.unit == unit],
                since=since,
                cut_off=cut_off,
                year=year,
            )
            for unit in units
        ),
        red=tuple(
            sorted(
                (task for task in tasks if task.is_overdue(cut_off)),
                key=lambda task: (task.due_on, task.code),
            )
        ),
    )


def _count(
    unit: str | None, tasks: Iterable[Task], *, since: date, cut_off: date, year: date
) -> Count:
    known = tuple(tasks)
    week = [task for task in known if since <= task.due_on < cut_off]
    of_year = [task for task in known if year <= task.due_on < cut_off]
    return Count(
        unit=unit,
        running=sum(task.is_open for task in known),
        waiting=sum(task.state == REPORTED for task in known),
        overdue=sum(task.is_overdue(cut_off) for task in known),
        extended=sum(task.first_due is not None for task in of_year),
        due_week=len(week),
        done_week=sum(task.is_done for task in week),
        in_time_week=sum(task.is_in_time for task in week),
        due_year=len(of_year),
        done_year=sum(task.is_done for task in of_year),
        in_time_year=sum(task.is_in_time for task in of_year),
    )
