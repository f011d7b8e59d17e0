"""Named periods, and which of them holds a day.

1. A period is written `2026-W32`, `2026-07`, `2026-Q3` or `2026`, and in no other way: the name
   is the key under which reports and recurring instances are found again.
2. Weeks are ISO weeks: Monday to Sunday, and the week belongs to the year of its Thursday.
3. Periods of one kind follow one another without gap or overlap, from 1900 to 2999.
"""

import calendar as month_lengths
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from engine.errors import Invalid

FIRST_YEAR = 1900
LAST_YEAR = 2999

_NAME = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<sign>[WQ]?)(?P<number>[0-9]{1,2}))?", re.ASCII)


class PeriodInvalid(Invalid):
    """No period has this name, or it lies outside the years that we name."""


class PeriodKind(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}
_SUFFIXES = {
    PeriodKind.WEEK: "-W{:02d}",
    PeriodKind.MONTH: "-{:02d}",
    PeriodKind.QUARTER: "-Q{}",
    PeriodKind.YEAR: "",
}


@dataclass(frozen=True, slots=True)
class Period:
    """One named period.

    Attributes:
        kind: week, month, quarter or year.
        year: the year in its name; for a week the ISO year.
        number: the week, month or quarter; always 1 for a year.

    Raises:
        PeriodInvalid: `period_unknown`.
    """

    kind: PeriodKind
    year: int
    number: int = 1

    def __post_init__(self) -> None:
        inside = FIRST_YEAR <= self.year <= LAST_YEAR
        if not inside or not 1 <= self.number <= _periods_in(self.kind, self.year):
            raise PeriodInvalid(
                "period_unknown", kind=self.kind.value, year=self.year, number=self.number
            )

    @property
    def name(self) -> str:
        """The name by which the period is stored and found."""
        return f"{self.year}{_SUFFIXES[self.kind].format(self.number)}"

    @property
    def first_day(self) -> date:
        """The day on which the period begins."""
        if self.kind is PeriodKind.WEEK:
            return date.fromisocalendar(self.year, self.number, 1)
        return date(self.year, _MONTHS[self.kind] * (self.number - 1) + 1, 1)

    @property
    def last_day(self) -> date:
        """The last day that still belongs to the period."""
        if self.kind is PeriodKind.WEEK:
            return date.fromisocalendar(self.year, self.number, 7)
        month = _MONTHS[self.kind] * self.number
        return date(self.year, month, month_lengths.monthrange(self.year, month)[1])

    def contains(self, day: date) -> bool:
        """Whether the day belongs to the period, both ends included."""
        return self.first_day <= day <= self.last_day

    def next(self) -> "Period":
        """The period that begins on the day after this one ends.

        Raises:
            PeriodInvalid: `period_unknown` after the last named year.
        """
        return containing(self.last_day + timedelta(days=1), self.kind)

    def previous(self) -> "Period":
        """The period that ends on the day before this one begins.

        Raises:
            PeriodInvalid: `period_unknown` before the first named year.
        """
        return containing(self.first_day - timedelta(days=1), self.kind)


def parse_period(name: str) -> Period:
    """Reads the name of a period.

    Raises:
        PeriodInvalid: `period_unreadable` for another form, `period_unknown` for a week, month,
            quarter or year that does not exist.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise PeriodInvalid("period_unreadable", name=name)
    number = found["number"]
    if number is None:
        return Period(PeriodKind.YEAR, int(found["year"]))
    kind = {"W": PeriodKind.WEEK, "Q": PeriodKind.QUARTER}.get(found["sign"], PeriodKind.MONTH)
    period = Period(kind, int(found["year"]), int(number))
    if period.name != name:
        raise PeriodInvalid("period_unreadable", name=name)
    return period


def containing(day: date, kind: PeriodKind) -> Period:
    """The period of this kind to which the day belongs.

    Raises:
        PeriodInvalid: `period_unknown` outside the named years.
    """
    if kind is PeriodKind.WEEK:
        iso = day.isocalendar()
        return Period(kind, iso.year, iso.week)
    return Period(kind, day.year, (day.month - 1) // _MONTHS[kind] + 1)


def periods_between(first: date, last: date, *, kind: PeriodKind) -> Iterator[Period]:
    """Every period of a kind that shares a day with the window, in order.

    Raises:
        PeriodInvalid: `period_unknown` outside the named years.
    """
    if first > last:
        return
    period = containing(first, kind)
    while True:
        yield period
        if period.last_day >= last:
            return
        period = period.next()


def _periods_in(kind: PeriodKind, year: int) -> int:
    if kind is PeriodKind.WEEK:
        # 28 December always lies in the last ISO week of its year.
        return date(year, 12, 28).isocalendar().week
    return 12 // _MONTHS[kind]
