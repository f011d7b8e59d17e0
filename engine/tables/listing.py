"""Tables to be read by people and programs: headings and rows, as CSV or XLSX.

1. Nothing that a cell begins with is run: text is text to a spreadsheet, and has an apostrophe
   before it in CSV where a spreadsheet would run it.
2. Several tables are sheets of one workbook; in CSV they follow one another, each under its title
   and parted by a blank line.
3. Rows are written as they come: a list of faults may be long.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from engine.tables.cell import Cell
from engine.tables.cells import guarded, shown_cell
from engine.tables.writing import CSV_DELIMITER, FORMATS, SheetFormat, say_text, sheet_title

WIDTHS: Final = range(8, 61)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table to be written.

    Attributes:
        title: of the table; a sheet is called so.
    """

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def write_listings(listings: Sequence[Listing], wanted: SheetFormat) -> bytes:
    """The bytes of tables in the format that is wanted."""
    return _csv(listings) if wanted is SheetFormat.CSV else _xlsx(listings)


def _csv(listings: Sequence[Listing]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=CSV_DELIMITER)
    for place, listing in enumerate(listings):
        if len(listings) > 1:
            writer.writerows([[]] if place else [])
            writer.writerow([guarded(listing.title)])
        writer.writerow(map(guarded, listing.headings))
        for row in listing.rows:
            writer.writerow(
                guarded(cell) if isinstance(cell, str) else shown_cell(cell) for cell in row
            )
    return text.getvalue().encode("utf-8-sig")


def _xlsx(listings: Sequence[Listing]) -> bytes:
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for listing in listings:
        name = _name(listing.title, taken)
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for place, heading in enumerate(listing.headings):
            letter = chr(ord("A") + place) if place < 26 else None
            if letter:
                width = min(max(len(heading) + 2, WIDTHS.start), WIDTHS.stop)
                sheet.column_dimensions[letter].width = width
        sheet.append([_cell(sheet, heading, bold=True) for heading in listing.headings])
        for row in listing.rows:
            sheet.append([_cell(sheet, cell) for cell in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _name(title: str, taken: set[str]) -> str:
    """The name of a sheet: no two alike, as short as a spreadsheet takes it."""
    name = sheet_title(title)
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{sheet_title(title)[:27]} {number}"
    taken.add(name.casefold())
    return name


def _cell(sheet: Any, value: Cell, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=None if isinstance(value, str) else value)
    if isinstance(value, str):
        say_text(cell, value)
    elif type(value).__name__ in FORMATS:
        cell.number_format = FORMATS[type(value).__name__]
    if bold:
        cell.font = Font(bold=True)
    return cell
