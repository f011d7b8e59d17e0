"""An evidence pack judged by somebody who trusts nobody: a file in, a report out, no network.

1. Whom to trust comes from the auditor's policy, never from the pack. Size and root come from the
   signed checkpoint alone; every leaf hash of the log must lead to that root.
2. Every checkpoint that the auditor holds, and every other pack, must be one history with this one:
   a smaller tree is its beginning, a larger one goes on from it.
3. Every entry, payload, definition and file is hashed again; every case is walked (`pack_log`).
4. What was not checked is told as plainly as what was found: silence is never taken for a pass.
5. Nothing is written to a disk, nothing is unpacked, and no size is believed before it was read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, BinaryIO, Final

from engine.audit import bundle
from engine.audit.container import Container
from engine.audit.folding import roots_at
from engine.audit.heads import Heads, StreamHead, verify_head
from engine.audit.merkle import HASH_BYTES
from engine.audit.pack_log import Outside, PackLog, beside_entries
from engine.audit.profile import AuditInputError, read_canonical
from engine.audit.signature import Signatures
from engine.audit.tile import TILE_WIDTH, Tile, tile_at
from engine.audit.verifier import Finding
from engine.audit.walk import Table

TOLERANCE: Final = timedelta(minutes=5)
BOTTOM_TILES: Final = f"{bundle.LOG}tile/0/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A checkpoint, and what a policy makes of it.

    Attributes:
        faults: codes, with what of it.
        outside: times at which somebody else saw it.
        not_checked: codes of what could not be judged.
        signers: names of the keys that signed and are trusted.
    """

    origin: str
    size: int
    root: bytes
    faults: tuple[tuple[str, str], ...] = ()
    outside: tuple[Outside, ...] = ()
    not_checked: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()


Judge = Callable[[bytes], Judged]
"""Reads a signed checkpoint by the auditor's policy; AuditInputError where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the auditor brings.

    Attributes:
        judge: reads checkpoints by the auditor's policy.
        held: checkpoints that the auditor holds, by the name of their file.
        others: further packs, by the name of their file.
        now: the auditor's own clock.
        tolerance: by how much clocks may differ.
    """

    judge: Judge
    held: Mapping[str, bytes] = field(default_factory=dict)
    others: Mapping[str, BinaryIO] = field(default_factory=dict)
    now: datetime | None = None
    tolerance: timedelta = TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class PackReport:
    """What was found, and what was not looked at.

    Attributes:
        scope: what the pack says it was asked for; None where it says nothing readable.
        root: of the log, in hexadecimal, as the leaves make it.
        counts: how many of what was checked.
        extra: members that nothing in the pack speaks of.
        not_checked: code → how many; 0 where it is no matter of number.
    """

    findings: tuple[Finding, ...]
    scope: bundle.Scope | None = None
    origin: str | None = None
    size: int = 0
    root: str = ""
    signers: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    not_checked: Mapping[str, int] = field(default_factory=dict)

    @property
    def intact(self) -> bool:
        """Whether nothing was found; read `not_checked` beside it."""
        return not self.findings


def verify_pack(file: BinaryIO, asked: Asked) -> PackReport:
    """Check a pack, whole; whatever is wrong with it is a finding."""
    try:
        container = Container(file)
    except AuditInputError as error:
        return PackReport(findings=(Finding(error.code, None, _told(error)),))
    reading = _Reading(container, asked)
    reading.run()
    return reading.report()


def _log_of(file: BinaryIO, asked: Asked) -> tuple[Judged, bytes, Sequence[Finding]]:
    """The checkpoint and the leaf hashes of another pack, with what is wrong with them."""
    other = _Reading(Container(file), asked)
    return other.log_alone()


class _Reading:
    """One pack while it is judged."""

    def __init__(self, container: Container, asked: Asked) -> None:
        self.container = container
        self.asked = asked
        self.findings = [Finding("member_damaged", None, name) for name in container.faults]
        self.not_checked: Counter[str] = Counter()
        self.extra: list[str] = []
        self.manifest: bundle.Manifest | None = None
        self.judged: Judged | None = None
        self.leaves = b""
        self.log: PackLog | None = None
        self.signatures = Signatures()
        self.outside: list[Outside] = []
        self.used: set[str] = set()
        self._digests: dict[str, str] = {}

    def run(self) -> None:
        """Every check, in the order in which one needs the other; none stops the others."""
        for step in (
            self._manifest,
            self._checkpoint,
            self._tree,
            self._held,
            self._entries,
            self._heads,
            self._files,
            self._numbers,
            self._members,
        ):
            try:
                step()
            except AuditInputError as error:
                self._find(error.code, _told(error))

    def log_alone(self) -> tuple[Judged, bytes, Sequence[Finding]]:
        """The checkpoint and the leaves; nothing else is looked at.

        Raises:
            AuditInputError: there is no checkpoint.
        """
        self._checkpoint()
        self._tree()
        if self.judged is None:
            raise AuditInputError("checkpoint_malformed")
        return self.judged, self.leaves, self.findings

    def report(self) -> PackReport:
        """What was found."""
        log = self.log
        counts = {} if log is None else self._counts(log)
        told = dict.fromkeys(("guards", "readable_pages"), 0) | dict(self.not_checked)
        return PackReport(
            findings=tuple(self.findings) + (() if log is None else tuple(log.findings)),
            scope=self.manifest.scope if self.manifest else None,
            origin=self.judged.origin if self.judged else None,
            size=len(self.leaves) // HASH_BYTES,
            root=dict(roots_at(self.leaves, [len(self.leaves) // HASH_BYTES])).popitem()[1].hex(),
            signers=self.judged.signers if self.judged else (),
            counts=counts,
            extra=tuple(self.extra),
            not_checked=told,
        )

    def _counts(self, log: PackLog) -> dict[str, int]:
        return {
            "entries": log.entries,
            "cases": len(log.walks),
            "payloads": log.payloads,
            "erased": log.erased,
            "files": len(log.wanted),
            "definitions": len(log.tables),
        }

    def _manifest(self) -> None:
        content = self.container.content(bundle.MANIFEST, bytes_max=bundle.MANIFEST_BYTES_MAX)
        self.manifest = bundle.read_manifest(content)

    def _checkpoint(self) -> None:
        note = self.container.content(bundle.CHECKPOINT, bytes_max=bundle.NOTE_BYTES_MAX)
        self.judged = judged = self.asked.judge(note)
        self.outside += judged.outside
        for code, detail in judged.faults:
            self._find(code, detail)
        for code in judged.not_checked:
            self.not_checked[code] += 0
        if self.manifest is not None and self.manifest.origin != judged.origin:
            self._find("origin_differs", judged.origin)

    def _tree(self) -> None:
        """Put the leaf hashes together, and hold their root against the checkpoint."""
        self.leaves = b"".join(self._tiles())
        if self.judged is None:
            return
        size = self.judged.size
        if dict(roots_at(self.leaves, [size])).get(size) != self.judged.root:
            self._find("root_differs", str(size))

    def _tiles(self) -> Iterator[bytes]:
        """The leaf hashes, tile by tile, as far as the tiles go: no claim makes them more."""
        at, size = 0, self._tiled_size() if self.judged is None else self.judged.size
        while at < size:
            tile = tile_at(0, at // TILE_WIDTH, size=size)
            name, width = bundle.LOG + tile.path, tile.width * HASH_BYTES
            member = self.container.members.get(name)
            if member is None or member.size != width:
                self._find("tile_missing", name)
                return
            self.used.add(name)
            yield self.container.content(name, bytes_max=width)
            at += tile.width

    def _tiled_size(self) -> int:
        """The size that the tiles speak of, where no checkpoint says it."""
        names = [name for name in self.container.members if name.startswith(BOTTOM_TILES)]
        tiles = [Tile.parse(name.removeprefix(bundle.LOG)) for name in names]
        return max((tile.index * TILE_WIDTH + tile.width for tile in tiles), default=0)

    def _held(self) -> None:
        """Hold everything that the auditor has against this log."""
        seen: dict[str, tuple[int, bytes]] = {}
        for name, note in self.asked.held.items():
            judged = self._judge_other(name, note)
            if judged is not None:
                seen[name] = (judged.size, judged.root)
        for name, file in self.asked.others.items():
            self._other_pack(name, file, seen)
        roots = dict(roots_at(self.leaves, [size for size, _ in seen.values()]))
        for name, (size, root) in seen.items():
            if size not in roots:
                self.not_checked["held_is_newer"] += 1
            elif roots[size] != root:
                self._find("history_differs", f"{name} {size}")
        if not seen:
            self.not_checked["no_held_checkpoint"] += 0

    def _judge_other(self, name: str, note: bytes) -> Judged | None:
        try:
            judged = self.asked.judge(note)
        except AuditInputError as error:
            self._find("held_unreadable", f"{name} {error.code}")
            return None
        for code, detail in judged.faults:
            self._find("held_untrusted", f"{name} {code} {detail}".strip())
        if self.judged is not None and judged.origin != self.judged.origin:
            self._find("held_of_other_log", f"{name} {judged.origin}")
            return None
        if not judged.faults:
            self.outside += judged.outside
        return judged

    def _other_pack(self, name: str, file: BinaryIO, seen: dict[str, tuple[int, bytes]]) -> None:
        """A second pack: its checkpoint is held; where its log is larger, its beginning is."""
        try:
            judged, leaves, findings = _log_of(file, self.asked)
        except AuditInputError as error:
            self._find("held_unreadable", f"{name} {error.code}")
            return
        for finding in findings:
            self._find("held_untrusted", f"{name} {finding.code}")
        if self.judged is not None and judged.origin != self.judged.origin:
            self._find("held_of_other_log", f"{name} {judged.origin}")
            return
        size = min(judged.size, len(self.leaves) // HASH_BYTES)
        for reached, root in roots_at(leaves, [size]):
            seen[name] = (reached, root)

    def _entries(self) -> None:
        self.log = log = PackLog(
            leaves=self.leaves,
            tables=dict(self._definitions()),
            tolerance=self.asked.tolerance,
            outside=tuple(self.outside),
            now=self.asked.now,
        )
        log.judges.append(self._signature)
        pairs = beside_entries(
            bundle.read_entries(self.container), bundle.read_payloads(self.container)
        )
        try:
            for entry, beside in pairs:
                log.take(entry, beside)
        finally:
            log.finish()
            self._left_out(log)

    def _left_out(self, log: PackLog) -> None:
        for kind, count in log.absent.items():
            self.not_checked[f"{kind}_left_out"] += count
        if log.unknown_roles:
            self.not_checked["roles"] += log.unknown_roles
        if log.partial:
            self.not_checked["streams_in_part"] += len(log.partial)
        if self.signatures.by_password:
            self.not_checked["signed_by_password"] += self.signatures.by_password
        if not log.outside:
            self.not_checked["time_from_outside"] += 0

    def _signature(self, body: Mapping[str, Any], table: Table | None) -> Sequence[str]:
        sign = None if table is None else table.sign.get(body.get("transition", ""))
        return self.signatures.take(body, sign=sign)

    def _definitions(self) -> Iterator[tuple[str, Table | None]]:
        for name in self.container.members:
            digest = bundle.digest_of_definition(name)
            if digest is not None:
                yield digest, self._definition(name, digest)

    def _definition(self, name: str, digest: str) -> Table | None:
        try:
            content = self.container.content(name, bytes_max=bundle.DEFINITION_BYTES_MAX)
            if sha256(content).hexdigest() != digest:
                self._find("definition_differs", name)
                return None
            return Table(read_canonical(content))
        except ValueError:
            self._find("definition_unreadable", name)
            return None

    def _heads(self) -> None:
        """Ask of every whole stream whether its newest entries are there."""
        log = self.log
        if log is None or log.heads is None:
            self.not_checked["newest_entries"] += len(self.leaves) // HASH_BYTES
            return
        at, subject = log.heads
        self.not_checked["newest_entries"] += max(len(self.leaves) // HASH_BYTES - at, 0)
        recorded = Heads.parse(subject)
        proven = {}
        for proof in bundle.read_heads(self.container):
            if not verify_head(proof, recorded):
                self._find("head_not_proven", proof.head.stream)
            proven[proof.head.stream] = proof.head
        for stream, entries in log.streams.items():
            if stream not in log.partial and entries[0][0] < at and stream not in proven:
                self._find("head_missing", stream)
        for stream, head in proven.items():
            self._head(head, [leaf for idx, leaf in log.streams.get(stream, ()) if idx < at])

    def _head(self, head: StreamHead, leaves: Sequence[bytes]) -> None:
        if len(leaves) <= head.seq:
            self._find("newest_withheld", f"{head.stream} {head.seq}")
        elif len(leaves) > head.seq + 1 or leaves[head.seq] != head.leaf_hash:
            self._find("head_differs", head.stream)

    def _files(self) -> None:
        """Hash every file again, and ask for those that entries rest on."""
        log = self.log
        there = {
            digest: name
            for name in self.container.members
            if (digest := bundle.digest_of_evidence(name)) is not None
        }
        wanted = {} if log is None else log.wanted
        for digest, name in there.items():
            if digest not in wanted:
                self.extra.append(name)
            if self._digest(name) != digest:
                self._find("evidence_differs", name)
        for digest, uses in wanted.items():
            self._file(digest, there.get(digest), [(u.idx, u.evidence, u.size) for u in uses])

    def _file(self, digest: str, name: str | None, uses: Sequence[tuple[int, str, int]]) -> None:
        disposed = self.log.disposed if self.log is not None else set()
        if name is not None:
            size = self.container.members[name].size
            for idx, evidence, told in uses:
                if told != size:
                    self.findings.append(Finding("evidence_size_differs", idx, evidence))
        elif all(evidence in disposed for _, evidence, _ in uses):
            self.not_checked["evidence_disposed"] += 1
        else:
            self.findings.append(Finding("evidence_missing", uses[0][0], digest))

    def _numbers(self) -> None:
        """Ask that the numbers of a whole process, or year, have no gap: each is given once."""
        whole = self.manifest is not None and self.manifest.scope.kind != "instance"
        if self.log is None or not whole:
            return
        self.not_checked["scope"] += 0
        series: dict[str, set[int]] = {}
        for code in self.log.codes.values():
            name, _, number = code.rpartition("-")
            if number.isdecimal():
                series.setdefault(name, set()).add(int(number))
        for name, numbers in sorted(series.items()):
            gap = set(range(1, max(numbers))) - numbers
            if gap:
                self._find("code_gap", f"{name}-{min(gap):02}")

    def _members(self) -> None:
        """List what nothing speaks of, and hold the rest against the manifest."""
        known = {bundle.MANIFEST, bundle.CHECKPOINT, bundle.ENTRIES, bundle.PAYLOADS, bundle.HEADS}
        known |= self.used | set(bundle.READABLE)
        folders = (*bundle.BESIDE, bundle.EVIDENCE, bundle.DEFINITIONS, bundle.TIMESTAMPS)
        for name in self.container.members:
            if name not in known and not name.startswith(folders):
                self.extra.append(name)
        told = {} if self.manifest is None else self.manifest.files
        for name in sorted(told.keys() | (self.container.members.keys() - {bundle.MANIFEST})):
            if name not in self.container.members or self._digest(name) != told.get(name):
                self._find("manifest_differs", name)

    def _digest(self, name: str) -> str:
        """The digest of a member, taken once."""
        if name not in self._digests:
            hashed = sha256()
            for piece in self.container.pieces(name):
                hashed.update(piece)
            self._digests[name] = hashed.hexdigest()
        return self._digests[name]

    def _find(self, code: str, detail: str | None = None) -> None:
        self.findings.append(Finding(code, None, detail or None))


def _told(error: AuditInputError) -> str | None:
    return " ".join(str(value) for value in error.params.values()) or None
