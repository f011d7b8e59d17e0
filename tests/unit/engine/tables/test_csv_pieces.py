"""CSV taken apart by pieces is what `csv` reads, row for row and number for number."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.tables import csv_pieces
from engine.tables.csv_pieces import Piece, PieceReader

WIDTH = 3
SIGNS = 'ab"";; \n\r,ế'


def taken(content: bytes, *, delimiter: str = ";", parted: bool = False) -> list[list[str]]:
    reader = PieceReader(
        io.BytesIO(content),
        encoding="utf-8-sig",
        delimiter=delimiter,
        width=WIDTH,
        pieces=[Piece(first=0, last=0, parted=parted), Piece(first=1, last=2)],
    )
    found: list[list[str]] = []
    for batch in reader.batches():
        assert batch.first == len(found) + 1
        found += [list(row) for row in batch.rows]
        for place, pieces in enumerate(batch.pieces):
            head = [b"".join(pieces[:-1])] if parted else pieces[:-1]
            cells = [cell for piece in [*head, pieces[-1]] for cell in _all(reader, piece)]
            assert cells == reader.cells_of(batch.line(place))
            found.append(cells)
    return found


def _all(reader: PieceReader, piece: bytes) -> list[str]:
    return reader.cells_of(piece) or [""]


def read(content: bytes, delimiter: str = ";") -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter, strict=True))


@given(
    lines=st.lists(
        st.lists(st.text(SIGNS, max_size=4), min_size=1, max_size=4).map(";".join)
        | st.just('x;"y;z";'),
        max_size=8,
    ),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    parted=st.booleans(),
    marked=st.booleans(),
)
@example(lines=['a;b;"c', 'd";e;f', "g;h;i"], line_end="\n", parted=False, marked=False)
@example(lines=["a;b;c;d", "e;f", "g;h;i"], line_end="\n", parted=True, marked=False)
def test_rows_are_those_of_the_standard_library(
    lines: list[str], line_end: str, *, parted: bool, marked: bool
) -> None:
    content = line_end.join(lines).encode("utf-8-sig" if marked else "utf-8")
    try:
        expected = read(content)
    except csv.Error:
        expected = None
    for read_bytes in (csv_pieces.READ_BYTES, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv_pieces, "READ_BYTES", read_bytes)
            if expected is None:
                with pytest.raises(Invalid):
                    taken(content, parted=parted)
            else:
                assert taken(content, parted=parted) == expected


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_pieces, "LINE_BYTES_MAX", 100)
    monkeypatch.setattr(csv_pieces, "READ_BYTES", 10)
    for content in (b"a" * 500, b'a;"' + b"b\n" * 500):
        with pytest.raises(Invalid) as refused:
            taken(content)
        assert refused.value.code == "file_damaged"


def test_a_cell_beyond_what_the_standard_library_reads_is_refused() -> None:
    long = b"a;b;c\n" + b"d" * (csv.field_size_limit() + 1) + b";e;f\n"
    with pytest.raises(Invalid) as refused:
        taken(long)
    assert refused.value.code == "file_damaged"
