"""Who may take a step: roles held now, narrowed by unit and by name; and who stands on one side.

1. `by` entries whose `when` does not hold count for nothing.
2. `of` narrows to the units in a field. A grant that is limited to a unit acts for that unit; one
   for the whole organisation acts for the unit that its holder (the delegator, where there is one)
   belongs to. An empty field lets nobody pass.
3. An instance may narrow a role to named people: then they have it, and those acting for them.
   A role that is narrowed to nobody is open to all its holders.
4. Of several narrowings that fail, the last one reached is told: assignment, unit, role.
5. Separation looks at everybody on both sides: who acts and who is acted for, now and then.
   Where a person holds the role twice, the grant that keeps duties apart is used, own before
   delegated.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from engine.definition.model import By, Transition
from engine.machine.actor import Actor, Grant
from engine.machine.decision import UnmetCode
from engine.machine.instance import Case


def grants_for(
    bys: Sequence[By],
    actor: Actor,
    *,
    case: Case,
    values: Mapping[str, Any],
    whoever_is_named: bool = False,
) -> tuple[Grant, ...] | UnmetCode:
    """The grants by which an actor may act, own before delegated, or what they fail on.

    `bys` are the entries in force, `when` already asked; `values` is where `of` is looked up:
    fields of the case, or columns of a row. `whoever_is_named` leaves out whether the case has
    narrowed the role to named people.
    """
    held = [(by, grant) for by in bys for grant in actor.grants if grant.role == by.role]
    if not held:
        return UnmetCode.ROLE
    placed = [
        grant
        for by, grant in held
        if by.of is None or _unit_of(grant, actor, case) in named(values.get(by.of))
    ]
    if not placed:
        return UnmetCode.UNIT
    assignees = case.instance.assignees
    if assignees and not whoever_is_named:
        placed = [g for g in placed if _is_named(g, actor, assignees.get(g.role, ()))]
        if not placed:
            return UnmetCode.ASSIGNMENT
    if len(placed) > 1:
        placed.sort(key=lambda grant: grant.on_behalf_of is not None)
    return tuple(placed)


def conflicts(
    step: Transition,
    actor: Actor,
    grant: Grant | None,
    *,
    case: Case,
    values: Mapping[str, Any],
) -> tuple[tuple[UnmetCode, str], ...]:
    """What the people behind the step stand on the other side of.

    Stored values and those given with the step both count: nobody frees himself by overwriting the
    field that names him.
    """
    behind = {actor.person}
    if grant is not None and grant.on_behalf_of is not None:
        behind.add(grant.on_behalf_of)
    units = {_home(person, actor, grant, case) for person in behind} - {None}
    return tuple(_conflicts(step, behind, units=units, case=case, values=values))


def named(value: Any) -> frozenset[str]:
    """The units or people that a value names: one, many or none."""
    if value is None:
        return frozenset()
    return frozenset((value,) if isinstance(value, str) else value)


def _conflicts(
    step: Transition,
    behind: Iterable[str],
    *,
    units: AbstractSet[str | None],
    case: Case,
    values: Mapping[str, Any],
) -> Iterator[tuple[UnmetCode, str]]:
    people = frozenset(behind)
    for earlier in step.not_same_as:
        last = case.instance.last(earlier)
        if last is not None and people & last.people:
            yield UnmetCode.SEPARATION, earlier
    stored = case.instance.fields
    if step.not_of_unit:
        for name in step.not_of_unit:
            if units & (named(stored.get(name)) | named(values.get(name))):
                yield UnmetCode.OWN_UNIT, name
    for name in step.not_named_in:
        if people & (named(stored.get(name)) | named(values.get(name))):
            yield UnmetCode.NAMED_IN, name


def _unit_of(grant: Grant, actor: Actor, case: Case) -> str | None:
    if grant.unit is not None:
        return grant.unit
    return _home(grant.on_behalf_of or actor.person, actor, grant, case)


def _home(person: str, actor: Actor, grant: Grant | None, case: Case) -> str | None:
    """The unit that a person belongs to; unknown people belong to none."""
    if person == actor.person:
        return actor.unit
    if grant is not None and person == grant.on_behalf_of and grant.giver_unit is not None:
        return grant.giver_unit
    known = case.people.get(person)
    return known.unit if known is not None else None


def _is_named(grant: Grant, actor: Actor, people: Sequence[str]) -> bool:
    return not people or actor.person in people or grant.on_behalf_of in people
