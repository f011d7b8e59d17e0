"""Whether a step was signed by whom its entry says, over exactly what it says; no house needed.

1. What is signed is the entry itself: its body without place (`seq`, `prev`), moment of recording
   and the signature, and without the ids of evidence records, whose bytes are named by digest.
2. The challenge is SHA-256 over the canonical statement of that content, the meaning, the case, the
   number of its steps, a nonce and the moment. Nothing of it can be carried to another entry.
3. A key counts from the entry of its person that enrols it to the one that revokes it; origin and
   relying party are those of the enrolment; the holder was present and verified by the device.
4. The counter of a key never falls, and no signature stands twice.
5. A step whose definition asks for a signature and whose actor had a key is not believed without
   it: an approval that the operator wrote in another's name shows here. A password, where that
   suffices, is only the house's word; such steps are counted, not proved.

Entries are handed over in the order of the log. Needs `cryptography` beside the standard library.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from engine.audit.credential import from_base64url
from engine.audit.leaf import EntryType, Outcome
from engine.audit.profile import canonical_text

PURPOSE = "quytrinh step signature 1"
AGE_MAX = timedelta(minutes=15)
"""How long after its statement was made a signature may still be recorded."""
ACCOUNT_STREAM = "account:"

_NOT_SIGNED = frozenset({"seq", "prev", "recorded_at", "sig"})
_SIGNED_OF_EVIDENCE = ("requirement", "sha256", "size")
_FLAG_PRESENT = 0x01
_FLAG_VERIFIED = 0x04


@dataclass(slots=True)
class Key:
    """A key as the log enrolled it.

    Attributes:
        person: whose it is.
        sign_count: the counter that was seen last.
    """

    person: str
    algorithm: str
    public_key: bytes
    rp_id: str
    origin: str
    sign_count: int
    revoked: bool = False


def content_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of what a signature covers of an entry (rule 1)."""
    content = {key: value for key, value in body.items() if key not in _NOT_SIGNED}
    if "evidence" in content:
        content["evidence"] = [
            {name: ref[name] for name in _SIGNED_OF_EVIDENCE} for ref in content["evidence"]
        ]
    return hashlib.sha256(canonical_text(content).encode("utf-8")).hexdigest()


def challenge_of(sig: Mapping[str, Any], *, instance: str) -> bytes:
    """The challenge that a signature block answers (rule 2)."""
    statement = {
        "purpose": PURPOSE,
        "instance": instance,
        **{name: sig[name] for name in ("content", "meaning", "nonce", "signed_at", "version")},
    }
    return hashlib.sha256(canonical_text(statement).encode("utf-8")).digest()


def assertion_faults(sig: Mapping[str, Any], *, key: Key, challenge: bytes) -> tuple[str, ...]:
    """What is wrong with an assertion, given the key and the challenge that it must answer."""
    try:
        told = json.loads(sig["client_data"])
        data = from_base64url(sig["authenticator_data"])
        signature = from_base64url(sig["signature"])
        answered = from_base64url(told["challenge"])
        kind, origin, crossed = told["type"], told["origin"], told.get("crossOrigin", False)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ("signature_unreadable",)
    if len(data) < 37:
        return ("signature_unreadable",)
    counter = int.from_bytes(data[33:37], "big")
    checks = (
        ("signature_type_differs", kind == "webauthn.get"),
        ("signature_challenge_differs", answered == challenge),
        ("signature_origin_differs", origin == key.origin and crossed is False),
        ("signature_rp_differs", data[:32] == hashlib.sha256(key.rp_id.encode()).digest()),
        ("signature_holder_absent", bool(data[32] & _FLAG_PRESENT)),
        ("signature_holder_unverified", bool(data[32] & _FLAG_VERIFIED)),
        ("signature_count_fell", counter > key.sign_count or counter == key.sign_count == 0),
        ("signature_invalid", _verifies(sig, key, data, signature)),
    )
    return tuple(code for code, holds in checks if not holds)


def counter_of(sig: Mapping[str, Any]) -> int:
    """The counter that the authenticator told with an assertion."""
    return int.from_bytes(from_base64url(sig["authenticator_data"])[33:37], "big")


class Signatures:
    """Keys and signatures of one log, entry by entry.

    Attributes:
        by_key: signatures that were proved.
        by_password: steps that only the house vouches for.
        keys: credential id → key, revoked ones included.
    """

    def __init__(self) -> None:
        self.by_key = 0
        self.by_password = 0
        self.keys: dict[str, Key] = {}
        self._versions: dict[str, int] = {}
        self._seen: set[str] = set()

    def take(self, body: Mapping[str, Any], *, sign: object = None) -> tuple[str, ...]:
        """What is wrong with one entry, whose body passed `check_leaf`.

        Args:
            body: the entry.
            sign: what the definition in force says under `sign` of its transition.
        """
        if body["type"] == EntryType.KEY_CHANGED and "credential" in body:
            return tuple(self._key_changed(body))
        if body["type"] != EntryType.TRANSITION or body["outcome"] != Outcome.ACCEPTED:
            return ("signature_unexpected",) if "sig" in body else ()
        version = self._versions.get(body["instance"], 0) + 1
        self._versions[body["instance"]] = version
        sig = body.get("sig")
        if sig is None:
            return tuple(self._unsigned(body, sign))
        faults = [] if sig["version"] == version else ["signature_version_differs"]
        if sig["kind"] == "password":
            self.by_password += 1
            return (*faults, *self._by_password(body, sign))
        return (*faults, *self._by_key(body, sig))

    def has_key(self, person: str) -> bool:
        """Whether a person has a key that was not revoked by now."""
        return any(key.person == person and not key.revoked for key in self.keys.values())

    def _key_changed(self, body: Mapping[str, Any]) -> Iterator[str]:
        told = body["credential"]
        person = body["stream"].removeprefix(ACCOUNT_STREAM)
        known = self.keys.get(told["id"])
        if body["outcome"] != Outcome.ACCEPTED or not body["stream"].startswith(ACCOUNT_STREAM):
            yield "credential_unexpected"
        elif told["change"] == "revoked":
            if known is None or known.person != person or known.revoked:
                yield "credential_unknown"
            else:
                known.revoked = True
        elif known is not None or body["actor"] != person:
            yield "credential_not_ones_own" if known is None else "credential_enrolled_twice"
        else:
            self.keys[told["id"]] = key_of(told, person=person)

    def _unsigned(self, body: Mapping[str, Any], sign: object) -> Iterator[str]:
        asked, keyed_only, _ = rule_of(sign)
        if asked and (keyed_only or self.has_key(body["actor"])):
            yield "signature_missing"

    def _by_password(self, body: Mapping[str, Any], sign: object) -> Iterator[str]:
        _, keyed_only, password_too = rule_of(sign)
        if keyed_only or (self.has_key(body["actor"]) and not password_too):
            yield "signature_by_password"

    def _by_key(self, body: Mapping[str, Any], sig: Mapping[str, Any]) -> Iterator[str]:
        if sig["nonce"] in self._seen:
            yield "signature_reused"
        self._seen.add(sig["nonce"])
        if sig["content"] != content_digest(body):
            yield "signature_content_differs"
        waited = datetime.fromisoformat(body["recorded_at"]) - datetime.fromisoformat(
            sig["signed_at"]
        )
        if not timedelta(0) <= waited <= AGE_MAX:
            yield "signature_out_of_time"
        key = self.keys.get(sig["key"])
        if key is None or key.person != body["actor"]:
            yield "signature_key_unknown" if key is None else "signature_key_of_another"
            return
        if key.revoked:
            yield "signature_key_revoked"
        challenge = challenge_of(sig, instance=body["instance"])
        faults = assertion_faults(sig, key=key, challenge=challenge)
        yield from faults
        if not faults:
            key.sign_count = counter_of(sig)
            self.by_key += 1


def key_of(credential: Mapping[str, Any], *, person: str) -> Key:
    """The key that an enrolment tells of."""
    return Key(
        person=person,
        algorithm=credential["algorithm"],
        public_key=from_base64url(credential["public_key"]),
        rp_id=credential["rp_id"],
        origin=credential["origin"],
        sign_count=credential["sign_count"],
    )


def rule_of(sign: object) -> tuple[bool, bool, bool]:
    """What a definition asks of a step: (signed, by key alone, by password in spite of a key)."""
    if isinstance(sign, Mapping):
        with_ = sign.get("with", "key_or_password")
        return True, with_ == "key", with_ == "any"
    return bool(sign), False, False


def _verifies(sig: Mapping[str, Any], key: Key, data: bytes, signature: bytes) -> bool:
    signed = data + hashlib.sha256(sig["client_data"].encode("utf-8")).digest()
    try:
        public = load_der_public_key(key.public_key)
        if key.algorithm == "ES256" and isinstance(public, ec.EllipticCurvePublicKey):
            if not isinstance(public.curve, ec.SECP256R1):
                return False
            public.verify(signature, signed, ec.ECDSA(SHA256()))
        elif key.algorithm == "EdDSA" and isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, signed)
        elif key.algorithm == "RS256" and isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), SHA256())
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
