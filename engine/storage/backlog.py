"""What waits to be done in the background, counted: of one organisation, or of the installation.

Counting reads indexes of what waits; what is done stays uncounted, however much it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, SQLModel, col, func, select

from engine.storage.jobs import JobRow, JobState
from engine.storage.outbox import FAILED, WAITING, MessageRow
from engine.storage.timers import TimerRow
from engine.storage.webhooks import DeliveryRow

QUEUES: Final = ("timers", "messages", "deliveries", "jobs")
"""What falls due, messages to people, events for other systems, long jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One kind of work.

    Attributes:
        waiting: how many could be done now, or are being done.
        oldest: since when the first of them waits.
        failed: how many were given up; somebody has to look.
    """

    name: str
    waiting: int
    oldest: datetime | None
    failed: int


class BacklogRepository:
    """What waits; `organization_id` None is every organisation of the installation."""

    def __init__(self, session: Session, organization_id: str | None = None) -> None:
        self._session = session
        self._id = organization_id

    def queues(self, now: datetime) -> tuple[Queue, ...]:
        """Every kind of work, in the order of `QUEUES`."""
        timer, message, delivery, job = TimerRow, MessageRow, DeliveryRow, JobRow
        running = (JobState.WAITING.value, JobState.RUNNING.value)
        return (
            self._queue(
                "timers",
                timer,
                waiting=(col(timer.fired_at).is_(None), col(timer.at) <= now),
                since=timer.at,
            ),
            self._queue(
                "messages",
                message,
                waiting=(col(message.status) == WAITING, col(message.next_at) <= now),
                since=message.created_at,
                failed=col(message.status) == FAILED,
            ),
            self._queue(
                "deliveries",
                delivery,
                waiting=(col(delivery.status) == WAITING, col(delivery.next_at) <= now),
                since=delivery.created_at,
                failed=col(delivery.status) == FAILED,
            ),
            self._queue(
                "jobs",
                job,
                waiting=(col(job.state).in_(running),),
                since=job.created_at,
                failed=col(job.state) == JobState.FAILED.value,
            ),
        )

    def _queue(
        self,
        name: str,
        table: type[SQLModel],
        *,
        waiting: tuple[Any, ...],
        since: Any,
        failed: Any = None,
    ) -> Queue:
        # Every table of these is keyed by its organisation.
        key: Any = getattr(table, "organization_id")  # noqa: B009 - SQLModel does not declare it.
        own = () if self._id is None else (col(key) == self._id,)
        columns: tuple[Any, ...] = (func.count(), func.min(since))
        count, oldest = self._session.execute(
            select(*columns).select_from(table).where(*own, *waiting)
        ).one()
        given_up = 0
        if failed is not None:
            query = select(func.count()).select_from(table).where(*own, failed)
            given_up = self._session.exec(query).one()
        return Queue(name=name, waiting=count, oldest=oldest, failed=given_up)
