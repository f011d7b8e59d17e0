"""Take a step: decide, log, write, carry out what follows. The one way a state changes.

1. The case was read under its lock; the decision is pure; nothing is written before it is made.
2. A refusal is an entry of the log too, without what was sent.
3. The entry, the instance, the files used, the timers, the messages, the children and the rows land
   in the caller's transaction, or none of them does.
4. A step that effects ask for (`TakeTransition`) is taken by the house, in the same transaction,
   and is decided like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from textwrap import shorten
from typing import Any, assert_never

from engine.audit.entry import EvidenceRef
from engine.audit.leaf import EntryType, Outcome
from engine.definition.model import ChildrenSpec, Process
from engine.errors import Conflict, Corrupt
from engine.machine.actor import SYSTEM, Actor, Grant
from engine.machine.approval import files_approved
from engine.machine.decide import decide, facts_of
from engine.machine.decision import Accepted, Command, Refused
from engine.machine.instance import Case, Row, Step
from engine.machine.intent import (
    ChangeRecord,
    DisposeFiles,
    EnterPlan,
    Intent,
    Notify,
    OpenYear,
    Qualify,
    RaiseFlag,
    SetField,
    StartInstance,
    TakeTransition,
)
from engine.runtime import UnitOfWork
from engine.storage.advance import StepWrite, as_json, write_step
from engine.storage.audit_log import LogDraft, split_changes
from engine.storage.instances import Move
from engine.transaction.approving import end_approvals, give_approvals, parts_approved
from engine.transaction.continuing import continue_now
from engine.transaction.deadlines import due_and_timers
from engine.transaction.disposing import dispose_files
from engine.transaction.entries import entry_of
from engine.transaction.notifying import notify
from engine.transaction.opening import Opening, open_instance
from engine.transaction.planning import carry_out_plan
from engine.transaction.qualifying import qualify
from engine.transaction.recording import write_record, write_records
from engine.transaction.signing import (
    Assertion,
    SignatureAsked,
    ask,
    meaning_of,
    signed_by_key,
    signed_by_password,
)

TITLE_LENGTH = 120


class StaleVersion(Conflict):
    """Somebody was faster: the instance is no longer at the version that was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An accepted step: the case as it stands now, and the index of its log entry."""

    case: Case
    entry: int
    accepted: Accepted
    opened: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedDown:
    """A refused step: every reason, and the index of the entry that records the attempt."""

    case: Case
    refused: Refused
    entry: int


def judge(uow: UnitOfWork, case: Case, command: Command, *, actor: Actor) -> Accepted | Refused:
    """What `decide` says, without writing anything: the dry run.

    Facts are computed over the case as it would stand with the values of the command: a planned day
    that comes with the step is judged in that very step.
    """
    compiled = uow.pinned(case)
    registry = uow.tables.registry
    given = replace(case.instance, fields={**case.instance.fields, **command.fields})
    facts = facts_of(compiled.process, replace(case, instance=given), registry)
    return decide(compiled, case, command, actor=actor, facts=facts, registry=registry)


def take_step(
    uow: UnitOfWork,
    case: Case,
    command: Command,
    *,
    actor: Actor,
    assertion: Assertion | None = None,
) -> Taken | TurnedDown:
    """Decide and write one step of a case that was read under its lock.

    Raises:
        UnknownTransition, FieldNotOfStep: the command does not fit the definition.
        NotAvailable: the step does not leave the present state.
        StaleVersion: another writer came in between, lock or no lock.
        SignatureRefused, SignatureOvertaken: what a key answered does not prove this step.
    """
    decided = judge(uow, case, command, actor=actor)
    if isinstance(decided, Refused):
        return turn_down(uow, case, command, decided, actor=actor)
    after = _after(uow, case, decided, command, actor=actor)
    draft = _acceptance(uow, case, after, decided, command, actor=actor)
    draft = _signed(uow, after, draft, command, assertion)
    entry = _write(uow, case, after, decided, draft)
    give_approvals(uow, after, decided.transition, actor=actor)
    opened = _carry_out(uow, after, decided, actor=actor)
    end_approvals(uow, after, actor=actor)
    return Taken(case=uow.case(case.instance.id), entry=entry, accepted=decided, opened=opened)


def turn_down(
    uow: UnitOfWork, case: Case, command: Command, refused: Refused, *, actor: Actor
) -> TurnedDown:
    """Write the entry of a refused attempt: who, what and why not, without what was sent."""
    entry = uow.tables.log.append(_refusal(uow, case, command, refused, actor=actor))
    return TurnedDown(case=case, refused=refused, entry=entry)


def ask_signature(
    uow: UnitOfWork, case: Case, command: Command, *, actor: Actor
) -> SignatureAsked | Refused | None:
    """What the actor would sign for this step now; why not, or None when nothing is signed.

    `command` is judged as if a key had answered already.
    """
    process = uow.pinned(case).process
    decided = judge(uow, case, command, actor=actor)
    if isinstance(decided, Refused):
        return decided
    if process.transitions[command.transition].signing is None:
        return None
    after = _after(uow, case, decided, command, actor=actor)
    return ask(
        uow,
        _acceptance(uow, case, after, decided, command, actor=actor),
        instance=case.instance.id,
        meaning=meaning_of(process, command.transition),
        version=after.instance.version,
    )


def _signed(
    uow: UnitOfWork, after: Case, draft: LogDraft, command: Command, assertion: Assertion | None
) -> LogDraft:
    """The draft as it was signed, where the step is signed."""
    process, instance = uow.pinned(after).process, after.instance
    if process.transitions[command.transition].signing is None:
        return draft
    version = instance.version
    if assertion is not None and command.by_key:
        return signed_by_key(uow, draft, assertion, instance=instance.id, version=version)
    meaning = meaning_of(process, command.transition)
    return signed_by_password(draft, meaning=meaning, version=version)


def _after(
    uow: UnitOfWork, case: Case, accepted: Accepted, command: Command, *, actor: Actor
) -> Case:
    """The case as it will stand once the step is written."""
    instance = case.instance
    fields = {**instance.fields, **accepted.fields}
    fields.update({i.field: i.value for i in accepted.intents if isinstance(i, SetField)})
    step = Step(
        version=instance.version + 1,
        transition=accepted.transition,
        from_state=accepted.from_state,
        to_state=accepted.to_state,
        person=actor.person,
        on_behalf_of=accepted.on_behalf_of,
        role=accepted.role,
        unit=actor.unit,
        at=uow.now,
        on=uow.today,
        internal=accepted.internal,
        reason=command.reason,
        flags=accepted.flags,
    )
    moved = replace(
        instance,
        state=accepted.to_state,
        version=step.version,
        fields={name: value for name, value in fields.items() if value is not None},
        flags=tuple(dict.fromkeys((*instance.flags, *accepted.flags))),
        history=(*instance.history, step),
        previous_state=instance.previous_state
        if accepted.to_state == accepted.from_state
        else accepted.from_state,
        entered_at=instance.entered_at if accepted.internal else uow.now,
    )
    return replace(case, instance=moved)


def _write(uow: UnitOfWork, case: Case, after: Case, accepted: Accepted, draft: LogDraft) -> int:
    """Append the entry and write the step; the entry's index."""
    process = uow.pinned(case).process
    instance = after.instance
    final = process.states[instance.state].final
    deadline, timers = (
        (instance.deadline, None) if accepted.internal else due_and_timers(uow, after)
    )
    entry = uow.tables.log.append(draft)
    move = Move(
        instance_id=instance.id,
        expected_version=case.instance.version,
        state=instance.state,
        final=final,
        previous_state=instance.previous_state,
        fields=as_json(instance.fields),
        flags=instance.flags,
        entered_at=instance.entered_at or uow.now,
        closed_on=uow.today if final else None,
        deadline=deadline,
    )
    write = StepWrite(
        move=move,
        step=instance.history[-1],
        evidence_used=accepted.evidence_used,
        visit_served=case.instance.visits(case.instance.state),
        timers=timers,
    )
    if not write_step(uow.tables, write, entry=entry):
        raise StaleVersion("stale_version", instance=instance.id, version=case.instance.version)
    return entry


def _acceptance(
    uow: UnitOfWork, case: Case, after: Case, accepted: Accepted, command: Command, *, actor: Actor
) -> LogDraft:
    compiled = uow.pinned(case)
    used = {file.id: file for file in case.evidence}
    parts = parts_approved(uow, after, accepted.transition)
    approved = files_approved(compiled.process, accepted.transition, after)
    plain, personal = split_changes(
        as_json(case.instance.fields),
        as_json(after.instance.fields),
        specs=compiled.process.fields,
    )
    return entry_of(
        uow,
        case,
        EntryType.TRANSITION,
        actor=actor,
        grant=Grant(role=accepted.role, on_behalf_of=accepted.on_behalf_of),
        transition=accepted.transition,
        from_state=accepted.from_state,
        to_state=accepted.to_state,
        flags=accepted.flags,
        evidence=tuple(
            EvidenceRef(
                id=file_id,
                requirement=used[file_id].requirement,
                sha256=used[file_id].sha256,
                size=used[file_id].size,
            )
            for file_id in dict.fromkeys((*accepted.evidence_used, *(file.id for file in approved)))
        ),
        reason=command.reason,
        changes=plain,
        personal=personal,
        details={"approves": parts} if parts else {},
    )


def _refusal(
    uow: UnitOfWork, case: Case, command: Command, refused: Refused, *, actor: Actor
) -> LogDraft:
    return entry_of(
        uow,
        case,
        EntryType.TRANSITION,
        actor=actor,
        outcome=Outcome.REFUSED,
        transition=command.transition,
        from_state=case.instance.state,
        unmet=refused.keys,
    )


def _carry_out(uow: UnitOfWork, case: Case, accepted: Accepted, *, actor: Actor) -> tuple[str, ...]:
    """Carry out what the step asks for; the ids of the instances that were opened."""
    process = uow.pinned(case).process
    grant = Grant(role=accepted.role, on_behalf_of=accepted.on_behalf_of)
    opened: list[str] = []
    # Rows of one set are written together, so that a freeze of many is one thing in the log.
    for record_set, group in groupby(accepted.intents, key=_record_set):
        intents = tuple(group)
        if record_set is not None:
            rows = [(each, grant) for each in intents if isinstance(each, ChangeRecord)]
            write_records(uow, case, rows, actor=actor)
            continue
        for intent in intents:
            opened += carry_out(uow, case, intent, actor=actor, grant=grant)
    children = process.states[case.instance.state].children
    if children is not None and not accepted.internal:
        opened += _open_children(uow, case, children, actor=actor, grant=grant)
    going_on = continue_now(uow, case)
    return tuple(opened if going_on is None else [*opened, going_on])


def _record_set(intent: Intent) -> str | None:
    return intent.record_set if isinstance(intent, ChangeRecord) else None


def carry_out(
    uow: UnitOfWork, case: Case, intent: Intent, *, actor: Actor, grant: Grant
) -> list[str]:
    """Carry out one intent; the ids of the instances that it opened."""
    match intent:
        case Notify():
            notify(uow, case, intent)
        case StartInstance():
            return _start(uow, case, intent, actor=actor, grant=grant)
        case ChangeRecord():
            write_record(uow, case, intent, actor=actor, grant=grant)
        case TakeTransition():
            _take_further_step(uow, case, intent)
        case SetField() | RaiseFlag():
            # Both were written with the step itself, or marked without one.
            pass
        case _:
            _reach_out(uow, case, intent, actor=actor, grant=grant)
    return []


def _reach_out(
    uow: UnitOfWork,
    case: Case,
    intent: Qualify | EnterPlan | OpenYear | DisposeFiles,
    *,
    actor: Actor,
    grant: Grant,
) -> None:
    """Carry out what changes more than cases: qualifications, the year's plan, kept files."""
    match intent:
        case Qualify():
            qualify(uow, case, intent, actor=actor, grant=grant)
        case EnterPlan() | OpenYear():
            carry_out_plan(uow, case, intent, actor=actor, grant=grant)
        case DisposeFiles():
            dispose_files(uow, case, intent, actor=actor, grant=grant)
        case _:
            assert_never(intent)


def _take_further_step(uow: UnitOfWork, case: Case, intent: TakeTransition) -> None:
    """The house takes the step; a refusal is a fault of the definition, and undoes everything."""
    taken = take_step(uow, uow.case(case.instance.id), Command(intent.transition), actor=SYSTEM)
    if isinstance(taken, TurnedDown):
        raise Corrupt(
            "effect_refused", transition=intent.transition, unmet=list(taken.refused.keys)
        )


def _start(
    uow: UnitOfWork, case: Case, intent: StartInstance, *, actor: Actor, grant: Grant
) -> list[str]:
    """Open an instance; none where it was asked for once and is there."""
    if intent.once and _stands(uow, intent):
        return []
    instance = case.instance
    successor = intent.relation == "successor"
    opened = open_instance(
        uow,
        Opening(
            process=intent.process,
            title=intent.title or instance.title,
            unit=intent.unit or instance.unit,
            year=instance.year,
            fields=as_json(intent.fields),
            assignees=_inherited(uow, case, intent.process),
            parent_id=instance.parent_id if successor else instance.id,
            origin_set=instance.origin_set if successor else intent.origin_set,
            origin_row=instance.origin_row if successor else intent.origin_row,
            predecessor=instance.id if successor else None,
        ),
        actor=actor,
        grant=grant,
    )
    return [opened.instance.id]


def _stands(uow: UnitOfWork, intent: StartInstance) -> bool:
    """Whether an instance of this origin is there; two who ask at once meet at the log."""
    uow.tables.log.lock()
    found = uow.tables.instances.from_origin(
        intent.process, record_set=intent.origin_set or "", row=intent.origin_row or ""
    )
    return found is not None


def _open_children(
    uow: UnitOfWork, case: Case, spec: ChildrenSpec, *, actor: Actor, grant: Grant
) -> list[str]:
    """Open a child for every row that asks for one and has none, or none that still serves it."""
    if spec.for_each is None:
        return []
    served = {
        child.origin_row
        for child in case.children
        if child.process == spec.process
        and child.origin_set == spec.for_each
        and not any(child.taken.get(step) for step in spec.again_after)
    }
    wanted = [row for row in case.rows(spec.for_each) if row.id not in served and _asks(spec, row)]
    return [
        open_instance(
            uow,
            _child(uow, case, spec, row),
            actor=actor,
            grant=grant,
        ).instance.id
        for row in wanted
    ]


def _asks(spec: ChildrenSpec, row: Row) -> bool:
    return all(row.values.get(column) in values for column, values in spec.where.items())


def _child(uow: UnitOfWork, case: Case, spec: ChildrenSpec, row: Row) -> Opening:
    child = uow.definition(spec.process).process
    values: dict[str, Any] = {
        field_name: row.created_by if column == "created_by" else row.values[column]
        for field_name, column in spec.fields.items()
        if column == "created_by" or row.values.get(column) is not None
    }
    unit = next(
        (
            v
            for name, v in values.items()
            if child.fields[name].type == "unit" and isinstance(v, str)
        ),
        case.instance.unit,
    )
    return Opening(
        process=spec.process,
        title=_title(spec, row) or f"{child.title.vi} · {case.instance.code}",
        unit=unit,
        year=case.instance.year,
        fields=as_json(values),
        assignees=_inherited(uow, case, spec.process),
        parent_id=case.instance.id,
        origin_set=spec.for_each,
        origin_row=row.id,
    )


def _title(spec: ChildrenSpec, row: Row) -> str:
    """The first words of the column that names a child; nothing when the row leaves it empty."""
    words = " ".join(str(row.values.get(spec.title or "") or "").split())
    return shorten(words, width=TITLE_LENGTH, placeholder="…")


def _inherited(uow: UnitOfWork, case: Case, process: str) -> Mapping[str, tuple[str, ...]]:
    """A child's roles are narrowed to the people of its parent, for roles that both know."""
    child: Process = uow.definition(process).process
    return {role: people for role, people in case.instance.assignees.items() if role in child.roles}
