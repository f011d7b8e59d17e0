"""Bodies are read strictly: nothing is guessed, every fault has its place."""

import json
from typing import Annotated

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from api.problems import Unreadable
from api.v1.reading import (
    Body,
    Identifier,
    Instant,
    IsoDate,
    Line,
    WrongText,
    parse_json,
    read_as,
)

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parse_json(raw)
    except (Unreadable, WrongText):
        return
    json.loads(raw.decode("utf-8"))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "body_missing"),
        (b" \n", "body_missing"),
        (b"{", "not_json"),
        (b"[1,]", "not_json"),
        (b"NaN", "not_json"),
        (b"[Infinity]", "not_json"),
        (b"9" * 5000, "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'"\xff"', "not_utf8"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key"),
        (b"[" * 40 + b"]" * 40, "nested_too_deep"),
        (b"[" * 100_000, "nested_too_deep"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_code(raw: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_json(raw)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("value", "place", "code"),
    [
        ("a\0", "body", "nul"),
        ({"a": ["x", "\0"]}, "a.1", "nul"),
        ({"a\0": 1}, "a�", "nul"),
        ({"a": {"b": "\ud800"}}, "a.b", "lone_surrogate"),
        ({"\udfff": 1}, "?", "lone_surrogate"),
    ],
)
def test_texts_that_no_database_could_hold_are_named(value: object, place: str, code: str) -> None:
    with pytest.raises(WrongText) as raised:
        parse_json(json.dumps(value).encode())
    assert raised.value.params["faults"] == [{"field": place, "code": code, "params": {}}]


class Sample(Body):
    number: Annotated[int, Field(ge=0, le=5)] = 0
    flag: bool = False
    day: IsoDate | None = None
    at: Instant | None = None
    line: Line = ""
    name: Identifier | None = None


@pytest.mark.parametrize(
    "value",
    [
        {"number": False},
        {"number": "1"},
        {"number": 1.0},
        {"number": 6},
        {"flag": 1},
        {"flag": "true"},
        {"day": "2026-7-6"},
        {"day": "20260706"},
        {"day": "2026-W28-1"},
        {"day": 20260706},
        {"day": "2026-02-30"},
        {"at": "2026-07-06T08:00:00"},
        {"at": "2026-07-06"},
        {"at": 1783299600},
        {"line": "a\x07"},
        {"line": "x" * 301},
        {"name": "a b"},
        {"name": ""},
        {"stranger": 1},
        [],
        None,
        "text",
    ],
)
def test_what_is_not_exactly_of_its_type_is_refused(value: object) -> None:
    with pytest.raises(RequestValidationError):
        read_as(Sample, value)


def test_what_fits_is_read_and_composed() -> None:
    read = read_as(
        Sample,
        {
            "number": 5,
            "flag": True,
            "day": "2026-07-06",
            "at": "2026-07-06T08:00:00+07:00",
            "line": "Kê\u0301 hoạch\r\n",
        },
    )
    assert read.day is not None
    assert read.day.isoformat() == "2026-07-06"
    assert read.at is not None
    assert read.at.isoformat() == "2026-07-06T08:00:00+07:00"
    assert read.line == "Kế hoạch\n"
