"""Accounts, page sessions and API tokens. Secrets are kept as digests only.

1. A user name is unique in the whole database: the organisation comes from the credential.
2. A session id and a token are 256 random bits; SHA-256 of them is stored, so that a copy of the
   database opens no door.
3. Disabling an account and changing its password end its sessions.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class AccountRow(SQLModel, table=True):
    """The login of a person."""

    __tablename__ = "account"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    person: str = Field(primary_key=True)
    username: str = Field(unique=True)
    password_hash: str
    language: str = "vi"
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(SQLModel, table=True):
    """A page session, found by the digest of its cookie."""

    __tablename__ = "page_session"
    digest: str = Field(primary_key=True)
    organization_id: str = Field(index=True)
    person: str
    csrf: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class TokenRow(SQLModel, table=True):
    """A bearer token of a person, with the scopes that narrow it."""

    __tablename__ = "api_token"
    digest: str = Field(primary_key=True)
    id: str = Field(unique=True)
    organization_id: str = Field(index=True)
    person: str
    name: str
    scopes: list[str] = Field(sa_type=JsonColumn)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FeedRow(SQLModel, table=True):
    """An address under which a calendar reads somebody's deadlines, found by its digest."""

    __tablename__ = "calendar_feed"
    digest: str = Field(primary_key=True)
    id: str = Field(unique=True)
    organization_id: str = Field(index=True)
    person: str
    mine: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A login as the floors above know it."""

    organization_id: str
    person: str
    username: str
    password_hash: str
    language: str
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSession:
    """A live page session."""

    organization_id: str
    person: str
    csrf: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A live API token; `scopes` narrow what its person may do."""

    id: str
    organization_id: str
    person: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A live feed; with `mine` it shows what may be its person's to do, else every deadline."""

    id: str
    organization_id: str
    person: str
    mine: bool
    created_at: datetime


class AccountRepository:
    """Credentials. It is not bound to an organisation: a credential is what names one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_username(self, username: str) -> Account | None:
        """The account with exactly this user name."""
        row = self._session.exec(
            select(AccountRow).where(col(AccountRow.username) == username)
        ).first()
        return None if row is None else _account(row)

    def of_person(self, organization_id: str, person: str) -> Account | None:
        """The account of a person."""
        row = self._session.get(AccountRow, (organization_id, person))
        return None if row is None else _account(row)

    def all_of(self, organization_id: str) -> tuple[Account, ...]:
        """Every account of an organisation, by user name."""
        query = select(AccountRow).where(col(AccountRow.organization_id) == organization_id)
        return tuple(
            _account(r) for r in self._session.exec(query.order_by(col(AccountRow.username)))
        )

    def add(self, account: Account) -> None:
        """Add a login."""
        self._session.add(
            AccountRow(
                organization_id=account.organization_id,
                person=account.person,
                username=account.username,
                password_hash=account.password_hash,
                language=account.language,
            )
        )
        self._session.flush()

    def change(
        self,
        organization_id: str,
        person: str,
        *,
        password_hash: str | None = None,
        disabled_at: datetime | None = None,
    ) -> None:
        """Change the password or disable the account, and end its sessions."""
        row = self._session.get_one(AccountRow, (organization_id, person))
        row.password_hash = password_hash or row.password_hash
        row.disabled_at = disabled_at or row.disabled_at
        self._session.add(row)
        self._session.flush()
        self._session.exec(
            delete(SessionRow).where(
                col(SessionRow.organization_id) == organization_id, col(SessionRow.person) == person
            )
        )

    def speak(self, organization_id: str, person: str, language: str) -> None:
        """Keep the language that somebody reads; without a login there is nothing to keep it in."""
        row = self._session.get(AccountRow, (organization_id, person))
        if row is not None:
            row.language = language
            self._session.add(row)

    def open_session(self, digest: str, session: PageSession) -> None:
        """Keep a page session under the digest of its cookie."""
        self._session.add(
            SessionRow(
                digest=digest,
                organization_id=session.organization_id,
                person=session.person,
                csrf=session.csrf,
                created_at=session.created_at,
                seen_at=session.seen_at,
            )
        )
        self._session.flush()

    def session(
        self, digest: str, *, now: datetime, idle: timedelta, absolute: timedelta
    ) -> PageSession | None:
        """The session of a cookie, unless it idled or lived too long."""
        row = self._session.get(SessionRow, digest)
        if row is None or now - row.seen_at > idle or now - row.created_at > absolute:
            return None
        return PageSession(
            organization_id=row.organization_id,
            person=row.person,
            csrf=row.csrf,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )

    def touch_session(self, digest: str, now: datetime) -> None:
        """Note that a session was used."""
        row = self._session.get(SessionRow, digest)
        if row is not None:
            row.seen_at = now
            self._session.add(row)

    def close_session(self, digest: str) -> None:
        """End a session; a second time changes nothing."""
        row = self._session.get(SessionRow, digest)
        if row is not None:
            self._session.delete(row)

    def add_token(self, digest: str, token: Token) -> None:
        """Keep a token under its digest."""
        self._session.add(
            TokenRow(
                digest=digest,
                id=token.id,
                organization_id=token.organization_id,
                person=token.person,
                name=token.name,
                scopes=sorted(token.scopes),
                created_at=token.created_at,
                expires_at=token.expires_at,
            )
        )
        self._session.flush()

    def token(self, digest: str, now: datetime) -> Token | None:
        """The token with this digest, unless it was revoked or has expired."""
        row = self._session.get(TokenRow, digest)
        if row is None or row.revoked_at is not None:
            return None
        if row.expires_at is not None and now >= row.expires_at:
            return None
        return _token(row)

    def tokens_of(self, organization_id: str) -> tuple[Token, ...]:
        """The organisation's tokens that were not revoked, newest first."""
        query = (
            select(TokenRow)
            .where(
                col(TokenRow.organization_id) == organization_id, col(TokenRow.revoked_at).is_(None)
            )
            .order_by(col(TokenRow.created_at).desc(), col(TokenRow.id))
        )
        return tuple(_token(row) for row in self._session.exec(query))

    def use_token(self, digest: str, now: datetime) -> None:
        """Note that a token was used."""
        row = self._session.get(TokenRow, digest)
        if row is not None:
            row.used_at = now
            self._session.add(row)

    def add_feed(self, digest: str, feed: Feed) -> None:
        """Keep a feed under the digest of its address."""
        self._session.add(
            FeedRow(
                digest=digest,
                id=feed.id,
                organization_id=feed.organization_id,
                person=feed.person,
                mine=feed.mine,
                created_at=feed.created_at,
            )
        )
        self._session.flush()

    def feed(self, digest: str) -> Feed | None:
        """The feed with this digest, unless it was revoked."""
        row = self._session.get(FeedRow, digest)
        return None if row is None or row.revoked_at is not None else _feed(row)

    def feeds_of(self, organization_id: str, person: str) -> tuple[Feed, ...]:
        """A person's feeds that were not revoked, newest first."""
        query = (
            select(FeedRow)
            .where(
                col(FeedRow.organization_id) == organization_id,
                col(FeedRow.person) == person,
                col(FeedRow.revoked_at).is_(None),
            )
            .order_by(col(FeedRow.created_at).desc(), col(FeedRow.id))
        )
        return tuple(_feed(row) for row in self._session.exec(query))

    def revoke_feed(self, organization_id: str, person: str, feed_id: str, now: datetime) -> bool:
        """End a feed; False when the person has none of that id."""
        query = select(FeedRow).where(
            col(FeedRow.organization_id) == organization_id,
            col(FeedRow.person) == person,
            col(FeedRow.id) == feed_id,
        )
        row = self._session.exec(query).first()
        if row is None or row.revoked_at is not None:
            return False
        row.revoked_at = now
        self._session.add(row)
        return True

    def revoke_token(self, organization_id: str, token_id: str, now: datetime) -> bool:
        """End a token; False when the organisation has none of that id."""
        query = select(TokenRow).where(
            col(TokenRow.organization_id) == organization_id, col(TokenRow.id) == token_id
        )
        row = self._session.exec(query).first()
        if row is None:
            return False
        row.revoked_at = row.revoked_at or now
        self._session.add(row)
        return True


def _account(row: AccountRow) -> Account:
    return Account(
        organization_id=row.organization_id,
        person=row.person,
        username=row.username,
        password_hash=row.password_hash,
        language=row.language,
        disabled=row.disabled_at is not None,
    )


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        organization_id=row.organization_id,
        person=row.person,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _feed(row: FeedRow) -> Feed:
    return Feed(
        id=row.id,
        organization_id=row.organization_id,
        person=row.person,
        mine=row.mine,
        created_at=row.created_at,
    )
