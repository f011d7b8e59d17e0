"""The port behind which the published files of a log lie, beside the evidence.

1. A file lies under (organisation, path): `<organization>/log/<path>`. Unlike evidence it has a
   name of its own, and one file, the checkpoint, is replaced again and again.
2. When `write` or `swap` returns, the bytes survive a crash and a power cut, and so do all files
   that were written before them. Whoever reads sees an old file whole or a new one whole.
3. `swap` replaces a file only while it holds what the caller last saw, whoever else is at work.
4. Nothing here knows what a file means: what may be written when is the publisher's business.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from engine.errors import Conflict, Invalid, NotFound
from engine.evidence.store import check_organization_id

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)


class PathInvalid(Invalid):
    """A path that cannot be part of a key."""


class PublishedNotFound(NotFound):
    """Nothing was published there."""

    def __init__(self, path: str) -> None:
        super().__init__("published_file_not_found", path=path)


class PublishedChanged(Conflict):
    """Somebody else replaced the file meanwhile; nothing was written."""

    def __init__(self, path: str) -> None:
        super().__init__("published_file_changed", path=path)


class PublishedFiles(Protocol):
    """Where the published files lie (the rules stand above).

    Every method raises `PathInvalid` or `AddressInvalid` for a path or id of another form, and lets
    `OSError` through when the storage is away or full.
    """

    def read(self, organization_id: str, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            PublishedNotFound: there is none.
        """
        ...

    def write(self, organization_id: str, files: Iterable[tuple[str, bytes]]) -> int:
        """Write files, whatever was there; all are durable when it returns. How many they were."""
        ...

    def swap(
        self, organization_id: str, path: str, content: bytes, *, expected: bytes | None
    ) -> None:
        """Replace a file that holds what is expected; None where there must be none.

        Raises:
            PublishedChanged: it holds something else.
            StoreUnusableError: the storage cannot keep rule 3.
        """
        ...

    def remove(self, organization_id: str, folder: str) -> None:
        """Remove every file below a path; there need not be any."""
        ...

    def list(self, organization_id: str) -> Iterator[str]:
        """The path of every file of the organisation, in no promised order."""
        ...


def published_key(organization_id: str, path: str) -> str:
    """The one key of a published file, with slashes.

    Raises:
        AddressInvalid, PathInvalid: an id or path that cannot be part of a key.
    """
    check_organization_id(organization_id)
    if _PATH.fullmatch(path) is None:
        raise PathInvalid("published_path_invalid", path=path)
    return f"{organization_id}/log/{path}"
