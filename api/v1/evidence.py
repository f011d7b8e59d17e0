"""Evidence: attached as a form, described as JSON, handed out as a download and nothing else.

The content is never shown by the browser: whatever it is, it goes out as an attachment of no type,
into a sandbox, for this origin alone.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from io import SEEK_END
from itertools import chain
from typing import Annotated, Any, BinaryIO, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.datastructures import FormData

from api.dependencies import (
    Asked,
    Circumstances,
    Reader,
    Reply,
    Supplier,
    send,
    standing,
    standpoint,
)
from api.packing import disposition
from api.problems import MediaTypeUnknown, Problem, Unreadable, problem_of_refusal
from api.v1.instances import explainer
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import (
    Body,
    Identifier,
    IsoDate,
    JsonBody,
    LongText,
    Sent,
    digest_of_form,
    files_of,
    media_type_of,
    opened_form,
    read_as,
    refuse_texts,
)
from engine.commands.attach_evidence import (
    Attached,
    AttachEvidence,
    NotAttached,
    attach_evidence,
)
from engine.commands.issue_document import REQUIREMENT
from engine.commands.review_evidence import (
    NotReviewed,
    Reviewed,
    ReviewEvidence,
    review_evidence,
)
from engine.errors import NotFound
from engine.evidence.store import BlobCorrupt, verified_pieces
from engine.queries.instances import instance_view
from engine.runtime import Caller
from engine.transaction.attaching import Upload

router = APIRouter(tags=["evidence"])

CHUNK_BYTES: Final = 256 * 1024
DOWNLOAD_HEADERS: Final = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
}
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)
_TEXT_PARTS: Final = frozenset({"requirement", "effective_date", "note", "row", "supersedes"})


class AttachmentBody(Body):
    """The text parts of the form, beside the part `file`."""

    requirement: Identifier
    effective_date: IsoDate | None = None
    note: LongText = ""
    row: Identifier | None = None
    supersedes: Identifier | None = None


class ReviewBody(Body):
    """The reviewer's verdict."""

    accepted: bool
    note: LongText = ""


class EvidenceBody(BaseModel):
    """A file that was received for a requirement.

    Attributes:
        signatures: what was found of the signatures inside it when it came in, where the
            requirement asks for them: `{problem, signatures: [{level, roots, modification, …}]}`.
    """

    id: str
    instance: str
    requirement: str
    sha256: str
    size: int
    media_type: str
    filename: str
    note: str
    status: str
    row: str | None
    effective_date: date | None
    received_by: str
    received_at: str | None
    reviewed_by: str | None
    reviewed_at: str | None
    superseded_by: str | None
    signatures: dict[str, Any] | None


class EvidencePage(BaseModel):
    """A page of files."""

    items: list[EvidenceBody]
    next: str | None


class AttachedBody(EvidenceBody):
    """A file that was just received, with the index of the log's entry."""

    entry: int


def form_described(*required: str) -> dict[str, Any]:
    """The form of an attachment, for the description of the API."""
    text = {"type": "string"}
    properties: dict[str, Any] = {
        "file": {"type": "string", "format": "binary"},
        "requirement": text,
        "effective_date": {"type": "string", "format": "date"},
        "note": {"type": "string", "maxLength": 4000},
        "row": text,
        "supersedes": text,
    }
    schema = {"type": "object", "required": list(required), "properties": properties}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


async def read_attachment(request: Request) -> AsyncIterator[FormData]:
    """Read the form; its files are closed with the request.

    Raises:
        MediaTypeUnknown: it is no form with files.
    """
    if media_type_of(request) != "multipart/form-data":
        raise MediaTypeUnknown("media_type_unknown", accepted="multipart/form-data")
    async with opened_form(request) as form:
        yield form


@router.get(
    "/instances/{instance}/evidence",
    summary="The files of an instance",
    response_model=EvidencePage,
)
def get_files(
    request: Request,
    instance: str,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List every file of an instance, superseded ones included, oldest first."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.evidence.of_instance(uow.case(instance).instance.id)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [evidence_body(asked, caller, file) for file in items]
    return send(Reply(status=200, body=page(shown, following)))


@router.post(
    "/instances/{instance}/evidence",
    status_code=201,
    summary="Attach a file",
    response_model=AttachedBody,
    openapi_extra=form_described("file", "requirement"),
)
def post_evidence(
    instance: str,
    caller: Supplier,
    asked: Circumstances,
    form: Annotated[FormData, Depends(read_attachment)],
) -> Response:
    """Attach one file to a requirement of an instance."""
    upload = _upload(form)
    _, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)

    def render(outcome: Attached | NotAttached) -> Reply:
        if isinstance(outcome, NotAttached):
            explain = explainer(asked, compiled.process)
            return asked.reply(problem_of_refusal(outcome.refused, explain=explain))
        shown = evidence_body(asked, caller, outcome.evidence)
        headers = {"Location": f"/api/v1/evidence/{outcome.evidence.id}"}
        return Reply(status=201, body={**shown, "entry": outcome.entry}, headers=headers)

    request = AttachEvidence(
        caller=caller,
        instance_id=instance,
        upload=upload,
        key=asked.once(digest_of_form(form), render),
    )
    return asked.respond(attach_evidence(asked.house.runtime, request), render)


@router.get("/evidence/{evidence}", summary="What is known of a file", response_model=EvidenceBody)
def get_evidence(evidence: str, caller: Reader, asked: Circumstances) -> Response:
    """Describe one file."""
    return send(
        Reply(status=200, body=evidence_body(asked, caller, _found(asked, caller, evidence)))
    )


@router.get(
    "/evidence/{evidence}/content",
    summary="Download a file",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}}, 206: {}, 304: {}, 416: {}},
)
def get_content(request: Request, evidence: str, caller: Reader, asked: Circumstances) -> Response:
    """Hand out the bytes as they were received; one range may be asked for.

    A whole file is hashed on its way: of one that was tampered with, the end never comes. Of a part
    only the length of the whole can be checked.
    """
    file = _found(asked, caller, evidence)
    file.check_there()
    store = asked.house.runtime.store
    etag = f'"{file.sha256}"'
    headers = {
        **DOWNLOAD_HEADERS,
        "ETag": etag,
        "Content-Disposition": disposition(file.filename),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = _range_of(request, file.size, etag)
    if span is None:
        problem = Problem(
            status=416,
            code="range_unsatisfiable",
            headers={"Content-Range": f"bytes */{file.size}"},
        )
        return asked.problem(problem)
    first, last = span
    content = store.open(caller.organization_id, file.sha256)
    if content.seek(0, SEEK_END) != file.size:
        content.close()
        raise BlobCorrupt(file.sha256)
    headers["Content-Length"] = str(last - first + 1)
    partial = (first, last) != (0, file.size - 1)
    if partial:
        headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    pieces = _part(content, first, last) if partial else _whole(content, file.sha256)
    # The first piece is read before anything is sent: what is wrong by then has an answer.
    begun = chain([next(pieces, b"")], pieces)
    return StreamingResponse(begun, status_code=206 if partial else 200, headers=headers)


@router.post(
    "/evidence/{evidence}/review", summary="Accept or reject a file", response_model=EvidenceBody
)
def post_review(
    evidence: str,
    caller: Supplier,
    asked: Circumstances,
    body: Annotated[Sent[ReviewBody], Depends(JsonBody(ReviewBody))],
) -> Response:
    """Note the verdict of the role that the requirement names."""
    _, compiled = standpoint(asked.house, caller, _found(asked, caller, evidence).instance_id)
    if compiled is None:
        raise NotFound("unknown_evidence", evidence=evidence)

    def render(outcome: Reviewed | NotReviewed) -> Reply:
        if isinstance(outcome, NotReviewed):
            explain = explainer(asked, compiled.process)
            return asked.reply(problem_of_refusal(outcome.refused, explain=explain))
        return Reply(status=200, body=evidence_body(asked, caller, outcome.evidence))

    request = ReviewEvidence(
        caller=caller,
        evidence_id=evidence,
        accepted=body.value.accepted,
        note=body.value.note,
        key=asked.once(body.digest, render),
    )
    return asked.respond(review_evidence(asked.house.runtime, request), render)


@router.post(
    "/evidence/{evidence}/supersede",
    status_code=201,
    summary="Replace a file by a newer one",
    response_model=AttachedBody,
    openapi_extra=form_described("file"),
)
def post_newer(
    evidence: str,
    caller: Supplier,
    asked: Circumstances,
    form: Annotated[FormData, Depends(read_attachment)],
) -> Response:
    """Attach a newer file for the same requirement; the older one stays, superseded."""
    old = _found(asked, caller, evidence)
    _, compiled = standpoint(asked.house, caller, old.instance_id)
    if compiled is None:
        raise NotFound("unknown_evidence", evidence=evidence)
    upload = _upload(form, requirement=old.requirement, supersedes=old.id)
    if upload.row is None:
        # The newer file stands where the older one stood.
        upload = replace(upload, row=old.row)

    def render(outcome: Attached | NotAttached) -> Reply:
        if isinstance(outcome, NotAttached):
            explain = explainer(asked, compiled.process)
            return asked.reply(problem_of_refusal(outcome.refused, explain=explain))
        shown = evidence_body(asked, caller, outcome.evidence)
        headers = {"Location": f"/api/v1/evidence/{outcome.evidence.id}"}
        return Reply(status=201, body={**shown, "entry": outcome.entry}, headers=headers)

    request = AttachEvidence(
        caller=caller,
        instance_id=old.instance_id,
        upload=upload,
        key=asked.once(digest_of_form(form), render),
    )
    return asked.respond(attach_evidence(asked.house.runtime, request), render)


def evidence_body(asked: Asked, caller: Caller, file: Any) -> dict[str, Any]:
    """A file as it is sent."""
    return EvidenceBody(
        id=file.id,
        instance=file.instance_id,
        requirement=file.requirement,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        filename=file.filename,
        note=file.note,
        status=file.status,
        row=file.row,
        effective_date=file.effective_on,
        received_by=file.received_by,
        received_at=asked.at(file.received_at, caller.organization_id),
        reviewed_by=file.reviewed_by,
        reviewed_at=asked.at(file.reviewed_at, caller.organization_id),
        superseded_by=file.superseded_by,
        signatures=None if file.signatures is None else dict(file.signatures),
    ).model_dump(mode="json")


def _upload(
    form: FormData, *, requirement: str | None = None, supersedes: str | None = None
) -> Upload:
    """The file of a form with what is said about it.

    Raises:
        Unreadable: there is not exactly one part `file`.
        RequestValidationError: its texts do not fit.
    """
    files = [file for name, file in files_of(form) if name == "file"]
    if len(files) != 1 or len(files_of(form)) != 1:
        raise Unreadable("file_part_missing")
    parts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    refuse_texts(parts, known=_TEXT_PARTS)
    texts = {name: value for name, value in parts if value}
    fixed = {"requirement": requirement, "supersedes": supersedes}
    texts.update({name: value for name, value in fixed.items() if value is not None})
    told = read_as(AttachmentBody, texts)
    return Upload(
        requirement=told.requirement,
        filename=files[0].filename or "",
        content=files[0].file,
        effective_on=told.effective_date,
        note=told.note,
        row=told.row,
        supersedes=told.supersedes,
    )


def _found(asked: Asked, caller: Caller, evidence: str) -> Any:
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.evidence.get(evidence)
    if found is None:
        raise NotFound("unknown_evidence", evidence=evidence)
    if found.requirement.startswith(REQUIREMENT):
        # Who may not read a paper may not read it as it was issued either.
        view = instance_view(asked.house.runtime, caller, found.instance_id)
        view.document(found.requirement.removeprefix(REQUIREMENT))
    return found


def _range_of(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """The bytes to send, both ends included; None when the range lies outside.

    What is not one plain range, or was asked of another content, is answered whole.
    """
    whole = (0, size - 1)
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or request.headers.get("if-range", etag) != etag:
        return whole
    first, last = found["first"], found["last"]
    if not first and not last:
        return whole
    if not first:
        count = int(last)
        return (max(0, size - count), size - 1) if count else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size:
        return None
    return (start, end) if start <= end else whole


def _whole(content: BinaryIO, sha256: str) -> Iterator[bytes]:
    with content:
        content.seek(0)
        yield from verified_pieces(content, sha256)


def _part(content: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with content:
        content.seek(first)
        left = last - first + 1
        while left > 0:
            chunk = content.read(min(CHUNK_BYTES, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
