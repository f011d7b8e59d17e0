"""The log for people who look for something: narrowed, counted, searched, entry by entry.

1. What was asked for is resolved here: a code of a case, a unit with the units below it.
2. A search for words reads entry by entry, backwards, and stops after `SEARCHED_AT_ONCE`: it says
   how far it came, and goes on from there. It looks at codes, names of files, reasons, old and new
   values, and never at personal payloads.
3. Each entry comes with the definition that was in force for it, so that it is told in the words
   of its time.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from engine.definition.diff import Difference, difference
from engine.definition.model import Process
from engine.errors import NotFound
from engine.machine.instance import no_values
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.log_reading import LogSummary, Span

SEARCHED_AT_ONCE: Final = 20_000
READ_AT_ONCE: Final = 500
REFUSED_BEFORE: Final = 10
ID_LENGTH_MAX: Final = 60
"""No id of a person is longer: what is longer is not looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuestion:
    """What somebody looks for in the log.

    Attributes:
        wanted: what the database narrows by.
        unit: people of this unit and of all below it.
        code: readable code of a case.
        words: what must stand somewhere in the entry.
    """

    wanted: LogFilter = field(default_factory=LogFilter)
    unit: str | None = None
    code: str | None = None
    words: str | None = None

    def as_details(self) -> dict[str, Any]:
        """The question as an entry of the log keeps it: what was narrowed, and to what."""
        told = {
            name: getattr(self.wanted, name)
            for name in ("instance", "process", "actor", "transition", "outcome", "unit", "type")
        }
        for name in ("first", "last"):
            moment = getattr(self.wanted, name)
            told[name] = None if moment is None else moment.isoformat()
        told |= {"units_of": self.unit, "code": self.code, "words": self.words}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some entries with all that telling them takes.

    Attributes:
        people: names by id, of everybody whom an entry names.
        files: names by id, of every file that an entry speaks of.
        definitions: the definition of each entry that was made under one, by its digest.
        next: place to go on from, backwards; None at the end.
        searched_to: where a search for words stopped before it had a whole page.
        summary: of the whole narrowing; None on a later page and where words are searched for.
    """

    entries: tuple[LogEntry, ...]
    people: Mapping[str, str]
    definitions: Mapping[str, Process]
    next: int | None
    size: int
    searched_to: int | None = None
    summary: LogSummary | None = None
    files: Mapping[str, str] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry with what stands around it.

    Attributes:
        before: place of the entry before it in its stream; `after`: of the one behind it.
        difference: what a published definition changed against the version before.
        refused_before: the newest attempts on its case that were refused before it.
    """

    entry: LogEntry
    people: Mapping[str, str]
    definitions: Mapping[str, Process]
    before: int | None
    after: int | None
    size: int
    difference: Difference | None = None
    files: Mapping[str, str] = field(default_factory=no_values)
    refused_before: tuple[LogEntry, ...] = ()


def log_page(
    runtime: Runtime,
    caller: Caller,
    question: LogQuestion,
    *,
    before: int | None = None,
    limit: int = 50,
) -> LogPage:
    """The newest entries that answer a question, or those before a place; the first page counts.

    Raises:
        NotFound: the organisation has no such case.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        wanted = resolved(uow, question)
        reader = uow.tables.log_reader
        span = reader.span(wanted)
        stopped = None
        if question.words:
            found, stopped = _searched(uow, wanted, span, question.words, before, limit + 1)
        else:
            found = reader.before(wanted, span, place=before, limit=limit + 1)
        entries = tuple(found[:limit])
        more = len(found) > limit
        counts = before is None and not question.words
        size = uow.tables.log.size()
        return LogPage(
            entries=entries,
            people=people_in(uow, entries),
            files=files_in(uow, entries),
            definitions=definitions_of(uow, entries),
            next=entries[-1].idx if more else stopped,
            size=size,
            searched_to=None if more else stopped,
            summary=_counted(uow, wanted, size) if counts else None,
        )


def log_entry(runtime: Runtime, caller: Caller, idx: int) -> EntryView:
    """One entry of the log.

    Raises:
        NotFound: the log has none of that index.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        reader = uow.tables.log_reader
        entry = reader.get(idx)
        if entry is None:
            raise NotFound("unknown_entry", entry=idx)
        before = reader.of_stream(entry.stream, entry.seq - 1) if entry.seq else None
        after = reader.of_stream(entry.stream, entry.seq + 1)
        refused = _refused_before(uow, entry)
        return EntryView(
            entry=entry,
            people=people_in(uow, [entry, *refused]),
            files=files_in(uow, [entry]),
            definitions=definitions_of(uow, [entry, *refused]),
            refused_before=refused,
            before=None if before is None else before.idx,
            after=None if after is None else after.idx,
            size=uow.tables.log.size(),
            difference=_published(uow, entry),
        )


def resolved(uow: UnitOfWork, question: LogQuestion) -> LogFilter:
    """What the database narrows by, the case and the units found.

    Raises:
        NotFound: the organisation has no such case.
    """
    wanted = question.wanted
    if question.code:
        case = uow.tables.instances.by_code(question.code.strip().upper())
        if case is None:
            raise NotFound("unknown_instance", instance=question.code)
        wanted = replace(wanted, instance=case.id)
    if wanted.instance is not None and uow.tables.instances.get(wanted.instance) is None:
        raise NotFound("unknown_instance", instance=wanted.instance)
    if question.unit:
        wanted = replace(wanted, units=units_below(uow, question.unit))
    return wanted


def units_below(uow: UnitOfWork, unit: str) -> tuple[str, ...]:
    """A unit and every unit of today below it."""
    below = [unit]
    units = uow.tables.organization.units(uow.today)
    for one in below:
        below += [found.id for found in units if found.parent == one and found.id not in below]
    return tuple(below)


def pages(
    runtime: Runtime,
    organization_id: str,
    question: LogQuestion,
    *,
    size: int,
    readable: bool = False,
) -> Iterator[LogPage]:
    """Every entry below a size that answers a question, oldest first; a transaction a page.

    With `readable`, each page comes with the names and definitions that telling it takes.

    Raises:
        NotFound: the organisation has no such case.
    """
    with runtime.read(organization_id) as uow:
        wanted = resolved(uow, question)
        span = uow.tables.log_reader.span(wanted).below(size)
    place: int | None = -1
    while place is not None:
        with runtime.read(organization_id) as uow:
            some = uow.tables.log_reader.after(wanted, span, place=place, limit=READ_AT_ONCE)
            found = [one for one in some if not question.words or says(one, question.words)]
            page = LogPage(
                entries=tuple(found),
                people=people_in(uow, found) if readable else {},
                files=files_in(uow, found) if readable else {},
                definitions=definitions_of(uow, found) if readable else {},
                next=None,
                size=size,
            )
        yield page
        place = some[-1].idx if len(some) == READ_AT_ONCE else None


def found_in(uow: UnitOfWork, question: LogQuestion, *, size: int) -> Iterator[list[LogEntry]]:
    """Every entry below a size that answers a question, in one transaction."""
    wanted = resolved(uow, question)
    span, place = uow.tables.log_reader.span(wanted).below(size), -1
    while some := uow.tables.log_reader.after(wanted, span, place=place, limit=READ_AT_ONCE):
        yield [entry for entry in some if not question.words or says(entry, question.words)]
        place = some[-1].idx


def says(entry: LogEntry, words: str) -> bool:
    """Whether an entry holds these words, whatever the case of their letters."""
    needle = _plain(words)
    if entry.payload is not None:
        texts: Iterable[str] = (
            entry.payload.reason or "",
            *_texts([(change.old, change.new) for change in entry.payload.changes]),
            *_texts(entry.payload.details),
        )
        if any(needle in _plain(told) for told in texts):
            return True
    body: dict[str, Any] = json.loads(entry.body)
    return any(needle in _plain(str(body.get(name, ""))) for name in ("code", "subject"))


def people_in(uow: UnitOfWork, entries: Iterable[LogEntry]) -> dict[str, str]:
    """The names of everybody whom some entries name, those who left included."""
    wanted: set[str] = set()
    for entry in entries:
        body = json.loads(entry.body)
        wanted |= {entry.actor, str(body.get("on_behalf", "")), str(body.get("subject", ""))}
        if entry.payload is not None:
            wanted.update(_texts([(one.old, one.new) for one in entry.payload.changes]))
            wanted.update(_texts(entry.payload.details))
    likely = {told for told in wanted if told and len(told) <= ID_LENGTH_MAX and " " not in told}
    found = uow.tables.organization.known(likely, on=uow.today)
    return {person.id: person.name for person in found.values()}


def files_in(uow: UnitOfWork, entries: Iterable[LogEntry]) -> dict[str, str]:
    """What the files are called of which some entries speak."""
    wanted = {
        file["id"] for entry in entries for file in json.loads(entry.body).get("evidence", ())
    }
    return uow.tables.evidence.names(wanted) if wanted else {}


def definitions_of(uow: UnitOfWork, entries: Iterable[LogEntry]) -> dict[str, Process]:
    """The definitions under which entries were made, by digest; the newest one for want of it."""
    found: dict[str, Process] = {}
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        digest = json.loads(entry.body).get("def")
        if entry.process is not None and digest is not None:
            wanted.setdefault(entry.process, set()).add(digest)
    for process, digests in wanted.items():
        for version in uow.tables.definitions.versions(process):
            if version.digest in digests:
                found[version.digest] = uow.runtime.compiled(version).process
    return found


def _counted(uow: UnitOfWork, wanted: LogFilter, size: int) -> LogSummary:
    """The summary of a narrowing: what was counted before is never counted again, as it stays."""
    kept, key = uow.runtime.log_counts, (uow.organization.id, wanted)
    before = kept.find(key)
    since = 0 if before is None else before[0]
    found = uow.tables.log_reader.counted(wanted, zone=uow.zone, since=since, size=size)
    if before is not None:
        found = before[1].and_then(found)
    kept.keep(key, (size, found))
    return found


def _searched(
    uow: UnitOfWork, wanted: LogFilter, span: Span, words: str, before: int | None, limit: int
) -> tuple[list[LogEntry], int | None]:
    """Entries with these words, and where the search stopped; None at the end of the log."""
    found: list[LogEntry] = []
    place, looked = before, 0
    while looked < SEARCHED_AT_ONCE:
        some = uow.tables.log_reader.before(wanted, span, place=place, limit=READ_AT_ONCE)
        for entry in some:
            if says(entry, words):
                found.append(entry)
                if len(found) == limit:
                    return found, None
        if len(some) < READ_AT_ONCE:
            return found, None
        place, looked = some[-1].idx, looked + len(some)
    return found, place


def _refused_before(uow: UnitOfWork, entry: LogEntry) -> tuple[LogEntry, ...]:
    if entry.instance is None:
        return ()
    wanted = LogFilter(instance=entry.instance, outcome="refused")
    reader = uow.tables.log_reader
    return tuple(reader.before(wanted, Span(), place=entry.idx, limit=REFUSED_BEFORE))


def _published(uow: UnitOfWork, entry: LogEntry) -> Difference | None:
    """What a version changed against the one before it; None for a first version."""
    subject = json.loads(entry.body).get("subject", "")
    process, _, number = subject.partition("/")
    if entry.type != "definition_published" or not number.isdecimal():
        return None
    versions = uow.tables.definitions.versions(process)
    this = next((one for one in versions if one.version == int(number)), None)
    older = [one for one in versions if one.version < int(number)]
    if this is None or not older:
        return None
    before = max(older, key=lambda one: one.version)
    return difference(uow.runtime.compiled(before).process, uow.runtime.compiled(this).process)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _plain(told: str) -> str:
    return unicodedata.normalize("NFC", told).casefold()


def first_day(runtime: Runtime, caller: Caller) -> date | None:
    """The day of the oldest entry; None in an empty log."""
    with runtime.read(caller.organization_id) as uow:
        found = uow.tables.log_reader.first_instant()
        return None if found is None else found.astimezone(uow.zone).date()


def count_matching(runtime: Runtime, caller: Caller, question: LogQuestion) -> int:
    """How many entries answer a question now.

    Raises:
        NotFound: the organisation has no such case.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        size = uow.tables.log.size()
        if question.words:
            return sum(map(len, found_in(uow, question, size=size)))
        return uow.tables.log_reader.total(resolved(uow, question), size=size)
