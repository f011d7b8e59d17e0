"""Published files in a folder.

1. Bytes are written beside their place under a name that begins with a dot, fsynced, and moved
   there in one step; then the folder is fsynced. What a kill leaves behind is passed over.
2. The folders of many files are fsynced once each, after the last of their files.
3. `swap` holds a lock on a file of the organisation; the system takes the lock from the dead.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.evidence.disk import DurableFolders, FileLayer, OperatingSystem, write_durably
from engine.evidence.published import PublishedChanged, PublishedNotFound, published_key
from engine.evidence.store import check_organization_id

LOCK = ".lock"


class PublishedFolder:
    """A `PublishedFiles` on a folder of a local file system.

    Args:
        root: the folder of the evidence; it and missing parents are made at the first `write`.
        files: what is asked of the operating system.
    """

    def __init__(self, root: Path, *, files: FileLayer | None = None) -> None:
        self.root = root
        self._files: FileLayer = OperatingSystem() if files is None else files
        self._folders = DurableFolders(root, self._files)

    def read(self, organization_id: str, path: str) -> bytes:
        """The bytes of a file; see the port."""
        try:
            return self._path(organization_id, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise PublishedNotFound(path) from error

    def write(self, organization_id: str, files: Iterable[tuple[str, bytes]]) -> int:
        """Write files, whatever was there; see the port."""
        touched: set[Path] = set()
        count = 0
        for path, content in files:
            touched.add(self._move_in(self._path(organization_id, path), content))
            count += 1
        for folder in sorted(touched):
            self._files.sync_folder(folder)
        return count

    def swap(
        self, organization_id: str, path: str, content: bytes, *, expected: bytes | None
    ) -> None:
        """Replace a file that holds what is expected; see the port."""
        target = self._path(organization_id, path)
        with self._locked(organization_id):
            try:
                found: bytes | None = target.read_bytes()
            except FileNotFoundError:
                found = None
            if found != expected:
                raise PublishedChanged(path)
            self._files.sync_folder(self._move_in(target, content))

    def remove(self, organization_id: str, folder: str) -> None:
        """Remove every file below a path; see the port."""
        target = self._path(organization_id, folder)
        with suppress(FileNotFoundError):
            shutil.rmtree(target)

    def list(self, organization_id: str) -> Iterator[str]:
        """The path of every file of the organisation; see the port."""
        check_organization_id(organization_id)
        top = self.root / organization_id / "log"
        for path in sorted(top.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(top).as_posix()

    def _move_in(self, target: Path, content: bytes) -> Path:
        """Put the file in its place and give its folder, whose names are not durable yet."""
        if not target.parent.exists():
            # Outgrown tiles go with their folder, and an operator may remove any.
            for folder in (target.parent, *target.parent.parents):
                self._folders.forget(folder)
        folder = self._folders.made(target.parent)
        beside = folder / f".{target.name}.{secrets.token_hex(8)}"
        try:
            write_durably(self._files, beside, content)
            self._files.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                self._files.remove(beside)
            raise
        return folder

    @contextmanager
    def _locked(self, organization_id: str) -> Iterator[None]:
        folder = self._folders.made(self.root / organization_id / "log")
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _path(self, organization_id: str, path: str) -> Path:
        return self.root / published_key(organization_id, path)
