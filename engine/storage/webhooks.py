"""Subscriptions of other systems to the log, and what became of each delivery.

1. A subscription follows the log by index, so that nothing is written when a step is taken, and no
   entry is missed or told out of order.
2. A delivery is due when its time has come and no earlier one of the same stream still waits.
3. Whoever takes up deliveries puts their next try off first: what a killed process left is tried
   again by another, and no two try one at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, delete, exists, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime

ACTIVE = "active"
PAUSED = "paused"
GONE = "gone"
"""The receiver said that it wants nothing any more (HTTP 410)."""
WAITING = "waiting"
DELIVERED = "delivered"
FAILED = "failed"


class WebhookRow(SQLModel, table=True):
    """One subscription."""

    __tablename__ = "webhook"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    name: str
    url: str
    types: list[str] = Field(sa_type=JsonColumn)
    processes: list[str] = Field(sa_type=JsonColumn)
    status: str = ACTIVE
    next_idx: int
    secret_number: int = 1
    secret_changed_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryRow(SQLModel, table=True):
    """One entry on its way to one subscriber."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_due", "organization_id", "status", "next_at"),
        Index("ix_webhook_delivery_order", "organization_id", "webhook_id", "stream", "idx"),
        Index("ix_webhook_delivery_list", "organization_id", "webhook_id", "idx", "id"),
    )
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    webhook_id: str
    idx: int
    stream: str
    status: str = WAITING
    attempts: int = 0
    next_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to hear of what.

    Attributes:
        types: kinds of events, as `event_type` names them; none means all.
        processes: processes; none means all, and what belongs to no process.
        status: `active`, `paused` or `gone`.
        next_idx: the first entry of the log that was not looked at yet.
        secret_number: which secret signs; it grows with each change.
    """

    id: str
    name: str
    url: str
    types: tuple[str, ...]
    processes: tuple[str, ...]
    status: str
    next_idx: int
    secret_number: int
    secret_changed_at: datetime
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One entry of the log for one subscriber: `waiting`, `delivered` or `failed`.

    Attributes:
        outcome: the status of the last answer, or why none came.
    """

    id: str
    webhook_id: str
    idx: int
    stream: str
    status: str
    attempts: int
    next_at: datetime
    created_at: datetime
    tried_at: datetime | None = None
    outcome: str | None = None


class WebhookRepository:
    """The subscriptions and deliveries of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, subscription: Subscription) -> None:
        """Keep a new subscription."""
        self._session.add(
            WebhookRow(
                organization_id=self._id,
                id=subscription.id,
                name=subscription.name,
                url=subscription.url,
                types=list(subscription.types),
                processes=list(subscription.processes),
                status=subscription.status,
                next_idx=subscription.next_idx,
                secret_number=subscription.secret_number,
                secret_changed_at=subscription.secret_changed_at,
                created_by=subscription.created_by,
                created_at=subscription.created_at,
            )
        )
        self._session.flush()

    def get(self, webhook_id: str) -> Subscription | None:
        """A subscription that was not removed."""
        row = self._session.get(WebhookRow, (self._id, webhook_id))
        return None if row is None or row.removed_at is not None else _subscription(row)

    def all(self) -> tuple[Subscription, ...]:
        """Every subscription that was not removed, newest first."""
        query = (
            select(WebhookRow)
            .where(
                col(WebhookRow.organization_id) == self._id, col(WebhookRow.removed_at).is_(None)
            )
            .order_by(col(WebhookRow.created_at).desc(), col(WebhookRow.id).desc())
        )
        return tuple(_subscription(row) for row in self._session.exec(query))

    def following(self) -> tuple[Subscription, ...]:
        """The active subscriptions, locked: one process at a time looks what is new for them."""
        query = (
            select(WebhookRow)
            .where(
                col(WebhookRow.organization_id) == self._id,
                col(WebhookRow.status) == ACTIVE,
                col(WebhookRow.removed_at).is_(None),
            )
            .order_by(col(WebhookRow.id))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        return tuple(_subscription(row) for row in self._session.exec(query))

    def change(self, webhook_id: str, **values: object) -> None:
        """Change columns of a subscription."""
        self._session.exec(
            update(WebhookRow)
            .where(col(WebhookRow.organization_id) == self._id, col(WebhookRow.id) == webhook_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    def plan(self, deliveries: Iterable[Delivery]) -> None:
        """Let deliveries wait."""
        self._session.add_all(
            DeliveryRow(
                organization_id=self._id,
                id=one.id,
                webhook_id=one.webhook_id,
                idx=one.idx,
                stream=one.stream,
                next_at=one.next_at,
                created_at=one.created_at,
            )
            for one in deliveries
        )
        self._session.flush()

    def take_due(self, now: datetime, *, until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Deliveries to try now, oldest first; nobody else takes them before `until` (rule 3)."""
        earlier = aliased(DeliveryRow)
        blocked = exists().where(
            col(earlier.organization_id) == self._id,
            col(earlier.webhook_id) == col(DeliveryRow.webhook_id),
            col(earlier.stream) == col(DeliveryRow.stream),
            col(earlier.idx) < col(DeliveryRow.idx),
            col(earlier.status) == WAITING,
        )
        listening = exists().where(
            col(WebhookRow.organization_id) == self._id,
            col(WebhookRow.id) == col(DeliveryRow.webhook_id),
            col(WebhookRow.status) == ACTIVE,
            col(WebhookRow.removed_at).is_(None),
        )
        query = (
            select(DeliveryRow)
            .where(
                col(DeliveryRow.organization_id) == self._id,
                col(DeliveryRow.status) == WAITING,
                col(DeliveryRow.next_at) <= now,
                listening,
                ~blocked,
            )
            .order_by(col(DeliveryRow.idx), col(DeliveryRow.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = list(self._session.exec(query))
        taken = tuple(_delivery(row) for row in rows)
        for row in rows:
            row.next_at = until
            self._session.add(row)
        self._session.flush()
        return taken

    def record(self, delivery_id: str, **values: object) -> None:
        """Write down what a try led to."""
        self._session.exec(
            update(DeliveryRow)
            .where(col(DeliveryRow.organization_id) == self._id, col(DeliveryRow.id) == delivery_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    def delivery(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """One delivery of a subscription."""
        row = self._session.get(DeliveryRow, (self._id, delivery_id))
        return None if row is None or row.webhook_id != webhook_id else _delivery(row)

    def deliveries(
        self, webhook_id: str, *, before: tuple[int, str] | None = None, limit: int
    ) -> tuple[Delivery, ...]:
        """What was or will be sent to a subscriber, the newest entry first.

        Args:
            webhook_id: the subscription.
            before: entry and id of the last delivery of the page before.
            limit: how many at most.
        """
        query = select(DeliveryRow).where(
            col(DeliveryRow.organization_id) == self._id, col(DeliveryRow.webhook_id) == webhook_id
        )
        if before is not None:
            query = query.where(tuple_(col(DeliveryRow.idx), col(DeliveryRow.id)) < before)
        query = query.order_by(col(DeliveryRow.idx).desc(), col(DeliveryRow.id).desc())
        query = query.limit(limit)
        return tuple(_delivery(row) for row in self._session.exec(query))

    def forget(self, before: datetime) -> int:
        """Drop what was delivered before an instant; how many."""
        dropped = self._session.exec(
            delete(DeliveryRow)
            .where(
                col(DeliveryRow.organization_id) == self._id,
                col(DeliveryRow.status) == DELIVERED,
                col(DeliveryRow.created_at) < before,
            )
            .execution_options(synchronize_session=False)
        )
        return int(dropped.rowcount)


def _subscription(row: WebhookRow) -> Subscription:
    return Subscription(
        id=row.id,
        name=row.name,
        url=row.url,
        types=tuple(row.types),
        processes=tuple(row.processes),
        status=row.status,
        next_idx=row.next_idx,
        secret_number=row.secret_number,
        secret_changed_at=row.secret_changed_at,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        idx=row.idx,
        stream=row.stream,
        status=row.status,
        attempts=row.attempts,
        next_at=row.next_at,
        created_at=row.created_at,
        tried_at=row.tried_at,
        outcome=row.outcome,
    )
