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
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final

SUM_BITS: Final = 128
PARTS: Final = 256
HELD_MAX: Final = 131_072
"""Keys that wait in memory: two megabytes of them."""
NUMBER_BYTES: Final = 8


def key_number(code: str, due_on: date) -> int:
    """The number of a key."""
    told = f"{code}\0{due_on.isoformat()}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:NUMBER_BYTES], "big")


def sum_text(total: int) -> str:
    """A sum of keys as it is shown."""
    return f"{total % (1 << SUM_BITS):032x}"


class KeyLedger:
    """Every key of a file with its row, or with a value that grows from row to row.

    Attributes:
        total: sum of the numbers of all keys, each row counted.
        replaced_total: sum of the numbers of what `replaced` gave, once it did.
    """

    def __init__(self) -> None:
        self.total = self.replaced_total = 0
        self._waiting = [array("Q") for _ in range(PARTS)]
        self._held = 0
        self._on_disk: list[list[tuple[int, int]]] = [[] for _ in range(PARTS)]
        self._file: Any = None

    def note(self, number: int, row: int) -> None:
        """Note the key of a row."""
        self.note_all((number,), (row,))

    def note_all(self, numbers: Sequence[int], rows: Sequence[int]) -> None:
        """Note the keys of rows."""
        self.total += sum(numbers)
        waiting = self._waiting
        for number, row in zip(numbers, rows, strict=True):
            part = waiting[number % PARTS]
            part.append(number)
            part.append(row)
        self._held += len(numbers)
        if self._held >= HELD_MAX:
            self._put_away()

    def replaced(self) -> Sequence[int]:
        """The rows that a later row with the same key replaces, in order."""
        rows: list[int] = []
        self.replaced_total = 0
        for part in range(PARTS):
            pairs = self._part(part)
            numbers = pairs[::2]
            if len(set(numbers)) == len(numbers):
                continue
            again = {number for number, times in Counter(numbers).items() if times > 1}
            last: dict[int, int] = {}
            for number, row in zip(numbers, pairs[1::2], strict=True):
                if number not in again:
                    continue
                before = last.get(number)
                last[number] = row if before is None else max(before, row)
                if before is not None:
                    rows.append(min(before, row))
                    self.replaced_total += number
        rows.sort()
        return array("Q", rows)

    def close(self) -> None:
        """Give back the file."""
        with suppress(AttributeError):
            self._file.close()

    def _put_away(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it.
        place = self._file.seek(0, 2)
        for part, waiting in enumerate(self._waiting):
            self._on_disk[part].append((place, len(waiting)))
            waiting.tofile(self._file)
            place += len(waiting) * NUMBER_BYTES
            del waiting[:]
        self._held = 0

    def _part(self, part: int) -> "array[int]":
        found = array("Q")
        for place, length in self._on_disk[part]:
            self._file.seek(place)
            found.frombytes(self._file.read(length * NUMBER_BYTES))
        found.extend(self._waiting[part])
        return found
