"""The entries of a pack, one after the other: bytes, place, links, payloads, cases, time.

1. An entry is in the log when its leaf hash stands at its index among the leaves of the tree; their
   root is held against the checkpoint by whoever calls.
2. The streams of cases, of the organisation, of definitions and of the log itself are whole: 0, 1,
   2, … with each `prev` right. Other streams may be there in part; what is there must be in order.
3. A payload is believed only after its salted hash was found in its leaf. One that is not in the
   pack was erased by an entry that says so, or was left out: the two are counted apart.
4. Each case is walked through the definition that its entries name (`walk`), which the log must
   have published before; who took a step held the role that day, as far as the log tells
   (`holders`).
5. A fault never hides the entries after it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from engine.audit.bundle import PackedEntry, PackedPayload
from engine.audit.chain import Link, Tip, link_faults
from engine.audit.holders import CHANGES_ROLES, Holders
from engine.audit.leaf import BODY_BYTES_MAX, INSTANCE_STREAM, EntryType, Outcome, check_leaf
from engine.audit.merkle import HASH_BYTES, leaf_hash
from engine.audit.profile import AuditInputError, read_canonical
from engine.audit.verifier import Finding
from engine.audit.walk import Fault, Table, Walk, is_step

WHOLE_STREAMS: Final = ("organization", "log", "instance:", "definition:")
_BESIDE: Final = {"payload": "payload", "personal": "personal"}


@dataclass(frozen=True, slots=True)
class Outside:
    """A moment that was told from outside, and the size of the log that was seen then."""

    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an entry rests on."""

    sha256: str
    size: int
    idx: int
    evidence: str


@dataclass(slots=True, kw_only=True)
class PackLog:
    """The state of one pass.

    Attributes:
        leaves: the leaf hashes of the log, one after the other.
        tables: definitions by digest; None where one is no table.
        outside: what is known of time from outside.
        heads: index and subject of the newest entry that recorded the heads of all streams.
        now: no entry may be later than this by more than the tolerance; None asks nobody.
    """

    leaves: bytes
    tables: Mapping[str, Table | None]
    tolerance: timedelta
    outside: Sequence[Outside] = ()
    now: datetime | None = None
    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    payloads: int = 0
    erased: int = 0
    absent: Counter[str] = field(default_factory=Counter)
    unknown_roles: int = 0
    wanted: dict[str, list[Wanted]] = field(default_factory=dict)
    disposed: set[str] = field(default_factory=set)
    tips: dict[str, Tip] = field(default_factory=dict)
    streams: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    walks: dict[str, Walk] = field(default_factory=dict)
    heads: tuple[int, str] | None = None
    judges: list[Callable[[Mapping[str, Any], Table | None], Sequence[str]]] = field(
        default_factory=list
    )
    _published: set[tuple[str, str]] = field(default_factory=set)
    _holders: Holders = field(default_factory=Holders)
    _last: int = -1
    _newest: datetime | None = None
    _missing: list[tuple[int, str]] = field(default_factory=list)
    _erasures: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return len(self.leaves) // HASH_BYTES

    def take(self, entry: PackedEntry, beside: Mapping[str, PackedPayload]) -> None:
        """Check one entry with what stands beside it."""
        self.entries += 1
        if entry.idx <= self._last:
            self._find("index_repeated", entry.idx)
        self._last = max(self._last, entry.idx)
        leaf = leaf_hash(entry.body)
        if entry.idx >= self.size:
            self._find("beyond_checkpoint", entry.idx)
        elif self.leaves[entry.idx * HASH_BYTES : (entry.idx + 1) * HASH_BYTES] != leaf:
            self._find("not_in_tree", entry.idx)
        body = self._read(entry)
        if body is None:
            return
        self._link(entry.idx, body, leaf)
        told = self._payloads(entry.idx, body, beside)
        self._time(entry.idx, body)
        self._evidence(entry.idx, body)
        self._follow(entry.idx, body, told)

    def finish(self) -> None:
        """Tell what only all entries together show."""
        for idx, kind in self._missing:
            if f"{kind}:{idx}" in self._erasures:
                self.erased += 1
            else:
                self.absent[kind] += 1

    def _read(self, entry: PackedEntry) -> Mapping[str, Any] | None:
        if len(entry.body) > BODY_BYTES_MAX:
            self._find("entry_too_large", entry.idx)
            return None
        try:
            return _leaf(entry.body)
        except AuditInputError as error:
            told = (error.params.get(name) for name in ("path", "key", "problem", "reason"))
            self._find(error.code, entry.idx, " ".join(str(p) for p in told if p is not None))
            return None

    def _link(self, idx: int, body: Mapping[str, Any], leaf: bytes) -> None:
        stream, prev = body["stream"], body.get("prev")
        link = Link(body["seq"], None if prev is None else bytes.fromhex(prev))
        tip = self.tips.get(stream)
        if stream.startswith(WHOLE_STREAMS):
            faults = link_faults(link, tip=tip)
        else:
            self.partial.add(stream)
            faults = _faults_of_part(link, tip)
        for code in faults:
            self._find(code, idx, stream)
        self.tips[stream] = Tip(body["seq"], leaf)
        self.streams.setdefault(stream, []).append((idx, leaf))

    def _payloads(
        self, idx: int, body: Mapping[str, Any], beside: Mapping[str, PackedPayload]
    ) -> Mapping[str, Any] | None:
        """Check what stands beside an entry; the payload as it may be believed."""
        for kind in beside.keys() - body.keys():
            self._find("payload_unexpected", idx, kind)
        believed: Mapping[str, Any] | None = None
        for kind in _BESIDE:
            if kind not in body:
                continue
            given = beside.get(kind)
            if given is None:
                self._missing.append((idx, kind))
                continue
            self.payloads += 1
            if sha256(given.salt + given.content).hexdigest() != body[kind]:
                self._find("payload_differs", idx, kind)
                continue
            read = self._content(idx, kind, given.content)
            believed = read if kind == "payload" else believed
        return believed

    def _content(self, idx: int, kind: str, content: bytes) -> Mapping[str, Any] | None:
        try:
            read = read_canonical(content)
        except AuditInputError as error:
            self._find("payload_unreadable", idx, f"{kind} {error.code}")
            return None
        if not isinstance(read, Mapping):
            self._find("payload_unreadable", idx, kind)
            return None
        return read

    def _time(self, idx: int, body: Mapping[str, Any]) -> None:
        at = datetime.fromisoformat(body["recorded_at"])
        if self._newest is not None and at < self._newest - self.tolerance:
            self._find("time_falls", idx, body["recorded_at"])
        self._newest = at if self._newest is None else max(self._newest, at)
        if self.now is not None and at > self.now + self.tolerance:
            self._find("time_in_future", idx, body["recorded_at"])
        for seen in self.outside:
            # What was seen then was recorded before; what was not there yet came afterwards.
            if idx < seen.size and at > seen.at + self.tolerance:
                self._find("time_after_outside", idx, seen.at.isoformat())
            if idx >= seen.size and at < seen.at - self.tolerance:
                self._find("time_before_outside", idx, seen.at.isoformat())

    def _evidence(self, idx: int, body: Mapping[str, Any]) -> None:
        for file in body.get("evidence", ()):
            wanted = Wanted(file["sha256"], file["size"], idx, file["id"])
            self.wanted.setdefault(file["sha256"], []).append(wanted)

    def _follow(self, idx: int, body: Mapping[str, Any], told: Mapping[str, Any] | None) -> None:
        details = None if told is None else told.get("details")
        kind, accepted = body["type"], body["outcome"] == Outcome.ACCEPTED
        if accepted and kind == EntryType.DEFINITION_PUBLISHED and "def" in body:
            self._published.add((str(body.get("process")), body["def"]))
        if accepted and kind == EntryType.EVIDENCE_DISPOSED:
            self.disposed.add(str(body.get("subject")))
        if accepted and kind == EntryType.PAYLOAD_ERASED:
            self._erasures.add(str(body.get("subject")))
        if accepted and kind == EntryType.HEADS_RECORDED:
            self.heads = (idx, str(body.get("subject")))
        if kind in CHANGES_ROLES:
            self._holders.take(body, details)
        table = self._walk(idx, body) if body["stream"].startswith(INSTANCE_STREAM) else None
        for judge in self.judges:
            for code in judge(body, table):
                self._find(code, idx)

    def _walk(self, idx: int, body: Mapping[str, Any]) -> Table | None:
        table = self._table(idx, body)
        walk = self.walks.setdefault(body["instance"], Walk())
        for fault in (*walk.take(body, table), *self._role(body)):
            self._find(fault.code, idx, fault.detail)
        if "code" in body:
            self.codes[body["instance"]] = body["code"]
        return table

    def _table(self, idx: int, body: Mapping[str, Any]) -> Table | None:
        digest = body["def"]
        if (body["process"], digest) not in self._published:
            self._find("definition_not_published", idx, digest)
        if digest not in self.tables:
            self._find("definition_missing", idx, digest)
        return self.tables.get(digest)

    def _role(self, body: Mapping[str, Any]) -> Iterator[Fault]:
        if not is_step(body) or self._holders.held(body):
            return
        if self._holders.whole:
            yield Fault("role_not_held", str(body.get("role")))
        else:
            self.unknown_roles += 1

    def _find(self, code: str, idx: int | None, detail: str | None = None) -> None:
        self.findings.append(Finding(code, idx, detail or None))


def _leaf(body: bytes) -> Mapping[str, Any]:
    read = read_canonical(body)
    if not isinstance(read, Mapping):
        raise AuditInputError("body_unreadable")
    check_leaf(read)
    return read


def _faults_of_part(link: Link, tip: Tip | None) -> tuple[str, ...]:
    if tip is None or link.seq > tip.seq + 1:
        return ()
    return link_faults(link, tip=tip)


def beside_entries(
    entries: Iterator[PackedEntry], payloads: Iterator[PackedPayload]
) -> Iterator[tuple[PackedEntry, dict[str, PackedPayload]]]:
    """Each entry with its payloads: both come in the order of the log.

    Raises:
        AuditInputError: `payload_without_entry`, or as the two iterators.
    """
    waiting = next(payloads, None)
    for entry in entries:
        beside: dict[str, PackedPayload] = {}
        while waiting is not None and waiting.idx == entry.idx and waiting.kind not in beside:
            beside[waiting.kind] = waiting
            waiting = next(payloads, None)
        yield entry, beside
    if waiting is not None:
        raise AuditInputError("payload_without_entry", path=str(waiting.idx))
