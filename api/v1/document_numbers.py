"""The register of document numbers: by year, issuer and kind, searched, carried away as a sheet.

1. Everybody reads it; only the records clerk takes a number, fills a reserved one or cancels one.
2. A paper of a case is issued at its own address (`…/documents/{name}/issue`); here stand the
   numbers of papers that were made outside the house, and reserved ones.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.dependencies import (
    Asked,
    Circumstances,
    PaperDesk,
    Reader,
    Reply,
    Stepper,
    answer_once,
    send,
    standing,
)
from api.v1.administering import refused
from api.v1.jobs import SHEETS, sheet, sheet_format
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.v1.reading import Body, Identifier, IsoDate, JsonBody, LongText, QueryText, Sent
from engine.commands.keep_register import (
    BeginSeries,
    CancelNumber,
    FillNumber,
    TakeNumber,
    begin_series,
    cancel_number,
    fill_number,
    take_number,
)
from engine.commands.manage_accounts import NotAllowed
from engine.errors import NotFound
from engine.runtime import Caller
from engine.storage.document_numbers import DocumentNumber, Place, RegisterFilter
from engine.storage.letterheads import AGENCY
from engine.tables.listing import Listing, write_listings

router = APIRouter(prefix="/document-numbers", tags=["documents"])

EXPORT_MAX: Final = 100_000
COLUMNS: Final = (
    "reference", "dated", "subject", "signer", "recipients", "filing", "copies", "note",
)  # fmt: skip
"""The columns of the register of outgoing papers (Decree 30/2020, Appendix IV)."""

ShortText = Annotated[str, StringConstraints(max_length=1000)]
Kind = Annotated[str, StringConstraints(pattern=r"^[A-ZĐ][A-Za-zĐđ]{1,3}$")]
Status = Literal["issued", "reserved", "cancelled", "earlier"]


class LineBody(BaseModel):
    """A line of the register.

    Attributes:
        instance: the case whose paper it is, with `document`, the paper.
        evidence: the file that was issued, with its digest.
    """

    id: str
    year: int
    issuer: str
    series: str
    number: int
    kind: str
    reference: str
    dated: date
    status: str
    subject: str
    signer: str
    recipients: str
    filing: str
    note: str
    instance: str | None
    code: str | None
    document: str | None
    evidence: str | None
    sha256: str | None
    entered_by: str
    entered_at: str
    cancelled_by: str | None
    cancelled_at: str | None
    reason: str


class LinePage(BaseModel):
    """Lines of the register."""

    items: list[LineBody]
    next: str | None


class TakeBody(Body):
    """A number for a paper made outside the house (`issued`), or one that comes late."""

    issuer: Identifier = AGENCY
    kind: Kind
    dated: IsoDate
    status: Literal["issued", "reserved"] = "issued"
    subject: LongText
    signer: ShortText = ""
    recipients: ShortText = ""
    note: ShortText = ""


class FillBody(Body):
    """A paper made outside the house, for a reserved number."""

    subject: LongText
    signer: ShortText = ""
    recipients: ShortText = ""
    note: ShortText = ""


class CancelBody(Body):
    """Why a number is cancelled."""

    reason: LongText


class SeriesBody(Body):
    """The last number that was given before this register was kept."""

    issuer: Identifier = AGENCY
    kind: Kind
    dated: IsoDate
    last: Annotated[int, Field(ge=1, le=99_999)]


class Wanted:
    """What a reading of the register is narrowed to, from the query."""

    def __init__(
        self,
        *,
        year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
        issuer: QueryText | None = None,
        kind: QueryText | None = None,
        status: Status | None = None,
        q: QueryText | None = None,
    ) -> None:
        self.filter = RegisterFilter(year=year, issuer=issuer, kind=kind, status=status, text=q)


Asking = Annotated[Wanted, Depends(Wanted)]


@router.get("", summary="Register of numbers", response_model=LinePage)
def get_lines(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    wanted: Asking,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the register: the newest year first, in it by issuer, series and number."""
    pager = pager_of(request, caller)
    after = pager.open(cursor)
    place: Place | None = None if after is None else (after[0], after[1], after[2], after[3])
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.documents.read(wanted.filter, after=place, limit=limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    following = None if last is None else [last.year, last.issuer, last.series, last.number]
    items: list[Any] = [line_body(asked, caller, one).model_dump(mode="json") for one in shown]
    return send(Reply(status=200, body=page(items, pager.seal(following))))


@router.get("/export", summary="Register of numbers as a sheet", responses=SHEETS)
def get_sheet(
    caller: Reader,
    asked: Circumstances,
    wanted: Asking,
    form: Annotated[str, Query(alias="format", max_length=20)] = "xlsx",
) -> Response:
    """Carry the register away, as CSV or XLSX, with the columns of the decree's own form."""
    chosen = sheet_format(form)
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.documents.read(wanted.filter, limit=EXPORT_MAX)

    def say(code: str) -> str:
        return asked.house.words.say(f"page.numbers.{code}", {}, asked.language)

    def rows() -> Iterator[tuple[Any, ...]]:
        for line in found:
            told = (line.subject, line.signer, line.recipients, line.filing, None)
            note = "; ".join(filter(None, (_standing(line, say), line.note)))
            yield (line.reference, line.dated, *told, note)

    listing = Listing(title=say("title"), headings=[say(name) for name in COLUMNS], rows=rows())
    year = wanted.filter.year
    name = "document-numbers" if year is None else f"document-numbers-{year}"
    return sheet(write_listings([listing], chosen), name=name, form=chosen)


@router.get("/{line}", summary="A line of the register", response_model=LineBody)
def get_line(line: str, caller: Reader, asked: Circumstances) -> Response:
    """One line."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.documents.get(line)
    if found is None:
        raise NotFound("unknown_number", number=line)
    return send(Reply(status=200, body=line_body(asked, caller, found).model_dump(mode="json")))


@router.post("", status_code=201, summary="Take a number", response_model=LineBody)
def post_line(
    caller: Stepper,
    asked: Circumstances,
    papers: PaperDesk,
    body: Annotated[Sent[TakeBody], Depends(JsonBody(TakeBody))],
) -> Response:
    """Take the next number of a series for a paper made outside the house, or reserve it."""
    given = body.value
    request = TakeNumber(caller=caller, **given.model_dump())

    def run() -> Reply:
        how = papers.written(caller, issuer=given.issuer, kind=given.kind, dated=given.dated)
        return _entered(asked, caller, take_number(asked.house.runtime, request, how))

    return answer_once(asked, caller, digest=body.digest, run=run)


@router.post("/series", status_code=201, summary="Begin a series", response_model=LineBody)
def post_series(
    caller: Stepper,
    asked: Circumstances,
    papers: PaperDesk,
    body: Annotated[Sent[SeriesBody], Depends(JsonBody(SeriesBody))],
) -> Response:
    """Let a series go on after the last number that was given before this register was kept."""
    given = body.value
    request = BeginSeries(caller=caller, **given.model_dump())

    def run() -> Reply:
        how = papers.written(caller, issuer=given.issuer, kind=given.kind, dated=given.dated)
        return _entered(asked, caller, begin_series(asked.house.runtime, request, how))

    return answer_once(asked, caller, digest=body.digest, run=run)


@router.post("/{line}/fill", summary="Fill a reserved number", response_model=LineBody)
def post_fill(
    line: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[FillBody], Depends(JsonBody(FillBody))],
) -> Response:
    """Give a reserved number to a paper made outside the house."""
    request = FillNumber(caller=caller, line_id=line, **body.value.model_dump())
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: _changed(asked, caller, fill_number(asked.house.runtime, request)),
    )


@router.post("/{line}/cancel", summary="Cancel a number", response_model=LineBody)
def post_number_cancelled(
    line: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[CancelBody], Depends(JsonBody(CancelBody))],
) -> Response:
    """Cancel a number with its reason: it stays in the register, and is never given again."""
    request = CancelNumber(caller=caller, line_id=line, reason=body.value.reason)
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: _changed(asked, caller, cancel_number(asked.house.runtime, request)),
    )


def line_body(asked: Asked, caller: Caller, line: DocumentNumber) -> LineBody:
    """A line as it is sent."""
    return LineBody(
        id=line.id,
        year=line.year,
        issuer=line.issuer,
        series=line.series,
        number=line.number,
        kind=line.kind,
        reference=line.reference,
        dated=line.dated,
        status=line.status,
        subject=line.subject,
        signer=line.signer,
        recipients=line.recipients,
        filing=line.filing,
        note=line.note,
        instance=line.instance_id,
        code=line.code,
        document=line.document,
        evidence=line.evidence_id,
        sha256=line.sha256,
        entered_by=line.entered_by,
        entered_at=asked.at(line.entered_at, caller.organization_id) or "",
        cancelled_by=line.cancelled_by,
        cancelled_at=asked.at(line.cancelled_at, caller.organization_id),
        reason=line.cancelled_for,
    )


def _entered(asked: Asked, caller: Caller, outcome: DocumentNumber | NotAllowed) -> Reply:
    if isinstance(outcome, NotAllowed):
        return refused(asked, outcome)
    shown = line_body(asked, caller, outcome).model_dump(mode="json")
    place = f"/api/v1/document-numbers/{outcome.id}"
    return Reply(status=201, body=shown, headers={"Location": place})


def _changed(asked: Asked, caller: Caller, outcome: DocumentNumber | NotAllowed) -> Reply:
    if isinstance(outcome, NotAllowed):
        return refused(asked, outcome)
    return Reply(status=200, body=line_body(asked, caller, outcome).model_dump(mode="json"))


def _standing(line: DocumentNumber, say: Any) -> str:
    """What the last column says of a line that is no plain paper."""
    if line.status == "issued":
        return ""
    words: str = say(f"status.{line.status}")
    return f"{words}: {line.cancelled_for}" if line.cancelled_for else words
