"""Keep a file for a requirement.

Its record, its link, its log entry. The bytes are durable already.

1. Who may supply it: the roles that the requirement names, else those of the steps that ask for it,
   narrowed to unit and assignment exactly as for those steps.
2. A requirement with a reviewer leaves the file `received`; all others are `accepted` at once.
3. A newer file supersedes an older one of the same requirement; both stay. What an accepted step
   has used is frozen, and cannot be superseded by the way.
4. The leaf holds digest and size; the file name, which may name a person, stands in the payload.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

from engine.audit.entry import EvidenceRef
from engine.audit.leaf import EntryType
from engine.definition.model import By, EvidenceSpec, Process
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import grants_for
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case
from engine.runtime import Unavailable, UnitOfWork
from engine.storage.evidence import StoredEvidence
from engine.transaction.approving import end_approvals
from engine.transaction.entries import entry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on its way in.

    Attributes:
        filename: the name as sent, not yet cleaned.
        effective_on: the date that the file speaks of, which is not the date of its upload.
        row: the record row it belongs to, if any.
        supersedes: evidence id of the file that this one replaces.
    """

    requirement: str
    filename: str
    content: BinaryIO
    effective_on: date | None = None
    note: str = ""
    row: str | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file whose bytes are durable and whose type was recognised.

    Attributes:
        signatures: what was found of the signatures inside it, where they are asked for.
    """

    upload: Upload
    sha256: str
    size: int
    media_type: str
    filename: str
    signatures: Mapping[str, Any] | None = None


class AttachmentsClosed(Conflict):
    """The state takes no more files."""


class EffectiveDateInFuture(Invalid):
    """A file cannot speak of a day that has not come."""


def requirement_of(process: Process, requirement: str) -> EvidenceSpec:
    """The requirement of that id.

    Raises:
        NotFound: the process asks for no such thing.
    """
    spec = process.evidence.get(requirement)
    if spec is None:
        raise NotFound("unknown_requirement", requirement=requirement, known=list(process.evidence))
    return spec


def may_supply(process: Process, case: Case, requirement: str, *, actor: Actor) -> Grant | Refused:
    """The grant by which the actor may supply a file, or why not."""
    bys = _suppliers(process, requirement)
    found = grants_for(bys, actor, case=case, values=case.instance.fields)
    if isinstance(found, UnmetCode):
        roles = tuple(dict.fromkeys(by.role for by in bys))
        return Refused(
            (Unmet(found, params={"roles": list(roles)}, who_can=roles, waivable=False),)
        )
    return found[0]


def record_of(uow: UnitOfWork, case: Case, kept: Kept, *, actor: Actor) -> StoredEvidence:
    """The record that a file will have; nothing is written.

    Raises:
        AttachmentsClosed: the instance has ended, or its state takes no files.
        EffectiveDateInFuture: the file speaks of a day that has not come.
        NotFound: the row to which it belongs is not a live row of the case.
    """
    process = uow.pinned(case).process
    state = process.states[case.instance.state]
    if state.final is not None or state.attach == "closed":
        raise AttachmentsClosed("attachments_closed", state=case.instance.state)
    upload = kept.upload
    if upload.effective_on is not None and upload.effective_on > uow.today:
        raise EffectiveDateInFuture(
            "effective_date_in_future", date=upload.effective_on.isoformat()
        )
    spec = requirement_of(process, upload.requirement)
    _check_row(case, spec, upload.row)
    return StoredEvidence(
        id=uow.new_id(),
        instance_id=case.instance.id,
        requirement=upload.requirement,
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.media_type,
        filename=kept.filename,
        note=upload.note,
        status="received" if spec.reviewed else "accepted",
        state=case.instance.state,
        visit=case.instance.visits(case.instance.state),
        row=upload.row,
        effective_on=upload.effective_on,
        received_by=actor.person,
        received_at=uow.now,
        received_on=uow.today,
        signatures=kept.signatures,
    )


def with_files(
    case: Case, records: Iterable[StoredEvidence], *, replaced: Container[str] = ()
) -> Case:
    """The case as it would stand with these files, for a decision before anything is written.

    `replaced` are the ids of older files that they stand in for: those no longer count.
    """
    older = (file for file in case.evidence if file.id not in replaced)
    return replace(case, evidence=(*older, *(record.as_file() for record in records)))


def attach(
    uow: UnitOfWork,
    case: Case,
    record: StoredEvidence,
    *,
    actor: Actor,
    grant: Grant,
    supersedes: str | None = None,
) -> int:
    """Write the record and its entry; the entry's index.

    Raises:
        Unavailable: the bytes were swept away in between; who sends them again finds a place.
    """
    uow.tables.log.lock()
    if not uow.runtime.store.exists(uow.tables.organization_id, record.sha256):
        raise Unavailable("store_unavailable")
    uow.tables.evidence.add(record)
    if supersedes is not None:
        _supersede(uow, case, supersedes, record)
    entry = write_entry(
        uow,
        case,
        record,
        EntryType.EVIDENCE_ATTACHED if supersedes is None else EntryType.EVIDENCE_SUPERSEDED,
        actor=actor,
        grant=grant,
        supersedes=supersedes,
        note=record.note or None,
        signatures=record.signatures,
    )
    end_approvals(uow, case, actor=actor)
    return entry


def write_entry(
    uow: UnitOfWork,
    case: Case,
    record: StoredEvidence,
    kind: EntryType,
    *,
    actor: Actor,
    grant: Grant,
    **details: Any,
) -> int:
    """Append an entry about one file; its index."""
    told = {
        "filename": record.filename,
        "media_type": record.media_type,
        "row": record.row,
        **details,
    }
    return uow.tables.log.append(
        entry_of(
            uow,
            case,
            kind,
            actor=actor,
            grant=grant,
            subject=record.id,
            effective_date=record.effective_on,
            evidence=(
                EvidenceRef(
                    id=record.id,
                    sha256=record.sha256,
                    size=record.size,
                    requirement=record.requirement,
                ),
            ),
            details={name: value for name, value in told.items() if value is not None},
        )
    )


def _suppliers(process: Process, requirement: str) -> tuple[By, ...]:
    spec = process.evidence[requirement]
    if spec.from_:
        return tuple(By(role=role) for role in spec.from_)
    asking = (step for step in process.transitions.values() if requirement in step.evidence)
    return tuple(dict.fromkeys(by for step in asking for by in step.by))


def _check_row(case: Case, spec: EvidenceSpec, row: str | None) -> None:
    """Find the row; where each row of a set needs its own file, it must be one of that set."""
    if row is None:
        return
    sets = (spec.per,) if spec.per is not None else tuple(case.records)
    if not any(known.id == row for name in sets for known in case.rows(name)):
        raise NotFound("unknown_row", record_set=", ".join(sets) or "-", row=row)


def _supersede(uow: UnitOfWork, case: Case, old_id: str, record: StoredEvidence) -> None:
    old = uow.tables.evidence.get(old_id)
    if old is None or old.instance_id != case.instance.id:
        raise NotFound("unknown_evidence", evidence=old_id)
    if old.requirement != record.requirement:
        raise Conflict("superseding_other_requirement", evidence=old_id)
    if old.status in {"frozen", "superseded", "disposed"}:
        raise Conflict("evidence_not_replaceable", evidence=old_id, status=old.status)
    uow.tables.evidence.supersede(old_id, record.id)
