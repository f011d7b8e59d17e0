"""An entry of the log as a value, and its canonical bytes.

`leaf` says what a body may hold; this module gives it types and writes it by RFC 8785. Written
bytes are final: they are hashed, stored and never made again from anything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

from engine.audit.leaf import BODY_BYTES_MAX, VERSION, EntryType, Outcome, check_leaf
from engine.audit.profile import AuditInputError, check_profile, read_canonical


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A piece of evidence that an entry rests on; its file name, being personal, stays outside.

    Attributes:
        id: the evidence record.
        sha256: digest of its bytes, in lower-case hexadecimal.
        size: number of its bytes.
        requirement: the slot of the definition that it fills.
    """

    id: str
    sha256: str
    size: int
    requirement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, or was refused.

    Attributes:
        type: what kind of thing.
        stream: `instance:<id>`, `organization`, `account:<id>`, `definition:<process>` or `log`.
        seq: its number in the stream, from 0.
        prev: leaf hash, in hexadecimal, of the entry before it in the stream.
        definition: digest of the definition in force.
        instance: id of the process instance.
        code: its readable number, such as `IA-2026-01`.
        process: id of the process.
        transition: the transition taken or attempted.
        outcome: accepted or refused.
        from_state: the state it left.
        to_state: the state it entered; none for a refusal.
        actor: opaque id of the person, or `system`.
        role: the role in which the actor did it.
        on_behalf: opaque id of the one who delegated.
        unit: the unit for which the role was held.
        token: id of the API token used, if any.
        recorded_at: when it was recorded, an aware instant, kept in UTC to the microsecond.
        effective_date: the legal date that the user gave.
        subject: what an entry outside the flow is about: an id, a slug or a digest.
        payload: salted hash of the payload beside it.
        personal: salted hash of its personal payload, which may be erased alone.
        unmet: codes of the rules that refused it.
        flags: codes of what was let through and marked.
        evidence: what it rests on.
        sig: the signature of who took the step (`credential` says its form).
        credential: the key that is enrolled or revoked.
    """

    type: EntryType
    stream: str
    seq: int
    actor: str
    recorded_at: datetime
    outcome: Outcome = Outcome.ACCEPTED
    prev: str | None = None
    definition: str | None = None
    instance: str | None = None
    code: str | None = None
    process: str | None = None
    transition: str | None = None
    from_state: str | None = None
    to_state: str | None = None
    role: str | None = None
    on_behalf: str | None = None
    unit: str | None = None
    token: str | None = None
    effective_date: date | None = None
    subject: str | None = None
    payload: str | None = None
    personal: str | None = None
    unmet: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()
    sig: Mapping[str, Any] | None = None
    credential: Mapping[str, Any] | None = None


_SAME_NAME = (
    "stream",
    "seq",
    "prev",
    "instance",
    "code",
    "process",
    "transition",
    "actor",
    "role",
    "on_behalf",
    "unit",
    "token",
    "subject",
    "payload",
    "personal",
    "sig",
    "credential",
)


def body_of(entry: Entry) -> dict[str, Any]:
    """The body as plain values, keys without a value left out; the source of all projections.

    Raises:
        AuditInputError: `time_naive`, `entry_malformed` or a code of the input profile.
    """
    body: dict[str, Any] = {name: getattr(entry, name) for name in _SAME_NAME}
    body |= {
        "v": VERSION,
        "type": str(entry.type),
        "outcome": str(entry.outcome),
        "def": entry.definition,
        "from": entry.from_state,
        "to": entry.to_state,
        "recorded_at": _instant(entry.recorded_at),
        "effective_date": entry.effective_date and entry.effective_date.isoformat(),
        "unmet": list(entry.unmet) or None,
        "flags": list(entry.flags) or None,
        "evidence": [_evidence(ref) for ref in entry.evidence] or None,
    }
    body = {key: value for key, value in body.items() if value is not None}
    check_profile(body)
    check_leaf(body)
    return body


def canonical_bytes(entry: Entry) -> bytes:
    """The leaf: the bytes that are hashed and stored.

    Raises:
        AuditInputError: as `body_of`, or `entry_too_large` above 65,535 bytes.
    """
    body = rfc8785.dumps(body_of(entry))
    if len(body) > BODY_BYTES_MAX:
        raise AuditInputError("entry_too_large", bytes=len(body), bytes_max=BODY_BYTES_MAX)
    return body


def entry_from_bytes(body: bytes) -> Entry:
    """Reads a leaf back; writing the result gives the same bytes.

    Raises:
        AuditInputError: `body_unreadable`, `body_not_canonical`, `entry_malformed` or a code of
            the input profile.
    """
    read = read_canonical(body)
    if not isinstance(read, Mapping):
        raise AuditInputError("body_unreadable")
    check_leaf(read)
    effective = read.get("effective_date")
    return Entry(
        **{name: read[name] for name in _SAME_NAME if name in read},
        type=EntryType(read["type"]),
        outcome=Outcome(read["outcome"]),
        definition=read.get("def"),
        from_state=read.get("from"),
        to_state=read.get("to"),
        recorded_at=datetime.fromisoformat(read["recorded_at"]),
        effective_date=date.fromisoformat(effective) if effective else None,
        unmet=tuple(read.get("unmet", ())),
        flags=tuple(read.get("flags", ())),
        evidence=tuple(EvidenceRef(**ref) for ref in read.get("evidence", ())),
    )


def _instant(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise AuditInputError("time_naive", path="$.recorded_at")
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return in_utc.isoformat(timespec="microseconds") + "Z"


def _evidence(ref: EvidenceRef) -> dict[str, Any]:
    return {
        "id": ref.id,
        "sha256": ref.sha256,
        "size": ref.size,
        "requirement": ref.requirement,
    }
