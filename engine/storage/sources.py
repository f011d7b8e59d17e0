"""What is remembered of the systems whose files fill registers: how to read the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from engine.machine.instance import no_values
from engine.storage.database import JsonColumn, UtcDateTime


class SourceRow(SQLModel, table=True):
    """How the files of a source are read: headings chosen for columns, names of units."""

    __tablename__ = "register_source"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    register_name: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    mapping: dict[str, Any] = Field(sa_type=JsonColumn)
    aliases: dict[str, Any] = Field(sa_type=JsonColumn)
    changed_by: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """What was remembered of a source."""

    source: str
    mapping: Mapping[str, str] = field(default_factory=no_values)
    aliases: Mapping[str, str] = field(default_factory=no_values)


class SourceRepository:
    """The sources of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def get(self, register: str, source: str) -> KnownSource | None:
        """What was remembered of a source; None when it is new."""
        row = self._session.get(SourceRow, (self._id, register, source))
        return None if row is None else _source(row)

    def all(self, register: str) -> tuple[KnownSource, ...]:
        """Every source of a register, by name."""
        query = (
            select(SourceRow)
            .where(
                col(SourceRow.organization_id) == self._id, col(SourceRow.register_name) == register
            )
            .order_by(col(SourceRow.source))
        )
        return tuple(_source(row) for row in self._session.exec(query))

    def remember(self, register: str, source: KnownSource, *, by: str, at: datetime) -> None:
        """Remember how the files of a source are read."""
        self._session.merge(
            SourceRow(
                organization_id=self._id,
                register_name=register,
                source=source.source,
                mapping=dict(source.mapping),
                aliases=dict(source.aliases),
                changed_by=by,
                changed_at=at,
            )
        )
        self._session.flush()


def _source(row: SourceRow) -> KnownSource:
    return KnownSource(source=row.source, mapping=row.mapping, aliases=row.aliases)
