"""Which record that a clause asks for is there, of which unit, and who can close what is missing.

1. A record is held where an accepted step has used a file of one of its slots, in a case of the
   year that was not given up. What is only attached, or was superseded or rejected, is no proof.
2. Green: at least one case holds it. Amber: none does, and a case is open that will. Red: none
   does, and no case is open. No light: no process holds it here; it is kept elsewhere, or left out
   of the scope where it may be.
3. Held and open cases are told unit by unit; what belongs to no unit is the whole office's.
4. Who can close a gap are those who may supply the file in the open case, and those who may open a
   case where none is.
5. Clauses, titles and slots are data of an edition of the standard; nothing of it is known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.definition.model import Process
from engine.machine.opening import openers
from engine.queries.instances import Title, unit_titles
from engine.queries.plan_standing import Light
from engine.runtime import Caller, Runtime
from engine.storage.evidence import Held
from engine.storage.instances import Filter, StoredInstance
from engine.transaction.planning import newest_definitions

OPEN_CASES_MAX: Final = 1000
SYSTEM_ROLE: Final = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredRecord:
    """Documented information that a clause asks for.

    Attributes:
        kind: `maintain` (kept current) or `retain` (kept as proof).
        slots: (process, requirement); one of them is enough.
        excludable: an organisation that does no such work may leave it out of its scope.
    """

    clause: str
    id: str
    kind: str
    title: Title
    slots: tuple[tuple[str, str], ...] = ()
    excludable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An edition of the standard as far as coverage goes.

    Attributes:
        clauses: number → short title, in their order.
        announced: (numbers of clauses, what will change) where it is not in force yet.
    """

    edition: str
    title: Title
    status: str
    clauses: Mapping[str, Title]
    records: tuple[RequiredRecord, ...]
    announced: tuple[tuple[tuple[str, ...], Title], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCell:
    """A record in a unit.

    Attributes:
        unit: None is the whole office.
        held: cases that hold it.
        waiting: open cases that do not hold it yet.
        case, case_id: the newest that holds it, else the one that is due first.
    """

    unit: str | None
    title: Title | None
    held: int
    waiting: int
    case: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a record lacks.

    Attributes:
        process: where it is to come from, with its title.
        who: roles that can close it.
        case, case_id, due_on: the open case that is due first; None: one has to be opened.
    """

    process: str
    process_title: Title
    who: tuple[str, ...]
    case: str | None = None
    case_id: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCoverage:
    """How a required record stands."""

    record: RequiredRecord
    light: Light
    cells: tuple[UnitCell, ...]
    gap: Gap | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How an edition's records stand in a year.

    Attributes:
        answered: clause that is cited or asks for a record → ids and titles of the processes that
            cite it or a clause above it.
    """

    year: int
    edition: Edition
    records: tuple[RecordCoverage, ...]
    answered: Mapping[str, tuple[tuple[str, Title], ...]]


def clause_coverage(runtime: Runtime, caller: Caller, edition: Edition, *, year: int) -> Coverage:
    """How the records of an edition stand in a year, for the caller's organisation."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        known = newest_definitions(uow)
        processes = tuple({process for record in edition.records for process, _ in record.slots})
        wanted = Filter(processes=processes, year=year, open_only=True)
        open_ = uow.tables.instances.find(wanted, limit=OPEN_CASES_MAX) if processes else ()
        held = uow.tables.evidence.held(processes, year) if processes else ()
        units = unit_titles(uow)
        return Coverage(
            year=year,
            edition=edition,
            records=tuple(
                judge(record, held=held, open_cases=open_, known=known, units=units)
                for record in edition.records
            ),
            answered=_answered(edition, known),
        )


def judge(
    record: RequiredRecord,
    *,
    held: Iterable[Held],
    open_cases: Iterable[StoredInstance],
    known: Mapping[str, Process],
    units: Mapping[str, Title],
) -> RecordCoverage:
    """How one record stands; pure."""
    slots = [(process, slot) for process, slot in record.slots if process in known]
    names = {process for process, _ in slots}
    proofs = _newest_of_each_case(each for each in held if (each.process, each.slot) in slots)
    open_ = sorted(
        (case for case in open_cases if case.process in names and case.id not in proofs),
        key=lambda case: (case.due_on or date.max, case.code),
    )
    cells = _cells(proofs.values(), open_, units)
    if not slots:
        return RecordCoverage(record=record, light=Light.NONE, cells=(), gap=None)
    if proofs:
        return RecordCoverage(record=record, light=Light.GREEN, cells=cells, gap=None)
    gap = _gap(slots, open_, known)
    light = Light.AMBER if open_ else Light.RED
    return RecordCoverage(record=record, light=light, cells=cells, gap=gap)


def _newest_of_each_case(held: Iterable[Held]) -> dict[str, Held]:
    """A case counts once, however many of the slots it fills, by what it got last."""
    found: dict[str, Held] = {}
    for each in sorted(held, key=lambda each: each.received_on):
        found[each.case_id] = each
    return found


def _cells(
    proofs: Iterable[Held], open_cases: list[StoredInstance], units: Mapping[str, Title]
) -> tuple[UnitCell, ...]:
    """The whole office first, then units by their title."""
    by_unit: dict[str | None, tuple[list[Held], list[StoredInstance]]] = {}
    for proof in proofs:
        by_unit.setdefault(proof.unit, ([], []))[0].append(proof)
    for case in open_cases:
        by_unit.setdefault(case.unit, ([], []))[1].append(case)
    cells = [
        UnitCell(
            unit=unit,
            title=None if unit is None else units.get(unit, {"vi": unit, "en": unit}),
            held=len(held),
            waiting=len(waiting),
            case=case,
            case_id=case_id,
        )
        for unit, (held, waiting) in by_unit.items()
        for case, case_id in (_first_seen(held, waiting),)
    ]
    return tuple(sorted(cells, key=lambda cell: (cell.unit is not None, cell.unit or "")))


def _first_seen(held: list[Held], waiting: list[StoredInstance]) -> tuple[str, str]:
    """Code and id of the newest case that holds the record, else of the one that is due first."""
    if not held:
        return waiting[0].code, waiting[0].id
    newest = max(held, key=lambda each: (each.received_on, each.code))
    return newest.code, newest.case_id


def _gap(
    slots: list[tuple[str, str]], open_cases: list[StoredInstance], known: Mapping[str, Process]
) -> Gap:
    """Who closes it: in the open case that is due first, else by opening one."""
    case = open_cases[0] if open_cases else None
    name, slot = next((s for s in slots if case is not None and s[0] == case.process), slots[0])
    process = known[name]
    who = openers(process) if case is None else _suppliers(process, slot)
    return Gap(
        process=name,
        process_title=process.title.model_dump(),
        who=tuple(role for role in who if role != SYSTEM_ROLE),
        case=None if case is None else case.code,
        case_id=None if case is None else case.id,
        due_on=None if case is None else case.due_on,
    )


def _suppliers(process: Process, slot: str) -> tuple[str, ...]:
    """The roles that may supply the file: those that the slot names, else those of its steps."""
    own = process.evidence[slot].from_ if slot in process.evidence else ()
    steps = (
        by.role for step in process.transitions.values() if slot in step.evidence for by in step.by
    )
    return tuple(dict.fromkeys(own or steps))


def _answered(
    edition: Edition, known: Mapping[str, Process]
) -> dict[str, tuple[tuple[str, Title], ...]]:
    """Clauses that are cited or ask for a record → processes that cite them or a clause above."""
    prefix = f"9001:{edition.edition}/"
    cited = {
        name: {each.removeprefix(prefix) for each in process.clauses if each.startswith(prefix)}
        for name, process in known.items()
    }
    listed = {number for numbers in cited.values() for number in numbers}
    listed |= {record.clause for record in edition.records}
    return {
        number: tuple(
            (name, known[name].title.model_dump())
            for name, numbers in cited.items()
            if any(number == each or number.startswith(f"{each}.") for each in numbers)
        )
        for number in edition.clauses
        if number in listed
    }
