"""CSV of millions of rows, taken apart without making a row of most of them.

1. Neighbouring columns that are wanted together come as one piece of the file's own bytes, quotes
   and all; columns that nobody wants are stepped over. Whoever takes the pieces looks each
   different one up once, and has it read by `cells_of`.
2. What `csv` would read is what comes, always: a stretch of the file is taken by pieces only where
   every line of it is one row of the same width without a quote inside a cell. Any other line is
   read by `csv` itself and comes as a row.
3. Rows keep the number that `csv` would give them.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Final

from engine.evidence.file_type import FileType, UnsafeContent

ENCODINGS: Final = frozenset({"utf-8-sig", "cp1258", "cp1252"})
"""In which every sign of CSV is one byte that is part of no other letter."""
READ_BYTES: Final = 64 * 1024
LINE_BYTES_MAX: Final = 16 * 1024 * 1024
MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Columns that are taken together, from the first to the last one.

    Attributes:
        parted: of a single column: at its first space into two.
    """

    first: int
    last: int
    parted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows that follow one another: as pieces, or as cells where `csv` had to read them.

    Attributes:
        first: number of the first one.
        pieces: of each row, in the order of columns.
        rows: their cells, where they are not in pieces.
    """

    first: int
    pieces: Sequence[tuple[bytes, ...]] = ()
    rows: Sequence[Sequence[str]] = ()
    _lines: bytes = field(default=b"", repr=False)

    def line(self, place: int) -> bytes:
        """The whole line of a row in pieces."""
        return self._lines.split(b"\n")[place]


class PieceReader:
    """Takes a file of CSV apart.

    Args:
        stream: a seekable file that was judged.
        encoding: one of `ENCODINGS`.
        delimiter: what parts its cells.
        width: how many columns a row has.
        pieces: what is wanted, from left to right.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        encoding: str,
        delimiter: str,
        width: int,
        pieces: Sequence[Piece],
    ) -> None:
        self._stream = stream
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._delimiter = delimiter
        self._line_end = _line_end(stream)
        end = self._line_end.decode()
        self._pattern = re.compile(
            _pattern(delimiter, end, width=width, pieces=pieces).encode(), re.MULTILINE
        )

    def cells_of(self, text: bytes) -> list[str]:
        """The cells of a piece, or of a line."""
        return next(self._csv([text.decode(self._encoding)]), [])

    def batches(self) -> Iterator[Batch]:
        """Every row from the beginning of the file.

        Raises:
            UnsafeContent: `file_damaged`.
        """
        number, rest = 1, b""
        self._stream.seek(0)
        if self._stream.read(len(MARK)) != MARK:
            self._stream.seek(0)
        while True:
            read = self._stream.read(READ_BYTES)
            rest += read
            if not rest:
                return
            if not read and not rest.endswith((b"\n", b"\r")):
                rest += self._line_end
            cut = _end_of_lines(rest) if read else len(rest)
            whole, rest = rest[:cut], rest[cut:]
            found = self._pattern.findall(whole)
            if self._is_regular(whole, len(found)):
                yield Batch(first=number, pieces=found, _lines=whole)
                number += len(found)
                continue
            for batch in self._irregular(number, whole, ended=not read):
                number += len(batch.pieces) + len(batch.rows)
                yield batch
            rest = self._left + rest

    def _is_regular(self, whole: bytes, found: int) -> bool:
        """Whether each line was matched, each by itself.

        A match begins at the beginning of a line and ends at the end of one, so that as many
        matches as lines leave none between them and none inside.
        """
        if not found or len(whole) > csv.field_size_limit() or whole.count(b"\n") != found:
            return False
        return whole.count(b"\r") == (found if self._line_end == b"\r\n" else 0)

    def _irregular(self, number: int, whole: bytes, *, ended: bool) -> Iterator[Batch]:
        """Line by line; `_left` is what more of the file is needed for."""
        self._left = b""
        lines = whole.splitlines(keepends=True)
        place = begun = 0
        run: list[tuple[bytes, ...]] = []
        while place < len(lines):
            line = lines[place]
            match = self._pattern.fullmatch(line) if self._is_regular(line, 1) else None
            if match is not None:
                run.append(match.groups())
                place += 1
                continue
            if run:
                yield Batch(first=number, pieces=run, _lines=b"".join(lines[begun:place]))
                number, run = number + len(run), []
            row, taken = self._row(lines, place, ended=ended)
            if row is None:
                self._left = b"".join(lines[place:])
                _refuse_endless(self._left)
                return
            yield Batch(first=number, rows=[row])
            number, place = number + 1, place + taken
            begun = place
        if run:
            yield Batch(first=number, pieces=run, _lines=b"".join(lines[begun:place]))

    def _row(
        self, lines: Sequence[bytes], place: int, *, ended: bool
    ) -> tuple[list[str] | None, int]:
        """The row that begins with a line, and how many lines it takes; None where they end."""
        feed = _Feed(islice(lines, place, None), self._encoding)
        try:
            return next(self._csv(feed)), feed.taken
        except csv.Error as error:
            if feed.ran_out and not ended:
                return None, 0
            raise UnsafeContent("file_damaged", type=FileType.CSV.value) from error

    def _csv(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, strict=True)


class _Feed:
    """Lines for `csv`, counted."""

    def __init__(self, lines: Iterator[bytes], encoding: str) -> None:
        self._lines, self._encoding = lines, encoding
        self.taken = 0
        self.ran_out = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.ran_out = True
            raise StopIteration
        self.taken += 1
        return line.decode(self._encoding)


def _line_end(stream: BinaryIO) -> bytes:
    """How the first line ends."""
    stream.seek(0)
    beginning = stream.read(READ_BYTES)
    place = beginning.find(b"\n")
    return b"\r\n" if place > 0 and beginning[place - 1 : place] == b"\r" else b"\n"


def _end_of_lines(text: bytes) -> int:
    """Where the last whole line ends; zero where there is none."""
    cut = text.rfind(b"\n") + 1
    if not cut:
        # Some programs end lines by a carriage return alone; the last one may be half of two signs.
        cut = text.rfind(b"\r", 0, -1) + 1
    if not cut:
        _refuse_endless(text)
    return cut


def _refuse_endless(text: bytes) -> None:
    if len(text) > LINE_BYTES_MAX:
        raise UnsafeContent("file_damaged", type=FileType.CSV.value)


def _pattern(delimiter: str, end: str, *, width: int, pieces: Sequence[Piece]) -> str:
    """One whole line; each piece is a group, a parted one two."""
    parts = re.escape(delimiter)
    # A single forbidden sign is what the engine of expressions runs over fastest.
    cell = f'(?:(?!")[^{parts}]*+|"[^"]*+")'
    last = f'(?:(?!")[^{parts}\\r\\n]*+|"[^"\\r\\n]*+")'
    found = []
    column = 0
    for piece in [*pieces, Piece(first=width, last=width)]:
        found += [last if place == width - 1 else cell for place in range(column, piece.first)]
        if piece.first == width:
            break
        inside = "\\r\\n" if piece.last == width - 1 else ""
        if piece.parted:
            found.append(f'(?!")([^{parts} {inside}]*+)([^{parts}{inside}]*+)')
        else:
            cells = [
                last if place == width - 1 else cell for place in range(piece.first, piece.last + 1)
            ]
            found.append(f"({parts.join(cells)})")
        column = piece.last + 1
    return f"^{parts.join(found)}{re.escape(end)}"
