"""What falls due when: a month in weeks, a year in months, and feeds for calendar programs."""

from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response

from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from api.settings import Settings
from engine.commands.manage_feeds import feeds_of, make_feed, revoke_feed
from engine.errors import Conflict, NotFound
from engine.queries.deadlines import month_sheet, year_sheet

router = APIRouter(prefix="/deadlines")

YEARS: Final = range(2000, 2101)
MONTHS: Final = range(1, 13)


@router.get("")
def deadlines_page(desk: Desked, year: str = "", month: str = "", mine: str = "") -> Response:
    """The month of today, another one, or a whole year when no month is named with it."""
    revoked = desk.request.query_params.get("done") == "revoked"
    message = Message(kind="good", text=desk.voice.ui("deadlines.feed_revoked"))
    return _show(
        desk, year=year, month=month, mine=mine == "1", message=message if revoked else None
    )


@router.post("/feeds")
def new_feed(sent: Posted) -> Response:
    """Make an address for a calendar program; it stands on the page that answers alone."""
    desk = sent.desk
    try:
        made = make_feed(desk.house.runtime, desk.caller, mine=sent.typed.text("which") != "all")
    except Conflict as error:
        return _show(desk, status=409, message=desk.voice.error(error))
    return _show(desk, status=201, address=_address(desk.house.settings, made.secret))


@router.post("/feeds/{feed_id}/revoke")
def revoke(sent: Posted, feed_id: str) -> Response:
    """End an address."""
    revoke_feed(sent.desk.house.runtime, sent.desk.caller, feed_id)
    return go("/deadlines?done=revoked#feeds")


def _show(  # noqa: PLR0913 - which sheet, and what stands above it.
    desk: Desk,
    *,
    year: str = "",
    month: str = "",
    mine: bool = False,
    status: int = 200,
    message: Message | None = None,
    address: str = "",
) -> Response:
    today = desk.visit.today
    wanted = _number(year, YEARS) if year else today.year
    common: dict[str, Any] = {
        "mine": mine,
        "message": message,
        "address": address,
        "feeds": feeds_of(desk.house.runtime, desk.caller),
    }
    if year and not month:
        sheet = year_sheet(desk.house.runtime, desk.caller, wanted, mine=mine)
        return desk.page("deadlines/year.html", status=status, sheet=sheet, **common)
    number = _number(month, MONTHS) if month else today.month
    shown = month_sheet(desk.house.runtime, desk.caller, wanted, number, mine=mine)
    first = shown.first
    return desk.page(
        "deadlines/month.html",
        status=status,
        sheet=shown,
        before=_moved(first, -1),
        after=_moved(first, 1),
        **common,
    )


def _moved(first: date, months: int) -> date:
    """The first day of a month near another one."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _number(text: str, within: range) -> int:
    if not text.isdecimal() or int(text) not in within:
        raise NotFound("not_found")
    return int(text)


def _address(settings: Settings, secret: str) -> str:
    """The address that a calendar program subscribes to; `api.v1.deadlines` answers there."""
    return f"{settings.public_url}/api/v1/calendar/{secret}.ics"
