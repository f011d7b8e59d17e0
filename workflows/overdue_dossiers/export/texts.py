"""Codes and texts of an export, cleaned of what nobody sees and of what tells of a person.

1. A text is composed, its spaces and line feeds are single spaces, and signs that print nothing are
   gone. What guards a cell against being run as a formula is no part of it.
2. A code is letters of the Latin alphabet, digits and a few signs, with at least one digit: a name
   is none. A number of an identity card or of a telephone is not a code either, whatever its column
   is called.
3. A text longer than its limit is cut and counted: titles of procedures are sentences.
"""

import re
import unicodedata
from typing import Final

from engine.tables.cell import Cell
from engine.tables.cells import texts_of
from engine.tables.names import NameFault, Names
from workflows.overdue_dossiers.dossier import CODE_LENGTH, PROCEDURE_LENGTH, UNIT_LENGTH
from workflows.overdue_dossiers.export.personal import hidden, kind_of

NAME_SHOWN: Final = 80
CUT: Final = "…"

_CODE: Final = re.compile(r"(?=[^\d]*\d)[0-9A-Za-zĐđ][0-9A-Za-zĐđ./_()\-–]*", re.ASCII)
_FORMULA_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)


class CellFault(ValueError):  # noqa: N818 - a verdict that leaves this room as a fault.
    """A cell that cannot be meant."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class TextReader:
    """Reads the texts that are kept.

    Attributes:
        hidden: how many different texts told of a person, which was hidden.
        cut: how many different texts were too long.
    """

    def __init__(self, units: Names | None) -> None:
        self.hidden = self.cut = 0
        self._units = units

    def procedure(self, cell: Cell) -> str:
        """The title or code of a procedure."""
        return self._kept(text_of(cell), PROCEDURE_LENGTH)

    def unit(self, cell: Cell) -> str:
        """The id of a unit, or its own words where there is no organisation."""
        told = text_of(cell)
        if self._units is None:
            return self._kept(told, UNIT_LENGTH)
        try:
            return self._units.find(told)
        except NameFault as fault:
            raise CellFault("unit_unknown", name=hidden(told)[:NAME_SHOWN]) from fault

    def _kept(self, text: str, most: int) -> str:
        seen = hidden(text)
        self.hidden += seen != text
        if len(seen) > most:
            self.cut += 1
            seen = seen[: most - len(CUT)].rstrip() + CUT
        return seen


def code_of(cell: Cell) -> str:
    """The code of a dossier.

    Raises:
        CellFault: `required`, `code_wrong`, `code_personal` or `text_too_long`.
    """
    code = cell
    if type(code) is not str or not _CODE.fullmatch(code):
        if is_blank(cell):
            raise CellFault("required")
        code = text_of(cell)
        if kind_of(code) is not None:
            raise CellFault("code_personal")
        if not _CODE.fullmatch(code):
            raise CellFault("code_wrong")
    if len(code) > CODE_LENGTH:
        raise CellFault("text_too_long", most=CODE_LENGTH)
    if code.isdecimal() and kind_of(code) is not None:
        raise CellFault("code_personal")
    return code


def text_of(cell: Cell) -> str:
    """What a cell says, cleaned."""
    (told,) = texts_of([cell])
    wrapped = _FORMULA_TEXT.fullmatch(told.strip())
    text = wrapped[1] if wrapped else told.strip().removeprefix("'")
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    if composed.isprintable():
        return composed
    return "".join(character for character in composed if character.isprintable()).strip()


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
