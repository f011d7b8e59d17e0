"""The organisation: units, people, dated grants, delegations, qualifications.

1. Everything here is dated: `valid_from` holds from that day on, `valid_to` is the last day (None
   = open).
2. An `Actor` is built from what is in force on a day; a delegation in force lends the roles of its
   giver, marked with the giver's id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_
from sqlmodel import Field, Session, SQLModel, col, select

from engine.machine.actor import Actor, Grant
from engine.machine.instance import Person


class OrganizationRow(SQLModel, table=True):
    """A tenant: its own log, its own default calendar."""

    __tablename__ = "organization"
    id: str = Field(primary_key=True)
    slug: str = Field(unique=True)
    title_vi: str
    title_en: str
    timezone: str = "Asia/Ho_Chi_Minh"
    demonstration: bool = False


class QmsRow(SQLModel, table=True):
    """A quality-management system: its scope and its head (Circular 26/2014, Art. 6.2)."""

    __tablename__ = "qms"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    title_vi: str
    title_en: str
    head: str | None = None
    scope_vi: str = ""
    scope_en: str = ""
    valid_from: date
    valid_to: date | None = None


class UnitRow(SQLModel, table=True):
    """A division, branch, centre or desk."""

    __tablename__ = "unit"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    title_vi: str
    title_en: str
    parent: str | None = None
    qms: str | None = None
    valid_from: date
    valid_to: date | None = None


class PersonRow(SQLModel, table=True):
    """Somebody who works in the organisation; the id is opaque and is all the log keeps."""

    __tablename__ = "person"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    name: str
    unit: str | None = None
    email: str | None = None
    valid_from: date
    valid_to: date | None = None


class GrantRow(SQLModel, table=True):
    """A role that a person holds, in a unit or in the whole organisation, for a time."""

    __tablename__ = "role_grant"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    role: str
    unit: str | None = None
    valid_from: date
    valid_to: date | None = None


class DelegationRow(SQLModel, table=True):
    """A role lent by one person to another, with the document that says so."""

    __tablename__ = "delegation"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    giver: str
    deputy: str = Field(index=True)
    role: str
    document: str
    valid_from: date
    valid_to: date | None = None


class QualificationRow(SQLModel, table=True):
    """What a person is qualified for, from when to when, and what shows it."""

    __tablename__ = "qualification"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    kind: str
    evidence_vi: str = ""
    evidence_en: str = ""
    valid_from: date
    valid_to: date | None = None


_TABLES: dict[str, type[SQLModel]] = {
    "qms": QmsRow,
    "units": UnitRow,
    "people": PersonRow,
    "grants": GrantRow,
    "delegations": DelegationRow,
    "qualifications": QualificationRow,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A tenant as the floors above know it."""

    id: str
    slug: str
    title: dict[str, str]
    timezone: str
    demonstration: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit in force on the day that was asked for."""

    id: str
    title: dict[str, str]
    parent: str | None
    qms: str | None


def organizations(session: Session) -> tuple[Organization, ...]:
    """Every organisation of this database, by slug."""
    rows = session.exec(select(OrganizationRow).order_by(col(OrganizationRow.slug))).all()
    return tuple(_organization(row) for row in rows)


def add_organization(session: Session, organization: Organization) -> bool:
    """Make a tenant; False when the database has one of that id or slug."""
    taken = select(OrganizationRow).where(
        or_(
            col(OrganizationRow.id) == organization.id,
            col(OrganizationRow.slug) == organization.slug,
        )
    )
    if session.exec(taken).first() is not None:
        return False
    session.add(
        OrganizationRow(
            id=organization.id,
            slug=organization.slug,
            title_vi=organization.title["vi"],
            title_en=organization.title["en"],
            timezone=organization.timezone,
            demonstration=organization.demonstration,
        )
    )
    return True


def _in_force(table: Any, on: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The two conditions of a dated row; `on` is a date, or the parameter that brings one."""
    return (
        col(table.valid_from) <= on,
        or_(col(table.valid_to).is_(None), col(table.valid_to) >= on),
    )


# What every request and every reading of a case asks is put together once.
_ITSELF = select(OrganizationRow).where(col(OrganizationRow.id) == bindparam("organization"))
_THERE = select(PersonRow).where(
    col(PersonRow.organization_id) == bindparam("organization"),
    col(PersonRow.id) == bindparam("person"),
    *_in_force(PersonRow, bindparam("on")),
)
_PRESENT = select(PersonRow.id).where(
    col(PersonRow.organization_id) == bindparam("organization"),
    col(PersonRow.id).in_(bindparam("people", expanding=True)),
    *_in_force(PersonRow, bindparam("on")),
)
_GRANTED = (
    select(GrantRow)
    .where(
        col(GrantRow.organization_id) == bindparam("organization"),
        col(GrantRow.person) == bindparam("person"),
        *_in_force(GrantRow, bindparam("on")),
    )
    .order_by(col(GrantRow.id))
)
_LENT = select(DelegationRow).where(
    col(DelegationRow.organization_id) == bindparam("organization"),
    col(DelegationRow.deputy) == bindparam("deputy"),
    *_in_force(DelegationRow, bindparam("on")),
)
_NAMED = select(PersonRow).where(
    col(PersonRow.organization_id) == bindparam("organization"),
    col(PersonRow.id).in_(bindparam("people", expanding=True)),
)
_QUALIFIED = select(QualificationRow).where(
    col(QualificationRow.organization_id) == bindparam("organization"),
    col(QualificationRow.person).in_(bindparam("people", expanding=True)),
    *_in_force(QualificationRow, bindparam("on")),
)


class OrganizationRepository:
    """Reads and writes of one organisation's people and days."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id
        self._organization: Organization | None = None
        self._known: dict[tuple[str, date], Person] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}

    def get(self) -> Organization | None:
        """The organisation itself, read once a transaction; None when it was never made."""
        if self._organization is None:
            row = self._session.exec(_ITSELF, params={"organization": self._id}).first()
            self._organization = None if row is None else _organization(row)
        return self._organization

    def add(self, table: str, /, **values: Any) -> None:
        """Add a dated row to one of qms, units, people, grants, delegations, qualifications."""
        self._known.clear()
        self._session.add(_TABLES[table](organization_id=self._id, **values))

    def units(self, on: date) -> tuple[Unit, ...]:
        """The units in force on a day, by id."""
        query = select(UnitRow).where(self._mine(UnitRow), *_in_force(UnitRow, on))
        return tuple(
            Unit(id=u.id, title={"vi": u.title_vi, "en": u.title_en}, parent=u.parent, qms=u.qms)
            for u in self._session.exec(query.order_by(col(UnitRow.id)))
        )

    def has_unit(self, unit: str) -> bool:
        """Whether a unit of that id was ever entered; an id is never given twice."""
        return self._session.get(UnitRow, (self._id, unit)) is not None

    def has_qms(self, qms: str, *, on: date) -> bool:
        """Whether a quality system of that id is in force on a day."""
        query = select(QmsRow.id).where(
            self._mine(QmsRow), col(QmsRow.id) == qms, *_in_force(QmsRow, on)
        )
        return self._session.exec(query).first() is not None

    def actor(self, person: str, *, on: date, token: str | None = None) -> Actor | None:
        """The person with every role in force on a day, lent ones included.

        None when unknown or gone.
        """
        row = self._person(person, on)
        if row is None:
            return None
        grants = [Grant(role=g.role, unit=g.unit) for g in self._grants(person, on)]
        given = {"organization": self._id, "deputy": person, "on": on}
        for delegation in self._session.exec(_LENT, params=given):
            giver = self._person(delegation.giver, on)
            # Who has left has nothing to lend any more.
            if giver is None:
                continue
            grants += [
                Grant(role=g.role, unit=g.unit, on_behalf_of=giver.id, giver_unit=giver.unit)
                for g in self._grants(giver.id, on)
                if g.role == delegation.role
            ]
        return Actor(person=person, unit=row.unit, grants=tuple(grants), token=token)

    def people(self, on: date) -> tuple[Person, ...]:
        """Everybody in force on a day, by name."""
        query = select(PersonRow).where(self._mine(PersonRow), *_in_force(PersonRow, on))
        return self._described(self._session.exec(query.order_by(col(PersonRow.name))), on)

    def known(self, people: Iterable[str], *, on: date) -> dict[str, Person]:
        """What is known of the named people, those who left included; read once a transaction."""
        wanted = set(people)
        missing = {person for person in wanted if (person, on) not in self._known}
        if missing:
            given = {"organization": self._id, "people": tuple(missing)}
            for person in self._described(self._session.exec(_NAMED, params=given), on):
                self._known[person.id, on] = person
        return {person: self._known[person, on] for person in wanted if (person, on) in self._known}

    def present(self, people: Iterable[str], *, on: date) -> frozenset[str]:
        """Which of the named people are there on a day: who has left can be given nothing new."""
        given = {"organization": self._id, "people": tuple(set(people)), "on": on}
        return frozenset(self._session.exec(_PRESENT, params=given))

    def mail_address(self, person: str, *, on: date) -> str | None:
        """Where mail reaches somebody who is there on a day, as the organisation knows it."""
        row = self._person(person, on)
        return None if row is None else row.email

    def holders(self, role: str, *, on: date, unit: str | None = None) -> tuple[str, ...]:
        """Who is there and holds a role; with a unit, in that unit or in the whole organisation."""
        query = select(GrantRow).where(
            self._mine(GrantRow), col(GrantRow.role) == role, *_in_force(GrantRow, on)
        )
        if unit is not None:
            query = query.where(or_(col(GrantRow.unit).is_(None), col(GrantRow.unit) == unit))
        found = {grant.person for grant in self._session.exec(query)}
        return tuple(sorted(self.present(found, on=on)))

    def grants(self, on: date) -> tuple[dict[str, Any], ...]:
        """Every grant in force on a day, as plain values."""
        query = select(GrantRow).where(self._mine(GrantRow), *_in_force(GrantRow, on))
        return tuple(g.model_dump() for g in self._session.exec(query.order_by(col(GrantRow.id))))

    def actors(self, *, on: date) -> tuple[Actor, ...]:
        """Everybody who is there on a day with every role in force, by id; as `actor` tells one."""
        there = select(PersonRow).where(self._mine(PersonRow), *_in_force(PersonRow, on))
        homes = {row.id: row.unit for row in self._session.exec(there.order_by(col(PersonRow.id)))}
        held: dict[str, list[Grant]] = {person: [] for person in homes}
        for grant in self.grants(on):
            if grant["person"] in held:
                held[grant["person"]].append(Grant(role=grant["role"], unit=grant["unit"]))
        lent: dict[str, list[Grant]] = {person: [] for person in homes}
        for each in self.delegations(on):
            if each["deputy"] in homes and each["giver"] in homes:
                giver, unit = each["giver"], homes[each["giver"]]
                lent[each["deputy"]] += [
                    Grant(role=g.role, unit=g.unit, on_behalf_of=giver, giver_unit=unit)
                    for g in held[giver]
                    if g.role == each["role"]
                ]
        return tuple(
            Actor(person=person, unit=unit, grants=(*held[person], *lent[person]))
            for person, unit in homes.items()
        )

    def delegations(self, on: date) -> tuple[dict[str, Any], ...]:
        """Every delegation in force on a day, as plain values, whoever has left meanwhile."""
        query = select(DelegationRow).where(
            self._mine(DelegationRow), *_in_force(DelegationRow, on)
        )
        found = self._session.exec(query.order_by(col(DelegationRow.id)))
        return tuple(each.model_dump() for each in found)

    def days_of_grant(self, grant_id: str) -> tuple[date, date | None] | None:
        """The first and the last day of a grant; None when there is none of that id."""
        row = self._session.get(GrantRow, (self._id, grant_id))
        return None if row is None else (row.valid_from, row.valid_to)

    def end_grant(self, grant_id: str, last_day: date) -> None:
        """Let a grant that there is end on a day."""
        row = self._session.get_one(GrantRow, (self._id, grant_id))
        row.valid_to = last_day
        self._session.add(row)

    def qms_of(self, unit: str | None, *, on: date) -> str | None:
        """The quality system that a unit belongs to."""
        row = None if unit is None else self._session.get(UnitRow, (self._id, unit))
        return None if row is None or row.valid_from > on else row.qms

    def lineage(self, unit: str | None) -> tuple[str, ...]:
        """The units above a unit, the highest first, and itself; nothing for none."""
        if unit is None:
            return ()
        if unit not in self._lineages:
            row = self._session.get(UnitRow, (self._id, unit))
            # A parent is entered before its children, so that nobody stands in a circle.
            above = self.lineage(None if row is None else row.parent)
            self._lineages[unit] = (*above, unit)
        return self._lineages[unit]

    def _person(self, person: str, on: date) -> PersonRow | None:
        """Somebody who is there on a day."""
        given = {"organization": self._id, "person": person, "on": on}
        return self._session.exec(_THERE, params=given).first()

    def _grants(self, person: str, on: date) -> Iterable[GrantRow]:
        given = {"organization": self._id, "person": person, "on": on}
        return self._session.exec(_GRANTED, params=given).all()

    def _described(self, rows: Iterable[PersonRow], on: date) -> tuple[Person, ...]:
        people = list(rows)
        given = {"organization": self._id, "people": tuple({p.id for p in people}), "on": on}
        kinds: dict[str, set[str]] = {}
        for qualification in self._session.exec(_QUALIFIED, params=given):
            kinds.setdefault(qualification.person, set()).add(qualification.kind)
        return tuple(
            Person(id=p.id, name=p.name, unit=p.unit, qualifications=frozenset(kinds.get(p.id, ())))
            for p in people
        )

    def _mine(self, table: Any) -> ColumnElement[bool]:
        return col(table.organization_id) == self._id


def _organization(row: OrganizationRow) -> Organization:
    return Organization(
        id=row.id,
        slug=row.slug,
        title={"vi": row.title_vi, "en": row.title_en},
        timezone=row.timezone,
        demonstration=row.demonstration,
    )
