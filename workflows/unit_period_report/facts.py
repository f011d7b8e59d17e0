"""What the gate of a unit's account asks: every dossier of the unit is answered for, and no other.

1. A dossier is answered for by a row with cause and measure, or by its own case: a confirmed cause
   where it is late, a measure taken up where it is in the backlog.
2. Which dossiers are asked for was frozen by the review; the register is not looked at again.
"""

from typing import Final

from engine.machine.instance import Case, Row
from workflows.unit_period_report.records import Asked

ASKED: Final = "unit_period_dossiers"
ITEM: Final = "backlog_item"


def dossiers_unanswered(case: Case) -> int:
    """Dossiers that neither a row nor a case answers for."""
    return len(unanswered(case))


def items_strange(case: Case) -> int:
    """Rows about dossiers that nobody asked the unit for."""
    known = {dossier.code for dossier in asked(case)}
    return sum(row.values["dossier_code"] not in known for row in items(case))


def unanswered(case: Case) -> tuple[Asked, ...]:
    """Those dossiers, by code."""
    told = {row.values["dossier_code"] for row in items(case)}
    return tuple(
        dossier for dossier in asked(case) if dossier.code not in told and not dossier.is_settled
    )


def asked(case: Case) -> tuple[Asked, ...]:
    """The dossiers that the unit has to answer for."""
    found: tuple[Asked, ...] = case.lookups.get(ASKED, ())
    return found


def items(case: Case) -> tuple[Row, ...]:
    """The rows of the account."""
    return case.rows(ITEM)
