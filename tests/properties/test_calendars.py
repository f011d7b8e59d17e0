"""What holds on every calendar: a slow count by hand agrees, and adding undoes counting."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.business_days import Calendar, CalendarDay, DayKind, Roll, WeekPattern
from engine.calendars.recurrence import PeriodKind, containing, parse_period
from engine.calendars.working_day_table import WorkingDayTable

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
COUNTS = st.integers(0, 400)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    weekend = draw(st.frozensets(st.integers(1, 7), max_size=5))
    rows = draw(st.dictionaries(DAYS, st.sampled_from(DayKind), max_size=60))
    days = tuple(CalendarDay(day, kind, "x", "y") for day, kind in rows.items())
    later = draw(st.dictionaries(DAYS, st.frozensets(st.integers(1, 7), max_size=5), max_size=3))
    patterns = tuple(WeekPattern(first, off) for first, off in later.items())
    return Calendar(days=days, weekend=weekend, patterns=patterns)


@given(calendars(), DAYS)
def test_a_day_follows_its_row_or_the_pattern_of_its_time(calendar: Calendar, day: date) -> None:
    row = calendar.row_on(day)
    held = [pattern.weekend for pattern in calendar.patterns if pattern.first <= day]
    usually = day.isoweekday() not in (held[-1] if held else calendar.weekend)
    assert calendar.is_working_day(day) == (usually if row is None else row.kind is DayKind.WORK)


def walk(calendar: Calendar, start: date, count: int, step: int) -> date:
    day = start
    while count:
        day += timedelta(days=step)
        count -= calendar.is_working_day(day)
    return day


@given(calendars(), DAYS, COUNTS)
def test_adding_agrees_with_walking_day_by_day(calendar: Calendar, start: date, count: int) -> None:
    assert calendar.add_working_days(start, count) == walk(calendar, start, count, 1)
    assert calendar.subtract_working_days(start, count) == walk(calendar, start, count, -1)


@given(calendars(), DAYS, COUNTS)
def test_adding_and_counting_are_inverse(calendar: Calendar, start: date, count: int) -> None:
    end = calendar.add_working_days(start, count)
    assert calendar.working_days_between(start, end) == count
    assert calendar.working_days_between(end, start) == -count


@given(calendars(), DAYS, st.integers(1, 400))
def test_subtracting_undoes_adding_from_a_working_day(
    calendar: Calendar, start: date, count: int
) -> None:
    working = calendar.next_working_day(start)
    there = calendar.add_working_days(working, count)
    assert calendar.subtract_working_days(there, count) == working


@given(calendars(), DAYS, DAYS)
def test_a_window_counts_its_own_working_days(calendar: Calendar, one: date, two: date) -> None:
    first, last = min(one, two), max(one, two)
    last = min(last, first + timedelta(days=800))
    window = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert calendar.working_days_in(first, last) == sum(map(calendar.is_working_day, window))


@given(calendars(), DAYS, DAYS)
def test_the_table_says_what_the_calendar_says(calendar: Calendar, one: date, two: date) -> None:
    first, last = min(one, two), min(max(one, two), min(one, two) + timedelta(days=800))
    table = WorkingDayTable(calendar, first, last)
    assert table.between(first, last) == calendar.working_days_between(first, last)
    assert table.between(last, first) == -table.between(first, last)


@given(calendars(), DAYS, st.integers(-60, 60))
def test_a_rolled_term_ends_on_a_working_day_on_the_named_side(
    calendar: Calendar, start: date, months: int
) -> None:
    bare = calendar.add_months(start, months, roll=Roll.NONE)
    forward = calendar.add_months(start, months, roll=Roll.FORWARD)
    back = calendar.add_months(start, months, roll=Roll.BACK)
    assert back <= bare <= forward
    assert calendar.is_working_day(forward)
    assert calendar.is_working_day(back)


@given(st.dates(date(1901, 1, 1), date(2998, 12, 31)), st.sampled_from(PeriodKind))
def test_periods_follow_one_another_without_gap(day: date, kind: PeriodKind) -> None:
    period = containing(day, kind)
    assert period.contains(day)
    assert parse_period(period.name) == period
    assert period.next().first_day == period.last_day + timedelta(days=1)
    assert period.previous().last_day == period.first_day - timedelta(days=1)
