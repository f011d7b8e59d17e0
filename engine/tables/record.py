"""What was taken from a file, as a file of its own: headings and values, and nothing else of it.

Kept in its place, it proves what was read without what was dropped. The same rows make the same
bytes.
"""

import csv
import io
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, Self

from engine.tables.cells import guarded
from engine.tables.writing import CSV_DELIMITER


class RowRecord:
    """Rows written down one by one, on disk and not in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `__exit__` closes it.
        self._text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text, delimiter=CSV_DELIMITER)
        self._begun = False

    @property
    def is_empty(self) -> bool:
        """Whether no row was written."""
        return not self._begun

    def note(self, values: Mapping[str, Any]) -> None:
        """Write one row; the first one says what the columns are."""
        if not self._begun:
            self._writer.writerow(values)
            self._begun = True
        self._writer.writerow(
            "" if value is None else guarded(str(value)) for value in values.values()
        )

    def stream(self) -> BinaryIO:
        """Everything that was written, from its beginning."""
        self._text.flush()
        self._file.seek(0)
        return self._file

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back the file."""
        self._text.close()
