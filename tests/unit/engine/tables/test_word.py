"""The largest table of a Word file is read as python-docx wrote it, and nothing harmful is."""

import io
import zipfile
from typing import Any

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence.file_type import TypeNotAccepted, UnsafeContent
from engine.tables.reading import read_sheet
from engine.tables.streaming import StreamLimits, open_table
from engine.tables.word import CELLS_MAX, PART, word_rows

HEADING = ("TT", "Nội dung", "Đơn vị chủ trì")
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)


def document(*tables: list[list[str]]) -> Any:
    made = docx.Document()
    for rows in tables:
        table = made.add_table(len(rows), len(rows[0]))
        for line, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(line.cells, cells, strict=True):
                cell.text = text
        made.add_paragraph("Nơi nhận:")
    return made


def saved(made: Any) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def read(content: bytes) -> list[list[Any]]:
    return [list(row) for row in word_rows(io.BytesIO(content))]


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(words, min_size=n, max_size=n), min_size=1, max_size=5)
    )
)
def test_a_table_is_read_cell_by_cell(rows: list[list[str]]) -> None:
    assert read(saved(document(rows))) == [[cell or None for cell in row] for row in rows]


def test_the_largest_table_is_meant_and_not_the_letterhead() -> None:
    letterhead = [["UBND THÀNH PHỐ", "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"]]
    rows = [list(HEADING), ["1", "Đánh giá nội bộ", "Ban Chỉ đạo ISO"]]
    assert read(saved(document(letterhead, rows, letterhead))) == rows
    assert read(saved(docx.Document())) == []


def test_a_cell_that_spans_leaves_every_other_in_its_column() -> None:
    made = document([["2", "Đề mục", "", "x"], ["2.1", "a", "b", "c"], ["2.2", "d", "", "e"]])
    table = made.tables[0]
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(1, 1).merge(table.cell(2, 1))
    rows = read(saved(made))
    assert rows[0] == ["2", "Đề mục", None, "x"]
    assert [row[3] for row in rows] == ["x", "c", "e"]
    assert (rows[1][1], rows[2][1]) == ("a\nd", None)


def test_paragraphs_breaks_and_inner_tables_belong_to_their_cell() -> None:
    made = document([["", "b"]])
    cell = made.tables[0].cell(0, 0)
    cell.text = "Cả  năm"
    cell.add_paragraph("Quý III").add_run().add_break()
    cell.add_table(1, 2).cell(0, 1).text = "trong"
    assert read(saved(made)) == [["Cả năm\nQuý III\n\n\ntrong", "b"]]


def with_part(content: bytes, old: bytes, new: bytes) -> bytes:
    found = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given_,
        zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for entry in given_.infolist():
            part = given_.read(entry)
            made.writestr(
                entry.filename, part.replace(old, new) if entry.filename == PART else part
            )
    return found.getvalue()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<w:document ", b'<!DOCTYPE d [<!ENTITY a "b">]><w:document '),
        (b"</w:body>", b"</w:bod>"),
    ],
)
def test_entities_and_broken_parts_are_refused(old: bytes, new: bytes) -> None:
    content = with_part(saved(document([list(HEADING)])), old, new)
    with pytest.raises(UnsafeContent) as refused:
        word_rows(io.BytesIO(content))
    assert refused.value.code == "file_damaged"


def test_cells_made_out_of_spans_are_refused_before_they_fill_the_memory() -> None:
    span = b'<w:tc><w:tcPr><w:gridSpan w:val="200"/></w:tcPr><w:p/></w:tc>'
    rows = b"<w:tbl>" + b"<w:tr>%s</w:tr>" % span * (CELLS_MAX // 200 + 1) + b"</w:tbl>"
    content = with_part(saved(document([list(HEADING)])), b"</w:body>", rows + b"</w:body>")
    assert len(content) < 400_000
    with pytest.raises(UnsafeContent) as refused:
        word_rows(io.BytesIO(content))
    assert refused.value.code == "sheet_too_heavy"


def test_a_sheet_of_rows_may_be_a_word_file_and_other_tables_may_not() -> None:
    content = saved(document([list(HEADING), ["1", "a", "b"]]))
    sheet = read_sheet(io.BytesIO(content), filename="phụ lục.docx")
    assert [row.cells for row in sheet.rows] == [HEADING, ("1", "a", "b")]
    limits = StreamLimits(bytes_max=10**6, rows_max=10, last_row=10)
    with pytest.raises(TypeNotAccepted):
        open_table(io.BytesIO(content), filename="phụ lục.docx", limits=limits)
