"""The log: entries of an instance or of the organisation, newest last."""

import json
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from api.dependencies import Asked, Circumstances, Reader, Reply, log_filter, send
from api.packing import disposition
from api.problems import plain
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.v1.reading import Instant, QueryText
from engine.audit.leaf import EntryType
from engine.commands.export_log import ExportForm, begin_export, export_lines
from engine.queries.audit_trail import Trail, trail
from engine.queries.definitions import refuse_unknown_names
from engine.queries.log_pages import LogQuestion
from engine.runtime import Caller

router = APIRouter(tags=["log"])

INDEX_MAX = 2**53 - 1


class RestForm(StrEnum):
    """How entries leave over REST; a PDF is for people, and made by the page."""

    JSONL = "jsonl"
    CSV = "csv"
    XES = "xes"
    OCEL = "ocel"


MEDIA_TYPES: Final = {
    RestForm.JSONL: "application/x-ndjson",
    RestForm.CSV: "text/csv",
    RestForm.XES: "application/xml",
    RestForm.OCEL: "application/json",
}
ENDINGS: Final = {form: form.value for form in RestForm} | {RestForm.OCEL: "ocel.json"}
BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}

Index = Annotated[int | None, Query(ge=-1, le=INDEX_MAX)]
Moment = Annotated[Instant | None, Query()]


class ChangeBody(BaseModel):
    """One value that changed."""

    set: str | None
    row: str | None
    column: str
    old: Any
    new: Any


class EntryBody(BaseModel):
    """An entry of the log.

    Attributes:
        body: the leaf itself, as it was hashed; what stands beside it are readable copies.
        unmet: keys of what was missing, where the attempt was refused.
    """

    index: int
    stream: str
    seq: int
    type: str
    title: str
    outcome: str
    at: str | None
    actor: str
    actor_name: str | None
    unit: str | None
    instance: str | None
    process: str | None
    transition: str | None
    unmet: list[str]
    changes: list[ChangeBody]
    reason: str | None
    details: dict[str, Any]
    leaf_hash: str
    body: dict[str, Any]


class EntryPage(BaseModel):
    """Entries in the order of the log; `size` is how many it has."""

    items: list[EntryBody]
    next: str | None
    size: int


@router.get("/log", summary="The organisation's log", response_model=EntryPage)
def get_log(  # noqa: PLR0913 - each parameter is one of the contract's filters.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    process: QueryText | None = None,
    actor: QueryText | None = None,
    transition: QueryText | None = None,
    unit: QueryText | None = None,
    kind: Annotated[EntryType | None, Query(alias="type")] = None,
    outcome: Literal["accepted", "refused"] | None = None,
    first: Annotated[Moment, Query(alias="from")] = None,
    last: Annotated[Moment, Query(alias="to")] = None,
    after: Index = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Read entries beyond an index; `after` lets a follower go on where it stopped.

    A process that was never published is a fault, not an empty list.
    """
    refuse_unknown_names(asked.house.runtime, caller, process=process)
    wanted = log_filter(
        process=process,
        actor=actor,
        transition=transition,
        unit=unit,
        type=None if kind is None else kind.value,
        outcome=outcome,
        first=first,
        last=last,
    )
    return _entries(request, caller, asked, wanted=wanted, after=after, limit=limit, cursor=cursor)


@router.get(
    "/log/export",
    summary="A part of the log as a file",
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), BINARY)}},
    response_class=StreamingResponse,
)
def get_log_export(  # noqa: PLR0913 - each parameter is one of the contract's filters.
    caller: Reader,
    asked: Circumstances,
    *,
    form: Annotated[RestForm, Query(alias="format")] = RestForm.JSONL,
    process: QueryText | None = None,
    actor: QueryText | None = None,
    transition: QueryText | None = None,
    unit: QueryText | None = None,
    instance: QueryText | None = None,
    kind: Annotated[EntryType | None, Query(alias="type")] = None,
    outcome: Literal["accepted", "refused"] | None = None,
    first: Annotated[Moment, Query(alias="from")] = None,
    last: Annotated[Moment, Query(alias="to")] = None,
    words: Annotated[QueryText | None, Query(alias="q")] = None,
    names: bool = False,
) -> Response:
    """Send entries as they are read: lines, a table, or an event log for process mining.

    Each export is an entry of the log itself. `unit` takes the units below it along; `names` needs
    the role for it, else people are ids.
    """
    runtime, organization_id = asked.house.runtime, caller.organization_id
    refuse_unknown_names(runtime, caller, process=process)
    question = LogQuestion(
        wanted=log_filter(
            process=process,
            actor=actor,
            transition=transition,
            instance=instance,
            type=None if kind is None else kind.value,
            outcome=outcome,
            first=first,
            last=last,
        ),
        unit=unit,
        words=words,
    )
    wanted_form = ExportForm(form.value)
    begun = begin_export(runtime, organization_id, caller, question, wanted_form, names=names)
    lines = export_lines(runtime, begun, language=asked.language)
    return StreamingResponse(
        lines,
        media_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": disposition(f"log.{ENDINGS[form]}"),
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/instances/{instance}/log", summary="The log of an instance", response_model=EntryPage)
def get_instance_log(  # noqa: PLR0913 - the page's parameters among them.
    request: Request,
    instance: str,
    caller: Reader,
    asked: Circumstances,
    *,
    outcome: Literal["accepted", "refused"] | None = None,
    after: Index = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Read the entries of one instance, newest last."""
    wanted = log_filter(instance=instance, outcome=outcome)
    return _entries(request, caller, asked, wanted=wanted, after=after, limit=limit, cursor=cursor)


def _entries(  # noqa: PLR0913 - what both addresses share.
    request: Request,
    caller: Caller,
    asked: Asked,
    *,
    wanted: Any,
    after: int | None,
    limit: int,
    cursor: str | None,
) -> Response:
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    start = int(opened[0]) if opened is not None else (-1 if after is None else after)
    found = trail(asked.house.runtime, caller, wanted, after=start, limit=limit)
    shown = [_entry(asked, caller, found, entry) for entry in found.entries]
    following = pager.seal(None if found.next is None else [found.next])
    return send(Reply(status=200, body={**page(shown, following), "size": found.size}))


def _entry(asked: Asked, caller: Caller, found: Trail, entry: Any) -> dict[str, Any]:
    body = json.loads(entry.body)
    payload = entry.payload
    return EntryBody(
        index=entry.idx,
        stream=entry.stream,
        seq=entry.seq,
        type=entry.type,
        title=asked.say(f"entry.{entry.type}"),
        outcome=entry.outcome,
        at=asked.at(entry.recorded_at, caller.organization_id),
        actor=entry.actor,
        actor_name=found.people.get(entry.actor),
        unit=entry.unit,
        instance=entry.instance,
        process=entry.process,
        transition=entry.transition,
        unmet=body.get("unmet", []),
        changes=[
            ChangeBody(
                set=change.record_set,
                row=change.row,
                column=change.column,
                old=plain(change.old),
                new=plain(change.new),
            )
            for change in (payload.changes if payload else ())
        ],
        reason=payload.reason if payload else None,
        details=plain(payload.details) if payload else {},
        leaf_hash=entry.leaf_hash.hex(),
        body=body,
    ).model_dump(mode="json")
