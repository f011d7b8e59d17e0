"""The log for people: entries with names and readable changes, and its verification.

`verify` checks bytes, hashes, seals, links, payloads, projections, the head, the replay of every
instance through its pinned definition, and rehashes every evidence file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.audit.verifier import Finding, Policy
from engine.audit.verifier import verify_log as verify_entries
from engine.evidence.store import BlobCorrupt, BlobNotFound, check_blob
from engine.machine.replay import replay
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.instances import Filter

INSTANCES_PER_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A page of entries, with the names of the people in them.

    Attributes:
        next: index to go on from; None at the end.
    """

    entries: tuple[LogEntry, ...]
    people: Mapping[str, str]
    next: int | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification of one organisation's log found.

    Attributes:
        findings: log faults, then `state_differs`, `version_differs`, `history_differs`,
            `blob_missing`, `blob_differs` with what they concern in `detail`.
    """

    findings: tuple[Finding, ...]
    entries: int
    root: bytes
    instances: int
    files: int
    not_checked: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def trail(
    runtime: Runtime,
    caller: Caller,
    wanted: LogFilter,
    *,
    after: int = -1,
    limit: int = 50,
    newest_first: bool = False,
) -> Trail:
    """Entries of the caller's organisation, in the order of the log or backwards.

    Raises:
        NotFound: `wanted` names an instance that the organisation does not have.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        if wanted.instance is not None:
            uow.case(wanted.instance)
        found = uow.tables.log.read(wanted, after=after, limit=limit + 1, newest_first=newest_first)
        entries = found[:limit]
        people = uow.tables.organization.known({e.actor for e in entries}, on=uow.today)
        return Trail(
            entries=entries,
            people={person.id: person.name for person in people.values()},
            next=entries[-1].idx if len(found) > limit else None,
            size=uow.tables.log.size(),
        )


def verify_log(runtime: Runtime, organization_id: str) -> Verdict:
    """Check the whole log of an organisation against itself, its instances and its files."""
    with runtime.read(organization_id) as uow:
        policy = Policy(organization_id=organization_id, key=runtime.log_key, clock_tolerance=None)
        report = verify_entries(uow.tables.log.stored(), head=uow.tables.log.head(), policy=policy)
        instances = [*_instances(uow)]
        findings = [*report.findings]
        for instance_id in instances:
            findings += _replayed(uow, instance_id)
        files, file_findings = _files(uow, instances)
        return Verdict(
            findings=(*findings, *file_findings),
            entries=report.size,
            root=report.root,
            instances=len(instances),
            files=files,
            not_checked=report.not_checked,
        )


def _instances(uow: UnitOfWork) -> Iterator[str]:
    after: tuple[str, str] | None = None
    while True:
        page = uow.tables.instances.find(Filter(after=after), limit=INSTANCES_PER_PAGE)
        yield from (found.id for found in page)
        if len(page) < INSTANCES_PER_PAGE:
            return
        after = (page[-1].opened_at.isoformat(), page[-1].id)


def _replayed(uow: UnitOfWork, instance_id: str) -> list[Finding]:
    """Walk the entries of an instance through its pinned definition, and compare."""
    entries = uow.tables.log.read(LogFilter(instance=instance_id), limit=1_000_000)
    bodies = [json.loads(entry.body) for entry in entries]
    stored = uow.tables.instances.get(instance_id)
    case = uow.case(instance_id)
    told = replay(uow.pinned(case).process, bodies)
    findings = [
        Finding(code=found.code, idx=entries[found.seq].idx, detail=instance_id)
        for found in told.findings
    ]
    compared: dict[str, tuple[Any, Any]] = {
        "state_differs": (told.state, stored.state if stored else None),
        "version_differs": (told.version, stored.version if stored else None),
        "history_differs": (
            [
                b["transition"]
                for b in bodies
                if b["type"] == "transition" and b["outcome"] == "accepted"
            ],
            [step.transition for step in case.instance.history[1:]],
        ),
    }
    findings += [
        Finding(code=code, idx=None, detail=instance_id)
        for code, (logged, kept) in compared.items()
        if logged != kept
    ]
    return findings


def _files(uow: UnitOfWork, instances: list[str]) -> tuple[int, list[Finding]]:
    """Read every evidence file and hash it again."""
    findings: list[Finding] = []
    checked: set[str] = set()
    for instance_id in instances:
        for evidence in uow.tables.evidence.of_instance(instance_id):
            if evidence.status == "disposed" or evidence.sha256 in checked:
                continue
            checked.add(evidence.sha256)
            code = _fault_of_file(uow, evidence.sha256)
            if code is not None:
                findings.append(Finding(code=code, idx=None, detail=f"{instance_id} {evidence.id}"))
    return len(checked), findings


def _fault_of_file(uow: UnitOfWork, sha256: str) -> str | None:
    try:
        check_blob(uow.runtime.store, uow.tables.organization_id, sha256)
    except BlobNotFound:
        return "blob_missing"
    except BlobCorrupt:
        return "blob_differs"
    return None
