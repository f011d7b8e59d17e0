"""No change to a stored log goes unseen, and two writers of canonical bytes agree."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.chain import Tip, entry_hmac, link_after
from engine.audit.entry import Entry, canonical_bytes, entry_from_bytes
from engine.audit.leaf import EntryType
from engine.audit.merkle import (
    CompactRange,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from engine.audit.payload import Change, Payload, seal_payload
from engine.audit.profile import (
    INTEGER_MAX,
    AuditInputError,
    canonical_text,
    check_profile,
    read_canonical,
)
from engine.audit.verifier import Policy, StoredHead, StoredRow, verify_log

KEY = b"k" * 32
POLICY = Policy(organization_id="o", key=KEY)
START = datetime(2026, 7, 1, tzinfo=UTC)


def is_inside(value: Any) -> bool:
    try:
        check_profile(value)
    except AuditInputError:
        return False
    return True


TEXTS = st.text().filter(is_inside)
KEYS = st.text(st.characters(codec="ascii", exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_readers_spelling_is_that_of_rfc_8785(value: Any) -> None:
    body = rfc8785.dumps(value)
    assert canonical_text(value).encode() == body
    assert read_canonical(body) == value


@given(VALUES, st.data())
def test_other_bytes_are_refused_or_mean_something_else(value: Any, data: st.DataObject) -> None:
    body = rfc8785.dumps(value)
    position = data.draw(st.integers(0, len(body) - 1))
    flipped = bytearray(body)
    flipped[position] ^= data.draw(st.integers(1, 255))
    try:
        read = read_canonical(bytes(flipped))
    except AuditInputError:
        return
    assert rfc8785.dumps(read) == bytes(flipped) != body


def naive_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else CompactRange().root()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@given(st.lists(st.binary(max_size=4), max_size=80))
def test_roots_agree_with_the_recursive_definition(bodies: list[bytes]) -> None:
    leaves = [leaf_hash(body) for body in bodies]
    kept = compact_range(leaves)
    assert kept.root() == naive_root(leaves)
    assert CompactRange.from_bytes(kept.to_bytes()) == kept


@given(st.integers(1, 200), st.data())
def test_proofs_hold_and_a_changed_one_does_not(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(n.to_bytes(2, "big")) for n in range(size)]
    root = root_of(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(leaves, index))
    claim = {"index": index, "size": size, "root": root}
    assert verify_inclusion(proof, leaves[index], **claim)
    assert not verify_inclusion(proof, leaf_hash(b"other"), **claim)
    first = data.draw(st.integers(1, size))
    path = list(consistency_proof(leaves, first))
    history = {
        "first": first,
        "second": size,
        "first_root": root_of(leaves[:first]),
        "second_root": root,
    }
    assert verify_consistency(path, **history)
    assert not verify_consistency(path, **history | {"second_root": leaf_hash(b"forked")})
    for nodes, holds in (
        (proof, lambda changed: verify_inclusion(changed, leaves[index], **claim)),
        (path, lambda changed: verify_consistency(changed, **history)),
    ):
        if nodes:
            spot = data.draw(st.integers(0, len(nodes) - 1))
            changed = [*nodes[:spot], leaf_hash(nodes[spot]), *nodes[spot + 1 :]]
            assert not holds(changed)
            assert not holds(nodes[:-1])


@st.composite
def logs(draw: st.DrawFn) -> list[StoredRow]:
    rows: list[StoredRow] = []
    tips: dict[str, Tip] = {}
    for idx in range(draw(st.integers(2, 8))):
        stream = draw(st.sampled_from(["organization", "log", "account:a", "definition:d"]))
        link = link_after(tips.get(stream))
        note = draw(st.none() | TEXTS)
        beside = (
            None
            if note is None
            else seal_payload(
                Payload(changes=(Change(column="note", old=None, new=note),)),
                draw(st.binary(min_size=16, max_size=16)),
            )
        )
        entry = Entry(
            type=draw(st.sampled_from([EntryType.LOGIN, EntryType.SETTING_CHANGED])),
            stream=stream,
            seq=link.seq,
            prev=None if link.prev is None else link.prev.hex(),
            actor=f"p{idx}",
            recorded_at=START + timedelta(seconds=idx),
            payload=None if beside is None else beside.digest,
        )
        body = canonical_bytes(entry)
        assert entry_from_bytes(body) == entry
        leaf = leaf_hash(body)
        rows.append(
            StoredRow(
                idx=idx,
                stream=stream,
                seq=link.seq,
                prev=link.prev,
                body=body,
                leaf_hash=leaf,
                hmac=entry_hmac(KEY, organization_id="o", idx=idx, leaf_hash=leaf),
                payload=None if beside is None else beside.body,
                salt=None if beside is None else beside.salt,
                projections={"actor": entry.actor},
            )
        )
        tips[stream] = Tip(link.seq, leaf)
    return rows


def head_of(rows: list[StoredRow]) -> StoredHead:
    kept = compact_range(row.leaf_hash for row in rows)
    return StoredHead(kept.size, kept.to_bytes())


@given(logs())
def test_an_honest_log_is_intact(rows: list[StoredRow]) -> None:
    assert verify_log(rows, head=head_of(rows), policy=POLICY).intact


@given(logs(), st.data())
def test_any_flipped_byte_is_found(rows: list[StoredRow], data: st.DataObject) -> None:
    head = head_of(rows)
    spot = data.draw(st.integers(0, len(rows) - 1))
    names = [
        field.name
        for field in fields(StoredRow)
        if isinstance(getattr(rows[spot], field.name), bytes)
    ]
    name = data.draw(st.sampled_from(names))
    changed = bytearray(getattr(rows[spot], name))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    rows[spot] = replace(rows[spot], **{name: bytes(changed)})
    findings = verify_log(rows, head=head, policy=POLICY).findings
    assert spot in {finding.idx for finding in findings}


def drop(rows: list[StoredRow], spot: int) -> None:
    del rows[spot]


def swap(rows: list[StoredRow], spot: int) -> None:
    other = (spot + 1) % len(rows)
    rows[spot], rows[other] = rows[other], rows[spot]


def duplicate(rows: list[StoredRow], spot: int) -> None:
    rows.insert(spot, rows[spot])


def truncate(rows: list[StoredRow], spot: int) -> None:
    del rows[spot:]


@given(
    logs(),
    st.sampled_from([drop, swap, duplicate, truncate]),
    st.integers(0, 7),
    st.booleans(),
)
def test_any_row_dropped_swapped_duplicated_or_cut_is_found(
    rows: list[StoredRow],
    change: Callable[[list[StoredRow], int], None],
    spot: int,
    renumbered: bool,
) -> None:
    head = head_of(rows)
    change(rows, spot % len(rows))
    if renumbered:
        rows = [replace(row, idx=idx) for idx, row in enumerate(rows)]
    assert not verify_log(rows, head=head, policy=POLICY).intact
