"""Typed values in forms and on pages: what is shown, and what comes back of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from api.pages.forms import Choices, Typed, entry_of, typed_in, values_of
from api.pages.rendering import Due, due_of
from api.pages.showing import Voice
from engine.definition.model import FieldSpec, Text
from engine.definition.values import read_values, to_json
from tests.pages.equipment import WORDS

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TITLE = Text(vi="Trường", en="Field")
VOICE = Voice(words=WORDS, language="vi", zone=ZONE, people={"p001": "Nguyễn Văn A"})


def spec(kind: str, **more: object) -> FieldSpec:
    return FieldSpec.model_validate({"type": kind, "title": TITLE.model_dump(), **more})


def sent(**texts: str | list[str]) -> Typed:
    pairs = [
        (f"f.{name}", text)
        for name, given in texts.items()
        for text in ([given] if isinstance(given, str) else given)
    ]
    return typed_in(FormData(pairs))


def back_and_forth(kind: str, value: object, **more: object) -> object:
    """Show a stored value in an input, send the form unchanged, and read it again."""
    specs = {"x": spec(kind, **more)}
    entry = entry_of("x", specs["x"], choices=Choices(zone=ZONE), stored=to_json(value))  # type: ignore[arg-type]
    boxes = specs["x"].many and kind != "text"
    typed = sent(x=list(entry.values) if boxes else entry.value)
    found = values_of(typed, specs, stored={"x": to_json(value)}, zone=ZONE)  # type: ignore[arg-type]
    return read_values(specs, found, partial=True)["x"]


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_number_comes_back_as_it_was(number: int) -> None:
    assert back_and_forth("integer", number) == number


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_date_comes_back_as_it_was(day: date) -> None:
    assert back_and_forth("date", day) == day


@given(st.decimals(-999999, 999999, places=2))
def test_a_decimal_comes_back_as_it_was(number: Decimal) -> None:
    assert back_and_forth("decimal", number.quantize(Decimal("0.01")) + 0, scale=2) == number


@pytest.mark.parametrize("value", [True, False])
def test_a_yes_or_no_comes_back_as_it_was(value: bool) -> None:
    assert back_and_forth("boolean", value) is value


def test_an_instant_is_typed_on_the_clock_of_the_organisation() -> None:
    instant = datetime(2026, 7, 6, 1, 30, tzinfo=UTC)
    assert back_and_forth("datetime", instant) == instant
    entry = entry_of("x", spec("datetime"), choices=Choices(zone=ZONE), stored=to_json(instant))
    assert entry.value == "2026-07-06T08:30"


def test_lines_are_the_items_of_many_texts() -> None:
    assert back_and_forth("text", ("7.5", "9.2"), many=True) == ("7.5", "9.2")
    specs = {"x": spec("text", many=True)}
    found = values_of(sent(x="7.5\r\n\r\n 9.2 "), specs, stored={}, zone=ZONE)
    assert found == {"x": ["7.5", "9.2"]}


def test_a_comma_is_a_decimal_point() -> None:
    specs = {"x": spec("decimal", scale=2)}
    assert values_of(sent(x="12,50"), specs, stored={}, zone=ZONE) == {"x": "12.50"}


def test_an_empty_input_clears_what_was_there_and_says_nothing_else() -> None:
    specs = {"x": spec("text"), "y": spec("text"), "z": spec("text")}
    stored = {"x": "có", "z": "có"}
    assert values_of(sent(x=" ", y=""), specs, stored=stored, zone=ZONE) == {"x": None}


def test_boxes_that_nobody_ticked_clear_only_when_they_were_shown() -> None:
    specs = {"units": spec("unit", many=True)}
    stored = {"units": ["office"]}
    shown = typed_in(FormData([("shown.units", "1")]))
    assert values_of(shown, specs, stored=stored, zone=ZONE) == {"units": None}
    assert values_of(Typed(), specs, stored=stored, zone=ZONE) == {}


def test_what_is_no_number_is_left_for_the_engine_to_refuse() -> None:
    specs = {"x": spec("integer"), "y": spec("datetime"), "z": spec("boolean")}
    typed = sent(x="năm", y="mai", z="maybe")
    assert values_of(typed, specs, stored={}, zone=ZONE) == {"x": "năm", "y": "mai", "z": "maybe"}


def test_what_was_typed_wins_over_what_is_stored() -> None:
    typed = Typed(texts={"f.x": ("mới",)}, faults={"x": "Không đúng."})
    entry = entry_of("x", spec("text"), choices=Choices(), stored="cũ", typed=typed)
    assert (entry.value, entry.fault) == ("mới", "Không đúng.")


@pytest.mark.parametrize(
    ("due_on", "final", "expected"),
    [
        (None, None, Due("none")),
        (date(2026, 7, 6), "success", Due("done")),
        (date(2026, 7, 5), None, Due("late", 1)),
        (date(2026, 7, 6), None, Due("today")),
        (date(2026, 7, 9), None, Due("soon", 3)),
        (date(2026, 7, 10), None, Due("later", 4)),
    ],
)
def test_a_due_day_is_near_or_far(due_on: date | None, final: str | None, expected: Due) -> None:
    assert due_of(due_on, today=date(2026, 7, 6), final=final) == expected


def test_values_are_shown_as_people_read_them() -> None:
    graded = spec("choice", choices={"minor": {"vi": "Nhẹ", "en": "Minor"}})
    told = [
        VOICE.value(None, spec("text")),
        VOICE.value(value=True, spec=spec("boolean")),
        VOICE.value("2026-07-06", spec("date")),
        VOICE.value("2026-07-06T01:00:00Z", spec("datetime")),
        VOICE.value(date(2026, 7, 6), spec("date")),
        VOICE.value(Decimal("12.50"), spec("decimal", scale=2)),
        VOICE.value("p001", spec("person")),
        VOICE.value("p999", spec("person")),
        VOICE.value("minor", graded),
        VOICE.value("unknown", graded),
        VOICE.value(("7.5", "9.2"), spec("text", many=True)),
    ]
    assert told == [
        "—",
        "Có",
        "06/07/2026",
        "08:00 06/07/2026",
        "06/07/2026",
        "12,50",
        "Nguyễn Văn A",
        "p999",
        "Nhẹ",
        "unknown",
        "7.5, 9.2",
    ]
