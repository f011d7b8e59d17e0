"""What a checkpoint is worth to an auditor: signed by which log, and seen by whom.

1. Without a policy a checkpoint is read and not believed: who signed it is told as not checked.
2. With one, a key of a log that it names must have signed, under its own name as the origin, and as
   many witnesses as its quorum asks for. A signature of a known key that does not hold is a fault.
3. The time of a cosignature is a moment from outside: what the checkpoint covers was there by then.
   One that has not come yet is a fault.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import TIME_MAX, Cosignature, cosignatures_of
from engine.audit.note import Note, NoteVerifier, open_note, parse_note
from engine.audit.offline import Judge, Judged
from engine.audit.pack_log import Outside
from engine.audit.policy import TrustPolicy, quorum_met, read_policy
from engine.audit.profile import AuditInputError

_SECONDS_MAX = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


def judge_by(policy: bytes | None, *, now: datetime | None = None) -> Judge:
    """How checkpoints are judged by the content of a policy file, or by none.

    Raises:
        AuditInputError: the content is no policy.
    """
    if policy is None:
        return _unjudged
    read = read_policy(policy)
    not_after = TIME_MAX if now is None else int(now.timestamp())

    def judge(note: bytes) -> Judged:
        return _judged(note, read, not_after)

    return judge


def _unjudged(note: bytes) -> Judged:
    checkpoint = Checkpoint.parse(parse_note(note).text)
    return Judged(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        not_checked=("checkpoint_signature", "witnesses"),
    )


def _judged(note: bytes, policy: TrustPolicy, not_after: int) -> Judged:
    taken = parse_note(note)
    checkpoint = Checkpoint.parse(taken.text)
    keys = [log.key for log in policy.logs if log.key.name == checkpoint.origin]
    faults: list[tuple[str, str]] = []
    signers: list[str] = []
    try:
        opened = open_note(note, map(NoteVerifier, keys))
        signers += [signature.name for signature in opened.verified]
    except AuditInputError as error:
        faults.append((error.code, checkpoint.origin))
    seen = tuple(_witnessed(taken, policy, not_after, faults))
    names = {key.key: key.name for key in policy.witnesses}
    if not quorum_met(policy, [names[one.key] for one in seen]):
        faults.append(("quorum_not_met", policy.quorum or ""))
    return Judged(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        faults=tuple(faults),
        outside=tuple(_moments(seen, checkpoint.size)),
        signers=(*signers, *(one.key.name for one in seen)),
        not_checked=() if policy.quorum else ("witnesses",),
    )


def _witnessed(
    note: Note, policy: TrustPolicy, not_after: int, faults: list[tuple[str, str]]
) -> Iterator[Cosignature]:
    """The cosignatures of the policy's witnesses; one that does not hold is told, and not more."""
    for witness in policy.witnesses:
        try:
            yield from cosignatures_of(note, [witness.key], not_after=not_after)
        except AuditInputError as error:
            faults.append((error.code, witness.name))


def _moments(seen: tuple[Cosignature, ...], size: int) -> Iterator[Outside]:
    """When the checkpoint was seen; a time of nought says nothing about when."""
    for one in seen:
        if 0 < one.time <= _SECONDS_MAX:
            yield Outside(size, datetime.fromtimestamp(one.time, UTC))
