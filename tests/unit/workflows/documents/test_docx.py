"""Rules of `workflows.documents.docx`: what a Word file is set in is read back from its XML."""

import io
import re
from datetime import UTC, datetime
from zipfile import ZipFile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.shared import Mm, Pt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.documents.samples import AT, CHART, EVERYTHING, paper, runs
from workflows.documents.docx import write_docx
from workflows.documents.official_form import STYLES
from workflows.documents.paper import Cell, Group, Heading, Paragraph, Picture, Table

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
REPORT = write_docx(paper(*EVERYTHING), at=AT)


def parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name) for name in found.namelist()}


def opened(content: bytes = REPORT) -> docx.document.Document:  # type: ignore[name-defined]
    return docx.Document(io.BytesIO(content))


def near(length: int, millimetres: float) -> bool:
    return abs(length - Mm(millimetres)) < Mm(0.1)


def test_paper_and_margins_are_the_decree_s() -> None:
    (section,) = opened().sections
    assert near(section.page_width, 210)
    assert near(section.page_height, 297)
    assert section.orientation == WD_ORIENT.PORTRAIT
    assert near(section.top_margin, 20)
    assert near(section.bottom_margin, 20)
    assert near(section.left_margin, 30)
    assert near(section.right_margin, 15)


def test_the_page_number_stands_in_the_middle_of_the_header_but_not_on_the_first_page() -> None:
    (section,) = opened().sections
    assert section.different_first_page_header_footer
    assert section.first_page_header.is_linked_to_previous, "there is none: the first page is bare"
    (number,) = section.header.paragraphs
    assert " PAGE " in number._p.xml  # noqa: SLF001 - fields have no interface.
    assert number.style.font.size == Pt(13)
    assert number.style.paragraph_format.alignment == 1
    assert section.header_distance < section.top_margin


def test_faces_sizes_and_paragraphs_are_styles_with_names() -> None:
    document = opened()
    by_id = {style.style_id: style for style in document.styles}
    for look, wanted in STYLES.items():
        style = by_id[look or "body"]
        assert style.font.size == Pt(wanted.size)
        assert bool(style.font.bold) == wanted.bold
        assert bool(style.font.italic) == wanted.italic
    body = by_id["body"].paragraph_format
    assert abs(body.first_line_indent - Mm(12.7)) < Mm(0.1)
    assert body.space_after == Pt(6)
    assert body.alignment == 3, "justified"
    assert by_id["section"].paragraph_format.keep_with_next
    styles = parts(REPORT)["word/styles.xml"].decode()
    assert 'w:ascii="Times New Roman"' in styles
    assert "theme" not in styles.lower()
    assert '<w:lang w:val="vi-VN"' in styles
    assert (
        '<w:lang w:val="en-GB"'
        in parts(write_docx(paper(*EVERYTHING, language="en"), at=AT))["word/styles.xml"].decode()
    )


def test_words_stand_where_they_belong() -> None:
    document = opened()
    heads, data, empty, signs = document.tables
    assert [cell.text for cell in heads.rows[0].cells] == [
        "Sở Khoa học và Công nghệ\n\nSố: /BC-SKHCN",
        "Độc lập - Tự do - Hạnh phúc\n",
    ]
    assert [cell.text for cell in data.rows[0].cells] == ["TT", "Nội dung"]
    assert signs.rows[0].cells[1].text == "GIÁM ĐỐC"
    texts = {one.text: one.style.style_id for one in document.paragraphs if one.text}
    assert texts["BÁO CÁO"] == "type"
    assert texts["1. Mục tiêu"] == "section"
    assert texts["1. một"] == texts["- ba"] == "item"
    assert empty.rows[0].cells[0].text == ""


def test_heads_of_tables_are_repeated_and_rows_stay_whole() -> None:
    _, data, *_ = opened().tables
    head, *rows = data._tbl.tr_lst  # noqa: SLF001 - the library has no word for it.
    assert head.find(f"{W}trPr/{W}tblHeader") is not None
    assert all(row.find(f"{W}trPr/{W}tblHeader") is None for row in rows)
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in (head, *rows))
    widths = [int(one.get(f"{W}w")) for one in data._tbl.tblGrid.gridCol_lst]  # noqa: SLF001
    assert abs(sum(widths) - Mm(165).twips) <= 2
    assert widths[0] < widths[1]


def test_there_is_no_macro_and_nothing_outside_in_it() -> None:
    found = parts(REPORT)
    assert not any("vba" in name.lower() or name.endswith(".bin") for name in found)
    for name, content in found.items():
        assert b'TargetMode="External"' not in content, name
    fields = re.findall(rb"<w:instrText[^>]*>([^<]*)<", b"".join(found.values()))
    assert fields == [b" PAGE "]


def test_the_same_paper_at_the_same_instant_is_the_same_file() -> None:
    assert write_docx(paper(*EVERYTHING), at=AT) == REPORT
    with ZipFile(io.BytesIO(REPORT)) as found:
        assert {info.date_time[0] for info in found.infolist()} == {1980}
    properties = opened().core_properties
    assert properties.created == properties.modified == AT
    assert (properties.author, properties.title) == ("", "Báo cáo")
    later = write_docx(paper(*EVERYTHING), at=datetime(2026, 8, 21, tzinfo=UTC))
    assert later != REPORT


def test_an_appendix_counts_its_own_pages() -> None:
    appendix = Group(
        look="appendix", page=True, blocks=(Paragraph(runs=runs("Phụ lục"), look="appendix"),)
    )
    document = opened(write_docx(paper(Paragraph(runs=runs("x")), appendix), at=AT))
    first, second = document.sections
    assert first._sectPr.find(f"{W}pgNumType") is None  # noqa: SLF001
    assert second._sectPr.find(f"{W}pgNumType").get(f"{W}start") == "1"  # noqa: SLF001
    assert second.different_first_page_header_footer
    assert near(second.left_margin, 30)


def test_a_certificate_lies_across_and_each_has_a_page() -> None:
    one = Group(
        page=True,
        blocks=(
            Heading(level=1, runs=runs("GIẤY CHỨNG NHẬN")),
            Paragraph(runs=runs("Ngọc Huyền"), look="certificate-name"),
        ),
    )
    content = write_docx(paper(one, one, certificate=True), at=AT)
    (section,) = opened(content).sections
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert near(section.page_width, 297)
    assert parts(content)["word/document.xml"].count(b"<w:pageBreakBefore/>") == 1
    assert b"PAGE" not in parts(content)["word/document.xml"]


def test_a_chart_is_a_picture_with_its_description() -> None:
    content = write_docx(paper(Picture(chart=CHART), Picture(chart=CHART)), at=AT)
    found = parts(content)
    pictures = [name for name in found if name.endswith(".png")]
    assert len(pictures) == 1, "the same picture is kept once"
    assert found[pictures[0]].startswith(b"\x89PNG")
    assert found["word/document.xml"].decode().count('descr="Pareto &lt;nguyên nhân&gt;"') == 4


@pytest.mark.parametrize("text", ["=1+1", "<w:p/>", "&amp; ]]>", "{{ x }}", "\x00\x07", "\ufffe"])
def test_words_are_never_layout(text: str) -> None:
    hostile = (
        Heading(level=1, runs=runs(text)),
        Paragraph(runs=runs(text)),
        Table(head=(), rows=((Cell(runs=runs(text)),),)),
    )
    document = opened(write_docx(paper(*hostile), at=AT))
    shown = "".join(
        sign if sign.isprintable() and sign != "\ufffe" else f"[U+{ord(sign):04X}]" for sign in text
    )
    assert [one.text for one in document.paragraphs if one.text] == [shown, shown]
    assert document.tables[0].rows[0].cells[0].text == shown


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=40)
def test_any_text_can_be_set(text: str) -> None:
    assert opened(write_docx(paper(Paragraph(runs=runs(text))), at=AT)).paragraphs
