"""What stands beside a leaf: old and new values, reasons, and whatever else may be erased.

1. A payload is canonical bytes by the same profile as a leaf; the leaf holds
   SHA-256(salt ‖ bytes). Without bytes and salt the hash tells nothing, with them it proves all.
2. The salt is 16 fresh random bytes per payload, given by the caller; it is stored beside the
   bytes and erased with them.
3. Personal columns go into a payload of their own, so that erasing it leaves the rest readable.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from engine.audit.profile import AuditInputError, check_profile, read_canonical

SALT_BYTES = 16
PAYLOAD_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that changed.

    Attributes:
        record_set: the record set, none for a field of the case itself.
        row: id of the row, none for a field of the case itself.
        column: the column or field.
        old: the value before; null when there was none.
        new: the value after; null when it was taken away.
    """

    column: str
    old: Any
    new: Any
    record_set: str | None = None
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The erasable part of an entry.

    Attributes:
        changes: old and new values, in the order in which they were made.
        reason: the free text that the actor gave.
        details: what else a reader needs, such as the parameters of unmet rules.
    """

    changes: tuple[Change, ...] = ()
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """A payload ready to be stored.

    Attributes:
        body: its canonical bytes.
        salt: the random bytes that keep its hash from being guessed.
        digest: what the leaf holds, in hexadecimal.
    """

    body: bytes
    salt: bytes
    digest: str


def seal_payload(payload: Payload, salt: bytes) -> SealedPayload:
    """Makes the bytes of a payload and the hash that its leaf holds.

    Raises:
        AuditInputError: `salt_length` unless the salt has 16 bytes, `payload_too_large`, or a
            code of the input profile.
    """
    if len(salt) != SALT_BYTES:
        raise AuditInputError("salt_length", bytes=len(salt))
    content = _content(payload)
    check_profile(content)
    body = rfc8785.dumps(content)
    if len(body) > PAYLOAD_BYTES_MAX:
        raise AuditInputError("payload_too_large", bytes=len(body), bytes_max=PAYLOAD_BYTES_MAX)
    return SealedPayload(body, salt, hashlib.sha256(salt + body).hexdigest())


def payload_from_bytes(body: bytes) -> Payload:
    """Reads a stored payload back, for replay and for people.

    Raises:
        AuditInputError: `payload_unreadable`, or a code of the strict reader.
    """
    read = read_canonical(body)
    try:
        return Payload(
            changes=tuple(
                Change(
                    record_set=change["set"],
                    row=change["row"],
                    column=change["column"],
                    old=change["old"],
                    new=change["new"],
                )
                for change in read.get("changes", ())
            ),
            reason=read.get("reason"),
            details=read.get("details", {}),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise AuditInputError("payload_unreadable") from error


def _content(payload: Payload) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if payload.changes:
        content["changes"] = [
            {
                "set": change.record_set,
                "row": change.row,
                "column": change.column,
                "old": change.old,
                "new": change.new,
            }
            for change in payload.changes
        ]
    if payload.reason is not None:
        content["reason"] = payload.reason
    if payload.details:
        content["details"] = dict(payload.details)
    return content
