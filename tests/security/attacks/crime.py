"""What attackers do behind the house's back, with whatever keys they have stolen.

1. Nothing here asks the house: rows are read and written as SQL, files as files.
2. `refit` makes everything fit again that can be made to fit without a key: numbers, links, hashes,
   heads of the night, the head of the log. The seal needs the key of the log (HMAC), the checkpoint
   the key that signs it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from engine.audit.bundle import CHECKPOINT, ENTRIES
from engine.audit.chain import entry_hmac
from engine.audit.checkpoint import Checkpoint
from engine.audit.heads import StreamHead, heads_of
from engine.audit.merkle import CompactRange, leaf_hash
from engine.audit.note import NoteSigner, parse_note, sign_note
from engine.audit.profile import canonical_text
from engine.audit.tile import ENTRIES as BUNDLES
from engine.audit.tile import TILE_WIDTH, tile_at, write_entries
from engine.audit.tree import GrowingTree
from tests.fixtures import OFFICE
from tests.packs import Insider
from tests.publishing import ORIGIN, SEED
from tests.security.attacks.scene import Stage

SIGNER = NoteSigner(ORIGIN, SEED)
"""The real key of the log, in the hands of somebody inside, or of a thief."""
THIEF = NoteSigner(ORIGIN, b"t" * 32)
"""A key of an outsider, under the log's own name."""
WRONG_KEY = b"another key of thirty-two bytes and more"


@dataclass(slots=True)
class Line:
    """One row of the log.

    Attributes:
        row: its columns, as the driver gave them.
        told: its body, read.
        spelled: a body to be written as it is; None: `told` in canonical form.
    """

    row: dict[str, Any]
    told: dict[str, Any]
    spelled: bytes | None = None

    def copy(self, **told: Any) -> "Line":
        """Another row like this one."""
        return Line(dict(self.row), {**self.told, **told})


Edit = Callable[[list[Line]], object]


def lines_of(stage: Stage) -> list[Line]:
    """The whole log of the office."""
    with stage.runtime.database.reading() as session:
        found = session.connection().execute(
            text("SELECT * FROM log_entry WHERE organization_id = :org ORDER BY idx"),
            {"org": OFFICE},
        )
        rows = [dict(row) for row in found.mappings()]
    return [Line(row, json.loads(bytes(row["body"]))) for row in rows]


def one(lines: Sequence[Line], **wanted: Any) -> Line:
    """The newest row whose body has these values."""
    for line in reversed(lines):
        if all(line.told.get(key) == value for key, value in wanted.items()):
            return line
    raise AssertionError(wanted)


def write_lines(stage: Stage, lines: Sequence[Line]) -> None:
    """Put these rows in the place of the whole log."""
    stage.drop_triggers()
    names = list(lines[0].row)
    values = ", ".join(f":{name}" for name in names)
    with stage.runtime.database.writing() as session:
        run = session.connection().execute
        run(text("DELETE FROM log_entry WHERE organization_id = :org"), {"org": OFFICE})
        insert = text(f"INSERT INTO log_entry ({', '.join(names)}) VALUES ({values})")  # noqa: S608
        run(insert, [line.row for line in lines])
        session.commit()


def refit(stage: Stage, edit: Edit, *, key: bytes | None = None) -> None:
    """Edit the log, and make everything fit again; the seals only with a key."""
    lines = lines_of(stage)
    edit(lines)
    tips: dict[str, StreamHead] = {}
    for idx, line in enumerate(lines):
        _fit(stage, line, tips)
        leaf = line.row["leaf_hash"]
        line.row["idx"] = idx
        if key is not None:
            line.row["hmac"] = entry_hmac(key, organization_id=OFFICE, idx=idx, leaf_hash=leaf)
        tips[line.told["stream"]] = StreamHead(line.told["stream"], line.told["seq"], leaf)
    write_lines(stage, lines)
    fold(stage)


def _fit(stage: Stage, line: Line, tips: dict[str, StreamHead]) -> None:
    told, tip = line.told, tips.get(line.told["stream"])
    told["seq"] = 0 if tip is None else tip.seq + 1
    told.pop("prev", None)
    if tip is not None:
        told["prev"] = tip.leaf_hash.hex()
    if told["type"] == "heads_recorded":
        told["subject"] = heads_of(tips.values()).subject()
    body = line.spelled or canonical_text(told).encode()
    line.row |= {
        "stream": told["stream"],
        "seq": told["seq"],
        "prev": None if tip is None else tip.leaf_hash,
        "body": body,
        "leaf_hash": leaf_hash(body),
        "recorded_at": _instant(stage, told["recorded_at"]),
        **{name: told[name] for name in ("type", "outcome", "actor")},
        **{name: told.get(name) for name in ("instance", "process", "transition", "unit")},
    }


def _instant(stage: Stage, spelled: str) -> Any:
    at = datetime.fromisoformat(spelled)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if stage.sqlite else at


def fold(stage: Stage) -> None:
    """Fold the head of the log anew over what there is now: it has no key."""
    tree = tree_of(stage)
    stage.run(
        "UPDATE log_head SET size = :size, compact_range = :tree WHERE organization_id = :org",
        size=tree.size,
        tree=tree.range().to_bytes(),
    )


def bodies_of(stage: Stage) -> list[bytes]:
    rows = stage.rows(
        "SELECT body FROM log_entry WHERE organization_id = :org ORDER BY idx", org=OFFICE
    )
    return [bytes(body) for (body,) in rows]


def tree_of(stage: Stage) -> GrowingTree:
    """The tree over what the database holds now."""
    tree = GrowingTree()
    for body in bodies_of(stage):
        list(tree.append(leaf_hash(body)))
    return tree


def rebuild_files(stage: Stage, *, size: int) -> CompactRange:
    """Write tiles and bundles anew over the first entries of the database."""
    tree, bodies = GrowingTree(), bodies_of(stage)[:size]
    files = [told for body in bodies for told in tree.append(leaf_hash(body))]
    files += tree.partial_tiles()
    files += [
        (tile_at(BUNDLES, at // TILE_WIDTH, size=size), write_entries(bodies[at:][:TILE_WIDTH]))
        for at in range(0, size, TILE_WIDTH)
    ]
    stage.files.write(OFFICE, ((f"1/{tile.path}", content) for tile, content in files))
    return tree.range()


def sign_anew(stage: Stage, signer: NoteSigner) -> bytes:
    """Publish what the database holds now under a key, and let the database say so."""
    size = len(bodies_of(stage))
    reached = rebuild_files(stage, size=size)
    note = sign_note(Checkpoint(ORIGIN, size, reached.root()).text(), [signer])
    stage.files.swap(OFFICE, "1/checkpoint", note, expected=stage.auditor.note())
    stage.run(
        """UPDATE log_publication SET size = :size, compact_range = :tree
           WHERE organization_id = :org""",
        size=size,
        tree=reached.to_bytes(),
    )
    return note


@dataclass(slots=True)
class Packer:
    """Somebody who takes the auditor's pack apart, and packs it anew so that its list is right."""

    pack: bytes
    insider: Insider = field(init=False)

    def __post_init__(self) -> None:
        self.insider = Insider.with_(self.pack)

    def again(self) -> bytes:
        """Packed anew; hashes and links as they are now."""
        return self.insider.packed()

    def signed(self, signer: NoteSigner) -> bytes:
        """Linked, hashed and signed anew, with a key."""
        self.insider.sealed(origin=ORIGIN)
        text_ = parse_note(self.insider.members[CHECKPOINT]).text
        self.insider.members[CHECKPOINT] = sign_note(text_, [signer])
        return self.again()

    def lines(self, edit: Callable[[list[bytes]], list[bytes]]) -> bytes:
        """With other lines among its entries."""
        members = self.insider.members
        members[ENTRIES] = b"".join(edit(members[ENTRIES].splitlines(keepends=True)))
        return self.again()

    def member(self, start: str) -> str:
        """The first file whose name begins so."""
        return min(name for name in self.insider.members if name.startswith(start))


def blobs(stage: Stage) -> list[Any]:
    """The files of evidence as they lie on the disk."""
    found = (path for path in (stage.folder / "evidence").rglob("*") if path.is_file())
    return sorted(path for path in found if _digest(path) == path.name)


def _digest(path: Any) -> str:
    return sha256(path.read_bytes()).hexdigest()
