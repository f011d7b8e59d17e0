"""A content-addressed folder.

1. The key is `<organization>/sha256/<first two digits>/<sha256>`; a file is read-only (0400).
2. Bytes are written to `<organization>/incoming/` on the same file system, hashed on the way,
   and fsynced before they get their key.
3. They get it by a hard link, which never replaces: a key is absent or whole. What is there
   already is compared by its hash.
4. The folder of the key is fsynced before `put` returns, and so is the parent of every folder
   that this process has not yet seen durable, whoever made it.
5. What a kill leaves in `incoming` is nobody's and is swept when it is old enough.
6. Files that do not lie where their digest says are not ours: a listing passes over them.
7. A file system whose links replace would lose evidence; one without links cannot be used.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.evidence.digest import StoredBlob, digest_stream
from engine.evidence.store import (
    BlobNotFound,
    ListedBlob,
    StoreUnusableError,
    check_blob,
    check_organization_id,
    digest_of_key,
    key_of,
)

FILE_MODE = 0o400
FOLDER_MODE = 0o700


class FileLayer(Protocol):
    """The few things that a store asks of the operating system when it changes something.

    They are an argument so that a test can kill the store between any two of them.
    """

    def make_folder(self, path: Path) -> None:
        """Makes one folder; one that exists is fine."""
        ...

    def create(self, path: Path) -> int:
        """Makes a new file and gives its descriptor; one that exists is an error."""
        ...

    def write(self, descriptor: int, content: bytes) -> int:
        """Writes some of the content and says how much."""
        ...

    def sync(self, descriptor: int) -> None:
        """Makes the bytes of an open file durable."""
        ...

    def close(self, descriptor: int) -> None:
        """Closes a descriptor."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """Gives a file a second name.

        Raises:
            FileExistsError: the name is taken.
        """
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Moves a file to a name, whoever had it."""
        ...

    def remove(self, path: Path) -> None:
        """Takes a name away.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def touch(self, path: Path) -> None:
        """Makes a file as young as now."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Makes the names in a folder durable."""
        ...


class OperatingSystem:
    """The real one."""

    def make_folder(self, path: Path) -> None:
        """Makes one folder that only we may enter."""
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)

    def create(self, path: Path) -> int:
        """Makes a new file; the descriptor may write although the mode says read-only."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)

    def write(self, descriptor: int, content: bytes) -> int:
        """Writes what the kernel takes at once."""
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        """Waits for the device."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Closes a descriptor."""
        os.close(descriptor)

    def link(self, source: Path, target: Path) -> None:
        """Makes a hard link."""
        target.hardlink_to(source)

    def replace(self, source: Path, target: Path) -> None:
        """Renames in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Unlinks a name."""
        path.unlink()

    def touch(self, path: Path) -> None:
        """Sets both times to now."""
        os.utime(path)

    def sync_folder(self, path: Path) -> None:
        """Waits for the device to know the names of a folder."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class DurableFolders:
    """The folders below a root whose names are known to be durable."""

    def __init__(self, root: Path, files: FileLayer) -> None:
        self._root = root
        self._files = files
        self._durable: set[Path] = set()

    def made(self, folder: Path) -> Path:
        """The folder, made where needed, its name and those above it durable."""
        if folder not in self._durable:
            if self._root in (folder, *folder.parents) or not folder.exists():
                self.made(folder.parent)
                self._files.make_folder(folder)
                self._sync_name_of(folder)
            self._durable.add(folder)
        return folder

    def forget(self, folder: Path) -> None:
        """Look at a folder anew the next time: it was, or may have been, removed."""
        self._durable.discard(folder)

    def _sync_name_of(self, folder: Path) -> None:
        try:
            self._files.sync_folder(folder.parent)
        except PermissionError:
            # An administrator may hand us a folder whose parent we cannot open; its name is
            # then theirs to keep. Inside our root that would be a fault.
            if folder != self._root:
                raise


def write_all(files: FileLayer, descriptor: int, content: bytes) -> None:
    """Write a content to its end."""
    left = memoryview(content)
    while left:
        left = left[files.write(descriptor, bytes(left)) :]


def write_durably(files: FileLayer, path: Path, content: bytes) -> None:
    """Make a new file with this content, durable but for its name."""
    descriptor = files.create(path)
    try:
        write_all(files, descriptor, content)
        files.sync(descriptor)
    finally:
        files.close(descriptor)


class DiskStore:
    """An `EvidenceStore` on a folder of a local file system with hard links.

    Attributes:
        root: the folder; it and missing parents are made at the first `put`.
    """

    def __init__(self, root: Path, *, files: FileLayer | None = None) -> None:
        self.root = root
        self._files: FileLayer = OperatingSystem() if files is None else files
        self._folders = DurableFolders(root, self._files)
        self._proven = False

    def prove(self) -> None:
        """Shows that a link never replaces; what it makes for that is gone afterwards.

        Raises:
            StoreUnusableError: a link replaces, or the file system has none.
        """
        if self._proven:
            return
        folder, name = self._folders.made(self.root), f".probe-{secrets.token_hex(16)}"
        first, second = folder / f"{name}-1", folder / f"{name}-2"
        try:
            replaced = self._replaces(first, second)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise StoreUnusableError(
                "store_without_links", address=str(self.root), problem=problem
            ) from error
        finally:
            for path in (first, second):
                with suppress(OSError):
                    self._files.remove(path)
        if replaced:
            raise StoreUnusableError("store_overwrites", address=str(self.root))
        self._proven = True

    def put(self, organization_id: str, stream: BinaryIO, *, max_bytes: int) -> StoredBlob:
        """Stores a stream durably; see the port.

        Raises:
            FileTooLarge: nothing is kept.
            BlobCorrupt: the key exists with other bytes.
        """
        check_organization_id(organization_id)
        incoming = self._folders.made(self.root / organization_id / "incoming")
        temporary = incoming / secrets.token_hex(16)
        try:
            blob = self._write(temporary, stream, max_bytes=max_bytes)
            self._publish(temporary, organization_id, blob)
        finally:
            # The name in `incoming` has served, or failed; a sweep takes what stays behind.
            with suppress(OSError):
                self._files.remove(temporary)
        return blob

    def open(self, organization_id: str, sha256: str) -> BinaryIO:
        """A stream of the content; see the port."""
        try:
            return self._path(organization_id, sha256).open("rb")
        except FileNotFoundError as error:
            raise BlobNotFound(sha256) from error

    def exists(self, organization_id: str, sha256: str) -> bool:
        """Whether the key is there."""
        return self._path(organization_id, sha256).exists()

    def size(self, organization_id: str, sha256: str) -> int:
        """The number of bytes under the key; see the port."""
        try:
            return self._path(organization_id, sha256).stat().st_size
        except FileNotFoundError as error:
            raise BlobNotFound(sha256) from error

    def delete(self, organization_id: str, sha256: str) -> None:
        """Removes a content for good; see the port."""
        path = self._path(organization_id, sha256)
        try:
            self._files.remove(path)
        except FileNotFoundError as error:
            raise BlobNotFound(sha256) from error
        self._files.sync_folder(path.parent)

    def list(self, organization_id: str) -> Iterator[ListedBlob]:
        """Every content of the organisation, by its digest."""
        check_organization_id(organization_id)
        for path in sorted((self.root / organization_id / "sha256").glob("??/*")):
            key = path.relative_to(self.root).as_posix()
            if digest_of_key(organization_id, key) is None:
                continue
            # A file that a sweep takes meanwhile is simply no longer there.
            with suppress(FileNotFoundError):
                found = path.stat()
                stored_at = datetime.fromtimestamp(found.st_mtime, UTC)
                yield ListedBlob(path.name, found.st_size, stored_at)

    def sweep_incoming(self, organization_id: str, *, before: datetime) -> int:
        """Removes what killed uploads left behind, last written before the given instant.

        Returns:
            How many files were removed.
        """
        check_organization_id(organization_id)
        removed = 0
        for path in (self.root / organization_id / "incoming").glob("*"):
            with suppress(FileNotFoundError):
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                    self._files.remove(path)
                    removed += 1
        return removed

    def _replaces(self, first: Path, second: Path) -> bool:
        self._files.close(self._files.create(first))
        self._files.link(first, second)
        # Only now is the name taken: a file system without links would say so of any taken name.
        try:
            self._files.link(first, second)
        except FileExistsError:
            return False
        return True

    def _write(self, path: Path, stream: BinaryIO, *, max_bytes: int) -> StoredBlob:
        descriptor = self._files.create(path)
        try:
            write = partial(write_all, self._files, descriptor)
            blob = digest_stream(stream, max_bytes=max_bytes, write=write)
            self._files.sync(descriptor)
        finally:
            self._files.close(descriptor)
        return blob

    def _publish(self, temporary: Path, organization_id: str, blob: StoredBlob) -> None:
        path = self._path(organization_id, blob.sha256)
        folder = self._folders.made(path.parent)
        try:
            self._files.link(temporary, path)
        except FileExistsError:
            check_blob(self, organization_id, blob.sha256)
            self._files.touch(path)
        # Also when the key was there: whoever made it may have died before this line.
        self._files.sync_folder(folder)

    def _path(self, organization_id: str, sha256: str) -> Path:
        return self.root / key_of(organization_id, sha256)
