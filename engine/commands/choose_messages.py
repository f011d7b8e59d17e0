"""How somebody wants to hear by mail: their own choice, kept with an entry where the address moves.

What is sent by mail names cases and titles, so where it goes is a fact of security: an entry tells
that it changed, and its personal payload from what to what.
"""

from engine.audit.leaf import EntryType
from engine.audit.payload import Change
from engine.errors import Invalid
from engine.outbox.choice import MINUTES_A_DAY, Choice
from engine.outbox.mail import is_address
from engine.runtime import Caller, Runtime
from engine.storage.audit_log import LogDraft


def choose_messages(runtime: Runtime, caller: Caller, choice: Choice) -> None:
    """Keep the caller's choice.

    Raises:
        Invalid: `mail_address_wrong`, or hours that no day has (`quiet_hours_wrong`).
    """
    if choice.address is not None and not is_address(choice.address):
        raise Invalid("mail_address_wrong", address=choice.address)
    if not all(0 <= minute < MINUTES_A_DAY for minute in (choice.quiet_from, choice.quiet_to)):
        raise Invalid("quiet_hours_wrong")
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        before = uow.tables.outbox.choice(caller.person)
        uow.tables.outbox.choose(caller.person, choice)
        if before.address != choice.address:
            moved = Change(column="mail_address", old=before.address, new=choice.address)
            uow.tables.log.append(
                LogDraft(
                    type=EntryType.ACCOUNT_CHANGED,
                    stream=f"account:{caller.person}",
                    at=uow.now,
                    actor=actor,
                    subject=caller.person,
                    personal=(moved,),
                    details={"change": "mail_address"},
                )
            )
        uow.commit()


def message_choice(runtime: Runtime, caller: Caller) -> Choice:
    """What the caller chose; the defaults for who never did."""
    with runtime.read(caller.organization_id) as uow:
        return uow.tables.outbox.choice(caller.person)
