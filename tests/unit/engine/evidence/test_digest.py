import hashlib
import io

import pytest

from engine.evidence.digest import (
    CHUNK_BYTES,
    FileTooLarge,
    StoredBlob,
    bounded_chunks,
    digest_stream,
    is_sha256,
)


class Dribble(io.BytesIO):
    """A stream that gives less than it is asked for, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 7) if size != -1 else -1)


class Endless(io.RawIOBase):
    """A sender who never stops, and counts how much was taken from him."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return b"x" * size


@pytest.mark.parametrize("size", [0, 1, 100, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_stream_is_known_by_its_digest_and_size(size: int) -> None:
    content = b"\xff" * size
    expected = StoredBlob(hashlib.sha256(content).hexdigest(), size)
    assert digest_stream(io.BytesIO(content), max_bytes=size) == expected


def test_a_slow_sender_changes_nothing() -> None:
    content = bytes(range(256)) * 4
    assert digest_stream(Dribble(content), max_bytes=2000) == digest_stream(
        io.BytesIO(content), max_bytes=2000
    )


@pytest.mark.parametrize("stream", [io.BytesIO(b"x" * 101), Dribble(b"x" * 101)])
def test_one_byte_too_many_is_refused(stream: io.BytesIO) -> None:
    with pytest.raises(FileTooLarge) as refused:
        digest_stream(stream, max_bytes=100)
    assert refused.value.code == "evidence_too_large"
    assert refused.value.params == {"max_bytes": 100}


def test_an_endless_sender_is_stopped_one_byte_beyond_the_limit() -> None:
    sender = Endless()
    with pytest.raises(FileTooLarge):
        for _ in bounded_chunks(sender, max_bytes=5 * CHUNK_BYTES):  # type: ignore[arg-type]
            pass
    assert sender.given <= 6 * CHUNK_BYTES + 1


@pytest.mark.parametrize(
    ("text", "right"),
    [("a" * 64, True), ("A" * 64, False), ("a" * 63, False), ("../" + "a" * 61, False)],
)
def test_a_digest_has_one_form(text: str, *, right: bool) -> None:
    assert is_sha256(text) is right
