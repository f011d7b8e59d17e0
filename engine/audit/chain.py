"""How an entry is bound to its stream, and to the key that only the application holds.

1. Each stream counts its entries from 0; an entry names the leaf hash of the one before it in
   its stream, and the first names none.
2. The HMAC covers the organisation, the index in its log and the leaf hash. Whoever can write
   the database but does not hold the key cannot slip a row into the tail of a log.
3. Every part of the HMAC's input has a fixed length or is preceded by its length, so that no
   other entry spells the same bytes.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from engine.audit.merkle import HASH_BYTES
from engine.audit.profile import AuditInputError

KEY_BYTES_MIN = 32
BLOCK_BYTES = 64

_PURPOSE = b"quytrinh log entry 1\0"


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest entry of a stream.

    Attributes:
        seq: its number in the stream.
        leaf_hash: what the next entry must name as `prev`.
    """

    seq: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry stands in its stream.

    Attributes:
        seq: its number, from 0.
        prev: leaf hash of the entry before it, none for the first.
    """

    seq: int
    prev: bytes | None


def link_after(tip: Tip | None) -> Link:
    """The place of the next entry of a stream."""
    if tip is None:
        return Link(0, None)
    return Link(tip.seq + 1, tip.leaf_hash)


def link_faults(link: Link, *, tip: Tip | None) -> tuple[str, ...]:
    """What is wrong with an entry's place, given the entry before it in its stream.

    Returns:
        Any of `stream_gap`, `stream_repeated` and `prev_differs`; nothing for a sound link.
    """
    expected = link_after(tip)
    faults = []
    if link.seq > expected.seq:
        faults.append("stream_gap")
    if link.seq < expected.seq:
        faults.append("stream_repeated")
    if link.prev != expected.prev:
        faults.append("prev_differs")
    return tuple(faults)


def sealer(key: bytes, *, organization_id: str) -> Callable[[int, bytes], bytes]:
    """What `entry_hmac` gives for one log, many times over: the key is worked in once.

    Raises:
        AuditInputError: as `entry_hmac`.
    """
    entry_hmac(key, organization_id=organization_id, idx=0, leaf_hash=bytes(HASH_BYTES))
    name = organization_id.encode("utf-8")
    # RFC 2104, whose two halves begin alike for every entry; a longer key is its own digest.
    short = key if len(key) <= BLOCK_BYTES else hashlib.sha256(key).digest()
    block = short.ljust(BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    inner.update(_PURPOSE + bytes([len(name)]) + name)
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def seal(idx: int, leaf_hash: bytes) -> bytes:
        within, around = inner.copy(), outer.copy()
        within.update(idx.to_bytes(8, "big") + leaf_hash)
        around.update(within.digest())
        return around.digest()

    return seal


def entry_hmac(key: bytes, *, organization_id: str, idx: int, leaf_hash: bytes) -> bytes:
    """The seal of an entry under the application's key (rules 2 and 3).

    Raises:
        AuditInputError: `key_too_short` below 32 bytes, `seal_input_invalid` otherwise.
    """
    if len(key) < KEY_BYTES_MIN:
        raise AuditInputError("key_too_short", bytes_min=KEY_BYTES_MIN)
    name = organization_id.encode("utf-8")
    if len(leaf_hash) != HASH_BYTES or not 0 <= idx < 2**63 or len(name) > 255:
        raise AuditInputError("seal_input_invalid", idx=idx)
    covered = _PURPOSE + bytes([len(name)]) + name + idx.to_bytes(8, "big") + leaf_hash
    return hmac.new(key, covered, hashlib.sha256).digest()
