"""The year of a plan as numbers: where each band, bar and mark of its drawing stands.

1. A row is as high as a line of text; the year is `WIDTH` units wide, a day the same everywhere.
2. A band is the time that the plan names; a bar goes from the opening of a case to its end, or to
   today; a mark is the day on which an open case is due.
3. What lies outside the year is drawn at its edge, so that nothing is lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engine.queries.plan import PlanView
from engine.queries.plan_standing import Carrier, Light, PlanCase

WIDTH: Final = 960
LEFT: Final = 52
TOP: Final = 24
ROW: Final = 26
BAR_LEAST: Final = 3
MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A case: from where to where, and how it stands (`late`, `done`, `off`, `open`)."""

    left: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The day on which an open case is due."""

    at: int
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the plan.

    Attributes:
        bands: left end and width of the times that the plan names.
        told: how many cases it has, for the words of the row.
    """

    code: str
    top: int
    light: Light
    bands: tuple[tuple[int, int], ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearChart:
    """The drawing of a year.

    Attributes:
        months: left end of each month; the number of the month is its place.
        today: where today is; None in another year.
    """

    lines: tuple[Line, ...]
    months: tuple[int, ...]
    today: int | None
    left: int = LEFT
    width: int = LEFT + WIDTH

    @property
    def height(self) -> int:
        """Of the months and all rows."""
        return TOP + len(self.lines) * ROW + 4


def year_chart(plan: PlanView) -> YearChart:
    """The rows of a plan; headings are left out unless a process belongs to one."""
    scale = _Scale(plan.year)
    rows = [
        row for row in plan.body["rows"] if not row.get("heading") or plan.carriers[row["code"]]
    ]
    return YearChart(
        lines=tuple(_line(place, row, plan, scale) for place, row in enumerate(rows)),
        months=tuple(scale.at(date(plan.year, month, 1)) for month in range(1, MONTHS + 1)),
        today=scale.at(plan.today) if plan.today.year == plan.year else None,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    year: int

    def at(self, day: date) -> int:
        """Where a day begins."""
        first, end = date(self.year, 1, 1), date(self.year + 1, 1, 1)
        inside = min(max(day, first), end)
        return LEFT + WIDTH * (inside - first).days // (end - first).days

    def month(self, month: int) -> int:
        """Where a month begins; the thirteenth is the end of the year."""
        return self.at(date(self.year + (month - 1) // MONTHS, (month - 1) % MONTHS + 1, 1))


def _line(place: int, row: Mapping[str, Any], plan: PlanView, scale: _Scale) -> Line:
    carriers = plan.carriers[row["code"]]
    cases = [case for carrier in carriers for case in carrier.cases]
    return Line(
        code=row["code"],
        top=TOP + place * ROW,
        light=plan.standing.rows[row["code"]].light,
        bands=tuple(_bands(row, carriers, scale)),
        bars=tuple(sorted((_bar(case, plan.today, scale) for case in cases), key=_layer)),
        marks=tuple(
            Mark(at=scale.at(case.due_on), late=case.overdue)
            for case in cases
            if case.final is None and case.due_on is not None
        ),
        told=sum(carrier.total for carrier in carriers),
    )


def _bands(
    row: Mapping[str, Any], carriers: Iterable[Carrier], scale: _Scale
) -> Iterator[tuple[int, int]]:
    months = ((row.get("time") or {}).get("window") or {}).get("months", ())
    times = [carrier.time for carrier in carriers if carrier.time is not None]
    if months:
        for month in months:
            yield scale.month(month), scale.month(month + 1) - scale.month(month)
    elif row.get("heading") and times:
        for time in times:
            yield scale.at(time.first), scale.at(time.last) - scale.at(time.first)
    else:
        yield LEFT, WIDTH


def _bar(case: PlanCase, today: date, scale: _Scale) -> Bar:
    left = scale.at(case.opened_on)
    right = scale.at(case.closed_on or today)
    if case.overdue:
        kind = "late"
    elif case.final is None:
        kind = "open"
    else:
        kind = "done" if case.final == "success" else "off"
    return Bar(left=left, width=max(BAR_LEAST, right - left), kind=kind)


def _layer(bar: Bar) -> int:
    """What needs somebody is drawn over what does not."""
    return ("off", "done", "open", "late").index(bar.kind)
