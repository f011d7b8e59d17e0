import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.calendars.business_days import CalendarInvalid, DayKind
from engine.calendars.vietnam import (
    LIBRARY_SOURCE,
    CalendarFile,
    read_calendar_file,
    seed_days,
)

SHIPPED = Path(__file__).parents[4] / "definitions/calendars/vn.yaml"
GOOD: dict[str, Any] = {
    "weekend": ["saturday", "sunday"],
    "sources": {"letter": {"title": "Công văn 1"}},
    "days": [{"date": "2026-01-02", "kind": "off", "label": "Nghỉ", "source": "letter"}],
}


def shipped() -> CalendarFile:
    return read_calendar_file(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))


def test_the_shipped_file_reads_and_names_its_documents() -> None:
    file = shipped()
    assert file.weekend == frozenset({6, 7})
    swap = next(row for row in file.days if row.date == date(2026, 1, 10))
    assert swap.kind is DayKind.WORK
    assert "12729/VPCP-KGVX" in swap.source


def test_the_file_wins_over_the_library_and_the_library_says_its_name() -> None:
    rows = {row.date: row for row in seed_days([2026, 2027], shipped())}
    assert rows[date(2026, 2, 17)].source.startswith("Thông báo 9441/TB-BNV")
    assert rows[date(2027, 1, 1)].source == LIBRARY_SOURCE
    assert {day.year for day in rows} == {2026, 2027}


def test_seed_rows_are_in_order_and_swaps_are_work() -> None:
    rows = seed_days([2025, 2019], shipped())
    assert [row.date for row in rows] == sorted(row.date for row in rows)
    working = [row.date for row in rows if row.kind is DayKind.WORK]
    assert working == [date(2019, 1, 5), date(2019, 5, 4), date(2025, 4, 26)]


def test_a_swap_at_the_turn_of_the_year_is_found_from_its_own_year_alone() -> None:
    rows = {row.date: row.kind for row in seed_days([2018], shipped())}
    assert rows[date(2018, 12, 31)] is DayKind.OFF
    assert {day.year for day in rows} == {2018}


def test_dates_may_be_dates_or_text() -> None:
    data = copy.deepcopy(GOOD)
    data["days"][0]["date"] = date(2026, 1, 2)
    assert read_calendar_file(data) == read_calendar_file(GOOD)


def spoiled(path: list[Any], value: Any) -> dict[str, Any]:
    data: Any = copy.deepcopy(GOOD)
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("data", "path", "problem"),
    [
        ([], "", "not_a_mapping"),
        ({"days": []}, "", "wrong_keys"),
        (spoiled(["weekend"], "saturday"), "weekend", "not_a_list"),
        (spoiled(["weekend"], ["caturday"]), "weekend", "unknown_weekday"),
        (spoiled(["weekend"], [6]), "weekend", "not_a_text"),
        (spoiled(["sources"], None), "sources", "not_a_mapping"),
        (spoiled(["sources", "letter"], {}), "sources.letter", "wrong_keys"),
        (spoiled(["sources", "letter", "title"], " "), "sources.letter.title", "not_a_text"),
        (spoiled(["days"], {}), "days", "not_a_list"),
        (spoiled(["days", 0, "unit"], "x"), "days[0]", "wrong_keys"),
        (spoiled(["days", 0, "kind"], "half"), "days[0].kind", "unknown_kind"),
        (spoiled(["days", 0, "kind"], 0), "days[0].kind", "not_a_text"),
        (spoiled(["days", 0, "source"], "rumour"), "days[0].source", "unknown_source"),
        (spoiled(["days", 0, "date"], "2026-02-30"), "days[0].date", "not_a_date"),
        (spoiled(["days", 0, "date"], datetime(2026, 1, 2, 8)), "days[0].date", "not_a_text"),  # noqa: DTZ001 - a naive moment is the fault under test
    ],
)
def test_a_fault_in_the_file_is_named_with_its_place(data: Any, path: str, problem: str) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        read_calendar_file(data)
    assert refused.value.code == "calendar_file_invalid"
    assert refused.value.params == {"path": path, "problem": problem}


def test_a_date_that_stands_twice_is_refused() -> None:
    data = copy.deepcopy(GOOD)
    data["days"].append(dict(data["days"][0]))
    with pytest.raises(CalendarInvalid) as refused:
        read_calendar_file(data)
    assert refused.value.code == "calendar_day_repeated"
