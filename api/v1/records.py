"""The rows of a case, and the figures that are computed from them.

A row has a version of its own: `If-Match` on a row never concerns the version of the instance.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from api.dependencies import (
    Asked,
    Circumstances,
    Reader,
    Reply,
    Stepper,
    Version,
    digest_of_body,
    send,
    standing,
    standpoint,
)
from api.problems import problem_of_refusal
from api.v1.instances import explainer
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, JsonBody, Sent
from engine.commands.change_record import Changed, ChangeRow, NotChanged, change_record
from engine.definition.values import to_json
from engine.errors import NotFound
from engine.queries.instances import FigureView, instance_view, record_table
from engine.runtime import Caller

router = APIRouter(prefix="/instances/{instance}", tags=["records"])


class RowValues(Body):
    """Columns of a row; null empties one, what is not named stays."""

    values: dict[str, Any]


class RowBody(BaseModel):
    """A row of a record set.

    Attributes:
        withheld: columns that hold personal data and are not for the caller.
    """

    id: str
    version: int
    values: dict[str, Any]
    withheld: list[str]
    created_by: str


class RowPage(BaseModel):
    """A page of rows."""

    items: list[RowBody]
    next: str | None


class ChangedBody(BaseModel):
    """A row that was written, and the index of the log's entry."""

    id: str
    version: int
    values: dict[str, Any]
    entry: int


class FigureBody(BaseModel):
    """A figure; the ratio is left to whoever shows it.

    Attributes:
        numerator: what was reached; null when nothing can be said yet.
        denominator: out of how many; null for a plain count.
    """

    name: str
    title: str
    unit: str
    numerator: int | None
    denominator: int | None
    cut_off: date | None
    rows: dict[str, list[str]]
    parts: dict[str, list[int | None]]


class FigurePage(BaseModel):
    """Every figure of an instance."""

    items: list[FigureBody]
    next: str | None


@router.get("/records/{record_set}", summary="Rows of a case", response_model=RowPage)
def get_rows(  # noqa: PLR0913 - the page's parameters among them.
    request: Request,
    instance: str,
    record_set: str,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the live rows of a record set, in the order they were made."""
    with standing(asked.house, caller) as (uow, actor):
        case = uow.case(instance)
        process = uow.pinned(case).process
        if record_set not in process.records:
            raise NotFound("unknown_record_set", record_set=record_set)
        table = record_table(process, record_set, case, actor)
    items, following = slice_of(
        table.rows, pager=pager_of(request, caller), cursor=cursor, limit=limit
    )
    shown = [
        RowBody(
            id=row.id,
            version=row.version,
            values={name: to_json(value) for name, value in row.values.items()},
            withheld=sorted(table.withheld.get(row.id, ())),
            created_by=row.created_by,
        ).model_dump(mode="json")
        for row in items
    ]
    return send(Reply(status=200, body=page(shown, following)))


@router.post(
    "/records/{record_set}", status_code=201, summary="Add a row", response_model=ChangedBody
)
def post_row(
    instance: str,
    record_set: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[RowValues], Depends(JsonBody(RowValues))],
) -> Response:
    """Add a row to a record set."""
    wanted = ChangeRow(
        caller=caller, instance_id=instance, record_set=record_set, values=body.value.values
    )
    return _changed(asked, wanted, digest=body.digest, status=201)


@router.patch("/records/{record_set}/{row}", summary="Change a row", response_model=ChangedBody)
def patch_row(  # noqa: PLR0913, PLR0917 - each is a part of the address or of the request.
    instance: str,
    record_set: str,
    row: str,
    caller: Stepper,
    asked: Circumstances,
    version: Version,
    body: Annotated[Sent[RowValues], Depends(JsonBody(RowValues))],
) -> Response:
    """Change columns of a row that is still at the version that was seen."""
    wanted = ChangeRow(
        caller=caller,
        instance_id=instance,
        record_set=record_set,
        row=row,
        values=body.value.values,
        expected_version=version,
    )
    return _changed(asked, wanted, digest=body.digest, status=200)


@router.delete("/records/{record_set}/{row}", status_code=204, summary="Retire a row")
def delete_row(
    instance: str,
    record_set: str,
    row: str,
    caller: Stepper,
    asked: Circumstances,
    version: Version,
) -> Response:
    """Retire a row: it no longer counts, and the log still knows it."""
    wanted = ChangeRow(
        caller=caller,
        instance_id=instance,
        record_set=record_set,
        row=row,
        values={},
        expected_version=version,
        retire=True,
    )
    return _changed(asked, wanted, digest=digest_of_body(), status=204)


@router.get("/figures", summary="Figures of a case", response_model=FigurePage)
def get_figures(instance: str, caller: Reader, asked: Circumstances) -> Response:
    """Compute every figure of an instance from its records, now."""
    view = instance_view(asked.house.runtime, caller, instance)
    shown = [_figure(asked, figure) for figure in view.figures]
    return send(Reply(status=200, body=page(shown, None)))


def _changed(asked: Asked, wanted: ChangeRow, *, digest: str, status: int) -> Response:
    """Write a row, and put the outcome into words."""
    explained = _process_of(asked, wanted.caller, wanted.instance_id)

    def render(outcome: Changed | NotChanged) -> Reply:
        if isinstance(outcome, NotChanged):
            explain = explainer(asked, explained, record_set=wanted.record_set)
            problem = problem_of_refusal(outcome.refused, explain=explain, of=wanted.record_set)
            return asked.reply(problem)
        address = f"/api/v1/instances/{wanted.instance_id}/records/{wanted.record_set}"
        headers = {"ETag": f'"{outcome.version}"'}
        if status == 201:
            headers["Location"] = f"{address}/{outcome.row}"
        values = {name: to_json(value) for name, value in outcome.values.items()}
        body = ChangedBody(
            id=outcome.row, version=outcome.version, values=values, entry=outcome.entry
        )
        return Reply(
            status=status,
            body=None if status == 204 else body.model_dump(mode="json"),
            headers=headers,
        )

    keyed = ChangeRow(
        caller=wanted.caller,
        instance_id=wanted.instance_id,
        record_set=wanted.record_set,
        row=wanted.row,
        values=wanted.values,
        expected_version=wanted.expected_version,
        retire=wanted.retire,
        key=asked.once(digest, render),
    )
    return asked.respond(change_record(asked.house.runtime, keyed), render)


def _process_of(asked: Asked, caller: Caller, instance: str) -> Any:
    _, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)
    return compiled.process


def _figure(asked: Asked, view: FigureView) -> dict[str, Any]:
    figure = view.figure
    return FigureBody(
        name=view.name,
        title=view.title[asked.language],
        unit=view.unit,
        numerator=figure.numerator,
        denominator=figure.denominator,
        cut_off=figure.cut_off,
        rows={name: list(ids) for name, ids in figure.rows.items()},
        parts={name: list(part) for name, part in figure.parts.items()},
    ).model_dump(mode="json")
