"""The one way a state changes: attach what comes along, decide, write, all in one transaction.

1. The version that the caller saw is compared before anything else; the loser is told the present
   state and what is now available.
2. Files that come with the step are stored first, judged with it, and recorded only if it is
   accepted: a refused step leaves nothing but its entry in the log.
3. Accepted and refused answers are kept under the idempotency key, stale ones are not.
4. A dry run is the decision without the write, and leaves no entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.commands.attach_evidence import keep_bytes
from engine.definition.values import read_values
from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.machine.decide import available, facts_of
from engine.machine.decision import Accepted, Command, Option, Refused
from engine.machine.instance import Case, no_values
from engine.runtime import Caller, OnceKey, Replayed, Runtime, Unavailable, UnitOfWork
from engine.transaction.attaching import (
    Kept,
    Upload,
    attach,
    may_supply,
    record_of,
    with_files,
)
from engine.transaction.numbering import not_as_registered
from engine.transaction.opening import WrongOpening, unknown_names
from engine.transaction.recording import unknown_rows
from engine.transaction.signing import Assertion, SignatureAsked
from engine.transaction.stepping import (
    StaleVersion,
    Taken,
    TurnedDown,
    judge,
    take_step,
    turn_down,
)
from engine.transaction.stepping import ask_signature as step_signature
from engine.transaction.texts import kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceInstance:
    """The request to take a step.

    Attributes:
        expected_version: the version that the caller saw (`If-Match`).
        fields: values as sent, not yet typed.
        evidence: ids of files attached before, which the caller counts on.
        uploads: files that come with the step.
        reauthenticated: the password was entered again for this very step.
        assertion: what a key answered for it.
    """

    caller: Caller
    instance_id: str
    transition: str
    expected_version: int
    fields: Mapping[str, Any] = field(default_factory=no_values)
    reason: str | None = None
    evidence: tuple[str, ...] = ()
    uploads: tuple[Upload, ...] = ()
    reauthenticated: bool = False
    assertion: Assertion | None = None
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a dry run found: nothing was written."""

    case: Case
    decision: Accepted | Refused


class Stale(StaleVersion):
    """The version that the caller saw is not the present one; `params` tell what is."""


def advance_instance(runtime: Runtime, request: AdvanceInstance) -> Taken | TurnedDown | Replayed:
    """Take one step.

    Raises:
        NotFound: no such instance, or evidence of another instance.
        Stale: somebody was faster; params `state`, `version`, `available`.
        UnknownTransition, FieldNotOfStep, WrongValues: what was sent does not fit.
        NotAvailable: the step does not leave the present state.
        Conflict: the idempotency key was used with another body.
    """
    kept = keep_bytes(runtime, request.caller, request.instance_id, request.uploads)
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        outcome = advance(uow, request, kept)
        uow.remember(request.caller, request.key, outcome)
        uow.commit()
        return outcome


def rehearse(runtime: Runtime, request: AdvanceInstance) -> Rehearsed:
    """Say what would happen, and change nothing."""
    with runtime.read(request.caller.organization_id) as uow:
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id)
        _compare(uow, case, request, actor)
        command = _command(uow, case, request)
        return Rehearsed(case=case, decision=judge(uow, case, command, actor=actor))


def ask_for_signature(
    runtime: Runtime, request: AdvanceInstance
) -> SignatureAsked | Refused | None:
    """What the caller would sign for this step, with the files that come along.

    None when the step is not signed; the reasons when it could not be taken anyway.

    Raises:
        Conflict: `no_signing_key`.
        The same as `advance_instance` for a request that does not fit.
    """
    kept = keep_bytes(runtime, request.caller, request.instance_id, request.uploads)
    with runtime.write(request.caller.organization_id) as uow:
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        _compare(uow, case, request, actor)
        command = replace(_command(uow, case, request), by_key=True, has_key=True)
        records = [record_of(uow, case, file, actor=actor) for file in kept]
        replaced = {file.upload.supersedes for file in kept if file.upload.supersedes is not None}
        standing = with_files(case, records, replaced=replaced)
        asked = step_signature(uow, standing, command, actor=actor)
        uow.commit()
        return asked


def hold(uow: UnitOfWork, instance_ids: Iterable[str]) -> None:
    """Lock several instances before the first of them is stepped, always in the same order.

    Two bundles that name the same instances in another order then wait for one another; without
    this each would hold what the other one wants.
    """
    for instance_id in sorted(set(instance_ids)):
        uow.tables.instances.get(instance_id, lock=True)


def advance(
    uow: UnitOfWork, request: AdvanceInstance, kept: tuple[Kept, ...] = ()
) -> Taken | TurnedDown:
    """Take one step inside a transaction that the caller commits; bulk uses it several times."""
    actor = uow.actor(request.caller)
    case = uow.case(request.instance_id, lock=True)
    _compare(uow, case, request, actor)
    command = _command(uow, case, request)
    if request.uploads:
        attached = _attach_all(uow, case, command, request.uploads, kept, actor=actor)
        if isinstance(attached, TurnedDown):
            return attached
        case = uow.case(request.instance_id)
    return take_step(uow, case, command, actor=actor, assertion=request.assertion)


def _attach_all(
    uow: UnitOfWork,
    case: Case,
    command: Command,
    uploads: tuple[Upload, ...],
    kept: tuple[Kept, ...],
    *,
    actor: Actor,
) -> TurnedDown | None:
    """Judge the step with its files; record them only when it will be accepted."""
    process = uow.pinned(case).process
    grants = []
    for upload in uploads:
        grant = may_supply(process, case, upload.requirement, actor=actor)
        if isinstance(grant, Refused):
            return _turned_down(uow, case, command, grant, actor=actor)
        grants.append(grant)
    if len(kept) != len(uploads):
        # The role came between the first look and this one; nothing was kept, nothing is lost.
        raise Unavailable("database_unavailable")
    records = [record_of(uow, case, file, actor=actor) for file in kept]
    replaced = {file.upload.supersedes for file in kept if file.upload.supersedes is not None}
    decided = judge(uow, with_files(case, records, replaced=replaced), command, actor=actor)
    if isinstance(decided, Refused):
        return _turned_down(uow, case, command, decided, actor=actor)
    for file, record, grant in zip(kept, records, grants, strict=True):
        attach(uow, case, record, actor=actor, grant=grant, supersedes=file.upload.supersedes)
    return None


def _turned_down(
    uow: UnitOfWork, case: Case, command: Command, refused: Refused, *, actor: Actor
) -> TurnedDown:
    """Log the refusal of a step that came with files."""
    without_files = judge(uow, case, command, actor=actor)
    if isinstance(without_files, Refused) and refused.forbidden and not without_files.forbidden:
        refused = Refused((*refused.unmet, *without_files.unmet))
    return turn_down(uow, case, command, refused, actor=actor)


def _compare(uow: UnitOfWork, case: Case, request: AdvanceInstance, actor: Actor) -> None:
    if case.instance.version != request.expected_version:
        raise Stale(
            "stale_version",
            instance=case.instance.id,
            state=case.instance.state,
            version=case.instance.version,
            available=[option.transition for option in options(uow, case, actor=actor)],
        )


def options(uow: UnitOfWork, case: Case, *, actor: Actor) -> tuple[Option, ...]:
    """Every step that leaves the present state, with what this actor would lack."""
    compiled = uow.pinned(case)
    registry = uow.tables.registry
    facts = facts_of(compiled.process, case, registry)
    return available(compiled, case, actor=actor, facts=facts, registry=registry)


def _command(uow: UnitOfWork, case: Case, request: AdvanceInstance) -> Command:
    """Type what was sent, and find every name that does not exist."""
    process = uow.pinned(case).process
    fields = read_values(process.fields, dict(request.fields), partial=True)
    faults = unknown_names(uow, process.fields, fields)
    faults += unknown_rows(case, process.fields, fields)
    faults += not_as_registered(uow, process, case.instance.id, fields)
    if faults:
        raise WrongOpening("wrong_values", faults=faults)
    reason = kept_text("reason", request.reason)
    mine = {file.id for file in case.evidence}
    strange = [evidence for evidence in request.evidence if evidence not in mine]
    if strange:
        raise NotFound("unknown_evidence", evidence=strange[0])
    step = process.transitions.get(request.transition)
    signs = step is not None and step.signing is not None and request.assertion is None
    return Command(
        request.transition,
        fields,
        reason=reason,
        reauthenticated=request.reauthenticated,
        by_key=request.assertion is not None,
        has_key=signs and bool(uow.tables.signing.keys_of(request.caller.person)),
    )
