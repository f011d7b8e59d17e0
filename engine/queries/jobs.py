"""Jobs as their owners see them: how far, what came of it, and every fault that was kept."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.jobs import Job, JobFault, JobState
from engine.storage.sources import KnownSource
from engine.transaction.registering import IMPORT, check_filler, register_named

FAULTS_AT_ONCE = 1_000
STATES_AT_WORK = frozenset({JobState.WAITING, JobState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job with the name of who asked for it.

    Attributes:
        difference: rows read less rows declared; None where none were declared, or not read yet.
    """

    job: Job
    created_by_name: str | None
    difference: int | None

    @property
    def at_work(self) -> bool:
        """Whether it will still change by itself."""
        return self.job.state in STATES_AT_WORK


def job_view(runtime: Runtime, caller: Caller, job_id: str) -> JobView:
    """One import.

    Raises:
        NotFound: no such import.
        FillsNot: the caller may not fill its register.
    """
    with runtime.read(caller.organization_id) as uow:
        return _view(uow, _visible(uow, uow.actor(caller), job_id))


def latest_imports(
    runtime: Runtime, caller: Caller, register: str, *, before: str | None = None, limit: int
) -> tuple[JobView, ...]:
    """The imports of a register, the newest first.

    Raises:
        NotFound: no such register.
        FillsNot: the caller may not fill it.
    """
    with runtime.read(caller.organization_id) as uow:
        check_filler(register_named(uow, register), uow.actor(caller))
        jobs = uow.tables.jobs.latest(IMPORT, register, before=before, limit=limit)
        return tuple(_view(uow, job) for job in jobs)


def known_sources(runtime: Runtime, caller: Caller, register: str) -> tuple[KnownSource, ...]:
    """What is remembered of the sources of a register.

    Raises:
        NotFound: no such register.
        FillsNot: the caller may not fill it.
    """
    with runtime.read(caller.organization_id) as uow:
        check_filler(register_named(uow, register), uow.actor(caller))
        return uow.tables.sources.all(register)


def may_fill(runtime: Runtime, caller: Caller, register: str) -> bool:
    """Whether the caller may fill a register."""
    with runtime.read(caller.organization_id) as uow:
        roles = uow.actor(caller).roles
        return not roles.isdisjoint(register_named(uow, register).fills)


def job_faults(
    runtime: Runtime, caller: Caller, job_id: str, *, after: int = 0, limit: int
) -> tuple[JobFault, ...]:
    """Some faults of an import beyond a number.

    Raises:
        NotFound: no such import.
        FillsNot: the caller may not fill its register.
    """
    with runtime.read(caller.organization_id) as uow:
        job = _visible(uow, uow.actor(caller), job_id)
        return uow.tables.jobs.faults(job.id, after=after, limit=limit)


def all_faults(runtime: Runtime, caller: Caller, job_id: str) -> Iterator[JobFault]:
    """Every fault that was kept of an import, some at a time."""
    after = 0
    while found := job_faults(runtime, caller, job_id, after=after, limit=FAULTS_AT_ONCE):
        yield from found
        after = found[-1].number


def _visible(uow: UnitOfWork, actor: Actor, job_id: str) -> Job:
    job = uow.tables.jobs.get(job_id)
    if job is None or job.kind != IMPORT:
        raise NotFound("unknown_job", job=job_id)
    check_filler(register_named(uow, job.subject), actor)
    return job


def _view(uow: UnitOfWork, job: Job) -> JobView:
    declared, read = job.options["declared_rows"], job.progress.get("rows")
    told = declared is not None and read is not None and job.state is JobState.DONE
    person = uow.tables.organization.known({job.created_by}, on=uow.today).get(job.created_by)
    return JobView(
        job=job,
        created_by_name=None if person is None else person.name,
        difference=read - declared if told else None,
    )
