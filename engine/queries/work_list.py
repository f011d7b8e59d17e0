"""Whose work every open case is: by person, by role, by unit.

1. Work is a step ahead: one that leads on. Steps that leave the way (postpone, cancel) and steps of
   the house itself are nobody's work; those that only write something down (an obstacle) are work
   where a case has no others.
2. Whose it is follows from roles, units and assignment, as the engine asks them. Whether something
   is still missing, a condition of a role and what keeps duties apart are not asked here: a step
   may be listed for somebody whom the case will refuse; it never lacks one whom it lets pass.
3. The unit of work is where those who may take it belong.
4. A role that a case has narrowed to named people is theirs and those who stand in for them.
5. Work that nobody can take is listed too, and says so: it is what a secretary has to mend.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.definition.model import By
from engine.definition.values import read_values
from engine.machine.actor import Actor, Grant
from engine.machine.compiler import Compiled
from engine.queries.inbox import acts_for, steps_ahead
from engine.queries.instances import Summary, Title, summary_of, unit_titles
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.advance import assignees
from engine.storage.instances import Filter, StoredInstance

CASES_MAX: Final = 1000
SYSTEM_ROLE: Final = "system"

Holders = Mapping[str, tuple[tuple[Actor, Grant], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; None leaves a side open.

    Attributes:
        stuck: cases only in which nobody can take any step.
    """

    person: str | None = None
    role: str | None = None
    unit: str | None = None
    overdue: bool = False
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStep:
    """A step that waits in a case.

    Attributes:
        roles: that may take it.
        people: who may; nobody: it stands still.
        named: the case has narrowed it to them; else it is open to whoever comes first.
    """

    transition: str
    title: Title
    roles: tuple[str, ...]
    people: tuple[str, ...]
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A case with the steps that wait in it."""

    instance: Summary
    steps: tuple[WorkStep, ...]

    @property
    def stuck(self) -> bool:
        """Whether nobody can take any step in it."""
        return not any(step.people for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many cases wait under a key, and how many of them are overdue."""

    key: str
    cases: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """The list, and how much waits in all, whatever the list is narrowed to.

    Attributes:
        people: names of everybody who is there.
        stuck: cases in which nobody can take any step.
        cut: there are more open cases than were looked at.
    """

    items: tuple[WorkItem, ...]
    by_person: tuple[Load, ...]
    by_role: tuple[Load, ...]
    by_unit: tuple[Load, ...]
    people: Mapping[str, str]
    units: Mapping[str, Title]
    open_cases: int
    stuck: int
    cut: bool


def work_list(runtime: Runtime, caller: Caller, wanted: Wanted) -> WorkList:
    """The open cases of the caller's organisation by whose work they are, the first due first."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        units = unit_titles(uow)
        actors = uow.tables.organization.actors(on=uow.today)
        homes = {actor.person: actor.unit for actor in actors}
        found = uow.tables.instances.find(Filter(open_only=True), limit=CASES_MAX + 1)
        looked_at = found[:CASES_MAX]
        whose = _Whose(uow, actors)
        items = [
            WorkItem(instance=summary_of(uow, stored, units), steps=tuple(whose.steps(stored)))
            for stored in looked_at
        ]
        people = {person.id: person.name for person in uow.tables.organization.people(uow.today)}
    items = sorted((item for item in items if item.steps), key=_urgency)
    kept = tuple(one for one in (_narrowed(item, wanted, homes) for item in items) if one)
    return WorkList(
        items=kept,
        by_person=_loads(items, lambda step: step.people),
        by_role=_loads(items, lambda step: step.roles),
        by_unit=_loads(items, lambda step: _units(step, homes)),
        people=people,
        units=units,
        open_cases=len(items),
        stuck=sum(item.stuck for item in items),
        cut=len(found) > CASES_MAX,
    )


class _Whose:
    """Who may take which step, in the cases of one organisation on one day."""

    def __init__(self, uow: UnitOfWork, actors: Iterable[Actor]) -> None:
        self._uow = uow
        held: dict[str, list[tuple[Actor, Grant]]] = {}
        for actor in actors:
            for grant in actor.grants:
                held.setdefault(grant.role, []).append((actor, grant))
        self._holders: Holders = {role: tuple(pairs) for role, pairs in held.items()}

    def steps(self, stored: StoredInstance) -> Iterator[WorkStep]:
        """The steps ahead that are somebody's work."""
        compiled = self._uow.version_of(stored)
        narrowed = self._narrowed(stored, compiled)
        for name, bys in _work_of(compiled, stored.state):
            step = compiled.process.transitions[name]
            people: set[str] = set()
            for by in bys:
                people.update(self._who(by, stored.fields, narrowed.get(by.role, ())))
            yield WorkStep(
                transition=name,
                title=step.title.model_dump(),
                roles=tuple(dict.fromkeys(by.role for by in bys)),
                people=tuple(sorted(people)),
                named=all(narrowed.get(by.role) for by in bys),
            )

    def _who(self, by: By, fields: Mapping[str, Any], named: tuple[str, ...]) -> Iterator[str]:
        for actor, grant in self._holders.get(by.role, ()):
            if not acts_for(by, grant, actor, fields):
                continue
            if not named or actor.person in named or grant.on_behalf_of in named:
                yield actor.person

    def _narrowed(
        self, stored: StoredInstance, compiled: Compiled
    ) -> Mapping[str, tuple[str, ...]]:
        """Role → those it is narrowed to; rows are read only where some of them assign."""
        process = compiled.process
        if any(
            column.assigns is not None
            for spec in process.records.values()
            for column in spec.columns.values()
        ):
            return self._uow.case(stored.id).instance.assignees
        fields = read_values(process.fields, stored.fields, partial=True)
        return assignees(process, stored.assignees, fields, {})


def _work_of(compiled: Compiled, state: str) -> list[tuple[str, list[By]]]:
    """The steps from a state that are people's work, with who may take them."""
    steps = compiled.process.transitions
    found = [
        (name, [by for by in steps[name].by if by.role != SYSTEM_ROLE])
        for name in steps_ahead(compiled, state)
    ]
    found = [(name, bys) for name, bys in found if bys]
    leading = [(name, bys) for name, bys in found if not steps[name].internal]
    return leading or found


def _narrowed(item: WorkItem, wanted: Wanted, homes: Mapping[str, str | None]) -> WorkItem | None:
    """The steps of a case that are meant; None when there are none."""
    if (wanted.overdue and not item.instance.overdue) or (wanted.stuck and not item.stuck):
        return None
    steps = tuple(
        step
        for step in item.steps
        if (wanted.person is None or wanted.person in step.people)
        and (wanted.role is None or wanted.role in step.roles)
        and (wanted.unit is None or wanted.unit in _units(step, homes))
    )
    return WorkItem(instance=item.instance, steps=steps) if steps else None


def _units(step: WorkStep, homes: Mapping[str, str | None]) -> tuple[str, ...]:
    """Where those who may take a step belong."""
    found = dict.fromkeys(homes.get(person) for person in step.people)
    return tuple(unit for unit in found if unit is not None)


def _loads(
    items: Iterable[WorkItem], keys_of: Callable[[WorkStep], tuple[str, ...]]
) -> tuple[Load, ...]:
    """How much waits under each key, most overdue first; a case counts once under a key."""
    cases: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    for item in items:
        keys = {key for step in item.steps for key in keys_of(step)}
        cases.update(keys)
        if item.instance.overdue:
            overdue.update(keys)
    loads = (Load(key=key, cases=count, overdue=overdue[key]) for key, count in cases.items())
    return tuple(sorted(loads, key=lambda load: (-load.overdue, -load.cases, load.key)))


def _urgency(item: WorkItem) -> tuple[bool, datetime, str]:
    due = item.instance.due_at
    return (due is None, due or item.instance.opened_at, item.instance.code)
