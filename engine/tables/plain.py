"""A plain table as a file: headings and rows, for who wants to go on with it in a spreadsheet.

Texts stay texts: nothing that a cell begins with makes it a formula, in CSV or in XLSX.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from engine.tables.cell import Cell
from engine.tables.cells import guarded, shown_cell
from engine.tables.writing import CSV_DELIMITER, SheetFormat

WIDTH: Final = 24


def write_table(
    headings: Sequence[str], rows: Iterable[Sequence[Cell]], wanted: SheetFormat
) -> bytes:
    """The bytes of a table in the format that is wanted."""
    return _csv(headings, rows) if wanted is SheetFormat.CSV else _xlsx(headings, rows)


def _csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=CSV_DELIMITER)
    writer.writerow(guarded(heading) for heading in headings)
    for row in rows:
        writer.writerow(
            guarded(cell) if isinstance(cell, str) else shown_cell(cell) for cell in row
        )
    return text.getvalue().encode("utf-8-sig")


def _xlsx(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for index in range(len(headings)):
        sheet.column_dimensions[chr(ord("A") + index)].width = WIDTH

    def cell_of(value: Cell, *, bold: bool = False) -> WriteOnlyCell:
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"
            cell.number_format = "@"
        if bold:
            cell.font = Font(bold=True)
        return cell

    sheet.append([cell_of(heading, bold=True) for heading in headings])
    for row in rows:
        sheet.append([cell_of(value) for value in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
