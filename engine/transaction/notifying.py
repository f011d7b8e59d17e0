"""Put messages into the outbox.

For named people, and for the holders of roles in the case's unit.
"""

from engine.machine.instance import Case
from engine.machine.intent import Notify
from engine.runtime import UnitOfWork
from engine.storage.outbox import StoredMessage


def notify(uow: UnitOfWork, case: Case, intent: Notify) -> None:
    """Let a message wait for everybody whom the intent names; each hears it once."""
    for person in _recipients(uow, case, intent):
        uow.tables.outbox.add(
            StoredMessage(
                id=uow.new_id(),
                person=person,
                message=intent.message,
                params={"code": case.instance.code, "title": case.instance.title, **intent.params},
                instance_id=case.instance.id,
                created_at=uow.now,
            )
        )


def _recipients(uow: UnitOfWork, case: Case, intent: Notify) -> tuple[str, ...]:
    found = dict.fromkeys(intent.people)
    for role in intent.roles:
        named = case.instance.assignees.get(role)
        found.update(dict.fromkeys(named or _holders(uow, case, role, units=intent.units)))
    return tuple(found)


def _holders(uow: UnitOfWork, case: Case, role: str, *, units: tuple[str, ...]) -> tuple[str, ...]:
    """Who holds a role today, in the units that are told or to which the definition narrows it."""
    told = set(units) or _narrowing(uow, case, role)
    holders = uow.tables.organization.holders
    if not told:
        return holders(role, on=uow.today)
    return tuple(
        person for unit in sorted(told) for person in holders(role, on=uow.today, unit=unit)
    )


def _narrowing(uow: UnitOfWork, case: Case, role: str) -> set[str]:
    """The units in the fields to which steps narrow the role."""
    narrowing = {
        by.of
        for step in uow.pinned(case).process.transitions.values()
        for by in step.by
        if by.role == role and by.of is not None
    }
    units: set[str] = set()
    for field in narrowing:
        value = case.instance.fields.get(field)
        units.update((value,) if isinstance(value, str) else value or ())
    return units
