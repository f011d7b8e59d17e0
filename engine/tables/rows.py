"""A sheet into rows of a record set: which heading is which column, and every fault by its cell.

1. A heading is the id of a column or its title in either language, without regard to case, accents,
   signs and spaces; a star behind it marks what is required. The number of the line (`STT`, `No.`)
   is passed over.
2. A heading that means nothing, or the same as another, and a cell under no heading are faults:
   what somebody filled in is never left out in silence.
3. A blank cell says that there is no value.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.definition.model import FieldSpec
from engine.tables.cells import Reading, texts_of, value_of
from engine.tables.fault import RowFault
from engine.tables.names import NameFault, Names, far
from engine.tables.reading import Sheet, SheetRow

NAME_SHOWN: Final = 80
LINE_NUMBERS: Final = frozenset({"stt", "tt", "so tt", "so thu tu", "no", "nr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledRow:
    """A row of a sheet: its number and its values as JSON has them, blank ones as None."""

    number: int
    values: Mapping[str, Any]


def rows_of(
    sheet: Sheet, columns: Mapping[str, FieldSpec], reading: Reading
) -> tuple[tuple[FilledRow, ...], tuple[RowFault, ...]]:
    """The rows of a sheet, and what is wrong with its headings and cells.

    A cell that names nothing is left out of its row: the fault says why.
    """
    heading, *rest = sheet.rows
    places, faults = _places(heading, columns)
    rows = []
    for row in rest:
        values, wrong = _values(row, places, columns, reading)
        rows.append(FilledRow(number=row.number, values=values))
        faults.extend(wrong)
    return tuple(rows), tuple(faults)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each column stands; `passed` are the places that are looked over."""

    columns: Mapping[int, str]
    passed: frozenset[int]


def _places(heading: SheetRow, columns: Mapping[str, FieldSpec]) -> tuple[_Places, list[RowFault]]:
    finder = Names(
        (written, name)
        for name, spec in columns.items()
        for written in (name, spec.title.vi, spec.title.en)
    )
    found: dict[int, str] = {}
    passed: set[int] = set()
    faults: list[RowFault] = []
    for index, text in enumerate(texts_of(heading.cells)):
        if not text:
            continue
        name, code = _column(text, finder, taken=found.values())
        if name is not None:
            found[index] = name
            continue
        passed.add(index)
        if code:
            faults.append(_heading_fault(heading, text, code))
    if not found:
        faults.append(_heading_fault(heading, "", "no_heading"))
    return _Places(found, frozenset(passed)), faults


def _column(text: str, finder: Names, *, taken: Collection[str]) -> tuple[str | None, str]:
    """The column that a heading names, or the code of what is wrong with it."""
    try:
        name = finder.find(text.rstrip("* "))
    except NameFault as fault:
        if far(text) in LINE_NUMBERS:
            return None, ""
        return None, "unknown_heading" if fault.code == "unknown_name" else fault.code
    return (None, "repeated_heading") if name in taken else (name, "")


def _heading_fault(heading: SheetRow, text: str, code: str) -> RowFault:
    said = text[:NAME_SHOWN]
    return RowFault(row=heading.number, column=said, code=code, params={"name": said})


def _values(
    row: SheetRow, places: _Places, columns: Mapping[str, FieldSpec], reading: Reading
) -> tuple[dict[str, Any], list[RowFault]]:
    values: dict[str, Any] = {}
    faults: list[RowFault] = []
    for index, cell in enumerate(row.cells):
        name = places.columns.get(index)
        if name is None:
            if cell is not None and index not in places.passed:
                said: dict[str, Any] = {"nth": index + 1}
                faults.append(_fault(row, "", "no_heading_above", said))
            continue
        try:
            values[name] = None if cell is None else value_of(cell, name, columns[name], reading)
        except NameFault as fault:
            faults.append(_fault(row, name, fault.code, {"name": fault.name[:NAME_SHOWN]}))
    # A row that ends before the heading does is blank from there on.
    wrong = {fault.column for fault in faults}
    blank = {name: None for name in places.columns.values() if name not in {*values, *wrong}}
    return {**values, **blank}, faults


def _fault(row: SheetRow, column: str, code: str, params: Mapping[str, Any]) -> RowFault:
    return RowFault(row=row.number, column=column, code=code, params=params)
