"""Working days, and what a term of days or months means on them.

1. The calendar is data: weekend patterns, each from its day on, plus dated rows; a row beats the
   pattern on its date. Outside the years that rows cover only the patterns count.
2. The day of the event is not counted (Civil Code 147): the first day of a term of working days
   is the first working day after it, and the term ends at the end of its last day.
3. Adding and counting are inverse: `working_days_between(a, add_working_days(a, n)) == n`.
4. A term of calendar days or months may end on a day off. The roll rule says where it ends then:
   legal terms roll forward (Civil Code 148.5), our own deadlines roll back, and a bare date
   stays where it is.
5. A month without the day ends the term on its last day (Civil Code 148.3).
6. Counting costs the same on any distance: days of the week by arithmetic, rows by a running sum.
"""

import calendar as month_lengths
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise

from engine.errors import Invalid

SATURDAY = 6
SUNDAY = 7
FIRST_REACH = 16
"""Days of the first step of a search; terms of a week or two are found within it."""


class CalendarInvalid(Invalid):
    """The rows of a calendar contradict one another, or a term leaves the years that exist."""


class DayKind(StrEnum):
    """What a dated row makes of its day."""

    OFF = "off"
    WORK = "work"


class Roll(StrEnum):
    """Where a term ends whose last calendar day is a day off."""

    FORWARD = "forward"
    BACK = "back"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One dated row: a day off inside the week, or a working day at the weekend.

    Attributes:
        date: the day that the row decides.
        kind: off or work.
        label: what people call the day, in the language of the office.
        source: the document that decided it, or the estimate it came from.
        official: a document decided it; otherwise it is an estimate, until one does.
    """

    date: date
    kind: DayKind
    label: str
    source: str
    official: bool = True


@dataclass(frozen=True, slots=True)
class WeekPattern:
    """Which days of the week are off, from a day on.

    Attributes:
        first: the day from which it holds.
        weekend: ISO weekdays.
    """

    first: date
    weekend: frozenset[int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one organisation or unit, as a value.

    Attributes:
        days: dated rows, kept in date order; two rows on one date are refused.
        weekend: ISO weekdays (1 Monday to 7 Sunday) that are off unless a row says otherwise.
        version: number of the edition of the rows, stored with each deadline computed from it; the
            name of the file where no edition was kept.
        patterns: what replaces the weekend later, kept in date order.

    Raises:
        CalendarInvalid: `calendar_day_repeated`, `calendar_weekday_unknown` or
            `calendar_without_working_days`.
    """

    days: tuple[CalendarDay, ...] = ()
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    version: int | str | None = None
    patterns: tuple[WeekPattern, ...] = ()
    _spans: tuple["_Span", ...] = field(init=False, repr=False, compare=False)
    _ordinals: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _running: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = tuple(sorted(self.patterns, key=lambda pattern: pattern.first))
        object.__setattr__(self, "patterns", patterns)
        object.__setattr__(self, "_spans", _spans(self.weekend, patterns))
        ordered = tuple(sorted(self.days, key=lambda row: row.date))
        for earlier, later in pairwise(ordered):
            if earlier.date == later.date:
                raise CalendarInvalid("calendar_day_repeated", date=later.date.isoformat())
        running = [0]
        for row in ordered:
            running.append(running[-1] + self._difference_made_by(row))
        # The value is frozen for everyone else; all of this is settled once, here.
        object.__setattr__(self, "days", ordered)
        object.__setattr__(self, "_ordinals", tuple(row.date.toordinal() for row in ordered))
        object.__setattr__(self, "_running", tuple(running))

    def with_days(
        self, rows: Iterable[CalendarDay], *, version: int | str | None = None
    ) -> "Calendar":
        """This calendar with further rows that win on their dates: a unit's own rota, a storm."""
        merged = {row.date: row for row in self.days}
        merged.update((row.date, row) for row in rows)
        return replace(self, days=tuple(merged.values()), version=version)

    def weekend_on(self, day: date) -> frozenset[int]:
        """The weekdays that are off by the pattern in force on a day."""
        return self._span(day.toordinal()).weekend

    def row_on(self, day: date) -> CalendarDay | None:
        """The dated row of a day, for its label and source; none when the pattern decides."""
        position = bisect_right(self._ordinals, day.toordinal())
        if position and self._ordinals[position - 1] == day.toordinal():
            return self.days[position - 1]
        return None

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day: its row if there is one, else the weekend pattern."""
        row = self.row_on(day)
        if row is not None:
            return row.kind is DayKind.WORK
        return day.isoweekday() not in self.weekend_on(day)

    def add_working_days(self, start: date, count: int) -> date:
        """The last day of a term of working days; the day of the event is not counted.

        Zero working days end on the start itself, even when that is a day off.

        Raises:
            CalendarInvalid: `term_negative`, or `term_out_of_range` beyond year 9999.
        """
        _check_count(count)
        if count == 0:
            return start
        ordinal = start.toordinal()
        return self._day_of_rank(self._rank(ordinal) + count, near=ordinal)

    def subtract_working_days(self, start: date, count: int) -> date:
        """The working day from which exactly `count` working days remain until `start`.

        The start is not counted, so "one day before the due date" is the working day before it.

        Raises:
            CalendarInvalid: `term_negative`, or `term_out_of_range` before year 1.
        """
        _check_count(count)
        if count == 0:
            return start
        ordinal = start.toordinal()
        return self._day_of_rank(self._rank(ordinal - 1) - count + 1, near=ordinal)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier."""
        return self._rank(end.toordinal()) - self._rank(start.toordinal())

    def working_days_in(self, first: date, last: date) -> int:
        """Working days of a window, both ends counted; zero when the window is empty."""
        return max(0, self._rank(last.toordinal()) - self._rank(first.toordinal() - 1))

    def next_working_day(self, day: date) -> date:
        """The first working day strictly after this day."""
        return self.add_working_days(day, 1)

    def previous_working_day(self, day: date) -> date:
        """The last working day strictly before this day."""
        return self.subtract_working_days(day, 1)

    def roll(self, day: date, rule: Roll) -> date:
        """The day itself when people work on it or nothing rolls, else the one the rule names."""
        if rule is Roll.NONE or self.is_working_day(day):
            return day
        if rule is Roll.FORWARD:
            return self.next_working_day(day)
        return self.previous_working_day(day)

    def add_calendar_days(self, start: date, count: int, *, roll: Roll) -> date:
        """The last day of a term of calendar days; a negative count looks back.

        Raises:
            CalendarInvalid: `term_out_of_range` outside the years 1 to 9999.
        """
        try:
            end = start + timedelta(days=count)
        except OverflowError as error:
            raise CalendarInvalid("term_out_of_range", start=start.isoformat()) from error
        return self.roll(end, roll)

    def add_months(self, start: date, count: int, *, roll: Roll) -> date:
        """The last day of a term of months, cut to the last day of a shorter month.

        Raises:
            CalendarInvalid: `term_out_of_range` outside the years 1 to 9999.
        """
        year, month_index = divmod(start.year * 12 + start.month - 1 + count, 12)
        if not date.min.year <= year <= date.max.year:
            raise CalendarInvalid("term_out_of_range", start=start.isoformat())
        last_day = month_lengths.monthrange(year, month_index + 1)[1]
        return self.roll(date(year, month_index + 1, min(start.day, last_day)), roll)

    def _difference_made_by(self, row: CalendarDay) -> int:
        usually_works = row.date.isoweekday() not in self.weekend_on(row.date)
        works = row.kind is DayKind.WORK
        return int(works) - int(usually_works)

    def _rank(self, ordinal: int) -> int:
        """How many working days lie from 1 January of year 1 up to and including this day."""
        usual = self._span(ordinal).rank(ordinal)
        return usual + self._running[bisect_right(self._ordinals, ordinal)]

    def _span(self, ordinal: int) -> "_Span":
        if len(self._spans) == 1:
            return self._spans[0]
        return self._spans[bisect_right(self._spans, ordinal, key=lambda span: span.first) - 1]

    def _day_of_rank(self, rank: int, *, near: int) -> date:
        """The working day with so many up to and including it, looked for around a day."""
        lowest, highest = date.min.toordinal(), date.max.toordinal()
        if not 1 <= rank <= self._rank(highest):
            raise CalendarInvalid("term_out_of_range", rank=rank)
        reach = FIRST_REACH
        low = high = near
        # Most terms are short: wider and wider steps soon pass the day on both sides.
        while low > lowest and self._rank(low) >= rank:
            low, reach = max(lowest, low - reach), reach * 4
        while high < highest and self._rank(high) < rank:
            high, reach = min(highest, high + reach), reach * 4
        while low < high:
            middle = (low + high) // 2
            if self._rank(middle) >= rank:
                high = middle
            else:
                low = middle + 1
        return date.fromordinal(low)


@dataclass(frozen=True, slots=True)
class _Span:
    """Days that share a weekend pattern, and how many days people usually worked before them."""

    first: int
    weekend: frozenset[int]
    before: int = 0
    _weeks: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Day 1 of the proleptic calendar is a Monday, so the rest of a week starts on Monday.
        works = (weekday not in self.weekend for weekday in range(1, 8))
        object.__setattr__(self, "_weeks", tuple(accumulate(works, initial=0)))

    def rank(self, ordinal: int) -> int:
        """Usual working days from 1 January of year 1 up to and including a day of this span."""
        return self.before + self._usual(ordinal) - self._usual(self.first - 1)

    def _usual(self, ordinal: int) -> int:
        weeks, rest = divmod(ordinal, 7)
        return weeks * self._weeks[7] + self._weeks[rest]


def _spans(weekend: frozenset[int], patterns: Iterable[WeekPattern]) -> tuple[_Span, ...]:
    _check_weekend(weekend)
    spans = [_Span(1, weekend)]
    for pattern in patterns:
        _check_weekend(pattern.weekend)
        first = pattern.first.toordinal()
        spans.append(_Span(first, pattern.weekend, spans[-1].rank(first - 1)))
    return tuple(spans)


def _check_weekend(weekend: frozenset[int]) -> None:
    unknown = sorted(weekend - set(range(1, 8)))
    if unknown:
        raise CalendarInvalid("calendar_weekday_unknown", weekdays=unknown)
    if len(weekend) == 7:
        raise CalendarInvalid("calendar_without_working_days")


def _check_count(count: int) -> None:
    if count < 0:
        raise CalendarInvalid("term_negative", count=count)
