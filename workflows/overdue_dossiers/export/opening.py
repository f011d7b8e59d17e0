"""A file of the one-stop desk, opened: its preview, its dossiers, and what the desk may compare.

1. The file is judged and its heading found when it is opened; nothing else is read before somebody
   takes dossiers, and no more than one row is held.
2. Every row counts once: it is a dossier, it is refused with its faults, or it is none of a
   dossier. `Reconciliation` says so, with the SHA-256 of the bytes and the sum over the keys.
3. `dossiers` gives every row that makes one, in order. Those that a later row replaces are known at
   the end and given once more by `replaced`: who counts takes them away again, who stores needs
   nothing, since what is stored later wins.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO, Final

from engine.tables.cell import Cell
from engine.tables.csv_pieces import ENCODINGS, PieceReader
from engine.tables.csv_text import delimiter_of
from engine.tables.fault import RowFault
from engine.tables.streaming import StreamLimits, open_table
from workflows.overdue_dossiers.dossier import Combination, Dossier
from workflows.overdue_dossiers.export.alike import (
    BY_ROW,
    KIND_MASK,
    ROW_BITS_AT,
    AlikeRows,
    Course,
    Kinds,
    PieceCounting,
    pieces_of,
)
from workflows.overdue_dossiers.export.faults import FAULTS_MAX, FaultLog
from workflows.overdue_dossiers.export.keys import KeyLedger, key_number, sum_text
from workflows.overdue_dossiers.export.layout import HEAD_ROWS, Layout, SourceMapping, layout_of
from workflows.overdue_dossiers.export.rows import RowReader, RowSettings

PREVIEW_ROWS: Final = 20
ROWS_MAX: Final = 20_000_000
PIECE_BYTES: Final = 1024 * 1024
GIBIBYTE: Final = 1024**3
LIMITS: Final = StreamLimits(
    bytes_max=4 * GIBIBYTE,
    rows_max=ROWS_MAX,
    last_row=ROWS_MAX + HEAD_ROWS,
    tags_max=150_000_000,
    unpacked_bytes_max=4 * GIBIBYTE,
    parquet=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSettings:
    """How a file is read.

    Attributes:
        mapping: what is remembered of the source.
        faults_max: how many faults are kept; all are counted.
    """

    mapping: SourceMapping = field(default_factory=SourceMapping)
    rows: RowSettings = field(default_factory=RowSettings)
    faults_max: int = FAULTS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What to compare with the source.

    Attributes:
        rows: lines under the heading that are not blank.
        accepted: dossiers, each once.
        replaced: rows that a later row of the same dossier replaces.
        refused: rows with faults that make no dossier.
        others: lines that are none of a dossier: sums, headings of groups.
        left_out: values that were at fault and left out of rows that count.
        hidden: different texts in which something about a person was hidden.
        cut: different texts that were too long.
        sha256: of the bytes of the file.
        key_sum: over the keys of the accepted dossiers, in whatever order.
    """

    rows: int
    accepted: int
    replaced: int
    refused: int
    others: int
    left_out: int
    hidden: int
    cut: int
    sha256: str
    key_sum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The beginning of a file as it will be read.

    Attributes:
        dossiers: (number of the row, what it makes) of the first rows.
        faults: of these rows.
    """

    layout: Layout
    dossiers: tuple[tuple[int, Dossier], ...]
    faults: tuple[RowFault, ...]


class Export:
    """One file; what it counts is whole once `dossiers` has been taken to its end."""

    def __init__(self, stream: BinaryIO, *, filename: str, settings: ReadingSettings) -> None:
        self._stream = stream
        self._settings = settings
        self._file = open_table(stream, filename=filename, limits=LIMITS)
        self._rows: Iterator[Sequence[Cell]] = iter(())
        self._head: list[Sequence[Cell]] = []
        self._begin()
        self.layout = layout_of(self._head, settings.mapping)
        self._reader = self._new_reader()
        self._accepted = 0
        self._key_sum = 0
        self._replaced: Sequence[int] | None = None
        self._replaced_sum = 0

    @property
    def faults(self) -> FaultLog:
        """What was wrong in the rows taken so far."""
        return self._reader.faults

    def preview(self, rows: int = PREVIEW_ROWS) -> Preview:
        """The first dossiers and faults, from the beginning of the file alone."""
        reader = self._new_reader()
        found: list[tuple[int, Dossier]] = []
        for number, cells in enumerate(self._head, start=1):
            if number < self.layout.first_row or len(found) + reader.refused >= rows:
                continue
            dossier = reader.read(number, cells)
            if dossier is not None:
                found.append((number, dossier))
        return Preview(layout=self.layout, dossiers=tuple(found), faults=tuple(reader.faults.kept))

    def dossiers(self) -> Iterator[Dossier]:
        """Every row that makes a dossier, in order; may be taken again from the beginning."""
        self._accepted, self._replaced = 0, None
        self._reader = self._new_reader()
        read = self._reader.read
        with closing(KeyLedger()) as ledger:
            for number, cells in self._numbered():
                dossier = read(number, cells)
                if dossier is not None:
                    self._accepted += 1
                    ledger.note(key_number(dossier.code, dossier.due_on), number)
                    yield dossier
            self._settle(ledger, ledger.replaced())

    def readings(self) -> Iterator[tuple[int, Dossier | None, tuple[RowFault, ...]]]:
        """Every line from the beginning: its number, its dossier, its faults; nothing is kept.

        For who writes each row down as it comes and keeps an account of their own.
        """
        reader = self._new_reader()
        for number, cells in self._numbered():
            dossier = reader.read(number, cells)
            faults = tuple(reader.faults.kept)
            reader.faults.kept.clear()
            if dossier is not None or faults:
                yield number, dossier, faults

    def replaced(self) -> Iterator[Dossier]:
        """The rows of `dossiers` that a later one of the same dossier replaces."""
        yield from self._again(self._finished())

    def alike(
        self, course_of: Callable[[Dossier], Course]
    ) -> Iterator[tuple[int, Combination, Course]]:
        """What `current` gives, gathered: how many, what they are told apart by, and their course.

        Args:
            course_of: what a dossier comes to besides its combination, which it may not look at.
        """
        self._accepted, self._replaced = 0, None
        self._reader = self._new_reader()
        kinds = Kinds(course_of)
        with closing(KeyLedger()) as ledger:
            rows = AlikeRows(self._reader, kinds, ledger)
            yield from self._gathered(kinds, rows)
            yield from rows.counted()
            replaced = ledger.replaced()
            self._accepted = rows.accepted
            self._settle(ledger, array("Q", (noted >> ROW_BITS_AT for noted in replaced)))
        taken_away = Counter(noted & KIND_MASK for noted in replaced)
        taken_away.pop(BY_ROW, None)
        for kind, count in taken_away.items():
            yield -count, *kinds.told(kind)
        by_row = [noted >> ROW_BITS_AT for noted in replaced if noted & KIND_MASK == BY_ROW]
        for dossier in self._again(by_row):
            yield -1, *kinds.itself(dossier)

    def _gathered(
        self, kinds: Kinds[Course], rows: AlikeRows[Course]
    ) -> Iterator[tuple[int, Combination, Course]]:
        """By the pieces of its lines where the file is such text, else row by row."""
        encoding = self._file.encoding
        if encoding in ENCODINGS:
            pieces = PieceReader(
                self._stream,
                encoding=encoding,
                delimiter=delimiter_of(self._stream, encoding),
                width=len(self.layout.headings),
                pieces=pieces_of(self.layout),
            )
            # What was begun of the rows reads from the same file.
            self._begun = True
            yield from PieceCounting(self.layout, self._reader, kinds, rows).counted(pieces)
            return
        for number, cells in self._numbered():
            yield from rows.take_row(number, cells)

    def _again(self, wanted: Sequence[int]) -> Iterator[Dossier]:
        """Rows that were read, once more."""
        following = iter(wanted)
        next_one = next(following, None)
        reader = self._new_reader()
        for number, cells in self._numbered() if next_one is not None else ():
            if number != next_one:
                continue
            dossier = reader.read(number, cells)
            if dossier is not None:
                yield dossier
            next_one = next(following, None)
            if next_one is None:
                break

    def _settle(self, ledger: KeyLedger, replaced: Sequence[int]) -> None:
        """Keep what is known at the end of the file."""
        self._replaced = replaced
        self._key_sum = ledger.total
        self._replaced_sum = ledger.replaced_total

    def current(self) -> Iterator[tuple[int, Dossier]]:
        """Every dossier with 1, and those replaced once more with -1: what a count adds up."""
        for dossier in self.dossiers():
            yield 1, dossier
        for dossier in self.replaced():
            yield -1, dossier

    def reconciliation(self) -> Reconciliation:
        """What to compare with the source, after the last dossier was taken."""
        replaced = len(self._finished())
        reader = self._reader
        return Reconciliation(
            rows=self._accepted + reader.refused + reader.others,
            accepted=self._accepted - replaced,
            replaced=replaced,
            refused=reader.refused,
            others=reader.others,
            left_out=reader.left_out,
            hidden=reader.texts.hidden,
            cut=reader.texts.cut,
            sha256=_sha256(self._stream),
            key_sum=sum_text(self._key_sum - self._replaced_sum),
        )

    def _finished(self) -> Sequence[int]:
        """The rows that were replaced; reads on to the end where nobody did."""
        if self._replaced is None:
            for _ in self.dossiers():
                pass
        return self._replaced or ()

    def _begin(self) -> None:
        """Stand at the beginning, with the first lines at hand."""
        self._begun = False
        self._rows = self._file.rows()
        self._head = list(islice(self._rows, HEAD_ROWS))

    def _numbered(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows under the heading with their numbers, from the beginning."""
        if self._begun:
            self._begin()
        self._begun = True
        rows = enumerate(chain(self._head, self._rows), start=1)
        return islice(rows, self.layout.first_row - 1, None)

    def _new_reader(self) -> RowReader:
        return RowReader(self.layout, self._settings.rows, FaultLog(self._settings.faults_max))


def open_export(
    stream: BinaryIO, *, filename: str, settings: ReadingSettings | None = None
) -> Export:
    """Open a seekable file: CSV, XLSX or Parquet.

    Raises:
        TypeNotAccepted: it is none of these, by name or by content.
        UnsafeContent: it is empty, damaged, or could harm whoever opens it.
        FileTooLarge: more bytes, rows or columns than are taken.
        ExportInvalid: heading or columns do not fit.
    """
    return Export(stream, filename=filename, settings=settings or ReadingSettings())


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()
