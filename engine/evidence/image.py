"""How many pixels an image claims, from its header alone: nothing is decoded.

A picture of a few kilobytes may unfold to gigabytes in whatever shows it; the claim is read
before any program that would believe it.
"""

from typing import BinaryIO

from engine.evidence.file_type import FileType, UnsafeContent

_SEGMENTS_MAX = 4096
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xD8)) | {0x01}
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def check_image(stream: BinaryIO, kind: FileType, *, pixels_max: int) -> None:
    """Refuses an image that is cut off, carries something after its end, or is too large.

    JPEG alone may have bytes after its end: cameras and telephones put them there.

    Raises:
        UnsafeContent: `file_damaged` or `image_too_large`.
    """
    width, height = _READERS[kind](stream)
    if width < 1 or height < 1:
        raise _damaged(kind)
    if width * height > pixels_max:
        raise UnsafeContent("image_too_large", width=width, height=height, pixels_max=pixels_max)


def _png_size(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(0)
    head = stream.read(24)
    stream.seek(-min(len(_PNG_END), stream.seek(0, 2)), 2)
    if head[8:16] != b"\0\0\0\rIHDR" or len(head) < 24 or stream.read() != _PNG_END:
        raise _damaged(FileType.PNG)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _jpg_size(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(2)
    for _ in range(_SEGMENTS_MAX):
        marker = _next_marker(stream)
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(stream.read(2), "big")
        if marker in _START_OF_FRAME and length >= 8:
            frame = stream.read(5)
            return int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")
        if length < 2 or marker in {0xD9, 0xDA}:
            break
        stream.seek(length - 2, 1)
    raise _damaged(FileType.JPG)


def _next_marker(stream: BinaryIO) -> int:
    if stream.read(1) != b"\xff":
        raise _damaged(FileType.JPG)
    marker = b"\xff"
    while marker == b"\xff":
        # Any number of fill bytes may stand before a marker.
        marker = stream.read(1)
    if not marker:
        raise _damaged(FileType.JPG)
    return marker[0]


def _webp_size(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(0)
    head = stream.read(30)
    declared = int.from_bytes(head[4:8], "little") + 8
    if len(head) < 30 or stream.seek(0, 2) != declared + declared % 2:
        raise _damaged(FileType.WEBP)
    match head[12:16]:
        case b"VP8X":
            return _little(head[24:27]) + 1, _little(head[27:30]) + 1
        case b"VP8L":
            bits = _little(head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF
        case _:
            raise _damaged(FileType.WEBP)


def _little(content: bytes) -> int:
    return int.from_bytes(content, "little")


def _damaged(kind: FileType) -> UnsafeContent:
    return UnsafeContent("file_damaged", type=kind.value)


_READERS = {
    FileType.PNG: _png_size,
    FileType.JPG: _jpg_size,
    FileType.WEBP: _webp_size,
}
