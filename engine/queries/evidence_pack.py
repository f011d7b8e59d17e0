"""An evidence pack: all that a stranger needs to check a case, a process or a year, in one file.

1. A pack is made at a checkpoint: entries below its size, whatever the tables say now. The same
   checkpoint, scope and reader make the same bytes.
2. It carries the streams of its cases whole, those of their definitions, of the organisation and of
   the log, and the keys that people enrolled who acted in it.
3. What stands beside an entry of a case goes along; its personal part only to a reader who may read
   every personal column of that case. Of other entries only those that tell grants go along.
4. Files are carried as they lie in the store; one that is gone or was changed is left to be found.
5. The readable pages are made by a face; they prove nothing.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import merge
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import engine.audit
from engine.audit import bundle
from engine.audit.bundle import Manifest, PackedEntry, PackedPayload, Scope
from engine.audit.checkpoint import Checkpoint
from engine.audit.container import ContainerWriter
from engine.audit.folding import Growing
from engine.audit.heads import Heads, heads_of, prove_head
from engine.audit.holders import CHANGES_ROLES
from engine.audit.leaf import EntryType
from engine.audit.merkle import HASH_BYTES
from engine.audit.note import parse_note
from engine.audit.profile import AuditInputError, canonical_text, read_canonical
from engine.audit.tile import TILE_WIDTH, tile_at
from engine.audit.walk import people_of
from engine.definition.digest import canonical
from engine.definition.model import Process
from engine.errors import Conflict, Corrupt, Invalid, NotFound
from engine.evidence.digest import CHUNK_BYTES
from engine.evidence.store import BlobNotFound
from engine.machine.actor import Actor
from engine.machine.personal_rule import reads_whole
from engine.runtime import UnitOfWork, loaded
from engine.storage.audit_log import WrittenEntry
from engine.storage.evidence import DISPOSED
from engine.storage.instances import Filter, StoredInstance

CASES_MAX: Final = 20_000
INSTANCES_PER_PAGE: Final = 500
_YEAR: Final = re.compile(r"[12][0-9]{3}", re.ASCII)
_ALWAYS: Final = ("organization", "log")


class PackTooLarge(Invalid):
    """More than one pack can hold: a narrower scope is to be asked for."""


class NotPublished(Conflict):
    """The checkpoint does not speak of it yet; a moment later it does."""


class LogDiffers(Corrupt):
    """The log in the database is not the one that was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """An entry as a readable page tells it."""

    idx: int
    body: Mapping[str, Any]
    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFile:
    """A file of a case.

    Attributes:
        member: where it lies in the pack; None when it is not there.
    """

    id: str
    filename: str
    sha256: str
    size: int
    requirement: str
    member: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A case, for a page that people read."""

    code: str
    process: Process
    title: str
    state: str
    entries: tuple[StoryEntry, ...]
    files: tuple[StoryFile, ...]
    people: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A case in the list of all.

    Attributes:
        page: name of its page, without language and ending.
    """

    code: str
    page: str
    process: Process
    title: str
    state: str
    entries: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What the first page says."""

    organization: Mapping[str, str]
    scope: Scope
    checkpoint: Checkpoint
    cases: tuple[Outline, ...]
    withheld: Mapping[str, int]


class PackPages(Protocol):
    """Makes the readable pages; a face does."""

    def case(self, story: Story) -> Mapping[str, bytes]:
        """The pages of one case by their endings, such as `html` and `en.html`."""
        ...

    def cover(self, cover: Cover) -> Mapping[str, bytes]:
        """The first pages and what explains how to check, by member."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PackMade:
    """A pack that was written."""

    scope: Scope
    size: int
    entries: int
    files: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackWish:
    """What is to be packed, for whom.

    Attributes:
        kind: `instance`, `process` or `year`.
        value: id or code of an instance, id of a process, or a year.
        note: the signed checkpoint at which the pack is made.
        actor: whose eyes it is for; None reads no personal data.
        keys: members for reference, such as public keys, by name.
    """

    kind: str
    value: str
    note: bytes
    actor: Actor | None = None
    keys: Mapping[str, bytes] = field(default_factory=dict)


def write_pack(uow: UnitOfWork, wish: PackWish, file: BinaryIO, pages: PackPages) -> PackMade:
    """Write a pack into a file that can be sought.

    Raises:
        NotFound: no such instance or process.
        NotPublished: the checkpoint does not speak of any such case yet.
        PackTooLarge: it does not fit into one pack.
        LogDiffers: the log does not lead to the checkpoint.
    """
    packing = _Packing(uow, wish, file, pages)
    try:
        return packing.run()
    except AuditInputError as error:
        if error.code == "container_too_large":
            raise PackTooLarge("pack_too_large") from error
        raise


class _Packing:
    """One pack while it is written."""

    def __init__(self, uow: UnitOfWork, wish: PackWish, file: BinaryIO, pages: PackPages) -> None:
        self.uow = uow
        self.wish = wish
        self.pages = pages
        self.file = file
        self.writer = ContainerWriter(file)
        self.checkpoint = Checkpoint.parse(parse_note(wish.note).text)
        self.digests: dict[str, str] = {}
        self.withheld: Counter[str] = Counter()
        self.definitions: set[str] = set()
        self.evidence: dict[str, str] = {}
        self.entries = 0
        self.processes: dict[str, Process] = {}
        self._personal: dict[str, bool] = {}

    def run(self) -> PackMade:
        """Write every member in its order."""
        size = self.checkpoint.size
        cases = self._cases()
        scope = Scope(self.wish.kind, cases[0].code if self._one else self.wish.value)
        streams = {f"instance:{case.id}" for case in cases}
        streams |= {f"definition:{case.process}" for case in cases}
        streams |= set(_ALWAYS)
        self._add(bundle.CHECKPOINT, self.wish.note)
        self._tiles(size)
        self._add_pieces(bundle.ENTRIES, self._entry_lines(self._rows(size, streams)))
        self._add_pieces(bundle.PAYLOADS, self._payload_lines(self._rows(size, streams)))
        self._heads(size, streams)
        self._add_definitions()
        members = self._add_evidence()
        outlines = tuple(self._case_pages(case, members) for case in cases)
        self._cover(scope, outlines)
        for name, content in sorted({**self.wish.keys, **_verifier()}.items()):
            self._add(name, content)
        self._manifest(scope)
        whole = self.writer.finish()
        return PackMade(
            scope=scope,
            size=size,
            entries=self.entries,
            files=len(members),
            bytes=whole,
            sha256=_digest_of(self.file),
        )

    @property
    def _one(self) -> bool:
        return self.wish.kind == "instance"

    def _cases(self) -> tuple[StoredInstance, ...]:
        """The cases that are wanted and that the checkpoint speaks of, by their codes."""
        if self._one:
            instances = self.uow.tables.instances
            one = instances.get(self.wish.value) or instances.by_code(self.wish.value)
            if one is None:
                raise NotFound("unknown_instance", instance=self.wish.value)
            found = [one]
        else:
            found = list(self._found())
        known = self.uow.tables.log.opened(self.checkpoint.size)
        cases = sorted((case for case in found if case.id in known), key=lambda case: case.code)
        if not cases:
            raise NotPublished("pack_not_published", scope=self.wish.value)
        return tuple(cases)

    def _found(self) -> Iterator[StoredInstance]:
        if self.wish.kind == "process":
            self.uow.definition(self.wish.value)
            wanted = Filter(process=self.wish.value)
        else:
            wanted = Filter(year=year_of(self.wish.value))
        count = self.uow.tables.instances.count(wanted)
        if count > CASES_MAX:
            raise PackTooLarge("pack_too_large")
        yield from every_instance(self.uow, wanted)

    def _tiles(self, size: int) -> None:
        """The hash of every leaf, in tiles; together they lead to the root that was signed."""
        tree, tile, index = Growing(), b"", 0
        for leaf in self.uow.tables.log.leaves(size):
            tile += leaf
            if len(tile) == TILE_WIDTH * HASH_BYTES:
                tree.grow(tile)
                self._add(bundle.LOG + tile_at(0, index, size=size).path, tile)
                tile, index = b"", index + 1
        if tile:
            tree.grow(tile)
            self._add(bundle.LOG + tile_at(0, index, size=size).path, tile)
        if (tree.size, tree.root()) != (size, self.checkpoint.root):
            raise LogDiffers("log_differs", size=size)

    def _rows(self, size: int, streams: Collection[str]) -> Iterator[WrittenEntry]:
        """The entries of these streams, and the keys of who acted in them, by index."""
        log = self.uow.tables.log
        accounts = {f"account:{actor}" for actor in log.actors(size, streams=streams)}
        keys = (
            row for row in log.written(size, streams=accounts) if row.type == EntryType.KEY_CHANGED
        )
        return merge(log.written(size, streams=streams), keys, key=lambda row: row.idx)

    def _entry_lines(self, rows: Iterable[WrittenEntry]) -> Iterator[bytes]:
        for row in rows:
            body = read_canonical(row.body)
            self.entries += 1
            if "instance" in body:
                self.definitions.add(body["def"])
            for reference in body.get("evidence", ()):
                self.evidence.setdefault(reference["sha256"], reference["id"])
            yield bundle.entry_line(PackedEntry(row.idx, row.body))

    def _payload_lines(self, rows: Iterable[WrittenEntry]) -> Iterator[bytes]:
        for row in rows:
            for kind, content, salt in (
                ("payload", row.payload, row.salt),
                ("personal", row.personal, row.personal_salt),
            ):
                if content is None or salt is None:
                    continue
                if self._may_read(row, kind):
                    yield bundle.payload_line(PackedPayload(row.idx, kind, salt, content))
                else:
                    self.withheld[kind] += 1

    def _may_read(self, row: WrittenEntry, kind: str) -> bool:
        """Whether what stands beside an entry goes along (rule 3)."""
        head, _, instance = row.stream.partition(":")
        if head != "instance":
            return kind == "payload" and (head == "log" or row.type in CHANGES_ROLES)
        return kind == "payload" or self._reads_personal(instance)

    def _reads_personal(self, instance: str) -> bool:
        if instance not in self._personal:
            actor, may = self.wish.actor, False
            if actor is not None:
                case = self.uow.case(instance)
                process = self.uow.pinned(case).process
                may = all(reads_whole(process, name, case, actor=actor) for name in process.records)
            self._personal[instance] = may
        return self._personal[instance]

    def _heads(self, size: int, streams: Collection[str]) -> None:
        """The proof of each stream's newest entry, as the newest record of all heads knew it."""
        log = self.uow.tables.log
        recorded = None
        for row in log.written(size, streams=("log",)):
            if row.type == EntryType.HEADS_RECORDED:
                recorded = row
        if recorded is None:
            return
        heads = log.newest_heads(recorded.idx)
        told = Heads.parse(read_canonical(recorded.body)["subject"])
        if heads_of(heads) != told:
            raise LogDiffers("log_differs", size=recorded.idx)
        known = {head.stream for head in heads}
        lines = (
            bundle.head_line(prove_head(heads, stream)) for stream in sorted(known & set(streams))
        )
        self._add_pieces(bundle.HEADS, lines)

    def _add_definitions(self) -> None:
        tables = self.uow.tables.definitions
        found = {
            version.digest: version
            for process in tables.processes()
            for version in tables.versions(process)
            if version.digest in self.definitions
        }
        for digest in sorted(found):
            process = loaded(found[digest], identity=digest)
            self._add(f"{bundle.DEFINITIONS}{digest}.json", canonical(process))

    def _add_evidence(self) -> dict[str, str]:
        """Every file as it lies in the store; where each lies in the pack, by digest."""
        store, organization = self.uow.runtime.store, self.uow.tables.organization_id
        members: dict[str, str] = {}
        for digest in sorted(self.evidence):
            records = self.uow.tables.evidence.with_digest(digest)
            if records and all(record.status == DISPOSED for record in records):
                # The bytes may lie there until the next sweep; what was given up does not go out.
                continue
            named = (r.filename for r in records if r.id == self.evidence[digest])
            name = bundle.evidence_name(digest, next(named, ""))
            try:
                stream = store.open(organization, digest)
            except BlobNotFound:
                continue
            with stream:
                self._add_pieces(name, _pieces(stream))
            members[digest] = name
        return members

    def _case_pages(self, case: StoredInstance, members: Mapping[str, str]) -> Outline:
        story = story_of(self.uow, case, before=self.checkpoint.size, members=members)
        outline = outline_of(case, story)
        for ending, content in sorted(self.pages.case(story).items()):
            self._add(f"{outline.page}.{ending}", content)
        return outline

    def _cover(self, scope: Scope, outlines: tuple[Outline, ...]) -> None:
        cover = Cover(
            organization=self.uow.organization.title,
            scope=scope,
            checkpoint=self.checkpoint,
            cases=outlines,
            withheld=dict(self.withheld),
        )
        for name, content in sorted(self.pages.cover(cover).items()):
            self._add(name, content)

    def _manifest(self, scope: Scope) -> None:
        manifest = Manifest(scope, self.checkpoint.origin, dict(self.withheld), self.digests)
        content = canonical_text(manifest.to_json()).encode("utf-8")
        self.writer.add(bundle.MANIFEST, content)

    def _add(self, name: str, content: bytes) -> None:
        self._add_pieces(name, (content,))

    def _add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        hashed = sha256()

        def counted() -> Iterator[bytes]:
            for piece in pieces:
                hashed.update(piece)
                yield piece

        self.writer.add_pieces(name, counted())
        self.digests[name] = hashed.hexdigest()


def story_of(
    uow: UnitOfWork, case: StoredInstance, *, before: int, members: Mapping[str, str]
) -> Story:
    """A case as its entries below an index tell it; personal changes are not told."""
    process = uow.version_of(case).process
    rows = uow.tables.log.written(before, streams=(f"instance:{case.id}",))
    entries = tuple(_told(row) for row in rows)
    people = {person for entry in entries for person in _named(entry, process)}
    known = uow.tables.organization.known(people, on=uow.today)
    return Story(
        code=case.code,
        process=process,
        title=case.title,
        state=_state(entries),
        entries=entries,
        files=tuple(_files(entries, members)),
        people={person.id: person.name for person in known.values()},
    )


def _named(entry: StoryEntry, process: Process) -> Iterator[str]:
    """Everybody of whom an entry tells: who acted, for whom, and whom a plain value names."""
    yield from people_of(entry.body)
    for change in (entry.payload or {}).get("changes", ()):
        rows = process.records.get(change["set"] or "")
        spec = (process.fields if rows is None else rows.columns).get(change["column"])
        if spec is not None and spec.type == "person":
            for value in (change["old"], change["new"]):
                yield from (value,) if isinstance(value, str) else (value or ())


def outline_of(case: StoredInstance, story: Story) -> Outline:
    """A case in the list of all."""
    return Outline(
        code=case.code,
        page=f"cases/{case.code}",
        process=story.process,
        title=case.title,
        state=story.state,
        entries=len(story.entries),
        files=len(story.files),
    )


def year_of(value: str) -> int:
    """The year that is meant.

    Raises:
        Invalid: it is none.
    """
    if not _YEAR.fullmatch(value):
        raise Invalid("pack_year_invalid", year=value)
    return int(value)


def every_instance(uow: UnitOfWork, wanted: Filter) -> Iterator[StoredInstance]:
    """Every instance that fits, a page at a time."""
    after: tuple[str, str] | None = None
    while True:
        narrowed = Filter(process=wanted.process, year=wanted.year, after=after)
        page = uow.tables.instances.find(narrowed, limit=INSTANCES_PER_PAGE)
        yield from page
        if len(page) < INSTANCES_PER_PAGE:
            return
        after = (page[-1].opened_at.isoformat(), page[-1].id)


def _told(row: WrittenEntry) -> StoryEntry:
    payload = None if row.payload is None else read_canonical(row.payload)
    return StoryEntry(idx=row.idx, body=read_canonical(row.body), payload=payload)


def _state(entries: tuple[StoryEntry, ...]) -> str:
    """Where the case stood at the checkpoint."""
    return str(next(e.body["to"] for e in reversed(entries) if "to" in e.body))


def _files(entries: Iterable[StoryEntry], members: Mapping[str, str]) -> Iterator[StoryFile]:
    """The files of a case, as their entries told of them."""
    for entry in entries:
        if entry.body["type"] not in {
            EntryType.EVIDENCE_ATTACHED,
            EntryType.EVIDENCE_SUPERSEDED,
        }:
            continue
        details = {} if entry.payload is None else entry.payload.get("details", {})
        for reference in entry.body.get("evidence", ()):
            yield StoryFile(
                id=reference["id"],
                filename=details.get("filename", reference["sha256"]),
                sha256=reference["sha256"],
                size=reference["size"],
                requirement=reference["requirement"],
                member=members.get(reference["sha256"]),
            )


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(CHUNK_BYTES):
        yield piece


def _verifier() -> dict[str, bytes]:
    """The verifier's own files, for whoever has no copy of their own."""
    folder = Path(engine.audit.__path__[0])
    return {f"verifier/engine/audit/{path.name}": path.read_bytes() for path in folder.glob("*.py")}


def _digest_of(file: BinaryIO) -> str:
    hashed = sha256()
    file.seek(0)
    for piece in _pieces(file):
        hashed.update(piece)
    return hashed.hexdigest()
