"""The signature of a step: what is asked to be signed, and whether the answer fits.

1. What is signed is the very entry that the step will write (`engine/audit/signature`). It is put
   together twice: when somebody asks for the challenge, and when the step is taken. If anything of
   it changed in between, what was signed is not what would be written, and is refused.
2. A request serves once, within its term, for the person, the instance and the step that it names.
3. Everything that a stranger will check later is checked here first, by the same function.
4. A password is the house's own word; the entry says so, and nothing makes it look like more.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.audit.credential import (
    BYTES_MAX,
    CLIENT_DATA_MAX,
    from_base64url,
    is_sig,
    to_base64url,
)
from engine.audit.payload import SALT_BYTES
from engine.audit.signature import (
    Key,
    assertion_faults,
    challenge_of,
    content_digest,
    counter_of,
)
from engine.definition.model import Process
from engine.errors import Conflict, Invalid, Refused
from engine.machine.actor import Actor
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.signing import SigningKey, SigningRequest

TERM: Final = timedelta(minutes=10)
"""How long a challenge may wait for its answer; shorter than what a verifier allows."""
NONCE_BYTES: Final = 16
INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


class SignatureRefused(Refused):
    """A key answered, and the answer does not prove what it should."""


class SignatureOvertaken(Conflict):
    """What was signed is not what the step would write now; it is to be signed anew."""


class AssertionUnreadable(Invalid):
    """What was sent as a key's answer is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A key's answer to a challenge, as a leaf keeps it.

    Attributes:
        request: id of what was asked.
        key: id of the key.
        client_data: the JSON text that the browser signed; the rest in base64url.
    """

    request: str
    key: str
    client_data: str
    authenticator_data: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureAsked:
    """What somebody is asked to sign.

    Attributes:
        challenge: in base64url.
        keys: the keys that may answer.
        meaning: what the signature stands for, `{vi, en}`.
    """

    id: str
    challenge: str
    rp_id: str
    keys: tuple[SigningKey, ...]
    meaning: Mapping[str, str]
    at: datetime
    expires_at: datetime


def meaning_of(process: Process, transition: str) -> dict[str, str]:
    """What the signature of a step stands for."""
    step = process.transitions[transition]
    own = step.signing.meaning if step.signing is not None else None
    return dict((own or step.title).model_dump())


def ask(
    uow: UnitOfWork, draft: LogDraft, *, instance: str, meaning: Mapping[str, str], version: int
) -> SignatureAsked:
    """Keep what is to be signed, and say it.

    Raises:
        Conflict: the actor has no key.
    """
    person = draft.actor.person
    keys = uow.tables.signing.keys_of(person)
    if not keys:
        raise Conflict("no_signing_key")
    salts = (secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES))
    statement: dict[str, Any] = {
        "meaning": dict(meaning),
        "version": version,
        "nonce": secrets.token_hex(NONCE_BYTES),
        "signed_at": uow.now.astimezone(UTC).strftime(INSTANT),
        "content": content_digest(uow.tables.log.preview(replace(draft, salts=salts))),
    }
    challenge = to_base64url(challenge_of(statement, instance=instance))
    request = SigningRequest(
        id=statement["nonce"],
        person=person,
        instance_id=instance,
        challenge=challenge,
        body={"statement": statement, "salts": [salt.hex() for salt in salts]},
        made_at=uow.now,
    )
    uow.tables.signing.ask(request, forget_before=uow.now - TERM)
    return SignatureAsked(
        id=request.id,
        challenge=challenge,
        rp_id=keys[0].rp_id,
        keys=keys,
        meaning=meaning,
        at=uow.now,
        expires_at=uow.now + TERM,
    )


def signed_by_password(draft: LogDraft, *, meaning: Mapping[str, str], version: int) -> LogDraft:
    """The draft with the house's word that the password was given."""
    sig = {"kind": "password", "meaning": dict(meaning), "version": version}
    return replace(draft, sig=sig)


def signed_by_key(
    uow: UnitOfWork, draft: LogDraft, given: Assertion, *, instance: str, version: int
) -> LogDraft:
    """The draft with the signature in it, after everything of it was checked.

    Raises:
        SignatureOvertaken: the case or what was sent is no longer what was signed.
        SignatureRefused: too late, of another person or key, or it does not verify.
    """
    request = _request(uow, draft.actor, given.request, instance=instance)
    statement = request.body["statement"]
    first, second = (bytes.fromhex(salt) for salt in request.body["salts"])
    salted = replace(draft, salts=(first, second))
    now_content = content_digest(uow.tables.log.preview(salted))
    if (now_content, version) != (statement["content"], statement["version"]):
        raise SignatureOvertaken("signature_overtaken")
    key = uow.tables.signing.key(given.key)
    if key is None or key.person != draft.actor.person:
        raise SignatureRefused("signature_key_unknown")
    if key.revoked_at is not None:
        raise SignatureRefused("signature_key_revoked")
    sig = {
        "kind": "webauthn",
        **statement,
        "key": given.key,
        "client_data": given.client_data,
        "authenticator_data": given.authenticator_data,
        "signature": given.signature,
    }
    challenge = challenge_of(sig, instance=instance)
    faults = assertion_faults(sig, key=_as_logged(key), challenge=challenge)
    if not is_sig(sig) or faults:
        raise SignatureRefused(faults[0] if faults else "signature_unreadable")
    uow.tables.signing.answered(request.id)
    uow.tables.signing.use(key.id, sign_count=counter_of(sig), at=uow.now)
    return replace(salted, sig=sig)


def read_assertion(sent: Mapping[str, Any], *, request: str) -> Assertion:
    """Read what `navigator.credentials.get` answered, as a page sends it.

    Raises:
        AssertionUnreadable: it is something else.
    """
    try:
        response = sent["response"]
        client_data = from_base64url(_text(response["clientDataJSON"], BYTES_MAX * 2))
        assertion = Assertion(
            request=_text(request, NONCE_BYTES * 2),
            key=_text(sent["id"], BYTES_MAX),
            client_data=_text(client_data.decode("utf-8"), CLIENT_DATA_MAX),
            authenticator_data=_text(response["authenticatorData"], BYTES_MAX),
            signature=_text(response["signature"], BYTES_MAX),
        )
        for part in (assertion.key, assertion.authenticator_data, assertion.signature):
            from_base64url(part)
    except (KeyError, TypeError, ValueError) as error:
        raise AssertionUnreadable("assertion_unreadable") from error
    return assertion


def _request(uow: UnitOfWork, actor: Actor, request_id: str, *, instance: str) -> SigningRequest:
    request = uow.tables.signing.asked(request_id)
    if request is None or request.person != actor.person or request.instance_id != instance:
        raise SignatureRefused("signature_not_asked")
    if uow.now - request.made_at > TERM:
        raise SignatureRefused("signature_too_late")
    return request


def _as_logged(key: SigningKey) -> Key:
    return Key(
        person=key.person,
        algorithm=key.algorithm,
        public_key=from_base64url(key.public_key),
        rp_id=key.rp_id,
        origin=key.origin,
        sign_count=key.sign_count,
    )


def _text(value: object, length_max: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= length_max:
        raise ValueError("not a text of that length")
    return value
