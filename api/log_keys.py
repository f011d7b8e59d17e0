"""The keys under which logs are signed: a file of its own in the data folder.

1. One Ed25519 seed a line, in hexadecimal: the present key first, then former ones that sign beside
   it until everybody has pinned the present one.
2. The file is made when absent, whole or not at all, and readable by its owner alone; it is read
   anew each time, so that a change takes effect in every process without a restart.
3. It belongs into sealed backups: without it no checkpoint of the same log can be signed again.
"""

import os
import tempfile
from pathlib import Path

from api.settings import KEY_BYTES, kept_key


class LogKeys:
    """The keys in a file.

    Args:
        path: the file; it is made at the first reading.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def seeds(self) -> tuple[bytes, ...]:
        """The present key, then former ones.

        Raises:
            ValueError: a line is no key.
        """
        if not self._path.exists():
            kept_key(self._path)
        lines = self._path.read_text(encoding="ascii").split()
        try:
            found = tuple(bytes.fromhex(line) for line in lines)
        except ValueError:
            found = ()
        if not found or any(len(seed) != KEY_BYTES for seed in found):
            msg = f"{self._path} does not hold keys of {KEY_BYTES} bytes in hexadecimal, one a line"
            raise ValueError(msg)
        return found

    def begin(self, seed: bytes) -> None:
        """Make a key the present one; the others go on signing beside it."""
        self._write((seed, *self.seeds()))

    def end_former(self) -> int:
        """Let the present key alone sign from now on; how many others there were."""
        present, *former = self.seeds()
        self._write((present,))
        return len(former)

    def _write(self, seeds: tuple[bytes, ...]) -> None:
        """Replace the file in one step: a reader sees the old keys or the new ones."""
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{seed.hex()}\n" for seed in seeds)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
