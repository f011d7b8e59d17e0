"""Who works in the organisation: what a campaign reads besides its own rows.

1. Rows of a campaign stay in the generic table: no question over years asks for their columns.
2. A lookup reads the caller's organisation only, and gives frozen values; which day counts is for
   those who ask, so nobody is left out here.
3. People without a unit (an auditor from outside) are no staff.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Somebody of a unit, from the first to the last day (None = still there)."""

    id: str
    name: str
    unit: str
    since: date
    until: date | None


def staff(session: Session, instance: Instance) -> tuple[StaffMember, ...]:
    """Everybody who is, was or will be in a unit of the organisation, by unit and name."""
    people: Any = metadata.tables["person"].c
    columns: tuple[Any, ...] = (
        people.id,
        people.name,
        people.unit,
        people.valid_from,
        people.valid_to,
    )
    query = (
        select(*columns)
        .where(people.organization_id == instance.organization_id, people.unit.is_not(None))
        .order_by(people.unit, people.name, people.id)
    )
    return tuple(
        StaffMember(id=person, name=name, unit=unit, since=since, until=until)
        for person, name, unit, since, until in session.exec(query)
    )
