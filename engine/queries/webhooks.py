"""Subscriptions of other systems, and what became of each delivery and message."""

from dataclasses import dataclass

from engine.errors import NotFound
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.outbox import StoredMessage
from engine.storage.webhooks import Delivery, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionView:
    """A subscription with what was, or will be, sent to it; the newest first."""

    subscription: Subscription
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A message that did not leave after its last try, with the name of whom it was for."""

    message: StoredMessage
    name: str


def webhooks(runtime: Runtime, caller: Caller) -> tuple[Subscription, ...]:
    """Every subscription of the organisation, newest first."""
    with runtime.read(caller.organization_id) as uow:
        return uow.tables.webhooks.all()


def webhook_view(
    runtime: Runtime,
    caller: Caller,
    webhook_id: str,
    *,
    before: tuple[int, str] | None = None,
    limit: int,
) -> SubscriptionView:
    """One subscription and a page of its deliveries, before an entry and an id.

    Raises:
        NotFound: the organisation has no such subscription.
    """
    with runtime.read(caller.organization_id) as uow:
        return SubscriptionView(
            subscription=known_webhook(uow, webhook_id),
            deliveries=uow.tables.webhooks.deliveries(webhook_id, before=before, limit=limit),
        )


def given_up(runtime: Runtime, caller: Caller, *, limit: int) -> tuple[GivenUp, ...]:
    """Messages that did not leave, newest first."""
    with runtime.read(caller.organization_id) as uow:
        found = uow.tables.outbox.failed(limit=limit)
        known = uow.tables.organization.known({one.person for one in found}, on=uow.today)
    return tuple(
        GivenUp(
            message=message,
            name=known[message.person].name if message.person in known else message.person,
        )
        for message in found
    )


def known_webhook(uow: UnitOfWork, webhook_id: str) -> Subscription:
    """The subscription of an id.

    Raises:
        NotFound: the organisation has none.
    """
    found = uow.tables.webhooks.get(webhook_id)
    if found is None:
        raise NotFound("unknown_webhook", webhook=webhook_id)
    return found
