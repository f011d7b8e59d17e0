"""The log for people: entries with names and readable changes, and its verification.

`verify` checks bytes, hashes, seals, links, payloads, projections, the head, every published
definition, the signatures of steps, the replay of every instance through its pinned definition, all
that the tables hold of it against what the log says, and rehashes every evidence file. The
checkpoint that was published last is held against the log, where this house publishes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from engine.audit.leaf import EntryType
from engine.audit.offline import TOLERANCE
from engine.audit.verifier import Checkpoint, Finding, Policy, Report, StoredRow
from engine.audit.verifier import verify_raw as verify_entries
from engine.definition.model import Process
from engine.definition.values import to_json
from engine.errors import QuyTrinhError
from engine.evidence.store import AddressInvalid, BlobCorrupt, BlobNotFound, check_blob
from engine.machine.instance import Step
from engine.machine.replay import replay
from engine.queries.log_projection import Projection, differences, set_and_row, told_by
from engine.queries.published_check import published_of
from engine.queries.signatures import signature_findings
from engine.runtime import Caller, DefinitionCorrupt, Runtime, UnitOfWork, guarded, loaded
from engine.storage.audit_log import INSTANT, LogEntry, LogFilter
from engine.storage.database import DatabaseMalformed
from engine.storage.evidence import StoredEvidence
from engine.storage.instances import Filter, StoredInstance

T = TypeVar("T")
INSTANCES_PER_PAGE = 200
NOT_IN_THE_LOG: Final = ("deadlines", "organization")
"""What the tables hold and no entry tells whole: due days and timers, people and their grants."""
UNREADABLE: Final = (QuyTrinhError, ValueError, TypeError, LookupError, AttributeError)
"""What reading tampered rows may end in; a lost database is none of them and ends the check."""
_SAME_NAME: Final = (
    "title",
    "year",
    "definition_version",
    "definition_digest",
    "unit",
    "qms",
    "period",
    "origin_set",
    "origin_row",
    "predecessor",
    "code",
    "process",
    "state",
    "version",
    "final",
    "previous_state",
    "opened_by",
)
_OF_FILE: Final = (
    "requirement",
    "sha256",
    "size",
    "media_type",
    "filename",
    "note",
    "row",
    "received_by",
    "state",
    "visit",
    "status",
    "reviewed_by",
    "superseded_by",
    "used_state",
    "used_visit",
)


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
        findings: log faults, then `definition_differs`, `instance_missing`,
            `instance_without_entries`, what the replay found,
            `state_differs`, `version_differs`, `history_differs`, `instance_differs`,
            `field_differs`, `row_differs`, `step_differs`, `evidence_differs`, `waiver_differs`,
            `approval_differs`, `assignees_differs`, `blob_missing`, `blob_differs`;
            `log_unreadable`, `definitions_unreadable`, `instances_unreadable`,
            `instance_unreadable` and `files_unreadable` where somebody wrote what is no value at
            all. `detail` says of what.
        not_checked: what this run could not check, or what no entry tells.
        names: what people call the cases and files of the findings, by id: their code, their name.
    """

    findings: tuple[Finding, ...]
    entries: int
    root: bytes
    instances: int
    files: int
    not_checked: tuple[str, ...]
    names: Mapping[str, str]

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


Watch = Callable[[str, int, int], None]
"""Told what is checked (`entries`, `instances`, `files`), how many are behind, and of how many."""


def unwatched(_what: str, _done: int, _of: int) -> None:
    """Nobody wants to know how far it is."""


def verify_log(
    runtime: Runtime,
    organization_id: str,
    *,
    watch: Watch = unwatched,
    held: Sequence[Checkpoint] = (),
) -> Verdict:
    """Check the whole log of an organisation against itself, its tables and its files.

    Nothing that was tampered with stops it: what cannot be read is a finding like any other. Only
    what `watch` raises does, where that is no fault of reading.

    Args:
        runtime: the house.
        organization_id: whose log.
        watch: is told how far it is.
        held: sizes and roots that somebody kept from outside, on paper or in a receipt.

    Raises:
        DatabaseMalformed: the file is damaged where it has to be read; see `verify_database`.
    """
    with runtime.read(organization_id) as uow:
        findings: list[Finding] = []
        published: tuple[Checkpoint, ...] = ()
        with _told(findings, "published"):
            published = published_of(uow, findings)
        policy = Policy(
            organization_id=organization_id,
            key=runtime.log_key or None,
            checkpoints=(*held, *published),
            # The clock of a demonstration is moved on purpose.
            clock_tolerance=None if uow.organization.demonstration else TOLERANCE,
        )
        log = uow.tables.log
        report = Report(findings=(), size=0, root=b"", payloads=0, erased=0, not_checked=())
        with _told(findings, "log"):
            rows = _watched(log.raw(), "entries", log.size(), watch)
            report = verify_entries(rows, head=log.head(), policy=policy)
            findings += report.findings
        with _told(findings, "definitions"):
            rules: dict[str, Process] = {}
            findings += _definitions(uow, rules)
            findings += signature_findings(uow, rules)
        names: dict[str, str] = {}
        instances: list[str] = []
        with _told(findings, "instances"):
            for stored in _instances(uow):
                instances.append(stored.id)
                names[stored.id] = stored.code
        for gone in sorted(log.instances() - set(instances)):
            findings.append(Finding(code="instance_missing", detail=gone))
            names |= _logged_code(uow, gone)
        for instance_id in _watched(instances, "instances", len(instances), watch):
            with _told(findings, "instance", instance_id):
                findings += _replayed(uow, instance_id)
        files: set[str] = set()
        for instance_id in _watched(instances, "files", len(instances), watch):
            with _told(findings, "files", instance_id):
                findings += _files(uow, instance_id, checked=files, names=names)
        return Verdict(
            findings=tuple(findings),
            entries=report.size,
            root=report.root,
            instances=len(instances),
            files=len(files),
            not_checked=(*report.not_checked, *NOT_IN_THE_LOG),
            names=names,
        )


def _watched(items: Iterable[T], what: str, of: int, watch: Watch) -> Iterator[T]:
    """The same items, while it is told how many are behind."""
    for done, item in enumerate(items):
        watch(what, done, of)
        yield item
    watch(what, of, of)


def verify_database(runtime: Runtime) -> tuple[Finding, ...]:
    """Look at the file of the database as its own engine does; a server looks after itself.

    What lies in pages that nothing uses is no fault.
    """
    try:
        with guarded():
            damage = runtime.database.damage()
    except DatabaseMalformed as error:
        damage = error.code
    return () if damage is None else (Finding(code="database_malformed", detail=damage),)


@contextmanager
def _told(findings: list[Finding], what: str, *names: str) -> Iterator[None]:
    """Tell what cannot even be read as a finding, and go on with the rest."""
    try:
        yield
    except UNREADABLE as error:
        detail = " ".join((*names, type(error).__name__))
        findings.append(Finding(code=f"{what}_unreadable", detail=detail))


def _definitions(uow: UnitOfWork, rules: dict[str, Process]) -> Iterator[Finding]:
    """Whether each published version is the one whose digest the log knows; it goes to `rules`."""
    published = {
        str(body.get("subject")): body.get("def")
        for body in map(_body, uow.tables.log.of_type(EntryType.DEFINITION_PUBLISHED.value))
        if body is not None
    }
    kept: dict[str, str] = {}
    for process in uow.tables.definitions.processes():
        for version in uow.tables.definitions.versions(process):
            name = f"{version.process}/{version.version}"
            try:
                rules[version.digest] = loaded(version, identity=version.digest)
                kept[name] = version.digest
            except DefinitionCorrupt:
                kept[name] = "corrupt"
    for name in sorted(published.keys() | kept.keys()):
        if published.get(name) != kept.get(name):
            yield Finding(code="definition_differs", detail=name)


def _body(row: StoredRow) -> Mapping[str, Any] | None:
    try:
        body = json.loads(row.body)
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None


def _logged_code(uow: UnitOfWork, instance_id: str) -> dict[str, str]:
    """The code that the log gives an instance, where its first entry can be read."""
    for row in uow.tables.log.of_stream(f"instance:{instance_id}")[:1]:
        code = (_body(row) or {}).get("code")
        if isinstance(code, str):
            return {instance_id: code}
    return {}


def _instances(uow: UnitOfWork) -> Iterator[StoredInstance]:
    after: tuple[str, str] | None = None
    while True:
        page = uow.tables.instances.find(Filter(after=after), limit=INSTANCES_PER_PAGE)
        yield from page
        if len(page) < INSTANCES_PER_PAGE:
            return
        after = (page[-1].opened_at.isoformat(), page[-1].id)


def _replayed(uow: UnitOfWork, instance_id: str) -> list[Finding]:
    """Walk the entries of an instance through its pinned definition, and compare."""
    rows = uow.tables.log.of_stream(f"instance:{instance_id}")
    stored = uow.tables.instances.get(instance_id)
    if stored is None or not rows:
        return [Finding(code="instance_without_entries", detail=instance_id)]
    process = uow.definition(stored.process, stored.definition_version).process
    bodies = [json.loads(row.body) for row in rows]
    walked = replay(process, bodies)
    findings = [
        Finding(code=found.code, idx=rows[found.seq].idx, detail=instance_id)
        for found in walked.findings
        if found.seq < len(rows)
    ]
    history = uow.tables.instances.history(instance_id)
    compared: dict[str, tuple[Any, Any]] = {
        "state_differs": (walked.state, stored.state),
        "version_differs": (walked.version, stored.version),
        "history_differs": (
            [
                b["transition"]
                for b in bodies
                if b["type"] == "transition" and b["outcome"] == "accepted"
            ],
            [step.transition for step in history[1:]],
        ),
    }
    findings += [
        Finding(code=code, detail=instance_id)
        for code, (logged, kept) in compared.items()
        if logged != kept
    ]
    told = told_by(process, rows)
    findings += [
        Finding(code=f"{section}_differs", detail=f"{instance_id} {key}")
        for section, key in differences(told, _kept(uow, stored, process), process)
        # Both are told by name above.
        if (section, key) not in {("instance", "state"), ("instance", "version")}
    ]
    return findings


def _kept(uow: UnitOfWork, stored: StoredInstance, process: Process) -> Projection:
    """What the tables hold of an instance, in the form in which the log tells it."""
    tables = uow.tables
    return {
        "instance": {
            **{name: getattr(stored, name) for name in _SAME_NAME},
            "parent": stored.parent_id,
            "opened_at": _instant(stored.opened_at),
            "entered_at": _instant(stored.entered_at),
            "flags": list(stored.flags),
        },
        "field": {name: value for name, value in stored.fields.items() if value is not None},
        "row": {
            set_and_row(name, row.id): [
                row.version,
                row.created_by,
                {column: to_json(value) for column, value in row.values.items()},
            ]
            for name, spec in process.records.items()
            for row in tables.record_set(process.process, name).load(
                tables.session,
                spec,
                organization_id=tables.organization_id,
                instance_id=stored.id,
            )
            if row.values
        },
        "step": {str(step.version): _step(step) for step in tables.instances.history(stored.id)},
        "evidence": {file.id: _file(file) for file in tables.evidence.of_instance(stored.id)},
        "approval": {
            given.name: [
                given.version,
                given.person,
                dict(given.parts),
                given.voided_by,
                list(given.why),
            ]
            for given in tables.approvals.of_instance(stored.id)
        },
        "waiver": {
            str(place): [waiver.gate, waiver.until.isoformat(), waiver.reason, waiver.granted_by]
            for place, waiver in enumerate(tables.instances.waivers(stored.id))
        },
        "assignees": {role: list(people) for role, people in stored.assignees.items()},
    }


def _step(step: Step) -> dict[str, Any]:
    same = ("transition", "person", "on_behalf_of", "role", "unit", "internal", "reason")
    return {
        **{name: getattr(step, name) for name in same},
        "from": step.from_state,
        "to": step.to_state,
        "at": _instant(step.at),
        "flags": list(step.flags),
    }


def _file(file: StoredEvidence) -> dict[str, Any]:
    return {
        **{name: getattr(file, name) for name in _OF_FILE},
        "effective_on": None if file.effective_on is None else file.effective_on.isoformat(),
        "received_at": _instant(file.received_at),
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(INSTANT)


def _files(
    uow: UnitOfWork, instance_id: str, *, checked: set[str], names: dict[str, str]
) -> Iterator[Finding]:
    """Read every file of an instance that was not read yet, and hash it again; note its name."""
    for evidence in uow.tables.evidence.of_instance(instance_id):
        names[evidence.id] = evidence.filename
        if evidence.status == "disposed" or evidence.sha256 in checked:
            continue
        checked.add(evidence.sha256)
        code = _fault_of_file(uow, evidence.sha256)
        if code is not None:
            yield Finding(code=code, detail=f"{instance_id} {evidence.id}")


def _fault_of_file(uow: UnitOfWork, sha256: str) -> str | None:
    try:
        check_blob(uow.runtime.store, uow.tables.organization_id, sha256)
    except (BlobNotFound, AddressInvalid):
        return "blob_missing"
    except BlobCorrupt:
        return "blob_differs"
    return None
