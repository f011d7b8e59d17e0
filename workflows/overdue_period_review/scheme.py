"""Which periods are reviewed, and when: by the office's dated scheme.

1. A review is opened on the first day of its period, for each week, month and quarter.
2. Opening goes on where it was left: who comes after a standstill finds the periods in between.
   Where nothing was opened yet it begins with the periods of today.
"""

from collections.abc import Iterable, Iterator
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
"""Kind of period → what it is called in the title of its review."""


def scheme(calendar: Calendar, rules: tuple[PeriodRule, ...]) -> PeriodScheme:
    """The periods of the office on its working days; the shipped rules where it has none."""
    return PeriodScheme(rules or _rules(), calendar)


def openings(
    *, calendar: Calendar, rules: tuple[PeriodRule, ...], today: date, opened: Iterable[str]
) -> Iterator[PeriodicCase]:
    """The reviews that are to be open today and are not, oldest first.

    Args:
        calendar: the organisation's working days.
        rules: how it cuts its periods.
        today: the organisation's date.
        opened: names of the periods that have a review.
    """
    periods = scheme(calendar, rules)
    known = [parse_period(name) for name in opened]
    for kind in KINDS:
        last = max(
            (each for each in known if each.kind is kind),
            key=lambda each: each.first_day,
            default=None,
        )
        first = today if last is None else periods.period(last.next().name).first_day
        for period in periods.periods_between(first, today, kind=kind):
            yield _case(period)


def _case(period: ReportingPeriod) -> PeriodicCase:
    named = parse_period(period.name)
    return PeriodicCase(
        period=period.name,
        year=named.year,
        title=f"Hồ sơ quá hạn, tồn đọng {KINDS[period.kind]} {_said(period)}",
        fields={
            "kind": period.kind.value,
            "first_day": period.first_day.isoformat(),
            "last_day": period.last_day.isoformat(),
            "report_due": period.report_due.isoformat(),
        },
    )


def _said(period: ReportingPeriod) -> str:
    """`32/2026`, `8/2026`, `3/2026`."""
    named = parse_period(period.name)
    return f"{named.number}/{named.year}"


@cache
def _rules() -> tuple[PeriodRule, ...]:
    file = resources.files("definitions") / "calendars" / "vn_periods.yaml"
    return read_rules(YAML(typ="safe").load(file.read_text("utf-8")), PeriodRule)
