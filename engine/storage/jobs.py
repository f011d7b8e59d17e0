"""Work that takes longer than a request: a row each, with how far it is and what came of it.

1. A job is a row that a scheduled function looks at; the queue of the job engine is not asked.
2. Who works on it holds a lease, and writes it anew with every transaction of the work; each of
   these compares worker and position first, so that of two who believe that the job is theirs
   one writes, and what was written is counted once.
3. `state` is `drafted` (looked at, not started), `waiting`, `running`, `done`, `failed` or
   `cancelled`.
4. Faults are kept one by one up to a limit and counted beyond it.
5. Leases are times of the machine, never of a demonstration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, and_, func, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.machine.instance import no_values
from engine.storage.database import JsonColumn, UtcDateTime


class JobState(StrEnum):
    """How far a job is."""

    DRAFTED = "drafted"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({JobState.DRAFTED, JobState.WAITING, JobState.RUNNING})


class JobRow(SQLModel, table=True):
    """One job."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state", "organization_id", "state"),
        Index("ix_job_digest", "organization_id", "kind", "sha256"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    kind: str
    subject: str
    state: str
    filename: str
    sha256: str
    size: int
    options: dict[str, Any] = Field(sa_type=JsonColumn)
    position: int = 0
    progress: dict[str, Any] = Field(sa_type=JsonColumn)
    failure: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    created_by: str
    token: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    worker: str | None = None
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class JobFaultRow(SQLModel, table=True):
    """A row of a file that a job could not take."""

    __tablename__ = "job_fault"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "job_id"], ["job.organization_id", "job.id"]),
    )
    organization_id: str = Field(primary_key=True)
    job_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    row: int
    column: str
    code: str
    params: dict[str, Any] = Field(sa_type=JsonColumn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as stored.

    Attributes:
        kind: what is done, such as `import`; `subject` is what it is done to.
        options: what was asked for, as JSON.
        position: rows that are behind it.
        progress: counts so far, as JSON.
        failure: `{code, params}` of what ended it.
        worker: who works on it, or did last.
    """

    id: str
    kind: str
    subject: str
    state: JobState
    filename: str
    sha256: str
    size: int
    created_by: str
    created_at: datetime
    options: Mapping[str, Any] = field(default_factory=no_values)
    position: int = 0
    progress: Mapping[str, Any] = field(default_factory=no_values)
    failure: Mapping[str, Any] | None = None
    token: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFault:
    """Why a row of a job's file could not be taken; `number` counts the faults of the job."""

    number: int
    row: int
    column: str
    code: str
    params: Mapping[str, Any]


class JobRepository:
    """The jobs of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, job: Job) -> None:
        """Write down a new job."""
        names = set(JobRow.model_fields) - {"organization_id", "leased_until"}
        values = {name: getattr(job, name) for name in names}
        values.update(options=dict(job.options), progress=dict(job.progress))
        self._session.add(JobRow(organization_id=self._id, **values))
        self._session.flush()

    def get(self, job_id: str) -> Job | None:
        """A job; None when the organisation has none of that id."""
        query = (
            select(JobRow)
            .where(col(JobRow.organization_id) == self._id, col(JobRow.id) == job_id)
            .execution_options(populate_existing=True)
        )
        row = self._session.exec(query).first()
        return None if row is None else _job(row)

    def of_file(self, kind: str, sha256: str) -> tuple[Job, ...]:
        """The jobs over one content that did not come to nothing, oldest first."""
        query = (
            select(JobRow)
            .where(
                col(JobRow.organization_id) == self._id,
                col(JobRow.kind) == kind,
                col(JobRow.sha256) == sha256,
                col(JobRow.state).in_((JobState.WAITING, JobState.RUNNING, JobState.DONE)),
            )
            .order_by(col(JobRow.created_at), col(JobRow.id))
        )
        return tuple(_job(row) for row in self._session.exec(query))

    def latest(
        self, kind: str, subject: str, *, before: str | None = None, limit: int
    ) -> tuple[Job, ...]:
        """Jobs that were asked for, the newest first; `before` is the id of the last one seen."""
        query = (
            select(JobRow)
            .where(
                col(JobRow.organization_id) == self._id,
                col(JobRow.kind) == kind,
                col(JobRow.subject) == subject,
                col(JobRow.state) != JobState.DRAFTED,
            )
            .order_by(col(JobRow.id).desc())
        )
        if before is not None:
            query = query.where(col(JobRow.id) < before)
        return tuple(_job(row) for row in self._session.exec(query.limit(limit)))

    def digests(self) -> frozenset[str]:
        """The contents that jobs need: files of those that have not ended, records of all."""
        query = select(JobRow.sha256, JobRow.state, JobRow.progress).where(
            col(JobRow.organization_id) == self._id
        )
        needed = set()
        for sha256, state, progress in self._session.exec(query):
            if state in OPEN_STATES:
                needed.add(sha256)
            if "record" in progress:
                needed.add(progress["record"]["sha256"])
        return frozenset(needed)

    def next_due(self, kind: str, *, at: datetime) -> Job | None:
        """The oldest job that waits or that nobody works on any more.

        None while another one of its kind is in work: the jobs of a kind follow one another.
        """
        in_work = and_(col(JobRow.state) == JobState.RUNNING, col(JobRow.leased_until) >= at)
        if self._session.exec(select(JobRow.id).where(self._of(kind), in_work).limit(1)).first():
            return None
        left = or_(col(JobRow.state) == JobState.WAITING, col(JobRow.state) == JobState.RUNNING)
        query = (
            select(JobRow)
            .where(self._of(kind), left)
            .order_by(col(JobRow.state), col(JobRow.created_at), col(JobRow.id))
            .execution_options(populate_existing=True)
        )
        row = self._session.exec(query.limit(1)).first()
        return None if row is None else _job(row)

    def begin(self, job: Job, *, at: datetime, until: datetime) -> bool:
        """Take a job, in the name of its worker, that waits or was left by another.

        False when somebody else was faster.
        """
        free = or_(
            col(JobRow.state) == JobState.WAITING,
            and_(col(JobRow.state) == JobState.RUNNING, col(JobRow.leased_until) < at),
        )
        return self._write(
            job.id,
            free,
            state=JobState.RUNNING,
            worker=job.worker,
            leased_until=until,
            started_at=job.started_at,
            progress=dict(job.progress),
        )

    def advance(
        self, job: Job, *, position: int, progress: Mapping[str, Any], until: datetime
    ) -> bool:
        """Move a job on; False when it is not this worker's any more, or was cancelled."""
        return self._write(
            job.id,
            self._still(job),
            position=position,
            progress=dict(progress),
            leased_until=until,
        )

    def end(
        self,
        job: Job,
        state: JobState,
        *,
        at: datetime,
        failure: Mapping[str, Any] | None = None,
    ) -> bool:
        """End a job that this worker has; False when it is not its any more."""
        return self._write(
            job.id,
            self._still(job),
            state=state,
            ended_at=at,
            leased_until=None,
            failure=None if failure is None else dict(failure),
        )

    def change(
        self, job_id: str, *, of: Sequence[JobState], to: JobState, at: datetime, **values: Any
    ) -> bool:
        """Move a job from one of some states to another; False when it stands in none of them."""
        ended = at if to is JobState.CANCELLED else None
        return self._write(job_id, col(JobRow.state).in_(of), state=to, ended_at=ended, **values)

    def add_faults(self, job_id: str, faults: Sequence[JobFault]) -> None:
        """Keep faults of a job."""
        self._session.add_all(
            JobFaultRow(
                organization_id=self._id,
                job_id=job_id,
                number=fault.number,
                row=fault.row,
                column=fault.column,
                code=fault.code,
                params=dict(fault.params),
            )
            for fault in faults
        )
        self._session.flush()

    def faults(self, job_id: str, *, after: int = 0, limit: int) -> tuple[JobFault, ...]:
        """Faults of a job beyond a number, in the order of the file."""
        query = (
            select(JobFaultRow)
            .where(
                col(JobFaultRow.organization_id) == self._id,
                col(JobFaultRow.job_id) == job_id,
                col(JobFaultRow.number) > after,
            )
            .order_by(col(JobFaultRow.number))
            .limit(limit)
        )
        return tuple(
            JobFault(
                number=row.number,
                row=row.row,
                column=row.column,
                code=row.code,
                params=row.params,
            )
            for row in self._session.exec(query)
        )

    def drafts_before(self, instant: datetime) -> tuple[str, ...]:
        """Jobs that somebody looked at and did not start since."""
        query = select(JobRow.id).where(
            col(JobRow.organization_id) == self._id,
            col(JobRow.state) == JobState.DRAFTED,
            col(JobRow.created_at) < instant,
        )
        return tuple(self._session.exec(query))

    def count(self, kind: str, states: Sequence[JobState]) -> int:
        """How many jobs of a kind stand in some states."""
        query = select(func.count()).where(self._of(kind), col(JobRow.state).in_(states))
        return int(self._session.exec(query).one())

    def _of(self, kind: str) -> Any:
        return and_(col(JobRow.organization_id) == self._id, col(JobRow.kind) == kind)

    def _still(self, job: Job) -> Any:
        return and_(
            col(JobRow.state) == JobState.RUNNING,
            col(JobRow.worker) == job.worker,
            col(JobRow.position) == job.position,
        )

    def _write(self, job_id: str, condition: Any, **values: Any) -> bool:
        result = self._session.exec(
            update(JobRow)
            .where(col(JobRow.organization_id) == self._id, col(JobRow.id) == job_id, condition)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return bool(result.rowcount == 1)


def _job(row: JobRow) -> Job:
    names = set(JobRow.model_fields) - {"organization_id", "leased_until", "state"}
    return Job(state=JobState(row.state), **{name: getattr(row, name) for name in names})
