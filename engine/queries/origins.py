"""Where a case or a row comes from, and where it goes on: the way back and forth between years.

1. A case that goes on from another names it as its predecessor; a row says so in the column that is
   registered for its set (`Registry.origin`): the readable code of the case, and ` #3` behind it
   where it goes on from the third row of the same set there.
2. The way forward is looked for in the cases of the same year and of the `YEARS_AHEAD` after it.
3. What somebody typed by hand into such a column leads where it says; a code that nobody has leads
   nowhere, and is told there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.queries.instances import Summary, Title, origin_of, summary_of, unit_titles
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.instances import Filter, StoredInstance

YEARS_AHEAD: Final = 3
CASES_MAX: Final = 100
_ORIGIN: Final = re.compile(r"([A-Z][A-Z0-9]*-[0-9]{4}-[0-9]{2,})(?: #([1-9][0-9]{0,3})(?![0-9]))?")


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """From where a row goes on.

    Attributes:
        place: of the row of the same set there, counted from one; None where no row is named.
    """

    case: str
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """A case whose rows go on from this one.

    Attributes:
        rows: those that do, in their order: their own place, and the one that they go on from.
    """

    case: Summary
    record_set: str
    title: Title
    rows: tuple[tuple[int, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """The line in which a case stands; None and empty where it stands alone."""

    comes_from: Summary | None
    goes_on_in: Summary | None
    taken_up: tuple[TakenUp, ...]


def row_origin(text: object) -> RowOrigin | None:
    """What the column says; None when it begins with no code of a case."""
    found = _ORIGIN.match(str(text))
    if found is None:
        return None
    code, place = found.groups()
    return RowOrigin(code, None if place is None else int(place))


def case_line(runtime: Runtime, caller: Caller, instance_id: str) -> CaseLine:
    """From where a case comes, and where it or its rows go on."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        stored = uow.tables.instances.get(instance_id)
        if stored is None:
            return CaseLine(comes_from=None, goes_on_in=None, taken_up=())
        units = unit_titles(uow)
        before = uow.tables.instances.get(stored.predecessor) if stored.predecessor else None
        after = uow.tables.instances.succeeding(stored.id)
        return CaseLine(
            comes_from=None if before is None else summary_of(uow, before, units),
            goes_on_in=None if after is None else summary_of(uow, after, units),
            taken_up=tuple(_taken_up(uow, stored)),
        )


def _taken_up(uow: UnitOfWork, stored: StoredInstance) -> Iterator[TakenUp]:
    """The sets of other cases whose rows name this one, the oldest case first."""
    registered = uow.tables.registry.origins
    processes = tuple(dict.fromkeys(process for process, _ in registered))
    years = tuple(range(stored.year, stored.year + YEARS_AHEAD + 1))
    wanted = Filter(processes=processes, years=years)
    for other in reversed(uow.tables.instances.find(wanted, limit=CASES_MAX)):
        for process, record_set in registered if other.id != stored.id else ():
            if process == other.process:
                yield from _in_set(uow, stored, other, record_set)


def _in_set(
    uow: UnitOfWork, stored: StoredInstance, other: StoredInstance, record_set: str
) -> Iterator[TakenUp]:
    process = uow.version_of(other).process
    column = origin_of(uow, process, record_set) if record_set in process.records else None
    if column is None:
        return
    rows = uow.tables.rows(other, process, record_set)
    named = ((place, row_origin(row.values.get(column))) for place, row in enumerate(rows, start=1))
    found = tuple(
        (place, origin.place)
        for place, origin in named
        if origin is not None and origin.case == stored.code
    )
    if found:
        yield TakenUp(
            case=summary_of(uow, other, unit_titles(uow)),
            record_set=record_set,
            title=process.records[record_set].title.model_dump(),
            rows=found,
        )
