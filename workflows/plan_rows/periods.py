"""Cases that the house opens period by period, on the office's dated scheme of periods.

1. A case is opened on the first day of its period, and one period has one case.
2. Opening goes on where it was left: who comes after a standstill finds the periods in between.
   Where nothing was opened yet it begins with the period of today.
3. A half-year is named after its last quarter (`2026-Q2`, `2026-Q4`) and begins with the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

from ruamel.yaml import YAML

from engine.calendars.business_days import Calendar
from engine.calendars.dated_rules import read_rules
from engine.calendars.period_scheme import PeriodRule, PeriodScheme, ReportingPeriod
from engine.calendars.recurrence import PeriodKind, parse_period
from engine.machine.registry import PeriodicCase

KINDS: Final = {
    PeriodKind.WEEK: "tuần",
    PeriodKind.MONTH: "tháng",
    PeriodKind.QUARTER: "quý",
}
"""Kind of period → what it is called in the title of its case."""
HALVES: Final = {2: "6 tháng đầu năm", 4: "6 tháng cuối năm"}


def scheme(calendar: Calendar, rules: tuple[PeriodRule, ...]) -> PeriodScheme:
    """The periods of the office on its working days; the shipped rules where it has none."""
    return PeriodScheme(rules or _rules(), calendar)


def periods_to_open(
    periods: PeriodScheme, kind: PeriodKind, *, today: date, opened: Iterable[str]
) -> Iterator[ReportingPeriod]:
    """The periods of a kind that have begun and have no case, oldest first."""
    known = [parse_period(name) for name in opened]
    last = max(
        (each for each in known if each.kind is kind), key=lambda each: each.first_day, default=None
    )
    first = today if last is None else periods.period(last.next().name).first_day
    yield from periods.periods_between(first, today, kind=kind)


def said(period: ReportingPeriod) -> str:
    """`32/2026`, `8/2026`, `3/2026`."""
    named = parse_period(period.name)
    return f"{named.number}/{named.year}"


@dataclass(frozen=True, slots=True)
class EveryPeriod:
    """One case for each period of a kind.

    Attributes:
        title: what comes before the kind and the name of the period.
    """

    kind: PeriodKind
    title: str

    def __call__(
        self,
        *,
        calendar: Calendar,
        rules: tuple[PeriodRule, ...],
        today: date,
        opened: Iterable[str],
    ) -> Iterator[PeriodicCase]:
        """Name the cases that are to be open today and are not."""
        found = periods_to_open(scheme(calendar, rules), self.kind, today=today, opened=opened)
        for period in found:
            title = f"{self.title} {KINDS[self.kind]} {said(period)}"
            yield _case(period, title, first_day=period.first_day)


@dataclass(frozen=True, slots=True)
class EveryHalfYear:
    """One case for each half-year."""

    title: str

    def __call__(
        self,
        *,
        calendar: Calendar,
        rules: tuple[PeriodRule, ...],
        today: date,
        opened: Iterable[str],
    ) -> Iterator[PeriodicCase]:
        """Name the cases that are to be open today and are not."""
        periods = scheme(calendar, rules)
        named: dict[str, tuple[ReportingPeriod, date]] = {}
        begun = periods_to_open(periods, PeriodKind.QUARTER, today=today, opened=opened)
        for quarter in begun:
            name = parse_period(quarter.name)
            second = quarter if name.number in HALVES else periods.period(name.next().name)
            half = parse_period(second.name)
            start = periods.period(f"{half.year}-Q{half.number - 1}").first_day
            named.setdefault(second.name, (second, start))
        for period, start in named.values():
            name = parse_period(period.name)
            title = f"{self.title} {HALVES[name.number]} {name.year}"
            yield _case(period, title, first_day=start)


def _case(period: ReportingPeriod, title: str, *, first_day: date) -> PeriodicCase:
    return PeriodicCase(
        period=period.name,
        year=parse_period(period.name).year,
        title=title,
        fields={
            "first_day": first_day.isoformat(),
            "last_day": period.last_day.isoformat(),
            "report_due": period.report_due.isoformat(),
        },
    )


@cache
def _rules() -> tuple[PeriodRule, ...]:
    file = resources.files("definitions") / "calendars" / "vn_periods.yaml"
    return read_rules(YAML(typ="safe").load(file.read_text("utf-8")), PeriodRule)
