"""Instances: lists, opening, one instance as its caller may see it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import (
    Asked,
    Circumstances,
    Reader,
    Reply,
    Stepper,
    instance_filter,
    send,
    standing,
)
from api.language import title
from api.problems import Explain, problem_of_refusal, unmet_body
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.v1.reading import Assignees, Body, Identifier, JsonBody, Line, QueryText, Sent, Year
from engine.commands.start_instance import NotOpened, Started, StartInstance, start_instance
from engine.definition.model import Process
from engine.definition.values import to_json
from engine.machine.actor import Actor
from engine.machine.compiler import Compiled
from engine.machine.decide import available, facts_of
from engine.machine.decision import Option, Unmet
from engine.machine.instance import Approval, Case, Child, Deadline
from engine.machine.registry import RegistryMissing
from engine.machine.window import spans_of
from engine.queries.definitions import refuse_unknown_names
from engine.queries.instances import Summary, list_instances
from engine.runtime import Caller

router = APIRouter(prefix="/instances", tags=["instances"])

SCANNED_MAX = 1000
"""How many instances one page looks at when it is narrowed to an assignee."""


class Opening(Body):
    """What an instance is opened with."""

    process: Identifier
    title: Line = ""
    unit: Identifier | None = None
    year: Year | None = None
    period: Identifier | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    assignees: Assignees = Field(default_factory=dict)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "process": "internal_audit",
                    "title": "Đánh giá nội bộ năm 2026",
                    "year": 2026,
                    "fields": {"scope": "Toàn Sở"},
                }
            ]
        }
    )


class UnmetBody(BaseModel):
    """One reason why a step cannot be taken."""

    code: str
    subject: str | None
    transition: str | None
    params: dict[str, Any]
    message: str
    who_can: list[str]


class OptionBody(BaseModel):
    """A step that leads out of the present state, for the caller."""

    transition: str
    title: str
    to: list[str]
    ready: bool
    unmet: list[UnmetBody]


class SpanBody(BaseModel):
    """Days from first to last, both included."""

    first: date
    last: date


class DeadlineBody(BaseModel):
    """When the present state is due, and what made that day.

    Attributes:
        on: the last day in time.
        at: the instant at which it has passed.
        rule: the form of the definition, and where it ends when its day is a day off.
        calendar: number of the edition of the calendar that it was counted by.
    """

    on: date
    at: str | None
    rule: str
    calendar: int | None


class ChildBody(BaseModel):
    """A child instance, as its parent sees it."""

    id: str
    code: str
    process: str
    title: str
    state: str
    final: str | None
    unit: str | None
    due_on: date | None


class SummaryBody(BaseModel):
    """An instance in a list."""

    id: str
    code: str
    process: str
    title: str
    unit: str | None
    year: int
    state: str
    state_title: str
    final: str | None
    version: int
    due_on: date | None
    due_at: str | None
    overdue: bool
    opened_at: str | None
    parent: str | None
    flags: list[str]


class SummaryPage(BaseModel):
    """A page of instances."""

    items: list[SummaryBody]
    next: str | None


class ApprovalBody(BaseModel):
    """An approval that was given: whether it holds, and what ended it."""

    name: str
    title: str
    person: str
    at: str | None
    holds: bool
    ended_at: str | None
    ended_by: str | None
    changed: list[str]


class InstanceBody(SummaryBody):
    """One instance, for one caller."""

    process_title: str
    definition_version: int
    definition_digest: str
    period: str | None
    predecessor: str | None
    due: DeadlineBody | None
    fields: dict[str, Any]
    assignees: dict[str, list[str]]
    window: list[SpanBody]
    children: list[ChildBody]
    approvals: list[ApprovalBody]
    available: list[OptionBody]


@router.get("", summary="Instances, newest first", response_model=SummaryPage)
def get_instances(  # noqa: PLR0913 - each parameter is one of the contract's filters.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    process: QueryText | None = None,
    state: QueryText | None = None,
    unit: QueryText | None = None,
    year: Annotated[Year | None, Query()] = None,
    assignee: QueryText | None = None,
    overdue: bool | None = None,
    q: QueryText | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the organisation's instances, narrowed by what is given.

    A process or a state that no published version has is a fault, not an empty list.
    """
    refuse_unknown_names(asked.house.runtime, caller, process=process, state=state)
    pager = pager_of(request, caller)
    wanted: dict[str, Any] = {
        "process": process,
        "state": state,
        "unit": unit,
        "year": year,
        "text": q,
        "open_only": overdue is False,
    }
    if overdue:
        with standing(asked.house, caller) as (uow, _):
            wanted["overdue_at"] = uow.now
    opened = pager.open(cursor)
    after = None if opened is None else (str(opened[0]), str(opened[1]))
    if assignee is None:
        found, following = _page(asked, caller, wanted, after=after, limit=limit)
    else:
        found, following = _assigned(
            asked, caller, wanted, after=after, limit=limit, assignee=assignee
        )
    items = [summary_body(asked, caller, summary).model_dump(mode="json") for summary in found]
    return send(Reply(status=200, body=page(items, pager.seal(following))))


@router.post("", status_code=201, summary="Open an instance", response_model=InstanceBody)
def post_instance(
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[Opening], Depends(JsonBody(Opening))],
) -> Response:
    """Open an instance of the newest published version."""
    given = body.value
    with standing(asked.house, caller) as (uow, actor):
        compiled = uow.definition(given.process)

    def render(outcome: Started | NotOpened) -> Reply:
        if isinstance(outcome, NotOpened):
            return asked.reply(
                problem_of_refusal(
                    outcome.refused, explain=explainer(asked, compiled.process), of=None
                )
            )
        case = outcome.case
        shown = instance_body(asked, case, compiled, actor)
        headers = {
            "Location": f"/api/v1/instances/{case.instance.id}",
            "ETag": f'"{case.instance.version}"',
        }
        return Reply(status=201, body=shown, headers=headers)

    request = StartInstance(
        caller=caller,
        process=given.process,
        title=given.title,
        unit=given.unit,
        year=given.year,
        period=given.period,
        fields=given.fields,
        assignees={role: tuple(people) for role, people in given.assignees.items()},
        key=asked.once(body.digest, render),
    )
    return asked.respond(start_instance(asked.house.runtime, request), render)


@router.get("/{instance}", summary="One instance, for the caller", response_model=InstanceBody)
def get_instance(instance: str, caller: Reader, asked: Circumstances) -> Response:
    """Show an instance by its id or its readable code; the ETag is for `If-Match`."""
    with standing(asked.house, caller) as (uow, actor):
        by_code = uow.tables.instances.by_code(instance)
        case = uow.case(by_code.id if by_code is not None else instance)
        shown = instance_body(asked, case, uow.pinned(case), actor)
    headers = {"ETag": f'"{case.instance.version}"', "Cache-Control": "no-store"}
    return send(Reply(status=200, body=shown, headers=headers))


def instance_body(asked: Asked, case: Case, compiled: Compiled, actor: Actor) -> dict[str, Any]:
    """An instance as it is sent; `available` is judged for this actor."""
    instance, process = case.instance, compiled.process
    organization = instance.organization_id
    window = process.window
    spans = spans_of(window, year=instance.year, period=instance.period) if window else ()
    final = process.states[instance.state].final
    body = InstanceBody(
        id=instance.id,
        code=instance.code,
        process=instance.process,
        process_title=title(process.title, asked.language),
        definition_version=instance.definition_version,
        definition_digest=instance.definition_digest,
        title=instance.title,
        unit=instance.unit,
        year=instance.year,
        period=instance.period,
        state=instance.state,
        state_title=title(process.states[instance.state].title, asked.language),
        final=final,
        version=instance.version,
        fields={name: to_json(value) for name, value in instance.fields.items()},
        assignees={role: list(people) for role, people in instance.assignees.items()},
        flags=list(instance.flags),
        opened_at=asked.at(instance.opened_at, organization),
        due_on=instance.due_on,
        due_at=asked.at(instance.due_at, organization),
        due=_deadline(asked, instance.deadline, organization),
        overdue=final is None and instance.due_at is not None and case.now >= instance.due_at,
        window=[SpanBody(first=span.first, last=span.last) for span in spans],
        parent=instance.parent_id,
        predecessor=instance.predecessor,
        children=[_child(child) for child in case.children],
        approvals=[_approval(asked, given, process, organization) for given in case.approvals],
        available=available_bodies(asked, case, compiled, actor),
    )
    return body.model_dump(mode="json")


def _approval(asked: Asked, given: Approval, process: Process, organization: str) -> ApprovalBody:
    return ApprovalBody(
        name=given.name,
        title=title(process.approvals[given.name].title, asked.language),
        person=given.person,
        at=asked.at(given.at, organization),
        holds=given.holds,
        ended_at=asked.at(given.voided_at, organization),
        ended_by=given.voided_by,
        changed=list(given.why),
    )


def _deadline(asked: Asked, deadline: Deadline | None, organization: str) -> DeadlineBody | None:
    if deadline is None:
        return None
    return DeadlineBody(
        on=deadline.on,
        at=asked.at(deadline.at, organization),
        rule=deadline.rule,
        calendar=deadline.calendar,
    )


def available_bodies(
    asked: Asked, case: Case, compiled: Compiled, actor: Actor
) -> list[OptionBody]:
    """Every step that leaves the present state, with what this actor lacks, as it is sent."""
    return [
        _option(asked, compiled.process, option)
        for option in options_of(asked, case, compiled, actor)
    ]


def options_of(asked: Asked, case: Case, compiled: Compiled, actor: Actor) -> tuple[Option, ...]:
    """What the actor may do; nothing where parts of the process are not installed."""
    registry = asked.house.runtime.registry
    try:
        facts = facts_of(compiled.process, case, registry)
        return available(compiled, case, actor=actor, facts=facts, registry=registry)
    except RegistryMissing:
        return ()


def explainer(
    asked: Asked,
    process: Process,
    *,
    transition: str | None = None,
    record_set: str | None = None,
) -> Explain:
    """What puts a reason into the words of the request's language."""

    def explain(unmet: Unmet) -> str:
        return asked.house.words.explain(
            unmet, asked.language, process=process, transition=transition, record_set=record_set
        )

    return explain


def summary_body(asked: Asked, caller: Caller, summary: Summary) -> SummaryBody:
    """An instance of a list as it is sent."""
    return SummaryBody(
        id=summary.id,
        code=summary.code,
        process=summary.process,
        title=summary.title,
        unit=summary.unit,
        year=summary.year,
        state=summary.state,
        state_title=summary.state_title[asked.language],
        final=summary.final,
        version=summary.version,
        due_on=summary.due_on,
        due_at=asked.at(summary.due_at, caller.organization_id),
        overdue=summary.overdue,
        opened_at=asked.at(summary.opened_at, caller.organization_id),
        parent=summary.parent_id,
        flags=list(summary.flags),
    )


Place = tuple[str, str]


def _page(
    asked: Asked, caller: Caller, wanted: Mapping[str, Any], *, after: Place | None, limit: int
) -> tuple[list[Summary], Place | None]:
    found = list_instances(
        asked.house.runtime, caller, instance_filter(**wanted, after=after), limit=limit + 1
    )
    shown = list(found[:limit])
    return shown, _place(shown[-1]) if len(found) > limit else None


def _assigned(
    asked: Asked,
    caller: Caller,
    wanted: Mapping[str, Any],
    *,
    after: Place | None,
    limit: int,
    assignee: str,
) -> tuple[list[Summary], Place | None]:
    """A page of what names somebody; fields and rows that assign count, so each case is read."""
    shown: list[Summary] = []
    scanned = 0
    while scanned < SCANNED_MAX:
        found, following = _page(asked, caller, wanted, after=after, limit=LIMIT)
        with standing(asked.house, caller) as (uow, _):
            for summary in found:
                people = uow.case(summary.id).instance.assignees.values()
                if any(assignee in named for named in people):
                    shown.append(summary)
                after = _place(summary)
                if len(shown) == limit:
                    return shown, after
        scanned += len(found)
        if following is None:
            return shown, None
    return shown, after


def _place(summary: Summary) -> Place:
    return summary.opened_at.isoformat(), summary.id


def _child(child: Child) -> ChildBody:
    return ChildBody(
        id=child.id,
        code=child.code,
        process=child.process,
        title=child.title,
        state=child.state,
        final=child.final,
        unit=child.unit,
        due_on=child.due_on,
    )


def _option(asked: Asked, process: Process, option: Option) -> OptionBody:
    explain = explainer(asked, process, transition=option.transition)
    return OptionBody(
        transition=option.transition,
        title=title(process.transitions[option.transition].title, asked.language),
        to=list(option.to),
        ready=option.ready and not option.forbidden,
        unmet=[
            UnmetBody(**unmet_body(unmet, explain=explain, of=option.transition))
            for unmet in option.unmet
        ],
    )
