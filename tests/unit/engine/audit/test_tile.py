"""Test names repeat the numbers of the rules in `engine/audit/tile.py`."""

from collections import Counter

import pytest

from engine.audit.merkle import HASH_BYTES
from engine.audit.profile import AuditInputError
from engine.audit.tile import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    beginning_of,
    changed_tiles,
    read_entries,
    read_hashes,
    tile_at,
    tiles_of,
    write_entries,
    write_hashes,
)

HASHES = [bytes([n]) * 32 for n in range(256)]


@pytest.mark.parametrize("width", [1, 2, 255, 256])
def test_1_a_hash_tile_survives_its_bytes(width: int) -> None:
    content = write_hashes(HASHES[:width])
    assert len(content) == 32 * width
    assert read_hashes(content, width=width) == tuple(HASHES[:width])


@pytest.mark.parametrize("hashes", [[], [*HASHES, HASHES[0]], [b"short"]])
def test_1_what_is_no_hash_tile_is_not_written(hashes: list[bytes]) -> None:
    with pytest.raises(AuditInputError):
        write_hashes(hashes)


@pytest.mark.parametrize(
    ("content", "width"), [(b"", 0), (b"x" * 32, 2), (b"x" * 33, 1), (b"x" * 32 * 257, 257)]
)
def test_1_a_hash_tile_of_another_length_is_refused(content: bytes, width: int) -> None:
    with pytest.raises(AuditInputError) as refused:
        read_hashes(content, width=width)
    assert refused.value.code == "tile_malformed"


def test_2_an_entry_stands_behind_its_length_in_two_bytes() -> None:
    assert write_entries([b"", b"abc", b"x" * 256]) == b"\0\0\0\3abc\1\0" + b"x" * 256


@pytest.mark.parametrize("bodies", [[b""], [b"a", b"", b"bc"], [b"x" * 65_535] * 2, HASHES])
def test_2_a_bundle_survives_its_bytes(bodies: list[bytes]) -> None:
    assert read_entries(write_entries(bodies), width=len(bodies)) == tuple(bodies)


@pytest.mark.parametrize(
    ("bodies", "code"),
    [
        ([], "tile_malformed"),
        ([b""] * 257, "tile_malformed"),
        ([b"x" * 65_536], "entry_too_large"),
    ],
)
def test_2_what_is_no_bundle_is_not_written(bodies: list[bytes], code: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        write_entries(bodies)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("content", "width"),
    [(b"", 0), (b"\0", 1), (b"\0\2a", 1), (b"\0\1a", 2), (b"\0\1a\0", 1), (b"\0\0" * 257, 257)],
)
def test_2_a_bundle_of_another_length_is_refused(content: bytes, width: int) -> None:
    with pytest.raises(AuditInputError) as refused:
        read_entries(content, width=width)
    assert refused.value.code == "tile_malformed"


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        # The example of the specification.
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(1, 5, 17), "tile/1/005.p/17"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
        (Tile(ENTRIES, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
    ],
)
def test_3_a_tile_is_found_at_its_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_3_no_other_spelling_is_a_path(path: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        Tile.parse(path)
    assert refused.value.code == "tile_path_invalid"


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**60, 1), (0, 0, 0)]
)
def test_3_there_is_no_such_tile(level: int, index: int, width: int) -> None:
    with pytest.raises(AuditInputError):
        Tile(level, index, width)


def test_4_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    full = Counter(tile.level for tile in tiles if tile.full)
    assert full == {ENTRIES: 273, 0: 273, 1: 1}
    partial = {tile.level: tile.width for tile in tiles if not tile.full}
    assert partial == {ENTRIES: 112, 0: 112, 1: 17, 2: 1}


def test_4_a_tree_of_256_has_a_full_tile_and_one_hash_above_it() -> None:
    assert set(tiles_of(256)) == {Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)}
    assert list(tiles_of(0)) == []


def test_4_only_tiles_at_the_right_edge_change() -> None:
    assert list(changed_tiles(300, 300)) == []
    assert set(changed_tiles(300, 301)) == {Tile(ENTRIES, 1, 45), Tile(0, 1, 45)}
    assert set(changed_tiles(511, 513)) == {
        Tile(ENTRIES, 1),
        Tile(ENTRIES, 2, 1),
        Tile(0, 1),
        Tile(0, 2, 1),
        Tile(1, 0, 2),
    }


@pytest.mark.parametrize("old", [-1, 4])
def test_4_a_tree_does_not_shrink(old: int) -> None:
    with pytest.raises(AuditInputError):
        list(changed_tiles(old, 3))


def test_4_a_tree_has_no_tile_beyond_its_size() -> None:
    assert tile_at(0, 1, size=300) == Tile(0, 1, 44)
    for index in (-1, 2):
        with pytest.raises(AuditInputError):
            tile_at(0, index, size=300)


@pytest.mark.parametrize("width", [1, 7, 255, 256])
def test_5_a_partial_tile_is_the_beginning_of_its_full_one(width: int) -> None:
    hashes = [bytes([n]) * HASH_BYTES for n in range(TILE_WIDTH)]
    bodies = [b"x" * n for n in range(TILE_WIDTH)]
    assert beginning_of(write_hashes(hashes), Tile(0, 3, width)) == write_hashes(hashes[:width])
    bundle = beginning_of(write_entries(bodies), Tile(ENTRIES, 3, width))
    assert bundle == write_entries(bodies[:width])
    for level, short in ((0, write_hashes(hashes[:-1])), (ENTRIES, write_entries(bodies[:-1]))):
        with pytest.raises(AuditInputError):
            beginning_of(short, Tile(level, 3, width))
