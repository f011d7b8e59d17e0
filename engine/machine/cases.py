"""Worked examples of a process, walked through the real decision; `case_script` has their form.

1. Facts are given, not computed. Facts, assignees, children, waivers, `reached` and rows, once
   given, hold until a step gives them anew. Guards agree unless the step says
   `guards: {name: false}`; effects do nothing.
2. Files and fields of a refused step are not kept.
3. Days pass only as `at` says. Without another calendar only weekends are off.
4. A case ends at the first step that does not turn out as expected.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from engine.calendars.business_days import Calendar
from engine.definition.model import FieldSpec, Process
from engine.definition.values import read_values
from engine.errors import QuyTrinhError
from engine.machine.actor import SYSTEM, Actor, Grant
from engine.machine.approval import changed, parts_of
from engine.machine.case_script import (
    CaseScript,
    CasesUnreadable,
    ChildScript,
    ExpectError,
    ExpectRefusal,
    PersonScript,
    StepScript,
    SurroundingsScript,
    unknown_names,
)
from engine.machine.compiler import Compiled, compile_process
from engine.machine.decide import decide
from engine.machine.decision import Accepted, Command, Refused
from engine.machine.instance import (
    Approval,
    Case,
    Child,
    EvidenceFile,
    Instance,
    Person,
    Row,
    Step,
    Waiver,
)
from engine.machine.intent import Intent
from engine.machine.registry import Objection, Question, Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How a case turned out.

    Attributes:
        step: index of the step that turned out otherwise; None when all is as expected.
        expected: what the case says of that step; empty when all is as expected.
        got: what came of it.
        taken: transitions that were accepted, in order.
        refused: every key that was unmet and expected to be.
        state: where the case ended.
    """

    name: str
    ok: bool
    step: int | None = None
    expected: str = ""
    got: str = ""
    taken: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    state: str


def run_cases(
    process: Process, scripts: Iterable[CaseScript], *, calendar: Calendar | None = None
) -> tuple[CaseResult, ...]:
    """Walk every case.

    Raises:
        CasesUnreadable: `case_names_unknown`: a case uses names that the process does not have.
        WrongValues: a value of a case does not fit its field.
    """
    scripts = tuple(scripts)
    faults = [fault for script in scripts for fault in unknown_names(process, script)]
    if faults:
        raise CasesUnreadable("case_names_unknown", faults=faults)
    compiled = compile_process(process, f"{process.process}.{process.version}")
    return tuple(_run(compiled, script, calendar or Calendar()) for script in scripts)


def _run(compiled: Compiled, script: CaseScript, calendar: Calendar) -> CaseResult:
    walk = _Walk(
        case=_opened(compiled.process, script, calendar),
        facts=dict(script.given.facts),
        assignees=dict(script.given.assignees),
    )
    for index, step in enumerate(script.steps):
        got = walk.take(compiled, script, step)
        expected = _expected(step)
        if got != expected:
            return walk.result(script.name, step=index, expected=expected, got=got)
    return walk.result(script.name)


def _expected(step: StepScript) -> str:
    match step.expect:
        case ExpectRefusal(unmet=keys):
            return _refusal(keys)
        case ExpectError(error=code):
            return f"error {code}"
        case state:
            return str(state)


def _refusal(keys: Sequence[str]) -> str:
    return f"unmet {', '.join(sorted(keys))}"


@dataclass(slots=True)
class _Walk:
    """A case under way: what holds now, and what was taken and refused."""

    case: Case
    facts: dict[str, Any]
    assignees: dict[str, tuple[str, ...]]
    taken: list[str] = field(default_factory=list)
    approved: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def take(self, compiled: Compiled, script: CaseScript, step: StepScript) -> str:
        """Give the step's command and tell what came of it."""
        process = compiled.process
        self._surround(process, step)
        actor = _actor(script, step)
        command = Command(
            step.transition,
            _values(process.fields, step.fields),
            reason=step.reason,
            reauthenticated=step.signed is True,
            by_key=step.signed == "key",
            has_key=step.signed == "key",
        )
        case = replace(self.case, evidence=(*self.case.evidence, *_files(self.case, step)))
        case = self._with_approvals_ended(process, case)
        try:
            decision = decide(
                compiled,
                case,
                command,
                actor=actor,
                facts=self.facts,
                registry=_registry(process, step.guards),
            )
        except QuyTrinhError as error:
            return f"error {error.code}"
        if isinstance(decision, Refused):
            self.refused.update(decision.keys)
            return _refusal(decision.keys)
        self.case = _after(case, decision, command, actor=actor)
        self._approve(process, decision.transition, actor)
        self.taken.append(decision.transition)
        return decision.to_state

    def _approve(self, process: Process, transition: str, actor: Actor) -> None:
        """Keep what the step approved, as the case stands with it."""
        for name in process.transitions[transition].approves:
            self.approved[name] = parts_of(process.approvals[name], self.case)
            given = Approval(name=name, person=actor.person, at=self.case.now)
            others = (known for known in self.case.approvals if known.name != name)
            self.case = replace(self.case, approvals=(*others, given))

    def _with_approvals_ended(self, process: Process, case: Case) -> Case:
        """The case with every approval ended of which something changed."""
        known = []
        for given in case.approvals:
            why = changed(process.approvals[given.name], case, self.approved[given.name])
            ended = replace(given, voided_at=case.now, why=why) if given.holds and why else given
            known.append(ended)
        return replace(case, approvals=tuple(known))

    def _surround(self, process: Process, step: StepScript) -> None:
        """Let the days pass, and lay around the case what the step gives anew."""
        self.facts |= step.facts
        self.assignees |= step.assignees
        today = step.at or self.case.today
        instance = self.case.instance
        named = {**self.assignees, **_assigned(process, instance.fields)}
        self.case = replace(
            _surrounded(self.case, step),
            today=today,
            now=_morning(today),
            instance=replace(instance, assignees=named),
        )

    def result(
        self, name: str, *, step: int | None = None, expected: str = "", got: str = ""
    ) -> CaseResult:
        """What is told of the walk."""
        return CaseResult(
            name=name,
            ok=step is None,
            step=step,
            expected=expected,
            got=got,
            taken=tuple(self.taken),
            refused=frozenset(self.refused),
            state=self.case.instance.state,
        )


def _opened(process: Process, script: CaseScript, calendar: Calendar) -> Case:
    opening = Step(
        version=0,
        transition="open",
        from_state="",
        to_state=process.initial,
        person="opener",
        on_behalf_of=None,
        role="",
        unit=None,
        at=_morning(script.at),
        on=script.at,
    )
    instance = Instance(
        id="case",
        organization_id="cases",
        code=f"{process.code}-{script.at.year}-01",
        process=process.process,
        definition_version=process.version,
        definition_digest="",
        title=script.name,
        state=process.initial,
        version=0,
        year=script.year or script.at.year,
        period=script.period,
        unit=script.unit,
        fields=_values(process.fields, script.given.fields),
        history=(opening,),
        opened_at=opening.at,
        entered_at=opening.at,
    )
    case = Case(
        instance=instance,
        today=script.at,
        now=opening.at,
        calendar=calendar,
        people=_people(script),
    )
    return _surrounded(case, script.given)


def _people(script: CaseScript) -> dict[str, Person]:
    units = {name: person.unit for name, person in script.people.items()}
    for step in script.steps:
        if step.unit is not None or step.actor not in units:
            units[step.actor] = step.unit
    return {name: Person(id=name, name=name, unit=unit) for name, unit in units.items()}


def _assigned(process: Process, fields: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The people to whom fields with `assigns` narrow a role."""
    named: dict[str, tuple[str, ...]] = {}
    for name, spec in process.fields.items():
        value = fields.get(name)
        if spec.assigns is not None and value is not None:
            people = (value,) if isinstance(value, str) else tuple(value)
            named[spec.assigns] = (*named.get(spec.assigns, ()), *people)
    return named


def _surrounded(case: Case, given: SurroundingsScript) -> Case:
    """The case with what was given anew around it."""
    if given.children is not None:
        case = replace(case, children=tuple(_child(child) for child in given.children))
    if given.waivers is not None:
        case = replace(case, waivers=tuple(_waiver(gate) for gate in given.waivers))
    if given.reached is not None:
        case = replace(case, reached=frozenset(given.reached))
    if given.rows is not None:
        rows = {name: tuple(_row(row) for row in ids) for name, ids in given.rows.items()}
        case = replace(case, records=rows)
    return case


def _child(script: ChildScript) -> Child:
    return Child(
        id=script.code,
        code=script.code,
        process=script.process,
        state=script.state,
        final=None,
        predecessor=script.predecessor,
    )


def _waiver(gate: str) -> Waiver:
    return Waiver(gate=gate, reason="given", granted_by="opener", until=date.max)


def _row(row: str) -> Row:
    return Row(id=row, version=1, values={}, created_by="opener")


def _actor(script: CaseScript, step: StepScript) -> Actor:
    if step.actor == "system":
        return SYSTEM
    known = script.people.get(step.actor, PersonScript())
    behalf = step.on_behalf_of or known.on_behalf_of
    roles = known.roles if step.roles is None else step.roles
    return Actor(
        person=step.actor,
        unit=step.unit or known.unit,
        grants=tuple(Grant(role=role, on_behalf_of=behalf) for role in roles),
    )


def _values(specs: Mapping[str, FieldSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values as people would send them: YAML reads a date where JSON has text."""
    sent = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
    }
    return dict(read_values(specs, sent, partial=True))


def _files(case: Case, step: StepScript) -> list[EvidenceFile]:
    """The files that come with a step."""
    state = case.instance.state
    given = [(slot, file) for slot, files in step.evidence.items() for file in files]
    return [
        EvidenceFile(
            id=f"file-{len(case.evidence) + number}",
            requirement=slot,
            sha256=hashlib.sha256(file.name.encode()).hexdigest(),
            size=len(file.name),
            media_type="application/pdf",
            filename=file.name,
            status="accepted" if file.reviewed else "received",
            state=state,
            visit=case.instance.visits(state),
            effective_on=file.effective_on or case.today,
            received_on=case.today,
            supplied_by=step.actor,
            row=file.row,
            reviewed=file.reviewed,
        )
        for number, (slot, file) in enumerate(given)
    ]


def _registry(process: Process, guards: Mapping[str, bool]) -> Registry:
    """Guards that agree unless the step says otherwise, effects that do nothing."""
    steps = process.transitions.values()
    return Registry(
        guards={
            name: _agrees if guards.get(name, True) else _objects
            for step in steps
            for name in step.guards
        },
        effects={name: _plans_nothing for step in steps for name in step.effects},
    )


def _agrees(_question: Question, /) -> Objection | None:
    return None


def _objects(_question: Question, /) -> Objection | None:
    return Objection()


def _plans_nothing(_question: Question, /) -> tuple[Intent, ...]:
    return ()


def _after(case: Case, accepted: Accepted, command: Command, *, actor: Actor) -> Case:
    """The case as the accepted step leaves it."""
    instance = case.instance
    step = Step(
        version=instance.version + 1,
        transition=accepted.transition,
        from_state=accepted.from_state,
        to_state=accepted.to_state,
        person=actor.person,
        on_behalf_of=accepted.on_behalf_of,
        role=accepted.role,
        unit=actor.unit,
        at=case.now,
        on=case.today,
        internal=accepted.internal,
        reason=command.reason,
        flags=accepted.flags,
    )
    moved = accepted.to_state != accepted.from_state
    after = replace(
        instance,
        state=accepted.to_state,
        version=step.version,
        fields={**instance.fields, **accepted.fields},
        flags=tuple(dict.fromkeys((*instance.flags, *accepted.flags))),
        history=(*instance.history, step),
        previous_state=accepted.from_state if moved else instance.previous_state,
        entered_at=instance.entered_at if accepted.internal else case.now,
    )
    visit = instance.visits(accepted.from_state)
    evidence = tuple(
        _served(file, accepted.from_state, visit) if file.id in accepted.evidence_used else file
        for file in case.evidence
    )
    return replace(case, instance=after, evidence=evidence)


def _served(file: EvidenceFile, state: str, visit: int) -> EvidenceFile:
    """A file that an accepted step used: frozen, and bound to the visit that it served first."""
    if file.used_visit is not None:
        return file
    return replace(file, status="frozen", used_state=state, used_visit=visit)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), tzinfo=UTC)
