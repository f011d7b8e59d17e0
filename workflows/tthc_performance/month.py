"""What a month reads besides its own rows, as values."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from workflows.overdue_dossiers.dossier import Dossier

MONTH_DATA: Final = "tthc_month_data"
"""The lookup that gives a month its dossiers, its decisions and the announced procedures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on procedures: when it was signed, and when it was everywhere."""

    code: str
    signed_on: date
    published_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProcedure:
    """A procedure that is announced: who handles it, how far it is online."""

    code: str
    name: str
    unit: str
    online: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonthData:
    """What the lookup gives."""

    dossiers: tuple[Dossier, ...] = ()
    decisions: tuple[Decision, ...] = ()
    procedures: tuple[ListedProcedure, ...] = ()
