"""The plan of a year as its appendix table, each row with its cases and with how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.definition.model import Process
from engine.errors import NotFound
from engine.queries.instances import Summary, summary_of, unit_titles
from engine.queries.plan_carried import Carried, carried_into
from engine.queries.plan_facts import plan_facts
from engine.queries.plan_order import OrderWarning, PlanRow, Standing, order_warnings
from engine.queries.plan_standing import Carrier, PlanStanding, plan_standing
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.instances import Filter
from engine.transaction.planning import newest_definitions

INSTANCES_PER_ROW_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A year's plan.

    Attributes:
        body: the document as entered: sections, objectives, rows.
        instances: row code → instances of the row's processes in that year, children left out.
        warnings: orders between processes that the plan cannot keep.
        standing: lights and reasons of rows and objectives, today.
        carriers: row code → the processes of the row with their cases, children included.
        carried: what the years before left.
    """

    year: int
    edition: int
    years: tuple[int, ...]
    body: Mapping[str, Any]
    instances: Mapping[str, tuple[Summary, ...]]
    warnings: tuple[OrderWarning, ...]
    standing: PlanStanding
    carriers: Mapping[str, tuple[Carrier, ...]]
    carried: Carried
    today: date


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
        facts = plan_facts(uow, body, year)
        return PlanView(
            year=year,
            edition=edition,
            years=uow.tables.plans.years(),
            body=body,
            instances=instances,
            warnings=warnings_of(uow, body, year),
            standing=plan_standing(facts, year=year, today=uow.today),
            carriers={row.code: row.carriers for row in facts},
            carried=carried_into(uow, year),
            today=uow.today,
        )


def warnings_of(uow: UnitOfWork, body: Mapping[str, Any], year: int) -> tuple[OrderWarning, ...]:
    """Hold the order that processes declare against a plan and its year's cases."""
    rows = [
        PlanRow(
            code=row["code"],
            processes=tuple(row.get("processes", ())),
            months=tuple(((row.get("time") or {}).get("window") or {}).get("months", ())),
        )
        for row in body["rows"]
    ]
    known = newest_definitions(uow)
    standings = {name: _standing(uow, name, year) for name in _asked(rows, known)}
    return order_warnings(known, rows, standings, year=year)


def _asked(rows: list[PlanRow], known: Mapping[str, Process]) -> list[str]:
    """The processes of a plan that wait for others, and those others."""
    found: dict[str, None] = {}
    for name in (name for row in rows for name in row.processes if name in known):
        needed = [need.process for step in known[name].transitions.values() for need in step.needs]
        if needed:
            found |= dict.fromkeys((name, *needed))
    return list(found)


def _standing(uow: UnitOfWork, process: str, year: int) -> Standing:
    wanted = Filter(process=process, year=year)
    cases = uow.tables.instances.find(wanted, limit=INSTANCES_PER_ROW_MAX)
    due = [case.due_on for case in cases if case.final is None and case.due_on is not None]
    reached = uow.tables.instances.reached((process,), year)
    return Standing(
        opened=bool(cases),
        reached=frozenset(state for _, state in reached),
        due_on=max(due, default=None),
    )
