"""The Merkle tree of RFC 6962 over the leaves of a log.

1. A leaf hashes as SHA-256(0x00 ‖ body), an inner node as SHA-256(0x01 ‖ left ‖ right): the two
   prefixes keep a node from being passed off as a leaf.
2. A tree of n leaves splits at the largest power of two below n. No leaf is ever duplicated.
3. The empty tree has the root SHA-256 of nothing.
4. A compact range keeps one node for each bit set in the size: enough to append and to know the
   root without reading the log again. The head row of a log stores it.
5. An inclusion proof shows that a leaf is in a tree; a consistency proof shows that a tree grew
   out of a smaller one by appending alone. Checking either needs nothing but two roots.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.audit.profile import AuditInputError

HASH_BYTES = 32
SIZE_BYTES = 8
SIZE_MAX = 2**63 - 1

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(body: bytes) -> bytes:
    """The hash of a leaf (rule 1)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (rule 1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The whole left part of a growing tree, folded (rule 4).

    Attributes:
        size: how many leaves it stands for.
        nodes: the roots of its perfect subtrees, the largest and leftmost first.

    Raises:
        AuditInputError: `range_invalid` when the nodes do not fit the size.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        fits = 0 <= self.size <= SIZE_MAX and len(self.nodes) == self.size.bit_count()
        if not fits or any(len(node) != HASH_BYTES for node in self.nodes):
            raise AuditInputError("range_invalid", size=self.size, nodes=len(self.nodes))

    def append(self, leaf: bytes) -> "CompactRange":
        """The range with one more leaf hash at its right end."""
        nodes = [*self.nodes, leaf]
        # Each trailing one bit of the old size is a subtree as large as what stands to its right.
        for _ in range(_trailing_ones(self.size)):
            right = nodes.pop()
            nodes.append(node_hash(nodes.pop(), right))
        return CompactRange(self.size + 1, tuple(nodes))

    def root(self) -> bytes:
        """The root of the tree: its perfect subtrees folded from the right."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root

    def to_bytes(self) -> bytes:
        """Eight bytes of size, most significant first, then the nodes in order."""
        return self.size.to_bytes(SIZE_BYTES, "big") + b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "CompactRange":
        """Reads what `to_bytes` wrote.

        Raises:
            AuditInputError: `range_invalid`.
        """
        nodes = stored[SIZE_BYTES:]
        if len(stored) < SIZE_BYTES or len(nodes) % HASH_BYTES:
            raise AuditInputError("range_invalid", bytes=len(stored))
        return cls(
            int.from_bytes(stored[:SIZE_BYTES], "big"),
            tuple(nodes[start : start + HASH_BYTES] for start in range(0, len(nodes), HASH_BYTES)),
        )


def compact_range(leaves: Iterable[bytes]) -> CompactRange:
    """The compact range over these leaf hashes, in order."""
    grown = CompactRange()
    for leaf in leaves:
        grown = grown.append(leaf)
    return grown


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes, in order."""
    return compact_range(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf in the tree over these leaf hashes, from the leaf upwards.

    Raises:
        AuditInputError: `index_outside_tree`.
    """
    if not 0 <= index < len(leaves):
        raise AuditInputError("index_outside_tree", index=index, size=len(leaves))
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """The nodes which show that the tree over these leaves grew out of its first `first` leaves.

    Raises:
        AuditInputError: `index_outside_tree` unless 1 ≤ first ≤ number of leaves.
    """
    if not 1 <= first <= len(leaves):
        raise AuditInputError("index_outside_tree", index=first, size=len(leaves))
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end > first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[start:middle]))
            start = middle
    if start:
        # A subtree that does not begin at the left edge is unknown to whoever holds the old root.
        path.append(root_of(leaves[start:end]))
    return tuple(reversed(path))


def verify_inclusion(
    proof: Sequence[bytes], leaf: bytes, *, index: int, size: int, root: bytes
) -> bool:
    """Whether the proof leads from this leaf hash, at this index, to the root of this size."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    proof: Sequence[bytes], *, first: int, second: int, first_root: bytes, second_root: bytes
) -> bool:
    """Whether the proof leads from both roots to one history: the first size is its prefix."""
    if not 1 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    node, last = first - 1, second - 1
    shift = _trailing_ones(node)
    node, last = node >> shift, last >> shift
    path = list(proof) if node else [first_root, *proof]
    if not path:
        return False
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_ones(number: int) -> int:
    return ((number + 1) & -(number + 1)).bit_length() - 1
