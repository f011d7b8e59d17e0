"""Keys already answered: per caller and path, with the digest of the body and the answer given.

1. Whoever looks a key up holds it until the transaction ends: of two requests with one key, sent at
   once, the second one waits and then finds the first one's answer.
2. A command that needs several transactions notes the key as begun before it starts. What was begun
   and never answered stays so: nobody can say whether it happened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, func
from sqlalchemy import select as plain_select
from sqlmodel import Field, Session, SQLModel, col

from engine.storage.database import UtcDateTime

KEPT_DAYS = 7
BEGUN = 0
"""The status of an answer that is still to come."""


class AnswerRow(SQLModel, table=True):
    """The first answer to a key."""

    __tablename__ = "idempotency_answer"
    organization_id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_digest: str
    status: int
    headers: str
    body: str
    answered_at: datetime = Field(sa_type=UtcDateTime, index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered: a status, headers as JSON text, and the body's text."""

    status: int
    headers: str
    body: str


class IdempotencyRepository:
    """The answered keys of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def hold(self, person: str, path: str, key: str) -> None:
        """Wait until nobody else holds the key; SQLite has one writer, who holds every key."""
        if self._session.get_bind().dialect.name != "sqlite":
            name = f"{self._id}\0{person}\0{path}\0{key}".encode()
            number = int.from_bytes(sha256(name).digest()[:8], signed=True)
            held = plain_select(func.pg_advisory_xact_lock(number))
            self._session.connection().execute(held)

    def find(self, person: str, path: str, key: str, *, now: datetime) -> tuple[str, Answer] | None:
        """The body digest and the answer of a key that is not older than seven days."""
        row = self._session.get(AnswerRow, (self._id, person, path, key))
        if row is None or now - row.answered_at > timedelta(days=KEPT_DAYS):
            return None
        return row.body_digest, Answer(status=row.status, headers=row.headers, body=row.body)

    def keep(
        self, person: str, path: str, key: str, *, body_digest: str, answer: Answer, now: datetime
    ) -> None:
        """Keep the first answer of a key; an outdated one of the same key makes room."""
        old = self._session.get(AnswerRow, (self._id, person, path, key))
        if old is not None:
            self._session.delete(old)
            self._session.flush()
        self._session.add(
            AnswerRow(
                organization_id=self._id,
                person=person,
                path=path,
                key=key,
                body_digest=body_digest,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                answered_at=now,
            )
        )
        self._session.flush()

    def forget(self, person: str, path: str, key: str) -> None:
        """Drop a key, so that it can be used again."""
        row = self._session.get(AnswerRow, (self._id, person, path, key))
        if row is not None:
            self._session.delete(row)
            self._session.flush()

    def forget_before(self, day: datetime) -> None:
        """Drop what nobody may ask for any more."""
        self._session.exec(
            delete(AnswerRow).where(
                col(AnswerRow.organization_id) == self._id, col(AnswerRow.answered_at) < day
            )
        )
