"""Cosignatures of witnesses over a checkpoint (C2SP tlog-cosignature), made and checked.

1. A cosignature says: at this time this was the largest tree of this log that I have seen, and it
   grew out of every one that I saw before. It is a signature line of a note like any other.
2. Two kinds are known: Ed25519 (`0x04`), which signs a text, and ML-DSA-44 (`0x06`), which signs a
   structure that names the witness, too.
3. Time is in whole seconds since 1970. One that lies further in the future than the reader's
   tolerance is a fault; a time of nought says nothing about when.
4. Only the checkpoint's own text is signed, never the signatures under it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from engine.audit.checkpoint import Checkpoint
from engine.audit.note import SEED_BYTES, Note, Signature, VerifierKey
from engine.audit.profile import AuditInputError

ED25519_COSIGNATURE: Final = 0x04
MLDSA44_COSIGNATURE: Final = 0x06
COSIGNATURE_TYPES: Final = (ED25519_COSIGNATURE, MLDSA44_COSIGNATURE)
TIME_BYTES: Final = 8
TIME_MAX: Final = 2**63 - 1

_SIGNATURE_BYTES: Final[Mapping[int, int]] = {ED25519_COSIGNATURE: 64, MLDSA44_COSIGNATURE: 2420}
_PUBLIC_BYTES: Final[Mapping[int, int]] = {ED25519_COSIGNATURE: 32, MLDSA44_COSIGNATURE: 1312}
_SUBTREE_LABEL: Final = b"subtree/v1\n\x00"
_NAME_BYTES_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that was verified.

    Attributes:
        time: seconds since 1970, as the witness says; 0 where it says none.
        signature: the line.
    """

    key: VerifierKey
    time: int
    signature: Signature


class CosignatureVerifier:
    """Checks the cosignatures of one witness; `note.open_note` takes it like any other key.

    Raises:
        AuditInputError: `key_type_unknown` unless the key is one of a cosigner.
    """

    __slots__ = ("_public", "key")

    def __init__(self, key: VerifierKey) -> None:
        if len(key.public_key) != _PUBLIC_BYTES.get(key.signature_type):
            raise AuditInputError("key_type_unknown", type=key.signature_type)
        self.key = key
        self._public: Ed25519PublicKey | MLDSA44PublicKey = (
            Ed25519PublicKey.from_public_bytes(key.public_key)
            if key.signature_type == ED25519_COSIGNATURE
            else MLDSA44PublicKey.from_public_bytes(key.public_key)
        )

    @property
    def name(self) -> str:
        """The name of the witness."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The id of the key."""
        return self.key.key_id

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether the witness made this cosignature for this checkpoint, at whatever time."""
        time = cosignature_time(signature)
        if len(signature) != TIME_BYTES + _SIGNATURE_BYTES[self.key.signature_type]:
            return False
        try:
            self._public.verify(signature[TIME_BYTES:], _message(self.key, text, time))
        except (InvalidSignature, AuditInputError):
            return False
        return True


class Cosigner:
    """Cosigns with a key of its own.

    Args:
        seed: the 32 secret bytes; an Ed25519 key must belong to one witness alone.

    Raises:
        AuditInputError: `key_seed_invalid` or `key_name_invalid`.
    """

    __slots__ = ("_private", "key")

    def __init__(
        self, name: str, seed: bytes, *, signature_type: int = ED25519_COSIGNATURE
    ) -> None:
        if len(seed) != SEED_BYTES:
            raise AuditInputError("key_seed_invalid", bytes=len(seed))
        self._private: Ed25519PrivateKey | MLDSA44PrivateKey = (
            Ed25519PrivateKey.from_private_bytes(seed)
            if signature_type == ED25519_COSIGNATURE
            else MLDSA44PrivateKey.from_seed_bytes(seed)
        )
        public = self._private.public_key().public_bytes_raw()
        self.key = VerifierKey(name, signature_type, public)

    def cosign(self, text: str, *, time: int) -> Signature:
        """The cosignature over the text of a checkpoint.

        Raises:
            AuditInputError: `checkpoint_malformed`, `cosignature_time_wrong`.
        """
        signature = self._private.sign(_message(self.key, text, time))
        return Signature(
            self.key.name, self.key.key_id, time.to_bytes(TIME_BYTES, "big") + signature
        )


def cosignature_time(signature: bytes) -> int:
    """The time that a cosignature names, in seconds since 1970; to be believed once verified."""
    return int.from_bytes(signature[:TIME_BYTES], "big")


def cosignatures_of(
    note: Note, keys: Iterable[VerifierKey], *, not_after: int
) -> tuple[Cosignature, ...]:
    """The cosignatures under a checkpoint that these keys made, in the order of the keys.

    Of several by one key the latest counts. Lines of strangers are passed over.

    Args:
        note: the checkpoint as it was taken apart.
        keys: of the witnesses whose word counts.
        not_after: seconds since 1970; a later time is one that has not come yet.

    Raises:
        AuditInputError: `cosignature_invalid`: a line of a known key does not hold;
            `cosignature_in_future`; `key_type_unknown`.
    """
    found: list[Cosignature] = []
    for key in keys:
        verifier = CosignatureVerifier(key)
        own = [
            _checked(verifier, note.text, signature, not_after=not_after)
            for signature in note.signatures
            if (signature.name, signature.key_id) == (verifier.name, verifier.key_id)
        ]
        found += sorted(own, key=lambda one: one.time)[-1:]
    return tuple(found)


def _checked(
    verifier: CosignatureVerifier, text: str, signature: Signature, *, not_after: int
) -> Cosignature:
    if not verifier.verify(text, signature.signature):
        raise AuditInputError("cosignature_invalid", name=verifier.name)
    time = cosignature_time(signature.signature)
    if time > not_after:
        raise AuditInputError("cosignature_in_future", name=verifier.name, time=time)
    return Cosignature(verifier.key, time, signature)


def _message(key: VerifierKey, text: str, time: int) -> bytes:
    """What is signed (rules 2 and 4)."""
    if not 0 <= time <= TIME_MAX:
        raise AuditInputError("cosignature_time_wrong", time=time)
    checkpoint = Checkpoint.parse(text)
    if key.signature_type == ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    return b"".join(
        (
            _SUBTREE_LABEL,
            _short(key.name.encode()),
            time.to_bytes(TIME_BYTES, "big"),
            _short(checkpoint.origin.encode()),
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _short(content: bytes) -> bytes:
    if len(content) > _NAME_BYTES_MAX:
        raise AuditInputError("cosigner_name_too_long", bytes=len(content))
    return len(content).to_bytes(1, "big") + content
