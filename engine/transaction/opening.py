"""Open an instance: entry 0 of its log, its code, its first deadline.

1. The newest published version is pinned for good.
2. A code such as `IA-2026-01` is gapless per organisation, process and year: the log head is locked
   before the number is taken, so two who open at once get two numbers and a rollback gives one
   back.
3. Where the definition names fields as `unique`, a second instance of their values is not opened.
4. A child carries its origin (parent, record set, row); the successor of a child has the same
   parent.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from engine.audit.leaf import EntryType
from engine.calendars.recurrence import PeriodInvalid, parse_period
from engine.definition.model import Process
from engine.definition.values import read_values, to_json
from engine.errors import Conflict, Invalid
from engine.machine.actor import Actor, Grant
from engine.machine.compiler import Compiled
from engine.machine.instance import Case, Step, no_values
from engine.runtime import UnitOfWork
from engine.storage.advance import as_json
from engine.storage.audit_log import LogDraft, split_changes
from engine.storage.instances import StoredInstance
from engine.transaction.deadlines import due_and_timers


class WrongOpening(Invalid):
    """Something in the request to open an instance does not fit; `faults` names each."""


class OpenedAlready(Conflict):
    """There is an instance of these values; `params["instance"]` is its id, `code` its code."""

    def __init__(self, process: str, *, instance: str, code: str) -> None:
        super().__init__("opened_already", process=process, instance=instance, case=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an instance is opened with; `fields` still as sent."""

    process: str
    title: str
    unit: str | None = None
    year: int | None = None
    period: str | None = None
    fields: Mapping[str, Any] = field(default_factory=no_values)
    assignees: Mapping[str, tuple[str, ...]] = field(default_factory=no_values)
    parent_id: str | None = None
    origin_set: str | None = None
    origin_row: str | None = None
    predecessor: str | None = None


def open_instance(uow: UnitOfWork, opening: Opening, *, actor: Actor, grant: Grant) -> Case:
    """Open an instance and return its case; the caller has judged that `actor` may.

    Raises:
        NotFound: no version of the process is published.
        WrongOpening: an unknown unit, role or person.
        WrongValues: fields that do not fit the definition.
        OpenedAlready: there is one of the same values, where they may stand only once.
    """
    compiled = uow.definition(opening.process)
    process = compiled.process
    fields = read_values(process.fields, dict(opening.fields), partial=True)
    _check(uow, process, opening, fields)
    uow.tables.log.lock()
    found = standing_instance(uow, process, fields)
    if found is not None:
        raise OpenedAlready(process.process, instance=found.id, code=found.code)
    # A calendar that changed while we waited is the one by which this case is due.
    uow.tables.calendars.renew()
    year = opening.year or uow.today.year
    code = _code(uow, process, year)
    named = replace(opening, year=year, fields=as_json(fields))
    stored = _stored(uow, compiled, named, code=code, by=actor.person)
    uow.tables.instances.add(stored)
    step = Step(
        version=0,
        transition="open",
        from_state="",
        to_state=process.initial,
        person=actor.person,
        on_behalf_of=grant.on_behalf_of,
        role=grant.role,
        unit=actor.unit,
        at=uow.now,
        on=uow.today,
    )
    plain, personal = split_changes({}, as_json(fields), specs=process.fields)
    entry = uow.tables.log.append(
        LogDraft(
            type=EntryType.INSTANCE_CREATED,
            stream=f"instance:{stored.id}",
            at=uow.now,
            actor=actor,
            role=grant.role,
            on_behalf=grant.on_behalf_of,
            definition=compiled.digest,
            instance=stored.id,
            code=code,
            process=process.process,
            to_state=process.initial,
            changes=plain,
            personal=personal,
            details=_details(stored),
        )
    )
    uow.tables.instances.add_step(stored.id, step, entry=entry)
    case = uow.case(stored.id)
    deadline, timers = due_and_timers(uow, case)
    uow.tables.instances.set_due(stored.id, deadline)
    uow.tables.timers.arm(timers)
    return replace(case, instance=replace(case.instance, deadline=deadline))


def standing_instance(
    uow: UnitOfWork, process: Process, fields: Mapping[str, Any]
) -> StoredInstance | None:
    """The instance that has these values already, where they may stand only once.

    Args:
        uow: the transaction.
        process: whose `unique` fields are looked at.
        fields: typed values.
    """
    values = {name: to_json(fields.get(name)) for name in process.unique}
    if not values or None in values.values():
        return None
    return uow.tables.instances.named_by(process.process, values)


def _code(uow: UnitOfWork, process: Process, year: int) -> str:
    series = f"{process.code}-{year}"
    return f"{series}-{uow.tables.numbers.take(series):02d}"


def _details(stored: StoredInstance) -> dict[str, Any]:
    """What the log keeps of an opening besides its fields."""
    optional = {
        "unit": stored.unit,
        "qms": stored.qms,
        "period": stored.period,
        "parent": stored.parent_id,
        "origin_set": stored.origin_set,
        "origin_row": stored.origin_row,
        "predecessor": stored.predecessor,
    }
    details: dict[str, Any] = {
        "title": stored.title,
        "year": stored.year,
        "definition_version": stored.definition_version,
    }
    details.update({name: value for name, value in optional.items() if value is not None})
    if stored.assignees:
        details["assignees"] = {role: list(people) for role, people in stored.assignees.items()}
    return details


def _stored(
    uow: UnitOfWork,
    compiled: Compiled,
    opening: Opening,
    *,
    code: str,
    by: str,
) -> StoredInstance:
    """The row of a new instance; `opening` has its year and its fields as JSON by now."""
    process = compiled.process
    line = opening.parent_id or opening.predecessor
    return StoredInstance(
        id=uow.new_id(),
        code=code,
        process=process.process,
        definition_version=process.version,
        definition_digest=compiled.digest,
        title=opening.title or process.title.vi,
        unit=opening.unit,
        qms=uow.tables.organization.qms_of(opening.unit, on=uow.today)
        or (uow.tables.instances.get(line).qms if line else None),  # type: ignore[union-attr]
        year=opening.year or uow.today.year,
        state=process.initial,
        final=process.states[process.initial].final,
        version=0,
        fields=dict(opening.fields),
        assignees={role: list(people) for role, people in opening.assignees.items()},
        flags=(),
        parent_id=opening.parent_id,
        origin_set=opening.origin_set,
        origin_row=opening.origin_row,
        predecessor=opening.predecessor,
        period=opening.period,
        previous_state=None,
        opened_by=by,
        opened_at=uow.now,
        entered_at=uow.now,
        closed_on=None,
        due_on=None,
        due_at=None,
    )


def _check(uow: UnitOfWork, process: Process, opening: Opening, fields: Mapping[str, Any]) -> None:
    """Find every name that does not exist, before anything is written."""
    faults = [
        {"field": f"assignees.{role}", "code": "role_not_of_process", "params": {"role": role}}
        for role in opening.assignees
        if role not in process.roles
    ]
    # What comes from another case is the house's own work: who has left since hinders nothing.
    there = opening.parent_id is None and opening.predecessor is None
    faults += unknown_names(uow, process.fields, fields, there=there)
    units = {unit.id for unit in uow.tables.organization.units(uow.today)}
    if opening.unit is not None and opening.unit not in units:
        faults.append({"field": "unit", "code": "unknown_unit", "params": {"unit": opening.unit}})
    if opening.period is not None and not _fits(opening.period, process):
        found = {"period": opening.period}
        faults.append({"field": "period", "code": "unknown_period", "params": found})
    named = {person for people in opening.assignees.values() for person in people}
    faults += [
        {"field": "assignees", "code": "unknown_person", "params": {"person": person}}
        for person in sorted(named - _people(uow, named, there=there))
    ]
    if faults:
        raise WrongOpening("wrong_values", faults=faults)


def _fits(period: str, process: Process) -> bool:
    """Whether there is such a period, of the kind in which the process runs."""
    try:
        kind = parse_period(period).kind
    except PeriodInvalid:
        return False
    every = process.window.every if process.window is not None else None
    return every is None or kind.value == every


def _people(uow: UnitOfWork, named: AbstractSet[str], *, there: bool) -> frozenset[str]:
    """Which of these people the organisation has, or ever had."""
    organization = uow.tables.organization
    if there:
        return organization.present(named, on=uow.today)
    return frozenset(organization.known(named, on=uow.today))


def unknown_names(
    uow: UnitOfWork, specs: Mapping[str, Any], values: Mapping[str, Any], *, there: bool = True
) -> list[dict[str, Any]]:
    """Faults for people and units that the organisation does not have today.

    Without `there`, people who have left may still be named.
    """
    wanted: dict[str, list[tuple[str, str]]] = {"person": [], "unit": []}
    for name, value in values.items():
        kind = specs[name].type if name in specs else ""
        if kind in wanted and value is not None:
            items = value if isinstance(value, tuple) else (value,)
            wanted[kind] += [(name, item) for item in items]
    people = _people(uow, {person for _, person in wanted["person"]}, there=there)
    units = (
        {unit.id for unit in uow.tables.organization.units(uow.today)} if wanted["unit"] else set()
    )
    return [
        {"field": name, "code": f"unknown_{kind}", "params": {kind: item}}
        for kind, known in (("person", people), ("unit", units))
        for name, item in wanted[kind]
        if item not in known
    ]
