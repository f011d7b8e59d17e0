"""What a log signs, as c2sp.org/tlog-checkpoint has it: its origin, its size and its root.

1. The text of a checkpoint is three lines: the origin, the size in decimal without leading zeroes,
   and the root in base64. Further lines are opaque; they are carried, never made here, because
   nobody could audit them.
2. The empty tree has one root, and no other may be claimed for it.
3. A checkpoint is only a claim until its note was opened with a key that the reader knows
   (`note.open_note`): size and root are taken from there and from nowhere else.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from engine.audit.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from engine.audit.note import Signature, Verifier, decoded_base64, open_note
from engine.audit.profile import AuditInputError

ORIGIN_CHARACTERS_MAX = 1000

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_BROKEN_LINE = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one size.

    Attributes:
        origin: which log it is.
        size: how many entries it has.
        root: over those entries.
        extensions: further lines, carried as they came.

    Raises:
        AuditInputError: `checkpoint_malformed` with the `problem`: `origin`, `size`, `root` or
            `extension`.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or len(self.origin) > ORIGIN_CHARACTERS_MAX or _breaks(self.origin):
            raise _fault("origin")
        if not 0 <= self.size <= SIZE_MAX:
            raise _fault("size")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise _fault("root")
        if any(not line or _breaks(line) for line in self.extensions):
            raise _fault("extension")

    def text(self) -> str:
        """The text that is signed, with its last newline."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(
            f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions)
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `text` wrote, and nothing else.

        Raises:
            AuditInputError: `checkpoint_malformed`, as the class; also `lines`.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise _fault("lines")
        origin, size, root, *extensions = lines[:-1]
        if _SIZE.fullmatch(size) is None:
            raise _fault("size")
        digest = decoded_base64(root)
        if digest is None:
            raise _fault("root")
        return cls(origin, int(size), digest, tuple(extensions))


class OpenedCheckpoint(NamedTuple):
    """A checkpoint whose note was opened.

    Attributes:
        checkpoint: what was signed.
        verified: one signature for each known key that signed it.
        unverified: signatures of keys that are not known.
    """

    checkpoint: Checkpoint
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def open_checkpoint(note: bytes, verifiers: Iterable[Verifier], *, origin: str) -> OpenedCheckpoint:
    """Opens the signed checkpoint of one log.

    Args:
        note: the checkpoint as it is published.
        verifiers: the keys of that log; cosignatures of witnesses are opened by those who ask for
            them, since a witness that signed alone does not speak for the log.
        origin: which log it must be.

    Raises:
        AuditInputError: as `note.open_note` and `Checkpoint.parse`; `origin_differs`.
    """
    text, verified, unverified = open_note(note, verifiers)
    checkpoint = Checkpoint.parse(text)
    if checkpoint.origin != origin:
        raise AuditInputError("origin_differs", origin=checkpoint.origin)
    return OpenedCheckpoint(checkpoint, verified, unverified)


def _breaks(line: str) -> bool:
    return _BROKEN_LINE.search(line) is not None


def _fault(problem: str) -> AuditInputError:
    return AuditInputError("checkpoint_malformed", problem=problem)
