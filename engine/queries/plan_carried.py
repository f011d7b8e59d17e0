"""What the years before left to the year of a plan, each thing with where it comes from.

1. An open case of an earlier year goes on as the case that it is, under its own number and with its
   own way so far: the turn of a year opens no second one. It is told here until it ends.
2. A case that ended as carried on goes on as a new one of this year, which names it.
3. An objective that the year before missed, or met in part, is told once that year is closed.
4. What is due first stands first; `CASES_MAX` are looked at, `more` says that there are others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.queries.instances import Summary, summary_of, unit_titles
from engine.queries.plan_verdicts import Verdict, verdicts_of
from engine.runtime import UnitOfWork
from engine.storage.instances import Filter, StoredInstance
from engine.transaction.planning import newest_definitions

YEARS_BACK: Final = 5
CASES_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedCase:
    """A case that the years before left, and the one that it comes from, if any."""

    case: Summary
    origin: Summary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What the years before left.

    Attributes:
        more: there are open cases besides.
    """

    cases: tuple[CarriedCase, ...] = ()
    more: bool = False
    missed: tuple[Verdict, ...] = ()


def carried_into(uow: UnitOfWork, year: int) -> Carried:
    """What is left to a year, as it stands now."""
    years = tuple(range(year - YEARS_BACK, year))
    left = uow.tables.instances.find(Filter(years=years, open_only=True), limit=CASES_MAX + 1)
    found = [*left[:CASES_MAX], *_gone_on(uow, year)]
    missed = (verdict for verdict in verdicts_of(uow, year - 1).values() if not verdict.met)
    return Carried(
        cases=tuple(_with_origins(uow, sorted(found, key=_urgency))),
        more=len(left) > CASES_MAX,
        missed=tuple(sorted(missed, key=lambda verdict: verdict.objective)),
    )


def _gone_on(uow: UnitOfWork, year: int) -> Iterable[StoredInstance]:
    """The cases of this year that go on from one of the year before."""
    processes = tuple(
        name
        for name, process in newest_definitions(uow).items()
        if any(state.carries for state in process.states.values())
    )
    if not processes:
        return ()
    wanted = Filter(processes=processes, year=year)
    found = uow.tables.instances.find(wanted, limit=CASES_MAX)
    # The successor of a child of this year goes on from no other year.
    return [stored for stored in found if stored.predecessor and stored.parent_id is None]


def _with_origins(uow: UnitOfWork, found: Iterable[StoredInstance]) -> Iterable[CarriedCase]:
    units = unit_titles(uow)
    known: dict[str, Summary | None] = {}
    for stored in found:
        origin = stored.predecessor or stored.parent_id
        if origin is not None and origin not in known:
            other = uow.tables.instances.get(origin)
            known[origin] = None if other is None else summary_of(uow, other, units)
        yield CarriedCase(
            case=summary_of(uow, stored, units),
            origin=None if origin is None else known[origin],
        )


def _urgency(stored: StoredInstance) -> tuple[bool, date, str]:
    """Open ones first, and of those what is due first."""
    return stored.final is not None, stored.due_on or date.max, stored.code
