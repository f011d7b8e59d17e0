import json
from typing import Any

import pytest

from engine.audit.profile import (
    DEPTH_MAX,
    INTEGER_MAX,
    AuditInputError,
    canonical_text,
    check_profile,
    read_canonical,
)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"a": [1, 1.0]}, "float_refused", "$.a[1]"),
        (float("nan"), "float_refused", "$"),
        ({"a": INTEGER_MAX + 1}, "integer_too_large", "$.a"),
        (-INTEGER_MAX - 1, "integer_too_large", "$"),
        ({"a": "Quy tri\u0300nh"}, "text_not_nfc", "$.a"),
        ("\ud800", "text_lone_surrogate", "$"),
        ("é\udfff", "text_lone_surrogate", "$"),
        ("a\0b", "text_nul", "$"),
        ({"tên": 1}, "key_not_ascii_text", "$"),
        ({"a\0": 1}, "key_not_ascii_text", "$"),
        ({1: 1}, "key_not_ascii_text", "$"),
        ((b"x",), "value_unknown", "$[0]"),
        ({1, 2}, "value_unknown", "$"),
    ],
)
def test_a_value_outside_the_profile_is_refused_with_its_place(
    value: Any, code: str, path: str
) -> None:
    with pytest.raises(AuditInputError) as refused:
        check_profile(value)
    assert (refused.value.code, refused.value.params["path"]) == (code, path)


def test_the_edges_of_the_profile_are_inside() -> None:
    check_profile([INTEGER_MAX, -INTEGER_MAX, None, True, "Quy trình 😀", {"a.b": ()}])
    check_profile(nested(DEPTH_MAX))


def test_nesting_has_an_end() -> None:
    with pytest.raises(AuditInputError) as refused:
        check_profile(nested(DEPTH_MAX + 1))
    assert refused.value.code == "nested_too_deep"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body_unreadable"),
        (b"{", "body_unreadable"),
        (b"\xff", "body_unreadable"),
        (b"[" * 200_000, "body_unreadable"),
        (b'\xef\xbb\xbf"a"', "body_unreadable"),
        (b'{"a":1,"a":1}', "body_not_canonical"),
        (b'{"b":1,"a":1}', "body_not_canonical"),
        (b'{"a": 1}', "body_not_canonical"),
        (b'{"a":1}\n', "body_not_canonical"),
        (b'"\\u0041"', "body_not_canonical"),
        (b'"\\/"', "body_not_canonical"),
        (b'"\\u001F"', "body_not_canonical"),
        (b"-0", "body_not_canonical"),
        (b"1.0", "float_refused"),
        (b"1e3", "float_refused"),
        (b"NaN", "float_refused"),
        (b"9007199254740992", "integer_too_large"),
        (b"1" * 5000, "integer_too_large"),
        (b'"\\ud800"', "text_lone_surrogate"),
        ('"tri\u0300nh"'.encode(), "text_not_nfc"),
    ],
)
def test_bytes_that_are_not_the_one_spelling_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        read_canonical(body)
    assert refused.value.code == code


def test_the_one_spelling_is_read() -> None:
    value = {"a": [1, '\u001f"\\\n', None, False], "b": "Đã duyệt"}
    body = canonical_text(value).encode()
    assert read_canonical(body) == value == json.loads(body)
