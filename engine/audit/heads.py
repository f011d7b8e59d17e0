"""The newest entry of every stream under one root, so that none of them can be withheld.

1. The heads are a tree as the log is one: a leaf for each stream, sorted by the bytes of its name,
   that says which entry is its newest.
2. An entry `heads_recorded` carries the root and how many streams there are; it speaks of every
   entry before itself in the log.
3. Who is given the entries of one stream only asks for the proof of its head: newest entries that
   were left out show, because the head names another one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from engine.audit.merkle import HASH_BYTES, inclusion_proof, leaf_hash, root_of, verify_inclusion
from engine.audit.profile import AuditInputError, canonical_text

_SUBJECT = re.compile(r"heads:(0|[1-9][0-9]{0,15}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class StreamHead:
    """The newest entry of a stream.

    Attributes:
        stream: its name.
        seq: the number of the entry in the stream.
        leaf_hash: the hash of the entry.

    Raises:
        AuditInputError: `head_invalid`.
    """

    stream: str
    seq: int
    leaf_hash: bytes

    def __post_init__(self) -> None:
        if not self.stream or self.seq < 0 or len(self.leaf_hash) != HASH_BYTES:
            raise AuditInputError("head_invalid", stream=self.stream)

    def leaf(self) -> bytes:
        """The hash under which it stands in the tree of heads (rule 1)."""
        body = {"head": self.leaf_hash.hex(), "seq": self.seq, "stream": self.stream}
        return leaf_hash(canonical_text(body).encode("utf-8"))


@dataclass(frozen=True, slots=True)
class Heads:
    """All heads at one moment, as an entry carries them (rule 2).

    Attributes:
        count: how many streams there were.
        root: over their heads.
    """

    count: int
    root: bytes

    def subject(self) -> str:
        """What the entry names as its subject."""
        return f"heads:{self.count}:{self.root.hex()}"

    @classmethod
    def parse(cls, subject: str) -> "Heads":
        """Reads what `subject` wrote.

        Raises:
            AuditInputError: `heads_malformed`.
        """
        read = _SUBJECT.fullmatch(subject)
        if read is None:
            raise AuditInputError("heads_malformed")
        return cls(int(read[1]), bytes.fromhex(read[2]))


@dataclass(frozen=True, slots=True)
class HeadProof:
    """That one head stands under a root.

    Attributes:
        head: the newest entry of the stream.
        index: its place among the sorted streams.
        path: from the head upwards.
    """

    head: StreamHead
    index: int
    path: tuple[bytes, ...]


def heads_of(heads: Iterable[StreamHead]) -> Heads:
    """The root over these heads, in whatever order they come.

    Raises:
        AuditInputError: `stream_repeated` when a stream comes twice.
    """
    ordered = _ordered(heads)
    return Heads(len(ordered), root_of(head.leaf() for head in ordered))


def prove_head(heads: Iterable[StreamHead], stream: str) -> HeadProof:
    """The proof of one stream among these heads.

    Raises:
        AuditInputError: `stream_unknown`, or `stream_repeated`.
    """
    ordered = _ordered(heads)
    for index, head in enumerate(ordered):
        if head.stream == stream:
            leaves = [each.leaf() for each in ordered]
            return HeadProof(head, index, inclusion_proof(leaves, index))
    raise AuditInputError("stream_unknown", stream=stream)


def verify_head(proof: HeadProof, recorded: Heads) -> bool:
    """Whether the head stands where the proof says, under what an entry recorded (rule 3)."""
    return verify_inclusion(
        proof.path, proof.head.leaf(), index=proof.index, size=recorded.count, root=recorded.root
    )


def _ordered(heads: Iterable[StreamHead]) -> list[StreamHead]:
    ordered = sorted(heads, key=lambda head: head.stream.encode("utf-8"))
    for before, after in pairwise(ordered):
        if before.stream == after.stream:
            raise AuditInputError("stream_repeated", stream=after.stream)
    return ordered
