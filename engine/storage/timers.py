"""What falls due, as rows: a timer belongs to one instance at one version.

A step cancels the timers of the state it leaves and arms those of the state it enters, in the same
transaction; so nothing fires for a state that was left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class TimerRow(SQLModel, table=True):
    """A moment at which the house does something by itself."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_due", "organization_id", "fired_at", "at"),)
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str = Field(index=True)
    kind: str
    at: datetime = Field(sa_type=UtcDateTime)
    params: dict[str, Any] = Field(sa_type=JsonColumn)
    fired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A timer that has not fired."""

    id: str
    instance_id: str
    kind: str
    at: datetime
    params: Mapping[str, Any]


class TimerRepository:
    """The timers of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def arm(self, timers: tuple[Timer, ...]) -> None:
        """Add timers."""
        for timer in timers:
            self._session.add(
                TimerRow(
                    organization_id=self._id,
                    id=timer.id,
                    instance_id=timer.instance_id,
                    kind=timer.kind,
                    at=timer.at,
                    params=dict(timer.params),
                )
            )
        self._session.flush()

    def disarm(self, *instance_ids: str) -> None:
        """Remove the timers of instances that have not fired."""
        self._session.exec(
            delete(TimerRow).where(
                col(TimerRow.organization_id) == self._id,
                col(TimerRow.instance_id).in_(instance_ids),
                col(TimerRow.fired_at).is_(None),
            )
        )

    def fired(self, instance_ids: tuple[str, ...]) -> dict[str, tuple[tuple[Timer, datetime], ...]]:
        """The timers of several instances that have fired, each with when it did."""
        query = select(TimerRow).where(
            col(TimerRow.organization_id) == self._id,
            col(TimerRow.instance_id).in_(instance_ids),
            col(TimerRow.fired_at).is_not(None),
        )
        found: dict[str, tuple[tuple[Timer, datetime], ...]] = {}
        for row in self._session.exec(query):
            if row.fired_at is not None:
                told = (_timer(row), row.fired_at)
                found[row.instance_id] = (*found.get(row.instance_id, ()), told)
        return found

    def due(self, now: datetime, *, limit: int) -> tuple[Timer, ...]:
        """What has fallen due and not fired, earliest first."""
        query = (
            select(TimerRow)
            .where(
                col(TimerRow.organization_id) == self._id,
                col(TimerRow.fired_at).is_(None),
                col(TimerRow.at) <= now,
            )
            .order_by(col(TimerRow.at), col(TimerRow.id))
            .limit(limit)
        )
        return tuple(_timer(row) for row in self._session.exec(query))

    def claim(self, timer_id: str, now: datetime) -> bool:
        """Mark a timer as fired; False when another worker did, or the state was left."""
        result = self._session.exec(
            update(TimerRow)
            .where(
                col(TimerRow.organization_id) == self._id,
                col(TimerRow.id) == timer_id,
                col(TimerRow.fired_at).is_(None),
            )
            .values(fired_at=now)
            .execution_options(synchronize_session=False)
        )
        return result.rowcount == 1


def _timer(row: TimerRow) -> Timer:
    return Timer(
        id=row.id, instance_id=row.instance_id, kind=row.kind, at=row.at, params=row.params
    )
