"""Real files of every type pass; each planted fault is refused under its own code."""

import io
import re
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

import docx
import openpyxl
import pytest
from PIL import Image

from engine.errors import Invalid
from engine.evidence.archive import ArchiveLimits
from engine.evidence.content import ContentLimits, check_content
from engine.evidence.file_type import MEDIA_TYPES, FileType, TypeNotAccepted, UnsafeContent

ALL = frozenset(FileType)
CONTENT_TYPES = "[Content_Types].xml"


def make_pdf() -> bytes:
    objects = (
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
    )
    return (
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        + objects
        + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )


def make_docx() -> bytes:
    document = docx.Document()
    document.add_heading("Kế hoạch đánh giá nội bộ", 1)
    document.add_picture(io.BytesIO(make_image("PNG")))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Đơn vị", "Điểm"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def make_pptx() -> bytes:
    main = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/ppt/presentation.xml" ContentType="{main}"/></Types>'
    )
    return make_zip({CONTENT_TYPES: types.encode(), "ppt/presentation.xml": b"<p/>"})


def make_image(kind: str, size: tuple[int, int] = (20, 10), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind, **options)
    return buffer.getvalue()


def make_zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            # A fixed day: the bytes stand in test ids, which every worker must spell alike.
            entry = zipfile.ZipInfo(name, date_time=(2026, 7, 6, 8, 0, 0))
            archive.writestr(entry, content, compress_type=method)
    return buffer.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


PDF = make_pdf()
DOCX = make_docx()
XLSX = make_xlsx()
PNG = make_image("PNG")
JPG = make_image("JPEG")
ZIP = make_zip({"thư mục/a.txt": b"a", "b.docx": DOCX})


def check(name: str, content: bytes, limits: ContentLimits | None = None) -> FileType:
    stream = io.BytesIO(content)
    return check_content(stream, filename=name, accepted=ALL, limits=limits).type


def fault(name: str, content: bytes, limits: ContentLimits | None = None) -> Invalid:
    with pytest.raises((TypeNotAccepted, UnsafeContent)) as refused:
        check(name, content, limits)
    return refused.value


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", PDF, FileType.PDF),
        ("a.PDF", PDF + b"\r\n\0\0", FileType.PDF),
        ("a.docx", DOCX, FileType.DOCX),
        ("a.xlsx", XLSX, FileType.XLSX),
        ("a.pptx", make_pptx(), FileType.PPTX),
        ("a.png", PNG, FileType.PNG),
        ("a.jpg", JPG, FileType.JPG),
        ("a.jpeg", make_image("JPEG", progressive=True), FileType.JPG),
        ("a.jpg", JPG + b"\0motion photo\0" * 50, FileType.JPG),
        ("a.jpg", JPG[:2] + b"\xff\xff" + JPG[3:], FileType.JPG),
        ("a.jpg", JPG[:2] + b"\xff\xd0\xff\x01" + JPG[2:], FileType.JPG),
        ("a.webp", make_image("WEBP"), FileType.WEBP),
        ("a.webp", make_image("WEBP", lossless=True), FileType.WEBP),
        ("a.webp", make_image("WEBP", exif=b"Exif\0\0MM"), FileType.WEBP),
        ("a.zip", ZIP, FileType.ZIP),
        ("a.zip", make_zip({"x": b""}), FileType.ZIP),
        ("a.txt", "BM.08.01 Biên bản".encode(), FileType.TXT),
        ("a.txt", b"MZ is not a program here", FileType.TXT),
        ("a.csv", "\ufeffĐơn vị;Điểm\r\n".encode(), FileType.CSV),
        ("a.txt", b"a" * 2_500_000, FileType.TXT),
        ("a.json", '\ufeff{"tên": [1, 2.5, null]}'.encode(), FileType.JSON),
        ("a.xml", '<?xml version="1.0"?><hồ_sơ a="1"><html/></hồ_sơ>'.encode(), FileType.XML),
    ],
)
def test_an_honest_file_is_what_its_name_says(name: str, content: bytes, kind: FileType) -> None:
    found = check_content(io.BytesIO(content), filename=name, accepted={kind})
    assert (found.type, found.media_type) == (kind, MEDIA_TYPES[kind])


def test_a_stream_is_checked_from_its_beginning_wherever_it_stands() -> None:
    stream = io.BytesIO(PDF)
    stream.read(7)
    assert check_content(stream, filename="a.pdf", accepted=ALL).type is FileType.PDF


@pytest.mark.parametrize("name", ["a", "a.exe", "a.svg", "a.html", "a.docm", "a.xlsm", "a.pdf.gz"])
def test_an_unknown_extension_is_refused(name: str) -> None:
    assert fault(name, PDF).code == "extension_unknown"


def test_a_type_that_is_not_wanted_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(TypeNotAccepted) as refused:
        check_content(io.BytesIO(PNG), filename="a.png", accepted={FileType.PDF, FileType.DOCX})
    assert refused.value.code == "type_not_accepted"
    assert refused.value.params == {"type": "png", "accepted": ["docx", "pdf"]}


EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 200


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.pdf", EXE, "exe"),
        ("a.pdf", PNG, "png"),
        ("a.pdf", b"hello", "unknown"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "doc"),
        ("a.pdf", b"\0\0\0\x18ftypmp42\0\0\0\0", "mp4"),
        ("a.png", JPG, "jpg"),
        ("a.docx", PDF, "pdf"),
        ("a.docx", XLSX, "xlsx"),
        ("a.zip", DOCX, "docx"),
        ("a.xlsx", ZIP, "zip"),
        ("a.txt", PDF, "pdf"),
        ("a.csv", DOCX, "zip"),
        ("a.txt", b"<!DOCTYPE html><script>x</script>", "markup"),
        ("a.csv", b"\xef\xbb\xbf \n<SVG onload=x>", "markup"),
        ("a.txt", b"#!/bin/sh\n", "markup"),
        ("a.txt", b"{\\rtf1 x}", "markup"),
        ("a.xml", b"<html><body/></html>", "markup"),
        ("a.txt", b"\n" * 1_100_000 + b"<html>", "markup"),
        ("a.xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "markup"),
        ("a.xml", b'<a><b xmlns="http://www.w3.org/1999/xhtml"/></a>', "markup"),
        ("a.xml", b'<a xmlns:s="http://www.w3.org/2000/svg"><s:script/></a>', "markup"),
    ],
)
def test_content_and_name_must_agree(name: str, content: bytes, found: str) -> None:
    refused = fault(name, content)
    assert refused.code == "content_differs_from_name"
    assert refused.params["found"] == found


@pytest.mark.parametrize("kind", sorted(FileType))
def test_an_empty_file_is_refused(kind: FileType) -> None:
    assert fault(f"a.{kind}", b"").code == "file_empty"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF + PDF.replace(b"%%EOF", b"") + ZIP),
        ("a.png", PNG + ZIP),
        ("a.jpg", JPG + ZIP),
        ("a.jpg", JPG + ZIP + b"\0" * 3),
        ("a.zip", ZIP[:-2] + struct.pack("<H", 6) + b"%%EOF\n"),
        ("a.docx", DOCX[:-2] + struct.pack("<H", 3) + b"abc"),
    ],
)
def test_a_file_of_two_types_is_refused(name: str, content: bytes) -> None:
    if content.endswith(b"\0\0\0"):
        content = content[:-5] + struct.pack("<H", 3) + content[-3:]
    assert fault(name, content).code == "file_two_types"


def test_an_archive_behind_something_else_is_refused() -> None:
    assert fault("a.zip", ZIP + ZIP).code == "file_two_types"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.7\nhello"),
        ("a.pdf", PDF + b"<script>"),
        ("a.pdf", PDF + b"\n" * 2000),
        ("a.png", PNG[:-1]),
        ("a.png", PNG + b"x"),
        ("a.png", PNG[:8]),
        ("a.png", PNG.replace(b"IHDR", b"IHDX")),
        ("a.png", PNG[:16] + bytes(4) + PNG[20:]),
        ("a.jpg", JPG[:20]),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x04ab\0"),
        ("a.jpg", b"\xff\xd8\xff\xd9\0\0"),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x01"),
        ("a.jpg", b"\xff\xd8" + b"\xff\xe0\0\x02" * 5000 + JPG[2:]),
        ("a.webp", make_image("WEBP")[:-2]),
        ("a.webp", b"RIFF\x04\0\0\0WEBP"),
        ("a.webp", make_image("WEBP").replace(b"VP8 ", b"VP9 ")),
        ("a.zip", ZIP[:-1]),
        ("a.zip", ZIP[:40]),
        ("a.zip", ZIP[:35] + b"\xff\xff\xff" + ZIP[38:]),
        ("a.docx", make_zip({CONTENT_TYPES: b"<Types/>"})),
        ("a.docx", make_zip({CONTENT_TYPES: b"<Types>"})),
        ("a.json", b"{"),
        ("a.json", b"[" * 100_000),
        ("a.xml", b"<a>"),
        ("a.xml", b""" <?xml version="1.0"?><a/>"""),
    ],
)
def test_a_damaged_file_is_refused(name: str, content: bytes) -> None:
    assert fault(name, content).code == "file_damaged"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Điểm".encode("utf-16"), "text_not_utf8"),
        ("Dien".encode("utf-16-le"), "text_has_nul"),
        (b"\xc4", "text_not_utf8"),
        (b"\xed\xa0\x80", "text_not_utf8"),
        (b"a\0b", "text_has_nul"),
        (b"a" * 2_000_000 + b"\xff", "text_not_utf8"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.json", "a.xml"])
def test_text_is_utf_8_without_nul(name: str, content: bytes, code: str) -> None:
    assert fault(name, content).code == code


def test_json_has_a_limit() -> None:
    assert fault("a.json", b" " * (16 * 1024 * 1024 + 1)).code == "json_too_large"


def test_xml_with_a_document_type_is_refused_before_any_entity() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    assert fault("a.xml", bomb).code == "xml_has_doctype"


@pytest.mark.parametrize(
    ("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("WEBP", "a.webp")]
)
def test_an_image_of_too_many_pixels_is_refused_from_its_header(kind: str, name: str) -> None:
    content = make_image(kind, (300, 200))
    assert check(name, content, ContentLimits(pixels_max=60_000))
    refused = fault(name, content, ContentLimits(pixels_max=59_999))
    assert refused.code == "image_too_large"
    assert (refused.params["width"], refused.params["height"]) == (300, 200)


def test_a_png_bomb_is_refused_without_decoding() -> None:
    claimed = PNG[:16] + struct.pack(">II", 60_000, 60_000) + PNG[24:]
    assert fault("a.png", claimed).code == "image_too_large"


def test_a_docx_that_unfolds_to_200_megabytes_is_refused() -> None:
    members = members_of(DOCX)
    members["word/media/image9.bin"] = b"\0" * 200_000_000
    bomb = make_zip(members)
    assert len(bomb) < 300_000
    assert fault("a.docx", bomb).code == "archive_too_large"


def lying(content: bytes, real: int, told: int) -> bytes:
    """The archive with a declared size changed wherever it stands."""
    return content.replace(struct.pack("<I", real), struct.pack("<I", told))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = lying(make_zip({"a.txt": b"\0" * 50_000_000}), 50_000_000, 10)
    assert fault("a.zip", bomb).code == "file_damaged"


def test_every_byte_is_counted_while_unpacking() -> None:
    inner = make_zip({"a.txt": b"\0" * 900_000})
    outer = make_zip({"1.zip": inner, "2.zip": inner.replace(b"a.txt", b"b.txt")})
    room = ContentLimits(archive=ArchiveLimits(unpacked_bytes_max=1_900_000))
    tight = ContentLimits(archive=ArchiveLimits(unpacked_bytes_max=1_800_000))
    assert check("a.zip", outer, room) is FileType.ZIP
    assert fault("a.zip", outer, tight).code == "archive_too_large"


def test_containers_are_opened_one_deep() -> None:
    once = make_zip({"a.zip": make_zip({"a.txt": b"a"})})
    assert check("a.zip", once) is FileType.ZIP
    refused = fault("a.zip", make_zip({"b.zip": once}))
    assert (refused.code, refused.params["name"]) == ("archive_nested", "a.zip")


@pytest.mark.parametrize(
    "content",
    [b"7z\xbc\xaf\x27\x1cx", b"Rar!\x1a\x07\x01", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"],
)
def test_archives_that_we_cannot_look_into_are_refused_in_a_plain_zip(content: bytes) -> None:
    assert fault("a.zip", make_zip({"a": content})).code == "archive_nested"


def test_a_compressed_drawing_in_a_document_is_no_archive() -> None:
    members = members_of(DOCX) | {"word/media/image2.emz": b"\x1f\x8b\x08rest"}
    assert check("a.docx", make_zip(members)) is FileType.DOCX


def test_entries_are_counted() -> None:
    limits = ContentLimits(archive=ArchiveLimits(entries_max=3))
    assert check("a.zip", make_zip({str(n): b"" for n in range(3)}), limits)
    refused = fault("a.zip", make_zip({str(n): b"" for n in range(4)}), limits)
    assert refused.code == "archive_too_many_entries"


@pytest.mark.parametrize(
    "name", ["../a.txt", "a/../../b.txt", "/etc/passwd", "..", "C:a.txt", "a\\b.txt"]
)
def test_an_entry_that_would_leave_its_folder_is_refused(name: str) -> None:
    assert fault("a.zip", make_zip({name: b"a"})).code == "archive_entry_name"


def test_an_entry_with_a_nul_in_its_name_is_refused() -> None:
    content = make_zip({"a_b.txt": b"a"}).replace(b"a_b.txt", b"a\0b.txt")
    assert fault("a.zip", content).code == "archive_entry_name"


def flagged(change: Callable[[zipfile.ZipInfo], None], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.compress_type = method
        change(entry)
        archive.writestr(entry, b"target")
    return buffer.getvalue()


def test_a_link_is_refused() -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert fault("a.zip", flagged(link)).code == "archive_link"


def test_an_encrypted_entry_is_refused() -> None:
    plain = make_zip({"a.txt": b"a"})
    spot = plain.rindex(b"PK\x01\x02") + 8
    assert fault("a.zip", plain[:spot] + b"\x01" + plain[spot + 1 :]).code == "archive_encrypted"


def test_a_method_other_than_deflate_is_refused() -> None:
    content = make_zip({"a.txt": b"a" * 100}, zipfile.ZIP_LZMA)
    assert fault("a.zip", content).code == "archive_method"


def test_a_name_that_stands_twice_is_refused() -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.txt", b"one")
        archive.writestr("a.txt", b"two")
    assert fault("a.zip", buffer.getvalue()).code == "archive_entry_repeated"


def test_entries_that_lie_over_one_another_are_refused() -> None:
    content = bytearray(make_zip({"a.txt": b"a" * 50, "b.txt": b"b" * 50}, zipfile.ZIP_STORED))
    spots = [found.start() for found in re.finditer(b"PK\x01\x02", content)]
    # The second entry of the directory is made to point into the first one.
    content[spots[1] + 42 : spots[1] + 46] = struct.pack("<I", 10)
    assert fault("a.zip", bytes(content)).code == "archive_overlap"


def with_types(content: bytes, old: bytes, new: bytes) -> bytes:
    members = members_of(content)
    assert old in members[CONTENT_TYPES]
    return make_zip(members | {CONTENT_TYPES: members[CONTENT_TYPES].replace(old, new)})


MACRO_MAIN = b"application/vnd.ms-word.document.macroEnabled.main+xml"
DOCX_MAIN = MEDIA_TYPES[FileType.DOCX].encode() + b".main+xml"
MACRO_DOCUMENTS = [
    make_zip(members_of(DOCX) | {"word/vbaProject.bin": b"x"}),
    make_zip(members_of(DOCX) | {"word/activeX/activeX1.xml": b"x"}),
    with_types(DOCX, DOCX_MAIN, MACRO_MAIN),
    with_types(
        DOCX,
        b"</Types>",
        b'<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
    ),
]


@pytest.mark.parametrize("content", MACRO_DOCUMENTS)
def test_a_document_with_macros_is_refused_alone_and_inside_another(content: bytes) -> None:
    assert fault("a.docx", content).code == "file_has_macros"
    assert fault("a.zip", make_zip({"a.docx": content})).code == "file_has_macros"
    outer = make_zip(members_of(XLSX) | {"xl/embeddings/a.docx": content})
    assert fault("a.xlsx", outer).code == "file_has_macros"


def test_a_document_of_two_kinds_is_refused() -> None:
    both = members_of(XLSX) | members_of(DOCX)
    merged = members_of(DOCX)[CONTENT_TYPES].replace(
        b"</Types>",
        b'<Override PartName="/xl/workbook.xml" ContentType="'
        + MEDIA_TYPES[FileType.XLSX].encode()
        + b'.main+xml"/></Types>',
    )
    assert fault("a.docx", make_zip(both | {CONTENT_TYPES: merged})).code == "file_damaged"


def test_content_types_are_bounded_and_without_document_type() -> None:
    large = make_zip({CONTENT_TYPES: b"<Types>" + b" " * 1_100_000 + b"</Types>"})
    assert fault("a.docx", large).code == "archive_too_large"
    typed = make_zip({CONTENT_TYPES: b"<!DOCTYPE a><Types/>"})
    assert fault("a.docx", typed).code == "xml_has_doctype"
