"""The plan of quality objectives of a year, word for word as it was signed, as dated data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class PlanRow(SQLModel, table=True):
    """One edition of a year's plan; an amendment is a further edition."""

    __tablename__ = "plan"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    year: int = Field(primary_key=True)
    edition: int = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JsonColumn)
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)


class PlanRepository:
    """The plans of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def newest(self, year: int) -> tuple[int, Mapping[str, Any]] | None:
        """The latest edition of a year's plan: its number and its body."""
        query = (
            select(PlanRow)
            .where(col(PlanRow.organization_id) == self._id, col(PlanRow.year) == year)
            .order_by(col(PlanRow.edition).desc())
            .limit(1)
        )
        row = self._session.exec(query).first()
        return None if row is None else (row.edition, row.body)

    def years(self) -> tuple[int, ...]:
        """The years that have a plan."""
        query = select(PlanRow.year).where(col(PlanRow.organization_id) == self._id).distinct()
        return tuple(sorted(self._session.exec(query)))

    def add(self, year: int, body: Mapping[str, Any], *, by: str, at: datetime) -> int:
        """Enter a further edition; its number."""
        newest = self.newest(year)
        edition = 1 if newest is None else newest[0] + 1
        self._session.add(
            PlanRow(
                organization_id=self._id,
                year=year,
                edition=edition,
                body=dict(body),
                entered_by=by,
                entered_at=at,
            )
        )
        self._session.flush()
        return edition
