"""Rules of `workflows.documents.pdf`: words are never layout; one paper, one file."""

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.documents.paper import (
    Block,
    Cell,
    Group,
    Heading,
    Listing,
    Pair,
    Paper,
    Paragraph,
    Run,
    Table,
)
from workflows.documents.pdf import HERE, STRANGE, write_pdf

AT = datetime(2026, 8, 20, 3, tzinfo=UTC)
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = {
    letter
    for vowel in VOWELS
    for tone in TONES
    for both in (vowel, vowel.upper())
    for letter in unicodedata.normalize("NFC", both + tone)
} | set("đĐ–“”…·")


def runs(text: str, **face: bool) -> tuple[Run, ...]:
    return (Run(text=text, **face),)  # type: ignore[arg-type]


def paper(*blocks: Block, certificate: bool = False) -> Paper:
    return Paper(
        title="Báo cáo",
        language="vi",
        blocks=blocks,
        form="certificate" if certificate else "official",
    )


EVERYTHING: tuple[Block, ...] = (
    Pair(
        look="heads",
        sides=(
            (Paragraph(runs=(Run(text="SỞ KHOA HỌC VÀ CÔNG NGHỆ", bold=True, look="ruled"),)),),
            (Paragraph(runs=runs("Độc lập - Tự do - Hạnh phúc", bold=True)),),
        ),
    ),
    Heading(level=1, runs=runs("BÁO CÁO")),
    Heading(level=2, runs=runs("1. Mục tiêu")),
    Paragraph(runs=(Run(text="Bên yêu cầu: ", bold=True), Run(text="....", look="blank"))),
    Paragraph(runs=runs("(Dự thảo)", italic=True), look="subject"),
    Listing(items=(runs("một"), runs("hai")), numbered=True),
    Listing(items=(runs("ba"),)),
    Table(
        head=((Cell(runs=runs("TT"), heading=True), Cell(runs=runs("Nội dung"), heading=True)),),
        rows=(
            (Cell(runs=runs("1"), look="number"), Cell(runs=runs("dài " * 80))),
            (Cell(runs=runs("Không có"), span=2),),
        ),
    ),
    Table(head=(), rows=((Cell(runs=()),),)),
    Group(blocks=(Heading(level=3, runs=runs("a)")), Paragraph(runs=runs("x")))),
    Pair(look="signs", sides=((), (Paragraph(runs=runs("GIÁM ĐỐC", bold=True)),))),
)


def test_every_part_is_set_as_an_archivable_file() -> None:
    content = write_pdf(paper(*EVERYTHING), at=AT)
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in content


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
