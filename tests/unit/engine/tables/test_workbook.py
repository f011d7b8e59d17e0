"""A workbook read as a stream says what openpyxl says of it, cell for cell."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook.defined_name import DefinedName

from engine.errors import Invalid
from engine.tables.streaming import SHARED_TEXTS
from engine.tables.workbook import NAMESPACE, workbook_rows
from tests.security.test_hostile_sheets import plain, with_part

SHEET = "xl/worksheets/sheet1.xml"

cells = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    st.sampled_from(["_x000D_", "a_x005F_b", " a ", "=1+1", "1", "ế\ná"]),
    st.integers(-(10**9), 10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    st.datetimes(datetime(1900, 3, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - as sheets have it.
    st.times(),
    st.timedeltas(timedelta(0), timedelta(days=90)),
)


def read(content: bytes, *, last_row: int = 10_000, columns_max: int = 200) -> list[list[Any]]:
    rows = workbook_rows(io.BytesIO(content), last_row=last_row, columns_max=columns_max)
    return [_trimmed(row) for row in rows]


def by_openpyxl(content: bytes) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    return [_trimmed(row) for row in sheet.iter_rows(max_col=201, values_only=True)]


def _trimmed(row: Any) -> list[Any]:
    kept = list(row)
    while kept and kept[-1] is None:
        kept.pop()
    return kept


def made(rows: list[list[Any]], *, streamed: bool, iso: bool = False) -> bytes:
    book = openpyxl.Workbook(write_only=streamed)
    book.iso_dates = iso
    book.create_sheet("A", 0)
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def sheet_of(rows: str) -> bytes:
    told = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part(plain(), SHEET, told.encode())


@given(
    rows=st.lists(st.lists(cells, max_size=6), max_size=6),
    streamed=st.booleans(),
    iso=st.booleans(),
)
def test_cells_are_those_that_openpyxl_reads(
    rows: list[list[Any]], *, streamed: bool, iso: bool
) -> None:
    content = made(rows, streamed=streamed, iso=iso)
    found = read(content)
    assert found == by_openpyxl(content)
    assert [[type(cell) for cell in row] for row in found] == [
        [type(cell) for cell in row] for row in by_openpyxl(content)
    ]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="B2" t="inlineStr"><is><t>a</t></is></c></row>',
        '<row><c t="inlineStr"><is><r><t>a</t></r><r><rPr/><t> b</t></r></is></c></row>',
        '<row><c t="inlineStr"><is><t>東</t><rPh sb="0" eb="1"><t>ひ</t></rPh></is></c></row>',
        '<row r="1"><c r="C1"><v>1.5</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="3"><c t="str"><f>A1</f><v>a</v></c><c t="e"><v>#N/A</v></c><c><f>1</f></c></row>',
        '<row r="1"/><row r="4"><c t="b"><v>0</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="1"><c><v>2</v></c></row>',
        '<row><c t="b"><v>1</v></c><c t="inlineStr"/><c t="n"/></row>',
    ],
)
def test_what_other_programs_write_is_read_as_openpyxl_reads_it(rows: str) -> None:
    assert read(sheet_of(rows)) == by_openpyxl(sheet_of(rows))


def test_a_hidden_sheet_is_passed_over_and_names_of_ranges_do_no_harm() -> None:
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("B")
    shown.append(["shown", time(8, 30)])
    shown.print_area = "A1:B2"
    shown.defined_names["x"] = DefinedName("x", attr_text="B!$A$1")
    content = io.BytesIO()
    book.save(content)
    assert read(content.getvalue()) == [["shown", time(8, 30)]]


def test_what_lies_too_far_is_seen_in_the_next_row_and_the_next_column() -> None:
    far = '<row r="1"><c r="XFD1"><v>7</v></c></row><row r="1048576"><c><v>8</v></c></row>'
    rows = read(sheet_of(far), last_row=3, columns_max=2)
    assert rows == [[None, None, 7], [], [], [], [8]]


@pytest.mark.parametrize(
    "sheet",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>',
        f'<worksheet xmlns="{NAMESPACE}"><row><c t="s"><v>9</v></c></row></worksheet>'.encode(),
        f'<worksheet xmlns="{NAMESPACE}"><row r="x"/></worksheet>'.encode(),
        f'<worksheet xmlns="{NAMESPACE}"><row>'.encode(),
        f'<worksheet xmlns="{NAMESPACE}"><row><c><v>{"7" * 2_000_000}'.encode(),
        b"no xml",
    ],
)
def test_a_broken_sheet_is_refused(sheet: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(with_part(plain(), SHEET, sheet))
    assert refused.value.code == "file_damaged"


@pytest.mark.parametrize(
    "item",
    [
        "<t>a</t>",
        "<t> a_x005F_b </t>",
        "<r><t>c</t></r><r><rPr/><t> d</t></r>",
        '<t>東</t><rPh sb="0" eb="1"><t>ひ</t></rPh>',
        "",
    ],
)
def test_shared_texts_are_what_openpyxl_makes_of_them(item: str) -> None:
    content = sheet_of('<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>')
    texts = f'<sst xmlns="{NAMESPACE}"><si><t>first</t></si><si>{item}</si></sst>'
    types = zipfile.ZipFile(io.BytesIO(content)).read("[Content_Types].xml")
    override = f'<Override PartName="/xl/texts.xml" ContentType="{SHARED_TEXTS}"/></Types>'
    content = with_part(
        content, "[Content_Types].xml", types.replace(b"</Types>", override.encode())
    )
    content = with_part(content, "xl/texts.xml", texts.encode())
    assert read(content) == by_openpyxl(content)
    assert read(content)[0][1] == "first"
