"""The clock of a demonstration: an administrator moves it forward, never back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from api.dependencies import Administrator, Circumstances, Reply, answer_once
from api.v1.administering import refused
from api.v1.reading import Body, Instant, JsonBody, Sent
from engine.commands.manage_accounts import NotAllowed
from engine.commands.move_clock import move_clock

router = APIRouter(prefix="/demo", tags=["demo"])


class ClockMove(Body):
    """The instant from which the clock goes on."""

    to: Instant


class ClockBody(BaseModel):
    """The time now, and how many timers fired on the way."""

    now: str
    fired: int


@router.post("/clock", summary="Move the clock of a demonstration", response_model=ClockBody)
def post_clock(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[ClockMove], Depends(JsonBody(ClockMove))],
) -> Response:
    """Move forward; what falls due on the way has fired when the answer comes."""
    house = asked.house

    def run() -> Reply:
        fired = move_clock(house.runtime, caller, body.value.to, clock=house.clock)
        if isinstance(fired, NotAllowed):
            return refused(asked, fired)
        now = asked.at(house.runtime.clock.now(), caller.organization_id)
        return Reply(status=200, body={"now": now, "fired": fired})

    return answer_once(asked, caller, digest=body.digest, run=run)
