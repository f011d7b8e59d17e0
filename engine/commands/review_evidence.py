"""Accept or reject a file whose requirement names a reviewer."""

from dataclasses import dataclass

from engine.audit.leaf import EntryType, Outcome
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.storage.evidence import StoredEvidence
from engine.transaction.approving import end_approvals
from engine.transaction.attaching import requirement_of, write_entry
from engine.transaction.entries import entry_of
from engine.transaction.texts import kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvidence:
    """The verdict of the reviewer."""

    caller: Caller
    evidence_id: str
    accepted: bool
    note: str = ""
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The record after the review, and the index of its entry."""

    evidence: StoredEvidence
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReviewed:
    """The caller may not review this file."""

    refused: Refused


def review_evidence(runtime: Runtime, request: ReviewEvidence) -> Reviewed | NotReviewed | Replayed:
    """Note whether a file is accepted for its requirement.

    Raises:
        NotFound: no such file in this organisation.
        Conflict: the requirement needs no review, or the file waits for none.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        found = uow.tables.evidence.get(request.evidence_id)
        if found is None:
            raise NotFound("unknown_evidence", evidence=request.evidence_id)
        case = uow.case(found.instance_id, lock=True)
        role = requirement_of(uow.pinned(case).process, found.requirement).reviewed
        if role is None or found.status != "received":
            raise Conflict("not_awaiting_review", evidence=found.id, status=found.status)
        grant = _grant(actor, role, supplier=found.received_by)
        if isinstance(grant, Refused):
            return _refuse(uow, request, case, grant, actor=actor)
        uow.tables.evidence.review(found.id, accepted=request.accepted, by=actor.person, at=uow.now)
        entry = write_entry(
            uow,
            case,
            found,
            EntryType.EVIDENCE_REVIEWED,
            actor=actor,
            grant=grant,
            verdict="accepted" if request.accepted else "rejected",
            note=kept_text("note", request.note),
        )
        end_approvals(uow, case, actor=actor)
        fresh = uow.tables.evidence.get(found.id)
        if fresh is None:
            raise NotFound("unknown_evidence", evidence=found.id)
        reviewed = Reviewed(evidence=fresh, entry=entry)
        uow.remember(request.caller, request.key, reviewed)
        uow.commit()
        return reviewed


def _grant(actor: Actor, role: str, *, supplier: str) -> Grant | Refused:
    """The grant by which the actor reviews: nobody judges what they, or whom they act for, gave."""
    held = [grant for grant in actor.grants if grant.role == role]
    if not held:
        unmet = Unmet(UnmetCode.ROLE, params={"roles": [role]}, who_can=(role,), waivable=False)
        return Refused((unmet,))
    apart = [grant for grant in held if supplier not in {actor.person, grant.on_behalf_of}]
    if not apart:
        unmet = Unmet(UnmetCode.SEPARATION, "attach", who_can=(role,), waivable=False)
        return Refused((unmet,))
    return min(apart, key=lambda grant: grant.on_behalf_of is not None)


def _refuse(
    uow: UnitOfWork, request: ReviewEvidence, case: Case, refused: Refused, *, actor: Actor
) -> NotReviewed:
    """Write down who tried, keep the answer, and commit."""
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.EVIDENCE_REVIEWED,
            actor=actor,
            outcome=Outcome.REFUSED,
            subject=request.evidence_id,
            unmet=refused.keys,
        )
    )
    turned = NotReviewed(refused=refused)
    uow.remember(request.caller, request.key, turned)
    uow.commit()
    return turned
