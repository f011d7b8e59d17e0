"""Where the word of a time authority (RFC 3161) lies beside a checkpoint, and who may check it.

1. A token says that an authority saw these very bytes at a time: what the checkpoint covers was
   there by then. It covers the note as the log signed it, without the lines of witnesses, so that
   `openssl ts -verify -data checkpoint -in token.tsr` needs the two files and the root alone.
2. Checking one needs more than this room may use. A checker is handed in by who has one; without
   it a token is told as not checked, and is never taken for a proof.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

TOKEN_BYTES_MAX: Final = 64 * 1024

_PATH = re.compile(r"timestamps/(?P<size>0|[1-9][0-9]{0,18})/(?P<name>[a-z.]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A token that was checked.

    Attributes:
        time: what the authority says, in UTC.
        authority: the name in its certificate.
    """

    time: datetime
    authority: str


class TimestampChecker(Protocol):
    """Checks a token over some bytes against roots of its own."""

    def __call__(self, token: bytes, message: bytes) -> Timestamp:
        """What the token says.

        Raises:
            AuditInputError: `timestamp_invalid` with the `problem`.
        """


@dataclass(frozen=True, slots=True)
class TimestampFiles:
    """Where the token over the checkpoint of one size lies, under the prefix of its log."""

    size: int

    @property
    def checkpoint(self) -> str:
        """The signed note that the token covers."""
        return f"timestamps/{self.size}/checkpoint"

    @property
    def token(self) -> str:
        """The answer of the authority, as it came."""
        return f"timestamps/{self.size}/token.tsr"

    @property
    def chain(self) -> str:
        """The certificates that were in the token, for programs that ask for a file of them."""
        return f"timestamps/{self.size}/chain.pem"

    @classmethod
    def of(cls, path: str) -> "TimestampFiles | None":
        """The files among which this path is; None when it is none of them."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        files = cls(int(found["size"]))
        return files if path in {files.checkpoint, files.token, files.chain} else None
