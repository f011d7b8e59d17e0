"""A year's plan in a transaction: keep an edition of it, and open the cases of its rows.

1. The plan is the organisation's, so its entry stands in the stream of the organisation, as grants
   do; where a case issued it, the entry names the case.
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

from engine.audit.leaf import EntryType
from engine.definition.model import Process
from engine.errors import NotFound
from engine.machine.actor import SYSTEM, Actor, Grant
from engine.machine.instance import Case
from engine.machine.intent import EnterPlan, OpenYear
from engine.machine.opening import missing_at_opening
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft
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


def add_edition(
    uow: UnitOfWork, year: int, body: Mapping[str, Any], *, actor: Actor = SYSTEM, **more: Any
) -> int:
    """Keep a further edition; its number. `more` are further attributes of its entry.

    The house itself enters what was read from a file.
    """
    edition = uow.tables.plans.add(year, body, by=actor.person, at=uow.now)
    uow.tables.log.append(
        LogDraft(
            type=EntryType.PLAN_CHANGED,
            stream="organization",
            at=uow.now,
            actor=actor,
            subject=f"plan/{year}/{edition}",
            **more,
        )
    )
    return edition


def carry_out_plan(
    uow: UnitOfWork, case: Case, intent: EnterPlan | OpenYear, *, actor: Actor, grant: Grant
) -> None:
    """Carry out what a step of a case asks of the year's plan.

    Raises:
        NotFound: `unknown_plan`: a year is to be opened that has none.
    """
    # Two who enter or open the plan of one year at once meet here.
    uow.tables.log.lock()
    if isinstance(intent, EnterPlan):
        _enter(uow, case, intent, actor=actor, grant=grant)
    else:
        _open_year(uow, intent)


def _enter(uow: UnitOfWork, case: Case, intent: EnterPlan, *, actor: Actor, grant: Grant) -> None:
    """Keep the edition that a case issued."""
    add_edition(
        uow,
        intent.year,
        intent.body,
        actor=actor,
        role=grant.role,
        on_behalf=grant.on_behalf_of,
        instance=case.instance.id,
        code=case.instance.code,
        process=case.instance.process,
        details={"rows": len(intent.body["rows"])},
    )


def _open_year(uow: UnitOfWork, intent: OpenYear) -> None:
    """Open the cases of the rows of a year's newest plan, and let go on what was carried."""
    newest = uow.tables.plans.newest(intent.year)
    if newest is None:
        known = list(uow.tables.plans.years())
        raise NotFound("unknown_plan", year=intent.year, known=known)
    open_rows(uow, newest[1], intent.year)
    for _ in carry_on(uow, intent.year):
        pass


def newest_definitions(uow: UnitOfWork) -> dict[str, Process]:
    """The newest published version of every process."""
    return {name: uow.definition(name).process for name in uow.tables.definitions.processes()}


def opened_by_plan(process: Process, others: Mapping[str, Process]) -> bool:
    """Whether a plan can open a process, given all others."""
    children = {
        state.children.process
        for other in others.values()
        for state in other.states.values()
        if state.children is not None
    }
    periodic = process.window is not None and process.window.every is not None
    return (
        process.process not in children and not periodic and missing_at_opening(process, {}) is None
    )


def open_rows(uow: UnitOfWork, body: Mapping[str, Any], year: int) -> tuple[RowOutcome, ...]:
    """Open the cases of the rows of a plan; what is there already is told."""
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


def carry_on(uow: UnitOfWork, year: int) -> Iterator[str]:
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
