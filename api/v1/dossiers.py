"""Dossiers of the one-stop desk: their import as a job, and the register.

1. A file is kept and answered at once with the job that imports it; `dry_run` only looks.
2. Dossiers are known by their codes; no answer holds anything of an applicant.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from api.dependencies import (
    Asked,
    Circumstances,
    Importer,
    Reader,
    Reply,
    answer_once,
    send,
    standing,
)
from api.problems import Unreadable, said_of
from api.v1.evidence import read_attachment
from api.v1.jobs import JobBody, job_body
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.v1.reading import (
    Body,
    Instant,
    Line,
    QueryText,
    digest_of_form,
    files_of,
    parse_json,
    read_as,
    refuse_texts,
)
from engine.commands.manage_imports import FileToImport, Preview, draft_import, preview_file
from engine.errors import NotFound
from engine.queries.jobs import job_view, known_sources
from engine.runtime import Caller
from workflows.overdue_dossiers.keeping import NAME
from workflows.overdue_dossiers.records import (
    DossierFilter,
    KnownDossier,
    changes_of,
    dossier_of,
    known_dossiers,
)

router = APIRouter(prefix="/dossiers", tags=["dossiers"])

FAULTS_SHOWN: Final = 200
TEXTS: Final = frozenset({"source", "as_of", "mapping", "aliases", "rows", "sha256", "dry_run"})
_TEXT: Final = {"type": "string"}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "source"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "source": {**_TEXT, "maxLength": 300},
                        "as_of": {**_TEXT, "format": "date-time"},
                        "mapping": {**_TEXT, "description": "JSON: column → heading"},
                        "aliases": {**_TEXT, "description": "JSON: name of a unit → its id"},
                        "rows": {**_TEXT, "description": "rows that the source says there are"},
                        "sha256": {**_TEXT, "description": "digest that the source says it has"},
                        "dry_run": {**_TEXT, "enum": ["true", "false"], "default": "false"},
                    },
                }
            }
        },
    }
}
Pairs = Annotated[dict[str, Line], Field(max_length=500)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class ImportBody(Body):
    """The text parts of the form, beside the part `file`."""

    source: Annotated[str, Field(min_length=1, max_length=300)]
    as_of: Instant | None = None
    mapping: Pairs | None = None
    aliases: Pairs | None = None
    rows: Count | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    dry_run: bool = False


class QueuedBody(JobBody):
    """The job of an import; `known` when this content of this source was given before."""

    known: bool


class PreviewRow(BaseModel):
    """A row as it would be written."""

    row: int
    values: dict[str, Any]


class PreviewFault(BaseModel):
    """A row, or a value, that would not be taken."""

    row: int
    column: str
    code: str
    params: dict[str, Any]
    message: str


class PreviewBody(BaseModel):
    """What an import would read, as far as was looked.

    Attributes:
        mapping: column → heading.
        personal: headings of personal data, which are dropped.
        missing: columns without which no row can be read.
        complete: whether the whole file was looked at.
    """

    headings: list[str]
    mapping: dict[str, str]
    personal: list[str]
    unused: list[str]
    missing: list[str]
    rows: list[PreviewRow]
    faults: list[PreviewFault]
    rows_seen: int
    faults_seen: int
    complete: bool


class DossierBody(BaseModel):
    """A dossier as its newest export tells it.

    Attributes:
        received_at: on the office's clock.
        case: id of its overdue case.
        as_of: the instant of that export.
    """

    code: str
    procedure: str
    unit: str
    officer_unit: str | None
    stage: str | None
    received_at: str
    received_time_known: bool
    due_on: date
    current_due_on: date
    reappointments: int
    status: str
    ended_on: date | None
    cause: str | None
    apologised_on: date | None
    regulated_half_days: int | None
    committed_half_days: int | None
    paused_half_days: int
    case: str | None
    as_of: str | None


class DossierPage(BaseModel):
    """Dossiers by code and due day."""

    items: list[DossierBody]
    next: str | None


class ChangeBody(BaseModel):
    """What one import changed: value → [before, after]."""

    job: str
    row: int
    as_of: str | None
    changes: dict[str, list[Any]]


class DossierHistoryBody(DossierBody):
    """A dossier with what exports changed of it."""

    history: list[ChangeBody]


class SourceBody(BaseModel):
    """What is remembered of a source."""

    source: str
    mapping: dict[str, str]
    aliases: dict[str, str]


class SourceList(BaseModel):
    """Every source that was imported from."""

    items: list[SourceBody]


@router.post(
    "/import",
    status_code=202,
    summary="Import an export of the one-stop desk",
    response_model=QueuedBody,
    responses={200: {"model": PreviewBody, "description": "of a dry run"}},
    openapi_extra=FORM,
)
def post_dossier_import(
    caller: Importer, asked: Circumstances, form: Annotated[FormData, Depends(read_attachment)]
) -> Response:
    """Keep a CSV, XLSX or Parquet file and import it in the background; or only look at it."""
    asked_for = _told(form)
    files = files_of(form)
    if [name for name, _ in files] != ["file"]:
        raise Unreadable("file_part_missing")
    file = FileToImport(
        register=NAME,
        content=files[0][1].file,
        filename=files[0][1].filename or "",
        source=asked_for.source,
        as_of=asked_for.as_of,
        mapping=asked_for.mapping,
        aliases=asked_for.aliases,
        declared_rows=asked_for.rows,
        declared_sha256=asked_for.sha256,
    )
    runtime = asked.house.runtime

    def look() -> Reply:
        return Reply(status=200, body=_preview_body(asked, preview_file(runtime, caller, file)))

    def keep() -> Reply:
        most = asked.house.settings.import_max_bytes
        drafted = draft_import(runtime, caller, file, bytes_max=most, start=True)
        view = job_view(runtime, caller, drafted.job.id)
        return Reply(
            status=202,
            body={**job_body(asked, caller, view), "known": drafted.known},
            headers={"Location": f"/api/v1/jobs/{drafted.job.id}"},
        )

    run = look if asked_for.dry_run else keep
    digest = digest_of_form(form) if asked.key is not None else ""
    return answer_once(asked, caller, digest=digest, run=run)


@router.get("/sources", summary="How the files of each source are read", response_model=SourceList)
def get_sources(caller: Importer, asked: Circumstances) -> Response:
    """List what was remembered of the last import of each source."""
    shown = [
        SourceBody(
            source=known.source, mapping=dict(known.mapping), aliases=dict(known.aliases)
        ).model_dump()
        for known in known_sources(asked.house.runtime, caller, NAME)
    ]
    return send(Reply(status=200, body={"items": shown}))


@router.get("", summary="The register of dossiers", response_model=DossierPage)
def get_dossiers(  # noqa: PLR0913 - what the list can be narrowed by.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    code: QueryText | None = None,
    unit: QueryText | None = None,
    procedure: QueryText | None = None,
    status: QueryText | None = None,
    cause: QueryText | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    late_on: date | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List dossiers: those open at some time between two days, late on a day, of a unit…."""
    wanted = DossierFilter(
        code=code,
        unit=unit,
        procedure=procedure,
        status=status,
        cause=cause,
        first=first,
        last=last,
        late_on=late_on,
    )
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    after = None if opened is None else (str(opened[0]), date.fromisoformat(opened[1]))
    with standing(asked.house, caller) as (uow, _):
        found = known_dossiers(
            uow.tables.session, caller.organization_id, wanted, after=after, limit=limit
        )
    key = found[-1].dossier.key if len(found) == limit else None
    following = pager.seal(None if key is None else [key[0], key[1].isoformat()])
    shown = [_dossier_body(asked, caller, known) for known in found]
    return send(Reply(status=200, body=page(shown, following)))


@router.get(
    "/{due_on}/{code:path}",
    summary="A dossier and what exports changed of it",
    response_model=DossierHistoryBody,
)
def get_dossier(due_on: date, code: str, caller: Reader, asked: Circumstances) -> Response:
    """Tell one dossier, named by its first due day and its code, with its history."""
    with standing(asked.house, caller) as (uow, _):
        session, organization = uow.tables.session, caller.organization_id
        known = dossier_of(session, organization, code=code, due_on=due_on)
        if known is None:
            raise NotFound("unknown_dossier", dossier=code)
        changes = changes_of(session, organization, code=code, due_on=due_on)
    history = [
        ChangeBody(
            job=change.import_id,
            row=change.row,
            as_of=asked.at(change.exported_at, caller.organization_id),
            changes={name: list(pair) for name, pair in change.changes.items()},
        ).model_dump()
        for change in changes
    ]
    return send(Reply(status=200, body={**_dossier_body(asked, caller, known), "history": history}))


def _told(form: FormData) -> ImportBody:
    """What the form says of its file.

    Raises:
        WrongForm: it holds parts that mean nothing here.
        Unreadable: a part that must be JSON is none.
        RequestValidationError: its texts do not fit.
    """
    parts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    refuse_texts(parts, known=TEXTS)
    values: dict[str, Any] = {name: value for name, value in parts if value}
    for name in ("mapping", "aliases", "rows", "dry_run"):
        if name in values:
            values[name] = parse_json(values[name].encode())
    return read_as(ImportBody, values)


def _preview_body(asked: Asked, preview: Preview) -> dict[str, Any]:
    layout = preview.layout
    return PreviewBody(
        headings=list(layout.headings),
        mapping=dict(layout.mapping),
        personal=list(layout.personal),
        unused=list(layout.unused),
        missing=list(layout.missing),
        rows=[PreviewRow(row=number, values=_plain(values)) for number, values in preview.rows],
        faults=[
            PreviewFault(
                row=fault.number,
                column=fault.column,
                code=fault.code,
                params=_plain(fault.params),
                message=said_of(
                    {"row": fault.number, "code": fault.code, "params": fault.params},
                    say=asked.house.words.say,
                    language=asked.language,
                ),
            )
            for fault in preview.faults[:FAULTS_SHOWN]
        ],
        rows_seen=preview.rows_seen,
        faults_seen=len(preview.faults),
        complete=preview.complete,
    ).model_dump(mode="json")


def _dossier_body(asked: Asked, caller: Caller, known: KnownDossier) -> dict[str, Any]:
    dossier = known.dossier
    names = set(DossierBody.model_fields) - {"received_at", "case", "as_of"}
    return DossierBody(
        **{name: getattr(dossier, name) for name in names},
        received_at=dossier.received_at.isoformat(timespec="minutes"),
        case=known.case_id,
        as_of=asked.at(known.exported_at, caller.organization_id),
    ).model_dump(mode="json")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }
