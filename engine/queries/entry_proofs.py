"""The proof of one entry: from its bytes up to the root of the log, every step of it.

1. The way up is computed from the leaf hashes of the table, and believed by nobody: whoever reads
   it computes the leaf from the bytes and the root from the way, and compares.
2. Where the entry was published, the way is that of the published tiles, and the root to compare
   with stands in the signed checkpoint, which is handed out with it; the bytes are the table's, so
   that a row which was changed since leads elsewhere. An entry that waits for the next checkpoint
   is proven against the head alone.
3. Full tiles above the leaves never change and are kept in memory; what somebody changed below
   them since shows as a proof that leads to another root.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import CompactRange, leaf_hash, node_hash, verify_inclusion
from engine.audit.note import parse_note
from engine.audit.tile import TILE_WIDTH, Tile
from engine.audit.tree import TiledTree
from engine.errors import Invalid, NotFound
from engine.queries.publication import prove_inclusion, published_checkpoint
from engine.runtime import Caller, Runtime, UnitOfWork

TILES_KEPT: Final = 1_000
"""8 KiB each: 8 MB, enough for the tiles above 65 million entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofStep:
    """One step up: the hash beside, on which side it stands, and what both come to."""

    sibling: str
    left: bool
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """An entry with its way up to the root.

    Attributes:
        body: the bytes that were hashed.
        leaf: their hash, computed just now.
        size: of the log whose root it is.
        note: the signed checkpoint that holds the root; None where the root is the head's.
        holds: whether the way leads from the leaf to the root.
    """

    index: int
    body: bytes
    leaf: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]
    holds: bool
    note: bytes | None = None

    @property
    def steps(self) -> tuple[ProofStep, ...]:
        """The way up, step by step, for whoever checks it by hand."""
        return tuple(_steps(self))


class KeptTiles:
    """Full tiles above the leaves, in the memory of a process."""

    def __init__(self, most: int = TILES_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, Tile], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, organization_id: str, tile: Tile) -> bytes | None:
        """A tile that was computed before."""
        with self._lock:
            return self._kept.get((organization_id, tile))

    def keep(self, organization_id: str, tile: Tile, content: bytes) -> None:
        """Keep a full tile; the one computed first is forgotten first."""
        with self._lock:
            self._kept[organization_id, tile] = content
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)


_KEPT: Final = KeptTiles()


def entry_proof(runtime: Runtime, caller: Caller, idx: int) -> EntryProof:
    """The proof of an entry in the log as it was published last; else as it is now.

    Raises:
        NotFound: the log has none of that index.
        PublishedDamaged: the published files are not what was signed.
    """
    published = _published(runtime, caller, idx)
    return _present(runtime, caller, idx) if published is None else published


def _published(runtime: Runtime, caller: Caller, idx: int) -> EntryProof | None:
    """The proof out of the published files; None for what was not published yet."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        entry = uow.tables.log_reader.get(idx)
    if entry is None:
        return None
    try:
        note = published_checkpoint(runtime, caller)
        # The size that this note signs: another one may be published in the meantime.
        checkpoint = Checkpoint.parse(parse_note(note).text)
        proof = prove_inclusion(runtime, caller, entry=idx, size=checkpoint.size)
    except (NotFound, Invalid):
        return None
    leaf, root = leaf_hash(entry.body), checkpoint.root
    return EntryProof(
        index=idx,
        body=entry.body,
        leaf=leaf,
        size=checkpoint.size,
        root=root,
        path=proof.path,
        holds=verify_inclusion(proof.path, leaf, index=idx, size=checkpoint.size, root=root),
        note=note,
    )


def _present(runtime: Runtime, caller: Caller, idx: int) -> EntryProof:
    """The proof in the log as it is now."""
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        entry = uow.tables.log_reader.get(idx)
        head = CompactRange.from_bytes(uow.tables.log.head().compact_range)
        if entry is None or idx >= head.size:
            raise NotFound("unknown_entry", entry=idx)
        tree = TiledTree(_Tiles(uow).read, size=head.size)
        leaf, root = leaf_hash(entry.body), head.root()
        path = tree.inclusion_proof(idx)
        return EntryProof(
            index=idx,
            body=entry.body,
            leaf=leaf,
            size=head.size,
            root=root,
            path=path,
            holds=verify_inclusion(path, leaf, index=idx, size=head.size, root=root),
        )


class _Tiles:
    """The hash tiles of a log, computed from the leaf hashes of its table."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def read(self, tile: Tile) -> bytes:
        """The bytes of a tile."""
        organization_id = self._uow.organization.id
        if tile.level == 0:
            first = tile.index * TILE_WIDTH
            return b"".join(self._uow.tables.log_reader.leaf_hashes(first, first + tile.width))
        kept = _KEPT.find(organization_id, tile) if tile.full else None
        if kept is not None:
            return kept
        first = tile.index * TILE_WIDTH
        content = b"".join(
            _folded(self.read(Tile(tile.level - 1, number)))
            for number in range(first, first + tile.width)
        )
        if tile.full:
            _KEPT.keep(organization_id, tile, content)
        return content


def _folded(content: bytes) -> bytes:
    """The root over a full tile."""
    row = [content[start : start + 32] for start in range(0, len(content), 32)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def _steps(proof: EntryProof) -> Iterator[ProofStep]:
    """As `verify_inclusion` goes, each step told."""
    node, last, found = proof.index, proof.size - 1, proof.leaf
    for sibling in proof.path:
        left = bool(node & 1) or node == last
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
        if left:
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        node, last = node >> 1, last >> 1
        yield ProofStep(sibling=sibling.hex(), left=left, node=found.hex())
