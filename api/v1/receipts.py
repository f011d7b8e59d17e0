"""Receipts of entries, and who outside holds the log to its word."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from engine.commands.publish_log import NotPublishable, PublishedNowhere, publish_log
from engine.queries.witnesses import (
    Receipt,
    WitnessState,
    receipt,
    witnessed_checkpoint,
    witnesses_of,
)
from engine.runtime import Caller

router = APIRouter(tags=["log"])

INDEX_MAX = 2**53 - 1
AGAIN_SECONDS = 5
PREFERENCE = "receipt"


class WitnessBody(BaseModel):
    """An outsider, and what it last said.

    Attributes:
        size: the largest size that it signed; `signed_at` is its own time.
        alarm: it has seen another log than the database holds.
        problem: what went wrong, for an operator; nobody signed it.
    """

    name: str
    url: str | None
    said: str
    meaning: str
    alarm: bool
    current: bool
    size: int | None
    signed_at: str | None
    asked_at: str | None
    problem: str


class WitnessesBody(BaseModel):
    """How the log stands with its outsiders.

    Attributes:
        size: of the newest checkpoint; `witnessed`: of the newest that enough witnesses signed.
        quorum_asked: whether any witness is asked for; `quorum_met`: of the newest checkpoint.
        time: the RFC 3161 authority.
    """

    size: int | None
    witnessed: int | None
    quorum_asked: bool
    quorum_met: bool
    alarm: bool
    witnesses: list[WitnessBody]
    time: WitnessBody | None


class NotYetBody(BaseModel):
    """No checkpoint covers the entry yet; its receipt will be at `href`."""

    entry: int
    status: str
    href: str


@router.get(
    "/log/witnesses", summary="Who outside holds the log to its word", response_model=WitnessesBody
)
def get_witnesses(caller: Reader, asked: Circumstances) -> Response:
    """Each witness and the authority for time, with what it last said."""
    found = witnesses_of(asked.house.runtime, caller.organization_id)
    body = WitnessesBody(
        size=found.size,
        witnessed=found.witnessed,
        quorum_asked=found.asks,
        quorum_met=found.met,
        alarm=found.alarm,
        witnesses=[_witness(asked, caller, one) for one in found.witnesses],
        time=None if found.time is None else _witness(asked, caller, found.time),
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


@router.get(
    "/log/checkpoint/witnessed",
    summary="The checkpoint that witnesses signed",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_witnessed_checkpoint(caller: Reader, asked: Circumstances) -> Response:
    """The newest checkpoint that enough witnesses signed, with their lines."""
    note = witnessed_checkpoint(asked.house.runtime, caller)
    return Response(note, media_type="text/plain; charset=utf-8")


@router.get(
    "/log/{entry}/receipt",
    summary="The receipt of an entry",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        202: {"model": NotYetBody},
    },
)
def get_receipt(
    caller: Reader, asked: Circumstances, entry: Annotated[int, Path(ge=0, le=INDEX_MAX)]
) -> Response:
    """A file that proves the entry without asking anybody (c2sp.org/tlog-proof).

    202 while no checkpoint covers it yet.
    """
    found = receipt(asked.house.runtime, caller, entry)
    if found.content is None:
        body = NotYetBody(entry=entry, status="not_yet", href=_href(entry))
        again = {"Retry-After": str(AGAIN_SECONDS)}
        return send(Reply(status=202, body=body.model_dump(mode="json"), headers=again))
    return receipt_file(found)


def receipt_file(found: Receipt) -> Response:
    """A receipt as a file to be kept."""
    return Response(
        found.content,
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="entry-{found.index}.tlog-proof"',
            "Cache-Control": "private, no-store",
        },
    )


def receipt_at_once(asked: Asked, caller: Caller, entry: int) -> dict[str, Any]:
    """The receipt of a step that was just taken, or where it will be.

    What is new in the log is published for it at once, where nothing hinders that; the lines of
    witnesses come later, and are in what `href` gives then.
    """
    runtime = asked.house.runtime
    told: dict[str, Any] = {"status": "not_yet", "href": _href(entry), "proof": None}
    try:
        publish_log(runtime, caller.organization_id)
        found = receipt(runtime, caller, entry)
    except (NotPublishable, PublishedNowhere, OSError):
        # The step was taken all the same; what keeps the log back is told where operators look.
        return told
    if found.content is None:
        return told
    status = "witnessed" if found.witnessed else "published"
    return {**told, "status": status, "proof": found.content.decode()}


def _href(entry: int) -> str:
    return f"/api/v1/log/{entry}/receipt"


def _witness(asked: Asked, caller: Caller, found: WitnessState) -> WitnessBody:
    heard = found.heard
    return WitnessBody(
        name=found.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        url=found.url,
        said=found.said,
        meaning=asked.say(f"witness.{found.said}"),
        alarm=found.alarm,
        current=found.current,
        size=None if heard is None else heard.size,
        signed_at=None if heard is None else asked.at(heard.signed_at, caller.organization_id),
        asked_at=None if heard is None else asked.at(heard.asked_at, caller.organization_id),
        problem="" if heard is None else heard.problem,
    )
