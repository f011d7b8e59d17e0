"""What a briefing reads from the database: complaints that were found true in its half-year.

A lookup reads the caller's organisation only, and gives frozen values.
"""

from typing import Any, Final

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata

SUBJECTS: Final = ("attitude", "integrity")


def integrity_complaints(session: Session, instance: Instance) -> int:
    """Complaints about attitude or integrity, received in the period and found true."""
    first, last = instance.fields.get("first_day"), instance.fields.get("last_day")
    if first is None or last is None:
        return 0
    other = metadata.tables["instance"].c
    received = other.fields["received_on"].as_string()
    wanted: tuple[Any, ...] = (
        other.organization_id == instance.organization_id,
        other.process == "hotline_feedback",
        other.fields["subject"].as_string().in_(SUBJECTS),
        received >= first.isoformat(),
        received <= last.isoformat(),
    )
    found = session.exec(select(other.fields).where(*wanted)).all()
    return sum(bool(fields.get("substantiated")) for fields in found)
