"""Doors for auditors from outside: made, ended, entered, and every use written down.

1. A door opens one case, one process or one year, for reading, until a day; nothing else.
2. Its secret is 256 random bits, shown once; the database has its digest.
3. A wrong secret, an unknown door and one that is closed are told alike.
4. What happens at a door stands in the log, under the door's own name: no person of the house.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Invalid, NotFound
from engine.machine.actor import Actor
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.queries.evidence_pack import year_of
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.auditor_links import AuditorLink

DAYS_MAX: Final = 90
LABEL_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A door that is to be made.

    Attributes:
        kind: `instance`, `process` or `year`.
        value: id or code of the instance, id of the process, or the year.
        label: for whom it is.
    """

    kind: str
    value: str
    label: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLink:
    """A door, and its secret for this once."""

    link: AuditorLink
    secret: str


def add_link(
    runtime: Runtime, caller: Caller, wanted: NewLink, *, roles: Collection[str]
) -> MadeLink | NotAllowed:
    """Make a door.

    Args:
        runtime: the house.
        caller: who asks.
        wanted: what it shall open.
        roles: who may make doors.

    Raises:
        NotFound: no such instance or process.
        Invalid: it opens nothing, has no label, or no day within 90 days.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = _refused(uow, caller, roles)
        if refused is not None:
            return refused
        label = wanted.label.strip()
        if not 0 < len(label) <= LABEL_MAX:
            raise Invalid("link_label_wrong", most=LABEL_MAX)
        if not uow.now < wanted.expires_at <= uow.now + timedelta(days=DAYS_MAX):
            raise Invalid("link_time_wrong", days=DAYS_MAX)
        value, name = _scope(uow, wanted)
        secret = secrets.token_urlsafe(32)
        link = AuditorLink(
            organization_id=caller.organization_id,
            id=uow.new_id(),
            secret_digest=_digest(secret),
            kind=wanted.kind,
            value=value,
            name=name,
            label=label,
            made_by=caller.person,
            made_at=uow.now,
            expires_at=wanted.expires_at,
        )
        uow.tables.auditor_links.add(link)
        _log(
            uow,
            link,
            uow.actor(caller),
            EntryType.TOKEN_CHANGED,
            change="auditor_link_added",
            scope=link.kind,
            value=link.name,
            label=label,
            expires_at=link.expires_at.isoformat(),
        )
        uow.commit()
        return MadeLink(link=link, secret=secret)


def end_link(
    runtime: Runtime, caller: Caller, link_id: str, *, roles: Collection[str]
) -> NotAllowed | None:
    """Close a door at once; one that is closed stays closed.

    Raises:
        NotFound: this organisation has no such door.
    """
    with runtime.write(caller.organization_id) as uow:
        link = uow.tables.auditor_links.get(link_id)
        if link is None:
            raise NotFound("unknown_link", link=link_id)
        refused = _refused(uow, caller, roles)
        if refused is not None:
            return refused
        if link.ended_at is None:
            uow.tables.auditor_links.end(link_id, at=uow.now)
            actor = uow.actor(caller)
            _log(uow, link, actor, EntryType.TOKEN_CHANGED, change="auditor_link_ended")
            uow.commit()
        return None


def links_of(
    runtime: Runtime, caller: Caller, *, roles: Collection[str]
) -> tuple[AuditorLink, ...] | NotAllowed:
    """Every door of the caller's organisation."""
    with runtime.read(caller.organization_id) as uow:
        return _refused(uow, caller, roles) or uow.tables.auditor_links.all()


def open_link(
    runtime: Runtime, link_id: str, secret: str, *, enters: bool = False
) -> AuditorLink | None:
    """The door that a secret opens now; None for every other case (rule 3).

    Args:
        runtime: the house.
        link_id: which door.
        secret: as somebody brought it.
        enters: write down that somebody came in.
    """
    link = runtime.auditor_link(link_id)
    expected = _digest("") if link is None else link.secret_digest
    if not hmac.compare_digest(_digest(secret), expected) or link is None:
        return None
    if not link.is_open(runtime.clock.now()):
        return None
    if enters:
        with runtime.write(link.organization_id) as uow:
            uow.tables.auditor_links.used(link.id, at=uow.now)
            _log(uow, link, Actor(person=link.actor), EntryType.LOGIN, by="auditor_link")
            uow.commit()
    return link


def note_reading(runtime: Runtime, link: AuditorLink, *, evidence: str) -> None:
    """Write down that a file was read through a door."""
    with runtime.write(link.organization_id) as uow:
        actor = Actor(person=link.actor)
        _log(uow, link, actor, EntryType.EVIDENCE_READ, evidence=evidence)
        uow.commit()


def _scope(uow: UnitOfWork, wanted: NewLink) -> tuple[str, str]:
    """What a door opens, and what people call it."""
    match wanted.kind:
        case "instance":
            tables = uow.tables.instances
            found = tables.get(wanted.value) or tables.by_code(wanted.value)
            if found is None:
                raise NotFound("unknown_instance", instance=wanted.value)
            return found.id, found.code
        case "process":
            uow.definition(wanted.value)
            return wanted.value, wanted.value
        case "year":
            year = str(year_of(wanted.value))
            return year, year
        case _:
            raise Invalid("pack_scope_unclear")


def _refused(uow: UnitOfWork, caller: Caller, roles: Collection[str]) -> NotAllowed | None:
    if uow.actor(caller).roles & set(roles):
        return None
    known = sorted(roles)
    unmet = Unmet(UnmetCode.ROLE, params={"roles": known}, who_can=tuple(known), waivable=False)
    return NotAllowed(refused=Refused((unmet,)))


def _log(uow: UnitOfWork, link: AuditorLink, actor: Actor, kind: EntryType, **details: str) -> None:
    uow.tables.log.append(
        LogDraft(
            type=kind,
            stream=f"account:link-{link.id}",
            at=uow.now,
            actor=actor,
            subject=link.id,
            details=details,
        )
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
