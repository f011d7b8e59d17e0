"""Send what waits in the outbox, and record the outcome. At least once, in order per person.

1. Messages are taken up in one transaction, tried outside any, and recorded in another; a crash
   between the try and its record means a second try, which the receiver tells by the letter's id.
2. A letter is one message, or all that waits of one person who wants a daily letter. What comes in
   somebody's quiet hours waits until they are over; on the pages it stands at once.
3. What was given up stays, with the last answer, until an administrator lets it be tried again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import LANGUAGES, NotAllowed, refused_administration
from engine.errors import Conflict, NotFound
from engine.outbox.channel import Channel, ChannelAway, ChannelRefused, Letter, Outgoing
from engine.outbox.choice import ByMail, Choice, send_at
from engine.outbox.retry import GiveUp, after_failure
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.outbox import FAILED, WAITING, StoredMessage

BATCH = 200
LEASE = timedelta(minutes=15)
"""Longer than a batch can take: another process takes up what a killed one left, not what runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How many messages left, and how many will be tried again or were given up."""

    sent: int
    failed: int


def deliver_outbox(
    runtime: Runtime, organization_id: str, channels: Sequence[Channel]
) -> Delivered:
    """Try every message that may be tried now, once."""
    with runtime.write(organization_id) as uow:
        taken = uow.tables.outbox.take_waiting(uow.now, until=uow.now + LEASE, limit=BATCH)
        letters = list(_letters(uow, taken))
        uow.commit()
    sent = failed = 0
    for letter in letters:
        if _try(runtime, letter, channels):
            sent += len(letter.messages)
        else:
            failed += len(letter.messages)
    return Delivered(sent=sent, failed=failed)


def retry_message(runtime: Runtime, caller: Caller, message_id: str) -> NotAllowed | None:
    """Let a message that was given up be tried again, from the first try on.

    Raises:
        NotFound: the organisation has no such message.
        Conflict: `message_not_failed`: it waits already, or has left.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        found = uow.tables.outbox.get(message_id)
        if found is None:
            raise NotFound("unknown_message", message=message_id)
        if found.status != FAILED:
            raise Conflict("message_not_failed", message=message_id)
        uow.tables.outbox.record(
            message_id, status=WAITING, attempts=0, next_at=uow.now, outcome=found.outcome or ""
        )
        uow.tables.log.append(
            LogDraft(
                type=EntryType.SETTING_CHANGED,
                stream="organization",
                at=uow.now,
                actor=uow.actor(caller),
                subject=message_id,
                details={"change": "message_retried"},
            )
        )
        uow.commit()
        return None


def _letters(uow: UnitOfWork, taken: tuple[StoredMessage, ...]) -> Iterator[Letter]:
    """What goes out now; what has to wait for its hour is put off in the same transaction."""

    def whose(message: StoredMessage) -> str:
        return message.person

    for person, group in groupby(sorted(taken, key=whose), key=whose):
        choice = uow.tables.outbox.choice(person)
        ready = [one for one in group if not _put_off(uow, one, choice)]
        if not ready:
            continue
        bundles = [ready] if choice.mail is ByMail.DAILY else [[one] for one in ready]
        for bundle in bundles:
            yield _letter(uow, person, choice, bundle)


def _put_off(uow: UnitOfWork, message: StoredMessage, choice: Choice) -> bool:
    at = send_at(choice, written_at=message.created_at, now=uow.now, zone=uow.zone)
    if at <= uow.now:
        return False
    _record(uow, message.id, at=at, attempts=message.attempts, outcome="put off")
    return True


def _letter(
    uow: UnitOfWork, person: str, choice: Choice, messages: Sequence[StoredMessage]
) -> Letter:
    organization = uow.organization
    account = uow.accounts.of_person(organization.id, person)
    known = uow.tables.organization.known([person], on=uow.today)
    present = uow.tables.organization.present([person], on=uow.today)
    own = choice.address or uow.tables.organization.mail_address(person, on=uow.today)
    return Letter(
        organization_id=organization.id,
        organization=organization.title,
        person=person,
        name=known[person].name if person in known else person,
        language=LANGUAGES[0] if account is None else account.language,
        # Who has left is told nothing more of the house.
        address=own if person in present else None,
        mail=choice.mail,
        messages=tuple(
            Outgoing(
                id=one.id,
                message=one.message,
                params=one.params,
                instance_id=one.instance_id,
                written_at=one.created_at,
            )
            for one in messages
        ),
    )


def _try(runtime: Runtime, letter: Letter, channels: Sequence[Channel]) -> bool:
    try:
        outcome = "; ".join(channel.deliver(letter) for channel in channels)
    except ChannelAway as away:
        with runtime.write(letter.organization_id) as uow:
            for message in letter.messages:
                _note_failure(uow, message.id, away)
            uow.commit()
        return False
    with runtime.write(letter.organization_id) as uow:
        for message in letter.messages:
            uow.tables.outbox.record(
                message.id,
                status="delivered",
                attempts=_attempts(uow, message.id),
                next_at=uow.now,
                outcome=outcome,
            )
        uow.commit()
    return True


def _note_failure(uow: UnitOfWork, message_id: str, away: ChannelAway) -> None:
    attempts = _attempts(uow, message_id)
    verdict = after_failure(attempts, uow.now)
    if isinstance(away, ChannelRefused) or isinstance(verdict, GiveUp):
        uow.tables.outbox.record(
            message_id, status=FAILED, attempts=attempts, next_at=uow.now, outcome=str(away)
        )
    else:
        _record(uow, message_id, at=verdict.at, attempts=attempts, outcome=str(away))


def _attempts(uow: UnitOfWork, message_id: str) -> int:
    found = uow.tables.outbox.get(message_id)
    return 1 if found is None else found.attempts + 1


def _record(uow: UnitOfWork, message_id: str, *, at: datetime, attempts: int, outcome: str) -> None:
    uow.tables.outbox.record(
        message_id, status=WAITING, attempts=attempts, next_at=at, outcome=outcome
    )
