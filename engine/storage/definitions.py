"""Published versions of definitions: canonical JSON, kept for ever.

1. (process, version) is published once; the same number with another digest is refused by the
   caller.
2. A running instance is pinned to a version, so rows are never changed and never removed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class DefinitionRow(SQLModel, table=True):
    """One published version, as the canonical JSON whose SHA-256 is its identity."""

    __tablename__ = "definition_version"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    process: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    digest: str
    body: str
    published_by: str
    published_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published version; `body` is its canonical JSON."""

    process: str
    version: int
    digest: str
    body: str
    published_at: datetime


class DefinitionRepository:
    """The published versions of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def get(self, process: str, version: int) -> Published | None:
        """One version; None when it was never published."""
        row = self._session.get(DefinitionRow, (self._id, process, version))
        return None if row is None else _published(row)

    def newest(self, process: str) -> Published | None:
        """The version with the highest number."""
        query = (
            select(DefinitionRow)
            .where(
                col(DefinitionRow.organization_id) == self._id,
                col(DefinitionRow.process) == process,
            )
            .order_by(col(DefinitionRow.version).desc())
            .limit(1)
        )
        row = self._session.exec(query).first()
        return None if row is None else _published(row)

    def versions(self, process: str) -> tuple[Published, ...]:
        """Every version of a process, oldest first."""
        query = select(DefinitionRow).where(
            col(DefinitionRow.organization_id) == self._id, col(DefinitionRow.process) == process
        )
        return tuple(
            _published(r) for r in self._session.exec(query.order_by(col(DefinitionRow.version)))
        )

    def processes(self) -> tuple[str, ...]:
        """The processes that have a published version, by id."""
        query = (
            select(DefinitionRow.process)
            .where(col(DefinitionRow.organization_id) == self._id)
            .group_by(col(DefinitionRow.process))
            .order_by(func.min(DefinitionRow.process))
        )
        return tuple(self._session.exec(query))

    def add(self, published: Published, *, by: str) -> None:
        """Keep a version for ever."""
        self._session.add(
            DefinitionRow(
                organization_id=self._id,
                process=published.process,
                version=published.version,
                digest=published.digest,
                body=published.body,
                published_by=by,
                published_at=published.published_at,
            )
        )
        self._session.flush()


def _published(row: DefinitionRow) -> Published:
    return Published(
        process=row.process,
        version=row.version,
        digest=row.digest,
        body=row.body,
        published_at=row.published_at,
    )
