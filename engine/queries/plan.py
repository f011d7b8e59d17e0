"""The plan of a year as its appendix table, each row with the instances that carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import NotFound
from engine.queries.instances import Summary, summary_of, unit_titles
from engine.runtime import Caller, Runtime
from engine.storage.instances import Filter

INSTANCES_PER_ROW_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A year's plan.

    Attributes:
        body: the document as entered: sections, objectives, rows.
        instances: row code → instances of the row's processes in that year, children left out.
    """

    year: int
    edition: int
    years: tuple[int, ...]
    body: Mapping[str, Any]
    instances: Mapping[str, tuple[Summary, ...]]


def plan_view(runtime: Runtime, caller: Caller, year: int) -> PlanView:
    """The newest edition of a year's plan.

    Raises:
        NotFound: the organisation has no plan for that year.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        found = uow.tables.plans.newest(year)
        if found is None:
            raise NotFound("unknown_plan", year=year, known=list(uow.tables.plans.years()))
        edition, body = found
        units = unit_titles(uow)
        instances = {}
        for row in body["rows"]:
            carried = [
                stored
                for process in row.get("processes", ())
                for stored in uow.tables.instances.find(
                    Filter(process=process, year=year), limit=INSTANCES_PER_ROW_MAX
                )
                if stored.parent_id is None
            ]
            instances[row["code"]] = tuple(summary_of(uow, stored, units) for stored in carried)
        return PlanView(
            year=year,
            edition=edition,
            years=uow.tables.plans.years(),
            body=body,
            instances=instances,
        )
