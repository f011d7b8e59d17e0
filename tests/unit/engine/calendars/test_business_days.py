"""The vectors of the domain text, and the edges of the arithmetic."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from engine.calendars.business_days import (
    Calendar,
    CalendarDay,
    CalendarInvalid,
    DayKind,
    Roll,
)
from engine.calendars.vietnam import read_calendar_file, seed_days

ROOT = Path(__file__).parents[4]
PLAIN = Calendar()


@pytest.fixture(scope="module")
def vietnam() -> Calendar:
    text = (ROOT / "definitions/calendars/vn.yaml").read_text(encoding="utf-8")
    file = read_calendar_file(yaml.safe_load(text))
    return Calendar(days=seed_days(range(2019, 2028), file), weekend=file.weekend)


def off(day: date) -> CalendarDay:
    return CalendarDay(day, DayKind.OFF, "nghỉ", "quyết định")


def work(day: date) -> CalendarDay:
    return CalendarDay(day, DayKind.WORK, "làm bù", "công văn")


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 8, 20), 5, date(2026, 8, 26)),
        (date(2026, 8, 28), 3, date(2026, 9, 7)),
        (date(2025, 12, 31), 5, date(2026, 1, 9)),
        (date(2026, 2, 13), 10, date(2026, 3, 6)),
        (date(2026, 11, 20), 3, date(2026, 11, 26)),
        (date(2023, 4, 28), 5, date(2023, 5, 10)),
        (date(2023, 8, 31), 2, date(2023, 9, 6)),
        (date(2025, 4, 25), 3, date(2025, 4, 29)),
    ],
)
def test_a_term_of_working_days_ends_where_the_office_would_count_it(
    vietnam: Calendar, start: date, count: int, end: date
) -> None:
    assert vietnam.add_working_days(start, count) == end
    assert vietnam.working_days_between(start, end) == count


@pytest.mark.parametrize(
    ("start", "count", "bare", "forward", "back"),
    [
        (
            date(2026, 2, 6),
            10,
            date(2026, 2, 16),
            date(2026, 2, 23),
            date(2026, 2, 13),
        ),
        (
            date(2026, 8, 19),
            10,
            date(2026, 8, 29),
            date(2026, 9, 3),
            date(2026, 8, 28),
        ),
        (
            date(2026, 4, 11),
            15,
            date(2026, 4, 26),
            date(2026, 4, 28),
            date(2026, 4, 24),
        ),
    ],
)
def test_a_term_of_calendar_days_rolls_as_its_rule_says(
    vietnam: Calendar, start: date, count: int, bare: date, forward: date, back: date
) -> None:
    assert vietnam.add_calendar_days(start, count, roll=Roll.NONE) == bare
    assert vietnam.add_calendar_days(start, count, roll=Roll.FORWARD) == forward
    assert vietnam.add_calendar_days(start, count, roll=Roll.BACK) == back


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2025, 12, 31), 2, date(2026, 3, 2)),
        (date(2026, 9, 22), 2, date(2026, 11, 23)),
        (date(2026, 9, 24), 2, date(2026, 11, 25)),
        (date(2026, 7, 1), 3, date(2026, 10, 1)),
    ],
)
def test_a_legal_term_of_months_rolls_forward(
    vietnam: Calendar, start: date, count: int, end: date
) -> None:
    assert vietnam.add_months(start, count, roll=Roll.FORWARD) == end


def test_our_own_window_ends_roll_back(vietnam: Calendar) -> None:
    assert vietnam.roll(date(2026, 8, 31), Roll.BACK) == date(2026, 8, 28)
    assert vietnam.roll(date(2026, 11, 30), Roll.BACK) == date(2026, 11, 30)


@pytest.mark.parametrize(("year", "count"), [(2023, 63), (2026, 64)])
def test_the_third_quarter_has_the_announced_working_days(
    vietnam: Calendar, year: int, count: int
) -> None:
    assert vietnam.working_days_in(date(year, 7, 1), date(year, 9, 30)) == count


def test_one_day_before_the_due_date_is_a_working_day(vietnam: Calendar) -> None:
    assert vietnam.subtract_working_days(date(2026, 9, 7), 1) == date(2026, 9, 4)
    assert vietnam.previous_working_day(date(2026, 9, 7)) == date(2026, 9, 4)


def test_swapped_days_count_as_the_letter_says(vietnam: Calendar) -> None:
    assert not vietnam.is_working_day(date(2026, 1, 2))
    assert vietnam.is_working_day(date(2026, 1, 10))
    assert vietnam.is_working_day(date(2026, 8, 22))
    assert not vietnam.is_working_day(date(2026, 11, 24))


def test_outside_the_rows_only_the_weekend_counts(vietnam: Calendar) -> None:
    assert vietnam.is_working_day(date(1990, 1, 1))
    assert not vietnam.is_working_day(date(2099, 8, 1))
    assert vietnam.working_days_in(date(2099, 1, 5), date(2099, 1, 11)) == 5


def test_a_month_without_the_day_ends_on_its_last_day() -> None:
    assert PLAIN.add_months(date(2024, 1, 31), 1, roll=Roll.NONE) == date(2024, 2, 29)
    assert PLAIN.add_months(date(2025, 1, 31), 1, roll=Roll.NONE) == date(2025, 2, 28)
    assert PLAIN.add_months(date(2024, 3, 31), -1, roll=Roll.NONE) == date(2024, 2, 29)
    assert PLAIN.add_months(date(2024, 11, 30), 14, roll=Roll.NONE) == date(2026, 1, 30)


def test_zero_working_days_end_on_the_start_even_on_a_day_off() -> None:
    sunday = date(2026, 7, 5)
    assert PLAIN.add_working_days(sunday, 0) == sunday
    assert PLAIN.subtract_working_days(sunday, 0) == sunday


def test_neighbours_are_strictly_before_and_after() -> None:
    monday = date(2026, 7, 6)
    assert PLAIN.next_working_day(monday) == date(2026, 7, 7)
    assert PLAIN.previous_working_day(monday) == date(2026, 7, 3)


def test_counting_backwards_is_negative() -> None:
    assert PLAIN.working_days_between(date(2026, 7, 10), date(2026, 7, 6)) == -4


def test_an_empty_window_has_no_working_days() -> None:
    assert PLAIN.working_days_in(date(2026, 7, 10), date(2026, 7, 6)) == 0


def test_a_unit_may_work_on_saturdays() -> None:
    saturday = date(2026, 7, 4)
    desk = Calendar(days=(off(saturday),)).with_days([work(saturday)], version=7)
    assert desk.is_working_day(saturday)
    assert desk.version == 7
    assert desk.add_working_days(date(2026, 7, 3), 1) == saturday


def test_a_row_that_repeats_the_pattern_changes_no_count() -> None:
    calendar = Calendar(days=(off(date(2026, 7, 4)), work(date(2026, 7, 6))))
    assert calendar.add_working_days(date(2026, 7, 1), 4) == date(2026, 7, 7)


def test_a_day_tells_its_label_and_source() -> None:
    row = off(date(2026, 7, 7))
    calendar = Calendar(days=(row,))
    assert calendar.row_on(date(2026, 7, 7)) == row
    assert calendar.row_on(date(2026, 7, 6)) is None
    assert calendar.row_on(date(2026, 7, 8)) is None


def test_the_order_of_rows_does_not_matter() -> None:
    rows = (off(date(2026, 7, 7)), off(date(2026, 7, 6)))
    assert Calendar(days=rows) == Calendar(days=rows[::-1])
    assert hash(Calendar(days=rows)) == hash(Calendar(days=rows[::-1]))


def test_two_rows_on_one_date_are_refused() -> None:
    day = date(2026, 7, 7)
    with pytest.raises(CalendarInvalid) as refused:
        Calendar(days=(off(day), work(day)))
    assert refused.value.code == "calendar_day_repeated"
    assert refused.value.params == {"date": "2026-07-07"}


@pytest.mark.parametrize(
    ("weekend", "code"),
    [
        (frozenset({0}), "calendar_weekday_unknown"),
        (frozenset({8}), "calendar_weekday_unknown"),
        (frozenset(range(1, 8)), "calendar_without_working_days"),
    ],
)
def test_an_impossible_weekend_is_refused(weekend: frozenset[int], code: str) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        Calendar(weekend=weekend)
    assert refused.value.code == code


def test_a_negative_term_of_working_days_is_refused() -> None:
    for term in (PLAIN.add_working_days, PLAIN.subtract_working_days):
        with pytest.raises(CalendarInvalid) as refused:
            term(date(2026, 7, 6), -1)
        assert refused.value.code == "term_negative"


def test_a_term_beyond_the_last_year_is_refused() -> None:
    last, first = date(9999, 12, 31), date(1, 1, 1)
    attempts = [
        lambda: PLAIN.add_working_days(last, 1),
        lambda: PLAIN.subtract_working_days(first, 1),
        lambda: PLAIN.add_calendar_days(last, 1, roll=Roll.NONE),
        lambda: PLAIN.add_months(last, 1, roll=Roll.NONE),
        lambda: PLAIN.add_months(first, -1, roll=Roll.NONE),
    ]
    for attempt in attempts:
        with pytest.raises(CalendarInvalid) as refused:
            attempt()
        assert refused.value.code == "term_out_of_range"
