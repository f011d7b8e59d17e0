"""What a process reads besides its own case: other processes, the plan, units, who holds a role.

1. Only what the process registered (`Registry.reading`) is loaded; all others cost one look into a
   dictionary.
2. Others are seen by their state and by figures that they publish by name, never by their fields
   or rows; of the same organisation only, in the year of the case and the year before.
3. A figure is computed from the other's own case, read without surroundings of its own: nobody
   reads in circles.
4. A process that reads by topics finds every figure whose definition names one, whoever publishes
   it. Of periodic cases the latest of the longest period speaks for a year: a quarter, no week.
5. The cost is bounded: at most `OTHERS_MAX` instances, figures of at most `FIGURES_MAX` of them,
   the newest of each; how many there are in all is what tallies tell.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from engine.calendars.recurrence import parse_period
from engine.definition.model import FigureSpec, Process
from engine.machine.instance import (
    Case,
    Instance,
    Other,
    PlanRow,
    Published,
    Surroundings,
    Tally,
    Told,
)
from engine.machine.registry import Figure, Reading, Registry
from engine.storage.instances import Filter, InstanceRepository, StoredInstance
from engine.storage.organization import OrganizationRepository
from engine.storage.plans import PlanRepository

OTHERS_MAX = 1000
FIGURES_MAX = 40
TOLD_MAX = 300
HANDS_SINCE = timedelta(days=365)
HEAD = "unit_head"
EVERY_UNIT = "all_units"
"""The plan's own word for a row that every unit leads."""

_SIGNS = {"eq": "=", "ge": "≥", "gt": ">", "le": "≤", "lt": "<"}

ProcessOf = Callable[[StoredInstance], Process]
CaseOf = Callable[[str], Case | None]


class Shelves(Protocol):
    """The repositories that are looked at; all are of one organisation."""

    @property
    def instances(self) -> InstanceRepository:
        """Running processes."""

    @property
    def organization(self) -> OrganizationRepository:
        """Units and people."""

    @property
    def plans(self) -> PlanRepository:
        """The plans."""

    @property
    def registry(self) -> Registry:
        """What every process publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """From where somebody looks around, and with whose help.

    Attributes:
        process_of: the definition to which an instance is pinned.
        case_of: the case of another instance, without surroundings of its own.
    """

    instance: Instance
    today: date
    now: datetime
    process_of: ProcessOf
    case_of: CaseOf


def read_surroundings(tables: Shelves, reading: Reading, look: Look) -> Surroundings:
    """Everything that a process asked for, as it stands in this transaction."""
    year = look.instance.year
    return Surroundings(
        others=_others(tables, reading, look),
        tallies=_tallies(tables, look) if reading.tallies else (),
        told=_told(tables, reading.steps, year),
        lifted=tables.instances.waivers_of_year(year, limit=TOLD_MAX) if reading.waivers else (),
        units=_units(tables, look) if reading.units else (),
        holders={role: tables.organization.holders(role, on=look.today) for role in reading.roles},
        hands=_hands(tables, look) if reading.hands else {},
        plan=_plan(tables, year) if reading.plan else (),
    )


def _others(tables: Shelves, reading: Reading, look: Look) -> tuple[Other, ...]:
    """The instances of the processes that were asked for, this one left out, oldest first."""
    asked = _registered(tables.registry, reading.figures)
    for process, names in (_on_topics(tables, look) if reading.topics else {}).items():
        asked[process] = list(dict.fromkeys((*asked.get(process, ()), *names)))
    processes = tuple(dict.fromkeys((*reading.processes, *asked)))
    if not processes:
        return ()
    year = look.instance.year
    wanted = Filter(processes=processes, years=(year - 1, year))
    found = [
        stored
        for stored in tables.instances.find(wanted, limit=OTHERS_MAX)
        if stored.id != look.instance.id
    ]
    speaking = _speaking(reading, found)
    counting = [s.id for s in found if s.process in asked and s.id in speaking][:FIGURES_MAX]
    return tuple(
        _other(
            stored,
            look,
            figures=_figures(tables.registry, asked[stored.process], look, stored)
            if stored.id in counting
            else {},
        )
        for stored in reversed(found)
    )


def _on_topics(tables: Shelves, look: Look) -> dict[str, list[str]]:
    """Process → its registered figures that name a topic, for every process of these two years."""
    year = look.instance.year
    found: dict[str, list[str]] = {}
    for count in tables.instances.tallies((year - 1, year), overdue_at=look.now):
        example = tables.instances.get(count.example)
        declared = {} if example is None else look.process_of(example).figures
        names = [f"{count.process}.{name}" for name, spec in declared.items() if spec.topics]
        known = [name for name in names if name in tables.registry.figures]
        if known:
            found[count.process] = list(dict.fromkeys((*found.get(count.process, ()), *known)))
    return found


def _speaking(reading: Reading, found: Iterable[StoredInstance]) -> frozenset[str]:
    """Those that speak for their process in a year.

    Of periods those of the kind that is asked for, else the latest of the longest kind.
    """
    latest: dict[tuple[str, int], tuple[tuple[int, date], str]] = {}
    always = set()
    for stored in found:
        kind = reading.every.get(stored.process)
        period = None if stored.period is None else parse_period(stored.period)
        if kind is not None and (period is None or period.kind.value != kind):
            continue
        if kind is not None or period is None:
            always.add(stored.id)
            continue
        rank = ((period.last_day - period.first_day).days, period.last_day)
        key = (stored.process, stored.year)
        latest[key] = max(latest.get(key, (rank, stored.id)), (rank, stored.id))
    return frozenset(always | {instance for _, instance in latest.values()})


def _registered(registry: Registry, names: Iterable[str]) -> dict[str, list[str]]:
    """Process → the figures that were asked of it and are there."""
    asked: dict[str, list[str]] = {}
    for name in names:
        if name in registry.figures:
            asked.setdefault(name.partition(".")[0], []).append(name)
    return asked


def _other(stored: StoredInstance, look: Look, *, figures: Mapping[str, Published]) -> Other:
    process = look.process_of(stored)
    return Other(
        process=stored.process,
        process_title=process.title.model_dump(),
        id=stored.id,
        code=stored.code,
        title=stored.title,
        year=stored.year,
        state=stored.state,
        state_title=process.states[stored.state].title.model_dump(),
        final=stored.final,
        unit=stored.unit,
        overdue=stored.final is None and stored.due_at is not None and look.now >= stored.due_at,
        due_on=stored.due_on,
        closed_on=stored.closed_on,
        parent_id=stored.parent_id,
        figures=figures,
    )


def _figures(
    registry: Registry, names: list[str], look: Look, stored: StoredInstance
) -> dict[str, Published]:
    """The published figures of one instance; those that its own version does not declare are not.

    Its case is read once for all of them.
    """
    declared = look.process_of(stored).figures
    case = look.case_of(stored.id)
    if case is None:
        return {}
    return {
        name: _published(registry.figures[name](case), spec)
        for name in names
        if (spec := declared.get(name.partition(".")[2])) is not None
    }


def _published(figure: Figure, spec: FigureSpec) -> Published:
    return Published(
        title=spec.title.model_dump(),
        unit=spec.unit,
        topics=spec.topics,
        numerator=figure.numerator,
        denominator=figure.denominator,
        cut_off=figure.cut_off,
        parts=figure.parts,
    )


def _tallies(tables: Shelves, look: Look) -> tuple[Tally, ...]:
    year = look.instance.year
    found = []
    for count in tables.instances.tallies((year - 1, year), overdue_at=look.now):
        example = tables.instances.get(count.example)
        if example is not None:
            found.append(
                Tally(
                    process=count.process,
                    title=look.process_of(example).title.model_dump(),
                    year=count.year,
                    total=count.total,
                    succeeded=count.succeeded,
                    aborted=count.aborted,
                    overdue=count.overdue,
                )
            )
    return tuple(found)


def _told(tables: Shelves, steps: tuple[str, ...], year: int) -> tuple[Told, ...]:
    if not steps:
        return ()
    return tuple(
        Told(
            process=stored.process,
            instance_id=stored.id,
            code=stored.code,
            transition=step.transition,
            unit=step.unit,
            on=step.on,
            reason=step.reason or "",
        )
        for stored, step in tables.instances.steps_of_year(steps, year, limit=TOLD_MAX)
    )


def _units(tables: Shelves, look: Look) -> tuple[str, ...]:
    """The units that somebody heads today; of the case's quality system, where it has one."""
    qms = look.instance.qms
    led = {grant["unit"] for grant in tables.organization.grants(look.today) if _heads(grant)}
    return tuple(
        unit.id
        for unit in tables.organization.units(look.today)
        if unit.id in led and qms in {None, unit.qms}
    )


def _hands(tables: Shelves, look: Look) -> dict[str, frozenset[str]]:
    """Unit → who holds a role for it, or worked for it in the year that lies behind."""
    homes = {person.id: person.unit for person in tables.organization.people(look.today)}
    found: dict[str, set[str]] = {}
    for grant in tables.organization.grants(look.today):
        if grant["unit"] is not None:
            found.setdefault(grant["unit"], set()).add(grant["person"])
    for unit, person, giver in tables.instances.hands(look.today - HANDS_SINCE):
        for behind in {unit, homes.get(giver) if giver is not None else None} - {None}:
            found.setdefault(str(behind), set()).add(person)
    return {unit: frozenset(people) for unit, people in found.items()}


def _heads(grant: Mapping[str, Any]) -> bool:
    return bool(grant["role"] == HEAD)


def _plan(tables: Shelves, year: int) -> tuple[PlanRow, ...]:
    newest = tables.plans.newest(year)
    if newest is None:
        return ()
    return tuple(_row(row) for row in newest[1]["rows"] if not row["heading"])


def _row(row: Mapping[str, Any]) -> PlanRow:
    return PlanRow(
        code=row["code"],
        objective=row["objective"],
        title={language: row["content"][language] for language in ("vi", "en")},
        lead=tuple(row["lead"]["who"]),
        lead_title={language: row["lead"][language] for language in ("vi", "en")},
        target={language: _target(row, language) for language in ("vi", "en")},
        processes=tuple(row.get("processes", ())),
        measures=tuple(one["id"] for one in row["measures"] if "id" in one),
    )


def _target(row: Mapping[str, Any], language: str) -> str:
    """The figures that the plan states; where it states none, how the row is carried out."""
    measures = "; ".join(
        f"{measure['title'][language]} {_SIGNS[measure['operator']]} {measure['value']} %"
        for measure in row["measures"]
    )
    return measures or str(row["method"][language])
