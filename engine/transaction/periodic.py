"""Open the cases that periods ask for: weeks, months, quarters, as a process registered them.

1. A process is opened for its periods while the plan of this year names it; the house opens, as it
   opens children.
2. It begins when the plan is opened, or when somebody opens the first case by hand; from then on
   the house goes on by itself.
3. A period has one case of a process. Whatever became of that one, no second is opened.
"""

from engine.calendars.edition import RuleKind
from engine.calendars.period_scheme import PeriodRule
from engine.machine.actor import SYSTEM
from engine.machine.instance import Case
from engine.machine.registry import PeriodicCase
from engine.runtime import UnitOfWork
from engine.storage.instances import Filter
from engine.transaction.opening import Opening, open_instance

CASES_MAX = 500
"""More than the periods of three years."""


def wanted_periods(uow: UnitOfWork, *, begin: bool = False) -> tuple[tuple[str, PeriodicCase], ...]:
    """(process, case) of everything that is to be open today and is not, oldest first.

    Without `begin`, nothing of a process of which nothing was opened yet.
    """
    planned = _planned(uow)
    found: list[tuple[str, PeriodicCase]] = []
    for process, cases in uow.tables.registry.periodics.items():
        opened = _opened(uow, process) if process in planned else ()
        if process in planned and (opened or begin):
            wanted = cases(
                calendar=uow.tables.calendar_of(None),
                rules=uow.tables.calendars.edition().rules_of(RuleKind.PERIODS, PeriodRule),
                today=uow.today,
                opened=opened,
            )
            found += [(process, each) for each in wanted]
    return tuple(found)


def open_wanted(uow: UnitOfWork, *, begin: bool = False) -> tuple[Case, ...]:
    """Open all of them; two who come at once meet at the log, and the second finds them open."""
    if not wanted_periods(uow, begin=begin):
        return ()
    uow.tables.log.lock()
    return tuple(
        open_instance(
            uow,
            Opening(
                process=process,
                title=wanted.title,
                year=wanted.year,
                period=wanted.period,
                fields=wanted.fields,
            ),
            actor=SYSTEM,
            grant=SYSTEM.grants[0],
        )
        for process, wanted in wanted_periods(uow, begin=begin)
    )


def _planned(uow: UnitOfWork) -> frozenset[str]:
    """The published processes that the plan of this year names."""
    newest = uow.tables.plans.newest(uow.today.year)
    if newest is None:
        return frozenset()
    named = {name for row in newest[1]["rows"] for name in row.get("processes", ())}
    return frozenset(named.intersection(uow.tables.definitions.processes()))


def _opened(uow: UnitOfWork, process: str) -> tuple[str, ...]:
    """The periods of last year, this and the next that have a case."""
    year = uow.today.year
    wanted = Filter(process=process, years=(year - 1, year, year + 1))
    found = uow.tables.instances.find(wanted, limit=CASES_MAX)
    return tuple(stored.period for stored in found if stored.period is not None)
