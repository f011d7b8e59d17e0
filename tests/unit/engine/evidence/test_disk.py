"""The folder store; numbers in names are the rules of `engine/evidence/disk.py`."""

import hashlib
import io
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.evidence.digest import FileTooLarge, StoredBlob
from engine.evidence.disk import DiskStore, OperatingSystem
from engine.evidence.store import (
    AddressInvalid,
    BlobCorrupt,
    BlobNotFound,
    EvidenceStore,
    check_blob,
    read_verified,
)

ORG = "0198c0de-0000-7000-8000-000000000001"
CONTENT = "Biên bản đánh giá".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ABSENT = "0" * 64


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "evidence")


def put(store: EvidenceStore, content: bytes = CONTENT, organization_id: str = ORG) -> StoredBlob:
    return store.put(organization_id, io.BytesIO(content), max_bytes=10_000_000)


def key(store: DiskStore, sha256: str = SHA256) -> Path:
    return store.root / ORG / "sha256" / sha256[:2] / sha256


def incoming(store: DiskStore) -> list[Path]:
    return list((store.root / ORG / "incoming").iterdir())


def spoil(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def test_1_a_content_lies_read_only_under_its_digest(store: DiskStore) -> None:
    assert put(store) == StoredBlob(SHA256, len(CONTENT))
    assert key(store).read_bytes() == CONTENT
    assert stat.S_IMODE(key(store).stat().st_mode) == 0o400
    assert stat.S_IMODE(key(store).parent.stat().st_mode) == 0o700
    assert incoming(store) == []


def test_what_was_put_is_read_back(store: DiskStore) -> None:
    put(store)
    assert store.exists(ORG, SHA256)
    assert store.size(ORG, SHA256) == len(CONTENT)
    assert read_verified(store, ORG, SHA256, max_bytes=100) == CONTENT
    assert check_blob(store, ORG, SHA256) == StoredBlob(SHA256, len(CONTENT))
    with store.open(ORG, SHA256) as stream:
        stream.seek(5)
        assert stream.read(4) == CONTENT[5:9]


def test_an_empty_content_is_a_content(store: DiskStore) -> None:
    blob = put(store, b"")
    assert read_verified(store, ORG, blob.sha256, max_bytes=0) == b""


def test_3_putting_twice_keeps_one_and_makes_it_young(store: DiskStore) -> None:
    put(store)
    os.utime(key(store), (0, 0))
    inode = key(store).stat().st_ino
    assert put(store) == StoredBlob(SHA256, len(CONTENT))
    assert key(store).stat().st_ino == inode
    assert key(store).stat().st_mtime > 0
    assert incoming(store) == []


@pytest.mark.parametrize("wrong", [b"", CONTENT + b"x", CONTENT[::-1]])
def test_3_a_key_with_other_bytes_is_never_taken_for_stored(store: DiskStore, wrong: bytes) -> None:
    put(store)
    spoil(key(store), wrong)
    attempts: list[Callable[[], object]] = [
        lambda: put(store),
        lambda: read_verified(store, ORG, SHA256, max_bytes=1000),
        lambda: check_blob(store, ORG, SHA256),
    ]
    for attempt in attempts:
        with pytest.raises(BlobCorrupt) as refused:
            attempt()
        assert refused.value.params == {"sha256": SHA256}
    assert incoming(store) == []


def test_a_content_above_the_limit_leaves_nothing(store: DiskStore) -> None:
    with pytest.raises(FileTooLarge):
        store.put(ORG, io.BytesIO(CONTENT), max_bytes=len(CONTENT) - 1)
    assert incoming(store) == []
    assert list(store.list(ORG)) == []


def test_a_reader_may_bound_what_it_takes(store: DiskStore) -> None:
    put(store)
    with pytest.raises(FileTooLarge):
        read_verified(store, ORG, SHA256, max_bytes=len(CONTENT) - 1)


def test_organisations_share_nothing(store: DiskStore) -> None:
    put(store)
    assert not store.exists("other", SHA256)
    put(store, organization_id="other")
    store.delete("other", SHA256)
    assert store.exists(ORG, SHA256)


def test_what_is_not_there_is_not_found(store: DiskStore) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: store.open(ORG, ABSENT),
        lambda: store.size(ORG, ABSENT),
        lambda: store.delete(ORG, ABSENT),
        lambda: read_verified(store, ORG, ABSENT, max_bytes=1),
        lambda: check_blob(store, ORG, ABSENT),
    ]
    for attempt in attempts:
        with pytest.raises(BlobNotFound):
            attempt()
    assert not store.exists(ORG, ABSENT)


def test_a_disposed_content_is_gone(store: DiskStore) -> None:
    put(store)
    store.delete(ORG, SHA256)
    assert not store.exists(ORG, SHA256)
    assert list(store.list(ORG)) == []


def test_6_a_listing_shows_contents_alone(store: DiskStore) -> None:
    other = put(store, b"other")
    put(store)
    (key(store).parent / "README").write_text("not ours")
    listed = list(store.list(ORG))
    assert {(blob.sha256, blob.size) for blob in listed} == {
        (SHA256, len(CONTENT)),
        (other.sha256, 5),
    }
    assert all(blob.stored_at.tzinfo is UTC for blob in listed)


@pytest.mark.parametrize(
    "organization_id",
    ["", "..", ".", "a/b", "../a", "/etc", "A", "a.b", "a\0", "a\n", "a" * 65, "đơn-vị"],
)
def test_an_organisation_cannot_name_another_place(store: DiskStore, organization_id: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: put(store, organization_id=organization_id),
        lambda: store.open(organization_id, SHA256),
        lambda: store.exists(organization_id, SHA256),
        lambda: store.size(organization_id, SHA256),
        lambda: store.delete(organization_id, SHA256),
        lambda: list(store.list(organization_id)),
        lambda: store.sweep_incoming(organization_id, before=datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    for attempt in attempts:
        with pytest.raises(AddressInvalid) as refused:
            attempt()
        assert refused.value.code == "organization_id_invalid"
    assert not store.root.exists()


def test_a_digest_cannot_name_another_place(store: DiskStore) -> None:
    for sha256 in ("", "..", "../../../etc/passwd", SHA256.upper(), SHA256 + "\n"):
        with pytest.raises(AddressInvalid) as refused:
            store.open(ORG, sha256)
        assert refused.value.code == "sha256_invalid"


def test_5_only_old_leftovers_are_swept(store: DiskStore) -> None:
    put(store)
    folder = store.root / ORG / "incoming"
    old, young = folder / "old", folder / "young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    limit = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251 - files carry the real time
    assert store.sweep_incoming(ORG, before=limit) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert store.exists(ORG, SHA256)


def test_4_missing_parents_are_made(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "a" / "b" / "c")
    put(store)
    assert store.exists(ORG, SHA256)


class ClosedParent(OperatingSystem):
    """A system on which one folder cannot be opened."""

    def __init__(self, closed: Path) -> None:
        self.closed = closed

    def sync_folder(self, path: Path) -> None:
        if path == self.closed:
            raise PermissionError
        super().sync_folder(path)


def test_4_a_parent_above_the_root_may_be_closed_to_us(tmp_path: Path) -> None:
    put(DiskStore(tmp_path, files=ClosedParent(tmp_path.parent)))
    assert DiskStore(tmp_path).exists(ORG, SHA256)


def test_4_a_closed_folder_inside_the_root_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PermissionError):
        put(DiskStore(tmp_path, files=ClosedParent(tmp_path / ORG)))
