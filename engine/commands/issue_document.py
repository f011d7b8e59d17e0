"""Issue a paper of a case: number, day, file and digest at once, or nothing.

1. The paper is made outside any writing transaction, with the number that would come next; where
   another took that number in between, or the case went on, it is made anew. So no number is lost,
   none is given twice, and nobody waits while a paper is set.
2. A paper that its process has signed gets no number before it was, and no day before that day.
3. The file is kept as evidence of the case and frozen; its digest stands in the register and in the
   log. A file that was signed outside may be named instead, and is then what is issued.
4. A number that was reserved is filled on the day for which it was reserved.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Final

from engine.audit.entry import EvidenceRef
from engine.audit.leaf import EntryType, Outcome
from engine.commands.manage_accounts import NotAllowed
from engine.definition.model import DocumentSpec
from engine.errors import Conflict, Invalid, NotFound
from engine.evidence.filename import clean_filename
from engine.machine.actor import Actor, Grant
from engine.machine.decision import Refused
from engine.machine.instance import Case
from engine.runtime import Caller, Runtime, Unavailable, UnitOfWork
from engine.storage.document_numbers import DocumentNumber
from engine.storage.evidence import StoredEvidence
from engine.storage.letterheads import AGENCY
from engine.transaction.attaching import write_entry
from engine.transaction.entries import entry_of
from engine.transaction.numbering import Series, check_day, clerk_of, enter, note, series_of
from engine.transaction.texts import kept_text

TRIES: Final = 50
"""How often a paper is made anew; each time somebody else has issued one."""
TEXT_MAX: Final = 1000
REQUIREMENT: Final = "document:"
"""Before the name of a paper: for what an issued file is evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDocument:
    """The request to issue a paper.

    Attributes:
        dated: the day of issue; not asked for where a reserved number is filled.
        reserved: id of the line that is filled.
        evidence: id of the file that was signed outside and is what is issued.
        note: for the register.
    """

    caller: Caller
    instance_id: str
    document: str
    dated: date | None = None
    reserved: str | None = None
    evidence: str | None = None
    note: str = ""
    language: str = "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What a paper is made with.

    Attributes:
        file: the bytes are wanted; without, only what the register tells of the paper.
    """

    number: int
    dated: date
    file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePaper:
    """A paper as it was made, and what the register tells of it."""

    reference: str
    subject: str
    signer: str = ""
    recipients: str = ""
    filing: str = ""
    content: bytes = b""
    media_type: str = ""
    filename: str = ""


Make = Callable[[Numbered], MadePaper]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A paper that was issued: its line, and the index of its entry."""

    line: DocumentNumber
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What a paper would be issued with, and what must not have changed until it is."""

    series: Series
    number: int
    dated: date
    kind: str
    length: int
    reserved: DocumentNumber | None
    evidence: StoredEvidence | None

    @property
    def numbered(self) -> Numbered:
        return Numbered(number=self.number, dated=self.dated, file=self.evidence is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The paper with its bytes made durable."""

    made: MadePaper
    sha256: str
    size: int


def issue_document(runtime: Runtime, request: IssueDocument, make: Make) -> Issued | NotAllowed:
    """Issue a paper of a case.

    Raises:
        NotFound: no such instance, paper, line or file.
        Invalid: a form that bears no number, or a day that has not come.
        Conflict: issued already, not signed yet, numbered elsewhere, a day before the last number,
            a line that is not reserved for such a paper.
        Unavailable: others issue faster than the paper can be made.
    """
    for _ in range(TRIES):
        planned = _look(runtime, request)
        kept = None
        if planned is not None:
            made = make(planned.numbered)
            kept = _keep(runtime, request, planned, made)
        with runtime.write(request.caller.organization_id) as uow:
            actor = uow.actor(request.caller)
            case = uow.case(request.instance_id, lock=True)
            # Everybody who takes a number waits here: what is read from now on stays so.
            uow.tables.log.lock()
            grant = clerk_of(actor)
            if isinstance(grant, Refused):
                return _turn_away(uow, case, grant, actor=actor)
            if planned is None or kept is None or _plan(uow, request, case) != planned:
                continue
            issued = _issue(uow, request, case, planned, kept, by=(actor, grant))
            uow.commit()
            return issued
    raise Unavailable("database_unavailable")


def _look(runtime: Runtime, request: IssueDocument) -> _Plan | None:
    """What the paper would be issued with; None for somebody who may not issue it."""
    with runtime.read(request.caller.organization_id) as uow:
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id)
        if isinstance(clerk_of(actor), Refused):
            return None
        return _plan(uow, request, case)


def _plan(uow: UnitOfWork, request: IssueDocument, case: Case) -> _Plan:
    spec = _spec(uow, request, case)
    reserved = None if request.reserved is None else uow.tables.documents.get(request.reserved)
    if request.reserved is not None and reserved is None:
        raise NotFound("unknown_number", number=request.reserved)
    dated = request.dated if reserved is None else reserved.dated
    if dated is None:
        raise Invalid("number_without_day")
    _check_signed(case, spec, dated)
    kind, issuer = spec.type or "", spec.issuer or AGENCY
    if reserved is None:
        series = series_of(uow, issuer, kind, dated)
        check_day(uow, series, dated)
        number = uow.tables.numbers.peek(series.key)
    else:
        series = Series(year=reserved.year, issuer=reserved.issuer, name=reserved.series)
        number = reserved.number
        if (reserved.status, reserved.issuer, reserved.kind) != ("reserved", issuer, kind):
            raise Conflict("number_not_for_this", number=reserved.reference)
    return _Plan(
        series=series,
        number=number,
        dated=dated,
        kind=kind,
        length=uow.tables.log.length(f"instance:{case.instance.id}"),
        reserved=reserved,
        evidence=_signed_file(uow, request, case),
    )


def _spec(uow: UnitOfWork, request: IssueDocument, case: Case) -> DocumentSpec:
    """The paper, if it is there, bears a number and has none."""
    instance, name = case.instance, request.document
    process = uow.pinned(case).process
    spec = process.documents.get(name)
    if spec is None or (spec.after is not None and not instance.taken(spec.after)):
        raise NotFound("unknown_document", document=name)
    if spec.type is None:
        raise Invalid("document_bears_no_number", document=name)
    if process.states[instance.state].final == "aborted":
        raise Conflict("instance_closed", state=instance.state)
    line = uow.tables.documents.issued(instance.id).get(name)
    elsewhere = instance.fields.get(spec.number) if spec.number is not None else None
    if line is not None or elsewhere:
        reference = line.reference if line is not None else str(elsewhere)
        raise Conflict("document_issued_already", document=name, reference=reference)
    return spec


def _check_signed(case: Case, spec: DocumentSpec, dated: date) -> None:
    if spec.signed is None:
        return
    step = case.instance.last(spec.signed)
    if step is None:
        raise Conflict("document_not_signed", transition=spec.signed)
    if dated < step.on:
        raise Conflict(
            "number_day_before_signature", date=dated.isoformat(), signed=step.on.isoformat()
        )


def _signed_file(uow: UnitOfWork, request: IssueDocument, case: Case) -> StoredEvidence | None:
    """The file of the case that is issued; it must count."""
    if request.evidence is None:
        return None
    found = uow.tables.evidence.get(request.evidence)
    if found is None or found.instance_id != case.instance.id:
        raise NotFound("unknown_evidence", evidence=request.evidence)
    if found.status not in {"accepted", "frozen"}:
        raise Conflict("evidence_not_usable", evidence=request.evidence, status=found.status)
    return found


def _keep(runtime: Runtime, request: IssueDocument, plan: _Plan, made: MadePaper) -> _Kept:
    """Make the bytes durable; those of a file signed outside are."""
    if plan.evidence is not None:
        return _Kept(made=made, sha256=plan.evidence.sha256, size=plan.evidence.size)
    content = BytesIO(made.content)
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    blob = runtime.store.put(request.caller.organization_id, content, max_bytes=size)
    return _Kept(made=made, sha256=blob.sha256, size=blob.size)


def _issue(
    uow: UnitOfWork,
    request: IssueDocument,
    case: Case,
    plan: _Plan,
    kept: _Kept,
    *,
    by: tuple[Actor, Grant],
) -> Issued:
    """Write it all: the number, the file, the line, their entries."""
    actor, grant = by
    if not uow.runtime.store.exists(uow.tables.organization_id, kept.sha256):
        raise Unavailable("store_unavailable")
    if plan.reserved is None and uow.tables.numbers.take(plan.series.key) != plan.number:
        raise Unavailable("database_unavailable")
    file = plan.evidence or _attach(uow, request, case, kept, actor=actor, grant=grant)
    uow.tables.evidence.hold(file.id)
    line = _enter(uow, _line(uow, request, case, plan, kept, file), plan, by=by)
    entry = uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.DOCUMENT_ISSUED,
            actor=actor,
            grant=grant,
            subject=line.id,
            effective_date=line.dated,
            evidence=(
                EvidenceRef(
                    id=file.id, sha256=file.sha256, size=file.size, requirement=file.requirement
                ),
            ),
            details={"document": request.document, "reference": line.reference},
        )
    )
    return Issued(line=line, entry=entry)


def _attach(
    uow: UnitOfWork, request: IssueDocument, case: Case, kept: _Kept, *, actor: Actor, grant: Grant
) -> StoredEvidence:
    record = StoredEvidence(
        id=uow.new_id(),
        instance_id=case.instance.id,
        requirement=f"{REQUIREMENT}{request.document}",
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.made.media_type,
        filename=clean_filename(kept.made.filename),
        note="",
        status="accepted",
        state=case.instance.state,
        visit=case.instance.visits(case.instance.state),
        row=None,
        effective_on=None,
        received_by=actor.person,
        received_at=uow.now,
        received_on=uow.today,
    )
    uow.tables.evidence.add(record)
    write_entry(uow, case, record, EntryType.EVIDENCE_ATTACHED, actor=actor, grant=grant)
    return record


def _line(
    uow: UnitOfWork,
    request: IssueDocument,
    case: Case,
    plan: _Plan,
    kept: _Kept,
    file: StoredEvidence,
) -> DocumentNumber:
    made, kept_line = kept.made, plan.reserved
    typed = kept_text("note", request.note, length_max=TEXT_MAX)
    return DocumentNumber(
        id=uow.new_id() if kept_line is None else kept_line.id,
        year=plan.series.year,
        issuer=plan.series.issuer,
        series=plan.series.name,
        number=plan.number,
        kind=plan.kind,
        reference=made.reference,
        dated=plan.dated,
        status="issued",
        note=typed or ("" if kept_line is None else kept_line.note),
        instance_id=case.instance.id,
        code=case.instance.code,
        document=request.document,
        language=request.language,
        evidence_id=file.id,
        sha256=file.sha256,
        entered_by=request.caller.person,
        entered_at=uow.now,
        subject=_told("subject", made.subject),
        signer=_told("signer", made.signer),
        recipients=_told("recipients", made.recipients),
        filing=_told("filing", made.filing),
    )


def _told(name: str, text: str) -> str:
    return kept_text(name, " ".join(text.split())[:TEXT_MAX]) or ""


def _enter(
    uow: UnitOfWork, line: DocumentNumber, plan: _Plan, *, by: tuple[Actor, Grant]
) -> DocumentNumber:
    actor, grant = by
    if plan.reserved is None:
        enter(uow, line, EntryType.NUMBER_ISSUED, actor=actor, grant=grant)
        return line
    kept = replace(line, entered_by=plan.reserved.entered_by, entered_at=plan.reserved.entered_at)
    uow.tables.documents.put(kept)
    note(uow, kept, EntryType.NUMBER_ISSUED, actor=actor, grant=grant)
    return kept


def _turn_away(uow: UnitOfWork, case: Case, refused: Refused, *, actor: Actor) -> NotAllowed:
    """Write down who tried, and commit."""
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.DOCUMENT_ISSUED,
            actor=actor,
            outcome=Outcome.REFUSED,
            unmet=refused.keys,
        )
    )
    uow.commit()
    return NotAllowed(refused=refused)
