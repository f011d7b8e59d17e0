"""Papers of the demonstration: small, real files of four kinds, made without an office suite.

1. A file is what its extension says, through and through: the house looks into it.
2. PDF pages use Courier, which every reader has; the marks of Vietnamese letters are drawn over the
   letters, and the text itself is kept beside, so that it can be searched and read aloud.
3. The same words give the same bytes.
"""

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final
from xml.sax.saxutils import escape

PAGE: Final = (595, 842)
MARGIN: Final = 64
SIZE: Final = 11
ADVANCE: Final = 0.6 * SIZE
COLUMNS: Final = 70

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org"
_TYPES: Final = f"{_OFFICE}/package/2006/content-types"
_RELATIONS: Final = f"{_OFFICE}/package/2006/relationships"
_DOCUMENT: Final = f"{_OFFICE}/officeDocument/2006/relationships"
_EPOCH: Final = (2020, 1, 1, 0, 0, 0)

# Combining mark → glyph, and how far it is moved right and up, in thousandths of the size.
_MARKS: Final = {
    "\u0300": ("`", 0, 0),
    "\u0301": ("\\264", 0, 0),
    "\u0302": ("\\210", 0, 0),
    "\u0303": ("\\230", 0, 0),
    "\u0306": ("\\200", 0, 0),
    "\u031b": ("\\222", 220, -40),
    "\u0323": (".", 0, -190),
}
_HOOK: Final = "\u0309"
_HOOK_RISE: Final = 480
_CAPITAL_RISE: Final = 130
_SECOND_RISE: Final = 150


def paper(filename: str, lines: Sequence[str]) -> bytes:
    """The content of a file, in the form that its name asks for.

    Raises:
        ValueError: the extension is none of pdf, docx, xlsx, png.
    """
    match PurePath(filename).suffix:
        case ".pdf":
            return _pdf(lines)
        case ".docx":
            return _docx(lines)
        case ".xlsx":
            return _xlsx(lines)
        case ".png":
            return _png(lines)
        case other:
            msg = f"no paper of the kind {other}"
            raise ValueError(msg)


def _pdf(lines: Sequence[str]) -> bytes:
    content = "\n".join(_drawn(lines)).encode("ascii")
    font = (
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding << /Type /Encoding "
        "/BaseEncoding /WinAnsiEncoding /Differences [128 /breve] >> >>"
    )
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE[0]} {PAGE[1]}] "
        "/Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (vi) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page.encode(),
        font.encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    ]
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _drawn(lines: Sequence[str]) -> Iterable[str]:
    """The operators of a page, a line of text after the other."""
    height = PAGE[1] - MARGIN
    for line in (part for whole in lines for part in _folded(whole)):
        said = line.encode("utf-16-be").hex().upper()
        letters, marks = _taken_apart(line, height)
        plain = letters.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        yield f"/Span << /ActualText <FEFF{said}> >> BDC BT /F1 {SIZE} Tf"
        yield f"1 0 0 1 {MARGIN} {height} Tm ({plain}) Tj"
        yield from (mark for mark in marks if not mark.endswith("S"))
        yield "ET"
        # Strokes stand outside of the text object.
        yield from (mark for mark in marks if mark.endswith("S"))
        yield "EMC"
        height -= SIZE * 3 // 2


def _taken_apart(line: str, height: float) -> tuple[str, list[str]]:
    """The letters of a line without their marks, and the operators that draw the marks."""
    letters = ""
    marks: list[str] = []
    above = 0
    for sign in unicodedata.normalize("NFD", line):
        if not unicodedata.combining(sign):
            if sign in "đĐ":
                marks.append(_glyph("-", len(letters), 100, height, 140))
            letters += {"đ": "d", "Đ": "D", "–": "-", "“": '"', "”": '"'}.get(sign, sign)
            above = 0
            continue
        rise = above + (_CAPITAL_RISE if letters[-1].isupper() else 0)
        if sign == _HOOK:
            marks.append(_hook(len(letters) - 1, height, rise + _HOOK_RISE))
            continue
        glyph, right, up = _MARKS[sign]
        marks.append(_glyph(glyph, len(letters) - 1, right, height, up + (rise if up >= 0 else 0)))
        above += _SECOND_RISE if up >= 0 else 0
    return letters.encode("ascii", "replace").decode(), marks


def _glyph(glyph: str, column: int, right: int, height: float, up: int) -> str:
    x = MARGIN + column * ADVANCE + right * SIZE / 1000
    return f"1 0 0 1 {x:.2f} {height + up * SIZE / 1000:.2f} Tm ({glyph}) Tj"


def _hook(column: int, height: float, up: int) -> str:
    """A hook above: no standard font has it, so it is a stroke."""
    x = MARGIN + (column + 0.5) * ADVANCE
    y = height + up * SIZE / 1000
    return (
        f"0.5 w {x - 1:.2f} {y + 1.5:.2f} m "
        f"{x - 1:.2f} {y + 2.6:.2f} {x + 1.2:.2f} {y + 2.6:.2f} {x + 1.2:.2f} {y + 1.5:.2f} c "
        f"{x + 1.2:.2f} {y + 0.8:.2f} {x:.2f} {y + 0.9:.2f} {x:.2f} {y:.2f} c S"
    )


def _folded(line: str) -> list[str]:
    """A line cut at its words so that it fits the page."""
    rows = [""]
    for word in line.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > COLUMNS:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def _docx(lines: Sequence[str]) -> bytes:
    space = f"{_OFFICE}/wordprocessingml/2006/main"
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _package(
        {
            "[Content_Types].xml": _content_types({"/word/document.xml": kind}),
            "_rels/.rels": _relations({"rId1": ("officeDocument", "word/document.xml")}),
            "word/document.xml": (
                f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
            ),
        }
    )


def _xlsx(lines: Sequence[str]) -> bytes:
    space = f"{_OFFICE}/spreadsheetml/2006/main"
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{escape(line)}</t></is></c></row>'
        for number, line in enumerate(lines, start=1)
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    workbook = (
        f'<workbook xmlns="{space}" xmlns:r="{_DOCUMENT}"><sheets>'
        '<sheet name="Bảng" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    parts = {
        "/xl/workbook.xml": f"{kind}.sheet.main+xml",
        "/xl/worksheets/sheet1.xml": f"{kind}.worksheet+xml",
    }
    return _package(
        {
            "[Content_Types].xml": _content_types(parts),
            "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": workbook,
            "xl/_rels/workbook.xml.rels": _relations(
                {"rId1": ("worksheet", "worksheets/sheet1.xml")}
            ),
            "xl/worksheets/sheet1.xml": (
                f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
            ),
        }
    )


def _content_types(parts: dict[str, str]) -> str:
    named = "".join(
        f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items()
    )
    return (
        f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{named}</Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    named = "".join(
        f'<Relationship Id="{key}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_RELATIONS}">{named}</Relationships>'


def _package(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # A fixed date: the same words give the same bytes.
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), _HEAD + text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _png(lines: Sequence[str]) -> bytes:
    """A ruled attendance sheet as a scanner gives it; its description says what it is about."""
    width, height = 620, 877
    white, ruled = b"\0" + b"\xff" * width, b"\0" + b"\xff" * 40 + b"\x60" * 540 + b"\xff" * 40
    upright = bytearray(white)
    for column in (40, 100, 320, 460, 579):
        upright[column + 1] = 0x60
    rows = [
        ruled if row in range(120, 821, 50) else bytes(upright) if 120 < row < 820 else white
        for row in range(height)
    ]
    text = "\n".join(lines).encode()
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"iTXt", b"Description\0\0\0vi\0\0" + text),
        (b"IDAT", zlib.compress(b"".join(rows), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
