"""Who takes a piece of common work upon themselves says so, and can give it back.

1. A role that several hold is everybody's until somebody claims it for a case; from then on it is
   theirs (and of those who stand in for them), as if it had been assigned. A deputy claims in the
   name of who gave the role.
2. Claimed is only what one could do whole (`engine.machine.claiming`), and what nobody else is
   named for.
3. Given back is only what is one's own, with a reason; then the role is open again, unless others
   are named beside. What a field or a row assigns is changed there, not here.
4. Both are entries like any assignment; who may not is written down too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.commands.steer_instance import NotSteered, Steered, check_open, done, note, refuse
from engine.errors import Conflict, Invalid
from engine.machine.actor import Actor, Grant
from engine.machine.claiming import claimable, holding, names
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.transaction.opening import WrongOpening
from engine.transaction.texts import kept_text


class ClaimRefused(Conflict):
    """The role is nobody's to take in this case, somebody else's, or the caller's already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimInstance:
    """The role that the caller takes upon themselves in a case."""

    caller: Caller
    instance_id: str
    role: str
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseInstance:
    """The role that the caller gives back, and why."""

    caller: Caller
    instance_id: str
    role: str
    reason: str
    key: OnceKey | None = None


def claim_instance(runtime: Runtime, request: ClaimInstance) -> Steered | NotSteered | Replayed:
    """Narrow a role of a case to the caller.

    Raises:
        NotFound: no such instance.
        WrongOpening: a role that the process does not know.
        ClaimRefused: `not_claimable`, `claimed_by_another`, or `claimed_already`.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        check_open(uow.pinned(case).process, case)
        grant = _grant(uow, case, actor, request.role)
        if isinstance(grant, Refused):
            by = (actor, grant)
            return refuse(uow, request.caller, request.key, case, EntryType.ASSIGNMENT_CHANGED, by)
        named = case.instance.assignees.get(request.role, ())
        if names(actor, request.role) & set(named):
            raise ClaimRefused("claimed_already", role=request.role)
        if named:
            raise ClaimRefused("claimed_by_another", role=request.role, people=list(named))
        people = [grant.on_behalf_of or actor.person]
        entry = _assign(uow, case, (actor, grant), role=request.role, people=people)
        return done(uow, request.caller, request.key, case, entry)


def release_instance(runtime: Runtime, request: ReleaseInstance) -> Steered | Replayed:
    """Take the caller's name off a role of a case.

    Raises:
        NotFound: no such instance.
        WrongOpening: a role that the process does not know.
        Invalid: `reason_missing`.
        ClaimRefused: `not_claimed`: the role is not assigned to the caller by name.
    """
    reason = kept_text("reason", request.reason)
    if not reason:
        raise Invalid("reason_missing")
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        process = uow.pinned(case).process
        check_open(process, case)
        if request.role not in process.roles:
            raise WrongOpening("wrong_values", faults=[_strange(request.role)])
        people = _given(uow, case).get(request.role, [])
        mine = names(actor, request.role)
        if not mine & set(people):
            raise ClaimRefused("not_claimed", role=request.role)
        left = [person for person in people if person not in mine]
        grant = next((g for g in actor.grants if g.role == request.role), Grant(role=request.role))
        entry = _assign(uow, case, (actor, grant), role=request.role, people=left, reason=reason)
        return done(uow, request.caller, request.key, case, entry)


def _grant(uow: UnitOfWork, case: Case, actor: Actor, role: str) -> Grant | Refused:
    """The grant by which an actor could have a role of a case whole, or why not.

    Raises:
        WrongOpening: a role that the process does not know.
        ClaimRefused: `not_claimable`.
    """
    process = uow.pinned(case).process
    if role not in process.roles:
        raise WrongOpening("wrong_values", faults=[_strange(role)])
    if not claimable(process, role):
        raise ClaimRefused("not_claimable", role=role)
    found = holding(process, role, actor, case=case)
    if isinstance(found, UnmetCode):
        return Refused((Unmet(found, who_can=(role,), waivable=False),))
    return found[0]


def _strange(role: str) -> dict[str, object]:
    return {"field": "role", "code": "role_not_of_process", "params": {"role": role}}


def _given(uow: UnitOfWork, case: Case) -> dict[str, list[str]]:
    """What was assigned by name, without what fields and rows assign."""
    stored = uow.tables.instances.get(case.instance.id)
    return {} if stored is None else {role: list(them) for role, them in stored.assignees.items()}


def _assign(
    uow: UnitOfWork,
    case: Case,
    by: tuple[Actor, Grant],
    *,
    role: str,
    people: list[str],
    reason: str | None = None,
) -> int:
    before = _given(uow, case)
    after: Mapping[str, list[str]] = {
        name: them for name, them in {**before, role: people}.items() if them
    }
    uow.tables.instances.assign(case.instance.id, after)
    details = {"old": before, "new": dict(after)}
    return note(uow, case, EntryType.ASSIGNMENT_CHANGED, by=by, details=details, reason=reason)
