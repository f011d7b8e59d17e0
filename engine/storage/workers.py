"""Which background workers are alive: a row each, with the last time it was heard of.

The rows belong to the installation, not to an organisation; their times are the machine's, never a
demonstration's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class WorkerRow(SQLModel, table=True):
    """One worker process."""

    __tablename__ = "worker"
    id: str = Field(primary_key=True)
    host: str
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process; its id is new at each start."""

    id: str
    host: str
    started_at: datetime
    seen_at: datetime


class WorkerRepository:
    """The workers of the installation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, worker: Worker) -> None:
        """Write down that a worker was heard of."""
        self._session.merge(
            WorkerRow(
                id=worker.id,
                host=worker.host,
                started_at=worker.started_at,
                seen_at=worker.seen_at,
            )
        )
        self._session.flush()

    def dismiss(self, worker_id: str) -> None:
        """Forget a worker that ended in order."""
        self._session.exec(delete(WorkerRow).where(col(WorkerRow.id) == worker_id))

    def forget_before(self, instant: datetime) -> None:
        """Forget workers that were not heard of since."""
        self._session.exec(delete(WorkerRow).where(col(WorkerRow.seen_at) < instant))

    def since(self, instant: datetime) -> tuple[Worker, ...]:
        """Workers that were heard of since, the latest first."""
        query = (
            select(WorkerRow)
            .where(col(WorkerRow.seen_at) >= instant)
            .order_by(col(WorkerRow.seen_at).desc(), col(WorkerRow.id))
        )
        return tuple(
            Worker(id=row.id, host=row.host, started_at=row.started_at, seen_at=row.seen_at)
            for row in self._session.exec(query)
        )
