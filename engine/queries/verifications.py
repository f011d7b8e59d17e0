"""Verifications of the log as people see them: how far, by whom, what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.audit.verifier import Finding
from engine.errors import NotFound
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.jobs import Job, JobFault, JobState

VERIFICATION: Final = "verification"
LOG: Final = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationView:
    """A verification with the names of who asked for it and who stopped it."""

    job: Job
    created_by_name: str
    stopped_by_name: str | None

    @property
    def at_work(self) -> bool:
        """Whether it will still change by itself."""
        return self.job.state in {JobState.WAITING, JobState.RUNNING}

    @property
    def result(self) -> Mapping[str, Any] | None:
        """What came of it; None while it is at work, and where it came to nothing."""
        done = self.job.state is JobState.DONE
        return self.job.progress.get("result") if done else None

    @property
    def faults(self) -> int:
        """How many faults were found."""
        return int(self.job.progress.get("faults", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFault:
    """A fault with the names that its sentence needs."""

    number: int
    finding: Finding
    names: Mapping[str, str]


def verifications(
    runtime: Runtime, caller: Caller, *, before: str | None = None, limit: int
) -> tuple[VerificationView, ...]:
    """The verifications of the log, the newest first."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        jobs = uow.tables.jobs.latest(VERIFICATION, LOG, before=before, limit=limit)
        return tuple(_view(uow, job) for job in jobs)


def verification(runtime: Runtime, caller: Caller, job_id: str) -> VerificationView:
    """One verification.

    Raises:
        NotFound: no such verification.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        return _view(uow, _job(uow, job_id))


def verification_faults(
    runtime: Runtime, caller: Caller, job_id: str, *, after: int = 0, limit: int
) -> tuple[FoundFault, ...]:
    """Some faults of a verification beyond a number.

    Raises:
        NotFound: no such verification.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        found = uow.tables.jobs.faults(_job(uow, job_id).id, after=after, limit=limit)
        return tuple(_fault(fault) for fault in found)


def _job(uow: UnitOfWork, job_id: str) -> Job:
    job = uow.tables.jobs.get(job_id)
    if job is None or job.kind != VERIFICATION:
        raise NotFound("unknown_job", job=job_id)
    return job


def _view(uow: UnitOfWork, job: Job) -> VerificationView:
    stopped = job.progress.get("stopped_by")
    wanted = {job.created_by} | ({stopped} if stopped else set())
    people = uow.tables.organization.known(wanted, on=uow.today)
    return VerificationView(
        job=job,
        created_by_name=_name(people, job.created_by),
        stopped_by_name=None if stopped is None else _name(people, stopped),
    )


def _name(people: Mapping[str, Any], person: str) -> str:
    return people[person].name if person in people else person


def _fault(fault: JobFault) -> FoundFault:
    return FoundFault(
        number=fault.number,
        finding=Finding(
            code=fault.code,
            idx=None if fault.row < 0 else fault.row,
            detail=fault.params["detail"],
        ),
        names=fault.params["names"],
    )
