"""Rules of `engine.tables.reading`: encodings, delimiters, row numbers."""

import io

import pytest

from engine.tables.reading import read_sheet
from tests.dossier_exports import in_code_page

ROW = ("Họ và tên", "Đơn vị: Phòng Kế hoạch", "ữ ợ ẵ ế")


def cells(content: bytes, name: str = "a.csv") -> list[tuple[object, ...]]:
    return [row.cells for row in read_sheet(io.BytesIO(content), filename=name).rows]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
def test_what_offices_save_as_csv_is_read(delimiter: str, encoding: str) -> None:
    text = delimiter.join(ROW) + "\r\n" + delimiter.join(("a", "", "b")) + "\r\n"
    content = in_code_page(text) if encoding == "cp1258" else text.encode(encoding)
    assert cells(content) == [ROW, ("a", None, "b")]


def test_what_is_no_vietnamese_is_western() -> None:
    assert cells("naïve;café;1 ½;ìò\n".encode("cp1252")) == [("naïve", "café", "1 ½", "ìò")]


def test_rows_keep_the_numbers_that_their_author_sees() -> None:
    sheet = read_sheet(io.BytesIO(b'a;b\n\n;;\n"x\ny";1\n'), filename="a.csv")
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("a", "b")),
        (4, ("x\ny", "1")),
    ]


def test_texts_are_composed_and_stripped() -> None:
    assert cells("  e\u0302\u0301 ;\u00a0\n".encode()) == [("ế",)]
