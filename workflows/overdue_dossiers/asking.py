"""Which dossiers ask for an overdue case: those at risk, late, or finished late a short while ago.

1. At risk is a pending dossier with no more than so many working days left; a paused one is not,
   for its clock stands.
2. A dossier that is late already is opened at risk and lapses in the same transaction.
3. One that was finished late is opened too while it is fresh: its cause is asked for all the same.
   The first import of an old export shall not open cases of years ago.
4. How many days each of these means is dated data.
"""

import json
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import and_, or_, select
from sqlmodel import Session

from engine.calendars.business_days import Calendar
from engine.calendars.dated_rules import DatedRule, read_rules, rule_on
from engine.machine.register import WantedCase
from workflows.overdue_dossiers.dossier import Status
from workflows.overdue_dossiers.records import DOSSIERS

PROCESS: Final = "overdue_case"
LAPSE: Final = "lapse"


class OpeningRule(DatedRule):
    """When a dossier asks for a case.

    Attributes:
        risk_working_days: working days left from which on a dossier is at risk.
        look_back_days: for how many days one that was finished late still asks.
    """

    risk_working_days: Annotated[int, Field(ge=0, le=30)]
    look_back_days: Annotated[int, Field(ge=0, le=366)]


def wanted_cases(
    session: Session, organization_id: str, *, today: date, calendar: Calendar, limit: int
) -> tuple[WantedCase, ...]:
    """Some of the dossiers that ask for a case and have none, the longest overdue first."""
    rule = rule_on(_rules(), today)
    beyond = calendar.add_working_days(today, rule.risk_working_days + 1)
    table = DOSSIERS.c
    pending = and_(table.status == Status.PENDING.value, table.current_due_on < beyond)
    finished_late = and_(
        table.status == Status.FINISHED.value,
        table.ended_on > table.current_due_on,
        table.ended_on >= today - timedelta(days=rule.look_back_days),
    )
    query = (
        select(
            table.code,
            table.due_on,
            table.current_due_on,
            table.received_on,
            table.procedure,
            table.unit,
            table.ended_on,
        )
        .where(
            table.organization_id == organization_id,
            table.case_id.is_(None),
            or_(pending, finished_late),
        )
        .order_by(table.current_due_on, table.code, table.due_on)
        .limit(limit)
    )
    found = session.connection().execute(query).mappings()
    return tuple(_wanted(dict(row), today=today) for row in found)


def _wanted(row: dict[str, Any], *, today: date) -> WantedCase:
    late = (row["ended_on"] or today) > row["current_due_on"]
    return WantedCase(
        key=(row["code"], row["due_on"]),
        process=PROCESS,
        title=f"{row['code']} · {row['procedure']}"[:300],
        unit=row["unit"],
        fields={
            "dossier_code": row["code"],
            "procedure": row["procedure"],
            "unit": row["unit"],
            "received_on": row["received_on"].isoformat(),
            "original_due": row["due_on"].isoformat(),
            "current_due": row["current_due_on"].isoformat(),
        },
        then=(LAPSE,) if late else (),
    )


@cache
def _rules() -> tuple[OpeningRule, ...]:
    file = resources.files("workflows.overdue_dossiers") / "opening_rules.json"
    return read_rules(json.loads(file.read_text("utf-8")), OpeningRule)
