"""Evidence packs for tests: an office at work, its checkpoint, and packs made of it."""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from api.language import load_words
from api.pack_pages import ReadablePages
from engine.audit.bundle import CHECKPOINT, ENTRIES, MANIFEST
from engine.audit.checkpoint import Checkpoint
from engine.audit.container import Container, ContainerWriter
from engine.audit.folding import Growing
from engine.audit.merkle import leaf_hash
from engine.audit.note import NoteSigner, sign_note
from engine.audit.offline import Asked, PackReport, verify_pack
from engine.audit.profile import canonical_text
from engine.audit.tile import tile_at
from engine.audit.trust import judge_by
from engine.commands.export_pack import export_pack
from engine.queries.evidence_pack import PackMade, PackWish
from tests.fixtures import OFFICE, Office

ORIGIN = "log.example.vn/skhcn"
SIGNER = NoteSigner(ORIGIN, b"s" * 32)
POLICY = f"log {SIGNER.vkey}\nquorum none\n".encode()


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack, and the checkpoint at which it was made."""

    content: bytes
    note: bytes
    made: PackMade


def note_of(office: Office, *, size: int | None = None, origin: str = ORIGIN) -> bytes:
    """A signed checkpoint of the office's log, of all of it or at a smaller size."""
    with office.runtime.read(OFFICE) as uow:
        tree = Growing()
        for leaf in uow.tables.log.leaves(uow.tables.log.size() if size is None else size):
            tree.grow(leaf)
    return sign_note(Checkpoint(origin, tree.size, tree.root()).text(), [SIGNER])


def pack_of(office: Office, kind: str, value: str, *, note: bytes, **more: Any) -> Packed:
    """A pack of the office's log at a checkpoint."""
    file = io.BytesIO()
    pages = ReadablePages(load_words(), ZoneInfo("Asia/Ho_Chi_Minh"))
    wish = PackWish(kind=kind, value=value, note=note, **more)
    made = export_pack(office.runtime, OFFICE, wish, file, pages)
    return Packed(file.getvalue(), note, made)


def judged(
    content: bytes, *, policy: bytes | None = POLICY, now: datetime | None = None, **more: Any
) -> PackReport:
    """What the verifier says of a pack."""
    asked = Asked(judge=judge_by(policy, now=now), now=now, **more)
    return verify_pack(io.BytesIO(content), asked)


def codes_of(report: PackReport) -> set[str]:
    """The codes of what was found."""
    return {found.code for found in report.findings}


def members_of(content: bytes) -> dict[str, bytes]:
    """The files inside, by name."""
    container = Container(io.BytesIO(content))
    return {name: b"".join(container.pieces(name)) for name in container.members}


def packed_again(members: dict[str, bytes]) -> bytes:
    """A pack with these files inside."""
    file = io.BytesIO()
    writer = ContainerWriter(file)
    for name, content in members.items():
        writer.add(name, content)
    writer.finish()
    return file.getvalue()


@dataclass(slots=True)
class Insider:
    """Somebody with the real key of the log, who writes a pack anew so that all hashes fit.

    Attributes:
        members: the files of the pack.
        entries: (index, body) of each entry in it.
        size: of the log.
    """

    members: dict[str, bytes]
    entries: list[tuple[int, dict[str, Any]]]
    leaves: list[bytes]
    size: int

    @classmethod
    def with_(cls, content: bytes) -> "Insider":
        """Take a pack apart."""
        members = members_of(content)
        lines = [line.split(b"\t", 1) for line in members[ENTRIES].splitlines()]
        tiles = [members[name] for name in members if name.startswith("log/tile/0/")]
        leaves = b"".join(tiles)
        return cls(
            members=members,
            entries=[(int(idx), json.loads(body)) for idx, body in lines],
            leaves=[leaves[at : at + 32] for at in range(0, len(leaves), 32)],
            size=len(leaves) // 32,
        )

    def find(self, **wanted: Any) -> dict[str, Any]:
        """The first entry with these values; change it in place."""
        for _, body in self.entries:
            if all(body.get(key) == value for key, value in wanted.items()):
                return body
        raise AssertionError(wanted)

    def sealed(self, *, origin: str = ORIGIN) -> bytes:
        """Link, hash and sign everything anew, and pack it."""
        tips: dict[str, str] = {}
        lines = []
        for idx, body in self.entries:
            if body["stream"] in tips and "prev" in body:
                body["prev"] = tips[body["stream"]]
            spelled = canonical_text(body).encode()
            tips[body["stream"]] = leaf_hash(spelled).hex()
            self.leaves[idx] = leaf_hash(spelled)
            lines.append(b"%d\t%b\n" % (idx, spelled))
        self.members[ENTRIES] = b"".join(lines)
        leaves = b"".join(self.leaves)
        self.members[f"log/{tile_at(0, 0, size=self.size).path}"] = leaves
        tree = Growing()
        tree.grow(leaves)
        text = Checkpoint(origin, tree.size, tree.root()).text()
        self.members[CHECKPOINT] = sign_note(text, [SIGNER])
        return self.packed()

    def packed(self) -> bytes:
        """Pack the files as they are now, the manifest told anew."""
        told = json.loads(self.members.pop(MANIFEST))
        told["files"] = {name: sha256(c).hexdigest() for name, c in self.members.items()}
        self.members[MANIFEST] = canonical_text(told).encode()
        return packed_again(self.members)
