"""What the house remembers of publishing a log, and the reading of the log for it.

1. The proof of what was published lies outside, with the published files; these rows only spare
   work, and say that something *was* published, so that a checkpoint that is gone is noticed.
2. The origin of a log is chosen once and kept: whoever pinned it must find it again. Another one
   follows only when the log had to be taken up from a backup; the former ones stay.
3. A problem is kept with the entry at fault until the next publication that finds none.
4. Reading here takes the bytes of entries alone, many at a time, without their projections.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, func
from sqlmodel import Field, Session, SQLModel, col, select

from engine.audit.heads import StreamHead
from engine.storage.audit_log import LogEntryRow
from engine.storage.database import UtcDateTime

ROWS_AT_ONCE = 1000


class LogOriginRow(SQLModel, table=True):
    """The name under which a log was published, from a size on."""

    __tablename__ = "log_origin"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    generation: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str
    began_at: datetime = Field(sa_type=UtcDateTime)
    published: bool = False


class LogPublicationRow(SQLModel, table=True):
    """How far the present generation of a log was published, and what keeps it from going on."""

    __tablename__ = "log_publication"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    generation: int
    size: int
    compact_range: bytes = Field(sa_type=LargeBinary)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    problem: str | None = None
    problem_idx: int | None = None
    problem_since: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOrigin:
    """A generation of a published log.

    Attributes:
        generation: 1, and one more for each time that the log was taken up from a backup.
        origin: its name in every checkpoint.
        published: whether a checkpoint of it was ever signed, or was about to be.
    """

    generation: int
    origin: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPublication:
    """How far a log was published.

    Attributes:
        compact_range: the folded tree at that size.
        problem: code of what keeps it from going on; `problem_idx` is the entry at fault.
    """

    generation: int
    size: int
    compact_range: bytes
    published_at: datetime | None
    problem: str | None
    problem_idx: int | None
    problem_since: datetime | None


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry as it is published: its bytes and what shows who wrote them."""

    idx: int
    body: bytes
    hmac: bytes


class PublicationRepository:
    """The publication of one organisation's log."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def origins(self) -> tuple[LogOrigin, ...]:
        """Every generation, the present one last."""
        query = (
            select(LogOriginRow)
            .where(col(LogOriginRow.organization_id) == self._id)
            .order_by(col(LogOriginRow.generation))
        )
        return tuple(
            LogOrigin(generation=row.generation, origin=row.origin, published=row.published)
            for row in self._session.exec(query)
        )

    def begin(self, generation: int, origin: str, *, at: datetime) -> None:
        """Name a generation, from which nothing is published yet."""
        row = LogOriginRow(
            organization_id=self._id, generation=generation, origin=origin, began_at=at
        )
        self._session.add(row)
        self._session.flush()

    def mark_published(self, generation: int) -> None:
        """Remember that a checkpoint of a generation is about to be signed for the first time."""
        row = self._session.get_one(LogOriginRow, (self._id, generation))
        row.published = True
        self._session.add(row)
        self._session.flush()

    def state(self) -> LogPublication | None:
        """How far the log was published; None before the first time."""
        row = self._row()
        if row is None:
            return None
        return LogPublication(
            generation=row.generation,
            size=row.size,
            compact_range=row.compact_range,
            published_at=row.published_at,
            problem=row.problem,
            problem_idx=row.problem_idx,
            problem_since=row.problem_since,
        )

    def reached(self, generation: int, *, size: int, compact_range: bytes, at: datetime) -> None:
        """Remember how far the log was published, without a problem."""
        row = self._row() or LogPublicationRow(
            organization_id=self._id, generation=generation, size=size, compact_range=compact_range
        )
        row.generation, row.size, row.compact_range = generation, size, compact_range
        row.published_at = at
        row.problem = row.problem_idx = row.problem_since = None
        self._session.add(row)
        self._session.flush()

    def hindered(self, problem: str, idx: int | None, *, empty: bytes, at: datetime) -> None:
        """Remember what keeps the log from being published.

        Args:
            problem: its code.
            idx: the entry at fault, if it is one.
            empty: the folded tree of nothing, where nothing was published yet.
            at: since when.
        """
        row = self._row() or LogPublicationRow(
            organization_id=self._id, generation=0, size=0, compact_range=empty
        )
        row.problem, row.problem_idx, row.problem_since = problem, idx, at
        self._session.add(row)
        self._session.flush()

    def forget(self) -> None:
        """Forget how far it was: a new generation begins."""
        row = self._row()
        if row is not None:
            self._session.delete(row)
            self._session.flush()

    def entries(self, first: int, end: int) -> Iterator[SealedEntry]:
        """The entries from one index up to another, without it."""
        row = LogEntryRow
        for start, stop in _portions(first, end):
            query = select(row.idx, row.body, row.hmac).where(
                col(row.organization_id) == self._id, col(row.idx) >= start, col(row.idx) < stop
            )
            for idx, body, seal in self._session.exec(query.order_by(col(row.idx))).all():
                yield SealedEntry(idx, bytes(body), bytes(seal))

    def leaves(self, end: int) -> Iterator[bytes]:
        """The leaf hashes of the first entries, as the rows say them."""
        row = LogEntryRow
        for start, stop in _portions(0, end):
            query = select(row.leaf_hash).where(
                col(row.organization_id) == self._id, col(row.idx) >= start, col(row.idx) < stop
            )
            for leaf in self._session.exec(query.order_by(col(row.idx))).all():
                yield bytes(leaf)

    def newest_type(self) -> str | None:
        """The kind of the newest entry."""
        query = (
            select(LogEntryRow.type)
            .where(col(LogEntryRow.organization_id) == self._id)
            .order_by(col(LogEntryRow.idx).desc())
            .limit(1)
        )
        return self._session.exec(query).first()

    def heads(self) -> Iterator[StreamHead]:
        """The newest entry of every stream, in no promised order."""
        row = LogEntryRow
        newest = (
            select(row.stream, func.max(row.seq).label("seq"))
            .where(col(row.organization_id) == self._id)
            .group_by(row.stream)
            .subquery()
        )
        query = (
            select(row.stream, row.seq, row.leaf_hash)
            .join(newest, (col(row.stream) == newest.c.stream) & (col(row.seq) == newest.c.seq))
            .where(col(row.organization_id) == self._id)
        )
        for stream, seq, leaf in self._session.exec(query).all():
            yield StreamHead(stream, seq, bytes(leaf))

    def _row(self) -> LogPublicationRow | None:
        return self._session.get(LogPublicationRow, self._id)


def _portions(first: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of indexes to be read at once: a reader that stops halfway leaves no cursor open."""
    for start in range(first, end, ROWS_AT_ONCE):
        yield start, min(start + ROWS_AT_ONCE, end)
