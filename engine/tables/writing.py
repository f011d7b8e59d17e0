"""A sheet to fill in: headings, what each column takes, and rows where there are some already.

1. What is written here and read again by `reading` gives the same values.
2. Choices, units and ticks are lists to choose from in XLSX; they stand on a sheet of their own.
3. Codes stay codes: columns of text are text to the spreadsheet as well, so that `007` keeps its
   zeros and nothing that begins with `=` is run.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from engine.definition.model import FieldSpec, Text
from engine.tables.cell import Cell
from engine.tables.cells import NO, YES, Reading, cell_of, guarded, shown_cell
from engine.tables.names import title_of
from engine.tables.reading import ROWS_MAX

CSV_DELIMITER: Final = ";"
"""What a spreadsheet expects where the comma stands in decimals, as it does in Việt Nam."""
LISTS: Final[Mapping[str, str]] = {"vi": "Danh mục", "en": "Lists"}
FORMATS: Final[Mapping[str, str]] = {"date": "dd/mm/yyyy", "datetime": "dd/mm/yyyy hh:mm"}
WIDTH: Final = 22
SHEET_TITLE_LENGTH: Final = 31

_NOT_IN_TITLES = re.compile(r"[\\/*?:\[\]]")


class SheetFormat(StrEnum):
    """What a sheet is written as."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A sheet to be written.

    Attributes:
        title: of the record set.
        rows: typed values by column, where rows are given with the headings.
    """

    title: Text
    columns: Mapping[str, FieldSpec]
    reading: Reading
    language: str
    rows: Sequence[Mapping[str, Any]] = ()


def write_sheet(form: Form, wanted: SheetFormat) -> bytes:
    """The bytes of a sheet in the format that is wanted."""
    cells = [
        [
            cell_of(row.get(name), spec, reading=form.reading, name=name, language=form.language)
            for name, spec in form.columns.items()
        ]
        for row in form.rows
    ]
    return _csv(form, cells) if wanted is SheetFormat.CSV else _xlsx(form, cells)


def _csv(form: Form, rows: Sequence[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=CSV_DELIMITER)
    writer.writerow(_heading(form, spec) for spec in form.columns.values())
    for row in rows:
        writer.writerow(
            guarded(cell) if _is_text(spec) and isinstance(cell, str) else shown_cell(cell)
            for cell, spec in zip(row, form.columns.values(), strict=True)
        )
    return text.getvalue().encode("utf-8-sig")


def _xlsx(form: Form, rows: Sequence[Sequence[Cell]]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = sheet_title(title_of(form.title, form.language))
    lists = book.create_sheet(LISTS[form.language])
    for index, (name, spec) in enumerate(form.columns.items(), start=1):
        _head(sheet, index, _heading(form, spec))
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = WIDTH
        sheet.column_dimensions[letter].number_format = _format(spec)
        offered = _offered(form, name, spec)
        if offered:
            _offer(sheet, lists, index, _heading(form, spec), offered)
    for number, row in enumerate(rows, start=2):
        for index, (cell, spec) in enumerate(zip(row, form.columns.values(), strict=True), start=1):
            _put(sheet, (number, index), cell, spec)
    sheet.freeze_panes = "A2"
    if lists.max_row == 1:
        book.remove(lists)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _heading(form: Form, spec: FieldSpec) -> str:
    return title_of(spec.title, form.language) + (" *" if spec.required else "")


def _is_text(spec: FieldSpec) -> bool:
    return spec.type == "text"


def _format(spec: FieldSpec) -> str:
    if spec.type in FORMATS:
        return FORMATS[spec.type]
    return "General" if spec.type in {"integer", "decimal"} else "@"


def sheet_title(title: str) -> str:
    """A title as a sheet may be called."""
    plain = _NOT_IN_TITLES.sub(" ", title).strip("' ")
    return plain[:SHEET_TITLE_LENGTH].strip("' ") or "1"


def _head(sheet: Worksheet, index: int, text: str) -> None:
    cell = sheet.cell(1, index)
    say_text(cell, text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="DDE8F0")
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _offered(form: Form, name: str, spec: FieldSpec) -> tuple[str, ...]:
    """What may be chosen in a column; nothing where several may stand in one cell."""
    if spec.many:
        return ()
    match spec.type:
        case "choice":
            identifiers: Sequence[str] = tuple(spec.choices)
        case "unit":
            identifiers = tuple(form.reading.known.titles.get(f"unit.{form.language}", {}))
        case "boolean":
            return (YES[form.language], NO[form.language])
        case _ if spec.row_of is not None:
            identifiers = tuple(form.reading.known.labels.get(spec.row_of, {}))
        case _:
            return ()
    return tuple(
        str(cell_of(one, spec, reading=form.reading, name=name, language=form.language))
        for one in identifiers
    )


def _offer(
    sheet: Worksheet, lists: Worksheet, index: int, heading: str, offered: Sequence[str]
) -> None:
    """Write what may be chosen, and let the column refer to it."""
    _head(lists, index, heading)
    letter = get_column_letter(index)
    lists.column_dimensions[letter].width = WIDTH
    for number, text in enumerate(offered, start=2):
        say_text(lists.cell(number, index), text)
    title = (lists.title or "").replace("'", "''")
    choice = DataValidation(
        type="list",
        formula1=f"'{title}'!${letter}$2:${letter}${len(offered) + 1}",
        allow_blank=True,
        showErrorMessage=True,
    )
    sheet.add_data_validation(choice)
    choice.add(f"{letter}2:{letter}{ROWS_MAX + 1}")


def _put(sheet: Worksheet, place: tuple[int, int], value: Cell, spec: FieldSpec) -> None:
    if value is None:
        return
    cell = sheet.cell(*place)
    if isinstance(value, str):
        say_text(cell, value)
        return
    cell.value = value
    cell.number_format = _format(spec)


def say_text(cell: Any, text: str) -> None:
    """Put a text into a cell: nothing that it begins with makes it a formula or an error."""
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
