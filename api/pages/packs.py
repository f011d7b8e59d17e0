"""Evidence packs for who is logged in, and doors for auditors from outside.

1. A pack is made by a form and comes as a download; asking is an entry of the log.
2. Doors are made and ended by the secretary; the secret is on the page once, right after.
"""

from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Response

from api.dependencies import standing
from api.packing import pack_for
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from api.problems import problem_of
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_auditor_links import (
    DAYS_MAX,
    MadeLink,
    NewLink,
    add_link,
    end_link,
    links_of,
)
from engine.errors import Invalid, QuyTrinhError
from engine.storage.auditor_links import AuditorLink

router = APIRouter(prefix="/log/packs")

HOME: Final = "/log/packs"
KEEPERS: Final = ("iso_secretary",)
KINDS: Final = ("instance", "process", "year")
USUAL_DAYS: Final = 14


@router.get("")
def packs_page(desk: Desked) -> Response:
    """What can be packed, and which doors there are."""
    asked = desk.request.query_params
    wanted = {kind: asked[kind] for kind in KINDS if asked.get(kind)}
    done = asked.get("done") == "ended"
    message = Message(kind="good", text=desk.voice.ui("done.link_ended")) if done else None
    return _show(desk, message=message, wanted=wanted)


@router.post("")
def make_pack(sent: Posted) -> Response:
    """Make a pack and send it."""
    desk, typed = sent.desk, sent.typed
    kind, value = typed.text("kind"), typed.text("value").strip()
    try:
        _check_kind(kind, value)
        return pack_for(desk.house, desk.caller, kind=kind, value=value).response()
    except QuyTrinhError as error:
        status = problem_of(error).status
        told = {kind: value} if kind in KINDS else {}
        return _show(desk, status=status, message=desk.voice.error(error), wanted=told)


@router.post("/links")
def make_link(sent: Posted) -> Response:
    """Make a door, and show its secret this once."""
    desk, typed = sent.desk, sent.typed
    try:
        kind, value = typed.text("kind"), typed.text("value").strip()
        _check_kind(kind, value)
        wanted = NewLink(
            kind=kind, value=value, label=typed.text("label"), expires_at=_end_of_day(sent)
        )
        made = add_link(desk.house.runtime, desk.caller, wanted, roles=KEEPERS)
    except QuyTrinhError as error:
        return _show(desk, status=problem_of(error).status, message=desk.voice.error(error))
    if isinstance(made, NotAllowed):
        return _not_allowed(desk)
    return _show(desk, made=made)


@router.post("/links/{link}/end")
def end_one(link: str, sent: Posted) -> Response:
    """End a door at once."""
    desk = sent.desk
    if isinstance(end_link(desk.house.runtime, desk.caller, link, roles=KEEPERS), NotAllowed):
        return _not_allowed(desk)
    return go(f"{HOME}?done=ended")


def _check_kind(kind: str, value: str) -> None:
    if kind not in KINDS or not value:
        raise Invalid("pack_scope_unclear")


def _end_of_day(sent: Posted) -> datetime:
    """The end of the day that was typed, in the organisation's zone."""
    try:
        day = date.fromisoformat(sent.typed.text("until"))
    except ValueError as fault:
        raise Invalid("link_time_wrong", days=DAYS_MAX) from fault
    following = day + timedelta(days=1)
    zone = sent.desk.visit.zone
    return datetime(following.year, following.month, following.day, tzinfo=zone)


def _not_allowed(desk: Desk) -> Response:
    text = desk.voice.ui("links.not_allowed")
    return _show(desk, status=403, message=Message(kind="bad", text=text))


def _show(
    desk: Desk,
    *,
    status: int = 200,
    message: Message | None = None,
    wanted: dict[str, str] | None = None,
    made: MadeLink | None = None,
) -> Response:
    links = links_of(desk.house.runtime, desk.caller, roles=KEEPERS)
    with standing(desk.house, desk.caller) as (uow, _):
        now = uow.now
        processes = [
            (name, desk.voice.title(uow.definition(name).process.title))
            for name in uow.tables.definitions.processes()
        ]
    address = desk.house.settings.public_url
    known: tuple[AuditorLink, ...] = () if isinstance(links, NotAllowed) else links
    answer = desk.page(
        "log/packs.html",
        status=status,
        message=message,
        wanted=wanted or {},
        processes=processes,
        years=range(desk.visit.today.year, desk.visit.today.year - 6, -1),
        keeper=not isinstance(links, NotAllowed),
        links=[(link, link.is_open(now), desk.voice.person(link.made_by)) for link in known],
        made=made,
        address=None if made is None else f"{address}/auditor/{made.link.id}",
        usual=desk.visit.today + timedelta(days=USUAL_DAYS),
        latest=desk.visit.today + timedelta(days=DAYS_MAX - 1),
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
