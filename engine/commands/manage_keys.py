"""Keys with which people sign: enrolled by themselves, revoked by themselves or an administrator.

1. Whoever enrols or revokes a key has entered the password for it; the caller's function checked
   that, and what the browser answered. This file keeps what came of it.
2. The leaf holds the public key, the relying party and the origin: a stranger checks signatures
   from the log alone. The name that a person gives to a key stands in the payload.
3. A key is enrolled once. A revoked one is never enrolled again, for it may be in other hands.
4. An administrator revokes the key of somebody who cannot (lost, ill, gone), with a reason; the
   person hears of it. Nobody enrols a key for anybody else. Each change is an entry of the stream
   of the person whose key it is.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from engine.audit.credential import ALGORITHMS, to_base64url
from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import Actor
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.outbox import StoredMessage
from engine.storage.signing import SigningKey, SigningRequest
from engine.transaction.signing import NONCE_BYTES, TERM, SignatureRefused
from engine.transaction.texts import kept_text

KEYS_MAX: Final = 10
NAME_LENGTH_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentAsked:
    """What a new key is to answer: the id of the request and its challenge in base64url."""

    id: str
    challenge: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key whose answer was checked."""

    id: str
    algorithm: str
    public_key: bytes
    rp_id: str
    origin: str
    sign_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOfPerson:
    """A key that was not revoked, and the name of whose it is."""

    key: SigningKey
    name: str


def keys_of(runtime: Runtime, caller: Caller) -> tuple[SigningKey, ...]:
    """The caller's keys that were not revoked."""
    with runtime.read(caller.organization_id) as uow:
        return uow.tables.signing.keys_of(caller.person)


def ask_enrolment(runtime: Runtime, caller: Caller) -> EnrolmentAsked:
    """Make a challenge for a new key of the caller.

    Raises:
        Conflict: there are enough of them.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        known = uow.tables.signing.keys_of(actor.person)
        if len(known) >= KEYS_MAX:
            raise Conflict("too_many_keys", most=KEYS_MAX)
        request = SigningRequest(
            id=secrets.token_hex(NONCE_BYTES),
            person=actor.person,
            instance_id=None,
            challenge=to_base64url(secrets.token_bytes(32)),
            body={},
            made_at=uow.now,
        )
        uow.tables.signing.ask(request, forget_before=uow.now - TERM)
        uow.commit()
        return EnrolmentAsked(
            id=request.id, challenge=request.challenge, known=tuple(key.id for key in known)
        )


def challenge_asked(runtime: Runtime, caller: Caller, request_id: str) -> str:
    """The challenge of an enrolment that the caller asked for, and that waits.

    Raises:
        SignatureRefused: nobody asked, or too long ago.
    """
    with runtime.read(caller.organization_id) as uow:
        return _asked(uow, caller, request_id).challenge


def enrol_key(
    runtime: Runtime, caller: Caller, request_id: str, new: NewKey, *, name: str
) -> SigningKey:
    """Keep a new key of the caller.

    Raises:
        SignatureRefused: nobody asked, or too long ago.
        Conflict: the key is enrolled, or was.
        Invalid: it is of a kind that nobody could check later, or has no name.
    """
    told = (kept_text("name", name) or "")[:NAME_LENGTH_MAX]
    if not told:
        raise Invalid("key_without_name")
    if new.algorithm not in ALGORITHMS:
        raise Invalid("key_algorithm_unknown", known=sorted(ALGORITHMS))
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        uow.tables.log.lock()
        request = _asked(uow, caller, request_id)
        if uow.tables.signing.key(new.id) is not None:
            raise Conflict("key_known")
        key = SigningKey(
            id=new.id,
            person=actor.person,
            name=told,
            algorithm=new.algorithm,
            public_key=to_base64url(new.public_key),
            rp_id=new.rp_id,
            origin=new.origin,
            sign_count=new.sign_count,
            enrolled_at=uow.now,
        )
        uow.tables.signing.answered(request.id)
        uow.tables.signing.add(key)
        names = ("id", "algorithm", "public_key", "rp_id", "origin", "sign_count")
        credential = {"change": "enrolled", **{part: getattr(key, part) for part in names}}
        uow.tables.log.append(
            LogDraft(
                type=EntryType.KEY_CHANGED,
                stream=f"account:{actor.person}",
                at=uow.now,
                actor=actor,
                subject=actor.person,
                credential=credential,
                details={"name": told, "reauthenticated": "password"},
            )
        )
        uow.commit()
        return key


def revoke_key(runtime: Runtime, caller: Caller, key_id: str) -> None:
    """End a key of the caller; what it signed before stays signed.

    Raises:
        NotFound: the caller has no such key, or has revoked it.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        uow.tables.log.lock()
        key = uow.tables.signing.key(key_id)
        if key is None or key.person != actor.person or key.revoked_at is not None:
            raise NotFound("unknown_key", key=key_id)
        _revoke(uow, actor, key)
        uow.commit()


def keys_in_force(runtime: Runtime, caller: Caller) -> tuple[KeyOfPerson, ...] | NotAllowed:
    """Everybody's keys that were not revoked, for an administrator."""
    with runtime.read(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        keys = uow.tables.signing.in_force()
        known = uow.tables.organization.known({key.person for key in keys}, on=uow.today)
        return tuple(
            KeyOfPerson(key=key, name=known[key.person].name if key.person in known else key.person)
            for key in keys
        )


def revoke_key_of_another(
    runtime: Runtime, caller: Caller, key_id: str, *, reason: str
) -> NotAllowed | None:
    """End somebody's key as an administrator; what it signed before stays signed.

    Raises:
        NotFound: there is no such key, or it was revoked.
        Invalid: `reason_missing`.
    """
    told = kept_text("reason", reason)
    if not told:
        raise Invalid("reason_missing")
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        uow.tables.log.lock()
        key = uow.tables.signing.key(key_id)
        if key is None or key.revoked_at is not None:
            raise NotFound("unknown_key", key=key_id)
        _revoke(uow, uow.actor(caller), key, reason=told)
        uow.tables.outbox.add(
            StoredMessage(
                id=uow.new_id(),
                person=key.person,
                message="key_revoked",
                params={"name": key.name, "reason": told},
                instance_id=None,
                created_at=uow.now,
            )
        )
        uow.commit()
        return None


def _revoke(uow: UnitOfWork, actor: Actor, key: SigningKey, *, reason: str | None = None) -> None:
    """The key ends, with its entry in the stream of its person."""
    uow.tables.signing.revoke(key.id, at=uow.now)
    uow.tables.log.append(
        LogDraft(
            type=EntryType.KEY_CHANGED,
            stream=f"account:{key.person}",
            at=uow.now,
            actor=actor,
            subject=key.person,
            credential={"change": "revoked", "id": key.id},
            details={"name": key.name, "reauthenticated": "password"},
            reason=reason,
        )
    )


def _asked(uow: UnitOfWork, caller: Caller, request_id: str) -> SigningRequest:
    request = uow.tables.signing.asked(request_id)
    if request is None or request.person != caller.person or request.instance_id is not None:
        raise SignatureRefused("signature_not_asked")
    if uow.now - request.made_at > TERM:
        raise SignatureRefused("signature_too_late")
    return request
