"""What stands on a sheet is read back from its page, for the paper that is printed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from api.pages.papers import paper_of
from api.pages.rendering import Renderer, chart_part
from tests.pages.equipment import WORDS
from workflows.documents.chart import Chart, Series
from workflows.documents.paper import Group, Heading, Listing, Pair, Paragraph, Picture, Table


def read(html: str) -> Any:
    return paper_of(
        f'<p>ngoài</p><article class="sheet">{html}</article>', title="T", language="vi"
    )


def plain(runs: Any) -> str:
    return "".join(run.text for run in runs)


def test_only_the_sheet_is_read() -> None:
    paper = read("<h1>MỘT</h1><p>hai</p><p class='noprint'>ba</p><nav>bốn</nav>")
    assert [plain(block.runs) for block in paper.blocks] == ["MỘT", "hai"]
    assert (paper.form, paper.language, paper.title) == ("official", "vi", "T")


def test_faces_spaces_and_line_ends_are_kept_as_a_browser_shows_them() -> None:
    paper = read("<p>  <b>Tên:</b>\n  An <i>(x\n y)</i><br> hai  <a href='#'>ba</a>  </p>")
    (one,) = paper.blocks
    assert [(run.text, run.bold, run.italic) for run in one.runs] == [
        ("Tên:", True, False),
        (" An ", False, False),
        ("(x y)", False, True),
        ("\n", False, False),
        ("hai ", False, False),
        ("ba", False, False),
    ]


def test_signs_of_html_are_text_again() -> None:
    (one,) = read("<p>a &lt;b&gt; &amp; “c”</p>").blocks
    assert plain(one.runs) == "a <b> & “c”"


def test_tables_keep_heads_spans_and_looks() -> None:
    (caption, table) = read(
        "<table><caption>Bảng</caption><thead><tr><th>A</th><th>B</th></tr></thead>"
        "<tbody><tr><td class='number'>1</td><td>x<ul><li>y</li></ul></td></tr>"
        "<tr><td colspan='2'>z</td></tr></tbody></table>"
    ).blocks
    assert isinstance(caption, Paragraph)
    assert isinstance(table, Table)
    assert [[plain(cell.runs) for cell in row] for row in table.head] == [["A", "B"]]
    assert [[(plain(c.runs), c.span, c.look) for c in row] for row in table.rows] == [
        [("1", 1, "number"), ("xy", 1, "")],
        [("z", 2, "")],
    ]


def test_a_caption_for_screen_readers_stands_on_no_paper() -> None:
    (table,) = read("<table><caption class='unseen'>x</caption><tr><td>1</td></tr></table>").blocks
    assert isinstance(table, Table)
    assert read("<table></table>").blocks == ()


def test_heads_signs_sections_and_lists_are_parts_of_their_own() -> None:
    paper = read(
        "<div class='heads'><div><p>a</p></div><div><p><b class='ruled'>b</b></p></div></div>"
        "<section><h3>c</h3></section><ol><li>d</li></ol><ul></ul><dl><dt>e</dt><dd>f</dd></dl>"
        "<div><p>g</p></div>rời<div class='signs'></div>"
    )
    heads, section, points, facts, inner, loose = paper.blocks
    assert isinstance(heads, Pair)
    assert [plain(block.runs) for side in heads.sides for block in side] == ["a", "b"]  # type: ignore[union-attr]
    assert isinstance(section, Group)
    assert isinstance(section.blocks[0], Heading)
    assert isinstance(points, Listing)
    assert points.numbered
    assert [plain(block.runs) for block in (facts, inner, loose)] == ["e: f", "g", "rời"]


def test_a_chart_is_read_back_as_what_it_was_drawn_from() -> None:
    chart = Chart(
        kind="lines",
        labels=("<b>", "“2”"),
        series=(Series(name="a & b", values=(1, 2)), Series(name="c", values=(3, 4))),
        description="mô tả",
        decimals=1,
        unit="%",
    )
    part = chart_part(chart)
    assert "<b>" not in part
    (picture,) = read(str(part)).blocks
    assert picture == Picture(chart=chart)
    assert read("<figure>chữ</figure>").blocks != ()


def test_an_appendix_begins_a_page_and_a_blank_holds_its_place() -> None:
    appendix, name = read(
        "<section class='appendix'><p class='appendix'>Phụ lục</p></section>"
        "<p class='name'>&nbsp;</p>"
    ).blocks
    assert (appendix.look, appendix.page) == ("appendix", True)
    assert (name.look, plain(name.runs)) == ("name", "\u00a0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """As the training campaign gives them."""

    number: str = "TC-2026-01/03"
    person: str = "Nguyễn Thị Ngọc Huyền"
    unit: str = "office"
    kind: str = "civil_servant"
    content: str | None = "Nhận thức ISO 9001"
    hours: Decimal = Decimal("7.5")
    first_day: date | None = date(2026, 7, 14)
    last_day: date | None = date(2026, 7, 15)
    score: int | None = 8
    issued_on: date | None = date(2026, 8, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """One for each person."""

    certificates: tuple[Certificate, ...]
    code: str = "TC-2026-01"
    title: str = "Đào tạo HTQLCL 2026"
    organization: str | None = None


def shown(paper: Certificates, language: str) -> Any:
    """The certificates as they are printed."""
    html = Renderer(WORDS).text(
        "documents/training_campaign/certificates.html",
        block="content",
        visit=Visitor(),
        language=language,
        alone=True,
        document="certificates",
        view=None,
        title={"vi": "Giấy chứng nhận", "en": "Certificates"},
        paper=paper,
        names={"office": "Văn phòng Sở"},
    )
    return paper_of(html, title="T", language=language)


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the template asks of a visit."""

    organization = {"vi": "Sở Khoa học và Công nghệ", "en": "Department"}  # noqa: RUF012 - read only.


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "vi",
            [
                "Chứng nhận",
                "Nguyễn Thị Ngọc Huyền",
                "Đơn vị: Văn phòng Sở",
                "Đã hoàn thành khóa đào tạo Đào tạo HTQLCL 2026",
                "Nội dung: Nhận thức ISO 9001",
                "Từ ngày 14/07/2026 đến ngày 15/07/2026, thời lượng 7,5 giờ",
                "Điểm kiểm tra: 8",
                "Số vào sổ: TC-2026-01/03",
            ],
        ),
        (
            "en",
            [
                "This is to certify that",
                "Nguyễn Thị Ngọc Huyền",
                "Unit: Văn phòng Sở",
                "has completed the training Đào tạo HTQLCL 2026",
                "Content: Nhận thức ISO 9001",
                "From 14 July 2026 to 15 July 2026, 7.5 hours",
                "Test score: 8",
                "Register number: TC-2026-01/03",
            ],
        ),
    ],
)
def test_a_certificate_says_who_learned_what(language: str, said: list[str]) -> None:
    paper = shown(Certificates(certificates=(Certificate(), Certificate())), language)
    assert paper.form == "certificate"
    first, second = paper.blocks
    assert first == second
    assert first.page
    assert [plain(one.runs) for one in first.blocks if isinstance(one, Paragraph)] == said


def test_a_certificate_leaves_out_what_is_not_known() -> None:
    bare = Certificate(score=None, content=None, issued_on=None, last_day=None)
    none = Certificate(first_day=None, last_day=None)
    one, other = shown(Certificates(certificates=(bare, none)), "vi").blocks
    texts = [plain(part.runs) for part in one.blocks if isinstance(part, Paragraph)]
    assert "Ngày 14/07/2026, thời lượng 7,5 giờ" in texts
    assert not any(text.startswith(("Nội dung", "Điểm")) for text in texts)
    texts = [plain(part.runs) for part in other.blocks if isinstance(part, Paragraph)]
    assert "Thời lượng 7,5 giờ" in texts
    (empty,) = shown(Certificates(certificates=()), "vi").blocks
    assert plain(empty.runs) == "Chưa có giấy chứng nhận nào."
