"""The plan of a year, word for word, each row with the instances that carry it out."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from api.problems import plain
from api.v1.instances import SummaryBody, summary_body
from engine.queries.plan import plan_view
from engine.queries.plan_order import OrderWarning

router = APIRouter(prefix="/plans", tags=["plans"])


class OrderWarningBody(BaseModel):
    """An order between processes that the plan cannot keep.

    Attributes:
        code: not_planned, not_opened, too_late.
        row: the plan row of the process whose step waits.
        needs: the process that must have reached `state` before the step.
        by: the last day on which the step is in time.
        ready: the day by which the other process is ready.
    """

    code: str
    row: str
    process: str
    transition: str
    needs: str
    state: str
    by: date | None
    ready: date | None
    message: str


class PlanBody(BaseModel):
    """A year's plan.

    Attributes:
        plan: the document as entered.
        instances: row code → instances of its processes in that year.
        warnings: orders between processes that the plan cannot keep, told months ahead.
    """

    year: int
    edition: int
    years: list[int]
    plan: dict[str, Any]
    instances: dict[str, list[SummaryBody]]
    warnings: list[OrderWarningBody]


@router.get("/{year}", summary="The plan of a year", response_model=PlanBody)
def get_plan(
    year: Annotated[int, Path(ge=2000, le=2100)], caller: Reader, asked: Circumstances
) -> Response:
    """Show the newest edition of a year's plan."""
    view = plan_view(asked.house.runtime, caller, year)
    body = PlanBody(
        year=view.year,
        edition=view.edition,
        years=list(view.years),
        plan=plain(view.body),
        instances={
            code: [summary_body(asked, caller, summary) for summary in found]
            for code, found in view.instances.items()
        },
        warnings=[_warning(asked, warning) for warning in view.warnings],
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


def _warning(asked: Asked, warning: OrderWarning) -> OrderWarningBody:
    return OrderWarningBody(
        code=warning.fault.value,
        row=warning.row,
        process=warning.process,
        transition=warning.transition,
        needs=warning.needed,
        state=warning.state,
        by=warning.by,
        ready=warning.ready,
        message=asked.say(f"plan_warning.{warning.fault}", **warning.params(asked.language)),
    )
