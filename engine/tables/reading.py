"""A small file into cells: CSV, the first visible sheet of an XLSX, the largest table of a DOCX.

1. `streaming` says what is read at all, and how; here the rows are counted and kept.
2. A row keeps the number that the program of its author shows; blank rows are left out.
3. More rows, columns or bytes than the limits are refused, never cut off.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from engine.evidence.file_type import UnsafeContent
from engine.tables.cell import Cell
from engine.tables.streaming import SheetTooLong, StreamLimits, stream_rows

SHEET_BYTES_MAX: Final = 10 * 1024 * 1024
ROWS_MAX: Final = 5_000
"""Rows under the heading; more are another kind of work than what one command writes."""
CELL_CHARACTERS_MAX: Final = 32_767
LIMITS: Final = StreamLimits(
    bytes_max=SHEET_BYTES_MAX, rows_max=ROWS_MAX, last_row=50_000, word=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """The cells of a row, with its number in the program of its author."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a file that are not blank; the first one is the heading."""

    rows: tuple[SheetRow, ...]


def read_sheet(stream: BinaryIO, *, filename: str) -> Sheet:
    """Read a seekable file from its beginning.

    Raises:
        TypeNotAccepted: it is neither CSV nor XLSX nor DOCX, by name or by content.
        UnsafeContent: it is empty, damaged, or could harm whoever opens it.
        FileTooLarge: more bytes, rows or columns than are taken.
    """
    rows: list[SheetRow] = []
    for number, row in enumerate(stream_rows(stream, filename=filename, limits=LIMITS), start=1):
        trimmed = _trimmed(row)
        if trimmed and len(rows) > ROWS_MAX:
            raise SheetTooLong(ROWS_MAX)
        if trimmed:
            rows.append(SheetRow(number=number, cells=trimmed))
    if not rows:
        raise UnsafeContent("file_empty")
    return Sheet(rows=tuple(rows))


def _trimmed(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells up to the last one that holds something; blank ones are None."""
    cells = [_plain(cell) for cell in row]
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)


def _plain(cell: Cell) -> Cell:
    """A cell without what nobody sees: text composed, line ends alike, blank as None."""
    if not isinstance(cell, str):
        return cell
    if len(cell) > CELL_CHARACTERS_MAX:
        raise UnsafeContent("cell_too_long", most=CELL_CHARACTERS_MAX)
    lines = cell.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip() or None
