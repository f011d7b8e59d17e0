"""Put messages into the outbox.

For named people, and for the holders of roles in the case's unit.
"""

from engine.machine.instance import Case
from engine.machine.intent import Notify
from engine.runtime import UnitOfWork
from engine.storage.outbox import StoredMessage

# Roles whose holders answer for one unit each; all others answer for the whole organisation.
ROLES_OF_A_UNIT = frozenset({"unit_head", "unit_staff"})


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
        unit = case.instance.unit if role in ROLES_OF_A_UNIT else None
        holders = named or uow.tables.organization.holders(role, on=uow.today, unit=unit)
        found.update(dict.fromkeys(holders))
    return tuple(found)
