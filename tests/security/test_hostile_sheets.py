"""Sheets that want to break the house: refused before they cost anything, nothing written."""

import io
import resource
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.tables.reading import read_sheet
from engine.tables.streaming import SHARED_TEXTS, StreamLimits, stream_rows
from tests.api.web import Web

MEBIBYTE = 1024 * 1024


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def plain() -> bytes:
    def fill(book: Any) -> None:
        book.active.append(["unit", "auditor"])
        book.active.append(["office", "p006"])

    return workbook(fill)


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one part put in its place, or added."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return made.getvalue()


def far_corner() -> bytes:
    """Two cells at the ends of the sheet: laid out whole, that is half a terabyte."""

    def fill(book: Any) -> None:
        book.active["A1"] = "unit"
        book.active["XFD1048576"] = "x"

    return workbook(fill)


def wide() -> bytes:
    def fill(book: Any) -> None:
        book.active["XFD1"] = "x"

    return workbook(fill)


def without_a_visible_sheet() -> bytes:
    book = zipfile.ZipFile(io.BytesIO(plain())).read("xl/workbook.xml")
    return with_part(
        plain(), "xl/workbook.xml", book.replace(b'state="visible"', b'state="hidden"')
    )


def sheet_xml(rows: bytes, prolog: bytes = b"") -> bytes:
    return (
        b'<?xml version="1.0"?>'
        + prolog
        + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData>" + rows + b"</sheetData></worksheet>"
    )


ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9))
    + b"]>"
)
SHEET = "xl/worksheets/sheet1.xml"
CELL = b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>'

HOSTILE: dict[str, Callable[[], bytes]] = {
    "far_corner": far_corner,
    "wide": wide,
    "bomb": lambda: with_part(plain(), "xl/media/x.bin", b"\0" * (80 * MEBIBYTE)),
    "many_entries": lambda: many_entries(1_200),
    "macro": lambda: with_part(plain(), "xl/vbaProject.bin", b"x"),
    "entities": lambda: with_part(plain(), SHEET, sheet_xml(CELL % b"&j;", ENTITIES)),
    "no_xml": lambda: with_part(plain(), SHEET, b"<worksheet"),
    "no_reference": lambda: with_part(
        plain(), SHEET, sheet_xml(b'<row r="x"><c r="ZZZZZZ9"/></row>')
    ),
    "huge_row": lambda: with_part(
        plain(), SHEET, sheet_xml((CELL % b"a").replace(b'"1"', b'"99999999999"'))
    ),
    "no_styles": lambda: with_part(plain(), "xl/styles.xml", b"<styleSheet><cellXfs/>"),
    "no_workbook": lambda: with_part(plain(), "xl/workbook.xml", b"<workbook/>"),
    "truncated": lambda: plain()[:-200],
    "prefixed": lambda: b"MZ" + plain(),
    "hidden": without_a_visible_sheet,
}


def many_entries(count: int) -> bytes:
    made = io.BytesIO(plain())
    with zipfile.ZipFile(made, "a") as archive:
        for number in range(count):
            archive.writestr(f"xl/x{number}", b"")
    return made.getvalue()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_workbook_is_refused_and_costs_little(kind: str) -> None:
    content = HOSTILE[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Invalid):
        read_sheet(io.BytesIO(content), filename="a.xlsx")
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert spent < 200 * 1024, f"{spent} KiB"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("far_corner", 413), ("bomb", 413), ("macro", 422), ("truncated", 422), ("prefixed", 415)],
)
def test_over_http_it_has_the_status_of_its_kind(small_web: Web, kind: str, status: int) -> None:
    audit = small_web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    before = small_web.entries()
    files = {"file": ("a.xlsx", HOSTILE[kind]())}
    answer = small_web.post("iso_secretary", f"{path}/import", files=files)
    assert answer.status_code == status, answer.text
    assert small_web.get("director", path).json()["items"] == []
    assert small_web.entries() == before


def test_what_looks_like_a_formula_is_written_as_text_and_comes_back_guarded(
    small_web: Web,
) -> None:
    audit = small_web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    sheet = (
        "unit;auditor;audit_date;place;clauses;status\n"
        "science_management;p007;06/08/2026;=cmd|'/c calc'!A0;7.5;planned\n"
    )
    done = small_web.post(
        "iso_secretary", f"{path}/import", files={"file": ("a.csv", sheet.encode())}
    )
    assert done.status_code == 200, done.text
    (row,) = small_web.get("director", path).json()["items"]
    assert row["values"]["place"] == "=cmd|'/c calc'!A0"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    content=st.binary(max_size=400)
    | st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode)
    | st.text('ếộđăâ;,"\n\t=1aÀò', max_size=60).map(lambda text: text.encode("cp1258", "ignore"))
    | st.text(max_size=60).map(lambda text: text.encode("utf-16", "surrogatepass")),
    name=st.sampled_from(["a.csv", "a.xlsx", "a.CSV", "a.txt", "", "a.csv.exe"]),
)
def test_whatever_comes_is_read_or_refused(content: bytes, name: str) -> None:
    try:
        sheet = read_sheet(io.BytesIO(content), filename=name)
    except Invalid:
        return
    assert sheet.rows
    assert all(row.cells[-1] is not None for row in sheet.rows)
    assert [row.number for row in sheet.rows] == sorted({row.number for row in sheet.rows})


def test_shared_texts_are_weighed_under_whatever_name_they_come() -> None:
    """An export may have rows without number; what a reader must keep in memory stays small."""
    limits = StreamLimits(
        bytes_max=MEBIBYTE,
        rows_max=10,
        last_row=10,
        tags_max=10_000_000,
        unpacked_bytes_max=64 * MEBIBYTE,
        shared_bytes_max=MEBIBYTE,
    )
    types = zipfile.ZipFile(io.BytesIO(plain())).read("[Content_Types].xml")
    override = f'<Override PartName="/xl/x.xml" ContentType="{SHARED_TEXTS}"/></Types>'.encode()
    named = with_part(plain(), "[Content_Types].xml", types.replace(b"</Types>", override))
    text = b"<sst><si><t>" + b"a" * (2 * MEBIBYTE) + b"</t></si></sst>"
    with pytest.raises(Invalid) as refused:
        stream_rows(
            io.BytesIO(with_part(named, "xl/x.xml", text)), filename="a.xlsx", limits=limits
        )
    assert refused.value.code == "sheet_too_heavy"


@pytest.mark.parametrize(
    ("part", "tag"),
    [
        ("xl/styles.xml", b"<xf/>"),
        ("xl/worksheets/sheet1.xml", b"<c/>"),
        ("xl/sharedStrings.xml", b"<si/>"),
    ],
)
def test_a_part_of_millions_of_tags_is_refused_before_it_is_read(part: str, tag: bytes) -> None:
    heavy = with_part(plain(), part, b"<x>" + tag * 1_000_000 + b"</x>")
    assert len(heavy) < MEBIBYTE
    with pytest.raises(Invalid) as refused:
        read_sheet(io.BytesIO(heavy), filename="a.xlsx")
    assert refused.value.code == "sheet_too_heavy"
