"""Long work: how far it is, what came of it, what was wrong with each row, and an end to it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import (
    Asked,
    Circumstances,
    Importer,
    Reply,
    answer_once,
    digest_of_body,
    send,
)
from api.packing import disposition
from api.problems import said_of
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from engine.commands.manage_imports import COUNTS, cancel_import
from engine.errors import Invalid
from engine.queries.jobs import JobView, all_faults, job_faults, job_view
from engine.runtime import Caller
from engine.storage.jobs import JobFault
from engine.tables.listing import Listing, write_listings
from engine.tables.writing import SheetFormat

router = APIRouter(prefix="/jobs", tags=["jobs"])

MEDIA_TYPES: Final = {
    SheetFormat.CSV: "text/csv",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
JSON: Final = "json"
BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
SHEETS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": dict.fromkeys(MEDIA_TYPES.values(), BINARY)}
}


class JobBody(BaseModel):
    """An import as a job.

    Attributes:
        counts: rows so far: `rows` read, of which `new`, `changed`, `same`, `older` (something
            newer is known) and `faulty`; single `faults`; cases `opened`.
        checksum: over all rows taken, in whatever order.
        difference: rows read less rows declared; null where none were declared.
        dropped: headings of personal data that were not read.
    """

    id: str
    kind: str
    subject: str
    state: str
    source: str
    filename: str
    sha256: str
    size: int
    as_of: str | None
    mapping: dict[str, str]
    aliases: dict[str, str]
    dropped: list[str]
    counts: dict[str, int]
    checksum: str | None
    declared_rows: int | None
    difference: int | None
    failure: dict[str, Any] | None
    created_by: str
    created_at: str | None
    started_at: str | None
    ended_at: str | None


class FaultBody(BaseModel):
    """Why one row, or one value of it, was not taken."""

    number: int
    row: int
    column: str
    code: str
    params: dict[str, Any]
    message: str


class FaultPage(BaseModel):
    """Faults in the order of the file."""

    items: list[FaultBody]
    next: str | None


@router.get("/{job}", summary="How far a job is", response_model=JobBody)
def get_job(job: str, caller: Importer, asked: Circumstances) -> Response:
    """Tell state, counts and, at the end, what came of it."""
    view = job_view(asked.house.runtime, caller, job)
    headers = {"Retry-After": "2"} if view.at_work else {}
    return send(Reply(status=200, body=job_body(asked, caller, view), headers=headers))


@router.get(
    "/{job}/faults",
    summary="What was wrong with the rows",
    response_model=FaultPage,
    responses=SHEETS,
)
def get_faults(  # noqa: PLR0913 - the page's parameters among them.
    request: Request,
    job: str,
    caller: Importer,
    asked: Circumstances,
    *,
    form: Annotated[str, Query(alias="format", max_length=20)] = JSON,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Name each fault by row and column: as JSON, or whole as `csv` or `xlsx`."""
    runtime = asked.house.runtime
    if form != JSON:
        wanted = sheet_format(form)
        rows = all_faults(runtime, caller, job_view(runtime, caller, job).job.id)
        listing = Listing(
            title=asked.say("dossier.listing.faults"),
            headings=[asked.say(f"dossier.listing.{name}") for name in ("row", "column", "fault")],
            rows=((fault.row, _column(asked, fault), _message(asked, fault)) for fault in rows),
        )
        return sheet(write_listings([listing], wanted), name=f"faults-{job}", form=wanted)
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    after = 0 if opened is None else int(opened[0])
    found = job_faults(runtime, caller, job, after=after, limit=limit)
    following = pager.seal([found[-1].number] if len(found) == limit else None)
    shown = [_fault_body(asked, fault) for fault in found]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("/{job}/cancel", summary="Stop a job", response_model=JobBody)
def post_cancel(job: str, caller: Importer, asked: Circumstances) -> Response:
    """Stop an import; what it has written stays."""

    def run() -> Reply:
        cancel_import(asked.house.runtime, caller, job)
        view = job_view(asked.house.runtime, caller, job)
        return Reply(status=200, body=job_body(asked, caller, view))

    return answer_once(asked, caller, digest=digest_of_body(), run=run)


def job_body(asked: Asked, caller: Caller, view: JobView) -> dict[str, Any]:
    """A job as it is sent."""
    job = view.job
    failure = job.failure
    if failure is not None:
        said = asked.say(f"error.{failure['code']}", **failure["params"])
        failure = {"code": failure["code"], "message": said}
    return JobBody(
        id=job.id,
        kind=job.kind,
        subject=job.subject,
        state=job.state.value,
        source=job.options["source"],
        filename=job.filename,
        sha256=job.sha256,
        size=job.size,
        as_of=job.options["as_of"],
        mapping=job.options["mapping"],
        aliases=job.options["aliases"],
        dropped=job.options["dropped"],
        counts={name: job.progress.get(name, 0) for name in COUNTS},
        checksum=job.progress.get("checksum"),
        declared_rows=job.options["declared_rows"],
        difference=view.difference,
        failure=dict(failure) if failure is not None else None,
        created_by=job.created_by,
        created_at=asked.at(job.created_at, caller.organization_id),
        started_at=asked.at(job.started_at, caller.organization_id),
        ended_at=asked.at(job.ended_at, caller.organization_id),
    ).model_dump(mode="json")


def sheet_format(form: str) -> SheetFormat:
    """The format of a file that is asked for.

    Raises:
        Invalid: `unknown_format`.
    """
    if form not in set(SheetFormat):
        known = [JSON, *(known.value for known in SheetFormat)]
        raise Invalid("unknown_format", format=form, known=known)
    return SheetFormat(form)


def sheet(content: bytes, *, name: str, form: SheetFormat) -> Response:
    """A table as a download."""
    return Response(
        content,
        headers={
            "Content-Type": MEDIA_TYPES[form],
            "Content-Disposition": disposition(f"{name}.{form.value}"),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _fault_body(asked: Asked, fault: JobFault) -> dict[str, Any]:
    return FaultBody(
        number=fault.number,
        row=fault.row,
        column=fault.column,
        code=fault.code,
        params=dict(fault.params),
        message=_message(asked, fault),
    ).model_dump(mode="json")


def _message(asked: Asked, fault: JobFault) -> str:
    told = {"row": fault.row, "code": fault.code, "params": fault.params}
    return said_of(told, say=asked.house.words.say, language=asked.language)


def _column(asked: Asked, fault: JobFault) -> str:
    code = f"dossier.column.{fault.column}"
    said = asked.say(code)
    return fault.column if said == code else said
