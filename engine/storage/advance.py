"""The seam of the hot path: everything a decision reads, and everything an accepted step writes.

1. One function in (`read_case`), one out (`write_step`); a faster inside (fixed SQL, one writer
   with group commit) may move in here without a change elsewhere.
2. The case is read whole, under the lock on its row, so that guards and facts see one picture.
3. JSON becomes typed values here, by the definition to which the instance is pinned.
4. What a process registered that it reads of others is laid around its case; nobody else pays.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.calendars.business_days import Calendar
from engine.definition.model import FieldSpec, Process
from engine.definition.values import read_values, to_json
from engine.machine.instance import Approval, Case, Child, Instance, Person, Row, Step
from engine.machine.registry import Registry
from engine.storage.approvals import ApprovalRepository
from engine.storage.audit_log import LogRepository
from engine.storage.auditor_links import AuditorLinkRepository
from engine.storage.calendars import CalendarRepository
from engine.storage.comments import CommentRepository
from engine.storage.definitions import DefinitionRepository
from engine.storage.document_numbers import DocumentNumberRepository
from engine.storage.evidence import EvidenceRepository
from engine.storage.idempotency import IdempotencyRepository
from engine.storage.instances import InstanceRepository, Move, StoredInstance
from engine.storage.jobs import JobRepository
from engine.storage.letterheads import LetterheadRepository
from engine.storage.log_publication import PublicationRepository
from engine.storage.log_reading import LogReader
from engine.storage.log_witnesses import WitnessRepository
from engine.storage.numbers import NumberRepository
from engine.storage.organization import OrganizationRepository
from engine.storage.outbox import OutboxRepository
from engine.storage.paper_templates import PaperTemplateRepository
from engine.storage.plans import PlanRepository
from engine.storage.public_links import PublicLinkRepository
from engine.storage.records import GenericRecordSet, RecordSet, load_generic
from engine.storage.signing import SigningRepository
from engine.storage.sources import SourceRepository
from engine.storage.surroundings import Look, read_surroundings
from engine.storage.timers import Timer, TimerRepository
from engine.storage.webhooks import WebhookRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The repositories of one organisation in one transaction."""

    session: Session
    organization_id: str
    organization: OrganizationRepository
    definitions: DefinitionRepository
    instances: InstanceRepository
    evidence: EvidenceRepository
    timers: TimerRepository
    outbox: OutboxRepository
    idempotency: IdempotencyRepository
    numbers: NumberRepository
    calendars: CalendarRepository
    log: LogRepository
    log_reader: LogReader
    plans: PlanRepository
    jobs: JobRepository
    sources: SourceRepository
    letterheads: LetterheadRepository
    signing: SigningRepository
    approvals: ApprovalRepository
    webhooks: WebhookRepository
    publications: PublicationRepository
    comments: CommentRepository
    witnesses: WitnessRepository
    documents: DocumentNumberRepository
    templates: PaperTemplateRepository
    auditor_links: AuditorLinkRepository
    public_links: PublicLinkRepository
    registry: Registry

    def calendar_of(self, unit: str | None) -> Calendar:
        """The working days of a unit; of the whole organisation without one."""
        return self.calendars.edition().calendar_of(self.organization.lineage(unit))

    def record_set(self, process: str, name: str) -> RecordSet:
        """The tables behind a record set: the process's own, or the generic ones."""
        found: RecordSet | None = self.registry.record_sets.get((process, name))
        return found if found is not None else GenericRecordSet(name)

    def rows(self, stored: StoredInstance, process: Process, record_set: str) -> tuple[Row, ...]:
        """The live rows of one set of an instance, without the rest of the case."""
        return self.record_set(process.process, record_set).load(
            self.session,
            process.records[record_set],
            organization_id=self.organization_id,
            instance_id=stored.id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWrite:
    """What an accepted step leaves behind, apart from its log entry."""

    move: Move
    step: Step
    evidence_used: tuple[str, ...]
    visit_served: int
    """The visit of the state that was left; fresh evidence serves one visit only."""
    timers: tuple[Timer, ...] | None
    """The timers of the state that was entered; None leaves those that run."""


ProcessOf = Callable[[StoredInstance], Process]


def read_case(
    tables: Tables,
    instance_id: str,
    *,
    process_of: ProcessOf,
    now: datetime,
    lock: bool,
    proposing: str | None = None,
) -> Case | None:
    """Read all that may be known of a case; None when the organisation has no such instance.

    With `proposing`, the name of a record set, it is read as the proposal of that set asks for.
    """
    case = _read_alone(tables, instance_id, process_of=process_of, now=now, lock=lock)
    if case is None:
        return None
    process = case.instance.process
    reading = tables.registry.readings.get(process)
    if proposing is not None:
        reading = tables.registry.proposing.get((process, proposing), reading)
    if reading is None:
        return case

    def case_of(other_id: str) -> Case | None:
        return _read_alone(tables, other_id, process_of=process_of, now=now, lock=False)

    look = Look(
        instance=case.instance,
        today=case.today,
        now=case.now,
        process_of=process_of,
        case_of=case_of,
    )
    around = read_surroundings(tables, reading, look)
    holders = {person for people in around.holders.values() for person in people}
    known = tables.organization.known(holders - set(case.people), on=case.today)
    return replace(case, around=around, people={**case.people, **known})


def _read_alone(
    tables: Tables, instance_id: str, *, process_of: ProcessOf, now: datetime, lock: bool
) -> Case | None:
    """The case without what its process reads of others."""
    stored = tables.instances.get(instance_id, lock=lock)
    if stored is None:
        return None
    process = process_of(stored)
    organization = tables.organization.get()
    zone = ZoneInfo(organization.timezone if organization else "UTC")
    today = now.astimezone(zone).date()
    records = _records(tables, stored, process)
    instance = _instance(tables, stored, process, records)
    return Case(
        instance=instance,
        today=today,
        now=now.astimezone(zone),
        calendar=tables.calendar_of(stored.unit),
        records=records,
        evidence=tuple(e.as_file() for e in tables.evidence.of_instance(instance_id)),
        children=_children(tables, instance_id, process_of),
        waivers=tables.instances.waivers(instance_id),
        approvals=_approvals(tables, instance_id, process),
        people=_people(tables, process, instance, records, today),
        reached=_reached(tables, process, stored),
        lookups={
            name: lookup(tables.session, instance)
            for name, (owner, lookup) in tables.registry.lookups.items()
            if owner == process.process
        },
    )


def _approvals(tables: Tables, instance_id: str, process: Process) -> tuple[Approval, ...]:
    """Nothing is asked where nothing is approved."""
    if not process.approvals:
        return ()
    return tuple(
        Approval(
            name=known.name,
            person=known.person,
            at=known.at,
            voided_at=known.voided_at,
            voided_by=known.voided_by,
            why=known.why,
        )
        for known in tables.approvals.of_instance(instance_id)
    )


def write_step(tables: Tables, write: StepWrite, *, entry: int) -> bool:
    """Write an accepted step.

    False (and nothing written) when the version was not the expected one.
    """
    if not tables.instances.move(write.move):
        return False
    tables.instances.add_step(write.move.instance_id, write.step, entry=entry)
    tables.evidence.freeze(
        write.evidence_used, state=write.step.from_state, visit=write.visit_served
    )
    if write.timers is not None:
        tables.timers.disarm(write.move.instance_id)
        tables.timers.arm(write.timers)
    return True


def as_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values in the form that is stored and sent."""
    return {name: to_json(value) for name, value in fields.items()}


def _instance(
    tables: Tables, stored: StoredInstance, process: Process, records: Mapping[str, tuple[Row, ...]]
) -> Instance:
    fields = read_values(process.fields, stored.fields, partial=True)
    return Instance(
        id=stored.id,
        organization_id=tables.organization_id,
        code=stored.code,
        process=stored.process,
        definition_version=stored.definition_version,
        definition_digest=stored.definition_digest,
        title=stored.title,
        state=stored.state,
        version=stored.version,
        year=stored.year,
        unit=stored.unit,
        qms=stored.qms,
        fields=fields,
        assignees=assignees(process, stored.assignees, fields, records),
        flags=stored.flags,
        history=tables.instances.history(stored.id),
        parent_id=stored.parent_id,
        origin_set=stored.origin_set,
        origin_row=stored.origin_row,
        predecessor=stored.predecessor,
        period=stored.period,
        previous_state=stored.previous_state,
        opened_at=stored.opened_at,
        entered_at=stored.entered_at,
        deadline=stored.deadline,
    )


def assignees(
    process: Process,
    given: Mapping[str, Iterable[str]],
    fields: Mapping[str, Any],
    records: Mapping[str, tuple[Row, ...]],
) -> dict[str, tuple[str, ...]]:
    """Who each role is narrowed to: by assignment, by fields and by columns that assign."""
    found: dict[str, dict[str, None]] = {
        role: dict.fromkeys(people) for role, people in given.items()
    }

    def note(spec: FieldSpec, value: Any) -> None:
        if spec.assigns is not None and value is not None:
            people = value if isinstance(value, tuple) else (value,)
            found.setdefault(spec.assigns, {}).update(dict.fromkeys(people))

    for name, spec in process.fields.items():
        note(spec, fields.get(name))
    for set_name, record_set in process.records.items():
        for name, spec in record_set.columns.items():
            for row in records.get(set_name, ()):
                note(spec, row.values.get(name))
    return {role: tuple(people) for role, people in found.items() if people}


def _records(
    tables: Tables, stored: StoredInstance, process: Process
) -> dict[str, tuple[Row, ...]]:
    place = {"organization_id": tables.organization_id, "instance_id": stored.id}
    of_process = {name: tables.record_set(process.process, name) for name in process.records}
    generic = {
        name: process.records[name]
        for name, found in of_process.items()
        if isinstance(found, GenericRecordSet)
    }
    rows = load_generic(tables.session, generic, **place)
    return {
        name: rows[name] if name in rows else of_process[name].load(tables.session, spec, **place)
        for name, spec in process.records.items()
    }


def _children(tables: Tables, instance_id: str, process_of: ProcessOf) -> tuple[Child, ...]:
    stored = tables.instances.children(instance_id)
    if not stored:
        return ()
    histories = tables.instances.histories(tuple(child.id for child in stored))
    return tuple(
        Child(
            id=child.id,
            code=child.code,
            process=child.process,
            state=child.state,
            final=child.final,
            title=child.title,
            unit=child.unit,
            origin_set=child.origin_set,
            origin_row=child.origin_row,
            predecessor=child.predecessor,
            opened_on=_opened_on(histories.get(child.id, ())),
            closed_on=child.closed_on,
            due_on=child.due_on,
            fields=read_values(process_of(child).fields, child.fields, partial=True),
            taken=Counter(step.transition for step in histories.get(child.id, ())),
        )
        for child in stored
    )


def _opened_on(history: tuple[Step, ...]) -> date | None:
    return history[0].on if history else None


def _people(
    tables: Tables,
    process: Process,
    instance: Instance,
    records: Mapping[str, tuple[Row, ...]],
    today: date,
) -> dict[str, Person]:
    """Look up everybody whom fields, rows, assignments and history name."""
    names: set[str] = set()

    def note(specs: Mapping[str, FieldSpec], values: Mapping[str, Any]) -> None:
        for name, spec in specs.items():
            value = values.get(name)
            if spec.type == "person" and value is not None:
                names.update(value if isinstance(value, tuple) else (value,))

    note(process.fields, instance.fields)
    for set_name, rows in records.items():
        for row in rows:
            note(process.records[set_name].columns, row.values)
            names.add(row.created_by)
    for people in instance.assignees.values():
        names.update(people)
    for step in instance.history:
        names.update(step.people)
    return tables.organization.known(names, on=today)


def _reached(
    tables: Tables, process: Process, stored: StoredInstance
) -> frozenset[tuple[str, str]]:
    needed = {need.process for step in process.transitions.values() for need in step.needs}
    if not needed:
        return frozenset()
    return tables.instances.reached(tuple(sorted(needed)), stored.year, qms=stored.qms)
