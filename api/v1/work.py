"""Whose work the open cases are: by person, by role, by unit."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from api.v1.instances import SummaryBody, summary_body
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from engine.queries.work_list import Load, Wanted, WorkItem, work_list
from engine.runtime import Caller

router = APIRouter(prefix="/work", tags=["inbox"])


class WorkStepBody(BaseModel):
    """A step that waits.

    Attributes:
        roles: that may take it.
        people: who may; nobody: it stands still.
        named: the case has given it to them by name.
    """

    transition: str
    title: str
    roles: list[str]
    people: list[str]
    named: bool


class WorkItemBody(BaseModel):
    """An open case with the steps that wait in it."""

    instance: SummaryBody
    steps: list[WorkStepBody]
    stuck: bool


class LoadBody(BaseModel):
    """How many open cases wait for a person, a role or a unit, and how many are overdue."""

    key: str
    title: str | None
    cases: int
    overdue: int


class WorkPage(BaseModel):
    """A page of work, the first due first; the loads count all of it, whatever was asked for.

    Attributes:
        stuck: cases in which nobody can take any step.
        cut: there are more open cases than were looked at.
    """

    items: list[WorkItemBody]
    next: str | None
    by_person: list[LoadBody]
    by_role: list[LoadBody]
    by_unit: list[LoadBody]
    stuck: int
    cut: bool


@router.get("", summary="Whose work the open cases are", response_model=WorkPage)
def get_work(  # noqa: PLR0913 - each is a filter.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    person: str | None = None,
    role: str | None = None,
    unit: str | None = None,
    overdue: bool = False,
    stuck: bool = False,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List open cases with who may take which step, as roles, units and assignment tell."""
    wanted = Wanted(person=person, role=role, unit=unit, overdue=overdue, stuck=stuck)
    found = work_list(asked.house.runtime, caller, wanted)
    items, following = slice_of(
        found.items, pager=pager_of(request, caller), cursor=cursor, limit=limit
    )
    units = {unit: title[asked.language] for unit, title in found.units.items()}
    body = {
        **page([_item(asked, caller, item) for item in items], following),
        "by_person": [_load(load, found.people.get(load.key)) for load in found.by_person],
        "by_role": [_load(load, None) for load in found.by_role],
        "by_unit": [_load(load, units.get(load.key)) for load in found.by_unit],
        "stuck": found.stuck,
        "cut": found.cut,
    }
    return send(Reply(status=200, body=body))


def _item(asked: Asked, caller: Caller, item: WorkItem) -> dict[str, Any]:
    return WorkItemBody(
        instance=summary_body(asked, caller, item.instance),
        steps=[
            WorkStepBody(
                transition=step.transition,
                title=step.title[asked.language],
                roles=list(step.roles),
                people=list(step.people),
                named=step.named,
            )
            for step in item.steps
        ],
        stuck=item.stuck,
    ).model_dump(mode="json")


def _load(load: Load, title: str | None) -> dict[str, Any]:
    return LoadBody(key=load.key, title=title, cases=load.cases, overdue=load.overdue).model_dump(
        mode="json"
    )
