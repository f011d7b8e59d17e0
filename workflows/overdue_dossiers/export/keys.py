"""Keys of dossiers as numbers: their sum for a comparison, and the rows that later rows replace.

1. The number of a key is 64 bits of its SHA-256; the sum over all keys, modulo 2^128, does not
   depend on their order. Whoever holds the source computes the same.
2. A key that comes again is the same dossier, later: the last row counts. Which rows those are is
   known at the end, in flat memory: numbers are parted by their last bits and kept on disk.
3. Two keys of one number would be taken for one: with ten million keys that is so in one file of
   370,000.
"""

import hashlib
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final

SUM_BITS: Final = 128
PARTS: Final = 256
PART_NUMBERS: Final = 1_024
"""Numbers of a part that wait in memory; all parts together hold two megabytes at most."""
NUMBER_BYTES: Final = 8


def key_number(code: str, due_on: date) -> int:
    """The number of a key."""
    told = f"{code}\0{due_on.isoformat()}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:NUMBER_BYTES], "big")


def sum_text(total: int) -> str:
    """A sum of keys as it is shown."""
    return f"{total % (1 << SUM_BITS):032x}"


class KeyLedger:
    """Every key of a file with the row that holds it.

    Attributes:
        total: sum of the numbers of all keys, each row counted.
    """

    def __init__(self) -> None:
        self.total = 0
        self._waiting = [array("Q") for _ in range(PARTS)]
        self._on_disk: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        self._file: Any = None

    def note(self, number: int, row: int) -> None:
        """Note the key of a row; rows come in order."""
        self.total += number
        part = number % PARTS
        waiting = self._waiting[part]
        waiting.append(number)
        waiting.append(row)
        if len(waiting) >= PART_NUMBERS:
            self._put_away(part)

    def replaced(self) -> Sequence[int]:
        """The rows that a later row with the same key replaces, in order."""
        rows: list[int] = []
        for part in range(PARTS):
            last: dict[int, int] = {}
            for number, row in self._pairs(part):
                before = last.get(number)
                if before is not None:
                    rows.append(before)
                last[number] = row
        rows.sort()
        return array("Q", rows)

    def close(self) -> None:
        """Give back the file."""
        with suppress(AttributeError):
            self._file.close()

    def _put_away(self, part: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it.
        waiting = self._waiting[part]
        self._on_disk[part].append((self._file.seek(0, 2), len(waiting)))
        waiting.tofile(self._file)
        self._waiting[part] = array("Q")

    def _pairs(self, part: int) -> Iterator[tuple[int, int]]:
        for place, length in self._on_disk[part]:
            self._file.seek(place)
            numbers = array("Q")
            numbers.frombytes(self._file.read(length * NUMBER_BYTES))
            yield from zip(numbers[::2], numbers[1::2], strict=True)
        waiting = self._waiting[part]
        yield from zip(waiting[::2], waiting[1::2], strict=True)
