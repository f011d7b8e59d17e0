"""What falls due when: as a list, and as a feed for calendar programs (RFC 5545)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from icalendar import Alarm, Calendar, Event
from pydantic import BaseModel

from api.dependencies import (
    Administering,
    Circumstances,
    House,
    Reader,
    Reply,
    answer_once,
    digest_of_body,
    house_of,
    public_request,
    send,
)
from api.v1.administering import done
from api.v1.instances import SummaryBody, summary_body
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, JsonBody, Sent
from engine.commands.manage_feeds import FeedReader, feeds_of, make_feed, reader_of, revoke_feed
from engine.queries.deadlines import DueCase, WhichDeadlines, deadlines

router = APIRouter(tags=["deadlines"])

PRODUCT: Final = "-//Quy Trinh//Deadlines//VI"
PAST: Final = timedelta(days=31)
"""How long something overdue stays in a feed; the pages show it until it is done."""


class DeadlineBody(BaseModel):
    """An open case with its due day; `mine` when a step ahead may be the caller's."""

    due_on: date
    mine: bool
    instance: SummaryBody


class DeadlinePage(BaseModel):
    """A page of deadlines, the earliest first."""

    items: list[DeadlineBody]
    next: str | None


class NewFeedBody(Body):
    """A feed of what may be mine to do, or of every deadline of the organisation."""

    mine: bool = True


class FeedBody(BaseModel):
    """A feed, without its address."""

    id: str
    mine: bool
    created_at: str | None


class MadeFeedBody(FeedBody):
    """A fresh feed with its address, which is shown this once."""

    address: str


class FeedPage(BaseModel):
    """The caller's feeds."""

    items: list[FeedBody]
    next: str | None


@router.get("/deadlines", summary="Deadlines", response_model=DeadlinePage)
def get_deadlines(  # noqa: PLR0913 - each is a filter of the contract.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    process: str | None = None,
    unit: str | None = None,
    mine: bool = False,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List open cases by due day; `from` and `to` are both in it."""
    wanted = WhichDeadlines(first=first, last=last, process=process, unit=unit, mine=mine)
    found = deadlines(asked.house.runtime, caller, wanted)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [
        DeadlineBody(
            due_on=one.due_on, mine=one.mine, instance=summary_body(asked, caller, one.instance)
        ).model_dump(mode="json")
        for one in items
    ]
    return send(Reply(status=200, body=page(shown, following)))


@router.get("/calendar", summary="My calendar feeds", response_model=FeedPage)
def get_feeds(caller: Administering, asked: Circumstances) -> Response:
    """List one's own feeds."""
    shown = [
        FeedBody(
            id=feed.id,
            mine=feed.mine,
            created_at=asked.at(feed.created_at, caller.organization_id),
        ).model_dump()
        for feed in feeds_of(asked.house.runtime, caller)
    ]
    return send(Reply(status=200, body=page(shown, None)))


@router.post("/calendar", status_code=201, summary="Make a feed", response_model=MadeFeedBody)
def post_feed(
    caller: Administering,
    asked: Circumstances,
    body: Annotated[Sent[NewFeedBody], Depends(JsonBody(NewFeedBody))],
) -> Response:
    """Make a feed of one's own; its address is a secret, and is never kept under a key."""
    made = make_feed(asked.house.runtime, caller, mine=body.value.mine)
    shown = MadeFeedBody(
        id=made.feed.id,
        mine=made.feed.mine,
        created_at=asked.at(made.feed.created_at, caller.organization_id),
        address=feed_address(asked.house, made.secret),
    )
    headers = {"Location": f"/api/v1/calendar/{made.feed.id}", "Cache-Control": "no-store"}
    return send(Reply(status=201, body=shown.model_dump(), headers=headers))


@router.delete("/calendar/{feed}", status_code=204, summary="Revoke a feed")
def delete_feed(feed: str, caller: Administering, asked: Circumstances) -> Response:
    """End a feed of one's own at once."""

    def run() -> Reply:
        revoke_feed(asked.house.runtime, caller, feed)
        return done(asked, None)

    return answer_once(asked, caller, digest=digest_of_body(), run=run)


@router.get(
    "/calendar/{secret}.ics",
    summary="A calendar feed",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}},
)
def get_feed(request: Request, secret: str) -> Response:
    """The deadlines of whoever made the feed, for a calendar program; the address is the key."""
    public_request(request)
    house = house_of(request)
    reader = reader_of(house.runtime, secret)
    return Response(
        calendar_of(house, reader),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="quytrinh.ics"'},
    )


def feed_address(house: House, secret: str) -> str:
    """The address that a calendar program subscribes to."""
    return f"{house.settings.public_url}/api/v1/calendar/{secret}.ics"


def calendar_of(house: House, reader: FeedReader) -> bytes:
    """The feed's text: a whole-day event for each due day."""
    with house.runtime.read(reader.caller.organization_id) as uow:
        today, now = uow.today, uow.now
    wanted = WhichDeadlines(first=today - PAST, mine=reader.mine)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    name = house.words.say("feed.name", {}, reader.language)
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for one in deadlines(house.runtime, reader.caller, wanted):
        calendar.add_component(_event(house, reader, one, now))
    text: bytes = calendar.to_ical()
    return text


def _event(house: House, reader: FeedReader, one: DueCase, now: datetime) -> Event:
    case, language = one.instance, reader.language
    told: dict[str, Any] = {
        "code": case.code,
        "title": case.title,
        "state": case.state_title[language],
        "process": case.process_title[language],
    }
    said = "feed.overdue" if case.overdue else "feed.due"
    address = f"{house.settings.public_url}/instances/{case.id}"
    event = Event()
    event.add("uid", f"{case.id}@{house.settings.public_host}")
    event.add("dtstamp", now)
    event.add("dtstart", one.due_on)
    event.add("dtend", one.due_on + timedelta(days=1))
    event.add("summary", house.words.say(said, told, language))
    event.add("description", house.words.say("feed.about", told, language) + f"\n{address}")
    event.add("url", address)
    # A deadline does not make anybody busy.
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", house.words.say("feed.due", told, language))
    alarm.add("trigger", timedelta(days=-1))
    event.add_component(alarm)
    return event
