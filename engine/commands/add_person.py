"""Add a person with a role and a login, as whoever runs the house: the command line's way in.

Administrators add grants and logins one by one on the pages; this command is for the machine's
operator, who alone can make the first administrator.
"""

from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.errors import Conflict, NotFound
from engine.machine.actor import SYSTEM
from engine.runtime import Runtime
from engine.storage.accounts import Account
from engine.storage.audit_log import LogDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person with one role from today on, and the login.

    Attributes:
        unit: where the person works; also where the role is held, when `in_unit`.
        in_unit: the role is held for the unit, not for the whole organisation.
    """

    name: str
    username: str
    password_hash: str
    role: str
    unit: str | None = None
    in_unit: bool = False


def add_person(runtime: Runtime, organization_id: str, new: NewPerson) -> str:
    """Add the person; the new id.

    Raises:
        NotFound: there is no such unit.
        Conflict: the user name is taken.
    """
    with runtime.write(organization_id) as uow:
        units = {unit.id for unit in uow.tables.organization.units(uow.today)}
        if new.unit is not None and new.unit not in units:
            raise NotFound("unknown_unit", unit=new.unit)
        if uow.accounts.by_username(new.username) is not None:
            raise Conflict("username_taken", username=new.username)
        person = uow.new_id()
        uow.tables.organization.add(
            "people", id=person, name=new.name, unit=new.unit, valid_from=uow.today
        )
        grant = uow.new_id()
        uow.tables.organization.add(
            "grants",
            id=grant,
            person=person,
            role=new.role,
            unit=new.unit if new.in_unit else None,
            valid_from=uow.today,
        )
        uow.accounts.add(
            Account(
                organization_id=organization_id,
                person=person,
                username=new.username,
                password_hash=new.password_hash,
                language="vi",
                disabled=False,
            )
        )
        told = {
            EntryType.GRANT_CHANGED: {
                "grant": grant,
                "role": new.role,
                "valid_from": uow.today.isoformat(),
            },
            EntryType.ACCOUNT_CHANGED: {"change": "added"},
        }
        for kind, details in told.items():
            of_account = kind is EntryType.ACCOUNT_CHANGED
            uow.tables.log.append(
                LogDraft(
                    type=kind,
                    stream=f"account:{person}" if of_account else "organization",
                    at=uow.now,
                    actor=SYSTEM,
                    subject=person,
                    details=details,
                )
            )
        uow.commit()
        return person
