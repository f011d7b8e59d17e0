"""Approvals: given with a step, ended by the first change of what they speak of.

1. A step that approves names the digests of what it approved: files in its leaf, all parts in its
   payload.
2. Whatever changes a file, a row or a field looks here afterwards, in the same transaction. What no
   longer is what was approved ends the approval: an entry says so, and who may approve is asked.
3. What the effects of the approving step itself change counts as a change, too: a definition should
   not let a step approve what it alters.
"""

from engine.audit.leaf import EntryType
from engine.machine.actor import Actor
from engine.machine.approval import changed, parts_of
from engine.machine.instance import Case
from engine.machine.intent import Notify
from engine.runtime import UnitOfWork
from engine.storage.approvals import StoredApproval
from engine.transaction.entries import entry_of
from engine.transaction.notifying import notify


def parts_approved(uow: UnitOfWork, case: Case, transition: str) -> dict[str, dict[str, str]]:
    """Approval → part → digest, for everything that a step approves."""
    process = uow.pinned(case).process
    names = process.transitions[transition].approves
    return {name: parts_of(process.approvals[name], case) for name in names}


def give_approvals(uow: UnitOfWork, case: Case, transition: str, *, actor: Actor) -> None:
    """Keep what a step approved, as the case stands with it."""
    for name, parts in parts_approved(uow, case, transition).items():
        uow.tables.approvals.give(
            case.instance.id,
            StoredApproval(
                name=name,
                version=case.instance.version,
                person=actor.person,
                at=uow.now,
                parts=parts,
            ),
        )


def end_approvals(uow: UnitOfWork, case: Case, *, actor: Actor) -> None:
    """End every approval of which something changed; the case may be older than the change."""
    process = uow.pinned(case).process
    if not process.approvals:
        return
    standing = [
        known
        for known in uow.tables.approvals.of_instance(case.instance.id)
        if known.voided_at is None and known.name in process.approvals
    ]
    if not standing:
        return
    now = uow.case(case.instance.id)
    for known in standing:
        why = changed(process.approvals[known.name], now, known.parts)
        if why:
            _end(uow, now, known, why, actor=actor)


def _end(
    uow: UnitOfWork, case: Case, known: StoredApproval, why: tuple[str, ...], *, actor: Actor
) -> None:
    process = uow.pinned(case).process
    uow.tables.approvals.void(case.instance.id, known.name, why=why, by=actor.person, at=uow.now)
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.APPROVAL_VOIDED,
            actor=actor,
            subject=known.name,
            details={"changed": list(why), "version": known.version},
        )
    )
    givers = tuple(
        dict.fromkeys(
            by.role
            for step in process.transitions.values()
            if known.name in step.approves
            for by in step.by
            if by.role != "system"
        )
    )
    params = {"approval": process.approvals[known.name].title.model_dump()}
    people = (known.person,) if known.person != "system" else ()
    notify(
        uow,
        case,
        Notify(message="approval_voided", people=people, roles=givers, params=params),
    )
