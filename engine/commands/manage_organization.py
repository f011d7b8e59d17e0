"""The organisation and its people: made once from data, then changed by dated rows.

1. `found_organization` makes a tenant with its units, people, grants and calendar in one
   transaction, and begins its log; entry 0 says so.
2. Every later change is a dated row and an entry; nothing is overwritten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.audit.holders import FOUNDED
from engine.audit.leaf import EntryType
from engine.calendars.business_days import CalendarDay
from engine.calendars.edition import CalendarChange, DayRow, RuleRow
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import SYSTEM, Actor
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.letterheads import AGENCY, letterhead_of
from engine.storage.organization import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationSeed:
    """The data of a new organisation, as its YAML file has them.

    Attributes:
        data: keys organization, qms, units, people, grants, qualifications, delegations,
            letterheads.
        days: the calendar's dated rows, from the library and the overrides.
        rules: working time, reporting periods and the one-stop desk's clock, from the shipped data.
    """

    id: str
    data: Mapping[str, Any]
    days: Iterable[CalendarDay]
    rules: Iterable[RuleRow] = ()
    demonstration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """A division, branch, centre or desk, from a day on.

    Attributes:
        title: vi and en.
        parent: the unit above; None for one that stands at the top.
    """

    id: str
    title: Mapping[str, str]
    parent: str | None = None
    qms: str | None = None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """A role for a person, in a unit or in the whole organisation, for a time."""

    person: str
    role: str
    unit: str | None = None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelegation:
    """A role lent by one person to another, by a document, for a time."""

    giver: str
    deputy: str
    role: str
    document: str
    valid_from: date
    valid_to: date | None = None


def found_organization(runtime: Runtime, seed: OrganizationSeed) -> None:
    """Make an organisation, whole.

    Raises:
        Conflict: the database has one of that id.
        Invalid: a grant names a person or unit that the data do not have.
    """
    told = seed.data["organization"]
    organization = Organization(
        id=seed.id,
        slug=told["slug"],
        title=dict(told["title"]),
        timezone=told.get("timezone", "Asia/Ho_Chi_Minh"),
        demonstration=seed.demonstration,
    )
    with runtime.found(organization) as uow:
        roles = _seed_people(uow, seed.data)
        _seed_letterheads(uow, seed.data)
        uow.tables.calendars.write(
            CalendarChange(
                days=tuple(DayRow(day=day) for day in seed.days), rules=tuple(seed.rules)
            ),
            by=SYSTEM.person,
            at=uow.now,
            new_id=uow.new_id,
        )
        _log(
            uow,
            SYSTEM,
            EntryType.ORGANIZATION_CHANGED,
            subject=seed.id,
            change=FOUNDED,
            # So that who held which role can be told from the log alone.
            **roles,
        )
        uow.commit()


def add_unit(runtime: Runtime, caller: Caller, unit: NewUnit) -> str | NotAllowed:
    """Enter a unit; its id.

    Raises:
        Conflict: a unit of that id was entered before, be it in force or not.
        NotFound: the unit above, or the quality system, is not in force on its first day.
        Invalid: it ends before it begins.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        _check_dates(unit.valid_from, unit.valid_to)
        # Two who enter the same unit at once meet here, and the second one is told.
        uow.tables.log.lock()
        organization = uow.tables.organization
        if organization.has_unit(unit.id):
            raise Conflict("unit_exists", unit=unit.id)
        above = {known.id for known in organization.units(unit.valid_from)}
        if unit.parent is not None and unit.parent not in above:
            raise NotFound("unknown_unit", unit=unit.parent)
        if unit.qms is not None and not organization.has_qms(unit.qms, on=unit.valid_from):
            raise NotFound("unknown_qms", qms=unit.qms)
        organization.add(
            "units",
            id=unit.id,
            title_vi=unit.title["vi"],
            title_en=unit.title["en"],
            parent=unit.parent,
            qms=unit.qms,
            valid_from=unit.valid_from,
            valid_to=unit.valid_to,
        )
        _log(
            uow,
            uow.actor(caller),
            EntryType.ORGANIZATION_CHANGED,
            subject=unit.id,
            change="unit_added",
            title=unit.title["vi"],
            parent=unit.parent,
            qms=unit.qms,
            valid_from=unit.valid_from.isoformat(),
            valid_to=None if unit.valid_to is None else unit.valid_to.isoformat(),
        )
        uow.commit()
        return unit.id


def add_grant(runtime: Runtime, caller: Caller, grant: NewGrant) -> str | NotAllowed:
    """Give somebody a role; the new grant's id.

    Raises:
        NotFound: an unknown person or unit.
        Invalid: it ends before it begins.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        _check_dates(grant.valid_from, grant.valid_to)
        _check_people(uow, [grant.person])
        units = {unit.id for unit in uow.tables.organization.units(uow.today)}
        if grant.unit is not None and grant.unit not in units:
            raise NotFound("unknown_unit", unit=grant.unit)
        grant_id = uow.new_id()
        uow.tables.organization.add(
            "grants",
            id=grant_id,
            person=grant.person,
            role=grant.role,
            unit=grant.unit,
            valid_from=grant.valid_from,
            valid_to=grant.valid_to,
        )
        _log(
            uow,
            uow.actor(caller),
            EntryType.GRANT_CHANGED,
            subject=grant.person,
            grant=grant_id,
            role=grant.role,
            unit=grant.unit,
            valid_from=grant.valid_from.isoformat(),
            valid_to=None if grant.valid_to is None else grant.valid_to.isoformat(),
        )
        uow.commit()
        return grant_id


def end_grant(runtime: Runtime, caller: Caller, grant_id: str, last_day: date) -> NotAllowed | None:
    """Let a grant end; its row stays.

    Raises:
        NotFound: no such grant, or one that has ended.
        Invalid: the day lies before the grant began, and is not the day before, on which it ends
            without having been in force.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        uow.tables.log.lock()
        span = uow.tables.organization.days_of_grant(grant_id)
        if span is None or (span[1] is not None and span[1] < uow.today):
            raise NotFound("unknown_grant", grant=grant_id)
        if last_day.toordinal() < span[0].toordinal() - 1:
            _check_dates(span[0], last_day)
        uow.tables.organization.end_grant(grant_id, last_day)
        _log(
            uow,
            uow.actor(caller),
            EntryType.GRANT_CHANGED,
            subject=grant_id,
            valid_to=last_day.isoformat(),
        )
        uow.commit()
        return None


def add_delegation(runtime: Runtime, caller: Caller, delegation: NewDelegation) -> str | NotAllowed:
    """Lend a role: the giver for herself, or an administrator with the document.

    Raises:
        NotFound: an unknown person.
        Invalid: it ends before it begins, lends to oneself, or lacks its document.
    """
    with runtime.write(caller.organization_id) as uow:
        if caller.person != delegation.giver:
            refused = refused_administration(uow, caller)
            if refused is not None:
                return refused
        _check_dates(delegation.valid_from, delegation.valid_to)
        _check_people(uow, [delegation.giver, delegation.deputy])
        if delegation.giver == delegation.deputy:
            raise Invalid("delegation_to_oneself", person=delegation.giver)
        if not delegation.document.strip():
            raise Invalid("delegation_without_document")
        delegation_id = uow.new_id()
        uow.tables.organization.add(
            "delegations",
            id=delegation_id,
            giver=delegation.giver,
            deputy=delegation.deputy,
            role=delegation.role,
            document=delegation.document.strip(),
            valid_from=delegation.valid_from,
            valid_to=delegation.valid_to,
        )
        _log(
            uow,
            uow.actor(caller),
            EntryType.DELEGATION_CHANGED,
            subject=delegation.deputy,
            giver=delegation.giver,
            role=delegation.role,
            document=delegation.document,
            valid_from=delegation.valid_from.isoformat(),
            valid_to=None if delegation.valid_to is None else delegation.valid_to.isoformat(),
        )
        uow.commit()
        return delegation_id


def _seed_people(uow: UnitOfWork, data: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Enter the people with what they may do; their roles as the log tells them."""
    units = {unit["id"] for unit in data["units"]}
    people = {person["id"] for person in data["people"]}
    strange = [
        grant
        for grant in data["grants"]
        if grant["person"] not in people or grant.get("unit", None) not in {None, *units}
    ]
    if strange:
        raise Invalid("seed_grant_unknown", grants=[grant["person"] for grant in strange])
    for kind in ("qms", "units", "people"):
        for row in data.get(kind, ()):
            told = {name: value for name, value in row.items() if name != "username"}
            uow.tables.organization.add(kind, **_dated(_titled(told)))
    roles: dict[str, list[dict[str, str]]] = {"grants": [], "delegations": []}
    for kind in ("grants", "qualifications", "delegations"):
        for row in data.get(kind, ()):
            values = {"id": uow.new_id(), **_dated(_titled(row))}
            uow.tables.organization.add(kind, **values)
            if kind in roles:
                roles[kind].append(_told(values))
    return roles


def _told(values: Mapping[str, Any]) -> dict[str, str]:
    """A grant or delegation as the log tells it: the one who has the role is its `person`."""
    told = {name: str(value) for name, value in values.items() if value is not None}
    return {"person" if name == "deputy" else name: value for name, value in told.items()}


def _seed_letterheads(uow: UnitOfWork, data: Mapping[str, Any]) -> None:
    for told in data.get("letterheads", ()):
        days = _dated({name: told[name] for name in ("from",) if name in told})
        letterhead = letterhead_of(
            told, issuer=told.get("issuer", AGENCY), valid_from=days["valid_from"]
        )
        uow.tables.letterheads.add(letterhead, row_id=uow.new_id(), by=SYSTEM.person, at=uow.now)


def _titled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Unfold bilingual values into the two columns that hold them."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            values |= {f"{name}_{language}": words for language, words in value.items()}
        else:
            values[name] = value
    return values


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row its days: `from` and `to` as ISO text, from the first day of all when absent."""
    values = {name: value for name, value in row.items() if name not in {"from", "to"}}
    values["valid_from"] = date.fromisoformat(str(row.get("from", "2000-01-01")))
    values["valid_to"] = date.fromisoformat(str(row["to"])) if row.get("to") else None
    return values


def _check_dates(first: date, last: date | None) -> None:
    if last is not None and last < first:
        raise Invalid("ends_before_it_begins", first=first.isoformat(), last=last.isoformat())


def _check_people(uow: UnitOfWork, people: list[str]) -> None:
    known = uow.tables.organization.present(people, on=uow.today)
    for person in people:
        if person not in known:
            raise NotFound("unknown_person", person=person)


def _log(
    uow: UnitOfWork, actor: Actor, kind: EntryType, *, subject: str, **details: object
) -> None:
    uow.tables.log.append(
        LogDraft(
            type=kind,
            stream="organization",
            at=uow.now,
            actor=actor,
            subject=subject,
            details={name: value for name, value in details.items() if value is not None},
        )
    )
