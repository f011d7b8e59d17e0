"""Lists of instances, and one instance whole.

Its place, its steps, its files, its rows, its way so far.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from engine.definition.model import FieldSpec, Process, RecordSetSpec
from engine.definition.values import to_json
from engine.errors import NotFound, Refused
from engine.machine.actor import Actor
from engine.machine.claiming import claimable, holding, names
from engine.machine.decide import available, facts_of
from engine.machine.decision import Option, Unmet
from engine.machine.decision import Refused as TurnedDown
from engine.machine.foresight import kept_apart_later, shut_out
from engine.machine.instance import Approval, Case, Child, Deadline, Person, Row, Step, Waiver
from engine.machine.personal_rule import reads_paper, reads_whole, withheld, without
from engine.machine.registry import Figure
from engine.machine.window import Span, spans_of
from engine.queries.signatures import SignatureView, signatures_of
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.document_numbers import DocumentNumber
from engine.storage.evidence import StoredEvidence
from engine.storage.instances import Filter, StoredInstance
from engine.transaction.attaching import may_supply

Title = Mapping[str, str]


class PersonalData(Refused):
    """What was asked for shows personal data that is not for the caller."""

    def __init__(self, document: str) -> None:
        super().__init__("personal_data", document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An instance in a list."""

    id: str
    code: str
    process: str
    process_title: Title
    title: str
    unit: str | None
    unit_title: Title | None
    year: int
    state: str
    state_title: Title
    final: str | None
    version: int
    due_on: date | None
    due_at: datetime | None
    overdue: bool
    opened_at: datetime
    parent_id: str | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOption:
    """A step that leaves the present state, with everything its form needs.

    Attributes:
        to: states it may lead to, with their titles.
        unmet: what this actor lacks; `fillable` ones are met by filling in the form.
        fields: what the form asks for: name → (specification, required now).
        evidence: requirement ids that the step looks at.
        ready: nothing is missing but what the form asks for.
        mine: the step is the actor's to take, now or later.
        shuts_out: later steps that nobody could take any more if the actor took this one.
    """

    transition: str
    title: Title
    to: Mapping[str, Title]
    unmet: tuple[Unmet, ...]
    fields: Mapping[str, tuple[FieldSpec, bool]]
    evidence: tuple[str, ...]
    reason_required: bool
    ready: bool
    mine: bool
    shuts_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An evidence requirement with the files that were attached for it."""

    requirement: str
    title: Title
    accept: tuple[str, ...]
    min: int
    max_bytes: int
    files: tuple[StoredEvidence, ...]
    wanted_now: bool
    may_supply: bool
    may_review: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """A record set with its live rows.

    Attributes:
        rows: without the columns that this actor may not read.
        may_edit: whether this actor may change the set now.
        withheld: row → its columns that this actor may not read.
        origin: the column that says from which case a row goes on, if there is one.
    """

    name: str
    spec: RecordSetSpec
    rows: tuple[Row, ...]
    may_edit: bool
    withheld: Mapping[str, frozenset[str]]
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStep:
    """One step of the way so far, and how long the state before it lasted, in working days."""

    step: Step
    title: Title
    from_title: Title | None
    to_title: Title
    working_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A figure with its words."""

    name: str
    title: Title
    unit: str
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A role that the caller may take upon themselves in a case; `mine`: may give back."""

    role: str
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceView:
    """One instance, whole, for one caller.

    Attributes:
        fields: the case's values as JSON; `process.fields` has their specifications.
        people: everybody whom the case names, by id.
        keyed: whether the caller has a key to sign with; told only where a step is signed.
        documents: papers that can be printed now, and that the caller may read: name → title.
        kept_documents: those that show personal data which is not for the caller.
        issued: the lines of the register under which papers of the case were issued: name → line.
    """

    summary: Summary
    process: Process
    definition_version: int
    definition_digest: str
    fields: Mapping[str, Any]
    typed_fields: Mapping[str, Any]
    assignees: Mapping[str, tuple[str, ...]]
    claims: tuple[Claim, ...]
    window: tuple[Span, ...]
    parent: Summary | None
    children: tuple[Child, ...]
    predecessor: str | None
    deadline: Deadline | None
    options: tuple[StepOption, ...]
    slots: tuple[Slot, ...]
    records: tuple[RecordTable, ...]
    route: tuple[RouteStep, ...]
    figures: tuple[FigureView, ...]
    waivers: tuple[Waiver, ...]
    approvals: tuple[Approval, ...]
    signatures: tuple[SignatureView, ...]
    keyed: bool
    people: Mapping[str, Person]
    units: Mapping[str, Title]
    documents: Mapping[str, Title]
    kept_documents: Mapping[str, Title]
    issued: Mapping[str, DocumentNumber]
    today: date

    def document(self, name: str) -> Title:
        """The title of a paper that the caller may have.

        Raises:
            NotFound: there is no such paper yet.
            PersonalData: it shows what is not for the caller.
        """
        if name in self.kept_documents:
            raise PersonalData(name)
        if name not in self.documents:
            raise NotFound("unknown_document", document=name)
        return self.documents[name]


def list_instances(
    runtime: Runtime, caller: Caller, wanted: Filter, *, limit: int
) -> tuple[Summary, ...]:
    """Instances by opening time, newest first."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        units = unit_titles(uow)
        return tuple(
            summary_of(uow, found, units)
            for found in uow.tables.instances.find(wanted, limit=limit)
        )


def instance_view(runtime: Runtime, caller: Caller, instance_id: str) -> InstanceView:
    """One instance as the caller may see it; `instance_id` may also be its readable code.

    Raises:
        NotFound: the caller's organisation has no such instance.
    """
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        by_code = uow.tables.instances.by_code(instance_id)
        case = uow.case(by_code.id if by_code is not None else instance_id)
        return _view(uow, case, actor)


def case_of(runtime: Runtime, caller: Caller, instance_id: str) -> tuple[Case, Process]:
    """The case itself with its definition, for what computes papers from it."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        case = uow.case(instance_id)
        return case, uow.pinned(case).process


def step_options(uow: UnitOfWork, case: Case, actor: Actor) -> tuple[StepOption, ...]:
    """Every step that leaves the present state, for this actor.

    None when names are not registered.
    """
    compiled = uow.pinned(case)
    registry = uow.tables.registry
    facts = facts_of(compiled.process, case, registry)
    found = available(compiled, case, actor=actor, facts=facts, registry=registry)
    return tuple(_option(compiled.process, option) for option in found)


def summary_of(uow: UnitOfWork, stored: StoredInstance, units: Mapping[str, Title]) -> Summary:
    """An instance as a list shows it."""
    process = uow.version_of(stored).process
    return Summary(
        id=stored.id,
        code=stored.code,
        process=stored.process,
        process_title=process.title.model_dump(),
        title=stored.title,
        unit=stored.unit,
        unit_title=units.get(stored.unit) if stored.unit else None,
        year=stored.year,
        state=stored.state,
        state_title=process.states[stored.state].title.model_dump(),
        final=stored.final,
        version=stored.version,
        due_on=stored.due_on,
        due_at=stored.due_at,
        overdue=stored.final is None and stored.due_at is not None and uow.now >= stored.due_at,
        opened_at=stored.opened_at,
        parent_id=stored.parent_id,
        flags=stored.flags,
    )


def unit_titles(uow: UnitOfWork) -> dict[str, Title]:
    """The titles of the units in force today."""
    return {unit.id: unit.title for unit in uow.tables.organization.units(uow.today)}


def _view(uow: UnitOfWork, case: Case, actor: Actor) -> InstanceView:
    process = uow.pinned(case).process
    instance = case.instance
    units = unit_titles(uow)
    stored = uow.tables.instances.get(instance.id)
    parent = uow.tables.instances.get(instance.parent_id) if instance.parent_id else None
    options = step_options(uow, case, actor) if _runs(uow, process) else ()
    options = tuple(_foreseen(uow, case, actor, options))
    papers = _papers(uow, case, process)
    readable = {name for name in papers if reads_paper(process, name, case, actor=actor)}
    window = process.window
    return InstanceView(
        summary=summary_of(uow, stored, units),  # type: ignore[arg-type]
        process=process,
        definition_version=instance.definition_version,
        definition_digest=instance.definition_digest,
        fields={name: to_json(value) for name, value in instance.fields.items()},
        typed_fields=instance.fields,
        assignees=instance.assignees,
        claims=tuple(_claims(uow, case, actor))
        if process.states[instance.state].final is None
        else (),
        window=spans_of(window, year=instance.year, period=instance.period) if window else (),
        parent=None if parent is None else summary_of(uow, parent, units),
        children=case.children,
        predecessor=instance.predecessor,
        deadline=instance.deadline,
        options=options,
        slots=_slots(uow, case, process, options, actor),
        records=tuple(
            replace(record_table(process, name, case, actor), origin=origin_of(uow, process, name))
            for name in process.records
        ),
        route=_route(case, process),
        figures=figures_of(uow, case, process),
        waivers=case.waivers,
        approvals=case.approvals,
        signatures=signatures_of(uow, case, process),
        keyed=any(process.transitions[option.transition].signing for option in options)
        and bool(uow.tables.signing.keys_of(actor.person)),
        people=case.people,
        units=units,
        documents={name: title for name, title in papers.items() if name in readable},
        kept_documents={name: title for name, title in papers.items() if name not in readable},
        issued=uow.tables.documents.issued(instance.id),
        today=uow.today,
    )


def _foreseen(
    uow: UnitOfWork, case: Case, actor: Actor, options: tuple[StepOption, ...]
) -> Iterator[StepOption]:
    """The steps, with what each would take away from those behind it.

    Everybody else is looked up only where a step of the actor's is kept apart from a later one.
    """
    process = uow.pinned(case).process
    others: tuple[Actor, ...] | None = None
    for option in options:
        state = case.instance.state
        if not option.mine or not kept_apart_later(process, state, option.transition):
            yield option
            continue
        if others is None:
            others = uow.tables.organization.actors(on=uow.today)
        lost = shut_out(process, case, option.transition, taken_by=actor, others=others)
        yield replace(option, shuts_out=lost)


def _claims(uow: UnitOfWork, case: Case, actor: Actor) -> Iterator[Claim]:
    """Roles that several people hold and nobody is named for, and those given to the caller."""
    process = uow.pinned(case).process
    stored = uow.tables.instances.get(case.instance.id)
    given = {} if stored is None else stored.assignees
    own = {grant.role for grant in actor.grants}
    for role in process.roles:
        if names(actor, role) & set(given.get(role, ())):
            yield Claim(role=role, mine=True)
        elif role not in own or case.instance.assignees.get(role) or not claimable(process, role):
            continue
        elif isinstance(holding(process, role, actor, case=case), tuple) and (
            len(uow.tables.organization.holders(role, on=uow.today)) > 1
        ):
            yield Claim(role=role, mine=False)


def _papers(uow: UnitOfWork, case: Case, process: Process) -> dict[str, Title]:
    """The papers that there are now, whoever may read them."""
    return {
        name: spec.title.model_dump()
        for name, spec in process.documents.items()
        if (process.process, name) in uow.tables.registry.documents
        and (spec.after is None or case.instance.taken(spec.after))
    }


def record_table(process: Process, record_set: str, case: Case, actor: Actor) -> RecordTable:
    """The rows of a set as this actor may read them."""
    spec, rows = process.records[record_set], case.rows(record_set)
    hidden: dict[str, frozenset[str]] = {}
    if not reads_whole(process, record_set, case, actor=actor):
        found = (
            (row.id, withheld(process, record_set, case, row.values, actor=actor)) for row in rows
        )
        hidden = {row: columns for row, columns in found if columns}
    return RecordTable(
        name=record_set,
        spec=spec,
        rows=tuple(without(row, hidden.get(row.id, frozenset())) for row in rows),
        may_edit=_may_edit(spec, case, actor),
        withheld=hidden,
    )


def origin_of(uow: UnitOfWork, process: Process, record_set: str) -> str | None:
    """The column of a set that says from which case a row goes on; older versions have none."""
    found = uow.tables.registry.origins.get((process.process, record_set))
    known = found is not None and found.column in process.records[record_set].columns
    return found.column if found is not None and known else None


def figures_of(uow: UnitOfWork, case: Case, process: Process) -> tuple[FigureView, ...]:
    """Every figure whose function is registered, computed now."""
    registered = uow.tables.registry.figures
    return tuple(
        FigureView(
            name=name,
            title=spec.title.model_dump(),
            unit=spec.unit,
            figure=registered[f"{process.process}.{name}"](case),
        )
        for name, spec in process.figures.items()
        if f"{process.process}.{name}" in registered
    )


def _may_edit(spec: RecordSetSpec, case: Case, actor: Actor) -> bool:
    """Whether a form makes sense; the command judges each row with its unit and conditions."""
    return case.instance.state in spec.edit_in and not actor.roles.isdisjoint(
        by.role for by in spec.by
    )


def _runs(uow: UnitOfWork, process: Process) -> bool:
    """Whether every fact is registered; without them an instance can be read, not advanced."""
    return all(f"{process.process}.{name}" in uow.tables.registry.facts for name in process.facts)


def _option(process: Process, option: Option) -> StepOption:
    step = process.transitions[option.transition]
    required = {
        unmet.subject for unmet in option.unmet if unmet.fillable and unmet.subject is not None
    }
    asked = tuple(dict.fromkeys((*step.fields, *step.must_change, *step.may_set)))
    return StepOption(
        transition=option.transition,
        title=step.title.model_dump(),
        to={name: process.states[name].title.model_dump() for name in option.to},
        unmet=option.unmet,
        fields={name: (process.fields[name], name in required) for name in asked},
        evidence=step.evidence,
        reason_required=step.reason is not None,
        ready=option.ready and not option.forbidden,
        mine=not option.forbidden,
    )


def _slots(
    uow: UnitOfWork,
    case: Case,
    process: Process,
    options: tuple[StepOption, ...],
    actor: Actor,
) -> tuple[Slot, ...]:
    files = uow.tables.evidence.of_instance(case.instance.id)
    wanted = {name for option in options for name in option.evidence}
    open_now = process.states[case.instance.state].final is None
    return tuple(
        Slot(
            requirement=name,
            title=spec.title.model_dump(),
            accept=spec.accept,
            min=spec.min,
            max_bytes=spec.max_bytes,
            files=tuple(file for file in files if file.requirement == name),
            wanted_now=name in wanted,
            may_supply=open_now
            and process.states[case.instance.state].attach == "open"
            and not isinstance(may_supply(process, case, name, actor=actor), TurnedDown),
            may_review=spec.reviewed is not None and spec.reviewed in actor.roles,
        )
        for name, spec in process.evidence.items()
    )


def _route(case: Case, process: Process) -> tuple[RouteStep, ...]:
    found = []
    entered: date | None = None
    for step in case.instance.history:
        transition = process.transitions.get(step.transition)
        title = transition.title.model_dump() if transition else {"vi": "Mở hồ sơ", "en": "Opened"}
        left = process.states.get(step.from_state)
        found.append(
            RouteStep(
                step=step,
                title=title,
                from_title=left.title.model_dump() if left else None,
                to_title=process.states[step.to_state].title.model_dump(),
                working_days=None
                if entered is None
                else case.calendar.working_days_between(entered, step.on),
            )
        )
        entered = step.on if not step.internal else entered
    return tuple(found)
