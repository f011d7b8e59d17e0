"""Doors for auditors from outside: a scope, a time, and the digest of a secret.

The secret itself is shown once and kept nowhere. A link is never removed: it ends.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class AuditorLinkRow(SQLModel, table=True):
    """One door."""

    __tablename__ = "auditor_link"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    secret_digest: str
    kind: str
    value: str
    name: str
    label: str
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditorLink:
    """A door as it is known.

    Attributes:
        kind: `instance`, `process` or `year`.
        value: id of the instance, id of the process, or the year.
        name: what people call it: the code of the case, else the value.
        label: for whom it was made.
    """

    organization_id: str
    id: str
    secret_digest: str
    kind: str
    value: str
    name: str
    label: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    used_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether anybody may come in."""
        return self.ended_at is None and now < self.expires_at

    @property
    def actor(self) -> str:
        """Who acts, for the log: nobody of the house."""
        return f"auditor-link:{self.id}"


class AuditorLinkRepository:
    """The doors of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, link: AuditorLink) -> None:
        """Keep a door."""
        values = {name: getattr(link, name) for name in AuditorLink.__slots__}
        self._session.add(AuditorLinkRow(**values))
        self._session.flush()

    def get(self, link_id: str) -> AuditorLink | None:
        """One door of this organisation."""
        row = self._session.get(AuditorLinkRow, (self._id, link_id))
        return None if row is None else _link(row)

    def all(self) -> tuple[AuditorLink, ...]:
        """Every door, the newest first."""
        query = (
            select(AuditorLinkRow)
            .where(col(AuditorLinkRow.organization_id) == self._id)
            .order_by(col(AuditorLinkRow.made_at).desc(), col(AuditorLinkRow.id).desc())
        )
        return tuple(_link(row) for row in self._session.exec(query))

    def end(self, link_id: str, *, at: datetime) -> None:
        """Close a door for good."""
        row = self._session.get_one(AuditorLinkRow, (self._id, link_id))
        row.ended_at = at
        self._session.add(row)
        self._session.flush()

    def used(self, link_id: str, *, at: datetime) -> None:
        """Note that somebody came in."""
        row = self._session.get_one(AuditorLinkRow, (self._id, link_id))
        row.used_at = at
        self._session.add(row)
        self._session.flush()


def link_of_anybody(session: Session, link_id: str) -> AuditorLink | None:
    """A door by its id alone: who stands before it has no organisation yet."""
    query = select(AuditorLinkRow).where(col(AuditorLinkRow.id) == link_id)
    row = session.exec(query).first()
    return None if row is None else _link(row)


def _link(row: AuditorLinkRow) -> AuditorLink:
    return AuditorLink(**{name: getattr(row, name) for name in AuditorLink.__slots__})
