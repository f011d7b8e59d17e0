"""The log.

Append-only entries of one organisation, and the head under whose lock they are appended.

1. The body is made once (`engine.audit`), stored as bytes and never made again; the other columns
   are projections for reading, held against the body by the verifier.
2. The index is the size of the log, taken from the head row under its lock; never a sequence, whose
   order is not the order of commits.
3. `prev` links an entry to the one before it in its stream; the head keeps the compact range, so
   that checkpoints and proofs need no rewriting later.
4. Triggers refuse UPDATE, DELETE and TRUNCATE; erasing a payload has a door of its own later.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Index, LargeBinary, TextClause, UniqueConstraint, bindparam, func, text
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, SQLModel, col, select

from engine.audit.chain import Tip, entry_hmac, link_after
from engine.audit.entry import Entry, EvidenceRef, body_of, canonical_bytes
from engine.audit.heads import StreamHead
from engine.audit.leaf import EntryType, Outcome
from engine.audit.merkle import CompactRange, leaf_hash
from engine.audit.payload import (
    SALT_BYTES,
    Change,
    Payload,
    SealedPayload,
    payload_from_bytes,
    seal_payload,
)
from engine.audit.profile import AuditInputError
from engine.audit.verifier import (
    RAW_COLUMNS,
    RAW_PROJECTIONS,
    RawRow,
    StoredHead,
    StoredRow,
)
from engine.definition.model import FieldSpec
from engine.errors import Invalid
from engine.machine.actor import Actor
from engine.storage.database import UtcDateTime

ROWS_AT_ONCE = 1000
STREAMS_AT_ONCE = 500
"""Streams asked for in one query, fewer than a database takes as parameters."""
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How a body spells an instant, for the comparison of its projection."""


def _only(condition: str) -> dict[str, Any]:
    """What narrows an index to some entries, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


_STEPS_ALONE = _only("transition IS NOT NULL")
_OF_UNITS = _only("unit IS NOT NULL")
_REFUSALS = _only("outcome = 'refused'")


class LogEntryRow(SQLModel, table=True):
    """One entry: its bytes, what proves them, and projections of them."""

    __tablename__ = "log_entry"
    __table_args__ = (
        UniqueConstraint("organization_id", "stream", "seq"),
        Index("ix_log_entry_instance", "organization_id", "instance", "idx"),
        Index("ix_log_entry_actor", "organization_id", "actor", "idx"),
        Index("ix_log_entry_process", "organization_id", "process", "idx"),
        Index("ix_log_entry_type", "organization_id", "type", "idx"),
        # What few entries have stands in an index of those few: an entry without it pays nothing.
        Index("ix_log_entry_transition", "organization_id", "transition", "idx", **_STEPS_ALONE),
        Index("ix_log_entry_unit", "organization_id", "unit", "idx", **_OF_UNITS),
        Index("ix_log_entry_refused", "organization_id", "idx", **_REFUSALS),
        # Holds all that the summary of a period counts.
        Index("ix_log_entry_recorded", "organization_id", "recorded_at", "idx", "actor", "outcome"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    idx: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    stream: str
    seq: int
    prev: bytes | None = Field(default=None, sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    leaf_hash: bytes = Field(sa_type=LargeBinary)
    hmac: bytes = Field(sa_type=LargeBinary)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    payload_salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    personal: bytes | None = Field(default=None, sa_type=LargeBinary)
    personal_salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    type: str
    outcome: str
    instance: str | None = None
    process: str | None = None
    transition: str | None = None
    actor: str
    unit: str | None = None
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class LogHeadRow(SQLModel, table=True):
    """The size of an organisation's log and the compact range over its leaves."""

    __tablename__ = "log_head"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    size: int
    compact_range: bytes = Field(sa_type=LargeBinary)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDraft:
    """What shall be written down; place, link and hashes are the log's own business.

    Attributes:
        changes: old and new values, for the payload.
        personal: changes of personal columns, for a payload that can be erased alone.
        details: what else a reader needs, for the payload.
        sig: the signature of who acts; `credential`: the key that is enrolled or revoked.
        salts: of payload and personal payload, where they were chosen before; else fresh ones.
    """

    type: EntryType
    stream: str
    at: datetime
    actor: Actor
    outcome: Outcome = Outcome.ACCEPTED
    role: str | None = None
    on_behalf: str | None = None
    definition: str | None = None
    instance: str | None = None
    code: str | None = None
    process: str | None = None
    transition: str | None = None
    from_state: str | None = None
    to_state: str | None = None
    effective_date: date | None = None
    subject: str | None = None
    unmet: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()
    changes: tuple[Change, ...] = ()
    personal: tuple[Change, ...] = ()
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    sig: Mapping[str, Any] | None = None
    credential: Mapping[str, Any] | None = None
    salts: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry as it is read: place, projections, body and payload."""

    idx: int
    stream: str
    seq: int
    type: str
    outcome: str
    instance: str | None
    process: str | None
    transition: str | None
    actor: str
    unit: str | None
    recorded_at: datetime
    body: bytes
    leaf_hash: bytes
    payload: Payload | None
    personal_kept: bool = False
    """Whether there is a personal payload beside it, which no reading of the log shows."""


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """An entry as it is packed: its bytes, and what stands beside them."""

    idx: int
    stream: str
    type: str
    body: bytes
    payload: bytes | None
    salt: bytes | None
    personal: bytes | None
    personal_salt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What a reading of the log is narrowed to.

    None leaves a side open. `first`, `last` are instants. `units`: people of any of these.
    """

    instance: str | None = None
    process: str | None = None
    actor: str | None = None
    transition: str | None = None
    outcome: str | None = None
    unit: str | None = None
    type: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    units: tuple[str, ...] = ()


def split_changes(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    specs: Mapping[str, FieldSpec],
    record_set: str | None = None,
    row: str | None = None,
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """What differs between two sets of JSON values: (plain changes, personal changes)."""
    plain: list[Change] = []
    personal: list[Change] = []
    for column in sorted(old.keys() | new.keys()):
        before, after = old.get(column), new.get(column)
        if before != after:
            change = Change(column=column, old=before, new=after, record_set=record_set, row=row)
            (personal if column in specs and specs[column].personal else plain).append(change)
    return tuple(plain), tuple(personal)


class NotLoggable(Invalid):
    """What was to be written down breaks the profile of the log; nothing was written."""


# Every entry asks them: put together once.
_HEAD = select(LogHeadRow).where(col(LogHeadRow.organization_id) == bindparam("organization"))
_LOCKED_HEAD = _HEAD.with_for_update().execution_options(populate_existing=True)
_OF_STREAM = (
    col(LogEntryRow.organization_id) == bindparam("organization"),
    col(LogEntryRow.stream) == bindparam("stream"),
)
_TIP = select(LogEntryRow.seq, LogEntryRow.leaf_hash).where(
    *_OF_STREAM,
    col(LogEntryRow.seq) == select(func.max(LogEntryRow.seq)).where(*_OF_STREAM).scalar_subquery(),
)


class LogRepository:
    """The log of one organisation.

    Args:
        key: key of the entries' HMAC, from outside the database.
        random: gives n random bytes for the salts of payloads.
    """

    def __init__(
        self,
        session: Session,
        organization_id: str,
        *,
        key: bytes,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._session = session
        self._id = organization_id
        self._key = key
        self._random = random

    def begin(self) -> None:
        """Make the head of a new organisation's empty log."""
        head = LogHeadRow(organization_id=self._id, size=0, compact_range=CompactRange().to_bytes())
        self._session.add(head)
        self._session.flush()

    def lock(self) -> None:
        """Wait for the right to append; it is held until the transaction ends."""
        self._head(lock=True)

    def append(self, draft: LogDraft) -> int:
        """Write an entry at the end of the log; its index.

        Raises:
            NotLoggable: the draft breaks the profile of the log.
        """
        head = self._head(lock=True)
        row = self._row(head, draft, self._tip(draft.stream))
        self._session.add(row)
        self._session.add(head)
        self._session.flush()
        return row.idx

    def append_all(self, drafts: Iterable[LogDraft]) -> tuple[int, ...]:
        """Write many entries at the end of the log, in their order, at once; their indexes.

        Raises:
            NotLoggable: a draft breaks the profile of the log.
        """
        wanted = tuple(drafts)
        head = self._head(lock=True)
        tips = self._tips(tuple({draft.stream for draft in wanted}))
        rows = []
        for draft in wanted:
            row = self._row(head, draft, tips.get(draft.stream))
            tips[draft.stream] = Tip(seq=row.seq, leaf_hash=row.leaf_hash)
            rows.append(row)
        self._session.add_all(rows)
        self._session.add(head)
        self._session.flush()
        return tuple(row.idx for row in rows)

    def preview(self, draft: LogDraft) -> dict[str, Any]:
        """The body that a draft would have as the next entry; nothing is written.

        Raises:
            NotLoggable: the draft breaks the profile of the log.
        """
        entry, _, _ = self._composed(draft, self._tip(draft.stream))
        try:
            return body_of(entry)
        except AuditInputError as error:
            raise NotLoggable(error.code, **error.params) from error

    def length(self, stream: str) -> int:
        """How many entries a stream has."""
        tip = self._tip(stream)
        return 0 if tip is None else tip.seq + 1

    def get(self, idx: int) -> LogEntry | None:
        """The entry at an index."""
        row = self._session.get(LogEntryRow, (self._id, idx))
        return None if row is None else _entry(row)

    def read(
        self, wanted: LogFilter, *, after: int = -1, limit: int, newest_first: bool = False
    ) -> tuple[LogEntry, ...]:
        """Entries beyond an index, by index; with `newest_first`, entries before it, downwards."""
        query = select(LogEntryRow).where(
            col(LogEntryRow.organization_id) == self._id, *_conditions(wanted)
        )
        if newest_first:
            query = query.order_by(col(LogEntryRow.idx).desc())
            if after >= 0:
                query = query.where(col(LogEntryRow.idx) < after)
        else:
            query = query.where(col(LogEntryRow.idx) > after).order_by(col(LogEntryRow.idx))
        return tuple(_entry(row) for row in self._session.exec(query.limit(limit)))

    def size(self) -> int:
        """How many entries the log has."""
        return self._head(lock=False).size

    def head(self) -> StoredHead:
        """The head as the verifier wants it."""
        head = self._head(lock=False)
        return StoredHead(head.size, head.compact_range)

    def stored(self) -> Iterator[StoredRow]:
        """Every entry with its bytes and projections, by index, for the verifier."""
        query = (
            select(LogEntryRow)
            .where(col(LogEntryRow.organization_id) == self._id)
            .order_by(col(LogEntryRow.idx))
            .execution_options(yield_per=500)
        )
        for row in self._session.exec(query):
            yield _for_verifier(row)

    def raw(self) -> Iterator[RawRow]:
        """Every entry as `stored`, straight from the cursor: a million of them are read so."""
        connection = self._session.connection()
        query = _RAW[connection.dialect.name]
        yield from connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
            query, {"organization": self._id}
        )

    def of_stream(self, stream: str) -> tuple[StoredRow, ...]:
        """Every entry of one stream with its bytes, in its order, for the verifier."""
        return self._stored(col(LogEntryRow.stream) == stream)

    def of_type(self, kind: str) -> tuple[StoredRow, ...]:
        """Every entry of one kind with its bytes, by index, for the verifier."""
        return self._stored(col(LogEntryRow.type) == kind)

    def signable(self, processes: Collection[str]) -> Iterator[tuple[int, bytes]]:
        """Index and body of all keys of people, and of all accepted steps of some processes."""
        row = LogEntryRow
        step = col(row.type) == EntryType.TRANSITION.value
        query = (
            select_columns(col(row.idx), col(row.body))
            .where(
                col(row.organization_id) == self._id,
                (col(row.type) == EntryType.KEY_CHANGED.value)
                | (step & col(row.process).in_(processes)),
                col(row.outcome) == Outcome.ACCEPTED.value,
            )
            .order_by(col(row.idx))
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        yield from map(tuple, self._session.execute(query))

    def instances(self) -> frozenset[str]:
        """The instances whose opening the log tells."""
        query = select(LogEntryRow.instance).where(
            col(LogEntryRow.organization_id) == self._id,
            col(LogEntryRow.type) == EntryType.INSTANCE_CREATED.value,
            col(LogEntryRow.outcome) == Outcome.ACCEPTED.value,
        )
        return frozenset(found for found in self._session.exec(query) if found is not None)

    def opened(self, before: int) -> frozenset[str]:
        """The instances whose opening stands below an index."""
        query = select(LogEntryRow.instance).where(
            col(LogEntryRow.organization_id) == self._id,
            col(LogEntryRow.idx) < before,
            col(LogEntryRow.type) == EntryType.INSTANCE_CREATED.value,
            col(LogEntryRow.outcome) == Outcome.ACCEPTED.value,
        )
        return frozenset(found for found in self._session.exec(query) if found is not None)

    def leaves(self, before: int) -> Iterator[bytes]:
        """The hash of every leaf below an index, in order."""
        query = (
            select(LogEntryRow.leaf_hash)
            .where(col(LogEntryRow.organization_id) == self._id, col(LogEntryRow.idx) < before)
            .order_by(col(LogEntryRow.idx))
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        yield from self._session.exec(query)

    def written(self, before: int, *, streams: Collection[str]) -> Iterator[WrittenEntry]:
        """The entries of some streams below an index, in the order of the log.

        Few streams are asked for by name; many are picked out while the whole log goes by.
        """
        row = LogEntryRow
        beside: tuple[Any, ...] = (row.payload, row.payload_salt, row.personal, row.personal_salt)
        query = (
            select_columns(col(row.idx), col(row.stream), col(row.type), col(row.body), *beside)
            .where(col(row.organization_id) == self._id, col(row.idx) < before)
            .order_by(col(row.idx))
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        few = len(streams) <= STREAMS_AT_ONCE
        if few:
            query = query.where(col(row.stream).in_(streams))
        wanted = frozenset(streams)
        for found in self._session.execute(query):
            if few or found.stream in wanted:
                yield WrittenEntry(*found)

    def actors(self, before: int, *, streams: Collection[str]) -> frozenset[str]:
        """Who acted in some streams below an index."""
        found: set[str] = set()
        wanted = sorted(streams)
        for first in range(0, len(wanted), STREAMS_AT_ONCE):
            query = (
                select(LogEntryRow.actor)
                .where(
                    col(LogEntryRow.organization_id) == self._id,
                    col(LogEntryRow.idx) < before,
                    col(LogEntryRow.stream).in_(wanted[first : first + STREAMS_AT_ONCE]),
                )
                .distinct()
            )
            found.update(self._session.exec(query))
        return frozenset(found)

    def newest_heads(self, before: int) -> tuple[StreamHead, ...]:
        """The newest entry of every stream among the entries below an index."""
        row = LogEntryRow
        newest = (
            select(row.stream, func.max(row.seq).label("seq"))
            .where(col(row.organization_id) == self._id, col(row.idx) < before)
            .group_by(row.stream)
            .subquery()
        )
        query = (
            select(row.stream, row.seq, row.leaf_hash)
            .join(newest, (col(row.stream) == newest.c.stream) & (col(row.seq) == newest.c.seq))
            .where(col(row.organization_id) == self._id)
        )
        return tuple(StreamHead(*found) for found in self._session.execute(query))

    def _stored(self, condition: Any) -> tuple[StoredRow, ...]:
        query = (
            select(LogEntryRow)
            .where(col(LogEntryRow.organization_id) == self._id, condition)
            .order_by(col(LogEntryRow.idx))
        )
        return tuple(_for_verifier(row) for row in self._session.exec(query))

    def _row(self, head: LogHeadRow, draft: LogDraft, tip: Tip | None) -> LogEntryRow:
        """The entry that follows the tip of its stream at the end of the log; the head goes on."""
        entry, payload, personal = self._composed(draft, tip)
        try:
            body = canonical_bytes(entry)
        except AuditInputError as error:
            raise NotLoggable(error.code, **error.params) from error
        leaf = leaf_hash(body)
        row = LogEntryRow(
            organization_id=self._id,
            idx=head.size,
            stream=entry.stream,
            seq=entry.seq,
            prev=link_after(tip).prev,
            body=body,
            leaf_hash=leaf,
            hmac=entry_hmac(self._key, organization_id=self._id, idx=head.size, leaf_hash=leaf),
            payload=None if payload is None else payload.body,
            payload_salt=None if payload is None else payload.salt,
            personal=None if personal is None else personal.body,
            personal_salt=None if personal is None else personal.salt,
            type=entry.type.value,
            outcome=entry.outcome.value,
            instance=entry.instance,
            process=entry.process,
            transition=entry.transition,
            actor=entry.actor,
            unit=entry.unit,
            recorded_at=entry.recorded_at,
        )
        head.compact_range = CompactRange.from_bytes(head.compact_range).append(leaf).to_bytes()
        head.size += 1
        return row

    def _composed(
        self, draft: LogDraft, tip: Tip | None
    ) -> tuple[Entry, SealedPayload | None, SealedPayload | None]:
        """The entry that follows the tip of its stream, and its payloads."""
        salts = draft.salts or (self._random(SALT_BYTES), self._random(SALT_BYTES))
        payload = _sealed(
            Payload(changes=draft.changes, reason=draft.reason, details=draft.details), salts[0]
        )
        personal = _sealed(Payload(changes=draft.personal), salts[1])
        link = link_after(tip)
        entry = Entry(
            type=draft.type,
            stream=draft.stream,
            seq=link.seq,
            prev=None if link.prev is None else link.prev.hex(),
            actor=draft.actor.person,
            recorded_at=draft.at,
            outcome=draft.outcome,
            definition=draft.definition,
            instance=draft.instance,
            code=draft.code,
            process=draft.process,
            transition=draft.transition,
            from_state=draft.from_state,
            to_state=draft.to_state,
            role=draft.role,
            on_behalf=draft.on_behalf,
            unit=draft.actor.unit,
            token=draft.actor.token,
            effective_date=draft.effective_date,
            subject=draft.subject,
            payload=None if payload is None else payload.digest,
            personal=None if personal is None else personal.digest,
            unmet=draft.unmet,
            flags=draft.flags,
            evidence=draft.evidence,
            sig=draft.sig,
            credential=draft.credential,
        )
        return entry, payload, personal

    def _head(self, *, lock: bool) -> LogHeadRow:
        query = _LOCKED_HEAD if lock else _HEAD
        return self._session.exec(query, params={"organization": self._id}).one()

    def _tip(self, stream: str) -> Tip | None:
        given = {"organization": self._id, "stream": stream}
        found = self._session.exec(_TIP, params=given).first()
        return None if found is None else Tip(seq=found[0], leaf_hash=found[1])

    def _tips(self, streams: tuple[str, ...]) -> dict[str, Tip]:
        """The newest entry of each of these streams."""
        row = LogEntryRow
        found: dict[str, Tip] = {}
        for first in range(0, len(streams), STREAMS_AT_ONCE):
            some = streams[first : first + STREAMS_AT_ONCE]
            newest = (
                select(row.stream, func.max(row.seq).label("seq"))
                .where(col(row.organization_id) == self._id, col(row.stream).in_(some))
                .group_by(row.stream)
                .subquery()
            )
            query = select(row.stream, row.seq, row.leaf_hash).join(
                newest,
                (col(row.stream) == newest.c.stream) & (col(row.seq) == newest.c.seq),
            )
            query = query.where(col(row.organization_id) == self._id)
            for stream, seq, leaf in self._session.exec(query):
                found[stream] = Tip(seq=seq, leaf_hash=leaf)
        return found


def _raw(recorded_at: str) -> TextClause:
    """What `raw` asks, with an instant spelled as a body spells it, which each engine does itself.

    Columns that are not named by a body (`salt`) come under the verifier's names, in its order.
    """
    columns = ", ".join(
        {"salt": "payload_salt", "personal_salt": "personal_salt", "recorded_at": recorded_at}.get(
            name, name
        )
        for name in (*RAW_COLUMNS, *RAW_PROJECTIONS)
    )
    return text(
        f"SELECT {columns} FROM log_entry"  # noqa: S608 - our own names alone.
        " WHERE organization_id = :organization ORDER BY idx"
    )


_RAW: Final = {
    "sqlite": _raw("replace(recorded_at, ' ', 'T') || 'Z'"),
    "postgresql": _raw(
        "to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US\"Z\"')"
    ),
}


def _sealed(payload: Payload, salt: bytes) -> SealedPayload | None:
    if not (payload.changes or payload.reason or payload.details):
        return None
    try:
        return seal_payload(payload, salt)
    except AuditInputError as error:
        raise NotLoggable(error.code, **error.params) from error


def _conditions(wanted: LogFilter) -> list[Any]:
    row = LogEntryRow
    equal = ("instance", "process", "actor", "transition", "outcome", "unit", "type")
    found: list[Any] = [
        col(getattr(row, name)) == getattr(wanted, name)
        for name in equal
        if getattr(wanted, name) is not None
    ]
    if wanted.first is not None:
        found.append(col(row.recorded_at) >= wanted.first)
    if wanted.last is not None:
        found.append(col(row.recorded_at) < wanted.last)
    if wanted.units:
        found.append(col(row.unit).in_(wanted.units))
    return found


def _entry(row: LogEntryRow) -> LogEntry:
    return LogEntry(
        idx=row.idx,
        stream=row.stream,
        seq=row.seq,
        type=row.type,
        outcome=row.outcome,
        instance=row.instance,
        process=row.process,
        transition=row.transition,
        actor=row.actor,
        unit=row.unit,
        recorded_at=row.recorded_at,
        body=row.body,
        leaf_hash=row.leaf_hash,
        payload=None if row.payload is None else payload_from_bytes(row.payload),
        personal_kept=row.personal is not None,
    )


def _bytes(value: bytes | str | None) -> bytes | None:
    """What a column of bytes holds; SQLite lets whoever writes behind the house put text there."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _for_verifier(row: LogEntryRow) -> StoredRow:
    return StoredRow(
        idx=row.idx,
        stream=row.stream,
        seq=row.seq,
        prev=_bytes(row.prev),
        body=_bytes(row.body) or b"",
        leaf_hash=_bytes(row.leaf_hash) or b"",
        hmac=_bytes(row.hmac) or b"",
        payload=_bytes(row.payload),
        salt=_bytes(row.payload_salt),
        personal=_bytes(row.personal),
        personal_salt=_bytes(row.personal_salt),
        projections={
            "type": row.type,
            "outcome": row.outcome,
            "instance": row.instance,
            "process": row.process,
            "transition": row.transition,
            "actor": row.actor,
            "unit": row.unit,
            "recorded_at": row.recorded_at.astimezone(UTC).strftime(INSTANT),
        },
    )
