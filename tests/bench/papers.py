"""How long a paper takes beside a bare python-docx script of the same content.

Run it by hand: `.venv/bin/python -m tests.bench.papers [ROWS]`. Word files are to take no more than
1.3 times what the script takes; the PDF is told beside them.
"""

import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from workflows.documents.docx import write_docx
from workflows.documents.paper import Cell, Heading, Paper, Paragraph, Run, Table
from workflows.documents.pdf import PaperTooLong, write_pdf

AT = datetime(2026, 8, 10, tzinfo=UTC)
ROUNDS = 7
HEADINGS = ("TT", "Mã hồ sơ", "Đơn vị", "Ngày hẹn", "Nguyên nhân")
SENTENCE = "Trong kỳ có hồ sơ quá hạn, nguyên nhân chủ yếu là chậm trình, ký. " * 3


def rows_of(count: int) -> list[tuple[str, ...]]:
    """The rows of a list of dossiers."""
    return [
        (str(n), f"H24.{n:06d}", "Chi cục Tiêu chuẩn", "07/08/2026", "Chậm trình, ký")
        for n in range(1, count + 1)
    ]


def paper(rows: list[tuple[str, ...]]) -> Paper:
    """The content as the house holds it."""

    def run(text: str) -> tuple[Run, ...]:
        return (Run(text=text),)

    return Paper(
        title="Báo cáo",
        language="vi",
        blocks=(
            Heading(level=1, runs=run("BÁO CÁO")),
            *(Paragraph(runs=run(SENTENCE)) for _ in range(20)),
            Table(
                head=(tuple(Cell(runs=run(text), heading=True) for text in HEADINGS),),
                rows=tuple(tuple(Cell(runs=run(text)) for text in row) for row in rows),
            ),
        ),
    )


def bare(rows: list[tuple[str, ...]]) -> bytes:
    """The same content as a script writes it, by the library's own book."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(14)
    document.add_paragraph("BÁO CÁO").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for _ in range(20):
        paragraph = document.add_paragraph(SENTENCE)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Mm(12.7)
    table = document.add_table(rows=1, cols=len(HEADINGS), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, HEADINGS, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def seconds(make: Callable[[], bytes]) -> float:
    """The median of some rounds, the first one left out."""
    make()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        make()
        taken.append(time.perf_counter() - begun)
    return median(taken)


def main() -> None:
    """Tell the figures, and fail where a Word file takes too long."""
    rows = rows_of(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    ours = seconds(lambda: write_docx(paper(rows), at=AT))
    theirs = seconds(lambda: bare(rows))
    try:
        pdf = f"{seconds(lambda: write_pdf(paper(rows), at=AT)) * 1000:.1f} ms"
    except PaperTooLong:
        pdf = "longer than what is set at once"
    sys.stdout.write(
        f"rows {len(rows)}: docx {ours * 1000:.1f} ms, bare script {theirs * 1000:.1f} ms, "
        f"ratio {ours / theirs:.2f} (at most 1.3); pdf {pdf}\n"
    )
    if ours > 1.3 * theirs:
        sys.exit(1)


if __name__ == "__main__":
    main()
