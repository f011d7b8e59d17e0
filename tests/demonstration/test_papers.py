"""The papers of the demonstration are what their names say, and read as Vietnamese."""

import io
import unicodedata

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.demonstration.papers import COLUMNS, paper
from engine.evidence.content import check_content
from engine.evidence.file_type import FileType

LINES = [
    "SỞ KHOA HỌC VÀ CÔNG NGHỆ",
    "Phiếu (mẫu \\ 1) – “quy trình” của Đoàn đánh giá, kể cả những dòng dài hơn một trang giấy",
    "ằ ẳ ẵ ắ ặ ề ể ễ ế ệ ồ ổ ỗ ố ộ ờ ở ỡ ớ ợ ừ ử ữ ứ ự ỳ ỷ ỹ ý ỵ đ Đ Ư Ơ Ấ Ậ",
]


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "png"])
def test_a_paper_is_what_its_name_says(kind: str) -> None:
    name = f"Kế hoạch.{kind}"
    content = paper(name, LINES)
    found = check_content(io.BytesIO(content), filename=name, accepted=tuple(FileType))
    assert found.type.value == kind
    assert paper(name, LINES) == content
    assert paper(name, [*LINES, "khác"]) != content


def test_office_programs_read_the_words() -> None:
    document = docx.Document(io.BytesIO(paper("a.docx", LINES)))
    assert [paragraph.text for paragraph in document.paragraphs] == LINES
    sheet = openpyxl.load_workbook(io.BytesIO(paper("a.xlsx", LINES))).active
    assert [row[0].value for row in sheet.iter_rows()] == LINES
    with Image.open(io.BytesIO(paper("a.png", LINES))) as image:
        image.load()
        assert image.info["Description"] == "\n".join(LINES)


def test_a_page_keeps_its_words_beside_the_strokes() -> None:
    content = paper("a.pdf", LINES[:1]).decode("latin-1")
    assert f"<FEFF{LINES[0].encode('utf-16-be').hex().upper()}>" in content
    # The letters stand there without marks, the marks over them.
    assert "(SO KHOA HOC VA CONG NGHE) Tj" in content
    assert content.count(" c S") == 1, "one hook, over Ở"


VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯ ()\\–“”0123456789"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]


@given(st.lists(st.tuples(st.sampled_from(VIETNAMESE), st.sampled_from(TONES)), max_size=200))
def test_every_vietnamese_line_can_be_printed(signs: list[tuple[str, str]]) -> None:
    line = "".join(sign + tone if sign.isalpha() else sign for sign, tone in signs)
    content = paper("a.pdf", [unicodedata.normalize("NFC", line)])
    found = check_content(io.BytesIO(content), filename="a.pdf", accepted=(FileType.PDF,))
    assert found.type is FileType.PDF
    assert b"?" not in content.partition(b"stream")[2]


def test_a_long_line_is_folded_at_its_words() -> None:
    content = paper("a.pdf", ["chữ " * 60]).decode("latin-1")
    printed = [row.rpartition(") Tj")[0] for row in content.splitlines() if row.endswith(") Tj")]
    longest = max(len(row.partition("(")[2]) for row in printed)
    assert 0 < longest <= COLUMNS


def test_no_other_kind_is_made() -> None:
    with pytest.raises(ValueError, match=r"\.exe"):
        paper("a.exe", LINES)
