"""Whose work the open cases are: how much waits for each person, role and unit, and what it is.

The numbers beside the list count all open work; the form narrows the list alone.
"""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Response

from api.pages.visiting import Desked
from engine.queries.work_list import Wanted, work_list

router = APIRouter()

ITEMS_SHOWN: Final = 100
SHOWN: Final = ("open", "overdue", "stuck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the list was asked for, as the form shows it again."""

    person: str
    role: str
    unit: str
    show: str


@router.get("/work")
def work_page(
    desk: Desked, person: str = "", role: str = "", unit: str = "", show: str = ""
) -> Response:
    """Open cases by whose work they are, the first due first."""
    asked = Asked(person=person, role=role, unit=unit, show=show if show in SHOWN else SHOWN[0])
    wanted = Wanted(
        person=person or None,
        role=role or None,
        unit=unit or None,
        overdue=asked.show == "overdue",
        stuck=asked.show == "stuck",
    )
    found = work_list(desk.house.runtime, desk.caller, wanted)
    return desk.page(
        "work.html",
        block="results",
        asked=asked,
        work=found,
        items=found.items[:ITEMS_SHOWN],
        shown=SHOWN,
        units=desk.choices.units,
    )
