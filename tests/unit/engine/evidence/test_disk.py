"""What only a folder does; numbers in names are the rules of `engine/evidence/disk.py`.

What every store promises is in `tests/evidence/test_every_store.py`.
"""

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
    EvidenceStore,
    StoreUnusableError,
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


class Replacing(OperatingSystem):
    """A file system whose links replace what has the name."""

    def link(self, source: Path, target: Path) -> None:
        target.unlink(missing_ok=True)
        super().link(source, target)


class Unlinked(OperatingSystem):
    """A file system without hard links; of a taken name it says so all the same."""

    def link(self, source: Path, target: Path) -> None:
        del source
        if target.exists():
            raise FileExistsError
        raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize(
    ("files", "code"),
    [(Replacing(), "store_overwrites"), (Unlinked(), "store_without_links")],
)
def test_7_a_file_system_that_would_lose_evidence_is_refused(
    tmp_path: Path, files: OperatingSystem, code: str
) -> None:
    with pytest.raises(StoreUnusableError) as refused:
        DiskStore(tmp_path / "evidence", files=files).prove()
    assert refused.value.code == code
    assert refused.value.params["address"] == str(tmp_path / "evidence")
    assert list((tmp_path / "evidence").iterdir()) == []


def test_7_the_proof_leaves_nothing(store: DiskStore) -> None:
    store.prove()
    assert list(store.root.iterdir()) == []
