"""A cell into a value as JSON has it, and a value into a cell that is read as the same value.

1. Dates are `dd/mm/yyyy` or ISO, or what a spreadsheet knows as a date; decimals have a comma or a
   point and no thousands; a tick is `x`, `có`, `yes`, `1`. What looks like a formula is text.
2. What cannot be meant goes on as it stands, so that the typed reader says what is wrong with it.
3. Several values stand in one cell, parted by `;` or a line feed; a comma parts ids and names only
   where the whole cell names nothing.
4. A text that a spreadsheet would run has an apostrophe before it in CSV, and is read
   without.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from engine.definition.model import FieldSpec
from engine.tables.cell import Cell
from engine.tables.names import Known, NameFault, Names, choices_of, far, title_of

TICKS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("x", "v", "co", "yes", "y", "true", "dung", "1", "✓", "✔"), True),
    **dict.fromkeys(("khong", "no", "n", "false", "sai", "0"), False),
}
YES: Final[Mapping[str, str]] = {"vi": "Có", "en": "Yes"}
NO: Final[Mapping[str, str]] = {"vi": "Không", "en": "No"}
GUARDED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a spreadsheet may run, and the sign that keeps it from doing so."""
SAFE_DIGITS: Final = 15
"""As many digits as a number of a spreadsheet keeps."""
FIRST_DAY: Final = date(1900, 3, 1)
"""Days before are counted differently by different programs, and stand as text."""

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the cells of one sheet are read.

    Attributes:
        known: everything that a cell may name.
        zone: of instants that name no offset.
        choices: column → its choices.
    """

    known: Known
    zone: tzinfo
    choices: Mapping[str, Names] = field(default_factory=dict)


def reading_of(columns: Mapping[str, FieldSpec], *, known: Known, zone: tzinfo) -> Reading:
    """Prepare to read the cells of a sheet."""
    choices = {name: choices_of(spec) for name, spec in columns.items() if spec.type == "choice"}
    return Reading(known=known, zone=zone, choices=choices)


def value_of(cell: Cell, name: str, spec: FieldSpec, reading: Reading) -> Any:
    """The value of a cell that is not blank, as JSON has it.

    Raises:
        NameFault: it names nothing, or more than one thing.
    """
    if not spec.many:
        return _single(cell, name, spec, reading)
    text = _text(cell)
    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    if len(parts) == 1 and "," in text and spec.type != "text":
        try:
            return [_single(text, name, spec, reading)]
        except NameFault:
            parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_single(part, name, spec, reading) for part in parts]


def cell_of(value: Any, spec: FieldSpec, *, reading: Reading, name: str, language: str) -> Cell:
    """The cell that is read as this typed value; blank for None."""
    if isinstance(value, tuple):
        cells = [
            cell_of(item, spec, reading=reading, name=name, language=language) for item in value
        ]
        return "; ".join(_text(cell) for cell in cells)
    if isinstance(value, str):
        return _written(value, spec, reading=reading, name=name, language=language)
    return _cell(value, reading, language)


def _cell(value: Any, reading: Reading, language: str) -> Cell:
    """The cell of a value that is no text."""
    if isinstance(value, datetime):
        return _instant_cell(value, reading.zone)
    if isinstance(value, date):
        return value if value >= FIRST_DAY else f"{value:%d/%m/%Y}"
    match value:
        case bool():
            return (YES if value else NO)[language]
        case int():
            return value if len(str(abs(value))) <= SAFE_DIGITS else str(value)
        case Decimal():
            return value if len(value.as_tuple().digits) <= SAFE_DIGITS else format(value, "f")
        case _:
            return None


def guarded(text: str) -> str:
    """A text as CSV holds it, so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(GUARDED) else text


def shown_cell(cell: Cell) -> str:
    """A cell as people write it, for CSV and for a page."""
    match cell:
        case datetime():
            return f"{cell:%d/%m/%Y %H:%M}"
        case date():
            return f"{cell:%d/%m/%Y}"
        case Decimal():
            return format(cell, "f").replace(".", ",")
        case _:
            return "" if cell is None else str(cell)


def _single(cell: Cell, name: str, spec: FieldSpec, reading: Reading) -> Any:
    match spec.type:
        case "boolean":
            return _tick(cell)
        case "integer":
            return _integer(cell)
        case "decimal":
            return _decimal(cell)
        case "date":
            return _date(cell)
        case "datetime":
            return _datetime(cell, reading.zone)
        case _:
            return _named(_text(cell), name, spec, reading)


def _named(text: str, name: str, spec: FieldSpec, reading: Reading) -> str:
    known = reading.known
    match spec.type:
        case "choice":
            return reading.choices[name].find(text)
        case "person":
            return known.people.find(text)
        case "unit":
            return known.units.find(text)
        case _:
            return _free(text, spec, known)


def _free(text: str, spec: FieldSpec, known: Known) -> str:
    """A text of one's own, or the row of another set that it names."""
    plain = text[1:] if text[:1] == "'" and text[1:].startswith(GUARDED) else text
    if spec.row_of is None:
        return plain
    return known.rows[spec.row_of].find(plain) if spec.row_of in known.rows else plain


def _text(cell: Cell) -> str:
    """A cell as its author saw it."""
    match cell:
        case bool():
            return str(cell).upper()
        case float():
            return _digits(cell)
        case timedelta():
            return str(cell)
        case time():
            return f"{cell:%H:%M}"
        case _:
            return shown_cell(cell)


def _digits(number: float) -> str:
    """A number with the fifteen digits that a spreadsheet keeps, without an exponent."""
    text = format(Decimal(format(number, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tick(cell: Cell) -> Any:
    if isinstance(cell, bool):
        return cell
    text = _text(cell)
    return TICKS.get(far(text) or text.strip(), text)


def _integer(cell: Cell) -> Any:
    if isinstance(cell, bool):
        return _text(cell)
    text = _text(cell).replace(" ", "").replace("\xa0", "")
    whole = text.removeprefix("+")
    is_number = _NUMBER.fullmatch(whole) is not None and len(whole) <= SAFE_DIGITS + 5
    return int(whole) if is_number and whole.lstrip("-").isdecimal() else text


def _decimal(cell: Cell) -> Any:
    if isinstance(cell, bool):
        return _text(cell)
    text = _text(cell).replace(" ", "").replace("\xa0", "")
    if _NUMBER.fullmatch(text) is None:
        return text
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("+-").replace(",", ".").partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}"


def _date(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        # A day with an hour is not a day; saying so is better than dropping the hour.
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = _text(cell)
    found = _DAY.fullmatch(text)
    return text if found is None else _day(found)


def _day(found: re.Match[str]) -> str:
    return f"{found[3]}-{found[2]:>02}-{found[1]:>02}"


def _datetime(cell: Cell, zone: tzinfo) -> Any:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone).isoformat()
    text = _text(cell)
    parts = text.split()
    days = [found for part in parts if (found := _DAY.fullmatch(part))]
    clocks = [found for part in parts if (found := _CLOCK.fullmatch(part))]
    plain = text
    if len(parts) == len(days) + len(clocks) and len(days) == len(clocks) == 1:
        hour, minute, second = clocks[0].groups(default="00")
        plain = f"{_day(days[0])}T{hour:>02}:{minute}:{second}"
    try:
        read = datetime.fromisoformat(plain)
    except ValueError:
        return text
    # A day alone is no instant: midnight was not meant.
    if "T" not in plain and " " not in plain:
        return text
    return (read if read.tzinfo else read.replace(tzinfo=zone)).isoformat()


def _instant_cell(value: datetime, zone: tzinfo) -> Cell:
    """An instant on the organisation's clock where that says all of it, else with its offset."""
    local = value.astimezone(zone).replace(tzinfo=None)
    told = local.replace(tzinfo=zone).astimezone(UTC) == value
    whole_minute = (local.second, local.microsecond) == (0, 0)
    if told and whole_minute and local.date() >= FIRST_DAY:
        return local
    return value.astimezone(UTC).isoformat()


def _written(value: str, spec: FieldSpec, *, reading: Reading, name: str, language: str) -> str:
    """What stands in a sheet for an id: the title where it is read as this very id."""
    known = reading.known
    finder: Names
    match spec.type:
        case "choice":
            finder = reading.choices[name]
            title = title_of(spec.choices[value], language) if value in spec.choices else value
        case "person":
            finder, title = known.people, known.titles.get("person", {}).get(value, value)
        case "unit":
            finder = known.units
            title = known.titles.get(f"unit.{language}", {}).get(value, value)
        case _ if spec.row_of is not None and spec.row_of in known.rows:
            finder = known.rows[spec.row_of]
            title = known.labels[spec.row_of].get(value, {}).get(language, value)
        case _:
            return value
    parted = spec.many and re.search(r"[;\n]", title) is not None
    return title if finder.means(title, value) and not parted else value


def texts_of(cells: Sequence[Cell]) -> tuple[str, ...]:
    """The cells of a row as their author saw them."""
    return tuple("" if cell is None else _text(cell) for cell in cells)
