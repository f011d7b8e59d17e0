"""The papers of a case: which there are, and each as a page, as PDF or for Word.

A paper is a draft until the records clerk issues it under a number of the register; from then on
its PDF is the very file that was issued.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from api.dependencies import (
    Circumstances,
    PaperDesk,
    Reader,
    Reply,
    Stepper,
    answer_once,
    send,
)
from api.packing import disposition
from api.v1.administering import refused
from api.v1.document_numbers import LineBody, ShortText, line_body
from api.v1.paging import page
from api.v1.reading import Body, Identifier, IsoDate, JsonBody, Sent
from engine.commands.issue_document import IssueDocument, issue_document
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Invalid
from engine.queries.instances import instance_view

router = APIRouter(prefix="/instances/{instance}/documents", tags=["documents"])

FORMATS: Final = ("html", "pdf", "docx")
HTML_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA_TYPES: Final = {"pdf": "application/pdf", "docx": WORD}
TEXT: Final[dict[str, Any]] = {"schema": {"type": "string"}}
BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


class DocumentBody(BaseModel):
    """A paper that can be had now.

    Attributes:
        formats: what `format` may be.
        issued: the line of the register under which it was issued.
    """

    name: str
    title: str
    formats: list[str]
    issued: LineBody | None


class IssueBody(Body):
    """How a paper is issued.

    Attributes:
        dated: the day of issue; left out where a reserved number is filled.
        reserved: the reserved line that is filled.
        evidence: a file of the case that was signed outside, and is what is issued.
    """

    dated: IsoDate | None = None
    reserved: Identifier | None = None
    evidence: Identifier | None = None
    note: ShortText = ""
    language: Literal["vi", "en"] = "vi"


class DocumentPage(BaseModel):
    """The papers of an instance."""

    items: list[DocumentBody]
    next: str | None


@router.get("", summary="Papers of a case", response_model=DocumentPage)
def get_documents(
    instance: str, caller: Reader, asked: Circumstances, papers: PaperDesk
) -> Response:
    """List the papers that there are now."""
    view = instance_view(asked.house.runtime, caller, instance)
    shown = [
        DocumentBody(
            name=name,
            title=view.documents[name][asked.language],
            formats=list(FORMATS),
            issued=line_body(asked, caller, view.issued[name]) if name in view.issued else None,
        ).model_dump(mode="json")
        for name in papers.names(view)
    ]
    return send(Reply(status=200, body=page(shown, None)))


@router.get(
    "/{name}",
    summary="A paper",
    response_class=Response,
    responses={200: {"content": {"text/html": TEXT, "application/pdf": BINARY, WORD: BINARY}}},
)
def get_document(  # noqa: PLR0913 - the address and two questions.
    instance: str,
    name: str,
    caller: Reader,
    asked: Circumstances,
    papers: PaperDesk,
    *,
    form: Annotated[str, Query(alias="format", max_length=20)] = "html",
    language: Annotated[Literal["vi", "en"] | None, Query()] = None,
    own: bool = False,
) -> Response:
    """A paper as a page (`html`), to sign (`pdf`) or to work on (`docx`), in either language.

    `docx` follows the agency's template where there is one, unless `own` asks for the house's form.
    """
    if form not in FORMATS:
        raise Invalid("unknown_format", format=form, known=list(FORMATS))
    view = instance_view(asked.house.runtime, caller, instance)
    view.document(name)
    spoken = language or asked.language
    if form == "html":
        text = papers.html(caller, view, name, spoken)
        return Response(text, headers={**HTML_HEADERS, "Content-Language": spoken})
    template = None if own or form != "docx" else papers.template(caller, view, name)
    content = papers.file(caller, view, name, spoken, form=form, own=own)
    title = f"{view.summary.code} {view.documents[name][spoken]}.{form}"
    headers = {
        "Content-Type": MEDIA_TYPES[form],
        "Content-Disposition": disposition(title),
        "X-Content-Type-Options": "nosniff",
        "Content-Language": spoken,
        # Which template of the agency the file follows; PDF always has the house's own form.
        "X-Paper-Template": "none" if template is None else template.id,
    }
    return Response(content, headers=headers)


@router.post("/{name}/issue", status_code=201, summary="Issue a paper", response_model=LineBody)
def post_issue(
    instance: str,
    name: str,
    caller: Stepper,
    asked: Circumstances,
    papers: PaperDesk,
    body: Annotated[Sent[IssueBody], Depends(JsonBody(IssueBody))],
) -> Response:
    """Give a paper its number and its day, and freeze its file; for the records clerk."""
    runtime, given = asked.house.runtime, body.value
    instance_view(runtime, caller, instance).document(name)
    request = IssueDocument(
        caller=caller,
        instance_id=instance,
        document=name,
        dated=given.dated,
        reserved=given.reserved,
        evidence=given.evidence,
        note=given.note,
        language=given.language,
    )

    def run() -> Reply:
        make = papers.maker(caller, instance, name, given.language)
        outcome = issue_document(runtime, request, make)
        if isinstance(outcome, NotAllowed):
            return refused(asked, outcome)
        shown = line_body(asked, caller, outcome.line).model_dump(mode="json")
        place = f"/api/v1/document-numbers/{outcome.line.id}"
        return Reply(status=201, body=shown, headers={"Location": place})

    return answer_once(asked, caller, digest=body.digest, run=run)
