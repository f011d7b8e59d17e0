"""A tree that is read from its tiles, and one that grows into them.

1. A reader is a function from a tile to its bytes. It is asked only for tiles that the tree has at
   its size, each at most once, and what it gives is believed only as far as its length: a proof
   that was computed from it is to be verified against a signed root like any other.
2. Every node of a proof is the root of a perfect subtree, or folded from such: no leaf is read but
   those in the tiles at hand. A proof in a tree of n leaves reads O(log n / 8) tiles.
3. What was folded into a full tile is forgotten: growing needs the rightmost tiles alone.
"""

from collections.abc import Callable, Iterator, Sequence

from engine.audit.merkle import CompactRange, node_hash
from engine.audit.profile import AuditInputError
from engine.audit.tile import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    members_at,
    read_hashes,
    tile_at,
    write_hashes,
)

TileReader = Callable[[Tile], bytes]
"""Gives the bytes of a hash tile."""


class TiledTree:
    """A tree of one size, read from its tiles.

    Args:
        read: gives the bytes of a tile.
        size: how many leaves the tree has, from a checkpoint that was verified.

    Raises:
        AuditInputError: `tile_malformed` from any method, when a tile has not the length that the
            size asks for.
    """

    def __init__(self, read: TileReader, *, size: int) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[Tile, tuple[bytes, ...]] = {}

    def leaf(self, index: int) -> bytes:
        """The hash of a leaf.

        Raises:
            AuditInputError: `index_outside_tree`.
        """
        if not 0 <= index < self.size:
            raise AuditInputError("index_outside_tree", index=index, size=self.size)
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree, or of what it was at a smaller size.

        Raises:
            AuditInputError: `index_outside_tree`.
        """
        return self.range(size).root()

    def range(self, size: int | None = None) -> CompactRange:
        """The folded tree at its own or a smaller size.

        Raises:
            AuditInputError: `index_outside_tree`.
        """
        wanted = self._size(size)
        nodes = tuple(self._node(height, start >> height) for start, height in _perfect(0, wanted))
        return CompactRange(wanted, nodes)

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The audit path of one leaf at the tree's own or a smaller size, from the leaf upwards.

        Raises:
            AuditInputError: `index_outside_tree`.
        """
        start, end = 0, self._size(size)
        if not 0 <= index < end:
            raise AuditInputError("index_outside_tree", index=index, size=end)
        path: list[bytes] = []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._span(middle, end))
                end = middle
            else:
                path.append(self._span(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """The nodes which show that the tree at `second` grew out of the one at `first`.

        Raises:
            AuditInputError: `index_outside_tree` unless 1 ≤ first ≤ second ≤ size.
        """
        start, end = 0, self._size(second)
        if not 1 <= first <= end:
            raise AuditInputError("index_outside_tree", index=first, size=end)
        path: list[bytes] = []
        while end > first:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._span(middle, end))
                end = middle
            else:
                path.append(self._span(start, middle))
                start = middle
        if start:
            path.append(self._span(start, end))
        return tuple(reversed(path))

    def _size(self, size: int | None) -> int:
        wanted = self.size if size is None else size
        if not 0 <= wanted <= self.size:
            raise AuditInputError("index_outside_tree", index=wanted, size=self.size)
        return wanted

    def _span(self, start: int, end: int) -> bytes:
        """The root over some leaves that begin where a subtree of that size may begin."""
        nodes = [self._node(height, begin >> height) for begin, height in _perfect(start, end)]
        root = nodes[-1]
        for node in reversed(nodes[:-1]):
            root = node_hash(node, root)
        return root

    def _node(self, height: int, index: int) -> bytes:
        """The root of the perfect subtree of this height and number."""
        level, above = divmod(height, TILE_HEIGHT)
        number, offset = divmod(index << above, TILE_WIDTH)
        hashes = self._tile(tile_at(level, number, size=self.size))
        return _folded(hashes[offset : offset + (1 << above)])

    def _tile(self, tile: Tile) -> tuple[bytes, ...]:
        if tile not in self._tiles:
            self._tiles[tile] = read_hashes(self._read(tile), width=tile.width)
        return self._tiles[tile]


class GrowingTree:
    """A tree that leaves are appended to, and that hands out its tiles (rule 3).

    Args:
        read: gives the rightmost tiles of what is there already; not asked for an empty tree.
        size: how many leaves are there already.
    """

    def __init__(self, read: TileReader | None = None, *, size: int = 0) -> None:
        self.size = size
        self._edge: list[list[bytes]] = []
        level = 0
        while members := members_at(level, size):
            number, width = divmod(members, TILE_WIDTH)
            edge: list[bytes] = []
            if width and read is not None:
                tile = Tile(level, number, width)
                edge = list(read_hashes(read(tile), width=width))
            self._edge.append(edge)
            level += 1

    def append(self, leaf: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Append a leaf hash.

        Yields:
            The tiles that this leaf filled, which never change any more, with their bytes.
        """
        self.size += 1
        level, node = 0, leaf
        while True:
            if level == len(self._edge):
                self._edge.append([])
            edge = self._edge[level]
            edge.append(node)
            if len(edge) < TILE_WIDTH:
                return
            yield Tile(level, members_at(level, self.size) // TILE_WIDTH - 1), write_hashes(edge)
            node = _folded(edge)
            edge.clear()
            level += 1

    def last_leaves(self) -> tuple[bytes, ...]:
        """The hashes of the leaves that are in no full tile yet."""
        return tuple(self._edge[0]) if self._edge else ()

    def partial_tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """The tiles at the right edge that are not full, with their bytes."""
        for level, edge in enumerate(self._edge):
            if edge:
                number = members_at(level, self.size) // TILE_WIDTH
                yield Tile(level, number, len(edge)), write_hashes(edge)

    def range(self) -> CompactRange:
        """The folded tree as it is now."""
        nodes: list[bytes] = []
        for edge in reversed(self._edge):
            nodes += [
                _folded(edge[begin : begin + (1 << height)])
                for begin, height in _perfect(0, len(edge))
            ]
        return CompactRange(self.size, tuple(nodes))

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return self.range().root()


def _perfect(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees that leaves fold into, as first leaf and height, left to right."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield start, height
        start += 1 << height


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The root over as many hashes as a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)
