"""A file as a stream of rows of cells: nothing is ever held but the row that is read.

1. The content must be what the name says (`engine.evidence.content`): macros, bombs, encrypted and
   damaged containers are refused before anything opens them.
2. CSV is UTF-8, UTF-16 with its mark, else Windows-1258 and then Windows-1252. The one of `;`, `,`
   and tab parts the cells that makes most rows of the beginning equally wide, so that titles above
   the heading and decimal commas do not mislead.
3. XLSX is read row by row, with what formulas last gave. A reader that lays out the whole sheet
   first can be made to ask for terabytes by a file of five kilobytes.
4. DOCX is read where it is asked for: its largest table, as an office writes its appendices.
5. The tags of every part of a workbook are counted before it is read, and the texts that its cells
   share are weighed: a reader must keep those.
6. More bytes, rows or columns than the limits are refused, never cut off.
"""

import codecs
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from engine.errors import Invalid
from engine.evidence.archive import ArchiveLimits, content_types
from engine.evidence.content import ContentLimits, check_content
from engine.evidence.digest import FileTooLarge
from engine.evidence.file_type import FileType, UnsafeContent
from engine.tables.cell import Cell
from engine.tables.csv_text import PIECE_BYTES, SAMPLE_CHARACTERS, fits, text_rows
from engine.tables.parquet import is_parquet, parquet_rows, refuse_without_reader
from engine.tables.word import word_rows
from engine.tables.workbook import workbook_rows

ACCEPTED: Final = frozenset({FileType.CSV, FileType.XLSX})
TAGS_MAX: Final = 600_000
STYLE_TAGS_MAX: Final = 30_000
ENTRIES_MAX: Final = 1_000
WORKSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
SHARED_TEXTS: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
)


class SheetTooLong(FileTooLarge):
    """More rows than are taken at once."""

    def __init__(self, rows_max: int) -> None:
        Invalid.__init__(self, "sheet_too_long", rows_max=rows_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """How much of a file is read.

    Attributes:
        bytes_max: of the file as it came.
        rows_max: told to the reader of the refusal.
        last_row: blank rows count too: a million of them cost a few bytes.
        tags_max: of the rows and of their texts: bytes that pack well are dear to read.
        shared_bytes_max: of the texts that cells of a workbook share.
        unpacked_bytes_max: of all parts of a workbook.
        parquet, word: whether a file of that kind is taken.
    """

    bytes_max: int
    rows_max: int
    last_row: int
    columns_max: int = 200
    tags_max: int = TAGS_MAX
    shared_bytes_max: int = 64 * 1024 * 1024
    unpacked_bytes_max: int = 64 * 1024 * 1024
    parquet: bool = False
    word: bool = False

    @property
    def accepted(self) -> frozenset[FileType]:
        """What is taken beside Parquet, which is told by its own marks."""
        return ACCEPTED | {FileType.DOCX} if self.word else ACCEPTED

    @property
    def content(self) -> ContentLimits:
        """The limits of whoever opens the container."""
        archive = ArchiveLimits(entries_max=ENTRIES_MAX, unpacked_bytes_max=self.unpacked_bytes_max)
        return ContentLimits(archive=archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A file that was judged: its rows may be taken as often as they are wanted.

    Attributes:
        encoding: of CSV; None of all others.
    """

    stream: BinaryIO
    limits: StreamLimits
    encoding: str | None = None
    parquet: bool = False
    word: bool = False

    def rows(self) -> Iterator[Sequence[Cell]]:
        """The rows from the beginning, blank ones included, as they stand."""
        if self.parquet:
            return _counted(parquet_rows(self.stream), self.limits)
        if self.word:
            return _counted(word_rows(self.stream), self.limits)
        if self.encoding is None:
            found = workbook_rows(
                self.stream,
                last_row=self.limits.last_row,
                columns_max=self.limits.columns_max,
            )
            return _counted(found, self.limits)
        return _counted(text_rows(self.stream, self.encoding), self.limits)


def open_table(stream: BinaryIO, *, filename: str, limits: StreamLimits) -> TableFile:
    """Judge a seekable file, before any row of it is read.

    Raises:
        TypeNotAccepted: it is nothing that is taken, by name or by content.
        AnalyticsMissing: it is Parquet, and its reader is not installed.
        UnsafeContent: it is empty, damaged, or could harm whoever opens it.
        FileTooLarge: more bytes than are taken.
    """
    if stream.seek(0, 2) > limits.bytes_max:
        raise FileTooLarge(limits.bytes_max)
    if limits.parquet and is_parquet(stream, filename):
        refuse_without_reader()
        return TableFile(stream=stream, limits=limits, parquet=True)
    found, encoding = _judged(stream, filename, limits)
    if encoding is None:
        _refuse_heavy(stream, limits)
    return TableFile(stream=stream, limits=limits, encoding=encoding, word=found is FileType.DOCX)


def stream_rows(
    stream: BinaryIO, *, filename: str, limits: StreamLimits
) -> Iterator[Sequence[Cell]]:
    """The rows of a file, judged when this is called, and read while the rows are taken.

    Raises:
        TypeNotAccepted, AnalyticsMissing, UnsafeContent: as `open_table` has it.
        FileTooLarge: more bytes, rows or columns than are taken.
    """
    return open_table(stream, filename=filename, limits=limits).rows()


def _counted(rows: Iterable[Sequence[Cell]], limits: StreamLimits) -> Iterator[Sequence[Cell]]:
    """Rows within the limits; empty cells behind the last column are no columns."""
    for number, row in enumerate(rows, start=1):
        refuse_row(number, row, limits)
        yield row


def refuse_row(number: int, row: Sequence[Cell], limits: StreamLimits) -> None:
    """Refuse a row behind the last one or wider than others; empty cells are no columns.

    Raises:
        FileTooLarge: `sheet_too_long`.
        UnsafeContent: `sheet_too_wide`.
    """
    if number > limits.last_row:
        raise SheetTooLong(limits.rows_max)
    if len(row) > limits.columns_max and any(
        cell not in {None, ""} for cell in row[limits.columns_max :]
    ):
        raise UnsafeContent("sheet_too_wide", columns_max=limits.columns_max)


def _judged(stream: BinaryIO, filename: str, limits: StreamLimits) -> tuple[FileType, str | None]:
    """What a file is, and how its text is written; None of what is no text."""
    stream.seek(0)
    marked = stream.read(2) in {b"\xff\xfe", b"\xfe\xff"}
    try:
        found = check_content(
            stream, filename=filename, accepted=limits.accepted, limits=limits.content
        )
    except UnsafeContent as error:
        # What a Vietnamese office saves as CSV is UTF-8 only where somebody asked for it.
        if error.code not in {"text_not_utf8", "text_has_nul"}:
            raise
    else:
        return found.type, "utf-8-sig" if found.type is FileType.CSV else None
    for encoding in ("utf-16",) if marked else ("cp1258", "cp1252"):
        if fits(stream, encoding):
            stream.seek(0)
            head = codecs.getincrementaldecoder(encoding)().decode(stream.read(SAMPLE_CHARACTERS))
            again = io.BytesIO(head.encode("utf-8"))
            check_content(again, filename=filename, accepted=ACCEPTED, limits=limits.content)
            return FileType.CSV, encoding
    raise UnsafeContent("text_not_utf8")


def _refuse_heavy(stream: BinaryIO, limits: StreamLimits) -> None:
    """Count the tags of every part before any is read as XML.

    Raises:
        UnsafeContent: `sheet_too_heavy`.
    """
    with zipfile.ZipFile(stream) as archive:
        types = content_types(archive)
        for entry in archive.infolist():
            kind = types.get(entry.filename, "")
            tags_max, bytes_max = _weight(entry.filename, kind, limits)
            tags = read = 0
            with archive.open(entry) as part:
                while piece := part.read(PIECE_BYTES):
                    tags += piece.count(b"<")
                    read += len(piece)
                    if tags > tags_max or read > bytes_max:
                        raise UnsafeContent("sheet_too_heavy", part=entry.filename)


def _weight(name: str, kind: str, limits: StreamLimits) -> tuple[int, int]:
    """How many tags and bytes a part may have: rows pass by, all else is kept in memory."""
    if kind == WORKSHEET:
        return limits.tags_max, limits.unpacked_bytes_max
    if kind == SHARED_TEXTS:
        return limits.tags_max, limits.shared_bytes_max
    return (STYLE_TAGS_MAX if name.endswith("styles.xml") else TAGS_MAX), limits.shared_bytes_max
