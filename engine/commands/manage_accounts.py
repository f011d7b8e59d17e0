"""Logins, page sessions and API tokens.

1. Passwords are hashed and compared by the caller's functions; this file never keeps one.
2. A session id and a token leave once, as text; only their SHA-256 is stored.
3. Logins, logouts, refused logins of known people and changes of tokens are entries of the log;
   each names who did it, who need not be the one whom it is about.
4. The language is a habit of its person, not a right: it is kept without an entry.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.audit.leaf import EntryType, Outcome
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import ADMINISTRATOR, SYSTEM, Actor
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.accounts import Account, PageSession, Token
from engine.storage.audit_log import LogDraft

SCOPES = frozenset({"read", "step", "evidence", "import", "admin"})
WRONG_CREDENTIALS = "credentials"
"""Why a login was refused, as the log keeps it."""
LANGUAGES = ("vi", "en")
PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A fresh session: the cookie's secret, shown once, and the session itself."""

    secret: str
    session: PageSession
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMade:
    """A fresh token: its secret, shown once."""

    secret: str
    token: Token


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """The caller may not administer."""

    refused: Refused


def digest_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def log_in(
    runtime: Runtime, username: str, matches: Callable[[str | None], bool]
) -> LoggedIn | None:
    """Open a session when the password matches; None otherwise, whatever the reason.

    `matches` says whether the password that was typed fits the hash; for None it must take as
    long and answer False, so that unknown names cannot be told from wrong passwords.
    """
    with runtime.credentials() as (accounts, _now):
        # No name holds U+0000, and not every database can be asked for it.
        account = None if "\0" in username else accounts.by_username(username)
    matched = matches(account.password_hash if account else None)
    if account is None:
        return None
    with runtime.write(account.organization_id) as uow:
        actor = uow.tables.organization.actor(account.person, on=uow.today)
        if not matched or account.disabled or actor is None:
            _log(uow, account.person, EntryType.LOGIN, refused=WRONG_CREDENTIALS)
            uow.commit()
            return None
        secret = secrets.token_urlsafe(32)
        session = PageSession(
            organization_id=account.organization_id,
            person=account.person,
            csrf=secrets.token_urlsafe(24),
            created_at=uow.now,
            seen_at=uow.now,
        )
        uow.accounts.open_session(digest_of(secret), session)
        _log(uow, account.person, EntryType.LOGIN)
        uow.commit()
        return LoggedIn(secret=secret, session=session, account=account)


def choose_language(runtime: Runtime, caller: Caller, language: str) -> None:
    """Keep the language that somebody reads, for every place from which they log in.

    No entry tells of it: it changes nothing that anybody may or must do.

    Raises:
        Invalid: a language that the house does not speak.
    """
    if language not in LANGUAGES:
        raise Invalid("unknown_language", language=language, known=list(LANGUAGES))
    with runtime.credentials(write=True) as (accounts, _now):
        accounts.speak(caller.organization_id, caller.person, language)


def log_out(runtime: Runtime, secret: str, session: PageSession) -> None:
    """End a session."""
    with runtime.write(session.organization_id) as uow:
        uow.accounts.close_session(digest_of(secret))
        _log(uow, session.person, EntryType.LOGOUT)
        uow.commit()


def session_of(
    runtime: Runtime, secret: str, *, idle: timedelta, absolute: timedelta
) -> PageSession | None:
    """The live session of a cookie; its use is noted at most once a minute."""
    digest = digest_of(secret)
    with runtime.credentials() as (accounts, now):
        session = accounts.session(digest, now=now, idle=idle, absolute=absolute)
        account = accounts.of_person(session.organization_id, session.person) if session else None
    if session is None or account is None or account.disabled:
        return None
    if now - session.seen_at > timedelta(minutes=1):
        with runtime.credentials(write=True) as (accounts, now):
            accounts.touch_session(digest, now)
    return session


def token_of(runtime: Runtime, secret: str) -> Token | None:
    """The live token of a bearer secret; its use is noted at most once a minute."""
    digest = digest_of(secret)
    with runtime.credentials() as (accounts, now):
        token = accounts.token(digest, now)
        account = accounts.of_person(token.organization_id, token.person) if token else None
    if token is None or (account is not None and account.disabled):
        return None
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        with runtime.credentials(write=True) as (accounts, now):
            accounts.use_token(digest, now)
    return token


def add_account(
    runtime: Runtime,
    organization_id: str,
    *,
    person: str,
    username: str,
    password_hash: str,
    by: str = SYSTEM.person,
) -> Account:
    """Give a person a login; for administrators and, as the house itself, the command line.

    Raises:
        NotFound: the organisation has no such person.
        Conflict: the user name is taken, or the person has a login.
    """
    with runtime.write(organization_id) as uow:
        # Two who take the same name at once meet here, and the second one is told.
        uow.tables.log.lock()
        if person not in uow.tables.organization.present([person], on=uow.today):
            raise NotFound("unknown_person", person=person)
        if uow.accounts.by_username(username) is not None:
            raise Conflict("username_taken", username=username)
        if uow.accounts.of_person(organization_id, person) is not None:
            raise Conflict("account_exists", person=person)
        account = Account(
            organization_id=organization_id,
            person=person,
            username=username,
            password_hash=password_hash,
            language=LANGUAGES[0],
            disabled=False,
        )
        uow.accounts.add(account)
        _log(uow, person, EntryType.ACCOUNT_CHANGED, change="added", by=by)
        uow.commit()
        return account


def disable_account(runtime: Runtime, caller: Caller, person: str) -> NotAllowed | None:
    """Close a login and end its sessions and tokens' use.

    Raises:
        NotFound: the person has no login.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        if uow.accounts.of_person(caller.organization_id, person) is None:
            raise NotFound("unknown_account", person=person)
        uow.accounts.change(caller.organization_id, person, disabled_at=uow.now)
        _log(uow, person, EntryType.ACCOUNT_CHANGED, change="disabled", by=caller.person)
        uow.commit()
        return None


def make_token(  # noqa: PLR0913 - what a token is made of, and who made it.
    runtime: Runtime,
    organization_id: str,
    *,
    person: str,
    name: str,
    scopes: frozenset[str] | None = None,
    expires_at: datetime | None = None,
    by: str = SYSTEM.person,
) -> TokenMade:
    """Make a bearer token for a person; without scopes it may do all that the person may.

    Raises:
        NotFound: the organisation has no such person.
        Invalid: an unknown scope, or an expiry in the past.
    """
    wanted = SCOPES if scopes is None else scopes
    if wanted - SCOPES:
        raise Invalid("unknown_scope", scopes=sorted(wanted - SCOPES), known=sorted(SCOPES))
    with runtime.write(organization_id) as uow:
        if person not in uow.tables.organization.present([person], on=uow.today):
            raise NotFound("unknown_person", person=person)
        if expires_at is not None and expires_at <= uow.now:
            raise Invalid("expiry_in_past", expires_at=expires_at.isoformat())
        token_id = uow.new_id()
        secret = f"qms_{token_id.replace('-', '')}_{secrets.token_urlsafe(32)}"
        token = Token(
            id=token_id,
            organization_id=organization_id,
            person=person,
            name=name,
            scopes=wanted,
            created_at=uow.now,
            expires_at=expires_at,
            used_at=None,
        )
        uow.accounts.add_token(digest_of(secret), token)
        _log(uow, person, EntryType.TOKEN_CHANGED, change="made", token=token_id, by=by)
        uow.commit()
        return TokenMade(secret=secret, token=token)


def revoke_token(runtime: Runtime, caller: Caller, token_id: str) -> NotAllowed | None:
    """End a token: one's own, or anybody's as administrator.

    Raises:
        NotFound: the organisation has no such token.
    """
    with runtime.write(caller.organization_id) as uow:
        tokens = {token.id: token for token in uow.accounts.tokens_of(caller.organization_id)}
        if token_id not in tokens:
            raise NotFound("unknown_token", token=token_id)
        if tokens[token_id].person != caller.person:
            refused = refused_administration(uow, caller)
            if refused is not None:
                return refused
        uow.accounts.revoke_token(caller.organization_id, token_id, uow.now)
        owner = tokens[token_id].person
        told = {"change": "revoked", "token": token_id, "by": caller.person}
        _log(uow, owner, EntryType.TOKEN_CHANGED, **told)
        uow.commit()
        return None


def refused_administration(uow: UnitOfWork, caller: Caller) -> NotAllowed | None:
    """The refusal of everybody who is not an administrator."""
    if ADMINISTRATOR in uow.actor(caller).roles:
        return None
    unmet = Unmet(
        UnmetCode.ROLE,
        params={"roles": [ADMINISTRATOR]},
        who_can=(ADMINISTRATOR,),
        waivable=False,
    )
    return NotAllowed(refused=Refused((unmet,)))


def _log(
    uow: UnitOfWork, person: str, kind: EntryType, *, refused: str | None = None, **details: str
) -> None:
    uow.tables.log.append(
        LogDraft(
            type=kind,
            outcome=Outcome.ACCEPTED if refused is None else Outcome.REFUSED,
            stream=f"account:{person}",
            at=uow.now,
            actor=Actor(person=details.pop("by", person)),
            subject=person,
            unmet=() if refused is None else (refused,),
            details=details,
        )
    )
