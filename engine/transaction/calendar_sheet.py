"""The days of a calendar as a sheet, and a sheet as days: what is written here is read here.

1. A blank unit is the whole organisation, a blank `official` means that a document decided the day.
2. Every fault is named by row and column; of a sheet with a fault nothing is taken.
"""

from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Final

from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.edition import DayRow
from engine.definition.model import FieldSpec, Text
from engine.definition.values import WrongValues, read_values
from engine.runtime import UnitOfWork
from engine.tables.cells import Reading, reading_of
from engine.tables.fault import RowFault, WrongRows
from engine.tables.names import Known, Names
from engine.tables.reading import read_sheet
from engine.tables.rows import FilledRow, rows_of
from engine.tables.writing import Form, SheetFormat, write_sheet

TITLE: Final = Text(vi="Lịch làm việc", en="Working calendar")
COLUMNS: Final[Mapping[str, FieldSpec]] = {
    "day": FieldSpec(type="date", required=True, title=Text(vi="Ngày", en="Day")),
    "kind": FieldSpec(
        type="choice",
        required=True,
        title=Text(vi="Loại ngày", en="Kind"),
        choices={
            "off": Text(vi="Ngày nghỉ", en="Day off"),
            "work": Text(vi="Ngày làm việc", en="Working day"),
        },
    ),
    "label": FieldSpec(
        type="text", required=True, max_length=200, title=Text(vi="Tên gọi", en="Label")
    ),
    "unit": FieldSpec(type="unit", title=Text(vi="Đơn vị", en="Unit")),
    "source": FieldSpec(
        type="text", required=True, max_length=300, title=Text(vi="Văn bản", en="Source document")
    ),
    "official": FieldSpec(type="boolean", title=Text(vi="Chính thức", en="Official")),
    "effective_on": FieldSpec(type="date", title=Text(vi="Ngày có hiệu lực", en="In effect from")),
}


def days_of_sheet(uow: UnitOfWork, content: BinaryIO, *, filename: str) -> tuple[DayRow, ...]:
    """The days of a CSV or XLSX file.

    Raises:
        TypeNotAccepted, UnsafeContent, FileTooLarge: the file cannot be taken.
        WrongRows: with every fault of every heading and cell.
    """
    sheet = read_sheet(content, filename=filename)
    filled, found = rows_of(sheet, COLUMNS, _reading(uow))
    faults = list(found)
    days: dict[Any, DayRow] = {}
    for row in filled:
        told = [fault for fault in found if fault.row == row.number]
        day = _day(row, told, faults)
        if day is None:
            continue
        if day.key in days:
            faults.append(RowFault(row=row.number, column="day", code="not_unique"))
        days[day.key] = day
    if not filled:
        faults.append(RowFault(row=sheet.rows[0].number, column="", code="no_rows"))
    if faults:
        raise WrongRows(faults)
    return tuple(days.values())


def sheet_of_days(
    uow: UnitOfWork, days: Iterable[DayRow], wanted: SheetFormat, *, language: str
) -> bytes:
    """The bytes of a sheet with these days."""
    form = Form(
        title=TITLE,
        columns=COLUMNS,
        reading=_reading(uow),
        language=language,
        rows=[
            {
                "day": row.day.date,
                "kind": row.day.kind.value,
                "label": row.day.label,
                "unit": row.unit,
                "source": row.day.source,
                "official": row.day.official,
                "effective_on": row.effective_on,
            }
            for row in days
        ],
    )
    return write_sheet(form, wanted)


def _reading(uow: UnitOfWork) -> Reading:
    """How cells are read: which units they may name."""
    units = {unit.id: unit.title for unit in uow.tables.organization.units(uow.today)}
    known = Known(
        units=Names((title, unit) for unit, titles in units.items() for title in titles.values()),
        titles={
            f"unit.{language}": {unit: titles[language] for unit, titles in units.items()}
            for language in ("vi", "en")
        },
    )
    return reading_of(COLUMNS, known=known, zone=uow.zone)


def _day(row: FilledRow, told: list[RowFault], faults: list[RowFault]) -> DayRow | None:
    """A row as a day; what does not fit is added to the faults."""
    known = {fault.column for fault in told}
    try:
        values: dict[str, Any] = read_values(COLUMNS, dict(row.values), partial=False)
    except WrongValues as error:
        faults += [
            RowFault(
                row=row.number,
                column=fault["field"],
                code=fault["code"],
                params=fault["params"],
            )
            for fault in error.params["faults"]
            if fault["field"] not in known
        ]
        return None
    if known:
        return None
    return DayRow(
        day=CalendarDay(
            date=values["day"],
            kind=DayKind(values["kind"]),
            label=values["label"],
            source=values["source"],
            official=values.get("official") is not False,
        ),
        unit=values.get("unit"),
        effective_on=values.get("effective_on"),
    )
