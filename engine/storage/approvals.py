"""Approvals of a case: what each was bound to, and what ended it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class ApprovalRow(SQLModel, table=True):
    """The newest approval of a name in an instance; earlier ones are in the log."""

    __tablename__ = "approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "instance_id"], ["instance.organization_id", "instance.id"]
        ),
    )
    organization_id: str = Field(primary_key=True)
    instance_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int
    person: str
    at: datetime = Field(sa_type=UtcDateTime)
    parts: dict[str, Any] = Field(sa_type=JsonColumn)
    voided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    voided_by: str | None = None
    why: list[str] | None = Field(default=None, sa_type=JsonColumn)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApproval:
    """An approval; `why` names the parts that ended it."""

    name: str
    version: int
    person: str
    at: datetime
    parts: Mapping[str, str]
    voided_at: datetime | None = None
    voided_by: str | None = None
    why: tuple[str, ...] = ()


class ApprovalRepository:
    """The approvals of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def of_instance(self, instance_id: str) -> tuple[StoredApproval, ...]:
        """The approvals of an instance, by name."""
        query = (
            select(ApprovalRow)
            .where(
                col(ApprovalRow.organization_id) == self._id,
                col(ApprovalRow.instance_id) == instance_id,
            )
            .order_by(col(ApprovalRow.name))
            .execution_options(populate_existing=True)
        )
        return tuple(_stored(row) for row in self._session.exec(query))

    def give(self, instance_id: str, approval: StoredApproval) -> None:
        """Keep an approval in the place of the one before."""
        row = self._session.get(ApprovalRow, (self._id, instance_id, approval.name))
        row = row or ApprovalRow(
            organization_id=self._id,
            instance_id=instance_id,
            name=approval.name,
            version=approval.version,
            person=approval.person,
            at=approval.at,
            parts={},
        )
        row.version, row.person, row.at = approval.version, approval.person, approval.at
        row.parts = dict(approval.parts)
        row.voided_at = row.voided_by = row.why = None
        self._session.add(row)
        self._session.flush()

    def void(
        self, instance_id: str, name: str, *, why: tuple[str, ...], by: str, at: datetime
    ) -> None:
        """End an approval."""
        row = self._session.get_one(ApprovalRow, (self._id, instance_id, name))
        row.voided_at, row.voided_by, row.why = at, by, list(why)
        self._session.add(row)
        self._session.flush()


def _stored(row: ApprovalRow) -> StoredApproval:
    return StoredApproval(
        name=row.name,
        version=row.version,
        person=row.person,
        at=row.at,
        parts=row.parts,
        voided_at=row.voided_at,
        voided_by=row.voided_by,
        why=tuple(row.why or ()),
    )
