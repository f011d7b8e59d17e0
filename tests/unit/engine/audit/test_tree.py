"""Test names repeat the numbers of the rules in `engine/audit/tree.py`."""

import pytest

from engine.audit.merkle import (
    EMPTY_ROOT,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)
from engine.audit.profile import AuditInputError
from engine.audit.tile import ENTRIES, Tile, tiles_of
from engine.audit.tree import GrowingTree, TiledTree

SIZES = (0, 1, 2, 3, 255, 256, 257, 511, 512, 600)
LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(SIZES[-1])]


def tiles_over(leaves: list[bytes]) -> dict[Tile, bytes]:
    tree = GrowingTree()
    tiles = {tile: content for leaf in leaves for tile, content in tree.append(leaf)}
    return tiles | dict(tree.partial_tiles())


def tree_over(leaves: list[bytes]) -> TiledTree:
    return TiledTree(tiles_over(leaves).__getitem__, size=len(leaves))


@pytest.mark.parametrize("size", SIZES)
def test_1_a_tree_reads_the_tiles_that_its_size_has_and_each_once(size: int) -> None:
    tiles = tiles_over(LEAVES[:size])
    assert tiles.keys() == {tile for tile in tiles_of(size) if tile.level != ENTRIES}
    asked: list[Tile] = []

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        return tiles[tile]

    tree = TiledTree(read, size=size)
    assert tree.root() == tree.root() == compact_range(LEAVES[:size]).root()
    assert len(asked) == len(set(asked))


def test_1_a_tile_of_another_length_is_refused() -> None:
    tree = TiledTree(lambda _tile: b"x" * 64, size=3)
    with pytest.raises(AuditInputError) as refused:
        tree.root()
    assert refused.value.code == "tile_malformed"


@pytest.mark.parametrize("size", [1, 7, 256, 300, 513])
def test_2_proofs_are_those_over_all_leaves(size: int) -> None:
    tree = tree_over(LEAVES[:520])
    for index in {0, size // 2, size - 1}:
        assert tree.leaf(index) == LEAVES[index]
        assert tree.inclusion_proof(index, size) == inclusion_proof(LEAVES[:size], index)
    for first in {1, size // 2 or 1, size - 1 or 1, size}:
        assert tree.consistency_proof(first, size) == consistency_proof(LEAVES[:size], first)
    assert tree.range(size) == compact_range(LEAVES[:size])


def test_2_its_own_size_is_meant_where_none_is_named() -> None:
    tree = tree_over(LEAVES[:9])
    assert tree.inclusion_proof(4) == inclusion_proof(LEAVES[:9], 4)
    assert tree.consistency_proof(4) == consistency_proof(LEAVES[:9], 4)


def test_2_a_tree_of_a_million_leaves_proves_out_of_a_few_tiles() -> None:
    asked: list[Tile] = []

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        return b"h" * 32 * tile.width

    assert len(TiledTree(read, size=1_000_000).inclusion_proof(123_456)) == 20
    assert len(asked) <= 6


def test_2_nothing_is_proved_outside_the_tree() -> None:
    tree = tree_over(LEAVES[:9])
    for ask in (
        lambda: tree.leaf(9),
        lambda: tree.leaf(-1),
        lambda: tree.root(10),
        lambda: tree.root(-1),
        lambda: tree.inclusion_proof(5, 5),
        lambda: tree.inclusion_proof(-1),
        lambda: tree.inclusion_proof(0, 10),
        lambda: tree.consistency_proof(0),
        lambda: tree.consistency_proof(6, 5),
        lambda: tree.consistency_proof(5, 10),
    ):
        with pytest.raises(AuditInputError) as refused:
            ask()
        assert refused.value.code == "index_outside_tree"


@pytest.mark.parametrize("old", SIZES)
def test_3_a_tree_goes_on_from_its_rightmost_tiles(old: int) -> None:
    tiles = tiles_over(LEAVES[:old])
    asked: list[Tile] = []

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        return tiles[tile]

    tree = GrowingTree(read, size=old)
    assert tree.range() == compact_range(LEAVES[:old])
    assert tree.last_leaves() == tuple(LEAVES[old - old % 256 : old])
    for leaf in LEAVES[old:]:
        tiles |= dict(tree.append(leaf))
    assert all(not tile.full for tile in asked)
    assert tree.root() == compact_range(LEAVES).root()
    whole = tiles_over(LEAVES)
    assert {tile: tiles[tile] for tile in whole if tile.full} == {
        tile: content for tile, content in whole.items() if tile.full
    }
    assert dict(tree.partial_tiles()) == {
        tile: content for tile, content in whole.items() if not tile.full
    }


def test_3_an_empty_tree_has_no_tiles() -> None:
    assert list(GrowingTree().partial_tiles()) == []
    assert GrowingTree().root() == EMPTY_ROOT == TiledTree(lambda _: b"", size=0).root()
