"""Fill a register from a file: looked at first, then given to the background as a job.

1. The bytes go into the evidence store before anything is written down.
2. Without a mapping of its own a file is read as the last one of its source was; what an import
   was started with is remembered for the next.
3. One content of one source is imported once: who sends it again is given the job that there is.
4. What is not started within two days is forgotten, and its bytes with it. So are the bytes of
   every import that has ended: they may hold what was dropped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from engine.commands.sweep_orphans import forget_content
from engine.errors import Conflict, Invalid, NotFound
from engine.evidence.filename import clean_filename
from engine.machine.instance import no_values
from engine.machine.register import FaultyRow, Layout, ReadRow, Register
from engine.runtime import Caller, Runtime, Unavailable, UnitOfWork
from engine.storage.jobs import Job, JobState
from engine.storage.sources import KnownSource
from engine.transaction.registering import (
    IMPORT,
    check_filler,
    log_import,
    reading_of,
    register_named,
)

COUNTS = ("rows", "faulty", "faults", "new", "changed", "same", "older", "opened")
LOOKED_AT = 5_000
ROWS_SHOWN = 20
WAITING_MAX = 20
"""Imports that may wait at once; more is a program that runs wild."""
DRAFTS_KEPT = timedelta(days=2)
ROWS_MAX = 1_000_000_000
PAIRS_MAX = 500
TEXT_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToImport:
    """A file and what is said of it.

    Attributes:
        source: the system that it comes from.
        as_of: the instant whose picture it is; None for now.
        mapping, aliases: None reads it as the last one of its source.
        declared_rows: how many rows its source says that it has.
        declared_sha256: the digest that its source says that it has.
    """

    register: str
    content: BinaryIO
    filename: str
    source: str
    as_of: datetime | None = None
    mapping: Mapping[str, str] | None = None
    aliases: Mapping[str, str] | None = None
    declared_rows: int | None = None
    declared_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an import would read, as far as was looked.

    Attributes:
        rows: (number, column → value) of the first rows.
        rows_seen: rows looked at; `complete` when the file has no more.
        faults: of these rows.
    """

    layout: Layout
    columns: tuple[str, ...]
    required: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    faults: tuple[FaultyRow, ...]
    rows_seen: int
    complete: bool
    mapping: Mapping[str, str] = field(default_factory=no_values)
    aliases: Mapping[str, str] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A job; `known` when it was there already for this content."""

    job: Job
    known: bool = False


class ColumnsMissing(Invalid):
    """The heading has no column for something without which no row can be read."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        super().__init__("columns_missing", columns=list(columns))


def preview_file(runtime: Runtime, caller: Caller, file: FileToImport) -> Preview:
    """Look at a file; nothing is stored.

    Raises:
        Invalid: it cannot be read, or something said of it does not fit.
        FillsNot: the caller may not fill this register.
    """
    with runtime.read(caller.organization_id) as uow:
        register = register_named(uow, file.register)
        check_filler(register, uow.actor(caller))
        told = _told(uow, register, file)
        reading = reading_of(uow, file.filename, **_pairs(told))
    return _preview(register.open(file.content, reading), register, _pairs(told))


def draft_import(
    runtime: Runtime, caller: Caller, file: FileToImport, *, bytes_max: int, start: bool
) -> Drafted:
    """Keep a file for an import, and with `start` hand it to the background at once.

    Raises:
        Invalid: it cannot be read, something said of it does not fit, or columns are missing.
        FillsNot: the caller may not fill this register.
        Conflict: `imports_waiting`: there are too many already.
    """
    with runtime.read(caller.organization_id) as uow:
        register = register_named(uow, file.register)
        check_filler(register, uow.actor(caller))
        told = _told(uow, register, file)
        reading = reading_of(uow, file.filename, **_pairs(told))
    layout = register.open(file.content, reading).layout
    if start and layout.missing:
        raise ColumnsMissing(layout.missing)
    file.content.seek(0)
    blob = runtime.store.put(caller.organization_id, file.content, max_bytes=bytes_max)
    if file.declared_sha256 not in {None, blob.sha256}:
        raise Invalid("digest_differs", declared=file.declared_sha256, found=blob.sha256)
    with runtime.write(caller.organization_id) as uow:
        uow.tables.log.lock()
        if not runtime.store.exists(caller.organization_id, blob.sha256):
            raise Unavailable("database_unavailable")
        job = Job(
            id=uow.new_id(),
            kind=IMPORT,
            subject=file.register,
            state=JobState.DRAFTED,
            filename=clean_filename(file.filename),
            sha256=blob.sha256,
            size=blob.size,
            options=told,
            created_by=caller.person,
            token=caller.token,
            created_at=uow.now,
        )
        known = _known(uow, job, layout) if start else None
        if known is None:
            uow.tables.jobs.add(job)
            if start:
                job = _start(uow, caller, job, layout)
            uow.commit()
            return Drafted(job=job)
    forget_content(runtime, caller.organization_id, blob.sha256)
    return Drafted(job=known, known=True)


def preview_draft(runtime: Runtime, caller: Caller, job_id: str) -> tuple[Job, Preview]:
    """Look at a file that was kept, as it would be read now.

    Raises:
        NotFound: no such import.
        Conflict: it was started.
    """
    with runtime.read(caller.organization_id) as uow:
        job, register = _draft(uow, caller, job_id)
        reading = reading_of(uow, job.filename, **_pairs(job.options))
    with runtime.store.open(caller.organization_id, job.sha256) as content:
        preview = _preview(register.open(content, reading), register, _pairs(job.options))
    return job, preview


def map_draft(
    runtime: Runtime,
    caller: Caller,
    job_id: str,
    *,
    mapping: Mapping[str, str],
    aliases: Mapping[str, str],
) -> None:
    """Choose anew how a file that was kept is read.

    Raises:
        NotFound: no such import.
        Conflict: it was started.
        Invalid: a column or unit that there is not.
    """
    with runtime.write(caller.organization_id) as uow:
        job, register = _draft(uow, caller, job_id)
        _check_pairs(uow, register, mapping, aliases)
        options = {**job.options, "mapping": dict(mapping), "aliases": dict(aliases)}
        _move(uow, job, JobState.DRAFTED, options=options)
        uow.commit()


def start_import(runtime: Runtime, caller: Caller, job_id: str) -> Drafted:
    """Hand an import that was looked at to the background.

    Raises:
        NotFound: no such import.
        Conflict: it was started, or too many wait.
        ColumnsMissing: not every column that is needed has its heading.
    """
    job, preview = preview_draft(runtime, caller, job_id)
    if preview.layout.missing:
        raise ColumnsMissing(preview.layout.missing)
    with runtime.write(caller.organization_id) as uow:
        uow.tables.log.lock()
        known = _known(uow, job, preview.layout)
        if known is None:
            started = _start(uow, caller, job, preview.layout)
            uow.commit()
            return Drafted(job=started)
        _move(uow, job, JobState.CANCELLED)
        uow.commit()
    forget_content(runtime, caller.organization_id, job.sha256)
    return Drafted(job=known, known=True)


def cancel_import(runtime: Runtime, caller: Caller, job_id: str) -> None:
    """Stop an import; the rows that it has written stay, and the log says how many.

    Raises:
        NotFound: no such import.
        Conflict: it has ended.
    """
    with runtime.write(caller.organization_id) as uow:
        uow.tables.log.lock()
        job, register = _job(uow, caller, job_id)
        role = check_filler(register, uow.actor(caller))
        _move(uow, job, JobState.CANCELLED)
        if job.state is not JobState.DRAFTED:
            counts = {name: job.progress[name] for name in COUNTS if name in job.progress}
            log_import(uow, job, "cancelled", actor=uow.actor(caller), role=role, **counts)
        uow.commit()
    forget_content(runtime, caller.organization_id, job.sha256)


def forget_drafts(runtime: Runtime, organization_id: str) -> int:
    """Drop files that somebody looked at and never imported; how many."""
    with runtime.write(organization_id) as uow:
        old = uow.tables.jobs.drafts_before(uow.now - DRAFTS_KEPT)
        for job_id in old:
            uow.tables.jobs.change(
                job_id, of=(JobState.DRAFTED,), to=JobState.CANCELLED, at=uow.now
            )
        uow.commit()
        return len(old)


def _told(uow: UnitOfWork, register: Register, file: FileToImport) -> dict[str, Any]:
    """What an import is told, checked, as JSON."""
    known = uow.tables.sources.get(file.register, file.source)
    remembered = known or KnownSource(source=file.source)
    mapping = remembered.mapping if file.mapping is None else file.mapping
    aliases = remembered.aliases if file.aliases is None else file.aliases
    if not file.source.strip():
        raise _wrong("source", "required")
    if len(file.source) > TEXT_LENGTH:
        raise _wrong("source", "too_long", most=TEXT_LENGTH)
    if file.as_of is not None and file.as_of > uow.now:
        raise _wrong("as_of", "in_future")
    if file.declared_rows is not None and not 0 <= file.declared_rows <= ROWS_MAX:
        raise _wrong("rows", "too_large", most=ROWS_MAX)
    # What was remembered of an earlier heading must not stand in the way of this one.
    if file.mapping is not None or file.aliases is not None:
        _check_pairs(uow, register, mapping, aliases)
    return {
        "source": file.source.strip(),
        "as_of": (file.as_of or uow.now).isoformat(),
        "mapping": dict(mapping),
        "aliases": dict(aliases),
        "dropped": [],
        "declared_rows": file.declared_rows,
    }


def _check_pairs(
    uow: UnitOfWork, register: Register, mapping: Mapping[str, str], aliases: Mapping[str, str]
) -> None:
    units = {unit.id for unit in uow.tables.organization.units(uow.today)}
    faults = [
        _fault(f"mapping.{name[:80]}", "unknown_field")
        for name in mapping
        if name not in register.columns
    ]
    faults += [
        _fault(f"aliases.{name[:80]}", "unknown_unit", unit=unit)
        for name, unit in aliases.items()
        if unit not in units
    ]
    texts = (*mapping.values(), *aliases)
    if len(mapping) + len(aliases) > PAIRS_MAX or any(len(text) > TEXT_LENGTH for text in texts):
        faults.append(_fault("mapping", "too_long", most=TEXT_LENGTH))
    if faults:
        raise Invalid("wrong_values", faults=faults)


def _pairs(told: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    return {"mapping": told["mapping"], "aliases": told["aliases"]}


def _preview(opened: Any, register: Register, pairs: Mapping[str, Mapping[str, str]]) -> Preview:
    layout: Layout = opened.layout
    items: Iterator[ReadRow | FaultyRow] = iter(()) if layout.missing else opened.rows()
    seen = list(islice(items, LOOKED_AT))
    faults = [item for item in seen if isinstance(item, FaultyRow)]
    rows = [item for item in seen if isinstance(item, ReadRow)]
    return Preview(
        layout=layout,
        columns=register.columns,
        required=register.required,
        rows=tuple((row.number, register.shown(row.value)) for row in rows[:ROWS_SHOWN]),
        faults=tuple(faults),
        rows_seen=len({item.number for item in seen}),
        complete=next(items, None) is None,
        **pairs,
    )


def _start(uow: UnitOfWork, caller: Caller, job: Job, layout: Layout) -> Job:
    """Let a draft wait for the background, and remember how its source is read."""
    jobs = uow.tables.jobs
    if jobs.count(IMPORT, (JobState.WAITING,)) >= WAITING_MAX:
        raise Conflict("imports_waiting", most=WAITING_MAX)
    actor = uow.actor(caller)
    role = check_filler(register_named(uow, job.subject), actor)
    # The heading is fixed as it was looked at: later rules of recognition shall not change it.
    options = {
        **job.options,
        "mapping": dict(layout.mapping),
        "dropped": list(layout.personal),
    }
    started = replace(job, state=JobState.WAITING, options=options)
    _move(uow, job, JobState.WAITING, options=options)
    source = KnownSource(
        source=options["source"], mapping=options["mapping"], aliases=options["aliases"]
    )
    uow.tables.sources.remember(job.subject, source, by=caller.person, at=uow.now)
    log_import(
        uow,
        started,
        "begun",
        actor=actor,
        role=role,
        size=job.size,
        as_of=options["as_of"],
        mapping=options["mapping"],
        aliases=sorted([name, unit] for name, unit in options["aliases"].items()),
        dropped=options["dropped"],
        declared_rows=options["declared_rows"],
    )
    return started


def _known(uow: UnitOfWork, job: Job, layout: Layout) -> Job | None:
    """The import of the same content of the same source, read in the same way."""
    wanted = {
        "source": job.options["source"],
        "aliases": job.options["aliases"],
        "mapping": dict(layout.mapping),
    }
    for other in uow.tables.jobs.of_file(IMPORT, job.sha256):
        if other.subject == job.subject and wanted.items() <= dict(other.options).items():
            return other
    return None


def _draft(uow: UnitOfWork, caller: Caller, job_id: str) -> tuple[Job, Register]:
    job, register = _job(uow, caller, job_id)
    if job.state is not JobState.DRAFTED:
        raise Conflict("import_started", state=job.state.value)
    return job, register


def _job(uow: UnitOfWork, caller: Caller, job_id: str) -> tuple[Job, Register]:
    """An import with its register.

    Raises:
        NotFound: no such import.
        FillsNot: the caller may not fill its register.
    """
    job = uow.tables.jobs.get(job_id)
    if job is None or job.kind != IMPORT:
        raise NotFound("unknown_job", job=job_id)
    register = register_named(uow, job.subject)
    check_filler(register, uow.actor(caller))
    return job, register


def _move(uow: UnitOfWork, job: Job, to: JobState, **values: Any) -> None:
    open_states = (JobState.DRAFTED, JobState.WAITING, JobState.RUNNING)
    of = open_states if to is JobState.CANCELLED else (JobState.DRAFTED,)
    if not uow.tables.jobs.change(job.id, of=of, to=to, at=uow.now, **values):
        raise Conflict("import_started", state=job.state.value)


def _wrong(field_name: str, code: str, **params: Any) -> Invalid:
    return Invalid("wrong_values", faults=[_fault(field_name, code, **params)])


def _fault(field_name: str, code: str, **params: Any) -> dict[str, Any]:
    return {"field": field_name, "code": code, "params": params}
