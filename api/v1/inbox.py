"""What the caller can do now, what waits, what they were told."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from api.problems import plain, unmet_body
from api.v1.instances import SummaryBody, UnmetBody, explainer, summary_body
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from engine.definition.model import Process
from engine.queries.definitions import definition_view
from engine.queries.inbox import InboxItem, inbox
from engine.queries.instances import StepOption
from engine.runtime import Caller

router = APIRouter(prefix="/inbox", tags=["inbox"])


class InboxStepBody(BaseModel):
    """A step of mine."""

    transition: str
    title: str
    to: list[str]
    ready: bool
    unmet: list[UnmetBody]


class InboxItemBody(BaseModel):
    """An instance in which I have a step to take, now (`ready`) or later."""

    instance: SummaryBody
    ready: list[InboxStepBody]
    waiting: list[InboxStepBody]


class MessageBody(BaseModel):
    """What I was told."""

    id: str
    text: str
    message: str
    params: dict[str, Any]
    instance: str | None
    at: str | None


class InboxPage(BaseModel):
    """What is due first comes first; what I can do now before what waits."""

    items: list[InboxItemBody]
    next: str | None
    messages: list[MessageBody]


@router.get("", summary="My work", response_model=InboxPage)
def get_inbox(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Judge every open instance for the caller, by the same function that decides a step."""
    found = inbox(asked.house.runtime, caller)
    items, following = slice_of(
        (*found.ready, *found.waiting),
        pager=pager_of(request, caller),
        cursor=cursor,
        limit=limit,
    )
    names = {item.instance.process for item in items}
    processes = {name: definition_view(asked.house.runtime, caller, name).process for name in names}
    shown = [_item(asked, caller, item, processes[item.instance.process]) for item in items]
    messages = [
        MessageBody(
            id=message.id,
            text=asked.say(f"message.{message.message}", **message.params),
            message=message.message,
            params=plain(message.params),
            instance=message.instance_id,
            at=asked.at(message.created_at, caller.organization_id),
        ).model_dump(mode="json")
        for message in found.messages
    ]
    return send(Reply(status=200, body={**page(shown, following), "messages": messages}))


def _item(asked: Asked, caller: Caller, item: InboxItem, process: Process) -> dict[str, Any]:
    return InboxItemBody(
        instance=summary_body(asked, caller, item.instance),
        ready=[_step(asked, process, option) for option in item.ready],
        waiting=[_step(asked, process, option) for option in item.waiting],
    ).model_dump(mode="json")


def _step(asked: Asked, process: Process, option: StepOption) -> InboxStepBody:
    explain = explainer(asked, process, transition=option.transition)
    return InboxStepBody(
        transition=option.transition,
        title=option.title[asked.language],
        to=list(option.to),
        ready=option.ready,
        unmet=[
            UnmetBody(**unmet_body(unmet, explain=explain, of=option.transition))
            for unmet in option.unmet
        ],
    )
