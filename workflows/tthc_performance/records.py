"""What a month reads from the database: the register of dossiers, and the published decisions.

A lookup reads the caller's organisation only, gives frozen values, and reads nothing of a month
that has ended: that is its rows.
"""

from datetime import date
from typing import Any, Final

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata
from workflows.overdue_dossiers.records import dossiers_between
from workflows.tthc_performance.month import Decision, ListedProcedure, MonthData

PUBLICATION: Final = "tthc_publication"
ENDED: Final = frozenset({"locked", "cancelled"})
SHOWN: Final = ("published", "current", "outdated")


def month_data(session: Session, instance: Instance) -> MonthData:
    """Everything that a month may look at."""
    first, last = instance.fields.get("first_day"), instance.fields.get("last_day")
    if first is None or last is None or instance.state in ENDED:
        return MonthData()
    organization = instance.organization_id
    return MonthData(
        dossiers=tuple(dossiers_between(session, organization, first=first, last=last)),
        decisions=_decisions(session, organization, first=first, last=last),
        procedures=_procedures(session, organization),
    )


def _decisions(
    session: Session, organization: str, *, first: date, last: date
) -> tuple[Decision, ...]:
    """The decisions signed in the month that were not cancelled, by code."""
    other, step = metadata.tables["instance"].c, metadata.tables["step"].c
    published = (
        select(step.on)
        .where(
            step.organization_id == other.organization_id,
            step.instance_id == other.id,
            step.transition == "publish",
        )
        .limit(1)
        .scalar_subquery()
    )
    signed = other.fields["signed_on"].as_string()
    columns: tuple[Any, ...] = (other.code, signed, published)
    wanted: tuple[Any, ...] = (
        other.organization_id == organization,
        other.process == PUBLICATION,
        other.state != "cancelled",
        signed >= first.isoformat(),
        signed <= last.isoformat(),
    )
    found = session.exec(select(*columns).where(*wanted).order_by(other.code)).all()
    return tuple(
        Decision(code=code, signed_on=date.fromisoformat(day), published_on=on)
        for code, day, on in found
    )


def _procedures(session: Session, organization: str) -> tuple[ListedProcedure, ...]:
    """Every procedure that stands announced, its newest decision first, by code."""
    other, row = metadata.tables["instance"].c, metadata.tables["record_row"].c
    columns: tuple[Any, ...] = (row.row_values, other.fields["signed_on"].as_string())
    wanted: tuple[Any, ...] = (
        other.organization_id == organization,
        other.process == PUBLICATION,
        other.state.in_(SHOWN),
        row.organization_id == other.organization_id,
        row.instance_id == other.id,
        row.record_set == "procedure",
        row.retired_at.is_(None),
    )
    newest = {
        values["code"]: values
        for values, _ in sorted(session.exec(select(*columns).where(*wanted)), key=lambda x: x[1])
    }
    return tuple(
        ListedProcedure(code=code, name=v["name"], unit=v["unit"], online=v["online"])
        for code, v in sorted(newest.items())
        if v["change"] != "repealed"
    )
