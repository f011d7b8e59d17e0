"""What a leaf may say of a signature, and of the key that made it: the forms alone.

1. `sig` stands on an accepted step that its actor signed. By `password` the house alone vouches for
   it; by `webauthn` it holds all that a stranger needs to check it with `cryptography` alone.
2. `credential` stands on the entry of a person's own stream that enrols or revokes a key.
3. Bytes are base64url without padding; client data is the JSON text that the browser signed, as is.
4. Neither holds personal data: the name that a person gave to a key stands in the payload.
"""

import base64
import binascii
import re
from collections.abc import Mapping

ALGORITHMS = frozenset({"ES256", "EdDSA", "RS256"})
CLIENT_DATA_MAX = 4_000
BYTES_MAX = 4_000

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_ORIGIN = re.compile(r"https?://[a-z0-9.:\[\]-]{1,250}", re.ASCII)
_RP_ID = re.compile(r"[a-z0-9.-]{1,250}", re.ASCII)

_BY_PASSWORD = frozenset({"kind", "meaning", "version"})
_BY_KEY = _BY_PASSWORD | {
    "nonce",
    "signed_at",
    "content",
    "key",
    "client_data",
    "authenticator_data",
    "signature",
}
_REVOKED = frozenset({"change", "id"})
_ENROLLED = _REVOKED | {"algorithm", "public_key", "rp_id", "origin", "sign_count"}


def is_sig(value: object) -> bool:
    """Whether the value is a signature block (rules 1 and 3)."""
    if not isinstance(value, Mapping) or not _is_signed(value):
        return False
    if value["kind"] == "password":
        return value.keys() == _BY_PASSWORD
    return (
        value["kind"] == "webauthn"
        and value.keys() == _BY_KEY
        and _is_hex(value["nonce"], 32)
        and _is_hex(value["content"], 64)
        and _is_instant(value["signed_at"])
        and _is_text(value["client_data"], CLIENT_DATA_MAX)
        and all(_is_bytes(value[name]) for name in ("key", "authenticator_data", "signature"))
    )


def is_credential(value: object) -> bool:
    """Whether the value enrols or revokes a key (rule 2)."""
    if not isinstance(value, Mapping) or not _is_bytes(value.get("id")):
        return False
    if value.get("change") == "revoked":
        return value.keys() == _REVOKED
    return (
        value.get("change") == "enrolled"
        and value.keys() == _ENROLLED
        and value["algorithm"] in ALGORITHMS
        and _is_bytes(value["public_key"])
        and _matches(_RP_ID, value["rp_id"])
        and _matches(_ORIGIN, value["origin"])
        and _is_count(value["sign_count"])
    )


def to_base64url(value: bytes) -> str:
    """Bytes as a leaf spells them."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes behind their only spelling.

    Raises:
        ValueError: it is another spelling, or none.
    """
    if _BASE64URL.fullmatch(text) is None:
        raise ValueError("not base64url")
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if to_base64url(value) != text:
        raise ValueError("not base64url")
    return value


def _is_signed(value: Mapping[object, object]) -> bool:
    meaning = value.get("meaning")
    return (
        isinstance(value.get("kind"), str)
        and isinstance(meaning, Mapping)
        and meaning.keys() == {"vi", "en"}
        and all(_is_text(words, 300) for words in meaning.values())
        and _is_count(value.get("version"))
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**32


def _is_text(value: object, length_max: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= length_max


def _is_hex(value: object, length: int) -> bool:
    return isinstance(value, str) and len(value) == length and _HEX.fullmatch(value) is not None


def _is_instant(value: object) -> bool:
    return _matches(_INSTANT, value)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_bytes(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= BYTES_MAX:
        return False
    try:
        from_base64url(value)
    except ValueError:
        return False
    return True
