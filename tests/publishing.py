"""A place to publish logs to, keys that sign them, and an auditor who reads what lies there."""

from dataclasses import dataclass, field
from pathlib import Path

from engine.audit.checkpoint import Checkpoint, open_checkpoint
from engine.audit.merkle import leaf_hash
from engine.audit.note import NoteSigner, NoteVerifier
from engine.audit.tile import ENTRIES, Tile, read_entries, tile_at
from engine.audit.tree import TiledTree
from engine.evidence.published import PublishedFiles
from engine.evidence.published_disk import PublishedFolder
from engine.runtime import Publishing, Runtime
from tests.fixtures import OFFICE

SITE = "iso.example.vn"
ORIGIN = f"{SITE}/log/skhcn"
SEED = b"s" * 32


@dataclass(slots=True)
class KeptKeys:
    """Keys in memory."""

    held: list[bytes] = field(default_factory=lambda: [SEED])

    def seeds(self) -> tuple[bytes, ...]:
        return tuple(self.held)

    def begin(self, seed: bytes) -> None:
        self.held.insert(0, seed)

    def end_former(self) -> int:
        ended = len(self.held) - 1
        del self.held[1:]
        return ended


def publish_in(runtime: Runtime, files: PublishedFiles) -> None:
    """Let a runtime publish its logs there."""
    runtime.publishing = Publishing(files=files, keys=KeptKeys(), site=SITE)


@dataclass(slots=True)
class Auditor:
    """Somebody with the published files and a key that was pinned, and nothing else."""

    files: PublishedFiles
    organization_id: str = OFFICE
    generation: int = 1
    origin: str = ORIGIN
    vkey: str = NoteSigner(ORIGIN, SEED).vkey

    def note(self) -> bytes:
        return self.files.read(self.organization_id, f"{self.generation}/checkpoint")

    def checkpoint(self) -> Checkpoint:
        verifiers = [NoteVerifier.from_vkey(self.vkey)]
        return open_checkpoint(self.note(), verifiers, origin=self.origin).checkpoint

    def tile(self, tile: Tile) -> bytes:
        return self.files.read(self.organization_id, f"{self.generation}/{tile.path}")

    def tree(self) -> TiledTree:
        return TiledTree(self.tile, size=self.checkpoint().size)

    def entries(self) -> list[bytes]:
        """Every leaf out of the bundles, held against the tree, and the tree against its root."""
        size, tree, read = self.checkpoint().size, self.tree(), []
        for index in range(-(-size // 256)):
            bundle = tile_at(ENTRIES, index, size=size)
            read += read_entries(self.tile(bundle), width=bundle.width)
        assert [leaf_hash(body) for body in read] == [tree.leaf(n) for n in range(size)]
        assert tree.root() == self.checkpoint().root
        return read


def auditor_in(runtime: Runtime, folder: Path) -> Auditor:
    """Let a runtime publish into a folder; somebody who reads there."""
    files = PublishedFolder(folder)
    publish_in(runtime, files)
    return Auditor(files)
