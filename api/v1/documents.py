"""The papers of a case: which there are, and each as a page, as PDF or for Word.

They are drafts of the house: what was signed outside and attached is the paper that counts.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.dependencies import Circumstances, PaperDesk, Reader, Reply, send
from api.v1.evidence import disposition
from api.v1.paging import page
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
    """

    name: str
    title: str
    formats: list[str]


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
            name=name, title=view.documents[name][asked.language], formats=list(FORMATS)
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
) -> Response:
    """A paper as a page (`html`), to sign (`pdf`) or to work on (`docx`), in either language."""
    if form not in FORMATS:
        raise Invalid("unknown_format", format=form, known=list(FORMATS))
    view = instance_view(asked.house.runtime, caller, instance)
    view.document(name)
    spoken = language or asked.language
    if form == "html":
        text = papers.html(caller, view, name, spoken)
        return Response(text, headers={**HTML_HEADERS, "Content-Language": spoken})
    content = papers.file(caller, view, name, spoken, form=form)
    title = f"{view.summary.code} {view.documents[name][spoken]}.{form}"
    headers = {
        "Content-Type": MEDIA_TYPES[form],
        "Content-Disposition": disposition(title),
        "X-Content-Type-Options": "nosniff",
        "Content-Language": spoken,
    }
    return Response(content, headers=headers)
