"""Published files in a bucket of any store that speaks S3.

1. The key is that of the folder, below the prefix of the address.
2. A file is put in one request, so that it is there whole or not at all.
3. `swap` puts under the condition that the file is still the one that was read (`If-Match`), or
   that there is none. Before its first `swap` the store must have shown that it heeds the first
   condition; the probe writes nothing where it does.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from engine.evidence.published import PublishedChanged, PublishedNotFound, published_key
from engine.evidence.s3 import Patience, client_of, unusable
from engine.evidence.store import StoreUnusableError, check_organization_id

# No organisation can have this name, and no server gives a tag of this form.
PROBE = ".quytrinh-probe-tag"
NO_TAG = '"quytrinh-no-such-tag"'


class PublishedBucket:
    """A `PublishedFiles` in a bucket; credentials and region come by the usual `AWS_…` names.

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
        self._proven = False

    def read(self, organization_id: str, path: str) -> bytes:
        """The bytes of a file; see the port."""
        with self._told(path):
            return bytes(obstore.get(self._store, published_key(organization_id, path)).bytes())

    def write(self, organization_id: str, files: Iterable[tuple[str, bytes]]) -> int:
        """Write files, whatever was there; see the port."""
        count = 0
        for path, content in files:
            with self._told(path):
                key = published_key(organization_id, path)
                obstore.put(self._store, key, content, mode="overwrite", use_multipart=False)
            count += 1
        return count

    def swap(
        self, organization_id: str, path: str, content: bytes, *, expected: bytes | None
    ) -> None:
        """Replace a file that holds what is expected; see the port."""
        self._prove()
        key = published_key(organization_id, path)
        with self._told(path):
            try:
                if expected is None:
                    obstore.put(self._store, key, content, mode="create")
                    return
                found = obstore.get(self._store, key)
                if bytes(found.bytes()) != expected:
                    raise PublishedChanged(path)
                obstore.put(self._store, key, content, mode={"e_tag": found.meta["e_tag"]})
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                raise PublishedChanged(path) from error

    def remove(self, organization_id: str, folder: str) -> None:
        """Remove every file below a path; see the port."""
        below = published_key(organization_id, folder)
        for key in tuple(self._keys(below)):
            with self._told(key):
                obstore.delete(self._store, key)

    def list(self, organization_id: str) -> Iterator[str]:
        """The path of every file of the organisation; see the port."""
        check_organization_id(organization_id)
        top = f"{organization_id}/log"
        for key in self._keys(top):
            yield key.removeprefix(f"{top}/")

    def _keys(self, below: str) -> Iterator[str]:
        pages = obstore.list(self._store, below, chunk_size=1000)
        while True:
            with self._told(below):
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                yield found["path"]

    def _prove(self) -> None:
        """Show that a condition on the present file is heeded.

        Raises:
            StoreUnusableError: it is not.
        """
        if self._proven:
            return
        with self._told(PROBE):
            try:
                obstore.put(self._store, PROBE, b"", mode={"e_tag": NO_TAG})
            except (PreconditionError, FileNotFoundError):
                self._proven = True
                return
        raise StoreUnusableError("store_overwrites", address=self.address)

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise unusable(self.address, error) from error
            raise PublishedNotFound(path) from error
        except BaseError as error:
            raise unusable(self.address, error) from error
