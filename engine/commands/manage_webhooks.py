"""Subscriptions of other systems: made, changed and ended by administrators, each change logged.

1. A subscription hears what happens after it was made; `next_idx` is the size of the log then.
2. A secret is shown once, when it is made or changed; the database does not hold it. For a day
   after a change the old secret signs beside the new one, so that the receiver can follow.
3. Sending something again is a new delivery: what became of the first one stays to be seen.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from engine.audit.leaf import EntryType, Outcome
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Conflict, Invalid, NotFound
from engine.outbox.addresses import Egress, check_url
from engine.outbox.webhook import event_type, secret_of
from engine.queries.webhooks import known_webhook
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.webhooks import ACTIVE, PAUSED, WAITING, Delivery, Subscription

NAME_LENGTH_MAX: Final = 80
SUBSCRIPTIONS_MAX: Final = 50
OLD_SECRET_SIGNS: Final = timedelta(days=1)
EVENT_TYPES: Final = frozenset(
    event_type(kind.value, outcome.value) for kind in EntryType for outcome in Outcome
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """What an administrator asks for; no types and no processes mean all of them."""

    name: str
    url: str
    types: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMade:
    """A subscription and its secret, which is shown this once."""

    subscription: Subscription
    secret: str


def add_webhook(
    runtime: Runtime, caller: Caller, wanted: NewWebhook, *, egress: Egress
) -> WebhookMade | NotAllowed:
    """Subscribe another system to the log.

    Raises:
        Invalid: no name, an address to which nothing is sent, an unknown type or process.
        Conflict: `webhooks_too_many`.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        _check(uow, wanted, egress)
        if len(uow.tables.webhooks.all()) >= SUBSCRIPTIONS_MAX:
            raise Conflict("webhooks_too_many", most=SUBSCRIPTIONS_MAX)
        uow.tables.log.lock()
        subscription = Subscription(
            id=uow.new_id(),
            name=wanted.name.strip(),
            url=wanted.url,
            types=tuple(sorted(set(wanted.types))),
            processes=tuple(sorted(set(wanted.processes))),
            status=ACTIVE,
            next_idx=uow.tables.log.size(),
            secret_number=1,
            secret_changed_at=uow.now,
            created_by=caller.person,
            created_at=uow.now,
        )
        uow.tables.webhooks.add(subscription)
        _log(uow, caller, subscription, "added", url=subscription.url)
        uow.commit()
        return WebhookMade(subscription=subscription, secret=_secret(runtime, subscription))


def set_webhook_active(
    runtime: Runtime, caller: Caller, webhook_id: str, *, active: bool
) -> NotAllowed | None:
    """Pause a subscription, or let it go on with all that happened meanwhile.

    Raises:
        NotFound: the organisation has no such subscription.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        found = known_webhook(uow, webhook_id)
        uow.tables.webhooks.change(webhook_id, status=ACTIVE if active else PAUSED)
        _log(uow, caller, found, "resumed" if active else "paused")
        uow.commit()
        return None


def change_webhook_secret(
    runtime: Runtime, caller: Caller, webhook_id: str
) -> WebhookMade | NotAllowed:
    """Make a new secret (rule 2).

    Raises:
        NotFound: the organisation has no such subscription.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        number = known_webhook(uow, webhook_id).secret_number + 1
        uow.tables.webhooks.change(webhook_id, secret_number=number, secret_changed_at=uow.now)
        uow.tables.session.expire_all()
        changed = known_webhook(uow, webhook_id)
        _log(uow, caller, changed, "secret_changed")
        uow.commit()
        return WebhookMade(subscription=changed, secret=_secret(runtime, changed))


def remove_webhook(runtime: Runtime, caller: Caller, webhook_id: str) -> NotAllowed | None:
    """End a subscription; what was sent stays to be seen in the log of the organisation.

    Raises:
        NotFound: the organisation has no such subscription.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        found = known_webhook(uow, webhook_id)
        uow.tables.webhooks.change(webhook_id, removed_at=uow.now)
        _log(uow, caller, found, "removed")
        uow.commit()
        return None


def redeliver(
    runtime: Runtime, caller: Caller, webhook_id: str, delivery_id: str
) -> str | NotAllowed:
    """Send something again; the id of the new delivery.

    Raises:
        NotFound: the organisation has no such subscription or delivery.
        Conflict: `delivery_waiting`: the first one still waits to be sent.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        known = known_webhook(uow, webhook_id)
        found = uow.tables.webhooks.delivery(webhook_id, delivery_id)
        if found is None:
            raise NotFound("unknown_delivery", delivery=delivery_id)
        if found.status == WAITING:
            raise Conflict("delivery_waiting", delivery=delivery_id)
        again = Delivery(
            id=uow.new_id(),
            webhook_id=webhook_id,
            idx=found.idx,
            stream=found.stream,
            status=WAITING,
            attempts=0,
            next_at=uow.now,
            created_at=uow.now,
        )
        uow.tables.webhooks.plan([again])
        _log(uow, caller, known, "redelivered", entry=str(found.idx))
        uow.commit()
        return again.id


def _check(uow: UnitOfWork, wanted: NewWebhook, egress: Egress) -> None:
    name = wanted.name.strip()
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise Invalid("webhook_name_wrong", most=NAME_LENGTH_MAX)
    check_url(wanted.url, egress)
    strange = set(wanted.types) - EVENT_TYPES
    if strange:
        raise Invalid("unknown_event_type", types=sorted(strange))
    for process in wanted.processes:
        uow.definition(process)


def _secret(runtime: Runtime, subscription: Subscription) -> str:
    return secret_of(
        runtime.signing_key, subscription=subscription.id, number=subscription.secret_number
    )


def _log(
    uow: UnitOfWork, caller: Caller, subscription: Subscription, change: str, **more: str
) -> None:
    uow.tables.log.append(
        LogDraft(
            type=EntryType.WEBHOOK_CHANGED,
            stream="organization",
            at=uow.now,
            actor=uow.actor(caller),
            subject=subscription.id,
            details={"change": change, "name": subscription.name, **more},
        )
    )
