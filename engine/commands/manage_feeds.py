"""Addresses under which a calendar program reads somebody's deadlines.

1. A calendar program cannot log in, so the address is the credential: 256 random bits, shown once,
   kept as a digest. It reads deadlines and nothing else, and ends when its person revokes it, or
   leaves.
2. Making and revoking are entries of the person's stream.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import LANGUAGES, digest_of
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.accounts import Feed
from engine.storage.audit_log import LogDraft

FEEDS_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMade:
    """A fresh feed and the secret part of its address, shown this once."""

    secret: str
    feed: Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReader:
    """For whom a feed is read, and in which language."""

    caller: Caller
    mine: bool
    language: str


def make_feed(runtime: Runtime, caller: Caller, *, mine: bool) -> FeedMade:
    """Make a feed for the caller.

    Raises:
        Conflict: `feeds_too_many`.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        if len(uow.accounts.feeds_of(caller.organization_id, caller.person)) >= FEEDS_MAX:
            raise Conflict("feeds_too_many", most=FEEDS_MAX)
        secret = secrets.token_urlsafe(32)
        feed = Feed(
            id=uow.new_id(),
            organization_id=caller.organization_id,
            person=caller.person,
            mine=mine,
            created_at=uow.now,
        )
        uow.accounts.add_feed(digest_of(secret), feed)
        _log(uow, actor, "feed_made", feed.id)
        uow.commit()
        return FeedMade(secret=secret, feed=feed)


def revoke_feed(runtime: Runtime, caller: Caller, feed_id: str) -> None:
    """End a feed of the caller's.

    Raises:
        NotFound: the caller has no such feed.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        if not uow.accounts.revoke_feed(caller.organization_id, caller.person, feed_id, uow.now):
            raise NotFound("unknown_feed", feed=feed_id)
        _log(uow, actor, "feed_revoked", feed_id)
        uow.commit()


def feeds_of(runtime: Runtime, caller: Caller) -> tuple[Feed, ...]:
    """The caller's feeds, newest first."""
    with runtime.credentials() as (accounts, _now):
        return accounts.feeds_of(caller.organization_id, caller.person)


def reader_of(runtime: Runtime, secret: str) -> FeedReader:
    """For whom the feed of an address is read.

    Raises:
        NotFound: there is none, it was revoked, or its person may not come in any more.
    """
    with runtime.credentials() as (accounts, _now):
        feed = accounts.feed(digest_of(secret))
        account = accounts.of_person(feed.organization_id, feed.person) if feed else None
    if feed is None or (account is not None and account.disabled):
        raise NotFound("unknown_feed", feed="")
    with runtime.read(feed.organization_id) as uow:
        if not uow.tables.organization.present([feed.person], on=uow.today):
            raise NotFound("unknown_feed", feed="")
    return FeedReader(
        caller=Caller(organization_id=feed.organization_id, person=feed.person),
        mine=feed.mine,
        language=LANGUAGES[0] if account is None else account.language,
    )


def _log(uow: UnitOfWork, actor: Actor, change: str, feed_id: str) -> None:
    uow.tables.log.append(
        LogDraft(
            type=EntryType.ACCOUNT_CHANGED,
            stream=f"account:{actor.person}",
            at=uow.now,
            actor=actor,
            subject=actor.person,
            details={"change": change, "feed": feed_id},
        )
    )
