"""Signed notes, as c2sp.org/signed-note has them: a text, and lines that sign it.

1. A note is UTF-8 text that ends in a newline, an empty line, and one line for each signature: em
   dash, space, name of the key, space, base64 of the key's id and the signature. The last empty
   line of the note separates the two.
2. No control character but the newline; a name is not empty and holds neither space nor plus;
   base64 has one spelling. A note is at most a mebibyte and a hundred signatures long.
3. A key is known by its name *and* its id. What other keys signed is passed over and listed; one
   signature of a known key that does not hold makes the whole note worthless, and a note that no
   known key signed is none.
4. The id of a key is the beginning of SHA-256(name ‖ newline ‖ type ‖ public key), so that one name
   can have several keys while they are being changed.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.audit.profile import AuditInputError

ED25519 = 0x01
"""Type of a plain Ed25519 signature over the text."""

NOTE_BYTES_MAX = 1024 * 1024
SIGNATURES_MAX = 100
KEY_ID_BYTES = 4
SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
NAME_CHARACTERS_MAX = 1000

_DASH = "— "
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: of the key.
        key_id: the key's id, four bytes.
        signature: what the key made of the text.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {_spelled(self.key_id + self.signature)}\n"


class Note(NamedTuple):
    """A note that was taken apart; nothing of it is verified.

    Attributes:
        text: with its last newline.
        signatures: in the order of their lines.
    """

    text: str
    signatures: tuple[Signature, ...]


class OpenedNote(NamedTuple):
    """A note that at least one known key signed.

    Attributes:
        text: with its last newline.
        verified: one signature for each known key that signed, in the order of the lines.
        unverified: signatures of keys that are not known, which prove nothing.
    """

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


class Verifier(Protocol):
    """Checks the signatures of one key; each type of signature has its own."""

    @property
    def name(self) -> str:
        """The name of the key."""

    @property
    def key_id(self) -> bytes:
        """The id of the key."""

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether the key made this signature for this text."""


class Signer(Protocol):
    """Signs with one key; each type of signature has its own."""

    @property
    def name(self) -> str:
        """The name of the key."""

    @property
    def key_id(self) -> bytes:
        """The id of the key."""

    def sign(self, text: str) -> bytes:
        """The signature for this text."""


def key_id(name: str, signature_type: int, public_key: bytes) -> bytes:
    """The id of a key (rule 4)."""
    covered = name.encode("utf-8") + b"\n" + bytes([signature_type]) + public_key
    return hashlib.sha256(covered).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as people hand it on: `name+id+base64(type ‖ key)`.

    Attributes:
        name: of the key.
        signature_type: which kind of signature it makes.
        public_key: its bytes, as that type encodes them.

    Raises:
        AuditInputError: `key_name_invalid`.
    """

    name: str
    signature_type: int
    public_key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def key_id(self) -> bytes:
        """The id of the key."""
        return key_id(self.name, self.signature_type, self.public_key)

    @property
    def vkey(self) -> str:
        """The one line by which it is handed on."""
        key = _spelled(bytes([self.signature_type]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Reads what `vkey` wrote, of whatever type.

        Raises:
            AuditInputError: `vkey_malformed` or `key_name_invalid`.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3 or _KEY_ID.fullmatch(parts[1]) is None:
            raise AuditInputError("vkey_malformed", problem="form")
        name, identity, encoded = parts
        key = decoded_base64(encoded)
        if key is None or len(key) < 2:
            raise AuditInputError("vkey_malformed", problem="key")
        found = cls(name, key[0], key[1:])
        if found.key_id.hex() != identity:
            raise AuditInputError("vkey_malformed", problem="id")
        return found


class NoteVerifier:
    """Checks Ed25519 signatures (type 0x01).

    Raises:
        AuditInputError: `key_type_unknown` unless the key is an Ed25519 key of this type.
    """

    __slots__ = ("_public", "key")

    def __init__(self, key: VerifierKey) -> None:
        if key.signature_type != ED25519 or len(key.public_key) != PUBLIC_KEY_BYTES:
            raise AuditInputError("key_type_unknown", type=key.signature_type)
        self.key = key
        self._public = Ed25519PublicKey.from_public_bytes(key.public_key)

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """The verifier of a key as it is handed on.

        Raises:
            AuditInputError: `vkey_malformed`, `key_name_invalid` or `key_type_unknown`.
        """
        return cls(VerifierKey.parse(vkey))

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The id of the key."""
        return self.key.key_id

    @property
    def vkey(self) -> str:
        """The public key as it is handed on."""
        return self.key.vkey

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether the key made this signature for this text."""
        try:
            self._public.verify(signature, text.encode("utf-8"))
        except InvalidSignature:
            return False
        return True


class NoteSigner:
    """Signs with an Ed25519 key (type 0x01).

    Args:
        name: of the key; a log signs under its origin.
        seed: the 32 secret bytes.

    Raises:
        AuditInputError: `key_name_invalid` or `key_seed_invalid`.
    """

    __slots__ = ("_private", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise AuditInputError("key_seed_invalid", bytes=len(seed))
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        self.verifier = NoteVerifier(VerifierKey(name, ED25519, public))

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.verifier.name

    @property
    def key_id(self) -> bytes:
        """The id of the key."""
        return self.verifier.key_id

    @property
    def vkey(self) -> str:
        """The public key as it is handed on."""
        return self.verifier.vkey

    def sign(self, text: str) -> bytes:
        """The signature for this text."""
        return self._private.sign(text.encode("utf-8"))


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note of this text, signed by each of these keys, in their order.

    Raises:
        AuditInputError: `note_malformed` when the text cannot be one, or nobody signs it.
    """
    _check_text(text)
    return join_note(text, [Signature(s.name, s.key_id, s.sign(text)) for s in signers])


def join_note(text: str, signatures: Iterable[Signature]) -> bytes:
    """The note of a text and its signatures, such as cosignatures that came later.

    Raises:
        AuditInputError: `note_malformed` when nobody could read it.
    """
    note = (text + "\n" + "".join(signature.line() for signature in signatures)).encode("utf-8")
    if parse_note(note).text != text:
        raise AuditInputError("note_malformed", problem="text")
    return note


def parse_note(note: bytes) -> Note:
    """Takes a note apart without verifying anything (rules 1 and 2).

    Raises:
        AuditInputError: `note_malformed` with the `problem`: `size`, `encoding`, `control`,
            `separator`, `text`, `line` or `signatures`.
    """
    if len(note) > NOTE_BYTES_MAX:
        raise AuditInputError("note_malformed", problem="size")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AuditInputError("note_malformed", problem="encoding") from error
    head, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise AuditInputError("note_malformed", problem="separator")
    text = head + "\n"
    _check_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise AuditInputError("note_malformed", problem="signatures")
    return Note(text, tuple(map(_signature, lines)))


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Opens a note that one of these keys, at least, must have signed (rule 3).

    Raises:
        AuditInputError: as `parse_note`; `note_signature_invalid` when a signature of a known key
            does not hold; `note_not_signed` when no known key signed; `verifiers_ambiguous` when
            two of the keys cannot be told apart.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) is not verifier:
            raise AuditInputError("verifiers_ambiguous", name=verifier.name)
    text, signatures = parse_note(note)
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: list[Signature] = []
    for signature in signatures:
        identity = (signature.name, signature.key_id)
        if identity not in known:
            unverified.append(signature)
            continue
        if not known[identity].verify(text, signature.signature):
            raise AuditInputError("note_signature_invalid", name=signature.name)
        verified.setdefault(identity, signature)
    if not verified:
        raise AuditInputError("note_not_signed")
    return OpenedNote(text, tuple(verified.values()), tuple(unverified))


def decoded_base64(text: str) -> bytes | None:
    """The bytes of the one spelling of a standard base64 text; none for any other text."""
    try:
        read = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return read if _spelled(read) == text else None


def _signature(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2 or not _is_name(parts[0]):
        raise AuditInputError("note_malformed", problem="line")
    blob = decoded_base64(parts[1])
    if blob is None or len(blob) <= KEY_ID_BYTES:
        raise AuditInputError("note_malformed", problem="line")
    return Signature(parts[0], blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise AuditInputError("note_malformed", problem="text")
    if _CONTROL.search(text) is not None:
        raise AuditInputError("note_malformed", problem="control")


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise AuditInputError("key_name_invalid")


def _is_name(name: str) -> bool:
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or _CONTROL.search(name) is not None:
        return False
    return not any(character.isspace() or character == "+" for character in name)


def _spelled(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
