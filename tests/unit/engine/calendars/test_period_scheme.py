"""Reporting periods: their days, their reports, Tết, and what adds up to what."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.calendars.business_days import Calendar, CalendarInvalid
from engine.calendars.dated_rules import read_rules
from engine.calendars.period_scheme import PeriodRule, PeriodScheme
from engine.calendars.recurrence import PeriodInvalid, PeriodKind
from engine.calendars.vietnam import read_calendar_file, seed_days

FOLDER = Path(__file__).parents[4] / "definitions/calendars"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def vietnam() -> Calendar:
    file = read_calendar_file(read("vn.yaml"))
    return Calendar(days=seed_days(range(2024, 2028), file), weekend=file.weekend)


@pytest.fixture(scope="module")
def shipped(vietnam: Calendar) -> PeriodScheme:
    return PeriodScheme(read_rules(read("vn_periods.yaml"), PeriodRule), vietnam)


def from_the_15th(since: date) -> PeriodRule:
    return PeriodRule.model_validate(
        {
            "from": since,
            "month_ends_on": 14,
            "report_terms": {"month": 3, "quarter": 5, "year": 5},
            "merge_week_up_to": 1,
            "source": "Nghị định 09/2019/NĐ-CP, Điều 12",
        }
    )


@pytest.mark.parametrize(
    ("name", "first", "last", "due", "part_of"),
    [
        ("2026-W34", date(2026, 8, 17), date(2026, 8, 23), date(2026, 8, 22), "2026-08"),
        ("2026-W36", date(2026, 8, 31), date(2026, 9, 6), date(2026, 9, 4), "2026-09"),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), date(2026, 12, 31), "2026-12"),
        ("2026-08", date(2026, 8, 1), date(2026, 8, 31), date(2026, 9, 7), "2026-Q3"),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 7), "2026"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 8), None),
    ],
)
def test_a_period_says_its_days_its_report_and_where_it_is_filed(
    *, shipped: PeriodScheme, name: str, first: date, last: date, due: date, part_of: str | None
) -> None:
    period = shipped.period(name)
    assert (period.first_day, period.last_day, period.report_due) == (first, last, due)
    assert (period.part_of, period.merged_into) == (part_of, None)


def test_the_week_of_tet_is_reported_with_the_one_that_takes_it_over(
    shipped: PeriodScheme,
) -> None:
    tet = shipped.period("2026-W08")
    assert (tet.merged_into, tet.report_due) == ("2026-W09", date(2026, 2, 27))
    assert shipped.period("2026-W07").merged_into is None


def test_a_rota_of_one_day_a_week_is_no_holiday(shipped: PeriodScheme) -> None:
    saturdays = Calendar(weekend=frozenset({1, 2, 3, 4, 5, 7}))
    assert PeriodScheme(shipped.rules, saturdays).period("2026-W08").merged_into is None


def test_government_reports_run_from_the_15th_to_the_14th(vietnam: Calendar) -> None:
    scheme = PeriodScheme((from_the_15th(date(2025, 1, 1)),), vietnam)
    year, quarter, month = map(scheme.period, ("2026", "2026-Q1", "2026-03"))
    assert (year.first_day, year.last_day) == (date(2025, 12, 15), date(2026, 12, 14))
    assert (quarter.first_day, quarter.last_day) == (date(2025, 12, 15), date(2026, 3, 14))
    assert (month.first_day, month.last_day) == (date(2026, 2, 15), date(2026, 3, 14))
    assert month.report_due == date(2026, 3, 18)
    assert scheme.containing(date(2026, 3, 15), kind=PeriodKind.MONTH).name == "2026-04"
    assert scheme.containing(date(2025, 12, 15), kind=PeriodKind.QUARTER).name == "2026-Q1"
    assert scheme.period("2026-W12").part_of == "2026-04"


@pytest.mark.parametrize("kind", [PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR])
def test_no_day_is_missed_or_counted_twice_where_the_scheme_changes(
    shipped: PeriodScheme, kind: PeriodKind
) -> None:
    # To the 15th in 2026, and back to the calendar in May 2027.
    back = shipped.rules[0].model_copy(update={"from_": date(2027, 5, 1)})
    rules = (*shipped.rules, from_the_15th(date(2026, 5, 1)), back)
    scheme = PeriodScheme(rules, shipped.calendar)
    found = list(scheme.periods_between(date(2025, 6, 1), date(2028, 6, 1), kind=kind))
    assert found[0].first_day <= date(2025, 6, 1)
    assert found[-1].last_day >= date(2028, 6, 1)
    for earlier, later in pairwise(found):
        assert earlier.first_day <= earlier.last_day < later.first_day
        assert (later.first_day - earlier.last_day).days == 1
    if kind is PeriodKind.MONTH:
        assert scheme.period("2026-05").first_day == date(2026, 5, 1)
        assert scheme.period("2026-05").last_day == date(2026, 5, 14)
        assert scheme.period("2027-05").first_day == date(2027, 4, 15)
        assert scheme.period("2027-05").last_day == date(2027, 5, 31)


@pytest.mark.parametrize("months", [1, 14])
def test_parts_cover_their_whole_once_and_add_up_to_it(months: int, shipped: PeriodScheme) -> None:
    rules = shipped.rules if months == 1 else (from_the_15th(date(2025, 1, 1)),)
    scheme = PeriodScheme(rules, shipped.calendar)
    count = shipped.calendar.working_days_in

    def added_up(name: str) -> int:
        parts = scheme.parts_of(name)
        period = scheme.period(name)
        if not parts:
            return count(period.first_day, period.last_day)
        assert (parts[0].first_day, parts[-1].last_day) == (period.first_day, period.last_day)
        assert all((b.first_day - a.last_day).days == 1 for a, b in pairwise(parts))
        if period.kind is PeriodKind.MONTH:
            return sum(count(part.first_day, part.last_day) for part in parts)
        assert {scheme.period(part.name).part_of for part in parts} == {name}
        return sum(added_up(part.name) for part in parts)

    year = scheme.period("2026")
    assert added_up("2026") == count(year.first_day, year.last_day)
    assert scheme.parts_of("2026-W10") == ()


def test_the_other_way_round_there_is_nothing(shipped: PeriodScheme) -> None:
    window = (date(2026, 2, 1), date(2026, 1, 1))
    assert list(shipped.periods_between(*window, kind=PeriodKind.WEEK)) == []
    with pytest.raises(PeriodInvalid):
        shipped.period("2026-W54")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, "rules"),
        ({"rules": []}, "rules"),
        ({"rules": [{"month_ends_on": 31}]}, "rules.0.from"),
    ],
)
def test_a_file_that_does_not_fit_is_told_where(data: object, path: str) -> None:
    with pytest.raises(CalendarInvalid) as caught:
        read_rules(data, PeriodRule)
    assert (caught.value.code, caught.value.params["path"]) == ("calendar_file_invalid", path)


def test_two_rules_of_one_day_contradict_one_another() -> None:
    rows = read("vn_periods.yaml")["rules"] * 2
    with pytest.raises(CalendarInvalid) as caught:
        read_rules({"rules": rows}, PeriodRule)
    assert caught.value.code == "dated_rule_repeated"
