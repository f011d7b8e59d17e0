"""Messages that wait to leave, written in the transaction that caused them.

A message is a code with parameters; the channel that carries it puts it into the reader's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class MessageRow(SQLModel, table=True):
    """One message to one person."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_waiting", "organization_id", "status", "next_at"),
        Index("ix_message_person", "organization_id", "person", "created_at"),
    )
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    person: str
    message: str
    params: dict[str, Any] = Field(sa_type=JsonColumn)
    instance_id: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    status: str = "waiting"
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcDateTime)
    outcome: str | None = None
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message with what became of it: `waiting`, `delivered` or `failed`."""

    id: str
    person: str
    message: str
    params: Mapping[str, Any]
    instance_id: str | None
    created_at: datetime
    status: str = "waiting"
    attempts: int = 0


class OutboxRepository:
    """The messages of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, message: StoredMessage) -> None:
        """Let a message wait for its delivery."""
        self._session.add(
            MessageRow(
                organization_id=self._id,
                id=message.id,
                person=message.person,
                message=message.message,
                params=dict(message.params),
                instance_id=message.instance_id,
                created_at=message.created_at,
                next_at=message.created_at,
            )
        )
        self._session.flush()

    def waiting(self, now: datetime, *, limit: int) -> tuple[StoredMessage, ...]:
        """What may be tried now, oldest first."""
        query = (
            select(MessageRow)
            .where(
                col(MessageRow.organization_id) == self._id,
                col(MessageRow.status) == "waiting",
                col(MessageRow.next_at) <= now,
            )
            .order_by(col(MessageRow.created_at), col(MessageRow.id))
            .limit(limit)
        )
        return tuple(_stored(row) for row in self._session.exec(query))

    def of_person(self, person: str, *, limit: int) -> tuple[StoredMessage, ...]:
        """What was sent to somebody, newest first."""
        query = (
            select(MessageRow)
            .where(col(MessageRow.organization_id) == self._id, col(MessageRow.person) == person)
            .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
            .limit(limit)
        )
        return tuple(_stored(row) for row in self._session.exec(query))

    def record(
        self, message_id: str, *, status: str, attempts: int, next_at: datetime, outcome: str
    ) -> None:
        """Write down what a try led to."""
        self._session.exec(
            update(MessageRow)
            .where(col(MessageRow.organization_id) == self._id, col(MessageRow.id) == message_id)
            .values(status=status, attempts=attempts, next_at=next_at, outcome=outcome)
            .execution_options(synchronize_session=False)
        )


def _stored(row: MessageRow) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        person=row.person,
        message=row.message,
        params=row.params,
        instance_id=row.instance_id,
        created_at=row.created_at,
        status=row.status,
        attempts=row.attempts,
    )
