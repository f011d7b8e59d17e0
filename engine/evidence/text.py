"""Text that is text: UTF-8 to the last byte, and no markup that a browser would run.

1. Valid UTF-8, with or without a byte order mark, and no U+0000.
2. Plain text and CSV do not begin as HTML, SVG, XML, a script or another format in disguise.
3. JSON parses. XML is well-formed, declares no document type (and so no entities), and holds no
   element of HTML or SVG.
"""

import codecs
import json
import re
from typing import BinaryIO, NoReturn
from xml.parsers import expat

from engine.evidence.digest import CHUNK_BYTES
from engine.evidence.file_type import FileType, TypeNotAccepted, UnsafeContent

PIECE_BYTES = 16 * 1024
"""As much text as the nearest memory holds: larger pieces take twice as long."""
JSON_BYTES_MAX = 16 * 1024 * 1024
SNIFF_CHARACTERS = 1024

_DISGUISE = re.compile(
    r"<(?:!doctype|!--|html|head|body|script|svg|iframe|\?xml|\?php)|#!|%!ps|\{\\rtf|%pdf-",
    re.IGNORECASE,
)
_BROWSER_NAMESPACES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
_BROWSER_ROOTS = frozenset({"html", "svg", "script"})


def check_text(stream: BinaryIO, kind: FileType) -> None:
    """Refuses what is not text of this type by the rules above.

    Raises:
        TypeNotAccepted: `content_differs_from_name`.
        UnsafeContent: `text_not_utf8`, `text_has_nul`, `file_damaged`, `json_too_large` or
            `xml_has_doctype`.
    """
    beginning = _check_encoding(stream)
    match kind:
        case FileType.JSON:
            _check_json(stream)
        case FileType.XML:
            check_xml(stream)
        case _:
            if _DISGUISE.match(beginning.lstrip()):
                raise _differs(kind)


def check_xml(stream: BinaryIO) -> None:
    """Refuses XML that is not well-formed, declares a document type, or is HTML or SVG.

    Raises:
        TypeNotAccepted: `content_differs_from_name`.
        UnsafeContent: `file_damaged` or `xml_has_doctype`.
    """
    # The encoding is fixed: what the declaration says was disproved by reading UTF-8.
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = _ElementCheck()
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by position
        parser.Parse(b"", True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        raise UnsafeContent("file_damaged", type=FileType.XML.value) from error


class _ElementCheck:
    """Looks at the namespace of every element and at the name of the first."""

    def __init__(self) -> None:
        self._at_root = True

    def __call__(self, name: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace in _BROWSER_NAMESPACES or (self._at_root and local in _BROWSER_ROOTS):
            raise _differs(FileType.XML)
        self._at_root = False


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise UnsafeContent("xml_has_doctype")


def _check_encoding(stream: BinaryIO) -> str:
    """Reads the whole stream as UTF-8 and gives back its beginning."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    beginning = ""
    stream.seek(0)
    try:
        while chunk := stream.read(PIECE_BYTES):
            # A byte of zero is U+0000 in UTF-8 and nothing else; bytes are looked through faster.
            if b"\0" in chunk:
                decoder.decode(chunk)
                raise UnsafeContent("text_has_nul")
            text = decoder.decode(chunk)
            if len(beginning) < SNIFF_CHARACTERS:
                beginning = (beginning + text).lstrip()[:SNIFF_CHARACTERS]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise UnsafeContent("text_not_utf8") from error
    return beginning


def _check_json(stream: BinaryIO) -> None:
    stream.seek(0)
    content = stream.read(JSON_BYTES_MAX + 1)
    if len(content) > JSON_BYTES_MAX:
        raise UnsafeContent("json_too_large", max_bytes=JSON_BYTES_MAX)
    try:
        json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnsafeContent("file_damaged", type=FileType.JSON.value) from error


def _differs(kind: FileType) -> TypeNotAccepted:
    return TypeNotAccepted("content_differs_from_name", expected=kind.value, found="markup")
