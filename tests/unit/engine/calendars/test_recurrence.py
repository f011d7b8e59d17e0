from datetime import date, timedelta

import pytest

from engine.calendars.recurrence import (
    Period,
    PeriodInvalid,
    PeriodKind,
    containing,
    parse_period,
    periods_between,
)


@pytest.mark.parametrize(
    ("name", "first", "last", "following"),
    [
        ("2026-W32", date(2026, 8, 3), date(2026, 8, 9), "2026-W33"),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), "2027-W01"),
        ("2026-07", date(2026, 7, 1), date(2026, 7, 31), "2026-08"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-03"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2027-01"),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), "2026-Q4"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "2027-Q1"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2027"),
    ],
)
def test_a_name_says_its_days_and_its_neighbour(
    name: str, first: date, last: date, following: str
) -> None:
    period = parse_period(name)
    assert period.name == name
    assert (period.first_day, period.last_day) == (first, last)
    assert period.next().name == following
    assert period.next().previous() == period
    assert period.contains(first)
    assert period.contains(last)
    assert not period.contains(last + timedelta(days=1))
    assert not period.contains(first - timedelta(days=1))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "period_unreadable"),
        ("2026-7", "period_unreadable"),
        ("2026-W7", "period_unreadable"),
        ("2026-Q03", "period_unreadable"),
        ("2026-H1", "period_unreadable"),
        ("26-07", "period_unreadable"),
        ("2026-07\n", "period_unreadable"),
        ("٢٠٢٦-07", "period_unreadable"),
        ("2026-13", "period_unknown"),
        ("2026-00", "period_unknown"),
        ("2026-Q5", "period_unknown"),
        ("2025-W53", "period_unknown"),
        ("1899", "period_unknown"),
        ("3000-01", "period_unknown"),
    ],
)
def test_another_name_is_refused(name: str, code: str) -> None:
    with pytest.raises(PeriodInvalid) as refused:
        parse_period(name)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2027, 1, 1), PeriodKind.WEEK, "2026-W53"),
        (date(2024, 12, 30), PeriodKind.WEEK, "2025-W01"),
        (date(2026, 8, 31), PeriodKind.MONTH, "2026-08"),
        (date(2026, 9, 30), PeriodKind.QUARTER, "2026-Q3"),
        (date(2026, 10, 1), PeriodKind.QUARTER, "2026-Q4"),
        (date(2026, 2, 1), PeriodKind.YEAR, "2026"),
    ],
)
def test_a_day_finds_its_period(day: date, kind: PeriodKind, name: str) -> None:
    assert containing(day, kind).name == name


def test_the_named_years_have_an_end() -> None:
    with pytest.raises(PeriodInvalid):
        parse_period("2999").next()
    with pytest.raises(PeriodInvalid):
        parse_period("1900").previous()


def test_a_window_lists_every_period_it_touches() -> None:
    weeks = periods_between(date(2026, 8, 9), date(2026, 8, 17), kind=PeriodKind.WEEK)
    assert [week.name for week in weeks] == ["2026-W32", "2026-W33", "2026-W34"]
    months = periods_between(date(2026, 8, 1), date(2026, 8, 31), kind=PeriodKind.MONTH)
    assert list(months) == [Period(PeriodKind.MONTH, 2026, 8)]


def test_an_empty_window_lists_nothing() -> None:
    window = periods_between(date(2026, 8, 2), date(2026, 8, 1), kind=PeriodKind.WEEK)
    assert list(window) == []
