"""A row of an export into a dossier, or everything that is wrong with it.

1. What a cell means is looked up once and remembered: an export says the same days, procedures and
   statuses a thousand times.
2. A row that is read at the first attempt costs little. Any other one is read again cell by cell,
   and every fault of it is told at once.
3. A line without a code and without a due day is none of a dossier: a heading of a group, a sum, a
   heading printed again. Such lines are counted, never taken for faults.
4. Without a status, a day of the result says that a dossier is finished; without a second due day,
   the first one stands; a due day that moved was moved once where nobody says how often.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from typing_extensions import override

from engine.tables.cell import Cell
from engine.tables.cells import texts_of
from engine.tables.fault import RowFault
from engine.tables.names import Names, far
from workflows.overdue_dossiers.dossier import Cause, Dossier, DossierInvalid, Stage, Status
from workflows.overdue_dossiers.export.faults import DESCRIBING, FaultLog
from workflows.overdue_dossiers.export.layout import Layout
from workflows.overdue_dossiers.export.moments import count_of, day_of, half_days_of, moment_of
from workflows.overdue_dossiers.export.personal import hidden
from workflows.overdue_dossiers.export.texts import (
    CellFault,
    TextReader,
    code_of,
    is_blank,
    text_of,
)
from workflows.overdue_dossiers.export.vocabulary import (
    Column,
    Phrases,
    causes,
    stages,
    statuses,
)

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
REMEMBERED_MAX: Final = 20_000
"""Meanings of one column that are kept: a column of free text would fill the memory."""
WORD_SHOWN: Final = 80
MOMENT_LENGTH: Final = len("31/12/2026 14:55")
DAY_LENGTH: Final = len("31/12/2026")
ANY_DAY: Final = "01/01/2000"
COMBINED: Final = (
    *(Column.PROCEDURE, Column.UNIT, Column.OFFICER_UNIT),
    *(Column.STAGE, Column.CAUSE),
)
"""What dossiers are told apart by, in the order of a combination."""
FIELDS: Final[Mapping[str, str]] = {
    "regulated_half_days": Column.REGULATED,
    "committed_half_days": Column.COMMITTED,
    "paused_half_days": Column.PAUSED,
}
"""Values of a dossier whose column has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """How rows are read.

    Attributes:
        units: finds the id of a unit of the organisation; None keeps the export's own words.
        zone: of the office's clock.
    """

    units: Names | None = None
    zone: tzinfo = ZONE


ORDER: Final = (
    *(Column.PROCEDURE, Column.UNIT, Column.OFFICER_UNIT, Column.STAGE, Column.CAUSE),
    *(Column.STATUS, Column.RECEIVED_AT, Column.DUE_ON, Column.CURRENT_DUE_ON),
    *(Column.ENDED_ON, Column.APOLOGISED_ON, Column.REAPPOINTMENTS),
    *(Column.REGULATED, Column.COMMITTED, Column.PAUSED),
)
"""The columns besides the code, as `dossier_of` takes what they mean."""


class _Meanings(dict[Cell, Any]):
    """What the cells of a column mean, each read once."""

    def __init__(self, read: Callable[[Cell], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Cell) -> Any:
        meaning = self._read(cell)
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        self[cell] = meaning
        return meaning


class _Moments(_Meanings):
    """What the moments of a column mean: the same days and the same hours come again, apart."""

    def __init__(self, read: Callable[[Cell], Any]) -> None:
        super().__init__(read)
        self._days = _Meanings(read)
        self._hours = _Meanings(read)

    @override
    def __missing__(self, cell: Cell) -> Any:
        if type(cell) is not str or len(cell) != MOMENT_LENGTH or cell[DAY_LENGTH] != " ":
            return super().__missing__(cell)
        midnight, told = self._days[cell[:DAY_LENGTH]]
        hour, known = self._hours[ANY_DAY + cell[DAY_LENGTH:]]
        if told:
            return super().__missing__(cell)
        return datetime.combine(midnight, hour.time()), known


class RowReader:
    """Reads the rows of one file.

    Attributes:
        faults: what was wrong so far.
        refused: rows that make no dossier.
        others: lines that are none of a dossier.
        left_out: values that were left out of rows that count.
        texts: what happened to texts of the columns that are kept.
    """

    def __init__(self, layout: Layout, settings: RowSettings, faults: FaultLog) -> None:
        self.faults = faults
        self.refused = self.others = self.left_out = 0
        self.texts = TextReader(settings.units)
        readers = _readers(self.texts, settings, layout.mapping.words)
        self._layout = layout
        self._meanings = tuple(_meanings(name, readers[name]) for name in ORDER)
        self._code = layout.places[Column.CODE]
        self._width = max(layout.places.values()) + 1
        # A column that is not there is read from a blank cell behind the last one.
        self._cells_of = itemgetter(*(layout.places.get(name, -1) for name in ORDER))

    def read(self, number: int, cells: Sequence[Cell]) -> Dossier | None:
        """The dossier of a row; None where it is none, which is counted or told as a fault."""
        missing = self._width - len(cells)
        row = [*cells, None] if missing <= 0 else [*cells, *[None] * (missing + 1)]
        try:
            code = code_of(row[self._code])
            told = zip(self._meanings, self._cells_of(row), strict=True)
            return dossier_of(code, [meanings[cell] for meanings, cell in told])
        except (CellFault, DossierInvalid):
            return self._read_again(number, row)

    def values(self, columns: Sequence[str], cells: Sequence[Cell]) -> tuple[Any, ...]:
        """What the cells of some columns mean.

        Raises:
            CellFault: one of them cannot be meant.
        """
        told = zip(columns, cells, strict=True)
        return tuple(self._meanings[ORDER.index(name)][cell] for name, cell in told)

    def _read_again(self, number: int, cells: Sequence[Cell]) -> Dossier | None:
        """Cell by cell: every fault of a row is told, or it is seen to be none of a dossier."""
        if not any(texts_of(cells)):
            return None
        values: dict[str, Any] = {}
        faults: dict[str, CellFault] = {}
        for name, meanings, cell in zip(ORDER, self._meanings, self._cells_of(cells), strict=True):
            try:
                values[name] = meanings[cell]
            except CellFault as wrong:
                faults[name], values[name] = wrong, None
        code = ""
        try:
            code = code_of(cells[self._code])
        except CellFault as wrong:
            faults[Column.CODE] = wrong
        if self._is_other(cells, values, faults):
            self.others += 1
            return None
        for name in sorted(faults, key=self._layout.places.__getitem__):
            self._note(number, name, faults[name].code, faults[name].params)
        if not set(faults) <= DESCRIBING:
            self.refused += 1
            return None
        self.left_out += len(faults)
        return self._without_contradictions(number, code, values)

    def _without_contradictions(
        self, number: int, code: str, values: dict[str, Any]
    ) -> Dossier | None:
        """The dossier, where need be without what only describes it and cannot be."""
        while True:
            try:
                return dossier_of(code, [values[name] for name in ORDER])
            except DossierInvalid as fault:
                column = FIELDS.get(fault.field, fault.field)
                params = {name: told for name, told in fault.params.items() if name != "field"}
                self._note(number, column, fault.code, params)
                if column not in DESCRIBING:
                    self.refused += 1
                    return None
                self.left_out += 1
                values[column] = None

    def _is_other(
        self, cells: Sequence[Cell], values: Mapping[str, Any], faults: Mapping[str, CellFault]
    ) -> bool:
        """Whether a line is a heading of a group, a sum, or the heading once more."""
        (told,) = texts_of([cells[self._code]])
        if far(told) == far(self._layout.heading(Column.CODE)):
            return True
        no_day = values[Column.DUE_ON] is None and values[Column.RECEIVED_AT] is None
        return no_day and Column.CODE in faults and not _tells_days(faults)

    def _note(self, number: int, column: str, code: str, params: Mapping[str, Any]) -> None:
        self.faults.note(RowFault(row=number, column=column, code=code, params=params))


def _tells_days(faults: Mapping[str, CellFault]) -> bool:
    """Whether a day was written, if wrongly."""
    days = (Column.RECEIVED_AT, Column.DUE_ON)
    return any(name in faults and faults[name].code != "required" for name in days)


def dossier_of(code: str, values: Sequence[Any]) -> Dossier:
    """A dossier of what the columns mean, in their order.

    Raises:
        DossierInvalid: it contradicts itself.
    """
    procedure, unit, officer_unit, stage, cause, status, received, *days, again = values[:-3]
    received_at, known = received
    due_on, current, ended_on, apologised_on = days
    regulated, committed, paused = values[-3:]
    if current is None:
        current = due_on
    if again is None:
        again = int(current != due_on)
    if status is None:
        status = Status.PENDING if ended_on is None else Status.FINISHED
    return Dossier(
        code=code,
        procedure=procedure,
        unit=unit,
        officer_unit=officer_unit,
        stage=stage,
        received_at=received_at,
        received_time_known=known,
        due_on=due_on,
        current_due_on=current,
        reappointments=again,
        status=status,
        ended_on=ended_on,
        cause=cause,
        apologised_on=apologised_on,
        regulated_half_days=regulated,
        committed_half_days=committed,
        paused_half_days=paused or 0,
    )


def _readers(
    texts: TextReader, settings: RowSettings, own: Mapping[str, Mapping[str, str]]
) -> dict[str, Callable[[Cell], Any]]:
    """How each column is read; the code is never said twice, so it is read apart."""

    def worded(column: str, known: Phrases, meaning: type[StrEnum]) -> Callable[[Cell], Any]:
        return _worded(known.with_own(own.get(column, {})), meaning, f"{column}_unknown")

    def day(cell: Cell) -> date:
        return day_of(cell, settings.zone)

    def moment(cell: Cell) -> tuple[datetime, bool]:
        return moment_of(cell, settings.zone)

    return {
        Column.PROCEDURE: _required(texts.procedure),
        Column.UNIT: _required(texts.unit),
        Column.OFFICER_UNIT: _optional(texts.unit),
        Column.STAGE: _optional(worded(Column.STAGE, stages(), Stage)),
        Column.CAUSE: _optional(worded(Column.CAUSE, causes(), Cause)),
        Column.STATUS: _optional(worded(Column.STATUS, statuses(), Status)),
        Column.RECEIVED_AT: _required(_reading(moment, "day_unreadable")),
        Column.DUE_ON: _required(_reading(day, "day_unreadable")),
        Column.CURRENT_DUE_ON: _optional(_reading(day, "day_unreadable")),
        Column.ENDED_ON: _optional(_reading(day, "day_unreadable")),
        Column.APOLOGISED_ON: _optional(_reading(day, "day_unreadable")),
        Column.REAPPOINTMENTS: _optional(_reading(count_of, "count_unreadable")),
        Column.REGULATED: _optional(_reading(half_days_of, "term_unreadable")),
        Column.COMMITTED: _optional(_reading(half_days_of, "term_unreadable")),
        Column.PAUSED: _optional(_reading(half_days_of, "term_unreadable")),
    }


def _meanings(name: str, read: Callable[[Cell], Any]) -> _Meanings:
    return _Moments(read) if name == Column.RECEIVED_AT else _Meanings(read)


def _optional(read: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    return lambda cell: None if is_blank(cell) else read(cell)


def _required(read: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    def reading(cell: Cell) -> Any:
        if is_blank(cell):
            raise CellFault("required")
        return read(cell)

    return reading


def _reading(read: Callable[[Cell], Any], code: str) -> Callable[[Cell], Any]:
    def reading(cell: Cell) -> Any:
        try:
            return read(cell)
        except (ValueError, OverflowError) as fault:
            raise CellFault(code) from fault

    return reading


def _worded(known: Phrases, meaning: type[StrEnum], code: str) -> Callable[[Cell], Any]:
    def reading(cell: Cell) -> StrEnum:
        told = text_of(cell)
        found = known.meaning(told)
        if found is None:
            raise CellFault(code, word=hidden(told)[:WORD_SHOWN])
        return meaning(found)

    return reading
