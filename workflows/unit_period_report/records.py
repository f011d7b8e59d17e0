"""The dossiers of a unit that the review above this report froze, and their cases.

A lookup reads the caller's organisation only, and gives frozen values.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_dossiers.cases import standings

FROZEN: Final = "snapshot_dossier"
"""The rows of the review that name its dossiers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dossier that the unit has to answer for, as the review froze it."""

    code: str
    procedure: str
    due_on: date
    current_due_on: date
    late: bool
    backlog: bool
    days_late: int
    standing: CaseStanding | None

    @property
    def is_settled(self) -> bool:
        """Whether its case says all: a confirmed cause if late, a measure if in the backlog.

        What was excluded by proof is not asked for as late.
        """
        if self.standing is None:
            return False
        excused = self.standing.is_confirmed or self.standing.is_excluded
        return (excused or not self.late) and (self.standing.has_measure or not self.backlog)


def asked_dossiers(session: Session, instance: Instance) -> tuple[Asked, ...]:
    """The dossiers of the unit, by code; none where no review opened the report."""
    unit = instance.fields.get("unit")
    if instance.parent_id is None or unit is None:
        return ()
    row = metadata.tables["record_row"].c
    query = select(row.row_values).where(
        row.organization_id == instance.organization_id,
        row.instance_id == instance.parent_id,
        row.record_set == FROZEN,
        row.retired_at.is_(None),
    )
    found = [values for values in session.exec(query).all() if values["unit"] == unit]
    if not found:
        return ()
    days = [date.fromisoformat(values["due_on"]) for values in found]
    cases = standings(session, instance.organization_id, first=min(days), last=max(days))
    known = {standing.key: standing for standing in cases}
    asked = (_asked(values, known) for values in found)
    return tuple(sorted(asked, key=lambda each: (each.code, each.due_on)))


def _asked(values: dict[str, Any], known: dict[tuple[str, date], CaseStanding]) -> Asked:
    due_on = date.fromisoformat(values["due_on"])
    return Asked(
        code=values["dossier_code"],
        procedure=values["procedure"],
        due_on=due_on,
        current_due_on=date.fromisoformat(values["current_due_on"]),
        late=values["late"],
        backlog=values["backlog"],
        days_late=values["days_late"],
        standing=known.get((values["dossier_code"], due_on)),
    )
