"""Every fault has its code; numbers in names are the rules of `engine/audit/verifier.py`."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.audit.chain import Tip, entry_hmac, link_after
from engine.audit.entry import Entry, body_of, canonical_bytes
from engine.audit.leaf import BODY_BYTES_MAX, EntryType, Outcome
from engine.audit.merkle import CompactRange, leaf_hash
from engine.audit.payload import Change, Payload, seal_payload
from engine.audit.profile import AuditInputError
from engine.audit.verifier import (
    Checkpoint,
    Finding,
    Policy,
    StoredHead,
    StoredRow,
    verify_log,
)

KEY = b"k" * 32
DEFINITION = "d" * 64
START = datetime(2026, 7, 6, 1, tzinfo=UTC)
POLICY = Policy(organization_id="org-1", key=KEY, clock_tolerance=timedelta(seconds=5))


class Log:
    """An in-memory log, written the way the storage writes it."""

    def __init__(self) -> None:
        self.rows: list[StoredRow] = []
        self.tips: dict[str, Tip] = {}

    def add(
        self,
        stream: str,
        kind: EntryType,
        *,
        payload: Payload | None = None,
        personal: Payload | None = None,
        **given: Any,
    ) -> None:
        link = link_after(self.tips.get(stream))
        idx = len(self.rows)
        if stream.startswith("instance:"):
            given |= {
                "instance": stream.removeprefix("instance:"),
                "process": "internal_audit",
                "definition": DEFINITION,
            }
        given.setdefault("actor", "p1")
        given.setdefault("recorded_at", START + timedelta(seconds=idx))
        beside = None if payload is None else seal_payload(payload, bytes([idx]) * 16)
        apart = None if personal is None else seal_payload(personal, bytes([idx + 100]) * 16)
        entry = Entry(
            type=kind,
            stream=stream,
            seq=link.seq,
            prev=link.prev and link.prev.hex(),
            payload=beside and beside.digest,
            personal=apart and apart.digest,
            **given,
        )
        row = StoredRow(
            idx=idx,
            stream=stream,
            seq=link.seq,
            prev=link.prev,
            body=canonical_bytes(entry),
            leaf_hash=b"",
            hmac=b"",
            payload=beside and beside.body,
            salt=beside and beside.salt,
            personal=apart and apart.body,
            personal_salt=apart and apart.salt,
            projections={
                name: body_of(entry).get(name) for name in ("type", "actor", "to", "unmet")
            },
        )
        self.rows.append(sealed(row))
        self.tips[stream] = Tip(link.seq, self.rows[-1].leaf_hash)


def sealed(row: StoredRow) -> StoredRow:
    """The row with hash and HMAC made anew, as the holder of the key could."""
    leaf = leaf_hash(row.body)
    seal = entry_hmac(KEY, organization_id="org-1", idx=row.idx, leaf_hash=leaf)
    return replace(row, leaf_hash=leaf, hmac=seal)


def head_of(rows: Sequence[StoredRow]) -> StoredHead:
    tree = CompactRange()
    for row in rows:
        tree = tree.append(leaf_hash(row.body))
    return StoredHead(tree.size, tree.to_bytes())


def root_at(rows: Sequence[StoredRow], size: int) -> bytes:
    return CompactRange.from_bytes(head_of(rows[:size]).compact_range).root()


def make_rows() -> list[StoredRow]:
    log = Log()
    log.add("organization", EntryType.GRANT_CHANGED, subject="g1")
    log.add("instance:i1", EntryType.INSTANCE_CREATED, to_state="draft")
    log.add("instance:i2", EntryType.INSTANCE_CREATED, to_state="draft")
    log.add(
        "instance:i1",
        EntryType.TRANSITION,
        transition="submit",
        from_state="draft",
        to_state="submitted",
        payload=Payload(changes=(Change(column="title", old=None, new="Đánh giá quý III"),)),
        personal=Payload(changes=(Change(column="phone", old=None, new="0900"),)),
    )
    log.add(
        "instance:i2",
        EntryType.TRANSITION,
        transition="submit",
        from_state="draft",
        outcome=Outcome.REFUSED,
        unmet=("role_missing", "evidence_missing"),
        payload=Payload(reason="gửi nhầm"),
    )
    log.add("instance:i1", EntryType.COMMENT_ADDED, payload=Payload(reason="đã xem"))
    log.add("organization", EntryType.GRANT_CHANGED, subject="g2")
    return log.rows


ROWS = make_rows()
HEAD = head_of(ROWS)


def codes(
    rows: Sequence[StoredRow], head: StoredHead | None = HEAD, policy: Policy = POLICY
) -> set[tuple[str, int | None]]:
    report = verify_log(rows, head=head, policy=policy)
    return {(finding.code, finding.idx) for finding in report.findings}


def with_row(position: int, **changes: Any) -> list[StoredRow]:
    rows = list(ROWS)
    rows[position] = replace(rows[position], **changes)
    return rows


def with_body(position: int, body: bytes) -> list[StoredRow]:
    rows = list(ROWS)
    rows[position] = sealed(replace(rows[position], body=body))
    return rows


def test_an_intact_log_has_no_findings_and_says_what_it_counted() -> None:
    checkpoint = Checkpoint(3, root_at(ROWS, 3))
    policy = replace(POLICY, checkpoints=(checkpoint, Checkpoint(0, root_at(ROWS, 0))))
    report = verify_log(iter(ROWS), head=HEAD, policy=policy)
    assert report.intact
    assert (report.size, report.payloads, report.erased) == (7, 4, 0)
    assert report.root == root_at(ROWS, 7)
    assert report.not_checked == ()


def test_7_what_was_not_checked_is_listed() -> None:
    report = verify_log(ROWS, head=None, policy=Policy(organization_id="org-1"))
    assert report.intact
    assert report.not_checked == ("hmac", "time_order", "head", "outside_checkpoint")


def test_an_empty_log_is_intact() -> None:
    assert codes([], StoredHead(0, CompactRange().to_bytes())) == set()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "entry_malformed"),
        (b"[]", "body_unreadable"),
        (b"not json", "body_unreadable"),
        (ROWS[0].body.replace(b'"v":1', b'"v": 1'), "body_not_canonical"),
        (ROWS[0].body.replace(b'"v":1', b'"v":2'), "entry_malformed"),
        (ROWS[0].body.replace(b"grant_changed", b"grant_chanced"), "entry_malformed"),
        (ROWS[0].body.replace(b'"v":1', b'"v":1.0'), "float_refused"),
        (b" " * (BODY_BYTES_MAX + 1), "entry_too_large"),
    ],
)
def test_1_a_body_that_is_not_the_format_is_found_even_under_a_right_seal(
    body: bytes, code: str
) -> None:
    assert (code, 0) in codes(with_body(0, body))


def test_1_a_fault_names_its_key() -> None:
    rows = with_body(0, ROWS[0].body.replace(b'"v":1', b'"v":2'))
    findings = verify_log(rows, head=HEAD, policy=POLICY).findings
    assert Finding("entry_malformed", 0, "v form") in findings


def test_2_an_edited_body_fails_its_hash_its_seal_and_the_root() -> None:
    body = ROWS[3].body.replace(b'"actor":"p1"', b'"actor":"p2"')
    found = codes(with_row(3, body=body))
    assert {("leaf_hash_differs", 3), ("hmac_differs", 3), ("root_differs", None)} <= found
    assert ("prev_differs", 5) in found


def test_2_a_stored_hash_or_seal_that_was_changed_is_found() -> None:
    assert codes(with_row(3, leaf_hash=b"x" * 32)) == {("leaf_hash_differs", 3)}
    assert codes(with_row(3, hmac=b"x" * 32)) == {("hmac_differs", 3)}
    assert codes(with_row(3, hmac=b"")) == {("hmac_differs", 3)}


def test_2_a_log_of_another_organisation_is_found() -> None:
    found = codes(ROWS, policy=replace(POLICY, organization_id="org-2"))
    assert found == {("hmac_differs", idx) for idx in range(7)}


def test_2_a_key_that_cannot_be_one_is_an_error_of_the_caller() -> None:
    with pytest.raises(AuditInputError):
        verify_log(ROWS, head=HEAD, policy=replace(POLICY, key=b"short"))


def test_3_a_row_taken_out_is_found() -> None:
    found = codes(ROWS[:3] + ROWS[4:])
    assert {("index_gap", 4), ("stream_gap", 5), ("prev_differs", 5)} <= found
    assert {("truncated", None), ("root_differs", None)} <= found


def test_3_a_row_taken_out_and_the_rest_renumbered_is_found() -> None:
    rows = [replace(row, idx=idx) for idx, row in enumerate(ROWS[:3] + ROWS[4:])]
    found = codes(rows, head_of(rows))
    assert {("hmac_differs", 3), ("stream_gap", 4)} <= found


def test_3_two_rows_swapped_are_found() -> None:
    rows = list(ROWS)
    rows[3], rows[4] = rows[4], rows[3]
    assert {("index_gap", 4), ("index_repeated", 3), ("root_differs", None)} <= codes(rows)


def test_3_a_row_given_twice_is_found() -> None:
    found = codes([*ROWS[:4], ROWS[3], *ROWS[4:]])
    assert {("index_repeated", 3), ("stream_repeated", 3), ("beyond_head", None)} <= found


def test_3_a_row_slipped_into_the_tail_without_the_key_is_found() -> None:
    log = Log()
    log.rows, log.tips = list(ROWS), {"organization": Tip(1, ROWS[6].leaf_hash)}
    log.add("organization", EntryType.GRANT_CHANGED, subject="g3")
    rows = [*ROWS, replace(log.rows[7], hmac=ROWS[6].hmac)]
    assert codes(rows, head_of(rows)) == {("hmac_differs", 7)}


def test_3_a_wrong_prev_under_a_right_seal_is_found() -> None:
    old = ROWS[1].leaf_hash.hex().encode()
    rows = with_body(3, ROWS[3].body.replace(old, b"0" * 64))
    rows[3] = replace(rows[3], prev=bytes(32))
    assert ("prev_differs", 3) in codes(rows, head_of(rows))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payload": b"{}"}, "payload_differs"),
        ({"salt": bytes(16)}, "payload_differs"),
        ({"salt": None}, "payload_differs"),
        ({"payload": None}, "payload_differs"),
        ({"personal": b"{}"}, "payload_differs"),
        ({"payload": None, "salt": None}, "payload_missing"),
        ({"personal": None, "personal_salt": None}, "payload_missing"),
    ],
)
def test_4_a_payload_that_is_not_the_one_hashed_is_found(
    changes: dict[str, Any], code: str
) -> None:
    assert codes(with_row(3, **changes)) == {(code, 3)}


def test_4_bytes_moved_between_salt_and_payload_are_found() -> None:
    row = ROWS[3]
    assert row.salt is not None
    assert row.payload is not None
    changes = {"salt": row.salt + row.payload[:1], "payload": row.payload[1:]}
    whole = hashlib.sha256(changes["salt"] + changes["payload"]).hexdigest()
    assert whole.encode() in row.body
    assert codes(with_row(3, **changes)) == {("payload_differs", 3)}


def test_4_a_payload_that_no_leaf_names_is_found() -> None:
    assert codes(with_row(0, payload=b"{}", salt=bytes(16))) == {("payload_unexpected", 0)}
    assert codes(with_row(0, personal_salt=bytes(16))) == {("payload_unexpected", 0)}


@pytest.mark.parametrize(
    ("subject", "kind", "outcome", "whole"),
    [
        ("personal:3", "personal", Outcome.ACCEPTED, True),
        ("payload:3", "payload", Outcome.ACCEPTED, True),
        ("payload:3", "personal", Outcome.ACCEPTED, False),
        ("personal:4", "personal", Outcome.ACCEPTED, False),
        ("personal:3", "personal", Outcome.REFUSED, False),
        (None, "personal", Outcome.ACCEPTED, False),
    ],
)
def test_4_only_a_logged_erasure_explains_a_payload_that_is_gone(
    subject: str | None, kind: str, outcome: Outcome, *, whole: bool
) -> None:
    log = Log()
    log.rows = with_row(3, **{kind: None, "personal_salt" if kind == "personal" else "salt": None})
    unmet = ("role_missing",) if outcome is Outcome.REFUSED else ()
    log.add("log", EntryType.PAYLOAD_ERASED, subject=subject, outcome=outcome, unmet=unmet)
    report = verify_log(log.rows, head=head_of(log.rows), policy=POLICY)
    assert report.intact is whole
    assert report.erased == int(whole)


@pytest.mark.parametrize(
    ("position", "changes", "column"),
    [
        (3, {"projections": {"actor": "p2"}}, "actor"),
        (3, {"projections": {"actor": None}}, "actor"),
        (3, {"projections": {"mood": "good"}}, "mood"),
        (1, {"projections": {"v": True}}, "v"),
        (4, {"projections": {"unmet": ["role_missing"]}}, "unmet"),
        (4, {"stream": "instance:i1"}, "stream"),
        (4, {"seq": 2}, "seq"),
        (4, {"seq": True}, "seq"),
        (4, {"prev": None}, "prev"),
    ],
)
def test_5_a_column_that_says_something_else_is_found(
    position: int, changes: dict[str, Any], column: str
) -> None:
    report = verify_log(with_row(position, **changes), head=HEAD, policy=POLICY)
    assert report.findings == (Finding("projection_differs", position, column),)


def test_5_a_list_may_be_stored_as_a_tuple() -> None:
    rows = with_row(4, projections={"unmet": ("role_missing", "evidence_missing")})
    assert codes(rows) == set()


def test_6_a_tail_cut_off_is_found_by_the_head() -> None:
    assert codes(ROWS[:5]) == {("truncated", None), ("root_differs", None)}


def test_6_a_tail_cut_off_with_its_head_is_found_only_from_outside() -> None:
    cut = ROWS[:5]
    assert codes(cut, head_of(cut)) == set()
    held = replace(POLICY, checkpoints=(Checkpoint(7, root_at(ROWS, 7)),))
    assert codes(cut, head_of(cut), held) == {("truncated", None)}


def test_6_a_rewritten_history_is_found_by_any_checkpoint_held_outside() -> None:
    log = Log()
    log.add("organization", EntryType.GRANT_CHANGED, subject="g9")
    log.add("organization", EntryType.GRANT_CHANGED, subject="g2")
    held = replace(POLICY, checkpoints=(Checkpoint(1, root_at(ROWS, 1)),))
    assert codes(log.rows, head_of(log.rows), held) == {("checkpoint_differs", None)}


def test_6_two_checkpoints_of_one_size_that_disagree_are_found() -> None:
    held = replace(POLICY, checkpoints=(Checkpoint(3, root_at(ROWS, 3)), Checkpoint(3, b"x" * 32)))
    assert codes(ROWS, policy=held) == {("checkpoint_differs", None)}


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (StoredHead(7, b"short"), {"head_unreadable"}),
        (StoredHead(7, head_of(ROWS[:6]).compact_range), {"size_differs", "root_differs"}),
        (StoredHead(6, HEAD.compact_range), {"beyond_head", "size_differs"}),
        (StoredHead(8, HEAD.compact_range), {"truncated", "size_differs"}),
        (StoredHead(7, HEAD.compact_range[:-1] + b"x"), {"root_differs"}),
    ],
)
def test_6_a_head_that_does_not_fit_is_found(head: StoredHead, found: set[str]) -> None:
    assert codes(ROWS, head) == {(code, None) for code in found}


def test_time_that_falls_is_found_beyond_the_tolerance_alone() -> None:
    log = Log()
    log.add("log", EntryType.CLOCK_MOVED, recorded_at=START)
    log.add("log", EntryType.CLOCK_MOVED, recorded_at=START - timedelta(seconds=5))
    log.add("log", EntryType.CLOCK_MOVED, recorded_at=START - timedelta(seconds=6))
    assert codes(log.rows, head_of(log.rows)) == {("time_falls", 2)}


def test_a_negative_index_is_found() -> None:
    assert ("index_repeated", -1) in codes(with_row(0, idx=-1))
