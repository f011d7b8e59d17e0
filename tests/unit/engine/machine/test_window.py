"""Rules 1 to 3 of `window`."""

from datetime import date
from typing import Any

import pytest

from engine.definition.model import Window
from engine.machine.window import Span, day_of_year, spans_of


def spans(period: str | None = None, **form: Any) -> list[tuple[date, date]]:
    window = Window.model_validate(form)
    return [(s.first, s.last) for s in spans_of(window, year=2026, period=period)]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"from": "07-01", "to": "09-30"}, [(date(2026, 7, 1), date(2026, 9, 30))]),
        ({"from": "11-15", "to": "01-15"}, [(date(2026, 11, 15), date(2027, 1, 15))]),
        ({"from": "05-05", "to": "05-05"}, [(date(2026, 5, 5), date(2026, 5, 5))]),
        ({"months": [7, 8]}, [(date(2026, 7, 1), date(2026, 8, 31))]),
        (
            {"months": [12, 1, 2, 2]},
            [(date(2026, 1, 1), date(2026, 2, 28)), (date(2026, 12, 1), date(2026, 12, 31))],
        ),
        ({"month": 11}, [(date(2026, 11, 1), date(2026, 11, 30))]),
        ({"every": "week"}, []),
    ],
)
def test_a_window_is_spans_of_the_year(
    form: dict[str, Any], expected: list[tuple[date, date]]
) -> None:
    assert spans(**form) == expected


@pytest.mark.parametrize(
    ("every", "period", "expected"),
    [
        ("week", "2026-W32", (date(2026, 8, 3), date(2026, 8, 9))),
        ("month", "2026-07", (date(2026, 7, 1), date(2026, 7, 31))),
        ("quarter", "2026-Q3", (date(2026, 7, 1), date(2026, 9, 30))),
    ],
)
def test_a_periodic_window_is_the_period_of_the_instance(
    every: str, period: str, expected: tuple[date, date]
) -> None:
    assert spans(period, every=every) == [expected]


def test_both_ends_of_a_span_belong_to_it() -> None:
    span = Span(date(2026, 7, 1), date(2026, 7, 2))
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3)]
    assert [day in span for day in days] == [False, True, True, False]


def test_a_month_and_day_are_a_date_of_the_year() -> None:
    assert day_of_year(2026, "06-20") == date(2026, 6, 20)
