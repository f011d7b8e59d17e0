"""Keep the register of document numbers beside the papers of cases.

1. A number may be taken for a paper that was made outside the house, or reserved on its day for one
   that comes late; both stand in the register at once.
2. A cancelled number stays in the register with its reason, and is never given again; the paper
   that bore it is a draft once more.
3. A register begun in the middle of a year goes on after the last number that was given before.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.decision import Refused
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.document_numbers import DocumentNumber
from engine.storage.letterheads import AGENCY
from engine.transaction.numbering import (
    TOGETHER,
    Series,
    check_day,
    clerk_of,
    enter,
    note,
    series_of,
    turn_away,
)
from engine.transaction.texts import kept_text

TEXT_MAX: Final = 1000
KIND_MAX: Final = 4
LAST_MAX: Final = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeNumber:
    """The request for a number that is no paper's of a case.

    Attributes:
        status: `issued` for a paper made outside the house, `reserved` for one that comes late.
    """

    caller: Caller
    issuer: str
    kind: str
    dated: date
    status: Literal["issued", "reserved"]
    subject: str
    signer: str = ""
    recipients: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillNumber:
    """The request to fill a reserved number with a paper made outside the house."""

    caller: Caller
    line_id: str
    subject: str
    signer: str = ""
    recipients: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSeries:
    """The request to go on after the last number that was given before this register."""

    caller: Caller
    issuer: str
    kind: str
    dated: date
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelNumber:
    """The request to cancel a number, with the reason."""

    caller: Caller
    line_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What stands before and after a number in its reference, as `/BC-SKHCN` does.

    It is the caller's to say: the engine does not know how papers are written.
    """

    before: str = ""
    after: str = ""

    def of(self, number: int) -> str:
        """The reference; a number below ten has its nought."""
        return f"{self.before}{number:02d}{self.after}"


def take_number(
    runtime: Runtime, request: TakeNumber, written: Written
) -> DocumentNumber | NotAllowed:
    """Take the next number of a series.

    Raises:
        Invalid: an unknown issuer or kind, no subject, a day that has not come.
        Conflict: a day before the last number of the series.
    """
    kind = EntryType.NUMBER_ISSUED if request.status == "issued" else EntryType.NUMBER_RESERVED
    with runtime.write(request.caller.organization_id) as uow:
        uow.tables.log.lock()
        actor = uow.actor(request.caller)
        grant = clerk_of(actor)
        if isinstance(grant, Refused):
            turn_away(uow, kind, grant, actor=actor)
            uow.commit()
            return NotAllowed(refused=grant)
        series = _series(uow, request.issuer, request.kind, request.dated)
        check_day(uow, series, request.dated)
        number = uow.tables.numbers.take(series.key)
        line = DocumentNumber(
            id=uow.new_id(),
            year=series.year,
            issuer=series.issuer,
            series=series.name,
            number=number,
            kind=request.kind,
            reference=written.of(number),
            dated=request.dated,
            status=request.status,
            subject=_needed("subject", request.subject),
            signer=_text("signer", request.signer),
            recipients=_text("recipients", request.recipients),
            note=_text("note", request.note),
            entered_by=actor.person,
            entered_at=uow.now,
        )
        enter(uow, line, kind, actor=actor, grant=grant)
        uow.commit()
        return line


def fill_number(runtime: Runtime, request: FillNumber) -> DocumentNumber | NotAllowed:
    """Give a reserved number to a paper made outside the house.

    Raises:
        NotFound: no such line.
        Conflict: it is not reserved.
        Invalid: no subject.
    """
    with runtime.write(request.caller.organization_id) as uow:
        uow.tables.log.lock()
        actor = uow.actor(request.caller)
        grant = clerk_of(actor)
        if isinstance(grant, Refused):
            turn_away(uow, EntryType.NUMBER_ISSUED, grant, actor=actor)
            uow.commit()
            return NotAllowed(refused=grant)
        old = _found(uow, request.line_id)
        if old.status != "reserved":
            raise Conflict("number_not_reserved", number=old.reference, status=old.status)
        line = replace(
            old,
            status="issued",
            subject=_needed("subject", request.subject),
            signer=_text("signer", request.signer),
            recipients=_text("recipients", request.recipients),
            note=_text("note", request.note) or old.note,
        )
        uow.tables.documents.put(line)
        note(uow, line, EntryType.NUMBER_ISSUED, actor=actor, grant=grant)
        uow.commit()
        return line


def cancel_number(runtime: Runtime, request: CancelNumber) -> DocumentNumber | NotAllowed:
    """Cancel a number; it stays in the register and is never given again.

    Raises:
        NotFound: no such line.
        Conflict: it is cancelled, or stands for numbers given before this register.
        Invalid: no reason.
    """
    with runtime.write(request.caller.organization_id) as uow:
        uow.tables.log.lock()
        actor = uow.actor(request.caller)
        grant = clerk_of(actor)
        if isinstance(grant, Refused):
            turn_away(uow, EntryType.NUMBER_CANCELLED, grant, actor=actor)
            uow.commit()
            return NotAllowed(refused=grant)
        old = _found(uow, request.line_id)
        if old.status not in {"issued", "reserved"}:
            raise Conflict("number_not_cancellable", number=old.reference, status=old.status)
        line = replace(
            old,
            status="cancelled",
            cancelled_by=actor.person,
            cancelled_at=uow.now,
            cancelled_for=_needed("reason", request.reason),
        )
        uow.tables.documents.put(line)
        note(uow, line, EntryType.NUMBER_CANCELLED, actor=actor, grant=grant)
        uow.commit()
        return line


def begin_series(
    runtime: Runtime, request: BeginSeries, written: Written
) -> DocumentNumber | NotAllowed:
    """Let a series go on after a number that was given before this register was kept.

    Raises:
        Conflict: a number of the series was taken here already.
        Invalid: a number that is none.
    """
    with runtime.write(request.caller.organization_id) as uow:
        uow.tables.log.lock()
        actor = uow.actor(request.caller)
        grant = clerk_of(actor)
        if isinstance(grant, Refused):
            turn_away(uow, EntryType.NUMBER_RESERVED, grant, actor=actor)
            uow.commit()
            return NotAllowed(refused=grant)
        series = _series(uow, request.issuer, request.kind, request.dated)
        if not 1 <= request.last <= LAST_MAX:
            raise Invalid("number_out_of_range", number=request.last, most=LAST_MAX)
        check_day(uow, series, request.dated)
        if uow.tables.numbers.peek(series.key) != 1:
            raise Conflict("series_begun_already", year=series.year, kind=request.kind)
        uow.tables.numbers.begin(series.key, request.last)
        line = DocumentNumber(
            id=uow.new_id(),
            year=series.year,
            issuer=series.issuer,
            series=series.name,
            number=request.last,
            kind=request.kind,
            reference=written.of(request.last),
            dated=request.dated,
            status="earlier",
            subject="",
            entered_by=actor.person,
            entered_at=uow.now,
        )
        enter(uow, line, EntryType.NUMBER_RESERVED, actor=actor, grant=grant)
        uow.commit()
        return line


def _series(uow: UnitOfWork, issuer: str, kind: str, dated: date) -> Series:
    """The series, where the organisation has such an issuer.

    Raises:
        Invalid: it has none, or the letters are no kind of paper.
    """
    known = {AGENCY, *uow.tables.letterheads.in_force(dated)}
    if issuer not in known:
        raise Invalid("unknown_issuer", issuer=issuer, known=sorted(known))
    if not kind.isalpha() or not 2 <= len(kind) <= KIND_MAX or kind == TOGETHER:
        raise Invalid("unknown_kind", kind=kind)
    return series_of(uow, issuer, kind, dated)


def _found(uow: UnitOfWork, line_id: str) -> DocumentNumber:
    line = uow.tables.documents.get(line_id)
    if line is None:
        raise NotFound("unknown_number", number=line_id)
    return line


def _text(name: str, typed: str) -> str:
    return kept_text(name, typed, length_max=TEXT_MAX) or ""


def _needed(name: str, typed: str) -> str:
    text = _text(name, typed)
    if not text:
        faults = [{"field": name, "code": "required", "params": {}}]
        raise Invalid("wrong_values", faults=faults)
    return text
