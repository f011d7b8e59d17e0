"""What is inside a zip container, found out without trusting what it says about itself.

1. The container begins at the first byte and ends at the last one: no prefix, no comment, nothing
   behind it. A file that is two types at once means different things to different programs.
2. Entries are counted, their names are plain relative paths, no two alike, none is encrypted or
   a link, none lies over another, and only stored and deflated ones are read.
3. The declared sizes are summed first; then every entry is unpacked in pieces and counted, so
   that neither an honest nor a lying bomb gets past its limit. Nothing is written anywhere.
4. A container inside a container is opened once and counted into the same limits; deeper ones,
   and archives that we cannot look into, are refused in a plain zip.
5. A document of the Office Open XML family is known by its content types, not by file names.
6. Macros and active controls are refused, in an inner document too.
"""

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from xml.parsers import expat

from engine.evidence.file_type import FileType, TypeNotAccepted, UnsafeContent

ZIP_SIGNATURE = b"PK\x03\x04"

_END_SIGNATURE = b"PK\x05\x06"
_END_BYTES = 22
_LOCAL_HEADER_BYTES = 30
_COMMENT_BYTES_MAX = 65_535
_PIECE_BYTES = 256 * 1024
_SPOOL_BYTES = 8 * 1024 * 1024
_CONTENT_TYPES = "[Content_Types].xml"
_CONTENT_TYPES_BYTES_MAX = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DRIVE = re.compile(r"[A-Za-z]:")
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_MAIN_PARTS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": (
        FileType.DOCX
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": FileType.XLSX,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": (
        FileType.PPTX
    ),
}
_ACTIVE = re.compile(r"macroenabled|vbaproject|activex|macrosheet", re.IGNORECASE)
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """How much may be inside.

    Attributes:
        entries_max: files and folders, inner containers included.
        unpacked_bytes_max: all entries unpacked, inner containers included.
        ratio_max: unpacked to packed bytes of the whole container.
        ratio_free_bytes: below this many unpacked bytes the ratio does not matter.
        depth_max: containers inside containers.
    """

    entries_max: int = 5_000
    unpacked_bytes_max: int = 256 * 1024 * 1024
    ratio_max: int = 100
    ratio_free_bytes: int = 16 * 1024 * 1024
    depth_max: int = 1


def check_archive(stream: BinaryIO, limits: ArchiveLimits) -> FileType:
    """Looks through a zip container and says what kind of file it is.

    Returns:
        A type of the Office Open XML family, or a plain zip.

    Raises:
        TypeNotAccepted: `file_two_types`.
        UnsafeContent: `file_damaged`, `file_has_macros`, or a code that begins `archive_`.
    """
    size = stream.seek(0, 2)
    budget = _Budget(limits, unpacked_bytes_max=_allowed(size, limits))
    return _check_container(stream, budget, depth=0)


def ends_as_archive(stream: BinaryIO) -> bool:
    """Whether a zip program would find a container at the end of this file."""
    size = stream.seek(0, 2)
    start = max(0, size - _END_BYTES - _COMMENT_BYTES_MAX)
    stream.seek(start)
    tail = stream.read()
    position = tail.rfind(_END_SIGNATURE)
    while position >= 0:
        end = tail[position : position + _END_BYTES]
        comment_bytes = int.from_bytes(end[20:22], "little")
        if len(end) == _END_BYTES and position + _END_BYTES + comment_bytes >= len(tail):
            return True
        position = tail.rfind(_END_SIGNATURE, 0, position)
    return False


class _Budget:
    """What may still be unpacked; one for a container and all that is in it."""

    def __init__(self, limits: ArchiveLimits, *, unpacked_bytes_max: int) -> None:
        self.limits = limits
        self._unpacked_bytes_max = unpacked_bytes_max
        self._entries = 0
        self._unpacked = 0

    def count_entries(self, number: int) -> None:
        self._entries += number
        if self._entries > self.limits.entries_max:
            raise UnsafeContent("archive_too_many_entries", entries_max=self.limits.entries_max)

    def check_declared(self, number: int) -> None:
        if self._unpacked + number > self._unpacked_bytes_max:
            raise UnsafeContent("archive_too_large", max_bytes=self._unpacked_bytes_max)

    def count_bytes(self, number: int) -> None:
        self._unpacked += number
        self.check_declared(0)


def _allowed(packed_bytes: int, limits: ArchiveLimits) -> int:
    by_ratio = max(packed_bytes * limits.ratio_max, limits.ratio_free_bytes)
    return min(by_ratio, limits.unpacked_bytes_max)


def _check_container(stream: BinaryIO, budget: _Budget, *, depth: int) -> FileType:
    _check_end(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _check_entries(entries, budget)
            kind = _kind_of(archive)
            for entry in entries:
                _check_entry(archive, entry, kind=kind, budget=budget, depth=depth)
    except _READ_ERRORS as error:
        raise UnsafeContent("file_damaged", type=FileType.ZIP.value) from error
    return kind


def _check_end(stream: BinaryIO) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES))
    end = stream.read()
    if not end.startswith(_END_SIGNATURE) or end[20:] != b"\0\0":
        if ends_as_archive(stream):
            raise TypeNotAccepted("file_two_types", type=FileType.ZIP.value)
        raise UnsafeContent("file_damaged", type=FileType.ZIP.value)


def _check_entries(entries: Sequence[zipfile.ZipInfo], budget: _Budget) -> None:
    budget.count_entries(len(entries))
    budget.check_declared(sum(entry.file_size for entry in entries))
    if len({entry.filename for entry in entries}) != len(entries):
        raise UnsafeContent("archive_entry_repeated")
    for entry in entries:
        _check_declaration(entry)
    _check_places(entries)


def _check_declaration(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    # The original name still has what `zipfile` cuts off or turns round.
    strange = "\\" in entry.orig_filename or "\0" in entry.orig_filename
    if strange or path.is_absolute() or ".." in path.parts or _DRIVE.match(entry.filename):
        raise UnsafeContent("archive_entry_name", name=entry.filename)
    if entry.flag_bits & _ENCRYPTED:
        raise UnsafeContent("archive_encrypted", name=entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeContent("archive_link", name=entry.filename)
    if entry.compress_type not in _METHODS:
        raise UnsafeContent("archive_method", name=entry.filename)


def _check_places(entries: Sequence[zipfile.ZipInfo]) -> None:
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    if placed and placed[0].header_offset != 0:
        raise TypeNotAccepted("file_two_types", type=FileType.ZIP.value)
    for entry, following in pairwise(placed):
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size
        if end > following.header_offset:
            raise UnsafeContent("archive_overlap", name=following.filename)


def _kind_of(archive: zipfile.ZipFile) -> FileType:
    names = {entry.filename for entry in archive.infolist()}
    if _CONTENT_TYPES not in names:
        return FileType.ZIP
    if any(_ACTIVE.search(name) for name in names):
        raise UnsafeContent("file_has_macros")
    parts = content_types(archive)
    if any(_ACTIVE.search(content_type) for content_type in parts.values()):
        raise UnsafeContent("file_has_macros")
    kinds = {
        _MAIN_PARTS[content_type]
        for part, content_type in parts.items()
        if content_type in _MAIN_PARTS and part in names
    }
    if len(kinds) != 1:
        raise UnsafeContent("file_damaged", type=FileType.ZIP.value)
    return kinds.pop()


def content_types(archive: zipfile.ZipFile) -> dict[str, str]:
    """Content types by part name; defaults stand under their extension with a dot.

    Raises:
        UnsafeContent: `archive_too_large`, `file_damaged` or `xml_has_doctype`.
    """
    parts: dict[str, str] = {}

    def note(name: str, attributes: dict[str, str]) -> None:
        del name
        part = attributes.get("PartName") or "." + attributes.get("Extension", "")
        parts[part.removeprefix("/")] = attributes.get("ContentType", "")

    with archive.open(_CONTENT_TYPES) as member:
        content = member.read(_CONTENT_TYPES_BYTES_MAX + 1)
    if len(content) > _CONTENT_TYPES_BYTES_MAX:
        raise UnsafeContent("archive_too_large", max_bytes=_CONTENT_TYPES_BYTES_MAX)
    parser = expat.ParserCreate(None, " ")
    parser.StartElementHandler = note
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        raise UnsafeContent("file_damaged", type=FileType.ZIP.value) from error
    return parts


def _refuse_doctype(*_declaration: object) -> None:
    raise UnsafeContent("xml_has_doctype")


def _check_entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    *,
    kind: FileType,
    budget: _Budget,
    depth: int,
) -> None:
    with archive.open(entry) as member:
        piece = member.read(_PIECE_BYTES)
        inner = piece.startswith(ZIP_SIGNATURE)
        if inner and depth >= budget.limits.depth_max:
            raise UnsafeContent("archive_nested", name=entry.filename)
        if kind is FileType.ZIP and piece.startswith(_OTHER_ARCHIVES):
            raise UnsafeContent("archive_nested", name=entry.filename)
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as unpacked:
            keep: Callable[[bytes], object] = unpacked.write if inner else len
            while piece:
                budget.count_bytes(len(piece))
                keep(piece)
                piece = member.read(_PIECE_BYTES)
            if inner:
                _check_container(cast("BinaryIO", unpacked), budget, depth=depth + 1)
