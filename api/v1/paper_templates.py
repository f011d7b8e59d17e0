"""Word templates of an agency: handed in, looked at with a case, dated, and taken back.

1. A template holds names in double braces and no code; what is wrong is told with its place (422).
2. Only administrators hand one in; everybody reads which hold, and takes them.
3. PDF does not follow a template: it has the house's own form.
"""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from api.dependencies import (
    Administrator,
    Asked,
    Circumstances,
    PaperDesk,
    Reader,
    Reply,
    answer_once,
    send,
    standing,
)
from api.packing import disposition
from api.problems import Unreadable
from api.v1.administering import done, made
from api.v1.documents import MEDIA_TYPES
from api.v1.evidence import read_attachment
from api.v1.organization import MadeBody
from api.v1.paging import page
from api.v1.reading import (
    Body,
    Identifier,
    IsoDate,
    JsonBody,
    QueryText,
    Sent,
    digest_of_form,
    files_of,
    read_as,
)
from engine.commands.set_paper_template import SetTemplate, set_paper_template
from engine.errors import NotFound
from engine.runtime import Caller
from engine.storage.paper_templates import PaperTemplate
from workflows.documents.word_package import BYTES_MAX, TemplateUnsafe

router = APIRouter(prefix="/paper-templates", tags=["documents"])

FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object"}}},
    }
}
WORD: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {MEDIA_TYPES["docx"]: {}}}}


class TemplateBody(BaseModel):
    """A template from a day on.

    Attributes:
        withdrawn: from that day on the paper has the house's own form again.
        holds: it is the one of today.
    """

    id: str
    process: str
    document: str
    valid_from: date
    filename: str
    sha256: str
    withdrawn: bool
    holds: bool
    entered_by: str


class TemplatePage(BaseModel):
    """Every template that was handed in."""

    items: list[TemplateBody]
    next: str | None


class NamesBody(BaseModel):
    """What may stand between double braces."""

    names: list[str]


class HandedIn(Body):
    """What comes with a template."""

    process: Identifier
    document: Identifier
    valid_from: IsoDate


class LookedAt(Body):
    """The case with which a template is looked at."""

    instance: Identifier
    document: Identifier


class Withdrawal(Body):
    """From which day on a paper has the house's own form again."""

    process: Identifier
    document: Identifier
    valid_from: IsoDate


@router.get("", summary="Word templates", response_model=TemplatePage)
def get_templates(caller: Reader, asked: Circumstances) -> Response:
    """List every template, in the order in which they hold."""
    with standing(asked.house, caller) as (uow, _):
        found, today = uow.tables.templates.all(), uow.today
    holding = {(one.process, one.document): one.id for one in found if one.valid_from <= today}
    items = [_shown(one, holding) for one in found]
    return send(Reply(status=200, body=page(items, None)))


@router.get("/names", summary="Names for a template", response_model=NamesBody)
def get_names(
    process: QueryText, caller: Reader, asked: Circumstances, papers: PaperDesk
) -> Response:
    """Tell what a template of a paper of a process may name."""
    with standing(asked.house, caller) as (uow, _):
        known = papers.names_for_templates(uow.definition(process).process)
    return send(Reply(status=200, body={"names": list(known)}))


@router.get("/{template}/content", summary="A template", response_class=Response, responses=WORD)
def get_template_content(template: str, caller: Reader, asked: Circumstances) -> Response:
    """Hand out a template as it was handed in."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.templates.get(template)
    if found is None or found.content is None:
        raise NotFound("unknown_template", template=template)
    return _word(found.content, found.filename)


@router.post(
    "",
    status_code=201,
    summary="Hand in a template",
    response_model=MadeBody,
    openapi_extra=FORM,
)
def post_template(
    caller: Administrator,
    asked: Circumstances,
    papers: PaperDesk,
    form: Annotated[FormData, Depends(read_attachment)],
) -> Response:
    """Set the template of a paper from a day on; those before it stay."""
    filename, content = _file(form)
    told = read_as(HandedIn, _texts(form))
    request = SetTemplate(
        caller=caller,
        process=told.process,
        document=told.document,
        valid_from=told.valid_from,
        filename=filename,
        content=content,
        check=papers.check,
    )
    return _set(asked, caller, request, digest_of_form(form))


@router.post(
    "/preview",
    summary="Look at a template with a case",
    response_class=Response,
    responses=WORD,
    openapi_extra=FORM,
)
def post_preview(
    caller: Administrator,
    papers: PaperDesk,
    form: Annotated[FormData, Depends(read_attachment)],
    language: Annotated[str, Query(pattern="^(vi|en)$")] = "vi",
) -> Response:
    """Fill a template with a paper of a case, and keep nothing."""
    filename, content = _file(form)
    told = read_as(LookedAt, _texts(form))
    filled = papers.preview(caller, told.instance, told.document, language, content)
    return _word(filled, filename)


@router.post("/withdraw", status_code=201, summary="Take a template back", response_model=MadeBody)
def post_withdrawal(
    caller: Administrator,
    asked: Circumstances,
    papers: PaperDesk,
    body: Annotated[Sent[Withdrawal], Depends(JsonBody(Withdrawal))],
) -> Response:
    """Give a paper the house's own form again from a day on."""
    request = SetTemplate(caller=caller, check=papers.check, **body.value.model_dump())
    return _set(asked, caller, request, body.digest)


def _set(asked: Asked, caller: Caller, request: SetTemplate, digest: str) -> Response:
    return answer_once(
        asked,
        caller,
        digest=digest,
        run=lambda: done(
            asked,
            set_paper_template(asked.house.runtime, request),
            made("/api/v1/paper-templates"),
        ),
    )


def _file(form: FormData) -> tuple[str, bytes]:
    """The file of a form; what is too big is not read whole."""
    files = files_of(form)
    if [name for name, _ in files] != ["file"]:
        raise Unreadable("file_part_missing")
    file = files[0][1]
    content = file.file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise TemplateUnsafe("template_too_big", "")
    return file.filename or "", content


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _word(content: bytes, filename: str) -> Response:
    headers = {
        "Content-Type": MEDIA_TYPES["docx"],
        "Content-Disposition": disposition(filename or "template.docx"),
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers)


def _shown(one: PaperTemplate, holding: dict[tuple[str, str], str]) -> dict[str, Any]:
    return TemplateBody(
        id=one.id,
        process=one.process,
        document=one.document,
        valid_from=one.valid_from,
        filename=one.filename,
        sha256=one.sha256,
        withdrawn=one.content is None,
        holds=holding.get((one.process, one.document)) == one.id,
        entered_by=one.entered_by,
    ).model_dump(mode="json")
