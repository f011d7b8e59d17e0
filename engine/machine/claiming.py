"""Which roles of a case one person can take upon themselves whole.

1. A claim narrows a role for the whole case: who has it must be able to do all that it does there,
   else a step would be left that nobody can take.
2. So no role is claimed that alone takes two steps which nobody may both take, that several units
   fill at once (by a field of many, or row by row), or that a field or a column gives to somebody.
3. Where fields narrow the role, all of them must name the unit for which the claimer acts; one that
   is still empty lets nobody claim.
4. A deputy claims in the name of who gave the role: when the delegation ends, the work is theirs.
"""

from collections.abc import Iterator

from engine.definition.model import By, FieldSpec, Process
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import grants_for
from engine.machine.decision import UnmetCode
from engine.machine.instance import Case


def claimable(process: Process, role: str) -> bool:
    """Whether one person can have the role in a case of a process."""
    roles = {name: {by.role for by in step.by} for name, step in process.transitions.items()}
    alone = {name for name, them in roles.items() if them == {role}}
    apart = any(alone.intersection(process.transitions[name].not_same_as) for name in alone)
    by_row = any(
        by.role == role and by.of in spec.columns
        for spec in process.records.values()
        for by in spec.by
    )
    given = any(spec.assigns == role for spec in _specs(process))
    many = any(by.of is not None and process.fields[by.of].many for by in _entries(process, role))
    takes_part = any(role in them for them in roles.values())
    return takes_part and not (apart or by_row or given or many)


def holding(
    process: Process, role: str, actor: Actor, *, case: Case
) -> tuple[Grant, ...] | UnmetCode:
    """The grants by which an actor can do all that a claimable role does in a case.

    Whom the case names for the role is not asked; own grants stand before delegated ones.
    """
    wanted = {by.of for by in _entries(process, role) if by.of is not None}
    held: tuple[Grant, ...] | None = None
    for of in sorted(wanted) or (None,):
        by = By(role=role, of=of)
        found = grants_for(
            (by,), actor, case=case, values=case.instance.fields, whoever_is_named=True
        )
        if isinstance(found, UnmetCode):
            return found
        held = found if held is None else tuple(grant for grant in held if grant in found)
    return held or UnmetCode.UNIT


def names(actor: Actor, role: str) -> frozenset[str]:
    """The people in whose names an actor has a role now: their own, and those they stand in for."""
    given = (grant.on_behalf_of for grant in actor.grants if grant.role == role)
    return frozenset((actor.person, *(person for person in given if person is not None)))


def _entries(process: Process, role: str) -> Iterator[By]:
    """All that says who may, of one role: for steps, and for rows."""
    for step in process.transitions.values():
        yield from (by for by in step.by if by.role == role)
    for spec in process.records.values():
        yield from (by for by in spec.by if by.role == role and by.of not in spec.columns)


def _specs(process: Process) -> Iterator[FieldSpec]:
    yield from process.fields.values()
    for spec in process.records.values():
        yield from spec.columns.values()
