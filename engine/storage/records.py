"""Rows of a case. A process with columns of its own brings a table.

Every other one uses `record_row`.

1. A record set is written by one command only; effects go through the same function.
2. Retiring keeps the row: the log refers to it, and an auditor may ask.
3. `version` counts the writes of one row; a writer who saw an older one changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Index, bindparam, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.definition.model import RecordSetSpec
from engine.definition.values import read_values, to_json
from engine.machine.instance import Row
from engine.storage.database import JsonColumn, RecordColumns, UtcDateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One write: a new row (`expected_version` None), changed values, or a retirement.

    `values` are typed and whole: what the row holds afterwards.
    """

    id: str
    expected_version: int | None
    values: Mapping[str, Any]
    by: str
    at: datetime
    retire: bool = False


class RecordSet(Protocol):
    """The tables behind one record set of one process."""

    def load(
        self, session: Session, spec: RecordSetSpec, *, organization_id: str, instance_id: str
    ) -> tuple[Row, ...]:
        """The live rows of an instance, in the order they were made."""
        ...

    def apply(
        self, session: Session, change: RowChange, *, organization_id: str, instance_id: str
    ) -> bool:
        """Write one change; False when the row's version is not the expected one."""
        ...


class RecordRow(SQLModel, table=True):
    """A row of a set that needs no columns in SQL."""

    __tablename__ = "record_row"
    __table_args__ = (
        Index("ix_record_row_instance", "organization_id", "instance_id", "record_set"),
    )
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str
    record_set: str
    version: int = 1
    row_values: dict[str, Any] = Field(sa_type=JsonColumn)
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class GenericRecordSet:
    """Rows as JSON in the one generic table."""

    def __init__(self, name: str) -> None:
        self._name = name

    def load(
        self, session: Session, spec: RecordSetSpec, *, organization_id: str, instance_id: str
    ) -> tuple[Row, ...]:
        """The live rows of an instance, in the order they were made."""
        found = load_generic(
            session, {self._name: spec}, organization_id=organization_id, instance_id=instance_id
        )
        return found[self._name]

    def apply(
        self, session: Session, change: RowChange, *, organization_id: str, instance_id: str
    ) -> bool:
        """Write one change; False when the row's version is not the expected one."""
        values = {name: to_json(value) for name, value in change.values.items()}
        if change.expected_version is None:
            session.add(
                RecordRow(
                    organization_id=organization_id,
                    id=change.id,
                    instance_id=instance_id,
                    record_set=self._name,
                    row_values=values,
                    created_by=change.by,
                    created_at=change.at,
                )
            )
            session.flush()
            return True
        return _write(
            session,
            RecordRow,
            change,
            key=(organization_id, instance_id),
            values={"row_values": values},
        )


class TableRecordSet:
    """Rows in a table of the process's own, one SQL column a record column."""

    def __init__(self, table: type[RecordColumns]) -> None:
        self._table: Any = table
        # Put together once: every reading of a case asks it.
        self._live = (
            select(table)
            .where(
                col(table.organization_id) == bindparam("organization"),
                col(table.instance_id) == bindparam("instance"),
                col(table.retired_at).is_(None),
            )
            .order_by(col(table.created_at), col(table.id))
            .execution_options(populate_existing=True)
        )

    def load(
        self, session: Session, spec: RecordSetSpec, *, organization_id: str, instance_id: str
    ) -> tuple[Row, ...]:
        """The live rows of an instance, in the order they were made."""
        given = {"organization": organization_id, "instance": instance_id}
        return tuple(
            Row(
                id=row.id,
                version=row.version,
                values={
                    name: _frozen(getattr(row, name))
                    for name in spec.columns
                    if getattr(row, name) is not None
                },
                created_by=row.created_by,
                created_on=row.created_at.date(),
            )
            for row in session.exec(self._live, params=given)
        )

    def apply(
        self, session: Session, change: RowChange, *, organization_id: str, instance_id: str
    ) -> bool:
        """Write one change; False when the row's version is not the expected one."""
        own = set(self._table.model_fields) - set(RecordColumns.model_fields)
        values = {name: _stored(change.values.get(name)) for name in own}
        if change.expected_version is None:
            session.add(
                self._table(
                    organization_id=organization_id,
                    id=change.id,
                    instance_id=instance_id,
                    created_by=change.by,
                    created_at=change.at,
                    **values,
                )
            )
            session.flush()
            return True
        return _write(
            session, self._table, change, key=(organization_id, instance_id), values=values
        )


_COLUMNS: tuple[Any, ...] = (
    RecordRow.record_set,
    RecordRow.id,
    RecordRow.version,
    RecordRow.row_values,
    RecordRow.created_by,
    RecordRow.created_at,
)
# Columns and not rows of the session: what was read before in it may be older.
_LIVE = (
    select(*_COLUMNS)
    .where(
        col(RecordRow.organization_id) == bindparam("organization"),
        col(RecordRow.instance_id) == bindparam("instance"),
        col(RecordRow.record_set).in_(bindparam("sets", expanding=True)),
        col(RecordRow.retired_at).is_(None),
    )
    .order_by(col(RecordRow.created_at), col(RecordRow.id))
)


def load_generic(
    session: Session,
    specs: Mapping[str, RecordSetSpec],
    *,
    organization_id: str,
    instance_id: str,
) -> dict[str, tuple[Row, ...]]:
    """The live rows of several sets of an instance in one question, each in the order made."""
    found: dict[str, list[Row]] = {name: [] for name in specs}
    if not found:
        return {}
    given = {"organization": organization_id, "instance": instance_id, "sets": tuple(specs)}
    for name, row_id, version, values, created_by, created_at in session.exec(_LIVE, params=given):
        found[name].append(
            Row(
                id=row_id,
                version=version,
                values=read_values(specs[name].columns, values, partial=True),
                created_by=created_by,
                created_on=created_at.date(),
            )
        )
    return {name: tuple(rows) for name, rows in found.items()}


def _write(
    session: Session,
    table: Any,
    change: RowChange,
    *,
    key: tuple[str, str],
    values: Mapping[str, Any],
) -> bool:
    """Compare the row's version and set the new values."""
    result = session.exec(
        update(table)
        .where(
            col(table.organization_id) == key[0],
            col(table.instance_id) == key[1],
            col(table.id) == change.id,
            col(table.version) == change.expected_version,
            col(table.retired_at).is_(None),
        )
        .values(
            version=(change.expected_version or 0) + 1,
            retired_at=change.at if change.retire else None,
            **values,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == 1)


def _stored(value: Any) -> Any:
    """A tuple is stored as a JSON list; everything else has a column type of its own."""
    return list(value) if isinstance(value, tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
