"""The forms of facts and figures over the rows of a case; each gives a function that is pure.

1. A figure says nothing (numerator None) while there is nothing to count; nought of nothing is not
   nought per cent.
2. The ratio is never formed: numerator and denominator are counts of rows, or sums of a column.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from engine.machine.instance import Case, Row
from engine.machine.registry import Fact, Figure, FigureOf

Where = Callable[[Row], bool]
CutOff = Callable[[Case], date | None]


def everything(_row: Row) -> bool:
    """Every row."""
    return True


def having(**values: Any) -> Where:
    """Rows whose columns have these values; an empty boolean column is false."""

    def holds(row: Row) -> bool:
        return all(row.values.get(name, _empty(value)) == value for name, value in values.items())

    return holds


def filled(*columns: str) -> Where:
    """Rows in which none of the columns is empty."""

    def holds(row: Row) -> bool:
        return all(row.values.get(name) is not None for name in columns)

    return holds


def lacking(*columns: str) -> Where:
    """Rows in which one of the columns is empty."""
    whole = filled(*columns)
    return lambda row: not whole(row)


def both(*conditions: Where) -> Where:
    """Rows that meet every condition."""
    return lambda row: all(condition(row) for condition in conditions)


def count_of(record_set: str, where: Where = everything) -> Fact:
    """How many rows of a set there are, of those that are meant."""
    return lambda case: sum(where(row) for row in case.rows(record_set))


def share_of(
    record_set: str,
    reached: Where,
    *,
    among: Where = everything,
    by: str | None = None,
    cut_off: CutOff | None = None,
) -> FigureOf:
    """Rows that reached something out of those that are meant, told apart by a column."""

    def figure(case: Case) -> Figure:
        rows = [row for row in case.rows(record_set) if among(row)]
        return Figure(
            numerator=sum(reached(row) for row in rows) if rows else None,
            denominator=len(rows) if rows else None,
            cut_off=_day(case, cut_off),
            rows={record_set: tuple(row.id for row in rows)},
            parts={} if by is None else _parts(rows, reached, by),
        )

    return figure


def sum_of(
    record_set: str,
    top: str,
    bottom: str | None = None,
    *,
    by: str | None = None,
    cut_off: CutOff | None = None,
) -> FigureOf:
    """The sum of a column, out of the sum of another; told apart by a third."""

    def figure(case: Case) -> Figure:
        rows = case.rows(record_set)
        return Figure(
            numerator=total(rows, top) if rows else None,
            denominator=total(rows, bottom) if rows and bottom is not None else None,
            cut_off=_day(case, cut_off),
            rows={record_set: tuple(row.id for row in rows)},
            parts={} if by is None else _sums(rows, (top, bottom), by),
        )

    return figure


def total(rows: Iterable[Row], column: str) -> int:
    """The sum of a column; an empty cell adds nothing."""
    return sum(row.values.get(column) or 0 for row in rows)


def answer_of(reached: Callable[[Case], bool | None], *, cut_off: CutOff | None = None) -> FigureOf:
    """A figure that says yes (1), no (0), or nothing yet (None)."""

    def figure(case: Case) -> Figure:
        told = reached(case)
        return Figure(numerator=None if told is None else int(told), cut_off=_day(case, cut_off))

    return figure


def _empty(value: Any) -> Any:
    return False if isinstance(value, bool) else None


def _day(case: Case, cut_off: CutOff | None) -> date | None:
    return None if cut_off is None else cut_off(case)


def _parts(rows: Iterable[Row], reached: Where, by: str) -> Mapping[str, tuple[int, int | None]]:
    found: dict[str, tuple[int, int | None]] = {}
    for row in rows:
        label = str(row.values.get(by) or "")
        top, bottom = found.get(label, (0, 0))
        found[label] = (top + reached(row), (bottom or 0) + 1)
    return dict(sorted(found.items()))


def _sums(
    rows: Iterable[Row], columns: tuple[str, str | None], by: str
) -> Mapping[str, tuple[int, int | None]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row.values.get(by) or ""), []).append(row)
    top, bottom = columns
    return {
        label: (total(group, top), None if bottom is None else total(group, bottom))
        for label, group in sorted(groups.items())
    }
