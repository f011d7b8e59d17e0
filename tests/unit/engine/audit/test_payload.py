"""Test names repeat the numbers of the rules in `engine/audit/payload.py`."""

import hashlib

import pytest

from engine.audit.payload import (
    PAYLOAD_BYTES_MAX,
    Change,
    Payload,
    payload_from_bytes,
    seal_payload,
)
from engine.audit.profile import AuditInputError

SALT = bytes(range(16))
FULL = Payload(
    changes=(
        Change(record_set="finding", row="f1", column="grade", old=None, new="minor"),
        Change(column="closing_date", old="2026-07-01", new="2026-07-02"),
    ),
    reason="Đổi ngày họp",
    details={"unmet": [{"code": "role_missing", "roles": ["director"]}]},
)


def test_1_the_leaf_holds_the_hash_of_salt_and_bytes() -> None:
    sealed = seal_payload(FULL, SALT)
    assert sealed.digest == hashlib.sha256(SALT + sealed.body).hexdigest()
    assert sealed.salt == SALT


@pytest.mark.parametrize("payload", [FULL, Payload(), Payload(reason="x")])
def test_1_a_payload_is_read_back_as_it_was_sealed(payload: Payload) -> None:
    assert payload_from_bytes(seal_payload(payload, SALT).body) == payload


def test_1_an_empty_payload_says_nothing() -> None:
    assert seal_payload(Payload(), SALT).body == b"{}"


def test_2_another_salt_gives_another_hash() -> None:
    assert seal_payload(FULL, SALT).digest != seal_payload(FULL, SALT[::-1]).digest


@pytest.mark.parametrize("length", [0, 15, 17])
def test_2_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(AuditInputError) as refused:
        seal_payload(FULL, b"s" * length)
    assert refused.value.code == "salt_length"


def test_1_a_value_outside_the_profile_is_refused_with_its_place() -> None:
    with pytest.raises(AuditInputError) as refused:
        seal_payload(Payload(changes=(Change(column="score", old=1, new=0.5),)), SALT)
    assert refused.value.code == "float_refused"
    assert refused.value.params["path"] == "$.changes[0].new"


def test_a_payload_has_a_limit() -> None:
    with pytest.raises(AuditInputError) as refused:
        seal_payload(Payload(reason="x" * PAYLOAD_BYTES_MAX), SALT)
    assert refused.value.code == "payload_too_large"


@pytest.mark.parametrize("body", [b"1", b'{"changes":[1]}', b'{"changes":[{}]}', b'{"changes":1}'])
def test_bytes_that_are_no_payload_are_refused(body: bytes) -> None:
    with pytest.raises(AuditInputError) as refused:
        payload_from_bytes(body)
    assert refused.value.code == "payload_unreadable"
