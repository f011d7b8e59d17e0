"""Rules of `workflows.documents.pdf`: words are never layout; one paper, one file."""

import re
import unicodedata
import zlib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.documents.samples import AT, EVERYTHING, paper, runs
from workflows.documents import pdf
from workflows.documents.official_form import POINTS_PER_MM
from workflows.documents.paper import (
    Cell,
    Group,
    Heading,
    Listing,
    Paragraph,
    Table,
)
from workflows.documents.pdf import HERE, STRANGE, PaperTooLong, write_pdf

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = {
    letter
    for vowel in VOWELS
    for tone in TONES
    for both in (vowel, vowel.upper())
    for letter in unicodedata.normalize("NFC", both + tone)
} | set("đĐ–“”…·")


def test_every_part_is_set_as_an_archivable_file() -> None:
    content = write_pdf(paper(*EVERYTHING), at=AT)
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in content


@pytest.mark.parametrize("more", [0, 1])
def test_a_paper_that_is_too_long_is_refused_before_it_is_set(
    monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """Cells of tables, however deep, are what weighs; the limit itself still passes."""
    monkeypatch.setattr(pdf, "PARTS_MAX", 12)
    rows = tuple(tuple(Cell(runs=runs("ô")) for _ in range(3)) for _ in range(3))
    table = Table(head=(), rows=rows)
    listing = Listing(items=tuple(runs("điểm") for _ in range(2 + more)))
    long = paper(Group(blocks=(table,)), listing, Paragraph(runs=runs("hết")))
    if not more:
        assert write_pdf(long, at=AT).startswith(b"%PDF")
        return
    with pytest.raises(PaperTooLong) as caught:
        write_pdf(long, at=AT)
    assert caught.value.params["found"] == 13


TEXT = re.compile(
    rb"1 0 0 -1 (?P<x>[0-9.]+) (?P<y>[0-9.]+) cm.{0,40}?BT.{0,20}?/f[0-9]+ (?P<size>[0-9.]+) Tf",
    re.DOTALL,
)


def placed(content: bytes) -> list[list[tuple[float, float, float]]]:
    """For each page, where its stretches of text begin (millimetres from left and top) and how big
    they are (points)."""
    pages = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            drawn = zlib.decompress(stream)
        except zlib.error:
            continue
        found = [
            (
                float(one["x"]) / POINTS_PER_MM,
                297 - float(one["y"]) / POINTS_PER_MM,
                float(one["size"]),
            )
            for one in TEXT.finditer(drawn)
        ]
        if found:
            pages.append(found)
    return pages


def test_lines_begin_where_the_decree_has_them_and_the_first_page_has_no_number() -> None:
    lines = [Paragraph(runs=runs(f"Đoạn {number}: " + "dài " * 60)) for number in range(30)]
    first, second, *_ = placed(write_pdf(paper(*lines), at=AT))
    assert {round(x, 1) for x, _, _ in first} == {30.0, 42.7}, "margin and first line"
    assert {size for _, _, size in first} == {14.0}
    assert 20 < min(y for _, y, _ in first) < 26
    assert max(y for _, y, _ in first) < 277
    numbers = [(x, y, size) for x, y, size in second if y < 20]
    assert len(numbers) == 1
    ((x, y, size),) = numbers
    # Between the margins, as everything centred on the page is.
    assert abs(x - (30 + 165 / 2)) < 3
    assert 10 < y < 20
    assert size == 13


def test_the_same_paper_at_the_same_instant_is_the_same_file() -> None:
    first, again = (write_pdf(paper(*EVERYTHING), at=AT) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "*đậm* _nghiêng_ `mã` $x$ = tiêu đề",
        "@preview <nhãn> \\ // chú thích /* */ [ngoặc]",
        "] } ) #",
        '"\\u{0}"',
        "=1+1",
    ],
)
def test_words_are_never_layout(text: str) -> None:
    hostile = (
        Heading(level=1, runs=runs(text)),
        Paragraph(runs=runs(text)),
        Listing(items=(runs(text),)),
        Table(head=(), rows=((Cell(runs=runs(text)),),)),
    )
    assert write_pdf(paper(*hostile), at=AT).startswith(b"%PDF")


def test_a_certificate_lies_across_and_each_has_a_page() -> None:
    one = Group(
        page=True,
        blocks=(
            Heading(level=1, runs=runs("GIẤY CHỨNG NHẬN")),
            *(
                Paragraph(runs=runs("Nguyễn Thị Ngọc Huyền"), look=f"certificate-{look}")
                for look in ("lead", "name", "line", "number")
            ),
        ),
    )
    content = write_pdf(paper(one, one, certificate=True), at=AT)
    assert len(re.findall(rb"/MediaBox\s*\[0 0 841\.8\d+ 595\.2\d+\]", content)) == 2


@pytest.mark.parametrize("path", sorted((HERE / "fonts").glob("*.ttf")), ids=lambda p: p.stem)
def test_every_letter_of_vietnamese_has_its_shape(path: Path) -> None:
    with TTFont(path) as font:
        drawn = font.getBestCmap()
    assert {letter for letter in LETTERS if ord(letter) not in drawn} == set()


@pytest.mark.parametrize("path", sorted((HERE / "fonts").glob("*.ttf")), ids=lambda p: p.stem)
def test_what_is_not_taken_for_strange_is_in_the_face(path: Path) -> None:
    with TTFont(path) as font:
        drawn = font.getBestCmap()
    kept = [code for code in range(0x20, 0x110000) if not STRANGE.match(chr(code))]
    assert [hex(code) for code in kept if code not in drawn] == []


def test_no_sign_makes_a_paper_impossible() -> None:
    text = "Đạt ✓ 👍 漢字 \ue000 \u202e \x85 \uffff"
    content = write_pdf(paper(Paragraph(runs=runs(text))), at=AT)
    assert content.startswith(b"%PDF")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
@settings(max_examples=25)
def test_any_text_can_be_set(text: str) -> None:
    assert write_pdf(paper(Paragraph(runs=runs(text))), at=AT).startswith(b"%PDF")
