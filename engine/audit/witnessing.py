"""Asking a witness, and being one: the texts of C2SP tlog-witness and what they decide.

1. A request is the size that the witness saw last, the proof that the log grew out of it, and the
   checkpoint as it was published.
2. A witness answers from what it holds alone: an origin it does not know is 404; a checkpoint that
   no known key signed is 403; a last size that is not its own is 409 with its own; a proof that
   does not lead from one root to the other is 422. Only then does it cosign.
3. At its own size it cosigns again where the root is its own, and answers 409 where it is another:
   it has then seen two histories of one log.
4. What a witness signed for, it must hold durably before it answers; `decide` gives the new state
   with the answer, and whoever calls it keeps the first before sending the second, with nobody
   between reading the old state and keeping the new one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import SIZE_MAX, verify_consistency
from engine.audit.note import NoteVerifier, VerifierKey, open_note, parse_note
from engine.audit.profile import AuditInputError
from engine.audit.tlog_proof import PATH_MAX, decode_hash, encode_hashes

REQUEST_BYTES_MAX: Final = 64 * 1024
ANSWER_BYTES_MAX: Final = 64 * 1024
SIZE_TYPE: Final = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint that shall be cosigned.

    Attributes:
        old_size: what the witness saw last, as far as the log knows.
        checkpoint: the signed note.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


class Verdict(StrEnum):
    """What a witness makes of a request."""

    COSIGN = "cosign"
    MALFORMED = "malformed"
    UNKNOWN_LOG = "unknown_log"
    UNSIGNED = "unsigned"
    STALE = "stale"
    FORKED = "forked"
    INCONSISTENT = "inconsistent"


STATUS: Final[Mapping[Verdict, int]] = {
    Verdict.COSIGN: 200,
    Verdict.MALFORMED: 400,
    Verdict.UNKNOWN_LOG: 404,
    Verdict.UNSIGNED: 403,
    Verdict.STALE: 409,
    Verdict.FORKED: 409,
    Verdict.INCONSISTENT: 422,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to answer.

    Attributes:
        checkpoint: the new state, where the verdict is to cosign.
        size: the size that the witness holds, for a 409.
    """

    verdict: Verdict
    checkpoint: Checkpoint | None = None
    size: int = 0


def write_request(request: Request) -> bytes:
    """The body of `add-checkpoint`."""
    lines = (f"old {request.old_size}", *encode_hashes(request.proof), "")
    return "".join(f"{line}\n" for line in lines).encode() + request.checkpoint


def read_request(content: bytes) -> Request:
    """Reads the body of `add-checkpoint`.

    Raises:
        AuditInputError: `request_unreadable`.
    """
    head, blank, checkpoint = content.partition(b"\n\n")
    try:
        first, *rest = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise AuditInputError("request_unreadable") from None
    old = _OLD.fullmatch(first)
    proof = tuple(map(decode_hash, rest))
    if not blank or old is None or len(proof) > PATH_MAX or int(old[1]) > SIZE_MAX:
        raise AuditInputError("request_unreadable")
    known = tuple(node for node in proof if node is not None)
    if len(known) != len(proof):
        raise AuditInputError("request_unreadable")
    return Request(int(old[1]), known, checkpoint)


def read_size(content: bytes) -> int | None:
    """The size in the body of a 409; None when it holds none."""
    found = _SIZE.fullmatch(content)
    return int(found[1]) if found is not None and int(found[1]) <= SIZE_MAX else None


def origin_of(content: bytes) -> str | None:
    """The origin that a request names: for looking up its state, nobody vouches for it yet."""
    try:
        return Checkpoint.parse(parse_note(read_request(content).checkpoint).text).origin
    except AuditInputError:
        return None


def decide(content: bytes, *, keys: Sequence[VerifierKey], seen: Checkpoint | None) -> Decision:
    """What a witness makes of a request.

    Args:
        content: the body of `add-checkpoint`.
        keys: of every log that the witness knows.
        seen: what it cosigned last for the origin of the request.
    """
    try:
        request = read_request(content)
        checkpoint = Checkpoint.parse(parse_note(request.checkpoint).text)
    except AuditInputError:
        return Decision(Verdict.MALFORMED)
    own = [key for key in keys if key.name == checkpoint.origin]
    if not own:
        return Decision(Verdict.UNKNOWN_LOG)
    if not _signed(request.checkpoint, own):
        return Decision(Verdict.UNSIGNED)
    size = 0 if seen is None else seen.size
    verdict = _compared(request, checkpoint, seen)
    return Decision(verdict, checkpoint if verdict is Verdict.COSIGN else None, size)


def _compared(request: Request, checkpoint: Checkpoint, seen: Checkpoint | None) -> Verdict:
    """What a checkpoint that the log signed is beside what was seen (rules 2 and 3)."""
    if request.old_size > checkpoint.size:
        return Verdict.MALFORMED
    if request.old_size != (0 if seen is None else seen.size):
        return Verdict.STALE
    if seen is not None and checkpoint.size == seen.size and checkpoint.root != seen.root:
        return Verdict.FORKED
    return Verdict.COSIGN if _grown(request, seen, checkpoint) else Verdict.INCONSISTENT


def _signed(checkpoint: bytes, keys: Sequence[VerifierKey]) -> bool:
    """Whether a known key of the log signed; lines of others are passed over."""
    try:
        open_note(checkpoint, map(NoteVerifier, keys))
    except AuditInputError:
        return False
    return True


def _grown(request: Request, seen: Checkpoint | None, checkpoint: Checkpoint) -> bool:
    if seen is None or seen.size == 0:
        return not request.proof
    return verify_consistency(
        request.proof,
        first=seen.size,
        second=checkpoint.size,
        first_root=seen.root,
        second_root=checkpoint.root,
    )
