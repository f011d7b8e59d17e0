"""A receipt: one entry, in one file, provable without asking anybody (C2SP tlog-proof).

1. It holds the index, the way from the leaf up to the root, and the checkpoint word for word, with
   whatever signatures it has. Root and size come from the checkpoint alone.
2. It does not hold the entry: who checks brings its bytes, else nothing was proven about them.
3. `extra` is free and nobody signed it; we put the leaf there, so that the file can say what it
   proves. It is believed only after its hash led to the root.
4. The file is read strictly: what would be written otherwise is not read.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import HASH_BYTES, SIZE_MAX, verify_inclusion
from engine.audit.note import decoded_base64
from engine.audit.profile import AuditInputError

HEADER: Final = "c2sp.org/tlog-proof@v1"
MEDIA_TYPE: Final = "text/plain; charset=utf-8"
PROOF_BYTES_MAX: Final = 256 * 1024
PATH_MAX: Final = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """A receipt.

    Attributes:
        path: hashes from the leaf's sibling up to the child of the root.
        checkpoint: the signed note, as it was published.
        extra: free bytes that nobody vouches for.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def write_proof(proof: LogProof) -> bytes:
    """The file."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {_encoded(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [_encoded(node) for node in proof.path]
    return "".join(f"{line}\n" for line in (*lines, "")).encode() + proof.checkpoint


def read_proof(content: bytes) -> LogProof:
    """Reads a file.

    Raises:
        AuditInputError: `proof_unreadable` with the line at fault.
    """
    if len(content) > PROOF_BYTES_MAX:
        raise AuditInputError("proof_unreadable", line=0)
    head, blank, checkpoint = content.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise AuditInputError("proof_unreadable", line=1) from None
    if not blank or lines[0] != HEADER:
        raise AuditInputError("proof_unreadable", line=1)
    at = 1
    extra = None
    if len(lines) > at and lines[at].startswith("extra "):
        extra = _decoded(lines[at].removeprefix("extra "), line=at + 1)
        at += 1
    index = _INDEX.fullmatch(lines[at]) if len(lines) > at else None
    if index is None or int(index[1]) > SIZE_MAX or len(lines) - at - 1 > PATH_MAX:
        raise AuditInputError("proof_unreadable", line=at + 1)
    path = tuple(_node(text, line=line) for line, text in enumerate(lines[at + 1 :], start=at + 2))
    return LogProof(index=int(index[1]), path=path, checkpoint=checkpoint, extra=extra)


def note_in(content: bytes) -> bytes:
    """The checkpoint in a file that somebody kept: a checkpoint itself, or that of a receipt.

    Line ends that a telephone or a mail changed are put back, nothing else.

    Raises:
        AuditInputError: there is none.
    """
    lines = content.replace(b"\r\n", b"\n").strip() + b"\n"
    if lines.startswith(HEADER.encode()):
        return read_proof(lines).checkpoint
    return lines


def proves(proof: LogProof, leaf: bytes, *, checkpoint: Checkpoint) -> bool:
    """Whether a leaf hash stands at the proof's index in the tree of a checkpoint.

    Args:
        proof: the receipt as it was read.
        leaf: hash of the entry that is at hand.
        checkpoint: what was read from `proof.checkpoint` after its signatures were verified.
    """
    return verify_inclusion(
        proof.path, leaf, index=proof.index, size=checkpoint.size, root=checkpoint.root
    )


def encode_hashes(hashes: Sequence[bytes]) -> tuple[str, ...]:
    """One line for each hash, as proofs are written."""
    return tuple(map(_encoded, hashes))


def decode_hash(text: str) -> bytes | None:
    """The hash of a line; None when it is none."""
    node = decoded_base64(text)
    return node if node is not None and len(node) == HASH_BYTES else None


def _node(text: str, *, line: int) -> bytes:
    node = decode_hash(text)
    if node is None:
        raise AuditInputError("proof_unreadable", line=line)
    return node


def _decoded(text: str, *, line: int) -> bytes:
    content = decoded_base64(text)
    if content is None:
        raise AuditInputError("proof_unreadable", line=line)
    return content


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
