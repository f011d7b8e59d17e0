"""The log as it is read: any narrowing of it at any depth, counted, and case by case.

1. A page is found by its place: as deep as it lies, no more rows are looked at than it shows and
   its narrowing wants. Each narrowing has an index of its own.
2. A period is first turned into the places between which it lies: the log is in the order of
   writing, and that is nearly the order of time, never surely.
3. People of several units are read unit by unit, each from its index, and merged: a list of units
   in one question would make the database sort all that they ever did.
4. Nothing here is changed; bodies are read, never made.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import func, literal_column, or_, text
from sqlmodel import Session, col, select

from engine.audit.leaf import EntryType, Outcome
from engine.audit.payload import payload_from_bytes
from engine.storage.audit_log import LogEntry, LogEntryRow, LogFilter
from engine.storage.database import UtcDateTime

AT_ONCE: Final = 500
COUNTS_MAX: Final = 200
"""Entries of a long reading that are fetched at once."""
REFUSED: Final[Any] = literal_column("'refused'")
"""Said in the question itself: with a parameter no database sees that its partial index serves."""
HOUR_TEXT: Final = len("2026-07-06 01")
INDEX_MAX: Final = 2**31 - 1
"""What the column of places takes on PostgreSQL; a place beyond it is asked for in vain."""
MINUTE_TEXT: Final = len("2026-07-06 01:00")
_NAMES: Final = (
    *("idx", "stream", "seq", "type", "outcome", "instance", "process", "transition", "actor"),
    *("unit", "recorded_at", "body", "leaf_hash", "payload"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Between which places the entries of a period lie; None leaves a side open."""

    lowest: int | None = None
    highest: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies in it."""
        return self.lowest is not None and self.highest is not None and self.highest < self.lowest

    def below(self, place: int) -> "Span":
        """What of it lies below a place: one border on each side, which a database seeks by."""
        highest = min(place - 1, INDEX_MAX if self.highest is None else self.highest)
        return replace(self, highest=highest)

    def above(self, place: int) -> "Span":
        """What of it lies above a place."""
        lowest = min(INDEX_MAX, max(place + 1, 0 if self.lowest is None else self.lowest))
        return replace(self, lowest=lowest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSummary:
    """What a narrowing of the log holds, counted.

    Attributes:
        people: person → entries, the most first.
        days: day of the organisation → (accepted, refused), in the order of the days.
    """

    accepted: int
    refused: int
    people: tuple[tuple[str, int], ...]
    days: tuple[tuple[date, int, int], ...]

    @property
    def total(self) -> int:
        """All of them."""
        return self.accepted + self.refused

    def and_then(self, other: "LogSummary") -> "LogSummary":
        """This with what was counted behind it."""
        people = Counter(dict(self.people)) + Counter(dict(other.people))
        days = {day: (accepted, refused) for day, accepted, refused in self.days}
        for day, accepted, refused in other.days:
            before = days.get(day, (0, 0))
            days[day] = (before[0] + accepted, before[1] + refused)
        return LogSummary(
            accepted=self.accepted + other.accepted,
            refused=self.refused + other.refused,
            people=tuple(people.most_common()),
            days=tuple((day, *counts) for day, counts in sorted(days.items())),
        )


class LogCounts:
    """Summaries that were counted, each with the size of the log up to which it counts.

    An entry is never changed and none is put before another, so that what was counted stays so. In
    the memory of a process alone: whoever does not believe the database verifies the log.
    """

    def __init__(self, most: int = COUNTS_MAX) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, LogFilter], tuple[int, LogSummary]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: tuple[str, LogFilter]) -> tuple[int, LogSummary] | None:
        """What was counted for a narrowing of an organisation's log."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, LogFilter], counted: tuple[int, LogSummary]) -> None:
        """Keep what was counted; what nobody asked for longest is forgotten."""
        with self._lock:
            self._kept[key] = counted
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)


class LogReader:
    """Reads the log of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def span(self, wanted: LogFilter) -> Span:
        """The places between which the period of a narrowing lies."""
        if wanted.first is None and wanted.last is None:
            return Span()
        query = select(func.min(LogEntryRow.idx), func.max(LogEntryRow.idx)).where(
            self._mine(), *_in_period(wanted, col(LogEntryRow.recorded_at))
        )
        found: Any = self._session.exec(query).one()
        if found[0] is None:
            return Span(lowest=0, highest=-1)
        return Span(lowest=found[0], highest=found[1])

    def before(
        self, wanted: LogFilter, span: Span, *, place: int | None, limit: int
    ) -> list[LogEntry]:
        """Entries before a place, the newest first."""
        return self._page(wanted, span, place=place, limit=limit, downwards=True)

    def after(
        self, wanted: LogFilter, span: Span, *, place: int | None, limit: int
    ) -> list[LogEntry]:
        """Entries behind a place, the oldest first."""
        return self._page(wanted, span, place=place, limit=limit, downwards=False)

    def of_case(self, instance: str, kinds: Sequence[str], *, size: int) -> list[LogEntry]:
        """The entries of a case of some kinds that happened, below a size, oldest first."""
        idx = col(LogEntryRow.idx)
        query = self._columns().where(
            col(LogEntryRow.instance) == instance,
            col(LogEntryRow.type).in_(kinds),
            col(LogEntryRow.outcome) == Outcome.ACCEPTED.value,
            idx < size,
        )
        return [_entry(found) for found in self._session.exec(query.order_by(idx))]

    def get(self, idx: int) -> LogEntry | None:
        """The entry at a place."""
        if idx > INDEX_MAX:
            return None
        found = self._session.exec(self._columns().where(col(LogEntryRow.idx) == idx)).first()
        return None if found is None else _entry(found)

    def of_stream(self, stream: str, seq: int) -> LogEntry | None:
        """An entry by its number in its stream."""
        query = self._columns().where(
            col(LogEntryRow.stream) == stream, col(LogEntryRow.seq) == seq
        )
        found = self._session.exec(query).first()
        return None if found is None else _entry(found)

    def leaf_hashes(self, first: int, end: int) -> tuple[bytes, ...]:
        """The hashes of some leaves, by their places."""
        idx = col(LogEntryRow.idx)
        query = select(LogEntryRow.leaf_hash).where(self._mine(), idx >= first, idx < end)
        return tuple(self._session.exec(query.order_by(idx)))

    def some_cases(self, wanted: LogFilter, *, size: int, place: str) -> list[str]:
        """Some cases of which a narrowing of the log speaks, by id, beyond one; none at the end."""
        query = (
            select(LogEntryRow.instance)
            .where(
                self._mine(),
                *_narrowed(wanted, self.span(wanted)),
                col(LogEntryRow.instance) > place,
                col(LogEntryRow.idx) < size,
            )
            .distinct()
            .order_by(col(LogEntryRow.instance))
            .limit(AT_ONCE)
        )
        return [instance for instance in self._session.exec(query) if instance is not None]

    def counted(
        self, wanted: LogFilter, *, zone: tzinfo, since: int = 0, size: int = INDEX_MAX
    ) -> LogSummary:
        """Count a narrowing of the log by outcome, person and day, between two places."""
        span = self.span(wanted).above(since - 1).below(size)
        asked = [self._mine(), *_narrowed(wanted, span)]
        moment = self._moment(zone)
        people: Counter[str] = Counter()
        outcomes: Counter[str] = Counter()
        days: dict[date, Counter[str]] = {}
        if not span.is_empty:
            count, row = func.count(), LogEntryRow
            by_person = select(row.outcome, row.actor, count).where(*asked)
            for outcome, actor, number in self._session.exec(
                by_person.group_by(row.outcome, row.actor)
            ):
                people[actor] += number
                outcomes[outcome] += number
            by_moment = select(row.outcome, moment, count).where(*asked)
            for outcome, told, number in self._session.exec(
                by_moment.group_by(row.outcome, text("2"))
            ):
                days.setdefault(_day(told, zone), Counter())[outcome] += number
        return LogSummary(
            accepted=outcomes[Outcome.ACCEPTED],
            refused=outcomes[Outcome.REFUSED],
            people=tuple(people.most_common()),
            days=tuple(
                (day, told[Outcome.ACCEPTED], told[Outcome.REFUSED])
                for day, told in sorted(days.items())
            ),
        )

    def total(self, wanted: LogFilter, *, size: int) -> int:
        """How many entries below a size a narrowing has."""
        span = self.span(wanted)
        query = select(func.count()).where(
            self._mine(), *_narrowed(wanted, span), col(LogEntryRow.idx) < size
        )
        return 0 if span.is_empty else int(self._session.exec(query).one())

    def courses(
        self, *, process: str | None = None, instance: str | None = None
    ) -> Iterator[tuple[int, str, bytes, bytes | None]]:
        """Openings and accepted steps of cases in the order of the log.

        Each as its place, its case, its body, and the payload of an opening.
        """
        row = LogEntryRow
        opened = col(row.type) == EntryType.INSTANCE_CREATED.value
        stepped = col(row.type) == EntryType.TRANSITION.value
        told: Any = (row.idx, row.instance, row.body, row.type, row.payload)
        query: Any = select(*told).where(
            self._mine(), or_(opened, stepped), col(row.outcome) == Outcome.ACCEPTED.value
        )
        if process is not None:
            query = query.where(col(row.process) == process)
        if instance is not None:
            query = query.where(col(row.instance) == instance)
        query = query.order_by(col(row.idx)).execution_options(yield_per=AT_ONCE)
        for idx, case, body, kind, payload in self._session.execute(query):
            yield (
                idx,
                str(case),
                body,
                payload if kind == EntryType.INSTANCE_CREATED.value else None,
            )

    def first_instant(self) -> datetime | None:
        """When the oldest entry was written."""
        query = select(func.min(LogEntryRow.recorded_at)).where(self._mine())
        return self._session.exec(query).one()

    def _page(
        self, wanted: LogFilter, span: Span, *, place: int | None, limit: int, downwards: bool
    ) -> list[LogEntry]:
        if span.is_empty:
            return []
        if len(wanted.units) > 1:
            pages = [
                self._page(
                    replace(wanted, units=(unit,)),
                    span,
                    place=place,
                    limit=limit,
                    downwards=downwards,
                )
                for unit in wanted.units
            ]
            merged = sorted(
                (entry for page in pages for entry in page),
                key=lambda entry: entry.idx,
                reverse=downwards,
            )
            return merged[:limit]
        if place is not None:
            span = span.below(place) if downwards else span.above(place)
        idx = col(LogEntryRow.idx)
        query = self._columns().where(*_narrowed(wanted, span, by_place=self._is_sqlite))
        query = query.order_by(idx.desc() if downwards else idx).limit(limit)
        return [_entry(found) for found in self._session.exec(query)]

    def _columns(self) -> Any:
        """Plain columns: a row of the mapper costs three times as much to read."""
        columns = [getattr(LogEntryRow, name) for name in _NAMES]
        kept = col(LogEntryRow.personal).is_not(None)
        return select(*columns, kept).where(self._mine())  # type: ignore[call-overload]

    def _moment(self, zone: tzinfo) -> Any:
        """When an entry was written, as finely as days of the zone begin: to the hour mostly."""
        offset = datetime(2000, 1, 1, tzinfo=zone).utcoffset()
        whole = offset is not None and offset % timedelta(hours=1) == timedelta()
        recorded = col(LogEntryRow.recorded_at)
        if self._is_sqlite:
            return func.substr(recorded, 1, HOUR_TEXT if whole else MINUTE_TEXT)
        unit: Any = literal_column("'hour'" if whole else "'minute'")
        return func.date_trunc(unit, recorded, literal_column("'UTC'"))

    @property
    def _is_sqlite(self) -> bool:
        return bool(self._session.get_bind().dialect.name == "sqlite")

    def _mine(self) -> Any:
        return col(LogEntryRow.organization_id) == self._id


def _narrowed(wanted: LogFilter, span: Span, *, by_place: bool = False) -> list[Any]:
    """What an entry must be.

    `by_place` keeps SQLite from sorting a whole period by place; PostgreSQL sees that for itself.
    """
    row = LogEntryRow
    found: list[Any] = [
        col(getattr(row, name)) == getattr(wanted, name)
        for name in ("instance", "process", "actor", "transition", "unit", "type")
        if getattr(wanted, name) is not None
    ]
    if wanted.outcome is not None:
        refused = wanted.outcome == Outcome.REFUSED
        found.append(col(row.outcome) == (REFUSED if refused else wanted.outcome))
    if len(wanted.units) == 1:
        found.append(col(row.unit) == wanted.units[0])
    elif wanted.units:
        found.append(col(row.unit).in_(wanted.units))
    if span.lowest is not None:
        found.append(col(row.idx) >= span.lowest)
    if span.highest is not None:
        found.append(col(row.idx) <= span.highest)
    recorded = col(row.recorded_at)
    hidden = func.coalesce(recorded, recorded, type_=UtcDateTime()) if by_place else recorded
    return [*found, *_in_period(wanted, hidden)]


def _day(told: datetime | str, zone: tzinfo) -> date:
    """The day of a moment, which SQLite gives as the beginning of a text."""
    if isinstance(told, str):
        told = datetime.fromisoformat(told).replace(tzinfo=UTC)
    return told.astimezone(zone).date()


def _in_period(wanted: LogFilter, recorded: Any) -> list[Any]:
    found: list[Any] = []
    if wanted.first is not None:
        found.append(recorded >= wanted.first)
    if wanted.last is not None:
        found.append(recorded < wanted.last)
    return found


def _entry(found: Sequence[Any]) -> LogEntry:
    values = dict(zip(_NAMES, found, strict=False))
    payload = values.pop("payload")
    return LogEntry(
        **values,
        payload=None if payload is None else payload_from_bytes(payload),
        personal_kept=bool(found[-1]),
    )
