"""Is a file what its name says, is that wanted here, and is it safe to keep?

1. The extension claims a type, the content shows one, and both must be the same and accepted.
2. Nothing is believed that a header says about sizes; what could grow is counted while it grows.
3. HTML and SVG are never accepted, nor documents with macros: they are programs.
4. A file is one type only. A PDF or an image that ends as an archive is refused.
5. `puremagic` must agree with our own reading of a binary type, and names what a stranger looks
   like; it decides nothing on its own, since it takes a text that begins "BM" for a bitmap.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO

import puremagic

from engine.evidence.archive import (
    ZIP_SIGNATURE,
    ArchiveLimits,
    check_archive,
    ends_as_archive,
)
from engine.evidence.file_type import (
    ARCHIVE_TYPES,
    IMAGE_TYPES,
    MEDIA_TYPES,
    TEXT_TYPES,
    FileType,
    TypeNotAccepted,
    UnsafeContent,
    type_by_name,
)
from engine.evidence.image import check_image
from engine.evidence.text import check_text

_HEAD_BYTES = 4096
_PDF_TAIL_BYTES = 1024
_PDF_END = b"%%EOF"
_AGREEING = {
    FileType.PDF: frozenset({".pdf"}),
    FileType.PNG: frozenset({".png"}),
    FileType.JPG: frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    FileType.WEBP: frozenset({".webp"}),
    FileType.ZIP: frozenset({".zip", ".docx", ".xlsx", ".pptx"}),
}
# What people most often rename, under the names they know; `puremagic` has several for each.
_STRANGERS = {
    b"MZ": "exe",
    b"\x7fELF": "elf",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "doc",
    b"GIF8": "gif",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLimits:
    """How large a content may become in whatever opens it.

    Attributes:
        pixels_max: width times height of an image.
        archive: limits of zip containers, office documents included.
    """

    pixels_max: int = 100_000_000
    archive: ArchiveLimits = field(default_factory=ArchiveLimits)


@dataclass(frozen=True, slots=True)
class CheckedContent:
    """What a file was found to be.

    Attributes:
        type: the short name, as definitions use it.
        media_type: the type for HTTP.
    """

    type: FileType
    media_type: str


def check_content(
    stream: BinaryIO,
    *,
    filename: str,
    accepted: Collection[FileType],
    limits: ContentLimits | None = None,
) -> CheckedContent:
    """Checks a seekable stream from its beginning; where it stands afterwards is not promised.

    Raises:
        TypeNotAccepted: `extension_unknown`, `type_not_accepted`, `content_differs_from_name`
            or `file_two_types`.
        UnsafeContent: `file_empty`, `file_damaged`, `file_has_macros`, or a code that begins
            `archive_`, `image_`, `text_`, `json_` or `xml_`.
    """
    claimed = type_by_name(filename)
    if claimed not in accepted:
        raise TypeNotAccepted("type_not_accepted", type=claimed.value, accepted=sorted(accepted))
    found = _type_by_content(stream, claimed, limits or ContentLimits())
    if found is not claimed:
        raise _differs(claimed, found.value)
    return CheckedContent(found, MEDIA_TYPES[found])


def _type_by_content(stream: BinaryIO, claimed: FileType, limits: ContentLimits) -> FileType:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    if not head:
        raise UnsafeContent("file_empty")
    signed = _type_by_signature(head)
    if signed is None:
        if claimed not in TEXT_TYPES:
            raise _differs(claimed, _guess(head))
        check_text(stream, claimed)
        return claimed
    if signed is not _signed_as(claimed) or not _puremagic_agrees(head, signed):
        raise _differs(claimed, signed.value)
    return _check_binary(stream, signed, limits)


def _check_binary(stream: BinaryIO, kind: FileType, limits: ContentLimits) -> FileType:
    if kind is FileType.ZIP:
        return check_archive(stream, limits.archive)
    if ends_as_archive(stream):
        raise TypeNotAccepted("file_two_types", type=kind.value)
    if kind in IMAGE_TYPES:
        check_image(stream, kind, pixels_max=limits.pixels_max)
    else:
        _check_pdf(stream)
    return kind


def _check_pdf(stream: BinaryIO) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _PDF_TAIL_BYTES))
    _, mark, rest = stream.read().rpartition(_PDF_END)
    # Scanners pad with zeros; anything else behind the end was put there by somebody.
    if not mark or rest.strip(b"\0 \t\r\n\f"):
        raise UnsafeContent("file_damaged", type=FileType.PDF.value)


def _type_by_signature(head: bytes) -> FileType | None:
    if head.startswith(b"%PDF-"):
        return FileType.PDF
    if head.startswith(ZIP_SIGNATURE):
        return FileType.ZIP
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return FileType.JPG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return FileType.WEBP
    return None


def _signed_as(claimed: FileType) -> FileType:
    return FileType.ZIP if claimed in ARCHIVE_TYPES else claimed


def _puremagic_agrees(head: bytes, kind: FileType) -> bool:
    return bool(_AGREEING[kind] & set(_guesses(head)))


def _guess(head: bytes) -> str:
    for signature, name in _STRANGERS.items():
        if head.startswith(signature):
            return name
    guesses = _guesses(head)
    return guesses[0].removeprefix(".") if guesses else "unknown"


def _guesses(head: bytes) -> list[str]:
    try:
        return [match.extension for match in puremagic.magic_string(head) if match.extension]
    except puremagic.PureError:
        return []


def _differs(claimed: FileType, found: str) -> TypeNotAccepted:
    return TypeNotAccepted("content_differs_from_name", expected=claimed.value, found=found)
