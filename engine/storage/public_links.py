"""Links by which people without an account fill in a form: the digest of a secret, and a count.

1. The secret itself is shown once and kept nowhere. A link is never removed: it is withdrawn.
2. Nothing is kept of who came: the count knows days, and no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime

ACTOR_PREFIX: Final = "public-link:"
"""What the name of a link begins with, where it acts."""


class PublicLinkRow(SQLModel, table=True):
    """One link."""

    __tablename__ = "public_link"
    __table_args__ = (
        Index("ix_public_link_secret_digest", "secret_digest", unique=True),
        Index("ix_public_link_instance", "organization_id", "instance_id"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    secret_digest: str
    instance_id: str
    record_set: str
    given: dict[str, Any] = Field(sa_type=JsonColumn)
    most_per_day: int
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken: int = 0
    taken_on: date | None = None
    taken_that_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLink:
    """A link as it is known.

    Attributes:
        record_set: whose rows it writes.
        given: columns that the link itself fills, such as the way by which an answer came.
        most_per_day: rows that it takes on one day.
        taken: rows so far; `taken_that_day` of them on `taken_on`, the last day on which one came.
    """

    organization_id: str
    id: str
    secret_digest: str
    instance_id: str
    record_set: str
    given: Mapping[str, Any]
    most_per_day: int
    made_by: str
    made_at: datetime
    withdrawn_at: datetime | None = None
    taken: int = 0
    taken_on: date | None = None
    taken_that_day: int = 0

    @property
    def actor(self) -> str:
        """Who acts, for the log: the link, and nobody behind it."""
        return ACTOR_PREFIX + self.id

    def is_full(self, today: date) -> bool:
        """Whether it has taken all that it takes on a day."""
        return self.taken_on == today and self.taken_that_day >= self.most_per_day


class PublicLinkRepository:
    """The links of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, link: PublicLink) -> None:
        """Keep a link."""
        values = {name: getattr(link, name) for name in PublicLink.__slots__}
        self._session.add(PublicLinkRow(**{**values, "given": dict(link.given)}))
        self._session.flush()

    def get(self, link_id: str) -> PublicLink | None:
        """One link of this organisation, as it is now and not as it was read before."""
        row = self._session.get(PublicLinkRow, (self._id, link_id), populate_existing=True)
        return None if row is None else _link(row)

    def of_instance(self, instance_id: str) -> tuple[PublicLink, ...]:
        """The links of a case, the newest first."""
        query = (
            select(PublicLinkRow)
            .where(
                col(PublicLinkRow.organization_id) == self._id,
                col(PublicLinkRow.instance_id) == instance_id,
            )
            .order_by(col(PublicLinkRow.made_at).desc(), col(PublicLinkRow.id).desc())
        )
        return tuple(_link(row) for row in self._session.exec(query))

    def withdraw(self, link_id: str, *, at: datetime) -> None:
        """Close a link for good."""
        row = self._session.get_one(PublicLinkRow, (self._id, link_id))
        row.withdrawn_at = at
        self._session.add(row)
        self._session.flush()

    def count(self, link_id: str, *, on: date) -> None:
        """Count a row that came; the caller holds the lock on its case."""
        row = self._session.get_one(PublicLinkRow, (self._id, link_id))
        row.taken_that_day = row.taken_that_day + 1 if row.taken_on == on else 1
        row.taken_on = on
        row.taken += 1
        self._session.add(row)
        self._session.flush()


def public_link_of_anybody(session: Session, secret_digest: str) -> PublicLink | None:
    """A link by the digest of its secret: who brings one has no organisation yet."""
    query = select(PublicLinkRow).where(col(PublicLinkRow.secret_digest) == secret_digest)
    row = session.exec(query).first()
    return None if row is None else _link(row)


def _link(row: PublicLinkRow) -> PublicLink:
    return PublicLink(**{name: getattr(row, name) for name in PublicLink.__slots__})
