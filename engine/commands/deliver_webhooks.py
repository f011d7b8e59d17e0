"""Tell subscribers what the log has new: at least once, in order within each stream.

1. First, in one transaction, the entries that nobody looked at become deliveries and the mark of
   the subscription moves on; then each due delivery is sent outside any transaction, and its
   outcome recorded. A crash between the two means a second try, which the receiver tells by
   `webhook-id`.
2. An answer of 2xx is a delivery; 410 ends the subscription's wish for more; everything else is
   tried again later, and given up after the last try of `after_failure`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from engine.commands.manage_webhooks import OLD_SECRET_SIGNS
from engine.outbox.addresses import AddressRefused
from engine.outbox.retry import GiveUp, after_failure
from engine.outbox.webhook import Sender, Unreached, event_of, event_type, secret_of, signed
from engine.runtime import Clock, Runtime, SystemClock, UnitOfWork
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.webhooks import DELIVERED, FAILED, GONE, WAITING, Delivery, Subscription

ENTRIES_AT_ONCE: Final = 500
BATCH: Final = 50
BATCHES_MAX: Final = 20
LEASE: Final = timedelta(minutes=15)
"""Longer than a batch can take: another process takes up what a killed one left, not what runs."""
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How many deliveries arrived, and how many will be tried again or were given up."""

    delivered: int
    failed: int


def deliver_webhooks(
    runtime: Runtime,
    organization_id: str,
    sender: Sender,
    *,
    source: str,
    machine: Clock | None = None,
) -> Told:
    """Send what is new and due; what does not arrive is not tried again at once.

    Args:
        runtime: the house.
        organization_id: whose log is told.
        sender: carries a body to an address.
        source: address of the log from outside, as the events name their origin.
        machine: the machine's clock; a demonstration's would be refused by receivers.
    """
    follow_log(runtime, organization_id)
    clock = machine or SystemClock()
    delivered = failed = 0
    for _ in range(BATCHES_MAX):
        with runtime.write(organization_id) as uow:
            taken = uow.tables.webhooks.take_due(uow.now, until=uow.now + LEASE, limit=BATCH)
            uow.commit()
        arrived = [_try(runtime, organization_id, one, sender, source, clock) for one in taken]
        delivered += sum(arrived)
        failed += len(arrived) - sum(arrived)
        if not any(arrived):
            break  # what follows in a stream is due only once what came before it has arrived
    return Told(delivered=delivered, failed=failed)


def follow_log(runtime: Runtime, organization_id: str) -> int:
    """Turn entries that are new to a subscription into deliveries; how many."""
    with runtime.write(organization_id) as uow:
        planned = sum(_follow(uow, one) for one in uow.tables.webhooks.following())
        uow.commit()
    return planned


def forget_deliveries(runtime: Runtime, organization_id: str) -> int:
    """Drop what arrived long ago; the log still tells all of it. How many."""
    with runtime.write(organization_id) as uow:
        dropped = uow.tables.webhooks.forget(uow.now - KEPT)
        uow.commit()
    return dropped


def _follow(uow: UnitOfWork, subscription: Subscription) -> int:
    entries = uow.tables.log.read(
        LogFilter(), after=subscription.next_idx - 1, limit=ENTRIES_AT_ONCE
    )
    if not entries:
        return 0
    deliveries = tuple(_planned(uow, subscription, entries))
    uow.tables.webhooks.plan(deliveries)
    uow.tables.webhooks.change(subscription.id, next_idx=entries[-1].idx + 1)
    return len(deliveries)


def _planned(
    uow: UnitOfWork, subscription: Subscription, entries: tuple[LogEntry, ...]
) -> Iterator[Delivery]:
    for entry in entries:
        kind = event_type(entry.type, entry.outcome)
        if subscription.types and kind not in subscription.types:
            continue
        if subscription.processes and entry.process not in subscription.processes:
            continue
        yield Delivery(
            id=uow.new_id(),
            webhook_id=subscription.id,
            idx=entry.idx,
            stream=entry.stream,
            status=WAITING,
            attempts=0,
            next_at=uow.now,
            created_at=uow.now,
        )


def _try(
    runtime: Runtime,
    organization_id: str,
    delivery: Delivery,
    sender: Sender,
    source: str,
    clock: Clock,
) -> bool:
    with runtime.read(organization_id) as uow:
        subscription = uow.tables.webhooks.get(delivery.webhook_id)
        entry = uow.tables.log.get(delivery.idx)
        now = uow.now
    if subscription is None or entry is None:
        # It was removed since; the delivery is no longer listed anywhere.
        return False
    body = event_of(
        json.loads(entry.body),
        idx=entry.idx,
        leaf_hash=entry.leaf_hash.hex(),
        organization=organization_id,
        source=source,
    )
    numbers = [subscription.secret_number]
    if subscription.secret_number > 1 and now - subscription.secret_changed_at < OLD_SECRET_SIGNS:
        numbers.append(subscription.secret_number - 1)
    secrets = [
        secret_of(runtime.signing_key, subscription=subscription.id, number=number)
        for number in numbers
    ]
    headers = signed(f"msg_{delivery.id}", body, at=clock.now(), secrets=secrets)
    try:
        status = sender.send(subscription.url, body, headers)
    except Unreached as answer:
        return _record(runtime, organization_id, delivery, outcome=str(answer))
    except AddressRefused as answer:
        return _record(runtime, organization_id, delivery, outcome=f"{answer.params['reason']}")
    return _record(runtime, organization_id, delivery, outcome=str(status), status=status)


def _record(
    runtime: Runtime,
    organization_id: str,
    delivery: Delivery,
    *,
    outcome: str,
    status: int | None = None,
) -> bool:
    """Write down what a try led to; whether the message arrived."""
    arrived = status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    attempts = delivery.attempts + 1
    with runtime.write(organization_id) as uow:
        values: dict[str, object] = {
            "attempts": attempts,
            "tried_at": uow.now,
            "outcome": outcome,
            "status": DELIVERED,
            "next_at": uow.now,
        }
        if not arrived:
            verdict = after_failure(attempts, uow.now)
            if isinstance(verdict, GiveUp):
                values["status"] = FAILED
            else:
                values |= {"status": WAITING, "next_at": verdict.at}
        uow.tables.webhooks.record(delivery.id, **values)
        if status == HTTPStatus.GONE:
            uow.tables.webhooks.change(delivery.webhook_id, status=GONE)
        uow.commit()
    return arrived
