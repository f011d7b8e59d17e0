"""A DOCX as rows: the largest table of the document, cell by cell.

1. The largest table is the one with the most cells: letterheads and signatures stand in tables too.
2. A cell that spans columns is followed by blank ones, so that every row keeps its columns; the
   lower part of a cell that spans rows is blank. What stands in a table inside a cell belongs to
   that cell. Deleted text is not text.
3. Read by expat as a stream, as a workbook is: a part that declares a document type is refused.
"""

import zipfile
from collections.abc import Sequence
from typing import BinaryIO, Final, NoReturn
from xml.parsers import expat

from engine.evidence.file_type import FileType, UnsafeContent
from engine.tables.cell import Cell

READ_BYTES: Final = 64 * 1024
PART: Final = "word/document.xml"
NAMESPACE: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPAN_MAX: Final = 200
CELLS_MAX: Final = 500_000
"""Of all tables together: spans make many cells out of a few bytes."""

_TABLE, _ROW, _CELL, _PARAGRAPH, _TEXT, _BREAK, _TAB, _SPAN, _LOWER = (
    f"{NAMESPACE} {name}"
    for name in ("tbl", "tr", "tc", "p", "t", "br", "tab", "gridSpan", "vMerge")
)
_VALUE: Final = f"{NAMESPACE} val"


def word_rows(stream: BinaryIO) -> tuple[Sequence[Cell], ...]:
    """The rows of the largest table, blank ones included; none where there is no table.

    Raises:
        UnsafeContent: `file_damaged`, or `sheet_too_heavy`: more cells than are kept.
    """
    stream.seek(0)
    tables = _Tables()
    try:
        with zipfile.ZipFile(stream) as archive, archive.open(PART) as part:
            while piece := part.read(READ_BYTES):
                tables.parser.Parse(piece, False)  # noqa: FBT003 - expat takes it by position.
            tables.parser.Parse(b"", True)  # noqa: FBT003 - as above.
    except UnsafeContent:
        raise
    except Exception as error:
        # A broken file ends the readers of containers and of XML in any way.
        raise UnsafeContent("file_damaged", type=FileType.DOCX.value) from error
    return max(tables.found, key=lambda rows: sum(map(len, rows)), default=())


class _Tables:
    """Gathers the tables of a document, those inside cells as text of their cells."""

    def __init__(self) -> None:
        self.found: list[tuple[Sequence[Cell], ...]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self._depth = 0
        self._rows: list[Sequence[Cell]] = []
        self._row: list[Cell] = []
        self._cells = 0
        self._cell: list[str] = []
        self._span = 1
        self._lower = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _TABLE:
            self._depth += 1
        elif name == _TEXT:
            self.parser.CharacterDataHandler = self._cell.append
        elif name in {_BREAK, _TAB}:
            self._cell.append("\n" if name == _BREAK else " ")
        elif self._depth == 1:
            self._start_outer(name, attributes)

    def _start_outer(self, name: str, attributes: dict[str, str]) -> None:
        if name == _ROW:
            self._row = []
        elif name == _CELL:
            self._cell.clear()
            self._span, self._lower = 1, False
        elif name == _SPAN:
            told = attributes.get(_VALUE, "1")
            self._span = min(int(told), SPAN_MAX) if told.isdecimal() else 1
        elif name == _LOWER:
            self._lower = attributes.get(_VALUE) != "restart"

    def _end(self, name: str) -> None:
        if name == _TEXT:
            self.parser.CharacterDataHandler = None
        elif name == _PARAGRAPH:
            self._cell.append("\n")
        elif name == _TABLE:
            self._depth -= 1
            if not self._depth:
                self.found.append(tuple(self._rows))
                self._rows = []
        elif self._depth == 1:
            self._end_outer(name)

    def _end_outer(self, name: str) -> None:
        if name == _CELL:
            text = "\n".join(" ".join(line.split()) for line in "".join(self._cell).splitlines())
            self._row.append(None if self._lower else text.strip() or None)
            self._row.extend([None] * (self._span - 1))
            self._cells += self._span
            if self._cells > CELLS_MAX:
                raise UnsafeContent("sheet_too_heavy", part=PART)
        elif name == _ROW:
            self._rows.append(tuple(self._row))


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise UnsafeContent("file_damaged", type=FileType.DOCX.value)
