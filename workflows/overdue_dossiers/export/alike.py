"""Dossiers of an export that count alike, told with how many they are: millions in flat memory.

1. A row is two things to a count: what it is told apart by (procedure, unit, officer's unit, stage,
   cause) and its course (days, status, terms). Both come again and again, so each different one is
   read once, by the same reader that reads rows, and then looked up by its bytes.
2. A row of which anything is not plain (a code, a fault, a contradiction) is read as a row. What is
   counted, refused and told is the same as if every row were.
3. The key of every row is noted with what it counts as. What a later row replaces is given once
   more with a weight of -1; rows that were too many kinds to be remembered are read again.
"""

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter, methodcaller, or_
from typing import Any, Final, Generic, TypeVar

from engine.tables.csv_pieces import Batch, Piece, PieceReader
from workflows.overdue_dossiers.dossier import (
    CODE_LENGTH,
    Combination,
    Dossier,
    DossierInvalid,
)
from workflows.overdue_dossiers.export.keys import (
    NUMBER_BYTES,
    KeyLedger,
    key_number,
)
from workflows.overdue_dossiers.export.layout import Layout
from workflows.overdue_dossiers.export.moments import is_day_alone, is_hour_behind
from workflows.overdue_dossiers.export.rows import COMBINED, ORDER, RowReader, dossier_of
from workflows.overdue_dossiers.export.texts import CellFault
from workflows.overdue_dossiers.export.vocabulary import Column

Course = TypeVar("Course", bound=Hashable)

SLOW: Final = -1
"""Of what must be read as a row. Whatever it is joined with, it stays itself."""
COURSE_BITS: Final = 24
ROW_BITS_AT: Final = 39
COMBINATIONS_MAX: Final = (1 << ROW_BITS_AT - COURSE_BITS) - 1
COURSES_MAX: Final = 60_000
KIND_MASK: Final = (1 << ROW_BITS_AT) - 1
BY_ROW: Final = KIND_MASK
"""Noted of a row of one kind too many: it is counted by itself."""
ANY_TEXT: Final = "0"
"""What a course has for a code, a procedure and a unit."""
REMEMBERED_MAX: Final = 12_000
COUNTED_MAX: Final = 20_000
DIGEST_NUMBERS: Final = 32 // NUMBER_BYTES
PLAIN_CODE: Final = re.compile(
    rb"(?=[0-9]*+[^0-9])(?=[^0-9]*+[0-9])[0-9A-Za-z][0-9A-Za-z./_()\-]{0,%d}+" % (CODE_LENGTH - 1)
)
"""A code that is one at first sight: no number alone, which may be that of a person."""


class Kinds(Generic[Course]):
    """What was seen of combinations and courses, each with its number.

    Args:
        course_of: what a course comes to; whatever differs in it alone is one.
    """

    def __init__(self, course_of: Callable[[Dossier], Course]) -> None:
        self._course_of = course_of
        self._combinations: dict[Combination, int] = {}
        self._courses: dict[Course, int] = {}
        self._told: tuple[list[Combination], list[Course]] = ([], [])

    def combination(self, combination: Combination) -> int:
        """The number of a combination, already in its place; `SLOW` where there are too many."""
        found = _numbered(self._combinations, combination, self._told[0], COMBINATIONS_MAX)
        return found if found == SLOW else found << COURSE_BITS

    def course(self, dossier: Dossier) -> int:
        """The number of what the course of a dossier comes to."""
        return _numbered(self._courses, self._course_of(dossier), self._told[1], COURSES_MAX)

    def of(self, dossier: Dossier) -> int:
        """What a dossier counts as."""
        kind = self.combination(dossier.combination) | self.course(dossier)
        return BY_ROW if kind == SLOW else kind

    def told(self, kind: int) -> tuple[Combination, Course]:
        """What a number says."""
        combinations, courses = self._told
        return combinations[kind >> COURSE_BITS], courses[kind & (1 << COURSE_BITS) - 1]

    def itself(self, dossier: Dossier) -> tuple[Combination, Course]:
        """What a dossier says that has no number."""
        return dossier.combination, self._course_of(dossier)


def _numbered(known: dict[Any, int], one: Any, told: list[Any], most: int) -> int:
    found = known.get(one)
    if found is None:
        if len(known) >= most:
            return SLOW
        found = known[one] = len(told)
        told.append(one)
    return found


class AlikeRows(Generic[Course]):
    """Counts rows by their kind.

    Attributes:
        accepted: rows that make a dossier.
    """

    def __init__(self, reader: RowReader, kinds: Kinds[Course], ledger: KeyLedger) -> None:
        self.accepted = 0
        self._reader, self._kinds, self._ledger = reader, kinds, ledger
        self._counts: Counter[int] = Counter()

    def take_row(
        self, number: int, cells: Sequence[Any]
    ) -> Iterator[tuple[int, Combination, Course]]:
        """Read one row as a row; it is given at once where it is of one kind too many."""
        dossier = self._reader.read(number, cells)
        if dossier is None:
            return
        self.accepted += 1
        kind = self._kinds.of(dossier)
        self._ledger.note(key_number(dossier.code, dossier.due_on), number << ROW_BITS_AT | kind)
        if kind == BY_ROW:
            yield 1, *self._kinds.itself(dossier)
        else:
            self._counts[kind] += 1

    def take_kinds(
        self, numbers: "array[int]", kinds: Sequence[int], places: Sequence[int]
    ) -> None:
        """Count plain rows: the number of the key, the kind and the place of each."""
        self.accepted += len(kinds)
        self._counts.update(kinds)
        self._ledger.note_all(numbers, list(map(or_, places, kinds)))

    def counted(self, *, most: int = 0) -> Iterator[tuple[int, Combination, Course]]:
        """What was counted so far, where it is more than so many kinds; it is then forgotten."""
        if len(self._counts) > most:
            for kind, count in self._counts.items():
                yield count, *self._kinds.told(kind)
            self._counts.clear()


class _Known(dict[Any, Any]):
    """What pieces of a file mean, each read once; of too many, those seen of late are kept."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read
        self._before: dict[Any, Any] = {}

    def __missing__(self, key: Any) -> Any:
        found = self._before.get(key, self)
        if found is self:
            found = self._read(key)
        if len(self) >= REMEMBERED_MAX:
            self._before = dict(self)
            self.clear()
        self[key] = found
        return found


class PieceCounting(Generic[Course]):
    """Counts the pieces of a file of CSV."""

    def __init__(
        self, layout: Layout, reader: RowReader, kinds: Kinds[Course], rows: AlikeRows[Course]
    ) -> None:
        self._layout, self._reader, self._kinds, self._rows = layout, reader, kinds, rows
        self._plan = plan_of(layout)
        places: dict[str, list[int]] = {}
        for place, (role, _) in enumerate(self._plan):
            places.setdefault(role, []).append(place)
        (self._code,), (self._due,) = places["code"], places["due"]
        (self._day,), (self._hour,) = places["day"], places["hour"]
        self._combined, self._coursed = places["combination"], places.get("course", [])
        self._combinations = _Known(self._combination)
        self._courses = _Known(self._course)
        self._hours = _Known(self._is_hour)
        self._dues = _Known(self._iso)
        self._meanings = [_Known(partial(self._read, place)) for place in range(len(self._plan))]
        self._combination_in = self._order(COMBINED, self._combined)
        self._course_in = self._order(ORDER, (self._day, self._due, *self._coursed))
        self._pieces: PieceReader

    def counted(self, pieces: PieceReader) -> Iterator[tuple[int, Combination, Course]]:
        """Every row of a file: how many, and what they are."""
        self._pieces = pieces
        first = self._layout.first_row
        for batch in pieces.batches():
            for place, row in enumerate(batch.rows):
                if batch.first + place >= first:
                    yield from self._rows.take_row(batch.first + place, row)
            skipped = max(0, first - batch.first)
            if len(batch.pieces) > skipped:
                yield from self._take(batch, skipped)
                yield from self._rows.counted(most=COUNTED_MAX)

    def _take(self, batch: Batch, skipped: int) -> Iterator[tuple[int, Combination, Course]]:
        columns = list(zip(*batch.pieces[skipped:], strict=True))
        combinations = zip(*[columns[place] for place in self._combined], strict=True)
        courses = zip(
            *[columns[place] for place in (self._day, self._due, *self._coursed)], strict=True
        )
        kinds = list(
            map(
                or_,
                map(self._combinations.__getitem__, combinations),
                map(self._courses.__getitem__, courses),
            )
        )
        codes, dues = columns[self._code], columns[self._due]
        first = batch.first + skipped
        numbers = range(first << ROW_BITS_AT, first + len(kinds) << ROW_BITS_AT, 1 << ROW_BITS_AT)
        plain = SLOW not in kinds and all(map(PLAIN_CODE.fullmatch, codes))
        if plain and SLOW not in map(self._hours.__getitem__, set(columns[self._hour])):
            self._rows.take_kinds(self._keys(codes, dues), kinds, numbers)
            return
        slow = [
            SLOW in {kind, self._hours[hour]} or PLAIN_CODE.fullmatch(code) is None
            for kind, code, hour in zip(kinds, codes, columns[self._hour], strict=True)
        ]
        kept = [place for place, is_slow in enumerate(slow) if not is_slow]
        self._rows.take_kinds(
            self._keys([codes[place] for place in kept], [dues[place] for place in kept]),
            [kinds[place] for place in kept],
            [numbers[place] for place in kept],
        )
        for place, is_slow in enumerate(slow):
            if is_slow:
                cells = self._pieces.cells_of(batch.line(skipped + place))
                yield from self._rows.take_row(first + place, cells)

    def _keys(self, codes: Sequence[bytes], dues: Sequence[bytes]) -> "array[int]":
        """The numbers of keys, as `key_number` has them."""
        texts = map(b"\0".join, zip(codes, map(self._dues.__getitem__, dues), strict=True))
        digests = map(methodcaller("digest"), map(hashlib.sha256, texts))
        numbers = array("Q")
        numbers.frombytes(b"".join(digests))
        numbers = numbers[::DIGEST_NUMBERS]
        if _SMALL_END_FIRST:
            numbers.byteswap()
        return numbers

    def _combination(self, pieces: tuple[bytes, ...]) -> int:
        values = self._values(self._combined, pieces)
        return (
            SLOW
            if values is None
            else self._kinds.combination(self._combination_in((*values, None, ANY_TEXT)))
        )

    def _course(self, pieces: tuple[bytes, ...]) -> int:
        values = self._values((self._day, self._due, *self._coursed), pieces)
        if values is None:
            return SLOW
        try:
            return self._kinds.course(
                dossier_of(ANY_TEXT, self._course_in((*values, None, ANY_TEXT)))
            )
        except DossierInvalid:
            return SLOW

    def _values(self, places: Sequence[int], pieces: Sequence[bytes]) -> tuple[Any, ...] | None:
        """What pieces mean, one after another; None where a cell of them is at fault."""
        found: tuple[Any, ...] = ()
        for place, piece in zip(places, pieces, strict=True):
            values = self._meanings[place][piece]
            if values is None:
                return None
            found += values
        return found

    def _read(self, place: int, piece: bytes) -> tuple[Any, ...] | None:
        role, columns = self._plan[place]
        cells = self._pieces.cells_of(piece)
        cells += [""] * (len(columns) - len(cells))
        if role == "day" and not is_day_alone(cells[0]):
            return None
        try:
            return self._reader.values(columns, cells)
        except CellFault:
            return None

    def _order(self, names: Sequence[str], places: Sequence[int]) -> Callable[[Any], Any]:
        """Puts the values of pieces into an order: behind them stand nothing and any text."""
        told = [column for place in places for column in self._plan[place][1]]
        missing = {name: len(told) for name in names}
        missing |= {Column.PROCEDURE: len(told) + 1, Column.UNIT: len(told) + 1}
        return itemgetter(*(told.index(name) if name in told else missing[name] for name in names))

    def _is_hour(self, piece: bytes) -> int:
        return 0 if is_hour_behind(piece.decode(errors="replace")) else SLOW

    def _iso(self, piece: bytes) -> bytes:
        values = self._meanings[self._due][piece]
        return b"" if values is None else values[0].isoformat().encode()


def plan_of(layout: Layout) -> list[tuple[str, tuple[str, ...]]]:
    """What each piece is for, and the columns in it; the day of receipt and its hour are two."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for columns in _runs(layout):
        role = _role(columns[0])
        if role == "day":
            found.append((role, columns))
            found.append(("hour", ()))
        else:
            found.append((role, columns))
    return found


def pieces_of(layout: Layout) -> list[Piece]:
    """The same as places of a row."""
    return [
        Piece(
            first=layout.places[columns[0]],
            last=layout.places[columns[-1]],
            parted=_role(columns[0]) == "day",
        )
        for columns in _runs(layout)
    ]


def _runs(layout: Layout) -> Iterator[tuple[str, ...]]:
    """Columns side by side that are looked up together."""
    read = {Column.CODE, *ORDER}
    by_place: Mapping[int, str] = {
        place: column for column, place in layout.places.items() if column in read
    }
    run: list[str] = []
    for place in sorted(by_place):
        column = by_place[place]
        joins = (
            run
            and layout.places[run[-1]] == place - 1
            and _role(run[-1]) == _role(column)
            and _role(column) in {"combination", "course"}
        )
        if run and not joins:
            yield tuple(run)
            run = []
        run.append(column)
    yield tuple(run)


def _role(column: str) -> str:
    if column in COMBINED:
        return "combination"
    single = {Column.CODE: "code", Column.DUE_ON: "due", Column.RECEIVED_AT: "day"}
    return single.get(column, "course")


_SMALL_END_FIRST: Final = array("H", b"\1\0")[0] == 1
