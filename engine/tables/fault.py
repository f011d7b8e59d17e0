"""What is wrong with the cells of a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import Invalid
from engine.machine.instance import no_values

CODES: Final = frozenset(
    {
        "ambiguous_name",
        "assignment",
        "no_heading",
        "no_heading_above",
        "no_rows",
        "not_unique",
        "own_unit",
        "repeated_heading",
        "required",
        "row_closed",
        "stale_row",
        "unit",
        "unknown_heading",
        "unknown_name",
        "unknown_person",
        "unknown_row",
        "unknown_unit",
    }
)
"""Every code of a fault of a row besides those of single values, so that a test asks for words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Why one row cannot be taken.

    Attributes:
        row: its number, as whoever sent it counts: in a sheet the heading is row 1.
        column: id of the column; of a heading that means nothing, its text; empty where the row as
            a whole is at fault.
        code: of the sentence `cell.<code>`, else `fault.<code>`.
    """

    row: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=no_values)

    def told(self) -> dict[str, Any]:
        """The fault as answers list it."""
        params = dict(self.params)
        return {"row": self.row, "field": self.column, "code": self.code, "params": params}


class WrongRows(Invalid):
    """Some rows do not fit; `params["faults"]` names each cell."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        super().__init__("wrong_values", faults=[fault.told() for fault in faults])
