"""A security key in plain Python: enrols and signs as WebAuthn says, and lies when told to."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.audit.credential import from_base64url, to_base64url

ORIGIN = "http://localhost:8000"
RP_ID = "localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass(slots=True)
class SoftwareKey:
    """One authenticator with one key.

    Attributes:
        flags: what it says of its holder; present and verified unless a test says otherwise.
        counter: counts its signatures; 0 stays 0, as synchronised passkeys do.
    """

    algorithm: str = "ES256"
    id: bytes = b"a key of a test"
    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = PRESENT | VERIFIED
    counter: int = 1
    private: Any = field(default=None)

    def __post_init__(self) -> None:
        if self.private is None:
            self.private = {
                "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                "EdDSA": ed25519.Ed25519PrivateKey.generate,
                "RS256": lambda: rsa.generate_private_key(65537, 2048),
            }[self.algorithm]()

    @property
    def key_id(self) -> str:
        """The id as text."""
        return to_base64url(self.id)

    @property
    def public_der(self) -> bytes:
        """The public key as the log keeps it."""
        encoded: bytes = self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return encoded

    def enrolment(self) -> dict[str, Any]:
        """What a leaf says of this key when it is enrolled."""
        return {
            "change": "enrolled",
            "id": self.key_id,
            "algorithm": self.algorithm,
            "public_key": to_base64url(self.public_der),
            "rp_id": self.rp_id,
            "origin": self.origin,
            "sign_count": 0,
        }

    def create(self, challenge: str, *, kind: str = "webauthn.create") -> dict[str, Any]:
        """The answer to `navigator.credentials.create`, as a page sends it."""
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(self._cose())
        data = self._authenticator_data(self.flags | ATTESTED) + attested
        self.counter += self.counter > 0
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": self.key_id,
            "rawId": self.key_id,
            "type": "public-key",
            "response": {
                "clientDataJSON": to_base64url(self._client_data(kind, challenge).encode()),
                "attestationObject": to_base64url(attestation),
                "transports": ["internal"],
            },
        }

    def get(self, challenge: str, *, kind: str = "webauthn.get") -> dict[str, Any]:
        """The answer to `navigator.credentials.get`, as a page sends it."""
        signed = self.sign(from_base64url(challenge), kind=kind)
        return {
            "id": self.key_id,
            "rawId": self.key_id,
            "type": "public-key",
            "response": {
                "clientDataJSON": to_base64url(signed["client_data"].encode()),
                "authenticatorData": signed["authenticator_data"],
                "signature": signed["signature"],
                "userHandle": None,
            },
        }

    def sign(self, challenge: bytes, *, kind: str = "webauthn.get") -> dict[str, str]:
        """An assertion as a leaf keeps it; the counter goes on."""
        client_data = self._client_data(kind, to_base64url(challenge))
        data = self._authenticator_data(self.flags)
        signature = self._signature(data + hashlib.sha256(client_data.encode()).digest())
        self.counter += self.counter > 0
        return {
            "key": self.key_id,
            "client_data": client_data,
            "authenticator_data": to_base64url(data),
            "signature": to_base64url(signature),
        }

    def _client_data(self, kind: str, challenge: str) -> str:
        told = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(told, separators=(",", ":"))

    def _authenticator_data(self, flags: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _signature(self, message: bytes) -> bytes:
        match self.algorithm:
            case "ES256":
                made = self.private.sign(message, ec.ECDSA(SHA256()))
            case "EdDSA":
                made = self.private.sign(message)
            case _:
                made = self.private.sign(message, padding.PKCS1v15(), SHA256())
        return bytes(made)

    def _cose(self) -> dict[int, Any]:
        numbers = self.private.public_key()
        match self.algorithm:
            case "ES256":
                public = numbers.public_numbers()
                x, y = (part.to_bytes(32, "big") for part in (public.x, public.y))
                return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
            case "EdDSA":
                raw = numbers.public_bytes(Encoding.Raw, PublicFormat.Raw)
                return {1: 1, 3: -8, -1: 6, -2: raw}
            case _:
                public = numbers.public_numbers()
                modulus = public.n.to_bytes(256, "big")
                return {1: 3, 3: -257, -1: modulus, -2: public.e.to_bytes(3, "big")}
