"""What a witness of our own has cosigned: one file, held by one process, never behind its word.

1. The file is made once, on purpose. A witness that begins anew has forgotten what it saw and would
   cosign a second history: without its file it does not start.
2. One process holds it; a second one is refused.
3. Whoever decides holds the lock from reading what was seen to having kept what is new: of two
   requests that race, the second is judged by what the first left.
4. New state is written beside the old, flushed, put in its place, and the folder flushed, before
   anything is answered. A kill at any instant leaves the old state or the new one.
5. What the log's key signed and what cannot be the history that was seen is kept as evidence, each
   checkpoint once, and no more than `EVIDENCE_MAX` of them.
"""

import fcntl
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from engine.audit.checkpoint import Checkpoint
from engine.audit.note import VerifierKey, parse_note
from engine.audit.profile import AuditInputError
from engine.audit.witnessing import Decision, Verdict, decide, origin_of
from engine.errors import Conflict, Corrupt, NotFound

VERSION: Final = 1
EVIDENCE_MAX: Final = 100
LOGS_MAX: Final = 10_000


class LedgerCorrupt(Corrupt):
    """The file is not what a witness wrote."""


class Ledger:
    """The state of a witness, open in this process."""

    def __init__(self, path: Path, lock: int) -> None:
        self._path = path
        self._lock = lock
        self._between = threading.Lock()
        self._notes = _read(path)

    @classmethod
    def make(cls, path: Path) -> None:
        """Begin a new witness.

        Raises:
            Conflict: `witness_state_exists`.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise Conflict("witness_state_exists", file=str(path))
        _replace(path, _written({}))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file of a witness and keep every other process out.

        Raises:
            NotFound: `witness_state_missing`.
            Conflict: `witness_state_in_use`.
            LedgerCorrupt: `witness_state_corrupt`.
        """
        if not path.is_file():
            raise NotFound("witness_state_missing", file=str(path))
        # The state's own file is replaced with each step; the lock needs one that stays.
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise Conflict("witness_state_in_use", file=str(path)) from None
        return cls(path, lock)

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)

    def latest(self, origin: str) -> bytes | None:
        """The checkpoint that was cosigned last for a log, as the log signed it."""
        note = self._notes.get(origin)
        return None if note is None else note.encode()

    def origins(self) -> tuple[str, ...]:
        """Every log that was cosigned."""
        return tuple(sorted(self._notes))

    def decide(self, content: bytes, keys: Sequence[VerifierKey]) -> Decision:
        """Judge a request by what was seen, and keep what is new (rules 3 and 4)."""
        with self._between:
            origin = origin_of(content)
            held = self._notes.get(origin or "")
            decision = decide(content, keys=keys, seen=None if held is None else _head(held))
            match decision.verdict:
                case Verdict.COSIGN if origin is not None:
                    self._keep(origin, _note_of(content), seen=held)
                case Verdict.FORKED | Verdict.INCONSISTENT:
                    self._keep_evidence(content)
                case _:
                    pass
        return decision

    def _keep(self, origin: str, note: str, *, seen: str | None) -> None:
        if seen is not None and _head(seen) == _head(note):
            return
        notes = {**self._notes, origin: note}
        _replace(self._path, _written(notes))
        # Only what is on the disk is known: a full disk leaves the old state in both places.
        self._notes = notes

    def _keep_evidence(self, content: bytes) -> None:
        folder = self._path.with_name(self._path.name + ".evidence")
        folder.mkdir(exist_ok=True, mode=0o700)
        name = hashlib.sha256(_note_of(content).encode()).hexdigest()
        if len(list(folder.iterdir())) < EVIDENCE_MAX:
            _replace(folder / f"{name}.txt", content)


def _note_of(content: bytes) -> str:
    return content.partition(b"\n\n")[2].decode("utf-8")


def _head(note: str) -> Checkpoint:
    return Checkpoint.parse(parse_note(note.encode()).text)


def _written(notes: dict[str, str]) -> bytes:
    told = {"version": VERSION, "logs": notes}
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _read(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_bytes())
        notes = {str(origin): str(note) for origin, note in told["logs"].items()}
        sound = told["version"] == VERSION
        sound = sound and all(_head(note).origin == origin for origin, note in notes.items())
    except (ValueError, KeyError, TypeError, AttributeError, AuditInputError):
        sound, notes = False, {}
    if not sound:
        raise LedgerCorrupt("witness_state_corrupt", file=str(path))
    return notes


def _replace(path: Path, content: bytes) -> None:
    """Put a file in its place, whole and flushed, or leave what is there."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
