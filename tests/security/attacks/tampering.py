"""Random tampering: one seed is one deed, the same each time.

1. A deed changes one thing among the rows of the log, its head, the tables that it speaks of, the
   files of evidence, the published files or a pack; it never leaves everything as it was.
2. Who does it has no key: what is sealed or signed anew is so with a wrong one.
3. A deed says in words what it did, so that a failure can be read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from engine.audit.chain import entry_hmac
from engine.audit.profile import canonical_text
from tests.fixtures import OFFICE
from tests.security.attacks.crime import (
    THIEF,
    WRONG_KEY,
    Line,
    Packer,
    blobs,
    fold,
    lines_of,
    refit,
    write_lines,
)
from tests.security.attacks.scene import Stage

BYTES: Final = (
    *("body", "leaf_hash", "hmac", "prev"),
    *("payload", "payload_salt", "personal", "personal_salt"),
)
WORDS: Final = ("stream", "type", "outcome", "instance", "process", "transition", "actor", "unit")
TABLES: Final = (
    ("instance", "state"),
    ("instance", "title"),
    ("instance", "opened_by"),
    ("instance", "code"),
    ("step", "transition"),
    ("step", "person"),
    ("step", "role"),
    ("step", "from_state"),
    ("evidence", "sha256"),
    ("evidence", "filename"),
    ("evidence", "requirement"),
    ("evidence", "received_by"),
    ("waiver", "reason"),
    ("internal_audit_slot", "auditor"),
    ("definition_version", "digest"),
)


@dataclass(slots=True)
class Tampering:
    """Somebody with a stage and a die."""

    stage: Stage
    rng: Random

    def run(self) -> str:
        """Do one deed; what was done."""
        return self.rng.choice(DEEDS)(self)

    def flipped(self, content: bytes) -> bytes:
        """The same bytes but for one bit."""
        spot = self.rng.randrange(len(content))
        changed = bytearray(content)
        changed[spot] ^= 1 << self.rng.randrange(8)
        return bytes(changed)

    def edit(self, change: Callable[[list[Line]], str]) -> str:
        """Edit the rows as they are, and fit nothing."""
        lines = lines_of(self.stage)
        done = change(lines)
        write_lines(self.stage, lines)
        return done

    def flip_a_column(self) -> str:
        def change(lines: list[Line]) -> str:
            spots = [(n, name) for n, x in enumerate(lines) for name in BYTES if x.row[name]]
            number, name = self.rng.choice(spots)
            lines[number].row[name] = self.flipped(bytes(lines[number].row[name]))
            return f"a bit of {name} in entry {number}"

        return self.edit(change)

    def take_a_column(self) -> str:
        def change(lines: list[Line]) -> str:
            names = ("prev", "payload", "payload_salt", "personal", "personal_salt")
            spots = [(n, name) for n, x in enumerate(lines) for name in names if x.row[name]]
            number, name = self.rng.choice(spots)
            lines[number].row[name] = None
            return f"{name} of entry {number} is gone"

        return self.edit(change)

    def change_a_word(self) -> str:
        def change(lines: list[Line]) -> str:
            number, name = self.rng.randrange(len(lines)), self.rng.choice(WORDS)
            row = lines[number].row
            row[name] = f"{row[name]}x" if name == "stream" else self._other(lines, name, row[name])
            return f"{name} of entry {number} is {row[name]}"

        return self.edit(change)

    def _other(self, lines: list[Line], name: str, known: Any) -> Any:
        found = sorted({str(x.row[name]) for x in lines if x.row[name] is not None})
        return self.rng.choice([word for word in (*found, "other") if word != known])

    def drop(self) -> str:
        def change(lines: list[Line]) -> str:
            number = self.rng.randrange(len(lines))
            del lines[number]
            return f"entry {number} is dropped"

        return self.edit(change)

    def swap(self) -> str:
        def change(lines: list[Line]) -> str:
            one, other = self.rng.sample(range(len(lines)), 2)
            first, second = lines[one].row, lines[other].row
            first["idx"], second["idx"] = second["idx"], first["idx"]
            return f"entries {one} and {other} change places"

        return self.edit(change)

    def cut(self) -> str:
        def change(lines: list[Line]) -> str:
            # What was never published leaves no trace outside: that limit is told, not tested.
            left = self.rng.randrange(1, self.stage.auditor.checkpoint().size)
            del lines[left:]
            return f"all but {left} entries are cut off with the head"

        done = self.edit(change)
        fold(self.stage)
        return done

    def refit_without_a_key(self) -> str:
        """Edit, drop, insert or move an entry, and make all fit that needs no key."""
        told = ""

        def change(lines: list[Line]) -> None:
            nonlocal told
            deed, number = self.rng.choice(("edit", "drop", "insert", "move")), 0
            number = self.rng.randrange(len(lines) - 1)
            match deed:
                case "edit":
                    actor = lines[number].told["actor"]
                    lines[number].told["actor"] = "p020" if actor != "p020" else "p021"
                case "drop":
                    del lines[number]
                case "insert":
                    lines.insert(number + 1, lines[number].copy())
                case "move":
                    lines.append(lines.pop(number))
            told = f"{deed} entry {number}, and all is made to fit"

        key = self.rng.choice((None, WRONG_KEY))
        refit(self.stage, change, key=key)
        return f"{told}; sealed anew: {key is not None}"

    def seal_with_a_wrong_key(self) -> str:
        def change(lines: list[Line]) -> str:
            number = self.rng.randrange(len(lines))
            row = lines[number].row
            leaf = row["leaf_hash"]
            row["hmac"] = entry_hmac(WRONG_KEY, organization_id=OFFICE, idx=number, leaf_hash=leaf)
            return f"entry {number} is sealed with a wrong key"

        return self.edit(change)

    def change_the_head(self) -> str:
        if self.rng.randrange(2):
            by = self.rng.choice((-1, 1))
            self.stage.run(
                "UPDATE log_head SET size = size + :by WHERE organization_id = :org", by=by
            )
            return f"the head says {by} entries more"
        ((tree,),) = self.stage.rows(
            "SELECT compact_range FROM log_head WHERE organization_id = :org", org=OFFICE
        )
        self.stage.run(
            "UPDATE log_head SET compact_range = :tree WHERE organization_id = :org",
            tree=self.flipped(bytes(tree)),
        )
        return "a bit of the head's tree"

    def change_a_table(self) -> str:
        table, column = self.rng.choice(TABLES)
        self.stage.run(
            f"UPDATE {table} SET {column} = {column} || 'x' WHERE organization_id = :org"  # noqa: S608
            f" AND {column} IS NOT NULL"
        )
        return f"{table}.{column}"

    def change_evidence(self) -> str:
        return self._change_a_file(blobs(self.stage))

    def change_published(self) -> str:
        """Tiles, bundles and the checkpoint; what is left of smaller trees proves nothing."""
        folder = self.stage.folder / "published"
        sizes = {f".p/{self.stage.auditor.checkpoint().size}"}
        found = [
            path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            and OFFICE in path.parts
            and (path.name == "checkpoint" or any(str(path).endswith(end) for end in sizes))
        ]
        return self._change_a_file([p for p in found if "timestamps" not in p.parts])

    def _change_a_file(self, files: list[Path]) -> str:
        path = self.rng.choice(files)
        content = path.read_bytes()
        deed = self.rng.choice(("flip", "cut", "grow", "lose", "swap"))
        path.chmod(0o600)
        match deed:
            case "flip":
                path.write_bytes(self.flipped(content))
            case "cut":
                path.write_bytes(content[: self.rng.randrange(len(content))])
            case "grow":
                path.write_bytes(content + self.rng.randbytes(1))
            case "lose":
                path.unlink()
            case "swap":
                other = self.rng.choice([p for p in files if p != path])
                path.write_bytes(other.read_bytes())
        return f"{deed} {path.name}"

    def flip_the_pack(self) -> str:
        self.stage.pack = self.flipped(self.stage.scene.pack)
        return "a bit of the pack"

    def flip_a_member(self) -> str:
        packer = Packer(self.stage.scene.pack)
        name = self._member(packer)
        packer.insider.members[name] = self.flipped(packer.insider.members[name])
        self.stage.pack = packer.again()
        return f"a bit of {name}, and the list is mended"

    def lose_a_member(self) -> str:
        packer = Packer(self.stage.scene.pack)
        name = self._member(packer)
        del packer.insider.members[name]
        self.stage.pack = packer.again()
        return f"{name} is left out, and the list is mended"

    def _member(self, packer: Packer) -> str:
        proven = ("log/checkpoint", "log/entries", "log/tile", "log/heads", "evidence/", "defini")
        return self.rng.choice([n for n in sorted(packer.insider.members) if n.startswith(proven)])

    def change_the_lines(self) -> str:
        deed = self.rng.choice(("drop", "twice", "swap", "newest"))

        def edit(lines: list[bytes]) -> list[bytes]:
            one, other = self.rng.sample(range(len(lines)), 2)
            match deed:
                case "drop":
                    # The last of all is newer than the newest record of heads.
                    del lines[min(one, len(lines) - 2)]
                case "twice":
                    lines.insert(other, lines[one])
                case "swap":
                    lines[one], lines[other] = lines[other], lines[one]
                case "newest":
                    del lines[-2 - self.rng.randrange(4) :]
            return lines

        self.stage.pack = Packer(self.stage.scene.pack).lines(edit)
        return f"lines of the pack: {deed}"

    def sign_with_a_wrong_key(self) -> str:
        packer = Packer(self.stage.scene.pack)
        _, body = self.rng.choice(packer.insider.entries)
        body["actor"] = "p020"
        self.stage.pack = packer.signed(THIEF)
        return "an entry of the pack is edited, and all signed with a wrong key"

    def edit_a_payload(self) -> str:
        packer = Packer(self.stage.scene.pack)
        lines = packer.insider.members["log/payloads.tsv"].splitlines(keepends=True)
        number = self.rng.randrange(len(lines))
        idx, kind, salt, _ = lines[number].split(b"\t", 3)
        other = canonical_text({"details": {"said": self.rng.randrange(100)}}).encode()
        lines[number] = b"\t".join((idx, kind, salt, other)) + b"\n"
        packer.insider.members["log/payloads.tsv"] = b"".join(lines)
        self.stage.pack = packer.again()
        return f"what stands beside entry {idx.decode()} is edited"


DEEDS: Final = (
    Tampering.flip_a_column,
    Tampering.flip_a_column,
    Tampering.take_a_column,
    Tampering.change_a_word,
    Tampering.drop,
    Tampering.swap,
    Tampering.cut,
    Tampering.refit_without_a_key,
    Tampering.refit_without_a_key,
    Tampering.seal_with_a_wrong_key,
    Tampering.change_the_head,
    Tampering.change_a_table,
    Tampering.change_a_table,
    Tampering.change_evidence,
    Tampering.change_published,
    Tampering.change_published,
    Tampering.flip_the_pack,
    Tampering.flip_a_member,
    Tampering.lose_a_member,
    Tampering.change_the_lines,
    Tampering.sign_with_a_wrong_key,
    Tampering.edit_a_payload,
)
