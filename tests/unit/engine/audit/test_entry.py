"""Entries and their bytes; numbers in names are the rules of `engine/audit/leaf.py`."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from engine.audit.entry import (
    Entry,
    EvidenceRef,
    body_of,
    canonical_bytes,
    entry_from_bytes,
)
from engine.audit.leaf import BODY_BYTES_MAX, EntryType, Outcome, check_leaf
from engine.audit.profile import AuditInputError

DIGEST = "ab" * 32
NOW = datetime(2026, 7, 6, 1, 2, 3, 45, tzinfo=UTC)
CREATED = Entry(
    type=EntryType.INSTANCE_CREATED,
    stream="instance:i1",
    seq=0,
    instance="i1",
    code="IA-2026-01",
    process="internal_audit",
    definition=DIGEST,
    to_state="draft",
    actor="p1",
    role="iso_secretary",
    recorded_at=NOW,
)
STEP = Entry(
    type=EntryType.TRANSITION,
    stream="instance:i1",
    seq=1,
    prev=DIGEST,
    instance="i1",
    process="internal_audit",
    definition=DIGEST,
    transition="submit",
    from_state="draft",
    to_state="submitted",
    actor="p1",
    recorded_at=NOW,
    effective_date=date(2026, 7, 5),
    flags=("outside_window",),
    evidence=(EvidenceRef("e1", DIGEST, 12, "plan"),),
)
REFUSED = replace(
    STEP, outcome=Outcome.REFUSED, to_state=None, unmet=("role_missing", "evidence_missing")
)


def test_an_entry_has_one_spelling() -> None:
    assert canonical_bytes(CREATED) == (
        b'{"actor":"p1","code":"IA-2026-01","def":"' + DIGEST.encode() + b'","instance":"i1",'
        b'"outcome":"accepted","process":"internal_audit",'
        b'"recorded_at":"2026-07-06T01:02:03.000045Z","role":"iso_secretary","seq":0,'
        b'"stream":"instance:i1","to":"draft","type":"instance_created","v":1}'
    )


@pytest.mark.parametrize("entry", [CREATED, STEP, REFUSED])
def test_an_entry_is_read_back_as_it_was_written(entry: Entry) -> None:
    assert entry_from_bytes(canonical_bytes(entry)) == entry


def test_an_instant_is_kept_in_utc_to_the_microsecond() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=7)))
    assert canonical_bytes(replace(STEP, recorded_at=local)) == canonical_bytes(STEP)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(AuditInputError) as refused:
        canonical_bytes(replace(STEP, recorded_at=NOW.replace(tzinfo=None)))
    assert refused.value.code == "time_naive"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"actor": "tri\u0300nh"}, "text_not_nfc"),
        ({"actor": "\ud800"}, "text_lone_surrogate"),
        ({"subject": "a\0"}, "text_nul"),
        ({"seq": 2**53}, "integer_too_large"),
        ({"seq": 1.0}, "float_refused"),
    ],
)
def test_a_value_outside_the_profile_never_becomes_an_entry(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(AuditInputError) as refused:
        canonical_bytes(replace(STEP, **changes))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("entry", "changes", "key", "problem"),
    [
        (STEP, {"actor": "Nguyễn Văn A"}, "actor", "form"),
        (STEP, {"actor": ""}, "actor", "form"),
        (STEP, {"actor": None}, "actor", "missing"),
        (STEP, {"actor": "a" * 201}, "actor", "form"),
        (STEP, {"type": "celebration"}, "type", "form"),
        (STEP, {"outcome": "perhaps"}, "outcome", "form"),
        (STEP, {"stream": "instance:"}, "stream", "form"),
        (STEP, {"stream": "people"}, "stream", "form"),
        (STEP, {"seq": -1}, "seq", "form"),
        (STEP, {"seq": True}, "seq", "form"),
        (STEP, {"prev": DIGEST.upper()}, "prev", "form"),
        (STEP, {"payload": "ab"}, "payload", "form"),
        (STEP, {"unmet": ("ok", "Không")}, "unmet", "form"),
        (STEP, {"evidence": (EvidenceRef("e", "x", 1, "r"),)}, "evidence", "form"),
        (STEP, {"evidence": (EvidenceRef("e", DIGEST, -1, "r"),)}, "evidence", "form"),
        (STEP, {"prev": None}, "prev", "first_has_none"),
        (CREATED, {"prev": DIGEST}, "prev", "first_has_none"),
        (STEP, {"instance": None}, "instance", "missing"),
        (STEP, {"process": None}, "process", "missing"),
        (STEP, {"definition": None}, "def", "missing"),
        (STEP, {"instance": "i2"}, "instance", "other_stream"),
        (STEP, {"type": EntryType.INSTANCE_CREATED}, "type", "creation_comes_first"),
        (CREATED, {"type": EntryType.COMMENT_ADDED}, "type", "creation_comes_first"),
        (STEP, {"unmet": ("role_missing",)}, "unmet", "refusals_name_reasons"),
        (REFUSED, {"unmet": ()}, "unmet", "refusals_name_reasons"),
        (REFUSED, {"to_state": "submitted"}, "to", "refusals_lead_nowhere"),
        (STEP, {"transition": None}, "transition", "missing"),
        (STEP, {"from_state": None}, "from", "missing"),
        (STEP, {"to_state": None}, "to", "missing"),
    ],
)
def test_2_to_4_an_entry_that_breaks_a_rule_is_refused(
    entry: Entry, changes: dict[str, Any], key: str, problem: str
) -> None:
    with pytest.raises(AuditInputError) as refused:
        canonical_bytes(replace(entry, **changes))
    assert refused.value.code == "entry_malformed"
    assert refused.value.params == {"key": key, "problem": problem}


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        ({"mood": "good"}, "mood", "unknown"),
        ({"v": 2}, "v", "form"),
        ({"v": True}, "v", "form"),
        ({"unmet": []}, "unmet", "form"),
        ({"prev": None}, "prev", "form"),
        ({"recorded_at": "2026-07-06T01:02:03Z"}, "recorded_at", "form"),
        ({"recorded_at": "2026-02-30T01:02:03.000000Z"}, "recorded_at", "form"),
        ({"recorded_at": 1}, "recorded_at", "form"),
        ({"effective_date": "20260706"}, "effective_date", "form"),
        ({"effective_date": "2026-02-30"}, "effective_date", "form"),
        ({"effective_date": 5}, "effective_date", "form"),
        ({"evidence": [{"id": "e"}]}, "evidence", "form"),
        ({"evidence": ["e"]}, "evidence", "form"),
    ],
)
def test_1_and_5_a_body_from_elsewhere_is_checked_by_the_same_table(
    changes: dict[str, Any], key: str, problem: str
) -> None:
    with pytest.raises(AuditInputError) as refused:
        check_leaf(body_of(STEP) | changes)
    assert refused.value.params == {"key": key, "problem": problem}


def test_5_a_body_that_is_no_object_is_unreadable() -> None:
    with pytest.raises(AuditInputError) as refused:
        entry_from_bytes(b"[]")
    assert refused.value.code == "body_unreadable"


def test_6_an_entry_above_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    refs = tuple(EvidenceRef(f"e{n:03}", DIGEST, 1, "r" * 100) for n in range(297))
    room = BODY_BYTES_MAX - len(canonical_bytes(replace(STEP, evidence=refs)))
    last = refs[-1]
    flags = ("f" * 97,) * (room // 100)
    near = replace(STEP, evidence=refs, flags=(*STEP.flags, *flags))
    room = BODY_BYTES_MAX - len(canonical_bytes(near))
    longest = replace(last, requirement="r" * (100 + room))
    at_limit = replace(near, evidence=(*refs[:-1], longest))
    assert len(canonical_bytes(at_limit)) == BODY_BYTES_MAX
    with pytest.raises(AuditInputError) as refused:
        canonical_bytes(replace(at_limit, actor="p12"))
    assert refused.value.code == "entry_too_large"


def test_an_entry_outside_an_instance_needs_no_definition() -> None:
    entry = Entry(
        type=EntryType.GRANT_CHANGED,
        stream="organization",
        seq=0,
        actor="system",
        subject="g1",
        recorded_at=NOW,
    )
    assert entry_from_bytes(canonical_bytes(entry)) == entry
