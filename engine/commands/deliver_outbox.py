"""Send what waits in the outbox, and record the outcome. At least once, in order per person.

A message is tried outside any transaction; a crash between the try and its record means a second
try, which the receiver tells by the message's id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.commands.manage_accounts import LANGUAGES
from engine.outbox.channel import Channel, ChannelAway, Outgoing
from engine.outbox.retry import GiveUp, after_failure
from engine.runtime import Runtime
from engine.storage.outbox import StoredMessage

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How many messages left, and how many will be tried again or were given up."""

    sent: int
    failed: int


def deliver_outbox(
    runtime: Runtime, organization_id: str, channels: Sequence[Channel]
) -> Delivered:
    """Try every message that may be tried now, once."""
    with runtime.read(organization_id) as uow:
        waiting = uow.tables.outbox.waiting(uow.now, limit=BATCH)
    results = [_try(runtime, organization_id, message, channels) for message in waiting]
    return Delivered(sent=sum(results), failed=len(results) - sum(results))


def _try(
    runtime: Runtime, organization_id: str, message: StoredMessage, channels: Sequence[Channel]
) -> bool:
    with runtime.credentials() as (accounts, _now):
        account = accounts.of_person(organization_id, message.person)
    outgoing = Outgoing(
        id=message.id,
        organization_id=organization_id,
        person=message.person,
        message=message.message,
        params=message.params,
        language=LANGUAGES[0] if account is None else account.language,
    )
    attempts = message.attempts + 1
    try:
        outcome = "; ".join(channel.deliver(outgoing) for channel in channels)
    except ChannelAway as away:
        with runtime.write(organization_id) as uow:
            verdict = after_failure(attempts, uow.now)
            uow.tables.outbox.record(
                message.id,
                status="failed" if isinstance(verdict, GiveUp) else "waiting",
                attempts=attempts,
                next_at=uow.now if isinstance(verdict, GiveUp) else verdict.at,
                outcome=str(away),
            )
            uow.commit()
        return False
    with runtime.write(organization_id) as uow:
        uow.tables.outbox.record(
            message.id, status="delivered", attempts=attempts, next_at=uow.now, outcome=outcome
        )
        uow.commit()
    return True
