"""The types of file that we know by content, and how a file is refused.

The list is short on purpose: a type is on it when its content can be told from every other one
and when office people hand it in as evidence. HTML and SVG are never on it, because a browser
runs what they hold.
"""

from enum import StrEnum
from pathlib import PurePosixPath

from engine.errors import Invalid


class FileType(StrEnum):
    """The short names that definitions use in `accept`."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"
    ZIP = "zip"
    CSV = "csv"
    TXT = "txt"
    JSON = "json"
    XML = "xml"


MEDIA_TYPES = {
    FileType.PDF: "application/pdf",
    FileType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileType.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    FileType.PNG: "image/png",
    FileType.JPG: "image/jpeg",
    FileType.WEBP: "image/webp",
    FileType.ZIP: "application/zip",
    FileType.CSV: "text/csv",
    FileType.TXT: "text/plain",
    FileType.JSON: "application/json",
    FileType.XML: "application/xml",
}

TEXT_TYPES = frozenset({FileType.CSV, FileType.TXT, FileType.JSON, FileType.XML})
IMAGE_TYPES = frozenset({FileType.PNG, FileType.JPG, FileType.WEBP})
OFFICE_TYPES = frozenset({FileType.DOCX, FileType.XLSX, FileType.PPTX})
ARCHIVE_TYPES = OFFICE_TYPES | {FileType.ZIP}

_EXTENSIONS = {known.value: known for known in FileType} | {"jpeg": FileType.JPG}


class TypeNotAccepted(Invalid):
    """The type of the file is not one that is wanted here, by its name or by its content."""


class UnsafeContent(Invalid):
    """The type is right, but the content is damaged or could harm whoever opens it."""


def type_by_name(filename: str) -> FileType:
    """The type that the extension claims.

    Raises:
        TypeNotAccepted: `extension_unknown`.
    """
    extension = PurePosixPath(filename).suffix.removeprefix(".").lower()
    try:
        return _EXTENSIONS[extension]
    except KeyError as error:
        raise TypeNotAccepted("extension_unknown", extension=extension) from error
