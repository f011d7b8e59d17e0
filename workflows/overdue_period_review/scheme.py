"""Which periods are reviewed, and when: a review for each week, month and quarter."""

from collections.abc import Iterable, Iterator
from datetime import date

from engine.calendars.business_days import Calendar
from engine.calendars.period_scheme import PeriodRule, ReportingPeriod
from engine.calendars.recurrence import parse_period
from engine.machine.registry import PeriodicCase
from workflows.plan_rows.periods import KINDS, periods_to_open, said, scheme


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
    periods, known = scheme(calendar, rules), tuple(opened)
    for kind in KINDS:
        for period in periods_to_open(periods, kind, today=today, opened=known):
            yield _case(period)


def _case(period: ReportingPeriod) -> PeriodicCase:
    return PeriodicCase(
        period=period.name,
        year=parse_period(period.name).year,
        title=f"Hồ sơ quá hạn, tồn đọng {KINDS[period.kind]} {said(period)}",
        fields={
            "kind": period.kind.value,
            "first_day": period.first_day.isoformat(),
            "last_day": period.last_day.isoformat(),
            "report_due": period.report_due.isoformat(),
        },
    )
