"""Verify the log in the background: asked for, carried out with its progress, kept with its result.

1. One verification at a time: who asks while one is at work gets that one.
2. It reads everything in one transaction, and what it sees is the log as it was when it began; how
   far it is gets written in transactions of their own, and when one of them finds that the job was
   stopped or taken over, the verification ends.
3. What it found stays: when, by whom, size, root, what was not checked, and every fault, of which
   `FAULTS_KEPT` are kept one by one and the rest is counted.
4. It changes nothing that it looks at, so anybody who may read the log may start and stop it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from engine.audit.verifier import Finding
from engine.errors import Conflict, NotFound
from engine.queries.audit_trail import Verdict, verify_database, verify_log
from engine.queries.verifications import LOG, VERIFICATION
from engine.runtime import Caller, Runtime, SystemClock, Unavailable
from engine.storage.jobs import Job, JobFault, JobState

AT_WORK: Final = (JobState.WAITING, JobState.RUNNING)
FAULTS_KEPT: Final = 10_000
LEASE: Final = timedelta(minutes=5)
"""Longer than any single file takes to be hashed: a worker silent for so long is gone."""
TOLD_EVERY: Final = timedelta(seconds=1)
TRIES_MAX: Final = 5


class _Stopped(BaseException):
    """The verification was stopped, or another worker has it: no fault that reading could meet."""


def request_check(runtime: Runtime, caller: Caller) -> Job:
    """Ask for a verification of the whole log; the one at work where there is one."""
    with runtime.write(caller.organization_id) as uow:
        uow.tables.log.lock()
        actor = uow.actor(caller)
        latest = uow.tables.jobs.latest(VERIFICATION, LOG, limit=1)
        if latest and latest[0].state in AT_WORK:
            return latest[0]
        job = Job(
            id=uow.new_id(),
            kind=VERIFICATION,
            subject=LOG,
            state=JobState.WAITING,
            filename="",
            sha256="",
            size=uow.tables.log.size(),
            created_by=actor.person,
            created_at=uow.now,
            token=caller.token,
        )
        uow.tables.jobs.add(job)
        uow.commit()
        return job


def cancel_check(runtime: Runtime, caller: Caller, job_id: str) -> None:
    """Stop a verification; what it had found so far is not told, as it had not seen all.

    Raises:
        NotFound: no such verification.
        Conflict: it has ended.
    """
    with runtime.write(caller.organization_id) as uow:
        uow.actor(caller)
        job = uow.tables.jobs.get(job_id)
        if job is None or job.kind != VERIFICATION:
            raise NotFound("unknown_job", job=job_id)
        stopped = {**job.progress, "stopped_by": caller.person}
        moved = uow.tables.jobs.change(
            job_id, of=AT_WORK, to=JobState.CANCELLED, at=uow.now, progress=stopped
        )
        if not moved:
            raise Conflict("job_ended", job=job_id, state=job.state.value)
        uow.commit()


def run_checks(runtime: Runtime, organization_id: str) -> int:
    """Carry out every verification that waits; how many came to their end.

    Raises:
        Unavailable: the database is away; what was begun is taken up again later.
    """
    count = 0
    while (job := _claimed(runtime, organization_id)) is not None:
        count += _Check(runtime, organization_id, job).carry_out()
    return count


def _claimed(runtime: Runtime, organization_id: str) -> Job | None:
    """The next verification, in this worker's name; None when none waits or one is in work."""
    now = SystemClock().now()
    with runtime.read(organization_id) as uow:
        if uow.tables.jobs.next_due(VERIFICATION, at=now) is None:
            return None
    with runtime.write(organization_id) as uow:
        uow.tables.log.lock()
        job = uow.tables.jobs.next_due(VERIFICATION, at=now)
        if job is None:
            return None
        taken = replace(
            job,
            worker=uow.new_id(),
            state=JobState.RUNNING,
            progress={"tries": job.progress.get("tries", 0) + 1},
            started_at=job.started_at or uow.now,
        )
        if not uow.tables.jobs.begin(taken, at=now, until=now + LEASE):
            return None
        uow.commit()
    return taken


class _Check:
    """One verification in the hands of one worker."""

    def __init__(self, runtime: Runtime, organization_id: str, job: Job) -> None:
        self._runtime = runtime
        self._organization_id = organization_id
        self._job = job
        self._told: datetime | None = None
        self._phase = ""
        self._seen: dict[str, Any] = dict(job.progress)

    def carry_out(self) -> bool:
        """Bring the verification to its end; False when it was taken away on the way."""
        try:
            if self._seen["tries"] > TRIES_MAX:
                self._end(JobState.FAILED, failure="check_tried_too_often")
                return True
            damage = verify_database(self._runtime)
            if damage:
                self._keep(damage, {}, {"intact": False})
            else:
                verdict = verify_log(self._runtime, self._organization_id, watch=self._watch)
                self._keep(verdict.findings, verdict.names, _result(verdict))
            self._end(JobState.DONE)
        except _Stopped:
            return False
        except (Unavailable, OSError):
            raise
        except Exception:
            self._end(JobState.FAILED, failure="internal")
            raise
        return True

    def _watch(self, what: str, done: int, of: int) -> None:
        """Say how far it is, once a second, and at each new part of the work."""
        now = SystemClock().now()
        if self._told is not None and what == self._phase and now - self._told < TOLD_EVERY:
            return
        self._told, self._phase = now, what
        self._seen |= {"phase": what, "done": done, "of": of}
        self._advance(now)

    def _advance(self, now: datetime) -> None:
        with self._runtime.write(self._organization_id) as uow:
            held = uow.tables.jobs.advance(
                self._job, position=0, progress=self._seen, until=now + LEASE
            )
            if not held:
                raise _Stopped
            uow.commit()

    def _keep(self, findings: tuple[Finding, ...], names: Any, result: dict[str, Any]) -> None:
        self._seen |= {"phase": "done", "faults": len(findings), "result": result}
        with self._runtime.write(self._organization_id) as uow:
            held = uow.tables.jobs.advance(
                self._job,
                position=0,
                progress=self._seen,
                until=SystemClock().now() + LEASE,
            )
            if not held:
                raise _Stopped
            uow.tables.jobs.add_faults(self._job.id, list(_faults(findings, names)))
            uow.commit()

    def _end(self, state: JobState, *, failure: str | None = None) -> None:
        with self._runtime.write(self._organization_id) as uow:
            told = None if failure is None else {"code": failure, "params": {}}
            if not uow.tables.jobs.end(self._job, state, at=uow.now, failure=told):
                raise _Stopped
            uow.commit()


def _result(verdict: Verdict) -> dict[str, Any]:
    return {
        "intact": verdict.intact,
        "entries": verdict.entries,
        "root": verdict.root.hex(),
        "instances": verdict.instances,
        "files": verdict.files,
        "not_checked": list(verdict.not_checked),
    }


def _faults(findings: tuple[Finding, ...], names: Any) -> Iterator[JobFault]:
    """Faults as the job keeps them: the row is the entry, -1 where it is of none."""
    for number, finding in enumerate(findings[:FAULTS_KEPT], start=1):
        detail = finding.detail or ""
        words = set(detail.removeprefix("instance:").split(" "))
        yield JobFault(
            number=number,
            row=-1 if finding.idx is None else finding.idx,
            column="",
            code=finding.code,
            params={
                "detail": finding.detail,
                "names": {word: names[word] for word in sorted(words) if word in names},
            },
        )
