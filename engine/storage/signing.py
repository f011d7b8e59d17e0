"""Keys with which people sign, and what was asked to be signed and has not been yet.

1. A key is never forgotten: a revoked one stays, so that what it signed can be explained.
2. A request serves once. It is of one person and, for a step, of one instance; what is older than
   its term is swept away with the next one.
3. The counter of a key is what its device told last; a copy of the device shows by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, delete
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class SigningKeyRow(SQLModel, table=True):
    """A key of a person, by the id that its device gave it."""

    __tablename__ = "signing_key"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    name: str
    algorithm: str
    public_key: str
    rp_id: str
    origin: str
    sign_count: int = Field(sa_type=BigInteger)
    enrolled_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SigningRequestRow(SQLModel, table=True):
    """A challenge that waits for its answer."""

    __tablename__ = "signing_request"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    person: str
    instance_id: str | None = None
    challenge: str
    body: dict[str, Any] = Field(sa_type=JsonColumn)
    made_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key as the floors above know it; `public_key` is DER in base64url."""

    id: str
    person: str
    name: str
    algorithm: str
    public_key: str
    rp_id: str
    origin: str
    sign_count: int
    enrolled_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """What somebody was asked to sign.

    Attributes:
        id: the nonce.
        instance_id: whose step it is; None for the enrolment of a key.
        challenge: in base64url.
        body: the statement and the salts of the entry that it speaks of.
    """

    id: str
    person: str
    instance_id: str | None
    challenge: str
    body: Mapping[str, Any]
    made_at: datetime


class SigningRepository:
    """The signing keys of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def keys_of(self, person: str) -> tuple[SigningKey, ...]:
        """The keys of a person that were not revoked, oldest first."""
        query = (
            select(SigningKeyRow)
            .where(
                col(SigningKeyRow.organization_id) == self._id,
                col(SigningKeyRow.person) == person,
                col(SigningKeyRow.revoked_at).is_(None),
            )
            .order_by(col(SigningKeyRow.enrolled_at), col(SigningKeyRow.id))
        )
        return tuple(_key(row) for row in self._session.exec(query))

    def in_force(self) -> tuple[SigningKey, ...]:
        """Every key of everybody that was not revoked, oldest first."""
        query = (
            select(SigningKeyRow)
            .where(
                col(SigningKeyRow.organization_id) == self._id,
                col(SigningKeyRow.revoked_at).is_(None),
            )
            .order_by(col(SigningKeyRow.enrolled_at), col(SigningKeyRow.id))
        )
        return tuple(_key(row) for row in self._session.exec(query))

    def key(self, key_id: str) -> SigningKey | None:
        """A key, revoked or not."""
        row = self._session.get(SigningKeyRow, (self._id, key_id), populate_existing=True)
        return None if row is None else _key(row)

    def add(self, key: SigningKey) -> None:
        """Keep a new key."""
        values = {name: getattr(key, name) for name in SigningKey.__slots__}
        self._session.add(SigningKeyRow(organization_id=self._id, **values))
        self._session.flush()

    def use(self, key_id: str, *, sign_count: int, at: datetime) -> None:
        """Note that a key has signed, and what its counter told."""
        row = self._session.get_one(SigningKeyRow, (self._id, key_id))
        row.sign_count, row.used_at = sign_count, at
        self._session.add(row)
        self._session.flush()

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """End a key."""
        row = self._session.get_one(SigningKeyRow, (self._id, key_id))
        row.revoked_at = row.revoked_at or at
        self._session.add(row)
        self._session.flush()

    def ask(self, request: SigningRequest, *, forget_before: datetime) -> None:
        """Keep what was asked; what nobody answered in time is forgotten."""
        old = delete(SigningRequestRow).where(
            col(SigningRequestRow.organization_id) == self._id,
            col(SigningRequestRow.made_at) < forget_before,
        )
        self._session.exec(old)
        values = {name: getattr(request, name) for name in SigningRequest.__slots__}
        values["body"] = dict(request.body)
        self._session.add(SigningRequestRow(organization_id=self._id, **values))
        self._session.flush()

    def asked(self, request_id: str) -> SigningRequest | None:
        """What was asked under an id."""
        row = self._session.get(SigningRequestRow, (self._id, request_id))
        if row is None:
            return None
        values = {name: getattr(row, name) for name in SigningRequest.__slots__}
        return SigningRequest(**values)

    def answered(self, request_id: str) -> None:
        """Forget what was asked: it serves once."""
        row = self._session.get(SigningRequestRow, (self._id, request_id))
        if row is not None:
            self._session.delete(row)
            self._session.flush()


def _key(row: SigningKeyRow) -> SigningKey:
    return SigningKey(**{name: getattr(row, name) for name in SigningKey.__slots__})
