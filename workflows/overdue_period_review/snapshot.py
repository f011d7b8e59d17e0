"""The frozen numbers of a period: how they become rows, and how rows are read again.

1. Before the freeze what counts is what the register says up to the cut-off, or to today; from the
   freeze on it is the rows, whatever the register says.
2. Ratios are never kept: their parts are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, Final

from engine.calendars.business_days import Calendar
from engine.machine.instance import Case, Row
from workflows.overdue_dossiers.analysis.figures import AGES, median
from workflows.overdue_dossiers.analysis.tally import COUNTS, Tally
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_period_review.counting import Count, Explained, count
from workflows.overdue_period_review.periods import Key, PeriodData, covered, data_of

LINE: Final = "snapshot_line"
DOSSIER: Final = "snapshot_dossier"
PENDING: Final = "snapshot_pending"
ADJUSTMENT: Final = "adjustment"
PENDING_IN_ROW: Final = 400
COUNTS_KEPT: Final = 8
MEASURED: Final = ("excluded", "days_lost", "median_half_days", "most_days_late")
BACKLOG_AGES: Final = {name: f"backlog_{name.rstrip('-').replace('-', '_')}" for name in AGES}
KEPT: Final = (*COUNTS, *MEASURED, *BACKLOG_AGES.values())
"""The numbers of a line, by the names of the definition's columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenLine:
    """The numbers of a unit, or of the whole (`unit` None), by name.

    Attributes:
        row: the row that keeps them; None while nothing is frozen.
    """

    unit: str | None
    numbers: Mapping[str, int]
    row: str | None = None

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]

    @property
    def overdue(self) -> int:
        """Every late dossier, once."""
        return self["late"] + self["ended_late"] + self["pending_late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToExplain:
    """A dossier that has to be explained, as it stood at the cut-off."""

    code: str
    unit: str
    procedure: str
    received_on: date
    due_on: date
    current_due_on: date
    ended_on: date | None
    status: str
    late: bool
    backlog: bool
    days_late: int
    case_code: str | None
    cause: str | None
    row: str | None = None

    @property
    def key(self) -> Key:
        """The dossier."""
        return self.code, self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The numbers of a period.

    Attributes:
        frozen: whether they stand; else they are what the register says now.
    """

    frozen: bool
    first: date
    last: date
    total: FrozenLine
    units: tuple[FrozenLine, ...]
    dossiers: tuple[ToExplain, ...]
    pending: frozenset[Key]


def snapshot(case: Case) -> Snapshot | None:
    """What counts: the frozen rows, or the register where there are none; None without days."""
    rows = case.rows(LINE)
    if rows:
        return _read(case)
    counted = live_count(case)
    return None if counted is None else _of_count(counted)


def live_count(case: Case) -> Count | None:
    """What the register says of the days that the review covers; None where there are none."""
    days = covered(case)
    if days is None or days[1] < days[0]:
        return None
    return _counted(data_of(case), days[0], days[1], case.calendar)


@lru_cache(maxsize=COUNTS_KEPT)
def _counted(data: PeriodData, first: date, last: date, calendar: Calendar) -> Count:
    return count(data.dossiers, first=first, last=last, calendar=calendar, standings=data.standings)


def lines_of(counted: Count) -> tuple[FrozenLine, ...]:
    """The line of the whole, and one for each unit."""
    whole = numbers_of(counted.total, excluded=sum(counted.excluded.values()))
    return (
        FrozenLine(unit=None, numbers=whole),
        *(
            FrozenLine(unit=unit, numbers=numbers_of(tally, excluded=counted.excluded.get(unit, 0)))
            for unit, tally in counted.units.items()
        ),
    )


def line_values(line: FrozenLine, *, first: date, last: date) -> dict[str, Any]:
    """The values of the row that keeps a line."""
    values: dict[str, Any] = {"from_day": first, "to_day": last, **line.numbers}
    return values if line.unit is None else {**values, "unit": line.unit}


def pending_values(counted: Count) -> Iterator[dict[str, Any]]:
    """The values of the rows that keep what was pending at the end, unit by unit."""
    for unit, keys in counted.closing.items():
        told = [f"{code} {due}" for code, due in keys]
        for start in range(0, len(told), PENDING_IN_ROW):
            yield {"unit": unit, "dossiers": tuple(told[start : start + PENDING_IN_ROW])}


def dossier_values(explained: Explained, *, last: date) -> dict[str, Any]:
    """The values of the row that keeps a dossier."""
    found = _explained(explained, last=last)
    values = {
        "dossier_code" if spec.name == "code" else spec.name: getattr(found, spec.name)
        for spec in fields(found)
        if spec.name != "row"
    }
    return {name: value for name, value in values.items() if value is not None}


def numbers_of(tally: Tally, *, excluded: int) -> dict[str, int]:
    """The numbers of a tally that are kept, by name."""
    middle = median(tally.overdue_days)
    ages = {
        column: sum(number for day, number in tally.backlog_days.items() if day in AGES[age])
        for age, column in BACKLOG_AGES.items()
    }
    return {
        **{name: getattr(tally, name) for name in COUNTS},
        "excluded": excluded,
        "days_lost": tally.days_lost,
        # The median of an even number of dossiers may end on a half.
        "median_half_days": 0 if middle is None else 2 * middle[0] // middle[1],
        "most_days_late": max(tally.overdue_days, default=0),
        **ages,
    }


def key_of(text: str) -> Key:
    """The dossier that a kept line of pending ones names."""
    code, _, due = text.rpartition(" ")
    return code, date.fromisoformat(due)


def standing_of(case: Case) -> dict[Key, CaseStanding]:
    """Where the cases of the dossiers stand now."""
    return {standing.key: standing for standing in data_of(case).standings}


def _of_count(counted: Count) -> Snapshot:
    total, *units = lines_of(counted)
    return Snapshot(
        frozen=False,
        first=counted.first,
        last=counted.last,
        total=total,
        units=tuple(units),
        dossiers=tuple(_explained(each, last=counted.last) for each in counted.explained),
        pending=counted.pending,
    )


def _explained(found: Explained, *, last: date) -> ToExplain:
    """A dossier as it stood at the end of a day: what ended later is still pending."""
    dossier, standing = found.dossier, found.standing
    ended = dossier.ended_on if (dossier.ended_on or last) <= last else None
    is_open = ended is None and dossier.status.is_ended
    return ToExplain(
        code=dossier.code,
        unit=dossier.unit,
        procedure=dossier.procedure,
        received_on=dossier.received_on,
        due_on=dossier.due_on,
        current_due_on=dossier.current_due_on,
        ended_on=ended,
        status="pending" if is_open else dossier.status.value,
        late=found.late,
        backlog=found.backlog,
        days_late=found.days_late,
        case_code=None if standing is None else standing.code,
        cause=None if standing is None else standing.cause,
    )


def _read(case: Case) -> Snapshot:
    lines = case.rows(LINE)
    whole = next(row for row in lines if row.values.get("unit") is None)
    return Snapshot(
        frozen=True,
        first=whole.values["from_day"],
        last=whole.values["to_day"],
        total=_line(whole),
        units=tuple(_line(row) for row in lines if row.values.get("unit") is not None),
        dossiers=tuple(map(_dossier, case.rows(DOSSIER))),
        pending=frozenset(
            key_of(told) for row in case.rows(PENDING) for told in row.values["dossiers"]
        ),
    )


def _dossier(row: Row) -> ToExplain:
    values: dict[str, Any] = {
        spec.name: row.values.get(spec.name)
        for spec in fields(ToExplain)
        if spec.name not in {"code", "row"}
    }
    return ToExplain(row=row.id, code=row.values["dossier_code"], **values)


def _line(row: Row) -> FrozenLine:
    return FrozenLine(
        unit=row.values.get("unit"),
        numbers={name: row.values[name] for name in KEPT},
        row=row.id,
    )
