"""No page parts a signature from what it signs, nor a table from the line that introduces it."""

import io
from typing import Any

import docx
import pytest

from tests.unit.workflows.documents.samples import AT, paper, runs
from tests.unit.workflows.documents.test_pdf import placed
from workflows.documents.binding import INTRODUCTION, bound
from workflows.documents.docx import write_docx
from workflows.documents.paper import Block, Cell, Group, Listing, Pair, Paragraph, Table
from workflows.documents.pdf import write_pdf

SIGNS = Pair(look="signs", sides=((Paragraph(runs=runs("THƯ KÝ")),), ()))
LINE = Paragraph(runs=runs("Đơn vị xác nhận ngày 24/06/2026."))


def table(rows: int) -> Table:
    return Table(
        head=((Cell(runs=runs("TT"), heading=True), Cell(runs=runs("Tên"), heading=True)),),
        rows=tuple((Cell(runs=runs(str(n))), Cell(runs=runs("Tên"))) for n in range(rows)),
    )


@pytest.mark.parametrize(
    ("blocks", "held"),
    [
        ((LINE, table(1)), [True, False]),
        ((LINE, Group(blocks=(table(1),))), [True, False]),
        ((LINE, Group(blocks=(table(1),), page=True)), [False, False]),
        ((Paragraph(runs=runs("x" * (INTRODUCTION + 1))), table(1)), [False, False]),
        ((table(1), SIGNS), [True, False]),
        ((Listing(items=(runs("a"),)), SIGNS), [True, False]),
        ((LINE, LINE), [False, False]),
        ((LINE, Pair(look="heads", sides=((), ()))), [False, False]),
    ],
)
def test_what_stays_with_what_follows(blocks: tuple[Block, ...], held: list[bool]) -> None:
    assert [keep for _, keep in bound(blocks)] == held


@pytest.mark.parametrize("rows", range(38, 44))
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_signature_takes_the_last_row_with_it(rows: int, wrapped: bool) -> None:
    """Whatever the length of the table is, no page begins with the signature."""
    last: Block = table(rows)
    pages = placed(write_pdf(paper(LINE, Group(blocks=(last,)) if wrapped else last, SIGNS), at=AT))
    *_, page = pages
    signed = max(y for _, y, _ in page)
    # The number of the page, in the margin, is not counted.
    above = [y for _, y, _ in page if 20 < y < signed]
    assert above, f"{rows} rows: the signature stands alone"


def test_word_is_told_so_too() -> None:
    made = docx.Document(io.BytesIO(write_docx(paper(LINE, table(3), SIGNS), at=AT)))
    keeps: Any = [
        [one.paragraph_format.keep_with_next for one in row.cells[0].paragraphs]
        for row in made.tables[0].rows
    ]
    assert keeps == [[True], [None], [None], [True]]
    introduction, gap, *_ = made.paragraphs
    assert introduction.paragraph_format.keep_with_next
    assert gap.paragraph_format.keep_with_next
