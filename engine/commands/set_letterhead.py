"""Set what stands at the head and the foot of an issuer's papers, from a day on."""

from dataclasses import asdict

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Invalid
from engine.runtime import Caller, Runtime
from engine.storage.audit_log import LogDraft
from engine.storage.letterheads import Letterhead


def set_letterhead(runtime: Runtime, caller: Caller, letterhead: Letterhead) -> str | NotAllowed:
    """Enter a letterhead; its id. Those before it stay as they were.

    Raises:
        Invalid: two signers of one role.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        roles = [signer.role for signer in letterhead.signers]
        if len(roles) != len(set(roles)):
            raise Invalid("signer_twice", roles=sorted({r for r in roles if roles.count(r) > 1}))
        row_id = uow.new_id()
        uow.tables.letterheads.add(letterhead, row_id=row_id, by=caller.person, at=uow.now)
        told = asdict(letterhead)
        uow.tables.log.append(
            LogDraft(
                type=EntryType.ORGANIZATION_CHANGED,
                stream="organization",
                at=uow.now,
                actor=uow.actor(caller),
                subject=letterhead.issuer,
                details={
                    **{name: value for name, value in told.items() if value is not None},
                    "change": "letterhead_set",
                    "valid_from": letterhead.valid_from.isoformat(),
                },
            )
        )
        uow.commit()
        return row_id
