"""Word templates of an organisation for its papers, as dated data.

1. A template holds from a day on, until a later one of the same paper does; of two for one day the
   one that was entered later holds. Nothing is overwritten.
2. A row without content says that from its day on the paper is the house's own again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class PaperTemplateRow(SQLModel, table=True):
    """A template of one paper from a day on."""

    __tablename__ = "paper_template"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    process: str
    document: str
    valid_from: date
    filename: str
    sha256: str
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTemplate:
    """A template of one paper; without content it ends the one before."""

    id: str
    process: str
    document: str
    valid_from: date
    filename: str
    sha256: str
    content: bytes | None
    entered_by: str
    entered_at: datetime


class PaperTemplateRepository:
    """The templates of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, template: PaperTemplate) -> None:
        """Enter a template that holds from its day on."""
        values = {name: getattr(template, name) for name in PaperTemplate.__slots__}
        self._session.add(PaperTemplateRow(organization_id=self._id, **values))
        self._session.flush()

    def get(self, template_id: str) -> PaperTemplate | None:
        """One template."""
        found = self._read(col(PaperTemplateRow.id) == template_id)
        return found[0] if found else None

    def all(self) -> tuple[PaperTemplate, ...]:
        """Every template, in the order in which they hold."""
        return self._read()

    def in_force(self, process: str, document: str, on: date) -> PaperTemplate | None:
        """The template of a paper on a day; None where the house's own holds."""
        row = PaperTemplateRow
        found = self._read(
            col(row.process) == process, col(row.document) == document, col(row.valid_from) <= on
        )
        return found[-1] if found and found[-1].content is not None else None

    def _read(self, *conditions: Any) -> tuple[PaperTemplate, ...]:
        row = PaperTemplateRow
        query = (
            select(row)
            .where(col(row.organization_id) == self._id, *conditions)
            .order_by(col(row.valid_from), col(row.entered_at), col(row.id))
        )
        return tuple(
            PaperTemplate(**{name: getattr(one, name) for name in PaperTemplate.__slots__})
            for one in self._session.exec(query)
        )
