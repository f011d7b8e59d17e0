"""No change to a stored log goes unseen, and two writers of canonical bytes agree."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.chain import Tip, entry_hmac, link_after, sealer
from engine.audit.entry import Entry, canonical_bytes, entry_from_bytes
from engine.audit.leaf import EntryType, check_leaf
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
from engine.audit.swift import Swift, SwiftReader
from engine.audit.verifier import (
    RAW_COLUMNS,
    RAW_PROJECTIONS,
    Checkpoint,
    Policy,
    StoredHead,
    StoredRow,
    verify_log,
    verify_raw,
)

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


def raw_of(row: StoredRow) -> tuple[Any, ...]:
    """A row as a cursor gives it."""
    columns = [getattr(row, name) for name in RAW_COLUMNS]
    return (*columns, *(row.projections.get(name) for name in RAW_PROJECTIONS))


def projected(row: StoredRow) -> StoredRow:
    """A row with every column that the storage keeps beside a body."""
    try:
        body = read_canonical(row.body)
    except AuditInputError:
        body = {}
    known = body if isinstance(body, dict) else {}
    return replace(row, projections={name: known.get(name) for name in RAW_PROJECTIONS})


def same_both_ways(rows: list[StoredRow], checkpoints: tuple[Checkpoint, ...] = ()) -> None:
    head = StoredHead(len(rows), compact_range([leaf_hash(row.body) for row in rows]).to_bytes())
    for tolerance in (None, timedelta(0)):
        policy = replace(POLICY, checkpoints=checkpoints, clock_tolerance=tolerance)
        strict = verify_log(rows, head=head, policy=policy)
        assert verify_raw(map(raw_of, rows), head=head, policy=policy) == strict


@given(logs(), st.data())
def test_one_look_and_the_strict_way_come_to_the_same_report(
    rows: list[StoredRow], data: st.DataObject
) -> None:
    rows = [projected(row) for row in rows]
    size = data.draw(st.integers(0, len(rows) + 1))
    root = data.draw(st.sampled_from([root_of(leaf_hash(r.body) for r in rows[:size]), b"x" * 32]))
    same_both_ways(rows, (Checkpoint(size, root),))
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from([*RAW_COLUMNS, *RAW_PROJECTIONS]))
    old = dict(zip((*RAW_COLUMNS, *RAW_PROJECTIONS), raw_of(rows[place]), strict=True))[name]
    new = data.draw(st.sampled_from([b"", b"x" * 16, "x", 0, 1, 7]))
    bytes_wanted = isinstance(old, bytes) or name in {"prev", "payload", "salt", "personal_salt"}
    if isinstance(new, bytes) is not bytes_wanted or isinstance(new, int) is not isinstance(
        old, int
    ):
        return
    if name in RAW_COLUMNS:
        rows[place] = replace(rows[place], **{name: new})
    else:
        rows[place] = replace(rows[place], projections={**rows[place].projections, name: new})
    same_both_ways(rows)
    del rows[place]
    same_both_ways(rows)


BODIES = st.fixed_dictionaries(
    {
        "actor": st.sampled_from(["an", "", "đ", "a b"]),
        "outcome": st.sampled_from(["accepted", "refused", "maybe"]),
        "recorded_at": st.sampled_from(
            [
                *("2026-07-06T01:00:00.000000Z", "2026-02-30T01:00:00.000000Z"),
                *("2026-07-06T24:00:00.000000Z", "2026-07-06T01:00:60.000000Z", "now"),
            ]
        ),
        "seq": st.sampled_from([0, 1, 999_999_999_999_999, 9_007_199_254_740_992, -1]),
        "stream": st.sampled_from(["log", "instance:i", "instance:j", "account:a", "other:a"]),
        "type": st.sampled_from([*(kind.value for kind in EntryType), "gossip"]),
        "v": st.sampled_from([1, 1, 1, 2]),
    },
    optional={
        "code": st.just("IA-2026-01"),
        "def": st.sampled_from(["d" * 64, "D" * 64]),
        "effective_date": st.sampled_from(["2026-07-06", "2026-02-30"]),
        "evidence": st.sampled_from(
            [
                [],
                [{"id": "e", "requirement": "r", "sha256": "a" * 64, "size": 3}],
                [{"id": "e", "requirement": "r", "sha256": "a" * 64, "size": 3}] * 2,
                [{"id": "e", "requirement": "r", "sha256": "a" * 64}],
            ]
        ),
        "flags": st.sampled_from([[], ["a"], ["a", "b:c"]]),
        "from": st.just("planned"),
        "instance": st.sampled_from(["i", "j"]),
        "on_behalf": st.just("binh"),
        "payload": st.just("a" * 64),
        "personal": st.just("b" * 64),
        "prev": st.just("c" * 64),
        "process": st.just("check"),
        "role": st.just("office"),
        "subject": st.just("x/1"),
        "to": st.just("done"),
        "token": st.just("t"),
        "transition": st.just("report"),
        "unit": st.just("u"),
        "unmet": st.sampled_from([[], ["role"]]),
        "mood": st.just("good"),
    },
)
SWIFT = SwiftReader()


@given(BODIES, st.sampled_from([None, None, None, ": ", "  "]))
def test_what_one_look_accepts_the_strict_reader_accepts(
    body: dict[str, Any], spaced: str | None
) -> None:
    spelled = canonical_text(body).replace(":", spaced or ":", 1).encode()
    try:
        check_leaf(read_canonical(spelled))
        strict = True
    except AuditInputError:
        strict = False
    told = SWIFT.read(spelled)
    # Of what is sound, one look may pass over only what no house of ours writes.
    assert (told is not None) is (strict and body["seq"] < 10**15)
    if told is not None:
        found = Swift(*told)  # type: ignore[arg-type]
        assert (found.actor, found.seq, found.type) == (
            body["actor"],
            str(body["seq"]),
            body["type"],
        )


@given(
    st.binary(min_size=32, max_size=200), st.integers(0, 2**40), st.binary(min_size=32, max_size=32)
)
def test_a_seal_worked_out_once_is_the_seal(key: bytes, idx: int, leaf: bytes) -> None:
    once = sealer(key, organization_id="o")
    assert once(idx, leaf) == entry_hmac(key, organization_id="o", idx=idx, leaf_hash=leaf)
