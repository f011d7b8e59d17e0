"""Signed steps as a stranger checks them; numbers are the rules of `engine/audit/signature.py`."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.audit.entry import Entry, EvidenceRef, body_of, canonical_bytes, entry_from_bytes
from engine.audit.leaf import EntryType, check_leaf
from engine.audit.profile import AuditInputError
from engine.audit.signature import Signatures, challenge_of, content_digest
from tests.authenticator import PRESENT, VERIFIED, SoftwareKey

DIGEST = "ab" * 32
NOW = datetime(2026, 7, 6, 1, 2, 3, 45, tzinfo=UTC)
MEANING = {"vi": "Phê duyệt kế hoạch", "en": "Approve the plan"}
STEP = Entry(
    type=EntryType.TRANSITION,
    stream="instance:i1",
    seq=3,
    prev=DIGEST,
    instance="i1",
    process="paper",
    definition=DIGEST,
    transition="approve",
    from_state="submitted",
    to_state="approved",
    actor="p1",
    role="director",
    recorded_at=NOW,
    payload=DIGEST,
    evidence=(EvidenceRef("e1", DIGEST, 12, "plan"),),
)
ENROLMENT = Entry(
    type=EntryType.KEY_CHANGED,
    stream="account:p1",
    seq=0,
    actor="p1",
    subject="p1",
    recorded_at=NOW - timedelta(days=1),
)
# Made once: an RSA key costs more than all the rest.
KEYS = {name: SoftwareKey(name, id=name.encode()) for name in ("ES256", "EdDSA", "RS256")}

Body = dict[str, Any]


def enrolled(key: SoftwareKey) -> Body:
    return body_of(replace(ENROLMENT, credential=key.enrolment()))


def signed(key: SoftwareKey, step: Entry = STEP, *, version: int = 1) -> Body:
    sig = {
        "kind": "webauthn",
        "meaning": MEANING,
        "version": version,
        "nonce": f"{version:032x}",
        "signed_at": (step.recorded_at - timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "content": content_digest(body_of(step)),
    }
    sig |= key.sign(challenge_of(sig, instance="i1"))
    return body_of(replace(step, sig=sig))


def by_password(version: int = 1) -> Body:
    return body_of(replace(STEP, sig={"kind": "password", "meaning": MEANING, "version": version}))


def found(*bodies: Body, sign: object = True) -> tuple[str, ...]:
    signatures = Signatures()
    return tuple(code for body in bodies for code in signatures.take(body, sign=sign))


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_signature_is_checked_from_the_leaves_alone(algorithm: str) -> None:
    key = replace(KEYS[algorithm], counter=1)
    bodies = [enrolled(key), signed(key)]
    signatures = Signatures()
    for body in bodies:
        check_leaf(body)
        assert signatures.take(body, sign=True) == ()
    assert (signatures.by_key, signatures.by_password) == (1, 0)


def test_a_signed_leaf_is_read_back_as_it_was_written() -> None:
    body = signed(replace(KEYS["ES256"]))
    entry = replace(STEP, sig=body["sig"])
    assert entry_from_bytes(canonical_bytes(entry)) == entry


Forgery = Callable[[Body], object]
FORGERIES: dict[str, tuple[Forgery, str]] = {
    "another step": (lambda b: b.update(transition="return"), "signature_content_differs"),
    "other bytes": (
        lambda b: b["evidence"][0].update(sha256="cd" * 32),
        "signature_content_differs",
    ),
    "other values": (lambda b: b.update(payload="cd" * 32), "signature_content_differs"),
    "the content told anew": (
        lambda b: (b.update(to="draft"), b["sig"].update(content=content_digest(b))),
        "signature_challenge_differs",
    ),
    "another meaning": (
        lambda b: b["sig"].update(meaning={"vi": "Đã xem", "en": "Seen"}),
        "signature_challenge_differs",
    ),
    "another version": (lambda b: b["sig"].update(version=2), "signature_version_differs"),
    "another nonce": (lambda b: b["sig"].update(nonce="0" * 32), "signature_challenge_differs"),
    "much later": (
        lambda b: b.update(recorded_at="2026-07-07T01:02:03.000045Z"),
        "signature_out_of_time",
    ),
    "a key that nobody enrolled": (
        lambda b: b["sig"].update(key="bm9ib2R5"),
        "signature_key_unknown",
    ),
    "a broken signature": (
        lambda b: b["sig"].update(signature="AAAA" + b["sig"]["signature"][4:]),
        "signature_invalid",
    ),
    "client data that is none": (
        lambda b: b["sig"].update(client_data="[]"),
        "signature_unreadable",
    ),
    "authenticator data cut short": (
        lambda b: b["sig"].update(authenticator_data="AAAA"),
        "signature_unreadable",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_nothing_of_a_signed_entry_can_be_changed(forgery: str) -> None:
    key = replace(KEYS["EdDSA"])
    body = deepcopy(signed(key))
    change, code = FORGERIES[forgery]
    change(body)
    assert code in found(enrolled(key), body)


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another origin": ({"origin": "http://localhost.evil:8000"}, "signature_origin_differs"),
    "another relying party": ({"rp_id": "evil"}, "signature_rp_differs"),
    "nobody verified": ({"flags": PRESENT}, "signature_holder_unverified"),
    "nobody present": ({"flags": VERIFIED}, "signature_holder_absent"),
    "a cloned counter": ({"counter": 0}, "signature_count_fell"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_key_that_answers_otherwise_than_it_was_enrolled_is_found(lie: str) -> None:
    key = replace(KEYS["EdDSA"], counter=7)
    other, code = LIES[lie]
    enrolment = enrolled(key)
    enrolment["credential"]["sign_count"] = 5
    assert found(enrolment, signed(replace(key, **other))) == (code,)


def test_an_approval_that_the_operator_forged_is_found() -> None:
    key = replace(KEYS["ES256"])
    without = body_of(STEP)
    assert found(enrolled(key), without) == ("signature_missing",)
    assert found(enrolled(key), by_password()) == ("signature_by_password",)
    assert found(enrolled(key), without, sign=False) == ()
    # Whoever has no key could only give a password, which proves nothing either way.
    assert found(by_password()) == ()
    assert found(without) == ()


def test_the_definition_says_what_suffices() -> None:
    key = replace(KEYS["ES256"])
    assert found(by_password(), sign={"with": "key"}) == ("signature_by_password",)
    assert found(body_of(STEP), sign={"with": "key"}) == ("signature_missing",)
    assert found(enrolled(key), by_password(), sign={"with": "any"}) == ()


def test_a_signature_is_not_carried_to_a_later_step() -> None:
    key = replace(KEYS["ES256"])
    first = signed(key)
    again = {**first, "seq": 4}
    told = found(enrolled(key), first, again)
    assert {"signature_version_differs", "signature_reused", "signature_count_fell"} <= set(told)


def test_only_a_key_of_ones_own_that_was_not_revoked_signs() -> None:
    key = replace(KEYS["ES256"])
    body = signed(key)
    revoked = body_of(
        replace(ENROLMENT, seq=1, prev=DIGEST, credential={"change": "revoked", "id": key.key_id})
    )
    assert found(body, enrolled(key)) == ("signature_key_unknown",)
    assert found(enrolled(key), revoked, body) == ("signature_key_revoked",)
    of_another = {**enrolled(key), "stream": "account:p2", "actor": "p2"}
    assert found(of_another, body) == ("signature_key_of_another",)
    assert found(revoked) == ("credential_unknown",)
    assert found(enrolled(key), enrolled(key)) == ("credential_enrolled_twice",)
    by_operator = {**enrolled(key), "actor": "p9"}
    assert found(by_operator) == ("credential_not_ones_own",)
    elsewhere = {**enrolled(key), "stream": "log"}
    assert found(elsewhere) == ("credential_unexpected",)


def test_a_leaf_takes_no_signature_where_none_belongs() -> None:
    sig = {"kind": "password", "meaning": MEANING, "version": 1}
    with pytest.raises(AuditInputError, match="entry_malformed"):
        body_of(replace(ENROLMENT, sig=sig))
    with pytest.raises(AuditInputError, match="entry_malformed"):
        body_of(replace(STEP, credential=KEYS["ES256"].enrolment()))
    for wrong in (
        {**sig, "kind": "stamp"},
        {**sig, "version": -1},
        {**sig, "more": 1},
        {"kind": 1},
    ):
        with pytest.raises(AuditInputError, match="entry_malformed"):
            body_of(replace(STEP, sig=wrong))
    with pytest.raises(AuditInputError, match="entry_malformed"):
        body_of(replace(ENROLMENT, credential={**KEYS["ES256"].enrolment(), "origin": "evil"}))
