"""Write a row of a record set: the one writer, for commands and for effects.

1. The version of the instance stays: colleagues who enter findings do not stale one another.
2. The entry holds old and new values in its payload; personal columns in a payload of their own.
3. Rows are written under the lock on their instance, which the caller took when it read the case.
4. A row that only a waiver lets through marks its entry with the gate that was lifted.
5. An entry about many rows names them in its details, so that the replay counts each one's version.
6. A change ends the rows that spoke of what it changed (`voided_by`): in the same transaction, with
   an entry of their own that says why, and a message to those who can give them anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from engine.audit.leaf import EntryType
from engine.audit.payload import Change
from engine.definition.model import FieldSpec, Process, RecordSetSpec
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import named
from engine.machine.instance import EMPTY, Case, Row
from engine.machine.intent import ChangeRecord, Notify
from engine.machine.record_rule import MAY_BE_LIFTED, waived_by_row
from engine.machine.row_condition import RowImages, voided_rows
from engine.runtime import UnitOfWork
from engine.storage.advance import as_json
from engine.storage.audit_log import LogDraft, split_changes
from engine.storage.records import RowChange
from engine.transaction.approving import end_approvals
from engine.transaction.entries import entry_of
from engine.transaction.notifying import notify

ENTRY_BYTES: Final = 64 * 1024
"""What the changes of one entry weigh at most, a single row aside."""
CHANGE_BYTES: Final = 160
"""The names around the values of a change: set, row and column."""


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
    rows, entries = write_records(uow, case, ((change, grant),), actor=actor)
    return rows[0], entries[0]


def write_records(
    uow: UnitOfWork,
    case: Case,
    judged: Sequence[tuple[ChangeRecord, Grant]],
    *,
    actor: Actor,
    source: Mapping[str, str] = EMPTY,
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Write changes of one record set that were already judged; ids of rows, indexes of entries.

    Changes that came by the same grant share an entry, until it holds as much as people can read:
    who imports a roster has done one thing; `source` tells in each entry where they came from.
    Rows that end with the changes get entries after them.

    Raises:
        NotFound: a row does not exist or was retired.
        StaleRow: a row changed since it was read.
    """
    written = _written(uow, case, judged, actor=actor)
    entries = [
        uow.tables.log.append(_draft(uow, case, part, actor=actor, why=source))
        for part in _parts(written)
    ]
    if written:
        entries.extend(_void(uow, case, written, actor=actor))
        end_approvals(uow, case, actor=actor)
    return tuple(row.id for row in written), tuple(entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A row that was written, with what the log keeps of it."""

    id: str
    record_set: str
    grant: Grant
    images: RowImages
    waived: str | None
    plain: tuple[Change, ...]
    personal: tuple[Change, ...]

    @property
    def weight(self) -> int:
        """About how many bytes the changes take in a payload."""
        return sum(
            CHANGE_BYTES + len(str(change.old).encode()) + len(str(change.new).encode())
            for change in (*self.plain, *self.personal)
        )


def _written(
    uow: UnitOfWork, case: Case, judged: Sequence[tuple[ChangeRecord, Grant]], *, actor: Actor
) -> list[_Written]:
    process = uow.pinned(case).process
    rows: dict[str, dict[str | None, Row]] = {
        record_set: {row.id: row for row in case.rows(record_set)}
        for record_set in {change.record_set for change, _ in judged}
    }
    # Ids of one instant have no order but their own: sorted, they keep that of the changes.
    fresh = iter(sorted(uow.new_id() for change, _ in judged if change.row is None))
    written = []
    for change, grant in judged:
        row = next(fresh) if change.row is None else _live(rows[change.record_set], change)
        written.append(_write(uow, case, process, change, row=row, by=(actor, grant)))
    return written


def _live(rows: Mapping[str | None, Row], change: ChangeRecord) -> Row:
    if change.row not in rows:
        raise NotFound("unknown_row", record_set=change.record_set, row=change.row)
    return rows[change.row]


def _write(
    uow: UnitOfWork,
    case: Case,
    process: Process,
    change: ChangeRecord,
    *,
    row: Row | str,
    by: tuple[Actor, Grant],
) -> _Written:
    """Write one row: the one that is there, or a new one of this id."""
    spec = process.records[change.record_set]
    known = row if isinstance(row, Row) else None
    before = {} if known is None else dict(known.values)
    merged = {} if change.retire else {**before, **change.values}
    after = {name: value for name, value in merged.items() if value is not None}
    row_id = row if isinstance(row, str) else row.id
    done = uow.tables.record_set(process.process, change.record_set).apply(
        uow.tables.session,
        RowChange(
            id=row_id,
            expected_version=None if known is None else known.version,
            values=before if change.retire else after,
            by=by[0].person,
            at=uow.now,
            retire=change.retire,
        ),
        organization_id=uow.tables.organization_id,
        instance_id=case.instance.id,
    )
    if not done:
        raise StaleRow("stale_row", record_set=change.record_set, row=row_id)
    plain, personal = split_changes(
        as_json(before),
        as_json(after),
        specs=spec.columns,
        record_set=change.record_set,
        row=row_id,
    )
    return _Written(
        id=row_id,
        record_set=change.record_set,
        grant=by[1],
        images=RowImages(
            record_set=change.record_set,
            row=row_id,
            before=None if known is None else before,
            after=None if change.retire else after,
        ),
        waived=None if change.retire else _waived(uow, case, spec, after),
        plain=plain,
        personal=personal,
    )


def _parts(written: Sequence[_Written]) -> Iterator[Sequence[_Written]]:
    """The rows of each entry: by the grants that let them be written, none of them too heavy."""
    for _, rows in groupby(written, key=lambda row: (row.grant.role, row.grant.on_behalf_of)):
        part: list[_Written] = []
        weight = 0
        for row in rows:
            if part and weight + row.weight > ENTRY_BYTES:
                yield part
                part, weight = [], 0
            part.append(row)
            weight += row.weight
        yield part


def _void(
    uow: UnitOfWork, case: Case, written: Sequence[_Written], *, actor: Actor
) -> Iterator[int]:
    """Retire what spoke of the rows that changed, set by set, and ask for it anew."""
    process = uow.pinned(case).process
    grant, why = written[0].grant, written[0].record_set
    told = {"voided_by": why}
    ended = voided_rows(process, case, (row.images for row in written))
    for record_set, rows in groupby(ended, key=lambda found: found[0]):
        of_set = [row for _, row in rows]
        retired = [
            (ChangeRecord(record_set=record_set, row=row.id, values={}, retire=True), grant)
            for row in of_set
        ]
        gone = _written(uow, case, retired, actor=actor)
        for part in _parts(gone):
            yield uow.tables.log.append(_draft(uow, case, part, actor=actor, why=told))
        _ask_anew(uow, case, record_set, of_set, why=why)


def _ask_anew(
    uow: UnitOfWork, case: Case, record_set: str, rows: Sequence[Row], *, why: str
) -> None:
    """Tell those who may write the rows, each in the units that the rows are of."""
    records = uow.pinned(case).process.records
    params = {
        "rows": records[record_set].title.model_dump(),
        "why": records[why].title.model_dump(),
    }
    for by in records[record_set].by:
        units = tuple(dict.fromkeys(row.values[by.of] for row in rows)) if by.of else ()
        message = Notify(message="rows_voided", roles=(by.role,), units=units, params=params)
        notify(uow, case, message)


def _waived(
    uow: UnitOfWork, case: Case, spec: RecordSetSpec, after: Mapping[str, Any]
) -> str | None:
    """The gate that a waiver lifted for a row; whom it names first, the case does not know yet."""
    if spec.own_unit != MAY_BE_LIFTED:
        return None
    strangers = named(after.get(spec.not_of_unit[0])) - set(case.people)
    if strangers:
        met = uow.tables.organization.known(strangers, on=case.today)
        case = replace(case, people={**case.people, **met})
    return waived_by_row(spec, after, case)


def _draft(
    uow: UnitOfWork,
    case: Case,
    rows: Sequence[_Written],
    *,
    actor: Actor,
    why: Mapping[str, str] = EMPTY,
) -> LogDraft:
    """The entry of some rows; of a single one it is about that row, else about the record set."""
    alone = len(rows) == 1
    ids = [row.id for row in rows]
    return entry_of(
        uow,
        case,
        EntryType.RECORD_CHANGED,
        actor=actor,
        grant=rows[0].grant,
        changes=tuple(change for row in rows for change in row.plain),
        personal=tuple(change for row in rows for change in row.personal),
        subject=rows[0].id if alone else rows[0].record_set,
        details=dict(why) if alone and not why else {**why, "rows": ids},
        flags=tuple(dict.fromkeys(f"waived:{row.waived}" for row in rows if row.waived)),
    )


def _is_row(case: Case, record_set: str | None, value: Any) -> bool:
    return record_set is None or any(row.id == value for row in case.rows(record_set))
