"""XLSX as a stream: the first visible sheet, row by row, with what formulas last gave.

1. What the parts are, which sheet is visible and which formats are dates, openpyxl says. The two
   parts that may be large, the sheet and the texts that its cells share, are read here by expat: a
   tree of every cell is ten times as dear, and nothing of a tree is wanted.
2. Nothing is kept but the row that is read and the shared texts. A part that declares a document
   type is refused: it may hold entities.
3. Cells and rows stand where they say they do; what they leave out is blank.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final, NoReturn
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import SHARED_STRINGS
from typing_extensions import override

from engine.evidence.file_type import FileType, UnsafeContent
from engine.tables.cell import Cell

READ_BYTES: Final = 64 * 1024
NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORKSHEET_RELATION: Final = "/worksheet"
REMEMBERED_MAX: Final = 20_000
TEXT_MAX: Final = 1_000_000
"""Characters of one cell; a spreadsheet keeps 32,767."""
DIGITS: Final = "0123456789"
NOT_A_DAY: Final = "#VALUE!"
"""What a spreadsheet shows for a number beyond its days."""

_ROW, _CELL, _VALUE, _INLINE, _ITEM, _RUN, _TEXT, _SOUND = (
    f"{NAMESPACE} {name}" for name in ("row", "c", "v", "is", "si", "r", "t", "rPh")
)


def workbook_rows(stream: BinaryIO, *, last_row: int, columns_max: int) -> Iterator[Sequence[Cell]]:
    """The rows of the first visible sheet, blank ones included.

    A row is as long as its last cell that says something, and no longer than one column more than
    the most; a sheet that goes on behind the last row ends with a row behind it.

    Raises:
        UnsafeContent: `file_damaged`.
    """
    stream.seek(0)
    try:
        reader = _Book(stream)
        reader.read_around_sheets()
        path = _first_visible(reader)
        if path is None:
            return
        sheet = _Sheet(reader, columns_max=columns_max)
        given = 0
        for number, cells in sheet.rows(path):
            # A million of blank rows between two others cost a few bytes of the file.
            for _ in range(given + 1, min(number, last_row + 2)):
                yield ()
            if number > last_row:
                yield cells
                return
            yield cells
            given = number
    except (UnsafeContent, GeneratorExit):
        raise
    except Exception as error:
        # The readers were written for files that programs make: a broken one ends them in any way.
        raise UnsafeContent("file_damaged", type=FileType.XLSX.value) from error


class _Book(ExcelReader):  # type: ignore[misc]  # openpyxl tells no types.
    """All of a workbook but its sheets, with the shared texts read as a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, read_only=True, data_only=True, keep_links=False)

    @override
    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            texts = _Texts()
            for _ in _parsed(self.archive, part.PartName[1:], texts.parser):
                pass
            self.shared_strings = texts.found

    def read_around_sheets(self) -> None:
        """What is to be known before a sheet is read; openpyxl would go through each one whole."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)


def _first_visible(reader: _Book) -> str | None:
    for sheet, relation in reader.parser.find_sheets():
        known = relation.target in reader.valid_files
        if known and sheet.state == "visible" and relation.Type.endswith(WORKSHEET_RELATION):
            path: str = relation.target
            return path
    return None


def _parsed(archive: zipfile.ZipFile, path: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Parse a part, stopping after each stretch of it."""
    with archive.open(path) as part:
        while piece := part.read(READ_BYTES):
            parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by position.
            yield
        parser.Parse(b"", True)  # noqa: FBT003 - as above.
    yield


def _new_parser(
    start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]
) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise UnsafeContent("file_damaged", type=FileType.XLSX.value)


class _Texts:
    """Gathers the texts that cells share, without how they are set and how they are pronounced."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.parser = _new_parser(self._start, self._end)
        self._parts: list[str] = []
        self._sounds = 0

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == _TEXT and not self._sounds:
            self.parser.CharacterDataHandler = self._parts.append
        elif name == _SOUND:
            self._sounds += 1

    def _end(self, name: str) -> None:
        if name == _TEXT:
            self.parser.CharacterDataHandler = None
        elif name == _ITEM:
            # A sign that XML cannot hold is written by its number, and an underscore before one so.
            self.found.append("".join(self._parts).replace("x005F_", ""))
            self._parts.clear()
        elif name == _SOUND:
            self._sounds -= 1


class _Sheet:
    """Reads the cells of one sheet."""

    def __init__(self, reader: _Book, *, columns_max: int) -> None:
        self._archive = reader.archive
        self._texts: Sequence[str] = reader.shared_strings
        self._epoch = reader.wb.epoch
        # What openpyxl found among the styles; it has no public name for it.
        self._days = reader.wb._date_formats  # noqa: SLF001
        self._spans = reader.wb._timedelta_formats  # noqa: SLF001
        self._columns_max = columns_max
        self._columns: dict[str, int] = {}
        self._numbers: dict[tuple[str, int], Cell] = {}
        self._ready: list[tuple[int, Sequence[Cell]]] = []
        self._number = self._column = 0
        self._row: list[Cell] | None = None
        self._kind: str | None = None
        self._style = 0
        self._value: list[str] | None = None
        self._inline: list[str] = []
        self._inside = self._sounds = 0
        self._parser = _new_parser(self._start, self._end)

    def rows(self, path: str) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows that the sheet holds, with their numbers, which only grow."""
        last = 0
        for _ in _parsed(self._archive, path, self._parser):
            if sum(map(len, [*(self._value or ()), *self._inline])) > TEXT_MAX:
                raise UnsafeContent("file_damaged", type=FileType.XLSX.value)
            for number, cells in self._ready:
                if number > last:
                    yield number, cells
                    last = number
            self._ready.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _CELL:
            if self._row is None:
                return
            place = attributes.get("r")
            self._column = self._column + 1 if place is None else self._column_of(place)
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", 0))
            self._value = None
        elif name == _VALUE:
            if self._kind is not None and self._value is None:
                self._value = []
                self._parser.CharacterDataHandler = self._value.append
        elif name == _ROW:
            number = attributes.get("r")
            self._number = self._number + 1 if number is None else int(float(number))
            self._row, self._column = [], 0
        elif self._kind == "inlineStr":
            self._start_inline(name)

    def _end(self, name: str) -> None:
        if name == _VALUE:
            self._parser.CharacterDataHandler = None
        elif name == _CELL:
            if self._kind is not None:
                self._put(self._meaning())
                self._kind = None
        elif name == _ROW:
            if self._row is not None:
                self._ready.append((self._number, self._row))
                self._row = None
        elif self._inside:
            self._end_inline(name)

    def _start_inline(self, name: str) -> None:
        if name == _INLINE:
            self._inside += 1
            self._inline.clear()
        elif name == _SOUND:
            self._sounds += 1
        elif name == _TEXT and self._inside and not self._sounds:
            self._parser.CharacterDataHandler = self._inline.append

    def _end_inline(self, name: str) -> None:
        if name == _TEXT:
            self._parser.CharacterDataHandler = None
        elif name == _SOUND:
            self._sounds -= 1
        elif name == _INLINE:
            self._inside -= 1

    def _column_of(self, place: str) -> int:
        letters = place.rstrip(DIGITS)
        found = self._columns.get(letters)
        if found is None:
            found = self._columns[letters] = column_index_from_string(letters)
        return found

    def _put(self, value: Cell) -> None:
        """Put a value where it stands; what is too far to the right is seen in the next column."""
        row = self._row
        if value is None or row is None:
            return
        place = min(self._column - 1, self._columns_max)
        missing = place - len(row)
        if missing < 0:
            row[place] = value
            return
        if missing:
            row.extend([None] * missing)
        row.append(value)

    def _meaning(self) -> Cell:
        if self._kind == "inlineStr":
            text = "".join(self._inline)
            self._inline.clear()
            return text or None
        told = "".join(self._value) if self._value else ""
        return self._typed(told) if told else None

    def _typed(self, told: str) -> Cell:
        match self._kind:
            case "s":
                return self._texts[int(told)]
            case "n":
                return self._of_number(told)
            case "b":
                return bool(int(told))
            case "d":
                moment: Cell = from_ISO8601(told)
                return moment
            case _:
                return told

    def _of_number(self, told: str) -> Cell:
        key = told, self._style
        found = self._numbers.get(key)
        if found is None:
            found = _number(told)
            if self._style in self._days:
                found = self._moment(found)
            if len(self._numbers) >= REMEMBERED_MAX:
                self._numbers.clear()
            self._numbers[key] = found
        return found

    def _moment(self, number: float) -> Cell:
        try:
            found: Any = from_excel(number, self._epoch, timedelta=self._style in self._spans)
        except (OverflowError, ValueError):
            return NOT_A_DAY
        moment: Cell = found
        return moment


def _number(told: str) -> float:
    return float(told) if any(sign in told for sign in ".Ee") else int(told)
