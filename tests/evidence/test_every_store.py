"""What every store promises, in a folder and in a bucket.

Numbers in names are the rules of `engine/evidence/store.py`.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.evidence.digest import CHUNK_BYTES, FileTooLarge, StoredBlob
from engine.evidence.disk import DiskStore
from engine.evidence.store import (
    AddressInvalid,
    BlobCorrupt,
    BlobNotFound,
    EvidenceStore,
    check_blob,
    key_of,
    read_verified,
    verified_pieces,
)
from tests.s3_server import Bucket

ORG = "0198c0de-0000-7000-8000-000000000001"
CONTENT = "Biên bản đánh giá".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ABSENT = "0" * 64
LARGE = bytes(range(256)) * 12_289
"""Three chunks and a little more."""


@dataclass(slots=True)
class Place:
    """A store, and a way to lay bytes behind its back."""

    store: EvidenceStore
    lay: Callable[[str, bytes], None]


def folder_place(root: Path) -> Place:
    def lay(key: str, content: bytes) -> None:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    return Place(DiskStore(root), lay)


def bucket_place(bucket: Bucket) -> Place:
    return Place(bucket.store, bucket.lay)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return folder_place(tmp_path / "evidence")
    return bucket_place(request.getfixturevalue("bucket"))


def put(store: EvidenceStore, content: bytes = CONTENT, organization_id: str = ORG) -> StoredBlob:
    return store.put(organization_id, io.BytesIO(content), max_bytes=10_000_000)


def test_what_was_put_is_read_back(place: Place) -> None:
    assert put(place.store) == StoredBlob(SHA256, len(CONTENT))
    assert place.store.exists(ORG, SHA256)
    assert place.store.size(ORG, SHA256) == len(CONTENT)
    assert read_verified(place.store, ORG, SHA256, max_bytes=100) == CONTENT
    assert check_blob(place.store, ORG, SHA256) == StoredBlob(SHA256, len(CONTENT))


def test_a_stream_is_read_anywhere(place: Place) -> None:
    sha256 = put(place.store, LARGE).sha256
    with place.store.open(ORG, sha256) as stream:
        assert stream.seekable()
        assert stream.read(3) == LARGE[:3]
        assert stream.seek(2_000_000) == 2_000_000
        assert stream.read(1_000_000) == LARGE[2_000_000:3_000_000]
        assert stream.tell() == 3_000_000
        assert stream.seek(-4, io.SEEK_END) == len(LARGE) - 4
        assert stream.read() == LARGE[-4:]
        assert stream.read(1) == b""
        assert stream.seek(len(LARGE) + 10) == len(LARGE) + 10
        assert stream.read(1) == b""
        with pytest.raises((ValueError, OSError)):
            stream.seek(-1)
    assert stream.closed


@pytest.mark.parametrize("content", [b"", b"a", LARGE])
def test_a_content_of_any_size_is_a_content(place: Place, content: bytes) -> None:
    blob = put(place.store, content)
    assert read_verified(place.store, ORG, blob.sha256, max_bytes=len(content)) == content


def test_3_putting_twice_keeps_one(place: Place) -> None:
    first = put(place.store), list(place.store.list(ORG))
    again = put(place.store), list(place.store.list(ORG))
    assert again[0] == first[0]
    assert [blob.sha256 for blob in again[1]] == [SHA256]
    assert again[1][0].stored_at >= first[1][0].stored_at


@pytest.mark.parametrize("wrong", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[::-1]])
def test_2_a_key_with_other_bytes_is_never_taken_for_stored(place: Place, wrong: bytes) -> None:
    put(place.store)
    place.lay(key_of(ORG, SHA256), wrong)
    attempts: list[Callable[[], object]] = [
        lambda: put(place.store),
        lambda: read_verified(place.store, ORG, SHA256, max_bytes=1000),
        lambda: check_blob(place.store, ORG, SHA256),
    ]
    for attempt in attempts:
        with pytest.raises(BlobCorrupt) as refused:
            attempt()
        assert refused.value.params == {"sha256": SHA256}
    # What somebody laid there stays as it was found: it is a trace.
    with place.store.open(ORG, SHA256) as stream:
        assert stream.read() == wrong


@pytest.mark.parametrize("content", [b"", CONTENT, LARGE, LARGE[: 2 * CHUNK_BYTES]])
def test_5_a_content_is_given_out_whole_only_when_it_is_right(place: Place, content: bytes) -> None:
    sha256 = put(place.store, content).sha256
    with place.store.open(ORG, sha256) as stream:
        assert b"".join(verified_pieces(stream, sha256)) == content
    place.lay(key_of(ORG, sha256), content[:-1] + b"?")
    given: list[bytes] = []
    with place.store.open(ORG, sha256) as stream, pytest.raises(BlobCorrupt):
        given.extend(verified_pieces(stream, sha256))
    assert sum(map(len, given)) <= max(0, len(content) - 1)


def test_a_content_above_the_limit_leaves_nothing(place: Place) -> None:
    with pytest.raises(FileTooLarge):
        place.store.put(ORG, io.BytesIO(CONTENT), max_bytes=len(CONTENT) - 1)
    assert list(place.store.list(ORG)) == []


def test_a_reader_may_bound_what_it_takes(place: Place) -> None:
    put(place.store)
    with pytest.raises(FileTooLarge):
        read_verified(place.store, ORG, SHA256, max_bytes=len(CONTENT) - 1)


def test_1_organisations_share_nothing(place: Place) -> None:
    put(place.store)
    assert not place.store.exists("other", SHA256)
    assert list(place.store.list("other")) == []
    put(place.store, organization_id="other")
    place.store.delete("other", SHA256)
    assert place.store.exists(ORG, SHA256)


def test_1_the_name_of_one_may_begin_that_of_another(place: Place) -> None:
    put(place.store, organization_id="office-2")
    assert list(place.store.list("office")) == []
    assert not place.store.exists("office", SHA256)


def test_what_is_not_there_is_not_found(place: Place) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: place.store.open(ORG, ABSENT),
        lambda: place.store.size(ORG, ABSENT),
        lambda: place.store.delete(ORG, ABSENT),
        lambda: read_verified(place.store, ORG, ABSENT, max_bytes=1),
        lambda: check_blob(place.store, ORG, ABSENT),
    ]
    for attempt in attempts:
        with pytest.raises(BlobNotFound):
            attempt()
    assert not place.store.exists(ORG, ABSENT)


def test_4_a_disposed_content_is_gone(place: Place) -> None:
    put(place.store)
    place.store.delete(ORG, SHA256)
    assert not place.store.exists(ORG, SHA256)
    assert list(place.store.list(ORG)) == []
    assert put(place.store).sha256 == SHA256


def test_a_listing_shows_contents_alone(place: Place) -> None:
    other = put(place.store, b"other")
    put(place.store)
    strange = ("README", "ab/README", f"00/{SHA256}", f"{SHA256[:2]}/{SHA256}.bak", f"x/{SHA256}")
    for key in strange:
        place.lay(f"{ORG}/sha256/{key}", b"not ours")
    place.lay(f"{ORG}/{SHA256}", b"not ours")
    listed = list(place.store.list(ORG))
    assert {(blob.sha256, blob.size) for blob in listed} == {
        (SHA256, len(CONTENT)),
        (other.sha256, 5),
    }
    assert len(listed) == 2
    assert all(blob.stored_at.utcoffset() == UTC.utcoffset(None) for blob in listed)


@pytest.mark.parametrize(
    "organization_id",
    ["", "..", ".", "a/b", "../a", "/etc", "A", "a.b", "a\0", "a\n", "a" * 65, "đơn-vị"],
)
def test_1_an_organisation_cannot_name_another_place(place: Place, organization_id: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: put(place.store, organization_id=organization_id),
        lambda: place.store.open(organization_id, SHA256),
        lambda: place.store.exists(organization_id, SHA256),
        lambda: place.store.size(organization_id, SHA256),
        lambda: place.store.delete(organization_id, SHA256),
        lambda: list(place.store.list(organization_id)),
    ]
    for attempt in attempts:
        with pytest.raises(AddressInvalid) as refused:
            attempt()
        assert refused.value.code == "organization_id_invalid"


def test_1_a_digest_cannot_name_another_place(place: Place) -> None:
    for sha256 in ("", "..", "../../../etc/passwd", SHA256.upper(), SHA256 + "\n"):
        with pytest.raises(AddressInvalid) as refused:
            place.store.open(ORG, sha256)
        assert refused.value.code == "sha256_invalid"


def test_6_a_sound_storage_proves_itself_and_shows_nothing_of_it(place: Place) -> None:
    place.store.prove()
    place.store.prove()
    assert list(place.store.list(ORG)) == []


class Endless(io.RawIOBase):
    """A sender who never stops, and lies about nothing."""

    sent = 0

    def read(self, size: int = -1) -> bytes:
        self.sent += size
        return b"x" * size


def test_a_sender_without_end_is_stopped(place: Place) -> None:
    endless = Endless()
    with pytest.raises(FileTooLarge):
        place.store.put(ORG, endless, max_bytes=1000)  # type: ignore[arg-type]
    assert endless.sent == 1001


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "look"]),
        st.sampled_from(["office", "office-2"]),
        st.sampled_from([b"", b"a", b"b" * 100, "Đã ký".encode() * 50]),
    ),
    min_size=2,
    max_size=8,
)


def stand_alike(place: Place, operations: list[tuple[str, str, bytes]]) -> None:
    """A store behaves as a set of (organisation, bytes) would."""
    kept: set[tuple[str, bytes]] = set()
    for organization in ("office", "office-2"):
        for blob in place.store.list(organization):
            place.store.delete(organization, blob.sha256)
    for operation, organization, content in operations:
        sha256 = hashlib.sha256(content).hexdigest()
        if operation == "put":
            put(place.store, content, organization)
            kept.add((organization, content))
        elif operation == "delete" and (organization, content) in kept:
            place.store.delete(organization, sha256)
            kept.remove((organization, content))
        assert place.store.exists(organization, sha256) is ((organization, content) in kept)
    for organization in ("office", "office-2"):
        there = {content for name, content in kept if name == organization}
        listed = {blob.sha256: blob.size for blob in place.store.list(organization)}
        assert listed == {hashlib.sha256(one).hexdigest(): len(one) for one in there}
        for one in there:
            sha256 = hashlib.sha256(one).hexdigest()
            assert read_verified(place.store, organization, sha256, max_bytes=1000) == one


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(OPERATIONS)
def test_every_store_is_a_set_of_contents(
    place: Place, operations: list[tuple[str, str, bytes]]
) -> None:
    stand_alike(place, operations)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.binary(max_size=500), st.data())
def test_5_any_flipped_byte_is_found_on_reading(
    place: Place, content: bytes, data: st.DataObject
) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    spoiled = bytearray(content)
    if content:
        spot = data.draw(st.integers(0, len(content) - 1))
        spoiled[spot] ^= data.draw(st.integers(1, 255))
    else:
        spoiled += b"\0"
    place.lay(key_of(ORG, sha256), bytes(spoiled))
    with pytest.raises(BlobCorrupt):
        read_verified(place.store, ORG, sha256, max_bytes=10_000)
    with pytest.raises(BlobCorrupt):
        put(place.store, content)
