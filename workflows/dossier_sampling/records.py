"""What a month's sampling reads from the database: dossiers that were finished in it.

A lookup reads the caller's organisation only, gives frozen values, and reads nothing once the
population is frozen: from then on the rows of the case count.
"""

from typing import Final

from sqlmodel import Session

from engine.machine.instance import Instance
from workflows.dossier_sampling.drawing import Finished
from workflows.overdue_dossiers.dossier import Status
from workflows.overdue_dossiers.records import dossiers_between

OPEN: Final = "month_open"


def finished_dossiers(session: Session, instance: Instance) -> tuple[Finished, ...]:
    """The dossiers that were finished in the month, by code."""
    first, last = instance.fields.get("first_day"), instance.fields.get("last_day")
    if first is None or last is None or instance.state != OPEN:
        return ()
    return tuple(
        Finished(code=each.code, unit=each.unit)
        for each in dossiers_between(session, instance.organization_id, first=first, last=last)
        if each.status is Status.FINISHED
        and each.ended_on is not None
        and first <= each.ended_on <= last
    )
