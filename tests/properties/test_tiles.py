"""A log that is read from its tiles tells what a log of all leaves tells, and notes are exact."""

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import (
    EMPTY_ROOT,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from engine.audit.note import NoteSigner, open_note, sign_note
from engine.audit.profile import AuditInputError
from engine.audit.tile import ENTRIES, SIZE_MAX, Tile, changed_tiles, tiles_of
from engine.audit.tree import GrowingTree, TiledTree

LEAVES = [leaf_hash(n.to_bytes(4, "big")) for n in range(1400)]
SIGNER = NoteSigner("example.com/log", b"s" * 32)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)


def grown(sizes: list[int]) -> dict[Tile, bytes]:
    """Every tile written by a log that was published at each of these sizes."""
    tiles: dict[Tile, bytes] = {}
    done = 0
    for size in sizes:
        tree = GrowingTree(tiles.__getitem__, size=done)
        for leaf in LEAVES[done:size]:
            tiles |= dict(tree.append(leaf))
        tiles |= dict(tree.partial_tiles())
        done = size
    return tiles


@given(st.lists(st.integers(0, len(LEAVES)), min_size=1, max_size=4).map(sorted), st.data())
def test_proofs_from_tiles_are_those_over_all_leaves(sizes: list[int], data: st.DataObject) -> None:
    tiles = grown(sizes)
    tree = TiledTree(tiles.__getitem__, size=sizes[-1])
    second = data.draw(st.integers(0, sizes[-1]))
    assert tree.range(second) == compact_range(LEAVES[:second])
    if second == 0:
        return
    index = data.draw(st.integers(0, second - 1))
    proof = tree.inclusion_proof(index, second)
    assert proof == inclusion_proof(LEAVES[:second], index)
    root = tree.root(second)
    assert verify_inclusion(proof, LEAVES[index], index=index, size=second, root=root)
    first = data.draw(st.integers(1, second))
    path = tree.consistency_proof(first, second)
    assert path == consistency_proof(LEAVES[:second], first)
    assert verify_consistency(
        path, first=first, second=second, first_root=tree.root(first), second_root=root
    )


@given(st.lists(st.integers(0, len(LEAVES)), min_size=1, max_size=5).map(sorted))
def test_a_log_writes_what_its_sizes_ask_for(sizes: list[int]) -> None:
    asked = set[Tile]()
    for old, new in zip([0, *sizes], sizes, strict=False):
        asked |= {tile for tile in changed_tiles(old, new) if tile.level != ENTRIES}
    assert grown(sizes).keys() == asked
    assert {tile for tile in tiles_of(sizes[-1]) if tile.level != ENTRIES} <= asked


@given(st.integers(ENTRIES, 63), st.integers(0, SIZE_MAX >> 8), st.integers(1, 256))
def test_a_tile_has_one_path(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@given(st.text(alphabet="tile/0123xentries.p-", max_size=30))
def test_a_path_is_refused_or_is_the_one_of_its_tile(path: str) -> None:
    try:
        tile = Tile.parse(path)
    except AuditInputError:
        return
    assert tile.path == path


@given(LINES, st.integers(0, SIZE_MAX), st.binary(min_size=32, max_size=32), st.lists(LINES))
def test_a_checkpoint_has_one_text(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root if size else EMPTY_ROOT, tuple(extensions))
    opened = open_note(sign_note(checkpoint.text(), [SIGNER]), [SIGNER.verifier])
    assert opened.text == checkpoint.text()
    assert Checkpoint.parse(opened.text) == checkpoint


@given(st.data())
def test_a_note_with_one_byte_changed_does_not_open(data: st.DataObject) -> None:
    note = bytearray(sign_note(Checkpoint("example.com/log", 7, b"r" * 32).text(), [SIGNER]))
    position = data.draw(st.integers(0, len(note) - 1))
    note[position] ^= data.draw(st.integers(1, 255))
    try:
        open_note(bytes(note), [SIGNER.verifier])
    except AuditInputError:
        return
    raise AssertionError(bytes(note))
