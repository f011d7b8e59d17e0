"""What the body of an entry may say: one table of keys, for the writer and for the verifier.

1. A body is one flat object; a key without a value is left out, never null or empty, so that
   one entry has one spelling.
2. A leaf holds no personal data in clear: people are opaque ids, free text and field values
   stand in a payload beside it, of which the leaf holds the salted hash.
3. What stands in the stream of an instance names that instance, its process and the digest of
   the definition in force; entry 0 of the stream is the creation, and nothing else is.
4. An accepted entry says where it led and has nothing unmet; a refused one says what was unmet
   and led nowhere.
5. An unknown version, type or key is a fault: a verifier that skipped what it does not know
   could be shown anything.
6. `sig` stands on an accepted step alone, `credential` on a change of keys alone.
7. A body is at most 65,535 bytes, because the public tile format counts an entry in 16 bits.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from engine.audit.credential import is_credential, is_sig
from engine.audit.profile import AuditInputError

VERSION = 1
BODY_BYTES_MAX = 65_535

INSTANCE_STREAM = "instance:"


class EntryType(StrEnum):
    """What kind of thing happened; the set is closed for a version of the format."""

    INSTANCE_CREATED = "instance_created"
    TRANSITION = "transition"
    FIELDS_CHANGED = "fields_changed"
    RECORD_CHANGED = "record_changed"
    COMMENT_ADDED = "comment_added"
    ASSIGNMENT_CHANGED = "assignment_changed"
    DEADLINE_CHANGED = "deadline_changed"
    ESCALATED = "escalated"
    WAIVER_GRANTED = "waiver_granted"
    APPROVAL_VOIDED = "approval_voided"
    INSTANCE_MIGRATED = "instance_migrated"
    EVIDENCE_ATTACHED = "evidence_attached"
    EVIDENCE_REVIEWED = "evidence_reviewed"
    EVIDENCE_SUPERSEDED = "evidence_superseded"
    EVIDENCE_DISPOSED = "evidence_disposed"
    EVIDENCE_READ = "evidence_read"
    PAYLOAD_ERASED = "payload_erased"
    DEFINITION_PUBLISHED = "definition_published"
    PLAN_CHANGED = "plan_changed"
    NUMBER_ISSUED = "number_issued"
    NUMBER_RESERVED = "number_reserved"
    NUMBER_CANCELLED = "number_cancelled"
    DOCUMENT_ISSUED = "document_issued"
    ORGANIZATION_CHANGED = "organization_changed"
    GRANT_CHANGED = "grant_changed"
    DELEGATION_CHANGED = "delegation_changed"
    CALENDAR_CHANGED = "calendar_changed"
    SETTING_CHANGED = "setting_changed"
    ACCOUNT_CHANGED = "account_changed"
    LOGIN = "login"
    LOGOUT = "logout"
    TOKEN_CHANGED = "token_changed"  # noqa: S105 - the name of a kind of entry, no secret
    WEBHOOK_CHANGED = "webhook_changed"
    DATA_IMPORTED = "data_imported"
    DATA_EXPORTED = "data_exported"
    KEY_CHANGED = "key_changed"
    CHECKPOINT_SIGNED = "checkpoint_signed"
    HEADS_RECORDED = "heads_recorded"
    LOG_RESTORED = "log_restored"
    PUBLICATION_REFUSED = "publication_refused"
    CLOCK_MOVED = "clock_moved"


class Outcome(StrEnum):
    """Whether what was asked for happened."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


_IDENTIFIER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@/+-]{0,199}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_STREAM = re.compile(
    r"organization|log|(?:instance|account|definition|register):[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}",
    re.ASCII,
)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_EVIDENCE_KEYS = frozenset({"id", "sha256", "size", "requirement"})


def is_digest(value: object) -> bool:
    """Whether the value is a SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def check_leaf(body: Mapping[str, Any]) -> None:
    """Refuses a body that says something the format does not know or contradicts itself.

    Raises:
        AuditInputError: `entry_malformed` with the `key` at fault and the `problem`: `unknown`,
            `missing`, `form` or the rule it breaks.
    """
    for key in body.keys() - _FORMS.keys():
        raise _fault(key, "unknown")
    for key in sorted(_ALWAYS - body.keys()):
        raise _fault(key, "missing")
    for key, value in body.items():
        if not _FORMS[key](value):
            raise _fault(key, "form")
    _check_place(body)
    _check_outcome(body)
    _check_signature(body)


def _check_place(body: Mapping[str, Any]) -> None:
    if (body["seq"] == 0) == ("prev" in body):
        raise _fault("prev", "first_has_none")
    if not body["stream"].startswith(INSTANCE_STREAM):
        return
    for key in ("instance", "process", "def"):
        if key not in body:
            raise _fault(key, "missing")
    if body["stream"] != INSTANCE_STREAM + body["instance"]:
        raise _fault("instance", "other_stream")
    if (body["type"] == EntryType.INSTANCE_CREATED) != (body["seq"] == 0):
        raise _fault("type", "creation_comes_first")


def _check_outcome(body: Mapping[str, Any]) -> None:
    refused = body["outcome"] == Outcome.REFUSED
    if refused != ("unmet" in body):
        raise _fault("unmet", "refusals_name_reasons")
    if refused and "to" in body:
        raise _fault("to", "refusals_lead_nowhere")
    if body["type"] != EntryType.TRANSITION:
        return
    for key in ("instance", "transition", "from"):
        if key not in body:
            raise _fault(key, "missing")
    if not refused and "to" not in body:
        raise _fault("to", "missing")


def _check_signature(body: Mapping[str, Any]) -> None:
    accepted = body["outcome"] == Outcome.ACCEPTED
    if "sig" in body and not (accepted and body["type"] == EntryType.TRANSITION):
        raise _fault("sig", "steps_are_signed")
    if "credential" in body and body["type"] != EntryType.KEY_CHANGED:
        raise _fault("credential", "keys_are_enrolled")


def _fault(key: str, problem: str) -> AuditInputError:
    return AuditInputError("entry_malformed", key=key, problem=problem)


def _is_version(value: object) -> bool:
    return value == VERSION and type(value) is int


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _is_stream(value: object) -> bool:
    return isinstance(value, str) and _STREAM.fullmatch(value) is not None


def _is_type(value: object) -> bool:
    return isinstance(value, str) and value in {known.value for known in EntryType}


def _is_outcome(value: object) -> bool:
    return isinstance(value, str) and value in {known.value for known in Outcome}


def _is_instant(value: object) -> bool:
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_identifier_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_identifier, value))


def _is_evidence_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_evidence, value))


def _is_evidence(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == _EVIDENCE_KEYS
        and _is_identifier(value["id"])
        and is_digest(value["sha256"])
        and _is_count(value["size"])
        and _is_identifier(value["requirement"])
    )


_FORMS: Mapping[str, Callable[[object], bool]] = {
    "v": _is_version,
    "type": _is_type,
    "stream": _is_stream,
    "seq": _is_count,
    "prev": is_digest,
    "def": is_digest,
    "instance": _is_identifier,
    "code": _is_identifier,
    "process": _is_identifier,
    "transition": _is_identifier,
    "outcome": _is_outcome,
    "from": _is_identifier,
    "to": _is_identifier,
    "actor": _is_identifier,
    "role": _is_identifier,
    "on_behalf": _is_identifier,
    "unit": _is_identifier,
    "token": _is_identifier,
    "recorded_at": _is_instant,
    "effective_date": _is_date,
    "subject": _is_identifier,
    "payload": is_digest,
    "personal": is_digest,
    "unmet": _is_identifier_list,
    "flags": _is_identifier_list,
    "evidence": _is_evidence_list,
    "sig": is_sig,
    "credential": is_credential,
}
_ALWAYS = frozenset({"v", "type", "stream", "seq", "outcome", "actor", "recorded_at"})
