"""CSV as offices save it: what its bytes say, what parts its cells, and its rows.

1. UTF-8, UTF-16 with its mark, else Windows-1258 and then Windows-1252: what a Vietnamese office
   saves as CSV is UTF-8 only where somebody asked for it.
2. The one of `;`, `,` and tab parts the cells that makes most rows of the beginning equally wide.
"""

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, Final

from engine.evidence.file_type import FileType, UnsafeContent
from engine.tables.cell import Cell

DELIMITERS: Final = ";,\t"
PIECE_BYTES: Final = 256 * 1024
SAMPLE_CHARACTERS: Final = 64 * 1024
SAMPLE_ROWS: Final = 200


def fits(stream: BinaryIO, encoding: str) -> bool:
    """Whether the whole file is text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    # A mark that stands on no letter of its own was a letter of Western Europe.
    strange = _is_strange if encoding == "cp1258" else _is_control
    stream.seek(0)
    kept = ""
    try:
        while piece := stream.read(PIECE_BYTES):
            text = kept + decoder.decode(piece)
            # The mark of the last letter may stand in the next piece.
            text, kept = text[:-1], text[-1:]
            if any(strange(character) for character in set(unicodedata.normalize("NFC", text))):
                return False
        kept += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not any(strange(character) for character in unicodedata.normalize("NFC", kept))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\r\n"


def _is_strange(character: str) -> bool:
    return _is_control(character) or unicodedata.combining(character) != 0


def text_rows(stream: BinaryIO, encoding: str) -> Iterator[Sequence[Cell]]:
    """The cells of CSV.

    Raises:
        UnsafeContent: `file_damaged`.
    """
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        sample = text.read(SAMPLE_CHARACTERS)
        text.seek(0)
        yield from csv.reader(text, delimiter=_delimiter(sample), strict=True)
    except csv.Error as error:
        raise UnsafeContent("file_damaged", type=FileType.CSV.value) from error
    finally:
        # The file is its opener's to close, and may be closed before rows that nobody took.
        with suppress(ValueError):
            text.detach()


def delimiter_of(stream: BinaryIO, encoding: str) -> str:
    """What parts the cells of CSV."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        return _delimiter(text.read(SAMPLE_CHARACTERS))
    finally:
        text.detach()


def _delimiter(sample: str) -> str:
    """What parts the cells: it makes most rows of one width, and wide ones rather than narrow."""

    def sameness(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths: Counter[int] = Counter()
        try:
            widths.update(len(row) for row in islice(rows, SAMPLE_ROWS) if len(row) > 1)
        except csv.Error:
            return 0, 0
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(DELIMITERS, key=sameness)
