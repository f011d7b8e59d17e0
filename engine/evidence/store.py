"""The port behind which evidence lies, and what every store behind it promises.

1. A content lies under (organisation, SHA-256). Organisations share nothing and learn nothing of
   one another, not even that two of them hold the same bytes.
2. When `put` returns, the bytes survive a crash and a power cut. A visible key never has other
   bytes than its name says, whatever was killed when.
3. Putting what is there already stores nothing and counts as put: its age starts again, so that
   a sweep of old orphans does not take what has just been given.
4. `delete` is for disposal and for orphans; nothing here knows who still refers to a content.
5. Reading trusts nothing: `read_verified`, `verified_pieces` and `check_blob` hash what they read.
6. Nor is the storage believed: `prove` shows that it never puts other bytes under a key in use.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from engine.errors import Corrupt, Invalid, NotFound
from engine.evidence.digest import (
    CHUNK_BYTES,
    StoredBlob,
    bounded_chunks,
    is_sha256,
)

_ORGANIZATION_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


class AddressInvalid(Invalid):
    """An organisation id or a digest that cannot be part of a key."""


class BlobNotFound(NotFound):
    """The store has no such content for this organisation."""

    def __init__(self, sha256: str) -> None:
        super().__init__("blob_not_found", sha256=sha256)


class BlobCorrupt(Corrupt):
    """The bytes under a key are not those that its name says."""

    def __init__(self, sha256: str) -> None:
        super().__init__("blob_corrupt", sha256=sha256)


class StoreUnusableError(OSError):
    """The storage is away, turns us down, or cannot do what the rules promise.

    It is an `OSError` like every failure of a storage, so nobody need know which store there is;
    the code is for whoever runs the house.

    Attributes:
        code: stable identifier, such as `bucket_missing`.
        params: values for the sentence `error.<code>`; never a credential.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code}: {' '.join(params.values())}")
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class ListedBlob:
    """A content as a listing shows it.

    Attributes:
        sha256: its address.
        size: number of bytes.
        stored_at: when it was last put, by the store's own clock.
    """

    sha256: str
    size: int
    stored_at: datetime


class EvidenceStore(Protocol):
    """Where the bytes lie (the rules stand above).

    Every method raises `AddressInvalid` for an id or digest of another form, and lets `OSError`
    through when the storage itself is away or full.
    """

    def prove(self) -> None:
        """Shows, before the house opens, that the storage can keep the rules; once is enough.

        Raises:
            StoreUnusableError: it cannot, or could not be asked.
        """
        ...

    def put(self, organization_id: str, stream: BinaryIO, *, max_bytes: int) -> StoredBlob:
        """Stores a stream durably and says what it was.

        Raises:
            FileTooLarge: nothing is kept.
            BlobCorrupt: the key exists with other bytes.
        """
        ...

    def open(self, organization_id: str, sha256: str) -> BinaryIO:
        """A seekable stream of the content, to be closed by the caller; unverified.

        Raises:
            BlobNotFound: no such key.
        """
        ...

    def exists(self, organization_id: str, sha256: str) -> bool:
        """Whether the key is there."""
        ...

    def size(self, organization_id: str, sha256: str) -> int:
        """The number of bytes under the key.

        Raises:
            BlobNotFound: no such key.
        """
        ...

    def delete(self, organization_id: str, sha256: str) -> None:
        """Removes a content for good.

        Raises:
            BlobNotFound: no such key.
        """
        ...

    def list(self, organization_id: str) -> Iterator[ListedBlob]:
        """Every content of the organisation, in no promised order."""
        ...


def read_verified(
    store: EvidenceStore, organization_id: str, sha256: str, *, max_bytes: int
) -> bytes:
    """The whole content, given out only after its hash was found right.

    Raises:
        BlobNotFound: no such key.
        BlobCorrupt: the bytes are not those of the key.
        FileTooLarge: the content is larger than the caller can take.
    """
    with store.open(organization_id, sha256) as stream:
        content = b"".join(bounded_chunks(stream, max_bytes=max_bytes))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BlobCorrupt(sha256)
    return content


def check_blob(store: EvidenceStore, organization_id: str, sha256: str) -> StoredBlob:
    """Hashes a content where it lies, without keeping it: the nightly scrub.

    Raises:
        BlobNotFound: no such key.
        BlobCorrupt: the bytes are not those of the key.
    """
    with store.open(organization_id, sha256) as stream:
        found = _digest_of(stream)
    if found.sha256 != sha256:
        raise BlobCorrupt(sha256)
    return found


def verified_pieces(stream: BinaryIO, sha256: str) -> Iterator[bytes]:
    """A content piece by piece; the last piece comes only after the hash was found right.

    So nobody ever has the whole of another content, and a small one is known before it leaves.

    Raises:
        BlobCorrupt: the bytes are not those of the key; what came before must not be used.
    """
    digest, held = hashlib.sha256(), b""
    while piece := stream.read(CHUNK_BYTES):
        digest.update(piece)
        if held:
            yield held
        held = piece
    if digest.hexdigest() != sha256:
        raise BlobCorrupt(sha256)
    if held:
        yield held


def check_organization_id(organization_id: str) -> None:
    """Refuses an id that could mean another place than its own folder or prefix.

    Raises:
        AddressInvalid: `organization_id_invalid`.
    """
    if _ORGANIZATION_ID.fullmatch(organization_id) is None:
        raise AddressInvalid("organization_id_invalid", organization_id=organization_id)


def check_sha256(sha256: str) -> None:
    """Refuses a text that is no digest.

    Raises:
        AddressInvalid: `sha256_invalid`.
    """
    if not is_sha256(sha256):
        raise AddressInvalid("sha256_invalid", sha256=sha256)


def key_of(organization_id: str, sha256: str) -> str:
    """The one key of a content, with slashes.

    Raises:
        AddressInvalid: an id or digest that cannot be part of a key.
    """
    check_organization_id(organization_id)
    check_sha256(sha256)
    return f"{organization_id}/sha256/{sha256[:2]}/{sha256}"


def digest_of_key(organization_id: str, key: str) -> str | None:
    """The digest in a key of the organisation; None when the key is of another form."""
    sha256 = key.rpartition("/")[2]
    return sha256 if is_sha256(sha256) and key == key_of(organization_id, sha256) else None


def _digest_of(stream: BinaryIO) -> StoredBlob:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return StoredBlob(digest.hexdigest(), size)
