"""Open a year's plan: enter it where it is not entered yet, and open the cases of its rows.

1. One transaction: the plan with all its cases, or nothing. Who comes second finds the first one's
   cases and opens none.
2. A process has one case of the plan a year; children do not count, and a case that was broken off
   does: opening another is somebody's decision.
3. Not opened by a plan: what a step of another process opens (slips, unit reports), and what cannot
   be opened without values or a period (a dossier, a periodic review). They are opened as they
   arise. Where the room of a process names the cases of its periods, those of today are opened.
4. The house opens, as it opens children: the plan was signed by those who may.
5. What the year before carried on (`carries` of the state in which it ended) goes on in this year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.commands.enter_plan import add_edition
from engine.definition.model import Process
from engine.errors import NotFound
from engine.machine.actor import SYSTEM
from engine.queries.plan import warnings_of
from engine.queries.plan_facts import newest_definitions, opened_by_plan
from engine.queries.plan_order import OrderWarning
from engine.runtime import Runtime, UnitOfWork
from engine.storage.instances import Filter
from engine.transaction.continuing import continue_case
from engine.transaction.opening import Opening, open_instance
from engine.transaction.periodic import open_wanted

CASES_MAX = 200


class Outcome(StrEnum):
    """What became of a process of a row."""

    OPENED = "opened"
    THERE = "there"
    AS_IT_ARISES = "as_it_arises"
    NO_PROCESS = "no_process"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """A process of a row, and what became of it.

    Attributes:
        process: None for a row that names none.
        cases: readable codes of its cases in that year.
    """

    row: str
    process: str | None
    outcome: Outcome
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOpened:
    """A plan that is open.

    Attributes:
        entered: the plan was entered just now.
        carried: codes of the cases that go on from the year before, opened just now.
        warnings: orders between processes that it cannot keep.
    """

    edition: int
    entered: bool
    rows: tuple[RowOutcome, ...]
    carried: tuple[str, ...]
    warnings: tuple[OrderWarning, ...]


def open_plan(
    runtime: Runtime, organization_id: str, year: int, written: Mapping[str, Any] | None
) -> PlanOpened:
    """Open the plan of a year; a second time opens nothing.

    Args:
        runtime: what the house runs on.
        organization_id: whose plan.
        year: of the plan.
        written: the plan as its file has it, for when none is entered; None: there is no file.

    Raises:
        NotFound: `plan_not_written`: none is entered, and there is no file.
    """
    with runtime.write(organization_id) as uow:
        # Two who open at once meet here.
        uow.tables.log.lock()
        newest = uow.tables.plans.newest(year)
        if newest is None and written is None:
            raise NotFound("plan_not_written", year=year, known=list(uow.tables.plans.years()))
        body = written if newest is None else newest[1]
        edition = add_edition(uow, year, body or {}) if newest is None else newest[0]
        rows = _open_rows(uow, body or {}, year)
        opened = PlanOpened(
            edition=edition,
            entered=newest is None,
            rows=rows,
            carried=tuple(_carry_on(uow, year)),
            warnings=warnings_of(uow, body or {}, year),
        )
        uow.commit()
        return opened


def _open_rows(uow: UnitOfWork, body: Mapping[str, Any], year: int) -> tuple[RowOutcome, ...]:
    known = newest_definitions(uow)
    fresh: dict[str, tuple[str, ...]] = {}
    for case in open_wanted(uow, begin=True) if year == uow.today.year else ():
        process = case.instance.process
        fresh[process] = (*fresh.get(process, ()), case.instance.code)
    found: list[RowOutcome] = []
    for row in body["rows"]:
        code, processes = row["code"], row.get("processes") or ()
        found += [
            RowOutcome(row=code, process=name, outcome=Outcome.OPENED, cases=fresh[name])
            if name in fresh
            else _open_one(uow, code, name, known, year)
            for name in processes
        ]
        if not processes and not row.get("heading"):
            found.append(RowOutcome(row=code, process=None, outcome=Outcome.NO_PROCESS))
    return tuple(found)


def _carry_on(uow: UnitOfWork, year: int) -> Iterator[str]:
    """Let every case that the year before carried on go on; the codes of those opened."""
    for name, process in newest_definitions(uow).items():
        for state, spec in process.states.items():
            wanted = Filter(process=name, year=year - 1, state=state)
            ended = uow.tables.instances.find(wanted, limit=CASES_MAX) if spec.carries else ()
            # The list has the newest first; the codes of the new year follow the old order.
            for stored in reversed(ended):
                opened = continue_case(uow, uow.case(stored.id))
                if opened is not None:
                    yield uow.case(opened).instance.code


def _open_one(
    uow: UnitOfWork, row: str, name: str, known: Mapping[str, Process], year: int
) -> RowOutcome:
    if name not in known:
        return RowOutcome(row=row, process=name, outcome=Outcome.NO_PROCESS)
    wanted = Filter(process=name, year=year)
    cases = tuple(
        case.code
        for case in uow.tables.instances.find(wanted, limit=CASES_MAX)
        if case.parent_id is None
    )
    if cases:
        return RowOutcome(row=row, process=name, outcome=Outcome.THERE, cases=cases[::-1])
    if not opened_by_plan(known[name], known):
        return RowOutcome(row=row, process=name, outcome=Outcome.AS_IT_ARISES)
    opening = Opening(process=name, title=f"{known[name].title.vi} năm {year}", year=year)
    case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
    return RowOutcome(row=row, process=name, outcome=Outcome.OPENED, cases=(case.instance.code,))
