"""One witness is asked to cosign one checkpoint.

1. What the witness saw last is what it said last; where it says another size, the proof is made
   anew from there and sent once more.
2. Only cosignatures that verify with the witness's own key are kept; other lines are a stranger's.
3. A witness that saw more than this log has, or another history of it, is no failure of the wire
   but an alarm: the log was rolled back, or forked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import cosignatures_of
from engine.audit.note import Signature, VerifierKey, parse_note
from engine.audit.profile import AuditInputError
from engine.audit.witnessing import ANSWER_BYTES_MAX, Request, read_size, write_request
from engine.witness.calling import Answer, Call, CallFailed, post

CLOCK_TOLERANCE_SECONDS: Final = 300
TRIES: Final = 3


class Said(StrEnum):
    """What came of asking a witness."""

    COSIGNED = "cosigned"
    AHEAD = "ahead"
    FORKED = "forked"
    UNKNOWN_LOG = "unknown_log"
    NOT_TRUSTED = "not_trusted"
    MALFORMED = "malformed"
    MOVING = "moving"
    COSIGNATURE_WRONG = "cosignature_wrong"
    FAILED = "failed"


ALARMS: Final = frozenset({Said.AHEAD, Said.FORKED})
"""Not a fault of the line: what the witness saw and what the log is cannot both be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The outcome.

    Attributes:
        size: the largest size that the witness is known to have seen; None when it said nothing.
        line: its cosignature over the checkpoint.
        time: seconds since 1970, as the witness says.
        problem: what went wrong, for an operator.
    """

    said: Said
    size: int | None = None
    line: Signature | None = None
    time: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a witness is asked.

    Attributes:
        checkpoint: the signed note as published; `head` is what it says.
        prove: the consistency proof from a size to the checkpoint's, by a size of 1 or more.
        not_after: seconds since 1970 beyond which a cosignature cannot be of today.
        send: makes the call; a test may stand in for the wire.
    """

    checkpoint: bytes
    head: Checkpoint
    prove: Callable[[int], tuple[bytes, ...]]
    not_after: int
    send: Callable[[str, Call], Answer] = post


def ask(url: str, key: VerifierKey, question: Question, *, seen: int) -> Asked:
    """Ask a witness.

    Args:
        url: its submission prefix.
        key: whose cosignatures count.
        question: the checkpoint, and how it is proven.
        seen: the size that it is believed to have seen last; 0 when nothing is known.
    """
    size = min(seen, question.head.size)
    for _ in range(TRIES):
        try:
            answer = question.send(f"{url.rstrip('/')}/add-checkpoint", _call(question, size))
        except CallFailed as failure:
            return Asked(said=Said.FAILED, problem=f"{failure.code} {failure.problem}".strip())
        if answer.status != 409:
            return _read(answer, key, question, size=size)
        held = read_size(answer.content)
        if held is None:
            return Asked(said=Said.FAILED, problem="409 without a size")
        if held > question.head.size:
            return Asked(said=Said.AHEAD, size=held, problem=f"{held} > {question.head.size}")
        if held == size:
            # It was given its own size and still does not agree: the roots differ.
            return Asked(said=Said.FORKED, size=held, problem=f"409 at {held}")
        size = held
    # Somebody else goes on sending to it; the next run finds it elsewhere.
    return Asked(said=Said.MOVING, size=size)


def _call(question: Question, size: int) -> Call:
    proof = question.prove(size) if 0 < size < question.head.size else ()
    return Call(
        content=write_request(Request(size, proof, question.checkpoint)),
        media_type="text/plain; charset=utf-8",
        answer_max=ANSWER_BYTES_MAX,
    )


def _read(answer: Answer, key: VerifierKey, question: Question, *, size: int) -> Asked:
    problem = f"{answer.status} {_start(answer.content)}".strip()
    match answer.status:
        case 200:
            return _cosigned(answer.content, key, question)
        case 422:
            # Our proof is made from our own leaves: it fails only where what it saw is no part
            # of them.
            return Asked(said=Said.FORKED, size=size, problem=problem)
        case 404:
            return Asked(said=Said.UNKNOWN_LOG, problem=problem)
        case 403:
            return Asked(said=Said.NOT_TRUSTED, problem=problem)
        case 400:
            return Asked(said=Said.MALFORMED, problem=problem)
        case _:
            return Asked(said=Said.FAILED, problem=problem)


def _cosigned(content: bytes, key: VerifierKey, question: Question) -> Asked:
    try:
        note = parse_note(question.checkpoint + content)
        found = cosignatures_of(note, [key], not_after=question.not_after)
    except AuditInputError as error:
        return Asked(said=Said.COSIGNATURE_WRONG, problem=error.code)
    if not found:
        return Asked(said=Said.COSIGNATURE_WRONG, problem="no line of its key")
    (own,) = found
    return Asked(said=Said.COSIGNED, size=question.head.size, line=own.signature, time=own.time)


def _start(content: bytes) -> str:
    text = content[:120].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
