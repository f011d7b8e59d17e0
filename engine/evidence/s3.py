"""A content-addressed bucket of any store that speaks S3.

1. The key is that of the folder, below the prefix of the address: organisation and digest.
2. A stream first goes into a nameless temporary file and is hashed on the way. What is too large
   never leaves the house; the file is mapped, so that memory stays flat; and since the bytes go
   out in one request under their last name, a killed upload leaves no key.
3. They are put under the condition that the key is absent. What is there already is compared by
   its hash and then written again, byte for byte the same, since only that makes it young.
4. Who asks twice for one key at once may be told of a conflict (409) although nothing is there in
   the end: it is looked at anew, and put again, a few times.
5. A store that ignores the condition would lose evidence. Before its first `put` it must have shown
   that it does not; the probe is one small object, always the same, that stays.
6. Only a bucket that is there lacks a key: where the bucket is missing, nothing is "not found".
7. Every wait is bounded, and so is the number of tries: `Patience` says how long.
8. Keys of another form are not ours: a listing passes over them.
"""

import io
import mmap
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store
from typing_extensions import Buffer, override

from engine.evidence.digest import CHUNK_BYTES, StoredBlob, digest_stream
from engine.evidence.store import (
    BlobCorrupt,
    BlobNotFound,
    ListedBlob,
    StoreUnusableError,
    check_blob,
    check_organization_id,
    digest_of_key,
    key_of,
)

if TYPE_CHECKING:
    from obstore.store import S3Config

# No organisation can have this name.
PROBE = ".quytrinh-probe"
PROBE_CONTENT = b"Quy Tr\xc3\xacnh asks whether this store refuses to overwrite.\n"
TRIES = 3
PROBLEM_LETTERS = 300

# What the client has no class for, by what the server says.
_SIGNS = {
    "NoSuchBucket": "bucket_missing",
    "status code: 403": "store_denied",
    # Nobody gave it credentials, so it asked the machine for some, which only a cloud answers.
    "/latest/api/token": "store_denied",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a store is waited for.

    Attributes:
        connect: until somebody takes the call.
        answer: a whole request that carries little.
        upload: a whole request that carries a file.
        retries: further tries after a broken connection or a 5xx.
        retry_until: no further try after this time since the first.
    """

    connect: timedelta = timedelta(seconds=2)
    answer: timedelta = timedelta(seconds=10)
    upload: timedelta = timedelta(minutes=5)
    retries: int = 2
    retry_until: timedelta = timedelta(seconds=10)


class BucketStore:
    """An `EvidenceStore` in a bucket; credentials and region come by the usual `AWS_…` names.

    Args:
        bucket: its name; it must be there.
        prefix: under which keys begin; empty for none.
        endpoint: address of the server; without one it is Amazon's.
        patience: how long to wait.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.address = f"s3://{bucket}/{prefix}".rstrip("/")
        told = patience or Patience()
        self._store = client_of(bucket, prefix, endpoint, patience=told, timeout=told.answer)
        self._uploads = client_of(bucket, prefix, endpoint, patience=told, timeout=told.upload)
        self._proven = False

    def prove(self) -> None:
        """Shows that the store refuses to overwrite; asked once, then remembered.

        Raises:
            StoreUnusableError: it overwrites, or it could not be asked.
        """
        if self._proven:
            return
        mark = secrets.token_bytes(16)
        with self._told():
            with suppress(AlreadyExistsError):
                obstore.put(self._store, PROBE, PROBE_CONTENT, mode="create")
            try:
                obstore.put(self._store, PROBE, mark, mode="create")
            except AlreadyExistsError:
                overwritten = bytes(obstore.get(self._store, PROBE).bytes()) == mark
            else:
                overwritten = True
        if overwritten:
            raise StoreUnusableError("store_overwrites", address=self.address)
        self._proven = True

    def put(self, organization_id: str, stream: BinaryIO, *, max_bytes: int) -> StoredBlob:
        """Stores a stream durably; see the port.

        Raises:
            FileTooLarge: nothing is kept.
            BlobCorrupt: the key exists with other bytes.
        """
        check_organization_id(organization_id)
        with tempfile.TemporaryFile() as file:
            blob = digest_stream(stream, max_bytes=max_bytes, write=file.write)
            file.flush()
            self.prove()
            self._publish(organization_id, blob, _mapped(file, blob.size))
        return blob

    def open(self, organization_id: str, sha256: str) -> BinaryIO:
        """A stream that asks for ranges as they are read; see the port."""
        key = key_of(organization_id, sha256)

        def fetch(start: int, end: int) -> Buffer:
            with self._told(sha256):
                return obstore.get_range(self._store, key, start=start, end=end)

        return io.BufferedReader(_Ranges(fetch, self.size(organization_id, sha256)), CHUNK_BYTES)

    def exists(self, organization_id: str, sha256: str) -> bool:
        """Whether the key is there."""
        return self._size(key_of(organization_id, sha256)) is not None

    def size(self, organization_id: str, sha256: str) -> int:
        """The number of bytes under the key; see the port."""
        size = self._size(key_of(organization_id, sha256))
        if size is None:
            raise BlobNotFound(sha256)
        return size

    def delete(self, organization_id: str, sha256: str) -> None:
        """Removes a content; a bucket that keeps versions keeps it behind a marker."""
        # S3 is content to delete what is not there, the port is not.
        self.size(organization_id, sha256)
        with self._told(sha256):
            obstore.delete(self._store, key_of(organization_id, sha256))

    def list(self, organization_id: str) -> Iterator[ListedBlob]:
        """Every content of the organisation, by its digest."""
        check_organization_id(organization_id)
        pages = obstore.list(self._store, f"{organization_id}/sha256", chunk_size=1000)
        while True:
            with self._told():
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                sha256 = digest_of_key(organization_id, found["path"])
                if sha256 is not None:
                    yield ListedBlob(sha256, found["size"], found["last_modified"])

    def _publish(self, organization_id: str, blob: StoredBlob, content: Buffer) -> None:
        key = key_of(organization_id, blob.sha256)
        for _ in range(TRIES):
            with self._told():
                try:
                    obstore.put(self._uploads, key, content, mode="create")
                except AlreadyExistsError:
                    pass
                else:
                    return
            try:
                check_blob(self, organization_id, blob.sha256)
            except BlobNotFound:
                continue
            with self._told():
                obstore.put(self._uploads, key, content, mode="overwrite", use_multipart=False)
            return
        raise StoreUnusableError("store_busy", address=self.address)

    def _size(self, key: str) -> int | None:
        with self._told():
            try:
                return obstore.head(self._store, key)["size"]
            except FileNotFoundError:
                # The answer has no body, so a missing bucket looks the same: ask for it by name.
                next(obstore.list(self._store, PROBE, chunk_size=1), None)
                return None

    @contextmanager
    def _told(self, sha256: str | None = None) -> Iterator[None]:
        """Turns what the client raises into what the port promises.

        Raises:
            BlobNotFound: the bucket is there and the key of the digest is not.
            BlobCorrupt: what is read became shorter.
            StoreUnusableError: anything else.
        """
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            fault = unusable(self.address, error)
            if sha256 is not None and fault.code == "store_away":
                if isinstance(error, FileNotFoundError):
                    raise BlobNotFound(sha256) from error
                if "InvalidRange" in str(error):
                    # It was longer when the reading began: somebody has laid other bytes there.
                    raise BlobCorrupt(sha256) from error
            raise fault from error


def unusable(address: str, error: Exception) -> StoreUnusableError:
    """What the client raised, in the words of the port."""
    said = str(error)
    match error:
        case PermissionDeniedError() | UnauthenticatedError():
            code = "store_denied"
        case InvalidPathError():
            code = "store_has_foreign_key"
        case _:
            code = next((code for sign, code in _SIGNS.items() if sign in said), "store_away")
    # The client tells the request and the answer first, and then its own inside.
    problem = " ".join(said.partition("Debug source")[0].split())
    return StoreUnusableError(code, address=address, problem=problem[:PROBLEM_LETTERS])


class _Ranges(io.RawIOBase):
    """A content as an unbuffered file; each read is a request for a range."""

    def __init__(self, fetch: Callable[[int, int], Buffer], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("negative seek position")
        self._position = start + offset
        return self._position

    @override
    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        end = min(self._position + len(view), self._size)
        if self._position >= end:
            return 0
        got = memoryview(self._fetch(self._position, end))
        view[: len(got)] = got
        self._position += len(got)
        return len(got)


def client_of(
    bucket: str, prefix: str, endpoint: str | None, *, patience: Patience, timeout: timedelta
) -> S3Store:
    """A client that keeps the rules, whatever the environment says of them."""
    # Whatever the environment says of these: no put without its condition, none whose bytes are not
    # signed, and one key a request, since not every server can delete many at once.
    config: S3Config = {
        "conditional_put": "etag",
        "unsigned_payload": False,
        "disable_bulk_delete": True,
    }
    if endpoint is not None:
        config["endpoint"] = endpoint
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": (endpoint or "").startswith("http://"),
            "connect_timeout": patience.connect,
            "timeout": timeout,
        },
        retry_config={
            "max_retries": patience.retries,
            "retry_timeout": patience.retry_until,
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=2),
                "base": 2,
            },
        },
    )


def _mapped(file: BinaryIO, size: int) -> Buffer:
    """The file as memory that the system may drop and read again; it lives as long as its users."""
    return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
