"""What is settled about an instance beside its steps: who does it, which gate is lifted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.dependencies import (
    Asked,
    Circumstances,
    Reader,
    Reply,
    Stepper,
    send,
    standing,
    standpoint,
)
from api.problems import problem_of_refusal
from api.v1.instances import InstanceBody, explainer, instance_body
from api.v1.paging import page
from api.v1.reading import Assignees, Body, IsoDate, JsonBody, LongText, Sent
from engine.commands.claim_instance import (
    ClaimInstance,
    ReleaseInstance,
    claim_instance,
    release_instance,
)
from engine.commands.steer_instance import (
    AssignInstance,
    GrantWaiver,
    NotSteered,
    Steered,
    assign_instance,
    grant_waiver,
)
from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.machine.compiler import Compiled
from engine.runtime import Caller

router = APIRouter(prefix="/instances/{instance}", tags=["steering"])


class Assignment(Body):
    """Roles narrowed to named people; an empty list opens a role to all its holders."""

    assignees: Annotated[Assignees, Field(min_length=1)]


class ClaimBody(Body):
    """The role to take upon oneself."""

    role: Annotated[str, Field(min_length=1, max_length=100)]


class ReleaseBody(Body):
    """The role to give back, and why."""

    role: Annotated[str, Field(min_length=1, max_length=100)]
    reason: LongText


class NewWaiver(Body):
    """A gate to lift: the key of an unmet, such as `window`, until a day, that day included."""

    gate: Annotated[str, Field(min_length=1, max_length=200)]
    reason: LongText
    until: IsoDate


class WaiverBody(BaseModel):
    """A gate that is lifted."""

    gate: str
    reason: str
    granted_by: str
    until: str


class WaiverPage(BaseModel):
    """Every waiver of an instance."""

    items: list[WaiverBody]
    next: str | None


class SteeredBody(BaseModel):
    """The instance afterwards, and the index of the log's entry."""

    instance: InstanceBody
    entry: int


@router.post("/assignment", summary="Name who does it", response_model=SteeredBody)
def post_assignment(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[Assignment], Depends(JsonBody(Assignment))],
) -> Response:
    """Narrow roles of an instance to named people; who may open such instances may."""
    actor, compiled = _standpoint(asked, caller, instance)

    def render(outcome: Steered | NotSteered) -> Reply:
        return _rendered(asked, outcome, actor, compiled)

    request = AssignInstance(
        caller=caller,
        instance_id=instance,
        assignees={role: tuple(people) for role, people in body.value.assignees.items()},
        key=asked.once(body.digest, render),
    )
    return asked.respond(assign_instance(asked.house.runtime, request), render)


@router.post("/claim", summary="Take a role upon oneself", response_model=SteeredBody)
def post_claim(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[ClaimBody], Depends(JsonBody(ClaimBody))],
) -> Response:
    """Narrow a role that the caller holds, and that nobody is named for, to the caller."""
    actor, compiled = _standpoint(asked, caller, instance)

    def render(outcome: Steered | NotSteered) -> Reply:
        return _rendered(asked, outcome, actor, compiled)

    request = ClaimInstance(
        caller=caller,
        instance_id=instance,
        role=body.value.role,
        key=asked.once(body.digest, render),
    )
    return asked.respond(claim_instance(asked.house.runtime, request), render)


@router.post("/release", summary="Give a role back", response_model=SteeredBody)
def post_release(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[ReleaseBody], Depends(JsonBody(ReleaseBody))],
) -> Response:
    """Take the caller's name off a role, with the reason; others may take it then."""
    actor, compiled = _standpoint(asked, caller, instance)

    def render(outcome: Steered | NotSteered) -> Reply:
        return _rendered(asked, outcome, actor, compiled)

    request = ReleaseInstance(
        caller=caller,
        instance_id=instance,
        role=body.value.role,
        reason=body.value.reason,
        key=asked.once(body.digest, render),
    )
    return asked.respond(release_instance(asked.house.runtime, request), render)


@router.get("/waivers", summary="Gates that are lifted", response_model=WaiverPage)
def get_waivers(instance: str, caller: Reader, asked: Circumstances) -> Response:
    """List the waivers of an instance, past ones included."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.case(instance).waivers
    shown: list[Any] = [
        WaiverBody(
            gate=waiver.gate,
            reason=waiver.reason,
            granted_by=waiver.granted_by,
            until=waiver.until.isoformat(),
        ).model_dump()
        for waiver in found
    ]
    return send(Reply(status=200, body=page(shown, None)))


@router.post("/waivers", status_code=201, summary="Lift a gate", response_model=SteeredBody)
def post_waiver(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[NewWaiver], Depends(JsonBody(NewWaiver))],
) -> Response:
    """Lift exactly one gate until a day, with the reason; the Director may."""
    actor, compiled = _standpoint(asked, caller, instance)

    def render(outcome: Steered | NotSteered) -> Reply:
        return _rendered(asked, outcome, actor, compiled, status=201)

    request = GrantWaiver(
        caller=caller,
        instance_id=instance,
        gate=body.value.gate,
        reason=body.value.reason,
        until=body.value.until,
        key=asked.once(body.digest, render),
    )
    return asked.respond(grant_waiver(asked.house.runtime, request), render)


def _standpoint(asked: Asked, caller: Caller, instance: str) -> tuple[Actor, Compiled]:
    actor, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)
    return actor, compiled


def _rendered(
    asked: Asked,
    outcome: Steered | NotSteered,
    actor: Actor,
    compiled: Compiled,
    *,
    status: int = 200,
) -> Reply:
    if isinstance(outcome, NotSteered):
        explain = explainer(asked, compiled.process)
        return asked.reply(problem_of_refusal(outcome.refused, explain=explain))
    body = {
        "instance": instance_body(asked, outcome.case, compiled, actor),
        "entry": outcome.entry,
    }
    return Reply(status=status, body=body, headers={"ETag": f'"{outcome.case.instance.version}"'})
