"""The window of a process in a year, as spans of dates.

1. A window belongs to the year of the instance; one whose end lies before its start runs into the
   next year.
2. `months: [7, 8]` is 1 July to 31 August; months that do not follow one another are several spans.
3. `every` is the period that the instance was opened for; without a period no day lies in it.
"""

import calendar as month_lengths
from dataclasses import dataclass
from datetime import date

from engine.calendars.recurrence import parse_period
from engine.definition.model import Window


@dataclass(frozen=True, slots=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def spans_of(window: Window, *, year: int, period: str | None = None) -> tuple[Span, ...]:
    """The days of a window, in their order; none for a periodic window without a period.

    Raises:
        PeriodInvalid: the period has no such name.
    """
    if window.from_ is not None and window.to is not None:
        ends_in = year if window.to >= window.from_ else year + 1
        return (Span(day_of_year(year, window.from_), day_of_year(ends_in, window.to)),)
    if window.every is not None:
        if period is None:
            return ()
        named = parse_period(period)
        return (Span(named.first_day, named.last_day),)
    months = window.months or ((window.month,) if window.month is not None else ())
    return tuple(
        Span(date(year, first, 1), _last_of_month(year, last)) for first, last in _runs(months)
    )


def day_of_year(year: int, month_day: str) -> date:
    """The date that `06-20` means in a year."""
    return date(year, int(month_day[:2]), int(month_day[3:]))


def _last_of_month(year: int, month: int) -> date:
    return date(year, month, month_lengths.monthrange(year, month)[1])


def _runs(months: tuple[int, ...]) -> list[tuple[int, int]]:
    """Months that follow one another, as pairs of first and last."""
    runs: list[tuple[int, int]] = []
    for month in sorted(set(months)):
        if runs and runs[-1][1] == month - 1:
            runs[-1] = (runs[-1][0], month)
        else:
            runs.append((month, month))
    return runs
