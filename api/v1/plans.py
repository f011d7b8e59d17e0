"""The plan of a year, word for word, each row with the instances that carry it out."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.dependencies import Circumstances, Reader, Reply, send
from api.problems import plain
from api.v1.instances import SummaryBody, summary_body
from engine.queries.plan import plan_view

router = APIRouter(prefix="/plans", tags=["plans"])


class PlanBody(BaseModel):
    """A year's plan.

    Attributes:
        plan: the document as entered.
        instances: row code → instances of its processes in that year.
    """

    year: int
    edition: int
    years: list[int]
    plan: dict[str, Any]
    instances: dict[str, list[SummaryBody]]


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
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))
