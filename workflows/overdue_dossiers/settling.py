"""Which steps of open cases the register asks for: what ended, and what is known to be late.

1. A dossier that ended by its day finishes its case; one that ended later is returned there. The
   file of the export that told of it is the record of the return.
2. Late is what a picture of a later day than the due day shows as not ended, or what ended after
   it. Before such a picture nobody knows: an export comes once a week.
3. A paused dossier is not late; one that was sent back or stopped waits for the desk, which has the
   letter.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session

from engine.machine.register import WantedStep
from engine.storage.database import metadata
from workflows.overdue_dossiers.cases import PROCESS
from workflows.overdue_dossiers.dossier import Status
from workflows.overdue_dossiers.records import DOSSIERS

BEFORE_DUE: Final = ("at_risk", "extension_pending", "extended")
LATE: Final = ("overdue", "cause_submitted", "cause_confirmed", "remedying")
RECORD: Final = "return_record"


def wanted_steps(session: Session, organization_id: str) -> tuple[WantedStep, ...]:
    """The steps, by the code of the case."""
    case, row = metadata.tables["instance"].c, DOSSIERS.c
    home = metadata.tables["organization"].c
    zone = (
        session.connection()
        .execute(select(home.timezone).where(home.id == organization_id))
        .scalar_one()
    )
    query = (
        select(
            case.id,
            case.state,
            case.fields,
            row.status,
            row.ended_on,
            row.exported_at,
            row.import_id,
        )
        .join_from(
            metadata.tables["instance"],
            DOSSIERS,
            (row.organization_id == case.organization_id) & (row.case_id == case.id),
        )
        .where(
            case.organization_id == organization_id,
            case.process == PROCESS,
            case.state.in_((*BEFORE_DUE, *LATE)),
        )
        .order_by(case.code)
    )
    found = session.connection().execute(query).mappings()
    return tuple(step for each in found for step in _steps(dict(each), ZoneInfo(zone)))


def _steps(told: dict[str, Any], zone: ZoneInfo) -> Iterator[WantedStep]:
    """The step of one case, if any."""
    due = date.fromisoformat(told["fields"]["current_due"])
    finished = told["status"] == Status.FINISHED.value
    ended: date | None = told["ended_on"]
    if told["state"] in LATE:
        if finished and told["fields"].get("returned_on") is None:
            yield _returned(told, "return_result")
    elif ended is not None:
        if finished and ended <= due:
            yield _returned(told, "finish")
        elif finished:
            yield WantedStep(instance_id=told["id"], transition="lapse")
    elif (
        told["status"] == Status.PENDING.value and told["exported_at"].astimezone(zone).date() > due
    ):
        yield WantedStep(instance_id=told["id"], transition="lapse")


def _returned(told: dict[str, Any], transition: str) -> WantedStep:
    return WantedStep(
        instance_id=told["id"],
        transition=transition,
        fields={"returned_on": told["ended_on"]},
        requirement=RECORD,
        job=told["import_id"],
    )
