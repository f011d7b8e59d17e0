"""Add, change or retire many rows of one record set: all of them, or none.

1. The rows are judged together and written in one transaction; every fault is told at once, by row
   and column (`engine.transaction.many_rows`).
2. A refusal is logged once, under the name of the record set; what only does not fit is not.
3. A dry run judges, and leaves nothing, not even an entry.
4. A file is read before the transaction begins; what its cells name is looked up inside.
5. Rows of a file that were taken before into a set without `unique` columns are refused, unless who
   sends them says that they are meant `again`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO

from engine.commands.change_record import log_refusal
from engine.machine.actor import Actor
from engine.machine.decision import Refused
from engine.machine.instance import Case
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.tables.fault import RowFault, WrongRows
from engine.tables.reading import Sheet, read_sheet
from engine.tables.rows import rows_of
from engine.transaction.many_rows import WantedRow, judge_rows
from engine.transaction.recording import write_records
from engine.transaction.repeated_rows import DETAIL, digest_of_rows, refuse_repeated
from engine.transaction.sheets import sheet_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRows:
    """The request: rows of one record set of one instance.

    Attributes:
        skip_equal: new rows that stand already are passed over.
        of_file: they came in a file, which is not taken twice unless `again` says so.
        dry_run: say what would happen.
    """

    caller: Caller
    instance_id: str
    record_set: str
    rows: tuple[WantedRow, ...]
    skip_equal: bool = False
    of_file: bool = False
    again: bool = False
    dry_run: bool = False
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRows:
    """The request: a file with new rows of one record set of one instance."""

    caller: Caller
    instance_id: str
    record_set: str
    content: BinaryIO
    filename: str
    again: bool = False
    dry_run: bool = False
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRows:
    """What was written, or would be.

    Attributes:
        wanted: the rows as they were judged, in the order of the file.
        rows: ids of those that were written; none of a dry run.
        unchanged: how many stood there already.
        entries: indexes of the log's entries.
    """

    wanted: tuple[WantedRow, ...]
    rows: tuple[str, ...]
    unchanged: int
    entries: tuple[int, ...]
    dry_run: bool = False

    @property
    def written(self) -> int:
        """How many rows were written, or would be."""
        return len(self.wanted) - self.unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChangedRows:
    """Who asked may not write some of the rows, so that none was written."""

    refused: Refused


Outcome = ChangedRows | NotChangedRows


def change_records(runtime: Runtime, request: ChangeRows) -> Outcome | Replayed:
    """Write rows, or none.

    Raises:
        NotFound: no such instance or record set.
        RecordsClosed: the rows may not be edited in the present state.
        WrongRows: with every fault of every row.
        TakenAlready: the same file was taken before.
        SheetTooLong: more rows than are written at once.
    """
    with _unit(runtime, request) as uow:
        replayed = None if request.dry_run else uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=not request.dry_run)
        return _finish(uow, request, _write(uow, case, request, (request.rows, ()), actor=actor))


def import_records(runtime: Runtime, request: ImportRows) -> Outcome | Replayed:
    """Write the rows of a file, or none; rows that stand already are passed over.

    Raises:
        TypeNotAccepted, UnsafeContent, FileTooLarge: the file cannot be taken.
        NotFound: no such instance or record set.
        RecordsClosed: the rows may not be edited in the present state.
        WrongRows: with every fault of every heading and cell.
        TakenAlready: the same file was taken before.
    """
    sheet = read_sheet(request.content, filename=request.filename)
    with _unit(runtime, request) as uow:
        replayed = None if request.dry_run else uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=not request.dry_run)
        read = _rows(uow, case, request.record_set, sheet)
        return _finish(uow, request, _write(uow, case, request, read, actor=actor))


def _unit(runtime: Runtime, request: ChangeRows | ImportRows) -> AbstractContextManager[UnitOfWork]:
    organization = request.caller.organization_id
    return runtime.read(organization) if request.dry_run else runtime.write(organization)


def _rows(
    uow: UnitOfWork, case: Case, record_set: str, sheet: Sheet
) -> tuple[tuple[WantedRow, ...], tuple[RowFault, ...]]:
    """The rows of a sheet.

    Raises:
        WrongRows: a heading is at fault, so that no row can be judged.
    """
    reading = sheet_reading(uow, case, record_set)
    columns = uow.pinned(case).process.records[record_set].columns
    filled, faults = rows_of(sheet, columns, reading)
    heading = sheet.rows[0].number
    of_heading = [fault for fault in faults if fault.row == heading]
    if not filled and not of_heading:
        of_heading = [RowFault(row=heading, column="", code="no_rows")]
    if of_heading:
        raise WrongRows(of_heading)
    return tuple(WantedRow(number=row.number, values=row.values) for row in filled), faults


def _write(
    uow: UnitOfWork,
    case: Case,
    request: ChangeRows | ImportRows,
    rows: tuple[tuple[WantedRow, ...], tuple[RowFault, ...]],
    *,
    actor: Actor,
) -> Outcome:
    wanted, faults = rows
    verdict = judge_rows(
        uow,
        case,
        request.record_set,
        wanted,
        actor=actor,
        faults=faults,
        skip_equal=isinstance(request, ImportRows) or request.skip_equal,
    )
    if verdict.refused is not None:
        if not request.dry_run:
            log_refusal(uow, case, request.record_set, verdict.refused, actor=actor)
        return NotChangedRows(refused=verdict.refused)
    if verdict.faults:
        raise WrongRows(verdict.faults)
    written: Any = ((), ())
    source = _source(uow, case, request, wanted)
    if not request.dry_run:
        written = write_records(uow, case, verdict.changes, actor=actor, source=source)
    return ChangedRows(
        wanted=wanted,
        rows=written[0],
        unchanged=verdict.unchanged,
        entries=written[1],
        dry_run=request.dry_run,
    )


def _source(
    uow: UnitOfWork, case: Case, request: ChangeRows | ImportRows, rows: Sequence[WantedRow]
) -> dict[str, str]:
    """What the entries tell of a file whose rows nothing else would keep from coming twice."""
    unique = uow.pinned(case).process.records[request.record_set].unique
    if unique or not (isinstance(request, ImportRows) or request.of_file):
        return {}
    digest = digest_of_rows(row.values for row in rows)
    if not request.again:
        refuse_repeated(uow, case, request.record_set, digest)
    return {DETAIL: digest}


def _finish(uow: UnitOfWork, request: ChangeRows | ImportRows, outcome: Outcome) -> Outcome:
    """Keep the answer under its key, and make it all durable."""
    if not request.dry_run:
        uow.remember(request.caller, request.key, outcome)
        uow.commit()
    return outcome
