"""Accept or reject a file whose requirement names a reviewer."""

from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.errors import Conflict, NotFound
from engine.machine.actor import Grant
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.runtime import Caller, OnceKey, Replayed, Runtime
from engine.storage.evidence import StoredEvidence
from engine.transaction.attaching import requirement_of, write_entry
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
        if role not in actor.roles:
            unmet = Unmet(UnmetCode.ROLE, params={"roles": [role]}, who_can=(role,), waivable=False)
            return NotReviewed(refused=Refused((unmet,)))
        if found.received_by == actor.person:
            unmet = Unmet(UnmetCode.SEPARATION, "attach", who_can=(role,), waivable=False)
            return NotReviewed(refused=Refused((unmet,)))
        uow.tables.evidence.review(found.id, accepted=request.accepted, by=actor.person, at=uow.now)
        entry = write_entry(
            uow,
            case,
            found,
            EntryType.EVIDENCE_REVIEWED,
            actor=actor,
            grant=Grant(role=role),
            verdict="accepted" if request.accepted else "rejected",
            note=kept_text("note", request.note),
        )
        fresh = uow.tables.evidence.get(found.id)
        if fresh is None:
            raise NotFound("unknown_evidence", evidence=found.id)
        reviewed = Reviewed(evidence=fresh, entry=entry)
        uow.remember(request.caller, request.key, reviewed)
        uow.commit()
        return reviewed
