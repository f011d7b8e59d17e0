"""Published definitions: what there is, one version whole, its drawing."""

import json
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from api.language import title
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from engine.definition.diagram import Format, draw
from engine.definition.digest import to_json
from engine.definition.picture import Language
from engine.errors import Invalid
from engine.queries.definitions import DefinitionView, definition_view, list_definitions
from engine.queries.staffing import shortages
from engine.runtime import Caller

router = APIRouter(prefix="/definitions", tags=["definitions"])

MEDIA_TYPES: Final = {
    "mermaid": "text/plain; charset=utf-8",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "svg": "image/svg+xml",
    "scxml": "application/scxml+xml",
    "bpmn": "application/bpmn+xml",
    "table": "text/plain; charset=utf-8",
}


class DefinitionBody(BaseModel):
    """A published version, without its content."""

    process: str
    version: int
    digest: str
    title: str
    code: str
    clauses: list[str]
    roles: list[str]
    versions: list[int]
    may_open: bool
    published_at: str | None


class DefinitionPage(BaseModel):
    """The newest version of every process."""

    items: list[DefinitionBody]
    next: str | None


class ShortageBody(BaseModel):
    """Why a case would come to a halt with the people of today.

    Attributes:
        code: W61 (nobody holds `role`) or W62 (nobody is left who may take `transition` and is none
            of those who took `others`).
    """

    code: str
    role: str | None
    transition: str | None
    others: list[str]
    message: str


class WholeDefinitionBody(DefinitionBody):
    """A published version with its content, as `definitions/process.schema.json` describes it."""

    definition: dict[str, Any]


class NewestDefinitionBody(WholeDefinitionBody):
    """The newest version, with what it lacks in people today."""

    shortages: list[ShortageBody]


@router.get("", summary="Published processes", response_model=DefinitionPage)
def get_definitions(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the newest version of every process."""
    found = list_definitions(asked.house.runtime, caller)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [_body(asked, caller, view) for view in items]
    return send(Reply(status=200, body=page(shown, following)))


@router.get("/{process}", summary="The newest version", response_model=NewestDefinitionBody)
def get_definition(process: str, caller: Reader, asked: Circumstances) -> Response:
    """Show the newest version of a process, whole, and whether people lack for it."""
    view = definition_view(asked.house.runtime, caller, process)
    lacking = [
        ShortageBody(
            code=found.code,
            role=found.role,
            transition=found.transition,
            others=list(found.others),
            message=asked.house.words.shortage(found, view.process, asked.language),
        ).model_dump(mode="json")
        for found in shortages(asked.house.runtime, caller, process)
    ]
    return _whole(asked, caller, view, shortages=lacking)


@router.get(
    "/{process}/versions/{version}", summary="One version", response_model=WholeDefinitionBody
)
def get_version(
    process: str,
    version: Annotated[int, Path(ge=1, le=9999)],
    caller: Reader,
    asked: Circumstances,
) -> Response:
    """Show one published version, which never changes."""
    return _whole(asked, caller, definition_view(asked.house.runtime, caller, process, version))


@router.get(
    "/{process}/diagram",
    summary="The drawing of the newest version",
    response_class=Response,
    responses={200: {"content": {name.partition(";")[0]: {} for name in MEDIA_TYPES.values()}}},
)
def get_diagram(
    process: str,
    caller: Reader,
    asked: Circumstances,
    *,
    form: Annotated[str, Query(alias="format", max_length=20)] = "mermaid",
) -> Response:
    """Draw a process; `format` is one of mermaid, dot, svg, scxml, bpmn, table."""
    known: tuple[Format, ...] = get_args(Format)
    wanted = next((name for name in known if name == form), None)
    if wanted is None:
        raise Invalid("unknown_format", format=form, known=list(known))
    view = definition_view(asked.house.runtime, caller, process)
    language: Language = "en" if asked.language == "en" else "vi"

    def role(name: str) -> str:
        return asked.house.words.role(name, language)

    drawn = draw(view.process, wanted, language, role=role)
    return Response(drawn, headers={"Content-Type": MEDIA_TYPES[wanted]})


def _body(asked: Asked, caller: Caller, view: DefinitionView) -> dict[str, Any]:
    process = view.process
    return DefinitionBody(
        process=process.process,
        version=process.version,
        digest=view.digest,
        title=title(process.title, asked.language),
        code=process.code,
        clauses=list(process.clauses),
        roles=list(process.roles),
        versions=list(view.versions),
        may_open=view.may_open,
        published_at=asked.at(view.published_at, caller.organization_id),
    ).model_dump(mode="json")


def _whole(asked: Asked, caller: Caller, view: DefinitionView, **more: Any) -> Response:
    body = {**_body(asked, caller, view), "definition": json.loads(to_json(view.process)), **more}
    return send(Reply(status=200, body=body))
