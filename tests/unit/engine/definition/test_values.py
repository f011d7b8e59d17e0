"""Values are read whole, never guessed, and written so that they read the same."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import FieldSpec
from engine.definition.values import (
    FAULT_CODES,
    ITEMS,
    LARGEST_NUMBER,
    TEXT_LENGTH,
    Value,
    WrongValues,
    read_values,
    to_json,
)

WORD = {"vi": "Trường", "en": "Field"}


def spec(**keys: Any) -> FieldSpec:
    return FieldSpec.model_validate({"title": WORD, **keys})


CHOICES = {"minor": WORD, "major": WORD}
SPECS = {
    "text": spec(type="text", max_length=20),
    "long": spec(type="text"),
    "number": spec(type="integer", min=0, max=99),
    "free": spec(type="integer"),
    "money": spec(type="decimal", scale=2, min=-5, max=1000),
    "whole": spec(type="decimal"),
    "day": spec(type="date"),
    "moment": spec(type="datetime"),
    "yes": spec(type="boolean"),
    "grade": spec(type="choice", choices=CHOICES),
    "person": spec(type="person"),
    "unit": spec(type="unit"),
    "units": spec(type="unit", many=True),
    "texts": spec(type="text", many=True),
    "needed": spec(type="text", required=True),
}


def read(name: str, value: object) -> Value:
    return read_values(SPECS, {name: value}, partial=True)[name]


def fault(name: str, value: object) -> tuple[str, dict[str, Any]]:
    with pytest.raises(WrongValues) as caught:
        read(name, value)
    assert caught.value.code == "wrong_values"
    (found,) = caught.value.params["faults"]
    assert found["field"] == name
    assert found["code"] in FAULT_CODES
    return found["code"], found["params"]


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("text", "Số\tlỗi\r\nhai", "Số\tlỗi\nhai"),
        ("text", unicodedata.normalize("NFD", "Đánh giá nội bộ"), "Đánh giá nội bộ"),
        ("number", 0, 0),
        ("free", -LARGEST_NUMBER, -LARGEST_NUMBER),
        ("money", "-1.5", Decimal("-1.50")),
        ("money", "-0.00", Decimal(0)),
        ("whole", "12", Decimal(12)),
        ("day", "2026-02-28", date(2026, 2, 28)),
        ("moment", "2026-07-06T08:00:00+07:00", datetime(2026, 7, 6, 1, tzinfo=UTC)),
        ("moment", "2026-07-06t01:00:00.5z", datetime(2026, 7, 6, 1, 0, 0, 500_000, tzinfo=UTC)),
        ("yes", False, False),
        ("grade", "minor", "minor"),
        ("person", "018f-Ab_1", "018f-Ab_1"),
        ("units", ["b", "a"], ("b", "a")),
        ("units", [], None),
        ("text", None, None),
    ],
)
def test_a_value_of_its_type_is_read(name: str, given_value: object, value: Value) -> None:
    assert read(name, given_value) == value
    assert type(read(name, given_value)) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "code", "params"),
    [
        ("nothing", 1, "unknown_field", {}),
        ("text", 1, "not_text", {}),
        ("text", " \n\t", "blank", {}),
        ("text", "x" * 21, "too_long", {"most": 20}),
        ("long", "x" * (TEXT_LENGTH + 1), "too_long", {"most": TEXT_LENGTH}),
        ("long", "x" * (4 * TEXT_LENGTH + 1), "too_long", {"most": TEXT_LENGTH}),
        ("text", "a\x00b", "control_character", {}),
        ("text", "a\ud800", "control_character", {}),
        ("text", "a\x1b[31m", "control_character", {}),
        ("number", True, "not_integer", {}),
        ("number", 1.0, "not_integer", {}),
        ("number", "1", "not_integer", {}),
        ("number", -1, "too_small", {"least": 0}),
        ("number", 100, "too_large", {"most": 99}),
        ("free", LARGEST_NUMBER + 1, "too_large", {"most": LARGEST_NUMBER}),
        ("money", 1.5, "not_decimal", {}),
        ("money", "1,5", "not_decimal", {}),
        ("money", "٣", "not_decimal", {}),
        ("money", "NaN", "not_decimal", {}),
        ("money", "1e3", "not_decimal", {}),
        ("money", "1.555", "too_many_digits", {"most": 2}),
        ("whole", "1.5", "too_many_digits", {"most": 0}),
        ("money", "-5.01", "too_small", {"least": -5}),
        ("money", "1000.01", "too_large", {"most": 1000}),
        ("yes", 1, "not_boolean", {}),
        ("yes", "true", "not_boolean", {}),
        ("day", "2026-02-29", "not_date", {}),
        ("day", "20260706", "not_date", {}),
        ("day", 20260706, "not_date", {}),
        ("moment", "2026-07-06T08:00:00", "not_datetime", {}),
        ("moment", "2026-07-06T25:00:00Z", "not_datetime", {}),
        ("moment", "0001-01-01T00:00:00+14:00", "not_datetime", {}),
        ("moment", 0, "not_datetime", {}),
        ("grade", "grave", "not_a_choice", {"choices": "minor, major"}),
        ("grade", ["minor"], "not_a_choice", {"choices": "minor, major"}),
        ("person", "a b", "not_id", {}),
        ("unit", 7, "not_id", {}),
        ("units", "a", "not_list", {}),
        ("units", ["a", ""], "not_id", {"item": 2}),
        ("units", ["a", "a"], "repeated", {}),
        ("units", ["a"] * (ITEMS + 1), "too_many", {"most": ITEMS}),
        ("texts", ["a", "x" * 4001], "too_long", {"most": 4000, "item": 2}),
        ("needed", None, "required", {}),
    ],
)
def test_what_does_not_fit_is_a_fault_with_its_code(
    name: str, value: object, code: str, params: dict[str, Any]
) -> None:
    assert fault(name, value) == (code, params)


def test_all_faults_are_told_in_one_error_and_nothing_is_read() -> None:
    with pytest.raises(WrongValues) as caught:
        read_values(SPECS, {"number": "x", "day": "x", "text": "right"}, partial=False)
    told = [(f["field"], f["code"]) for f in caught.value.params["faults"]]
    assert told == [("number", "not_integer"), ("day", "not_date"), ("needed", "required")]


def test_a_whole_sending_needs_what_is_required_and_a_partial_one_does_not() -> None:
    assert read_values(SPECS, {"needed": "x"}, partial=False) == {"needed": "x"}
    assert read_values(SPECS, {}, partial=True) == {}


def test_the_name_of_an_unknown_field_can_be_repeated_in_an_answer() -> None:
    with pytest.raises(WrongValues) as caught:
        read_values(SPECS, {"x\ud800" + "y" * 200: 1}, partial=True)
    name = caught.value.params["faults"][0]["field"]
    assert name.encode("utf-8")
    assert len(name) < 100


def outcome(given_values: dict[str, object]) -> tuple[dict[str, Value], set[str]]:
    """What was read, or the codes of what was wrong."""
    try:
        return read_values(SPECS, given_values, partial=True), set()
    except WrongValues as wrong:
        return {}, {found["code"] for found in wrong.params["faults"]}


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "long": TEXTS,
        "number": st.integers(0, 99),
        "free": st.integers(-LARGEST_NUMBER, LARGEST_NUMBER),
        "money": st.decimals(-5, 1000, places=2).map(lambda d: format(d, "f")),
        "day": st.dates(date(1900, 1, 1), date(2999, 12, 31)).map(date.isoformat),
        "moment": st.datetimes(
            datetime(1900, 1, 1),  # noqa: DTZ001 - the zone comes from `timezones`.
            datetime(2999, 12, 31),  # noqa: DTZ001
            timezones=st.just(UTC),
        ).map(datetime.isoformat),
        "yes": st.booleans(),
        "grade": st.sampled_from(sorted(CHOICES)),
        "units": st.lists(st.sampled_from(("a", "b", "c")), unique=True),
        "texts": st.lists(TEXTS, unique_by=lambda t: unicodedata.normalize("NFC", t), max_size=3),
        "person": st.none(),
    },
)


@given(GIVEN)
def test_what_was_read_and_written_reads_the_same(given_values: dict[str, object]) -> None:
    values, codes = outcome(given_values)
    assert codes <= {"blank"}
    written = {name: to_json(value) for name, value in values.items()}
    assert read_values(SPECS, written, partial=True) == values
    assert {name: to_json(value) for name, value in values.items()} == written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(sorted(SPECS)), JSON)
def test_no_json_makes_reading_fail_otherwise_than_with_a_fault(name: str, value: object) -> None:
    values, codes = outcome({name: value})
    assert codes <= FAULT_CODES
    assert bool(codes) != (name in values)
