"""The SHA-256 and the size of a stream, read once and never past its limit.

The limit holds while reading, not afterwards: a sender who lies about the length, or sends
without one, is stopped at the first byte too many.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.errors import Invalid

CHUNK_BYTES = 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FileTooLarge(Invalid):
    """More bytes came than the requirement or the installation allows."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__("evidence_too_large", max_bytes=max_bytes)


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What identifies a content: its address and, as a second witness, its length.

    Attributes:
        sha256: digest in lower-case hexadecimal.
        size: number of bytes.
    """

    sha256: str
    size: int


def digest_stream(
    stream: BinaryIO, *, max_bytes: int, write: Callable[[bytes], object] | None = None
) -> StoredBlob:
    """Reads a stream to its end and says what it was; `write` gets each piece on the way.

    Raises:
        FileTooLarge: at the first byte beyond `max_bytes`; what was written must be thrown away.
    """
    digest, size = hashlib.sha256(), 0
    for chunk in bounded_chunks(stream, max_bytes=max_bytes):
        digest.update(chunk)
        size += len(chunk)
        if write is not None:
            write(chunk)
    return StoredBlob(digest.hexdigest(), size)


def bounded_chunks(stream: BinaryIO, *, max_bytes: int) -> Iterator[bytes]:
    """The bytes of a stream in pieces, together at most `max_bytes`.

    Raises:
        FileTooLarge: at the first byte beyond `max_bytes`; the pieces before it were given out,
            so whoever writes them must throw them away.
    """
    left = max_bytes
    # One byte more than allowed is asked for, because only its arrival proves the excess.
    while chunk := stream.read(min(CHUNK_BYTES, left + 1)):
        if len(chunk) > left:
            raise FileTooLarge(max_bytes)
        left -= len(chunk)
        yield chunk


def is_sha256(text: str) -> bool:
    """Whether the text is a digest in the one form that we write."""
    return _SHA256.fullmatch(text) is not None
