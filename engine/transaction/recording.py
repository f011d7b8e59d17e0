"""Write a row of a record set: the one writer, for commands and for effects.

1. The version of the instance stays: colleagues who enter findings do not stale one another.
2. The entry holds old and new values in its payload; personal columns in a payload of their own.
3. Rows are written under the lock on their instance, which the caller took when it read the case.
"""

from collections.abc import Mapping
from typing import Any

from engine.audit.leaf import EntryType
from engine.definition.model import FieldSpec
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case, Row
from engine.machine.intent import ChangeRecord
from engine.runtime import UnitOfWork
from engine.storage.advance import as_json
from engine.storage.audit_log import split_changes
from engine.storage.records import RowChange
from engine.transaction.entries import entry_of


class StaleRow(Conflict):
    """Somebody changed the row in between."""


def row_of(case: Case, record_set: str, row_id: str) -> Row:
    """A live row of the case.

    Raises:
        NotFound: there is none of that id.
    """
    found = next((row for row in case.rows(record_set) if row.id == row_id), None)
    if found is None:
        raise NotFound("unknown_row", record_set=record_set, row=row_id)
    return found


def unknown_rows(
    case: Case, specs: Mapping[str, FieldSpec], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Faults for values that should name a live row of the case, and name none."""
    return [
        {
            "field": name,
            "code": "unknown_row",
            "params": {"record_set": specs[name].row_of, "row": value},
        }
        for name, value in values.items()
        if value is not None and not _is_row(case, specs[name].row_of, value)
    ]


def write_record(
    uow: UnitOfWork, case: Case, change: ChangeRecord, *, actor: Actor, grant: Grant
) -> tuple[str, int]:
    """Write one change that was already judged; the row's id and the entry's index.

    Raises:
        NotFound: the row does not exist or was retired.
        StaleRow: the row changed since it was read.
    """
    process = uow.pinned(case).process
    spec = process.records[change.record_set]
    old = None if change.row is None else row_of(case, change.record_set, change.row)
    before = {} if old is None else dict(old.values)
    merged = {} if change.retire else {**before, **change.values}
    after = {name: value for name, value in merged.items() if value is not None}
    row_id = uow.new_id() if old is None else old.id
    written = uow.tables.record_set(process.process, change.record_set).apply(
        uow.tables.session,
        RowChange(
            id=row_id,
            expected_version=None if old is None else old.version,
            values=before if change.retire else after,
            by=actor.person,
            at=uow.now,
            retire=change.retire,
        ),
        organization_id=uow.tables.organization_id,
        instance_id=case.instance.id,
    )
    if not written:
        raise StaleRow("stale_row", record_set=change.record_set, row=row_id)
    plain, personal = split_changes(
        as_json(before),
        as_json(after),
        specs=spec.columns,
        record_set=change.record_set,
        row=row_id,
    )
    entry = uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.RECORD_CHANGED,
            actor=actor,
            grant=grant,
            changes=plain,
            personal=personal,
            subject=row_id,
        )
    )
    return row_id, entry


def _is_row(case: Case, record_set: str | None, value: Any) -> bool:
    return record_set is None or any(row.id == value for row in case.rows(record_set))
