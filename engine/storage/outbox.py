"""Messages that wait to leave, written in the transaction that caused them; how to reach people.

1. A message is a code with parameters; the channel that carries it puts it into the reader's words.
2. Whoever takes messages up puts their next try off first: what a killed process left is tried
   again by another, and no two try one at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.outbox.choice import ByMail, Choice
from engine.storage.database import JsonColumn, UtcDateTime

WAITING = "waiting"
FAILED = "failed"


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


class MessageChoiceRow(SQLModel, table=True):
    """How a person wants to hear by mail; who never chose has no row."""

    __tablename__ = "message_choice"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    person: str = Field(primary_key=True)
    mail: str
    address: str | None = None
    quiet_from: int
    quiet_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message with what became of it: `waiting`, `delivered` or `failed`."""

    id: str
    person: str
    message: str
    params: Mapping[str, Any]
    instance_id: str | None
    created_at: datetime
    status: str = WAITING
    attempts: int = 0
    outcome: str | None = None


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

    def take_waiting(
        self, now: datetime, *, until: datetime, limit: int
    ) -> tuple[StoredMessage, ...]:
        """What may be tried now, oldest first; nobody else takes it before `until` (rule 2)."""
        query = (
            select(MessageRow)
            .where(
                col(MessageRow.organization_id) == self._id,
                col(MessageRow.status) == WAITING,
                col(MessageRow.next_at) <= now,
            )
            .order_by(col(MessageRow.created_at), col(MessageRow.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = list(self._session.exec(query))
        taken = tuple(_stored(row) for row in rows)
        for row in rows:
            row.next_at = until
            self._session.add(row)
        self._session.flush()
        return taken

    def failed(self, *, limit: int) -> tuple[StoredMessage, ...]:
        """What was given up, newest first."""
        query = (
            select(MessageRow)
            .where(col(MessageRow.organization_id) == self._id, col(MessageRow.status) == FAILED)
            .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
            .limit(limit)
        )
        return tuple(_stored(row) for row in self._session.exec(query))

    def get(self, message_id: str) -> StoredMessage | None:
        """One message."""
        row = self._session.get(MessageRow, (self._id, message_id))
        return None if row is None else _stored(row)

    def choice(self, person: str) -> Choice:
        """How a person wants to hear by mail."""
        row = self._session.get(MessageChoiceRow, (self._id, person))
        if row is None:
            return Choice()
        return Choice(
            mail=ByMail(row.mail),
            address=row.address,
            quiet_from=row.quiet_from,
            quiet_to=row.quiet_to,
        )

    def choose(self, person: str, choice: Choice) -> None:
        """Keep how a person wants to hear by mail."""
        self._session.merge(
            MessageChoiceRow(
                organization_id=self._id,
                person=person,
                mail=choice.mail.value,
                address=choice.address,
                quiet_from=choice.quiet_from,
                quiet_to=choice.quiet_to,
            )
        )
        self._session.flush()

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
        outcome=row.outcome,
    )
