"""A file into cells: CSV as offices save it, and the first visible sheet of an XLSX.

1. The content must be what the name says (`engine.evidence.content`): macros, bombs, encrypted and
   damaged containers are refused before anything opens them.
2. CSV is UTF-8, UTF-16 with its mark, else Windows-1258 and then Windows-1252; the one of `;`, `,`
   and tab that the first line has most of parts the cells.
3. XLSX is read as a stream, row by row, with what formulas last gave. A reader that lays out the
   whole sheet first can be made to ask for terabytes by a file of five kilobytes.
4. A row keeps the number that the program of its author shows; blank rows are left out.
5. More rows, columns or bytes than the limits are refused, never cut off.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import BinaryIO, Final

import openpyxl

from engine.errors import Invalid
from engine.evidence.archive import ArchiveLimits
from engine.evidence.content import ContentLimits, check_content
from engine.evidence.digest import FileTooLarge
from engine.evidence.file_type import FileType, UnsafeContent

SHEET_BYTES_MAX: Final = 10 * 1024 * 1024
ROWS_MAX: Final = 5_000
"""Rows under the heading; more are another kind of work than what one command writes."""
LAST_ROW: Final = 50_000
"""Blank rows between and below count too: somebody could make a million of them in a few bytes."""
COLUMNS_MAX: Final = 200
CELL_CHARACTERS_MAX: Final = 32_767
ACCEPTED: Final = frozenset({FileType.CSV, FileType.XLSX})
LIMITS: Final = ContentLimits(
    archive=ArchiveLimits(entries_max=1_000, unpacked_bytes_max=64 * 1024 * 1024)
)
PIECE_BYTES: Final = 256 * 1024
TAGS_MAX: Final = 600_000
STYLE_TAGS_MAX: Final = 30_000
"""Tags of one part of a workbook: bytes that pack well are cheap to send and dear to read."""
DELIMITERS: Final = ";,\t"

Cell = str | int | float | bool | Decimal | date | datetime | time | timedelta | None


class SheetTooLong(FileTooLarge):
    """More rows than are taken at once."""

    def __init__(self, rows_max: int) -> None:
        Invalid.__init__(self, "sheet_too_long", rows_max=rows_max)


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
        TypeNotAccepted: it is neither CSV nor XLSX, by name or by content.
        UnsafeContent: it is empty, damaged, or could harm whoever opens it.
        FileTooLarge: more bytes, rows or columns than are taken.
    """
    size = stream.seek(0, 2)
    if size > SHEET_BYTES_MAX:
        raise FileTooLarge(SHEET_BYTES_MAX)
    kind, text = _recognised(stream, filename)
    cells = _of_workbook(stream) if kind is FileType.XLSX else _of_text(text)
    rows: list[SheetRow] = []
    for number, row in enumerate(cells, start=1):
        trimmed = _trimmed(row)
        if number > LAST_ROW or (trimmed and len(rows) > ROWS_MAX):
            raise SheetTooLong(ROWS_MAX)
        if len(trimmed) > COLUMNS_MAX:
            raise UnsafeContent("sheet_too_wide", columns_max=COLUMNS_MAX)
        if trimmed:
            rows.append(SheetRow(number=number, cells=trimmed))
    if not rows:
        raise UnsafeContent("file_empty")
    return Sheet(rows=tuple(rows))


def _recognised(stream: BinaryIO, filename: str) -> tuple[FileType, str]:
    """The type of the file, and of CSV its text."""
    stream.seek(0)
    raw = stream.read(4)
    utf16 = raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        found = check_content(stream, filename=filename, accepted=ACCEPTED, limits=LIMITS).type
    except UnsafeContent as error:
        # What a Vietnamese office saves as CSV is UTF-8 only where somebody asked for it.
        if error.code not in {"text_not_utf8", "text_has_nul"}:
            raise
        stream.seek(0)
        text = _decoded(stream.read(), utf16=utf16)
        again = io.BytesIO(text.encode("utf-8"))
        check_content(again, filename=filename, accepted=ACCEPTED, limits=LIMITS)
        return FileType.CSV, text
    stream.seek(0)
    if found is FileType.XLSX:
        _refuse_many_tags(stream)
        return found, ""
    return found, stream.read().decode("utf-8-sig")


def _refuse_many_tags(stream: BinaryIO) -> None:
    """Count the tags of every part before any is read as XML.

    Raises:
        UnsafeContent: `sheet_too_heavy`.
    """
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            most = STYLE_TAGS_MAX if entry.filename.endswith("styles.xml") else TAGS_MAX
            tags = 0
            with archive.open(entry) as part:
                while piece := part.read(PIECE_BYTES):
                    tags += piece.count(b"<")
                    if tags > most:
                        raise UnsafeContent("sheet_too_heavy", part=entry.filename)
    stream.seek(0)


def _decoded(raw: bytes, *, utf16: bool) -> str:
    """The text of a file that is not UTF-8.

    Raises:
        UnsafeContent: `text_not_utf8`: no encoding of an office fits.
    """
    for encoding in ("utf-16",) if utf16 else ("cp1258", "cp1252"):
        try:
            text = unicodedata.normalize("NFC", raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        alone = encoding == "cp1258" and any(unicodedata.combining(c) for c in text)
        # Marks that stand on no letter of theirs were letters of Western Europe.
        if not alone and not any(_is_control(c) for c in text):
            return text
    raise UnsafeContent("text_not_utf8")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\r\n"


def _of_text(text: str) -> Iterator[Sequence[Cell]]:
    """The cells of CSV."""
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    # A cell may be as long as a text may be; `csv` alone stops much earlier in some settings.
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise UnsafeContent("file_damaged", type=FileType.CSV.value) from error


def _of_workbook(stream: BinaryIO) -> Iterator[Sequence[Cell]]:
    """The cells of the first visible sheet."""
    stream.seek(0)
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            rows: Iterable[Sequence[Cell]] = (
                visible[0].iter_rows(
                    max_row=LAST_ROW + 1, max_col=COLUMNS_MAX + 1, values_only=True
                )
                if visible
                else ()
            )
            yield from rows
        finally:
            book.close()
    except Exception as error:
        # The reader was written for files that programs make: a broken one ends it in every way.
        raise UnsafeContent("file_damaged", type=FileType.XLSX.value) from error


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
