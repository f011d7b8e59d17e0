"""Add, change or retire a row of a record set: decide, write, log.

1. The state, the role, the unit and the columns decide; the same rules for pages, API and import.
2. A refusal is logged like the refusal of a step, under the name of the record set.
3. The row's own version is compared, the instance's stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.audit.leaf import EntryType, Outcome
from engine.definition.values import read_values
from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.machine.authorization import named
from engine.machine.decide import facts_of
from engine.machine.decision import Refused
from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord
from engine.machine.record_rule import RecordChange, decide_record
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.transaction.entries import entry_of
from engine.transaction.opening import WrongOpening, unknown_names
from engine.transaction.recording import StaleRow, row_of, unknown_rows, write_record


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """The request: `row` None adds one; `values` as sent; `expected_version` of an existing row."""

    caller: Caller
    instance_id: str
    record_set: str
    row: str | None = None
    values: Mapping[str, Any]
    expected_version: int | None = None
    retire: bool = False
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The row that was written: its id, version and values, and the index of the entry."""

    row: str
    version: int
    values: Mapping[str, Any]
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChanged:
    """The change was refused."""

    refused: Refused


def change_record(runtime: Runtime, request: ChangeRow) -> Changed | NotChanged | Replayed:
    """Write one row.

    Raises:
        NotFound: no such instance, record set or row.
        WrongValues: columns that do not fit; every fault at once.
        StaleRow: somebody changed the row in between.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        outcome = change_row(uow, case, request, actor=actor)
        uow.remember(request.caller, request.key, outcome)
        uow.commit()
        return outcome


def change_row(
    uow: UnitOfWork, case: Case, request: ChangeRow, *, actor: Actor
) -> Changed | NotChanged:
    """Write one row of a case that was read under its lock; the one way for everybody who acts.

    Raises:
        NotFound: no such record set or row.
        WrongValues: columns that do not fit; every fault at once.
        StaleRow: somebody changed the row in between.
    """
    compiled = uow.pinned(case)
    change = _typed(uow, request, case)
    case = _with_named(uow, case, change)
    facts = facts_of(compiled.process, case, uow.tables.registry)
    decided = decide_record(compiled.process, case, change, actor=actor, facts=facts)
    if isinstance(decided, Refused):
        log_refusal(uow, case, request.record_set, decided, actor=actor)
        return NotChanged(refused=decided)
    intent = ChangeRecord(
        record_set=change.record_set, row=change.row, values=change.values, retire=change.retire
    )
    row_id, entry = write_record(uow, case, intent, actor=actor, grant=decided)
    if request.retire:
        return Changed(row=row_id, version=change.expected_version or 0, values={}, entry=entry)
    fresh = row_of(uow.case(case.instance.id), request.record_set, row_id)
    return Changed(row=row_id, version=fresh.version, values=fresh.values, entry=entry)


def log_refusal(
    uow: UnitOfWork, case: Case, record_set: str, refused: Refused, *, actor: Actor
) -> None:
    """Write down that somebody was refused a change of these rows."""
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.RECORD_CHANGED,
            actor=actor,
            outcome=Outcome.REFUSED,
            subject=record_set,
            unmet=refused.keys,
        )
    )


def _typed(uow: UnitOfWork, request: ChangeRow, case: Case) -> RecordChange:
    """Type what was sent, and find every name that does not exist."""
    spec = uow.pinned(case).process.records.get(request.record_set)
    if spec is None:
        raise NotFound("unknown_record_set", record_set=request.record_set)
    values = read_values(spec.columns, dict(request.values), partial=True)
    faults = unknown_names(uow, spec.columns, values) + unknown_rows(case, spec.columns, values)
    if faults:
        raise WrongOpening("wrong_values", faults=faults)
    if request.row is not None:
        row = row_of(case, request.record_set, request.row)
        if row.version != request.expected_version:
            raise StaleRow(
                "stale_row", record_set=request.record_set, row=row.id, version=row.version
            )
    return RecordChange(
        record_set=request.record_set,
        row=request.row,
        values=values,
        retire=request.retire,
        expected_version=request.expected_version,
    )


def _with_named(uow: UnitOfWork, case: Case, change: RecordChange) -> Case:
    """The case with everybody whom the change names: the rules ask for their units."""
    columns = uow.pinned(case).process.records[change.record_set].columns
    people = {
        person
        for name, spec in columns.items()
        if spec.type == "person"
        for person in named(change.values.get(name))
    }
    known = uow.tables.organization.known(people, on=uow.today)
    return replace(case, people={**case.people, **known})
