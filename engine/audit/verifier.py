"""Stored rows of one log in, every fault found out; the standard library alone.

1. Each body is read strictly, written again, and must be the same bytes; unknown versions,
   types and keys are faults (`leaf`).
2. Each leaf hash and each HMAC is computed again from the body, never believed.
3. The index of the log runs 0, 1, 2, … and each stream its own; `prev` names the entry before.
4. Each payload is hashed again with its salt. One that is gone must have been erased by an entry
   of type `payload_erased` whose subject is `payload:<index>` or `personal:<index>`.
5. The columns stored beside a body are projections and must say what it says.
6. Size and root over the bodies must be those of the head, and every checkpoint that the
   caller holds from outside must lie on the way: a tail cut together with its head shows there.
7. What could not be checked is listed; silence is never taken for a pass.

Rows come in index order, as a reader who does not trust the storage would ask for them.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from engine.audit.chain import Link, Tip, entry_hmac, link_faults, sealer
from engine.audit.folding import Growing
from engine.audit.leaf import BODY_BYTES_MAX, EntryType, Outcome, check_leaf
from engine.audit.merkle import CompactRange, leaf_hash
from engine.audit.profile import AuditInputError, read_canonical
from engine.audit.swift import SwiftReader

LEAVES_AT_ONCE: Final = 256
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """One row of the log as the storage gives it.

    Attributes:
        idx: its index in the log of its organisation.
        stream: column beside the body.
        seq: column beside the body.
        prev: column beside the body, 32 bytes or none.
        body: the leaf.
        leaf_hash: column beside the body, 32 bytes.
        hmac: the seal, 32 bytes.
        payload: canonical bytes of the payload; none when there is none or it was erased.
        salt: the payload's salt.
        personal: canonical bytes of the personal payload, likewise.
        personal_salt: the personal payload's salt.
        projections: further columns, by the body's key names; none stands for a missing key.
    """

    idx: int
    stream: str
    seq: int
    prev: bytes | None
    body: bytes
    leaf_hash: bytes
    hmac: bytes
    payload: bytes | None = None
    salt: bytes | None = None
    personal: bytes | None = None
    personal_salt: bytes | None = None
    projections: Mapping[str, Any] = field(default_factory=dict)


RawRow = tuple[Any, ...]
"""A row as a cursor gives it, in the order of `RAW_COLUMNS`; `recorded_at` as a body spells it."""
RAW_COLUMNS: Final = (
    *("idx", "stream", "seq", "prev", "body", "leaf_hash", "hmac"),
    *("payload", "salt", "personal", "personal_salt"),
)
RAW_PROJECTIONS: Final = (
    *("type", "outcome", "instance", "process", "transition", "actor", "unit", "recorded_at"),
)


@dataclass(frozen=True, slots=True)
class StoredHead:
    """The head row of a log.

    Attributes:
        size: how many entries it has.
        compact_range: the folded tree, as `CompactRange.to_bytes` wrote it.
    """

    size: int
    compact_range: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A size and root that were seen earlier and kept outside the database."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    Attributes:
        code: what is wrong.
        idx: the entry at fault, none when it is the log as a whole.
        detail: the key, column or cause, in the words of the format.
    """

    code: str
    idx: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    Attributes:
        findings: every fault, in the order of the log.
        size: how many rows were read.
        root: the root over their bodies.
        payloads: how many payloads were hashed again.
        erased: how many payloads are gone by a logged erasure.
        not_checked: what this run could not check: `hmac`, `time_order`, `head`,
            `outside_checkpoint`.
    """

    findings: tuple[Finding, ...]
    size: int
    root: bytes
    payloads: int
    erased: int
    not_checked: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found; read `not_checked` beside it."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the verifier is given beside the rows; what is missing is reported as not checked.

    Attributes:
        organization_id: whose log it must be.
        key: the HMAC key, if the caller may hold it.
        checkpoints: sizes and roots that the caller kept from outside.
        clock_tolerance: by how much `recorded_at` may fall from one entry to the next; none
            where several clocks wrote the log on purpose, as in a demonstration.
    """

    organization_id: str
    key: bytes | None = None
    checkpoints: Sequence[Checkpoint] = ()
    clock_tolerance: timedelta | None = None


def verify_log(rows: Iterable[StoredRow], *, head: StoredHead | None, policy: Policy) -> Report:
    """Checks a whole log from its first entry.

    Raises:
        AuditInputError: `key_too_short` when the policy's key cannot be one.
    """
    reading = _Reading(policy)
    for row in rows:
        reading.take(row)
    return _report(reading, head)


def verify_raw(rows: Iterable[RawRow], *, head: StoredHead | None, policy: Policy) -> Report:
    """Checks a whole log as `verify_log` does, from rows as a cursor gives them.

    A sound row is known at one look (`swift`); each other one goes the strict way, which names its
    fault. The two come to the same report.

    Raises:
        AuditInputError: `key_too_short` when the policy's key cannot be one.
    """
    reading = _Reading(policy)
    reading.take_raw(rows)
    return _report(reading, head)


def _report(reading: "_Reading", head: StoredHead | None) -> Report:
    reading.finish(head)
    return Report(
        findings=tuple(reading.findings),
        size=reading.size,
        root=reading.tree.root(),
        payloads=reading.payloads,
        erased=reading.erased,
        not_checked=tuple(_not_checked(head, reading.policy)),
    )


class _Reading:
    """The state of one pass over a log."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.findings: list[Finding] = []
        self.tree = Growing()
        self.size = 0
        self.payloads = 0
        self.erased = 0
        self._next_idx = 0
        self._tips: dict[str, tuple[int, bytes]] = {}
        self._missing: list[tuple[int, str]] = []
        self._erasures: set[str] = set()
        self._newest = ""
        self._checkpoints: dict[int, set[bytes]] = {}
        for checkpoint in policy.checkpoints:
            self._checkpoints.setdefault(checkpoint.size, set()).add(checkpoint.root)
        # The row before each is taken alone, so that the root is looked at there.
        self._stops = {size - 1 for size in self._checkpoints}
        self._compare_checkpoints()

    def take(self, row: StoredRow) -> None:
        """Checks one row; a fault in it never hides the rows after it."""
        self._check_index(row)
        real_hash = leaf_hash(row.body)
        self.size += 1
        self.tree.grow(real_hash)
        self._compare_checkpoints()
        if row.leaf_hash != real_hash:
            self._find("leaf_hash_differs", row)
        self._check_hmac(row, real_hash)
        body = self._read_body(row)
        if body is not None:
            self._check_link(row, body, real_hash)
            self._check_projections(row, body)
            self._check_payloads(row, body)
            self._check_time(row, body)
            self._note_erasure(body)

    def take_raw(self, rows: Iterable[RawRow]) -> None:
        """Checks rows at one look where that suffices, else one by one."""
        look = _Look(self.policy)
        ordered = self.policy.clock_tolerance is not None
        leaves: list[bytes] = []
        for raw in rows:
            # One spelling of instants sorts as they do: a time that falls is looked at.
            closer = self.size + len(leaves) in self._stops or (
                ordered and str(raw[-1]) < self._newest
            )
            leaf = None if closer else look.sound(raw, self._next_idx, self._tips)
            if leaf is None:
                self._grow(leaves)
                self.take(_stored_row(raw))
                continue
            self._next_idx += 1
            if ordered:
                self._newest = raw[-1]
            leaves.append(leaf)
            if len(leaves) == LEAVES_AT_ONCE:
                self._grow(leaves)
        self._grow(leaves)
        self.payloads += look.payloads

    def _grow(self, leaves: list[bytes]) -> None:
        self.tree.grow(b"".join(leaves))
        self.size += len(leaves)
        leaves.clear()

    def finish(self, head: StoredHead | None) -> None:
        """Checks what only the whole log can show."""
        for idx, kind in self._missing:
            if f"{kind}:{idx}" in self._erasures:
                self.erased += 1
            else:
                self.findings.append(Finding("payload_missing", idx, kind))
        for size in sorted(self._checkpoints):
            # Sizes that were reached have been compared and taken out on the way.
            self.findings.append(Finding("truncated", None, f"checkpoint {size}"))
        if head is not None:
            self._check_head(head)

    def _check_index(self, row: StoredRow) -> None:
        if row.idx > self._next_idx:
            self._find("index_gap", row, str(self._next_idx))
        if row.idx < self._next_idx:
            self._find("index_repeated", row)
        self._next_idx = max(self._next_idx, row.idx + 1)

    def _check_hmac(self, row: StoredRow, real_hash: bytes) -> None:
        if self.policy.key is None:
            return
        expected = entry_hmac(
            self.policy.key,
            organization_id=self.policy.organization_id,
            idx=max(row.idx, 0),
            leaf_hash=real_hash,
        )
        if not hmac.compare_digest(row.hmac, expected):
            self._find("hmac_differs", row)

    def _read_body(self, row: StoredRow) -> Mapping[str, Any] | None:
        if len(row.body) > BODY_BYTES_MAX:
            self._find("entry_too_large", row)
            return None
        try:
            body = read_canonical(row.body)
            if not isinstance(body, Mapping):
                self._find("body_unreadable", row)
                return None
            check_leaf(body)
        except AuditInputError as error:
            self._find(error.code, row, _detail(error))
            return None
        return body

    def _check_link(self, row: StoredRow, body: Mapping[str, Any], real_hash: bytes) -> None:
        prev = body.get("prev")
        link = Link(body["seq"], None if prev is None else bytes.fromhex(prev))
        tip = self._tips.get(body["stream"])
        for code in link_faults(link, tip=None if tip is None else Tip(*tip)):
            self._find(code, row, body["stream"])
        self._tips[body["stream"]] = (body["seq"], real_hash)

    def _check_projections(self, row: StoredRow, body: Mapping[str, Any]) -> None:
        columns = {
            **row.projections,
            "stream": row.stream,
            "seq": row.seq,
            "prev": None if row.prev is None else row.prev.hex(),
        }
        for name, value in columns.items():
            if not _same(value, body.get(name)):
                self._find("projection_differs", row, name)

    def _check_payloads(self, row: StoredRow, body: Mapping[str, Any]) -> None:
        stored = (
            ("payload", row.payload, row.salt),
            ("personal", row.personal, row.personal_salt),
        )
        for kind, content, salt in stored:
            digest = body.get(kind)
            if digest is None and (content is not None or salt is not None):
                self._find("payload_unexpected", row, kind)
            elif digest is not None and content is None and salt is None:
                self._missing.append((row.idx, kind))
            elif digest is not None:
                self._check_payload(row, kind, digest=digest, salted=(salt, content))

    def _check_payload(
        self, row: StoredRow, kind: str, *, digest: str, salted: tuple[bytes | None, bytes | None]
    ) -> None:
        salt, content = salted
        self.payloads += 1
        whole = salt is not None and content is not None and len(salt) == 16
        if not whole or hashlib.sha256((salt or b"") + (content or b"")).hexdigest() != digest:
            self._find("payload_differs", row, kind)

    def _check_time(self, row: StoredRow, body: Mapping[str, Any]) -> None:
        if self.policy.clock_tolerance is None:
            return
        at, newest = body["recorded_at"], self._newest
        if at < newest and _apart(at, newest) > self.policy.clock_tolerance:
            self._find("time_falls", row, at)
        self._newest = max(newest, at)

    def _note_erasure(self, body: Mapping[str, Any]) -> None:
        erased = body["type"] == EntryType.PAYLOAD_ERASED and body["outcome"] == Outcome.ACCEPTED
        if erased and "subject" in body:
            self._erasures.add(body["subject"])

    def _compare_checkpoints(self) -> None:
        roots = self._checkpoints.pop(self.size, set())
        if roots - {self.tree.root()}:
            self.findings.append(Finding("checkpoint_differs", None, str(self.size)))

    def _check_head(self, head: StoredHead) -> None:
        if self.size < head.size:
            self.findings.append(Finding("truncated", None, f"head {head.size}"))
        if self.size > head.size:
            self.findings.append(Finding("beyond_head", None, f"head {head.size}"))
        try:
            kept = CompactRange.from_bytes(head.compact_range)
        except AuditInputError as error:
            self.findings.append(Finding("head_unreadable", None, error.code))
            return
        if kept.size != head.size:
            self.findings.append(Finding("size_differs", None, f"range {kept.size}"))
        # The whole range, not only its root: the next append goes on from its nodes.
        if kept != self.tree.compact_range():
            self.findings.append(Finding("root_differs"))

    def _find(self, code: str, row: StoredRow, detail: str | None = None) -> None:
        self.findings.append(Finding(code, row.idx, detail))


class _Look:
    """One look at a row: is everything as it must be?"""

    def __init__(self, policy: Policy) -> None:
        self.payloads = 0
        self._read = SwiftReader().read
        self._seal: Callable[[int, bytes], bytes] | None = None
        if policy.key is not None:
            self._seal = sealer(policy.key, organization_id=policy.organization_id)

    def sound(self, raw: RawRow, next_idx: int, tips: dict[str, tuple[int, bytes]]) -> bytes | None:
        """The leaf hash of a sound row, whose stream has gone on; None: look closer."""
        idx, stream, seq, prev, body, leaf, seal, payload, salt, personal, other, *beside = raw
        told = self._read(body) if idx == next_idx else None
        if told is None or told[15] == EntryType.PAYLOAD_ERASED:
            return None
        kind, outcome, instance, process, step, actor, unit, at = beside
        said = (
            *(actor, told[1], told[2], told[3], instance, outcome, told[6], told[7]),
            *(None if prev is None else prev.hex(), process, at, str(seq), stream, told[13]),
            *(step, kind, unit, told[17]),
        )
        real = sha256(b"\0" + body).digest()
        tip = tips.get(stream)
        linked = (seq == 0 and prev is None) if tip is None else (tip == (seq - 1, prev))
        if not linked or real != leaf or told != said:
            return None
        if self._seal is not None and self._seal(idx, real) != seal:
            return None
        if payload is not None or salt is not None or told[6] is not None:
            if not _is_that(told[6], payload, salt):
                return None
            self.payloads += 1
        if personal is not None or other is not None or told[7] is not None:
            if not _is_that(told[7], personal, other):
                # The strict way counts both again.
                self.payloads -= told[6] is not None
                return None
            self.payloads += 1
        tips[stream] = (seq, real)
        return real


def _apart(earlier: str, later: str) -> timedelta:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier)


def _is_that(digest: str | None, content: Any, salt: Any) -> bool:
    """Whether a payload is the one of which a body speaks."""
    whole = isinstance(salt, bytes) and isinstance(content, bytes) and len(salt) == SALT_BYTES
    return bool(whole and sha256(salt + content).hexdigest() == digest)


def _stored_row(raw: RawRow) -> StoredRow:
    columns = dict(zip(RAW_COLUMNS, raw, strict=False))
    for name in ("prev", "body", "leaf_hash", "hmac", "payload", "salt", "personal"):
        columns[name] = _bytes(columns[name])
    for name in ("body", "leaf_hash", "hmac"):
        columns[name] = columns[name] or b""
    columns["personal_salt"] = _bytes(columns["personal_salt"])
    beside = dict(zip(RAW_PROJECTIONS, raw[len(RAW_COLUMNS) :], strict=True))
    return StoredRow(**columns, projections=beside)


def _bytes(value: bytes | str | None) -> bytes | None:
    """What a column of bytes holds; SQLite lets whoever writes behind the house put text there."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _not_checked(head: StoredHead | None, policy: Policy) -> Iterator[str]:
    if policy.key is None:
        yield "hmac"
    if policy.clock_tolerance is None:
        yield "time_order"
    if head is None:
        yield "head"
    if not policy.checkpoints:
        yield "outside_checkpoint"


def _same(stored: object, said: object) -> bool:
    # Compared as text: True equals 1 in Python, and would hide a changed column.
    return _spelled(stored) == _spelled(said)


def _spelled(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _detail(error: AuditInputError) -> str | None:
    parts = (error.params.get(name) for name in ("path", "key", "problem", "reason"))
    return " ".join(str(part) for part in parts if part is not None) or None
