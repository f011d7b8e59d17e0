"""Carry out imports that wait: a batch of rows a transaction, then the cases that rows ask for.

1. Every transaction first compares that the job is still this worker's and where it stood, so that
   after a crash, or with two workers, each row is written and counted once.
2. Who goes on after a crash reads the file again from its start and passes over what is written.
3. Faults are kept up to a limit and counted beyond it.
4. What is wrong with an import ends it and is said; what is wrong with the house (its database or
   store is away) leaves it to be taken up again.
5. What was taken is kept as a file of its own, without anything that was dropped; the file that
   came is removed when the import has ended, whichever way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from engine.commands.manage_imports import COUNTS
from engine.commands.sweep_orphans import forget_content
from engine.errors import QuyTrinhError
from engine.machine.register import FaultyRow, Filling, ReadRow, Register, Tally
from engine.runtime import Runtime, SystemClock, Unavailable, UnitOfWork
from engine.storage.jobs import Job, JobFault, JobState
from engine.tables.record import RowRecord
from engine.transaction.registering import (
    IMPORT,
    log_import,
    open_wanted,
    reading_of,
    register_named,
)
from engine.transaction.settling import settle_wanted

BATCH = 5_000
CASES_AT_ONCE = 20
"""A transaction keeps the only writer of a SQLite file; a case takes some fiftieth of a second."""
FAULTS_KEPT = 10_000
LEASE = timedelta(minutes=2)
"""Longer than any transaction of the work takes: a worker silent for so long is gone."""
TRIES_MAX = 30
"""Times that an import is taken up without getting on; then it does not keep others waiting."""
CHECKSUM_BITS = 128
RECORD_BYTES_MAX = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How many imports of an organisation this worker has brought to their end."""

    count: int


class _Lost(Exception):  # noqa: N818 - no error: somebody else has the job now, or it was cancelled.
    """The job is not this worker's any more."""


def run_imports(runtime: Runtime, organization_id: str) -> Ran:
    """Carry out every import that waits, the oldest first.

    Raises:
        Unavailable: the database is away; what was begun is taken up again later.
    """
    count = 0
    while (job := _claimed(runtime, organization_id)) is not None:
        count += _Run(runtime, organization_id, job).carry_out()
    return Ran(count=count)


def open_register_cases(runtime: Runtime, organization_id: str) -> int:
    """Open what rows ask for because time went on, without any import; how many cases."""
    count = 0
    for name in runtime.registry.registers:
        opened = CASES_AT_ONCE
        while opened == CASES_AT_ONCE:
            with runtime.write(organization_id) as uow:
                opened = open_wanted(uow, register_named(uow, name), limit=CASES_AT_ONCE)
                uow.commit()
            count += opened
        _settle(runtime, organization_id, name)
    return count


def _settle(runtime: Runtime, organization_id: str, name: str) -> None:
    """Let what a register tells move the cases of its rows."""
    settled = CASES_AT_ONCE
    while settled == CASES_AT_ONCE:
        with runtime.write(organization_id) as uow:
            settled = settle_wanted(uow, register_named(uow, name), limit=CASES_AT_ONCE)
            uow.commit()


def _claimed(runtime: Runtime, organization_id: str) -> Job | None:
    """The next import, in this worker's name; None when none waits or one is in work."""
    now = SystemClock().now()
    with runtime.read(organization_id) as uow:
        if uow.tables.jobs.next_due(IMPORT, at=now) is None:
            return None
    with runtime.write(organization_id) as uow:
        uow.tables.log.lock()
        job = uow.tables.jobs.next_due(IMPORT, at=now)
        if job is None:
            return None
        progress = {**job.progress, "tries": job.progress.get("tries", 0) + 1}
        taken = replace(
            job,
            worker=uow.new_id(),
            state=JobState.RUNNING,
            progress=progress,
            started_at=job.started_at or uow.now,
        )
        if not uow.tables.jobs.begin(taken, at=now, until=now + LEASE):
            return None
        uow.commit()
    return taken


class _Run:
    """One import in the hands of one worker."""

    def __init__(self, runtime: Runtime, organization_id: str, job: Job) -> None:
        self._runtime = runtime
        self._organization_id = organization_id
        self._job = job
        self._counts: dict[str, Any] = {
            **dict.fromkeys(COUNTS, 0),
            "checksum": "0" * (CHECKSUM_BITS // 4),
            "phase": "reading",
            "last_faulty": 0,
            **job.progress,
        }
        self._filling = Filling(
            organization_id=organization_id,
            job=job.id,
            source=job.options["source"],
            as_of=datetime.fromisoformat(job.options["as_of"]),
        )

    def carry_out(self) -> bool:
        """Bring the import to its end; False when it was taken away on the way."""
        if self._counts["tries"] > TRIES_MAX:
            return self._fail("import_tried_too_often", {"tries": TRIES_MAX})
        try:
            if self._counts["phase"] == "reading":
                self._read()
            self._open_cases()
            _settle(self._runtime, self._organization_id, self._job.subject)
            self._end(JobState.DONE, "finished")
        except _Lost:
            return False
        except (Unavailable, OSError):
            raise
        except QuyTrinhError as error:
            return self._fail(error.code, error.params)
        except Exception:
            self._fail("internal", {"request": self._job.id})
            raise
        return True

    def _read(self) -> None:
        with self._runtime.read(self._organization_id) as uow:
            options, filename = self._job.options, self._job.filename
            register = register_named(uow, self._job.subject)
            reading = reading_of(
                uow, filename, mapping=options["mapping"], aliases=options["aliases"]
            )
        store, organization_id = self._runtime.store, self._organization_id
        with store.open(organization_id, self._job.sha256) as content, RowRecord() as record:
            items = self._recorded(register.open(content, reading).rows(), register, record)
            passed = 0
            while passed < self._job.position:
                step = min(BATCH, self._job.position - passed)
                if not (skipped := sum(1 for _ in islice(items, step))):
                    break
                passed += skipped
                self._advance_alone()
            for batch in _batches(items):
                self._write(batch)
            if not record.is_empty:
                kept = store.put(organization_id, record.stream(), max_bytes=RECORD_BYTES_MAX)
                self._counts["record"] = {"sha256": kept.sha256, "size": kept.size}
        self._counts["phase"] = "opening"
        self._advance_alone()

    def _recorded(
        self, items: Iterator[ReadRow | FaultyRow], register: Register, record: RowRecord
    ) -> Iterator[ReadRow | FaultyRow]:
        """The rows, each written down as it passes: those that stand already as well."""
        for item in items:
            if isinstance(item, ReadRow):
                record.note(register.shown(item.value))
            yield item

    def _write(self, batch: list[ReadRow | FaultyRow]) -> None:
        """Write a batch, count it, and move the job on: all of it or nothing."""
        rows = [item for item in batch if isinstance(item, ReadRow)]
        faults = [item for item in batch if isinstance(item, FaultyRow)]
        with self._runtime.write(self._organization_id) as uow:
            self._advance(uow, counts=self._counts)
            register = register_named(uow, self._job.subject)
            tally = register.write(uow.tables.session, rows, self._filling)
            before, counts = self._counts["faults"], self._counted(rows, faults, tally)
            position = self._job.position + len(batch)
            self._advance(uow, position=position, counts=counts)
            kept = faults[: max(0, FAULTS_KEPT - before)]
            uow.tables.jobs.add_faults(self._job.id, _numbered(kept, before))
            uow.commit()
        self._counts = counts
        self._job = replace(self._job, position=position)

    def _counted(
        self, rows: list[ReadRow], faults: list[FaultyRow], tally: Tally
    ) -> dict[str, Any]:
        counts = {**self._counts, "tries": 0}
        for fault in faults:
            counts["faults"] += 1
            # A row that is told several times is one row.
            if fault.refused and fault.number != counts["last_faulty"]:
                counts["faulty"] += 1
                counts["rows"] += 1
                counts["last_faulty"] = fault.number
        counts["rows"] += len(rows)
        total = int(counts["checksum"], 16) + sum(int.from_bytes(row.digest) for row in rows)
        counts["checksum"] = f"{total % (1 << CHECKSUM_BITS):0{CHECKSUM_BITS // 4}x}"
        for name in ("new", "changed", "same", "older"):
            counts[name] += getattr(tally, name)
        return counts

    def _open_cases(self) -> None:
        opened = CASES_AT_ONCE
        while opened == CASES_AT_ONCE:
            with self._runtime.write(self._organization_id) as uow:
                register = register_named(uow, self._job.subject)
                opened = open_wanted(uow, register, limit=CASES_AT_ONCE)
                counts = {**self._counts, "opened": self._counts["opened"] + opened, "tries": 0}
                self._advance(uow, counts=counts)
                uow.commit()
            self._counts = counts

    def _advance_alone(self) -> None:
        with self._runtime.write(self._organization_id) as uow:
            self._advance(uow, counts=self._counts)
            uow.commit()

    def _advance(
        self, uow: UnitOfWork, *, counts: dict[str, Any], position: int | None = None
    ) -> None:
        """Hold the job, or find that it is lost; nobody else moves it until the commit."""
        until = SystemClock().now() + LEASE
        position = self._job.position if position is None else position
        if not uow.tables.jobs.advance(self._job, position=position, progress=counts, until=until):
            raise _Lost

    def _end(self, state: JobState, phase: str, failure: dict[str, Any] | None = None) -> None:
        with self._runtime.write(self._organization_id) as uow:
            uow.tables.log.lock()
            if not uow.tables.jobs.end(self._job, state, at=uow.now, failure=failure):
                raise _Lost
            told = {name: self._counts[name] for name in (*COUNTS, "checksum")}
            declared = self._job.options["declared_rows"]
            code = None if failure is None else failure["code"]
            record = self._counts.get("record", {}).get("sha256")
            log_import(
                uow,
                self._job,
                phase,
                **told,
                declared_rows=declared,
                record=record,
                failure=code,
            )
            uow.commit()
        # What the file held besides is nobody's business any more.
        forget_content(self._runtime, self._organization_id, self._job.sha256)

    def _fail(self, code: str, params: dict[str, Any]) -> bool:
        """End the import with what was wrong; False where it is not this worker's to end."""
        try:
            self._end(JobState.FAILED, "failed", {"code": code, "params": _plain(params)})
        except _Lost:
            return False
        return True


def _batches(items: Iterator[ReadRow | FaultyRow]) -> Iterator[list[ReadRow | FaultyRow]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _numbered(faults: list[FaultyRow], before: int) -> list[JobFault]:
    return [
        JobFault(
            number=number,
            row=fault.number,
            column=fault.column,
            code=fault.code,
            params=_plain(fault.params),
        )
        for number, fault in enumerate(faults, start=before + 1)
    ]


def _plain(params: Any) -> dict[str, Any]:
    """Parameters as JSON keeps them."""
    return {
        name: value if isinstance(value, str | int | bool | list | None) else str(value)
        for name, value in params.items()
    }
