"""What may be settled about an instance beside its steps: who does it, which gate is lifted.

1. `assign_instance` narrows a role to named people; who may open such instances may assign.
2. `grant_waiver` lifts exactly one named gate until a day, with a reason; only the roles that
   the definition names under `waived_by` may, and never for a gate that asks who acts, nor for one
   that the process does not have.
3. Whoever may not is written down, like whoever may not take a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.audit.leaf import EntryType, Outcome
from engine.definition.model import Process
from engine.errors import Conflict, Invalid
from engine.machine.actor import Actor, Grant
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.gates import waivable_keys
from engine.machine.instance import Case, Waiver
from engine.machine.opening import may_open
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.transaction.entries import entry_of
from engine.transaction.opening import WrongOpening
from engine.transaction.texts import kept_text


class InstanceClosed(Conflict):
    """The instance has ended: there is nothing left to settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignInstance:
    """The people to whom roles are narrowed; an empty list opens a role to all its holders."""

    caller: Caller
    instance_id: str
    assignees: Mapping[str, tuple[str, ...]]
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantWaiver:
    """The gate (an unmet key such as `window`), the reason, and the last day it is lifted."""

    caller: Caller
    instance_id: str
    gate: str
    reason: str
    until: date
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """The case afterwards, and the index of the entry."""

    case: Case
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSteered:
    """The caller may not."""

    refused: Refused


def assign_instance(runtime: Runtime, request: AssignInstance) -> Steered | NotSteered | Replayed:
    """Narrow roles of an instance to named people.

    Raises:
        NotFound: no such instance.
        WrongOpening: unknown people, or roles that the process does not know.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        process = uow.pinned(case).process
        grant = may_open(process, actor)
        if isinstance(grant, Refused):
            return refuse(
                uow, request.caller, request.key, case, EntryType.ASSIGNMENT_CHANGED, (actor, grant)
            )
        check_open(process, case)
        _check_assignees(uow, process.roles, request.assignees)
        stored = uow.tables.instances.get(case.instance.id)
        before = dict(stored.assignees) if stored else {}
        after = {**before, **{role: list(people) for role, people in request.assignees.items()}}
        after = {role: people for role, people in after.items() if people}
        uow.tables.instances.assign(case.instance.id, after)
        entry = note(
            uow,
            case,
            EntryType.ASSIGNMENT_CHANGED,
            by=(actor, grant),
            details={"old": before, "new": after},
        )
        return done(uow, request.caller, request.key, case, entry)


def grant_waiver(runtime: Runtime, request: GrantWaiver) -> Steered | NotSteered | Replayed:
    """Lift one gate of an instance.

    Raises:
        NotFound: no such instance.
        Invalid: a gate that no waiver lifts, a reason that is missing, or a day that has passed.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        roles = uow.pinned(case).process.waived_by
        grant = next((g for g in actor.grants if g.role in roles), None)
        if grant is None:
            unmet = Unmet(
                UnmetCode.ROLE, params={"roles": list(roles)}, who_can=roles, waivable=False
            )
            by = (actor, Refused((unmet,)))
            return refuse(uow, request.caller, request.key, case, EntryType.WAIVER_GRANTED, by)
        check_open(uow.pinned(case).process, case)
        if request.gate not in waivable_keys(uow.pinned(case).process):
            raise Invalid("gate_not_waivable", gate=request.gate)
        reason = kept_text("reason", request.reason)
        if reason is None:
            raise Invalid("waiver_without_reason", gate=request.gate)
        if request.until < uow.today:
            raise Invalid("waiver_in_past", until=request.until.isoformat())
        waiver = Waiver(
            gate=request.gate,
            reason=reason,
            granted_by=actor.person,
            until=request.until,
        )
        uow.tables.instances.add_waiver(case.instance.id, uow.new_id(), waiver, at=uow.now)
        entry = note(
            uow,
            case,
            EntryType.WAIVER_GRANTED,
            by=(actor, grant),
            details={"gate": waiver.gate, "until": waiver.until.isoformat()},
            reason=waiver.reason,
        )
        return done(uow, request.caller, request.key, case, entry)


def done(uow: UnitOfWork, caller: Caller, key: OnceKey | None, case: Case, entry: int) -> Steered:
    """Keep the answer, and commit."""
    steered = Steered(case=uow.case(case.instance.id), entry=entry)
    uow.remember(caller, key, steered)
    uow.commit()
    return steered


def refuse(
    uow: UnitOfWork,
    caller: Caller,
    key: OnceKey | None,
    case: Case,
    kind: EntryType,
    by: tuple[Actor, Refused],
) -> NotSteered:
    """Write down who tried, keep the answer, and commit."""
    actor, refused = by
    outcome = Outcome.REFUSED
    uow.tables.log.append(
        entry_of(uow, case, kind, actor=actor, outcome=outcome, unmet=refused.keys)
    )
    turned = NotSteered(refused=refused)
    uow.remember(caller, key, turned)
    uow.commit()
    return turned


def check_open(process: Process, case: Case) -> None:
    """Raise `InstanceClosed` where there is nothing left to settle."""
    if process.states[case.instance.state].final is not None:
        raise InstanceClosed("instance_closed", state=case.instance.state)


def _check_assignees(
    uow: UnitOfWork, roles: tuple[str, ...], assignees: Mapping[str, tuple[str, ...]]
) -> None:
    named = {person for people in assignees.values() for person in people}
    known = uow.tables.organization.present(named, on=uow.today)
    faults = [
        {"field": f"assignees.{role}", "code": "role_not_of_process", "params": {"role": role}}
        for role in assignees
        if role not in roles
    ]
    faults += [
        {"field": "assignees", "code": "unknown_person", "params": {"person": person}}
        for person in sorted(named - known)
    ]
    if faults:
        raise WrongOpening("wrong_values", faults=faults)


def note(
    uow: UnitOfWork,
    case: Case,
    kind: EntryType,
    *,
    by: tuple[Actor, Grant],
    details: Mapping[str, object],
    reason: str | None = None,
) -> int:
    """Write the entry; its index."""
    actor, grant = by
    return uow.tables.log.append(
        entry_of(
            uow,
            case,
            kind,
            actor=actor,
            grant=grant,
            details=details,
            reason=reason,
        )
    )
