"""What a period is measured by: frozen numbers, each ratio with its parts and its rows.

1. Before the freeze a figure is what the register says now; afterwards it is what was frozen.
2. A period that was merged or broken off has no figures.
3. Breakdowns are by unit.
"""

from collections.abc import Callable
from typing import Final

from engine.machine.instance import Case
from engine.machine.registry import Figure
from workflows.overdue_period_review.snapshot import (
    DOSSIER,
    LINE,
    FrozenLine,
    Snapshot,
    snapshot,
)

WITHOUT: Final = frozenset({"merged", "cancelled"})
Number = Callable[[FrozenLine], int]


def on_time(case: Case) -> Figure:
    """Finished early or on the day first promised, out of all that were finished."""
    return _ratio(case, lambda line: line["early"] + line["on_time"], _finished)


def overdue_solved(case: Case) -> Figure:
    """Finished late, out of all that were finished."""
    return _ratio(case, lambda line: line["late"], _finished, late=True)


def overdue_pending(case: Case) -> Figure:
    """Pending late, out of all that are pending at the end."""
    return _ratio(case, lambda line: line["pending_late"], lambda line: line["closing"], late=True)


def median_days_late(case: Case) -> Figure:
    """The median of whole working days late, a half rounded up; nothing where nothing is late."""
    found = _found(case)
    if found is None or not found.total.overdue:
        return Figure(numerator=None)
    return Figure(
        numerator=_median(found.total),
        cut_off=found.last,
        rows=_rows(found, late=True),
        parts={line.unit or "": (_median(line), None) for line in found.units if line.overdue},
    )


def apologies_in_time(case: Case) -> Figure:
    """Apologies in time, out of those that were due."""
    return _ratio(
        case, lambda line: line["letters_in_time"], lambda line: line["letters"], late=True
    )


def repeated_extension(case: Case) -> Figure:
    """Dossiers that were re-appointed more than once; there may be none."""
    return _count(case, lambda line: line["reappointed_again"])


def time_cut(case: Case) -> Figure:
    """Half days saved, out of those that the regulation gives; never below nothing."""
    return _ratio(
        case,
        lambda line: max(line["regulated"] - line["actual"], 0),
        lambda line: line["regulated"],
    )


def time_cut_reached(case: Case) -> Figure:
    """Dossiers that took at least 15 % less than regulated, out of those with a regulated term."""
    return _ratio(case, lambda line: line["cut_reached"], lambda line: line["measured"])


def overdue_dossiers(case: Case) -> Figure:
    """Late dossiers of the period, each once."""
    return _count(case, lambda line: line.overdue, late=True)


def backlog_dossiers(case: Case) -> Figure:
    """What is pending at the end and came before the period."""
    return _count(case, lambda line: line["backlog"])


FIGURES = {
    "on_time": on_time,
    "overdue_solved": overdue_solved,
    "overdue_pending": overdue_pending,
    "median_days_late": median_days_late,
    "apologies_in_time": apologies_in_time,
    "repeated_extension": repeated_extension,
    "time_cut": time_cut,
    "time_cut_reached": time_cut_reached,
    "overdue_dossiers": overdue_dossiers,
    "backlog_dossiers": backlog_dossiers,
}
"""Every figure of a period under the name that the definition gives it."""


def _median(line: FrozenLine) -> int:
    return (line["median_half_days"] + 1) // 2


def _finished(line: FrozenLine) -> int:
    return line["finished"]


def _ratio(case: Case, top: Number, bottom: Number, *, late: bool = False) -> Figure:
    """A share; nothing is said of nothing."""
    found = _found(case)
    if found is None or not bottom(found.total):
        return Figure(numerator=None)
    return Figure(
        numerator=top(found.total),
        denominator=bottom(found.total),
        cut_off=found.last,
        rows=_rows(found, late=late),
        parts={line.unit or "": (top(line), bottom(line)) for line in found.units if bottom(line)},
    )


def _count(case: Case, number: Number, *, late: bool = False) -> Figure:
    found = _found(case)
    if found is None:
        return Figure(numerator=None)
    return Figure(
        numerator=number(found.total),
        cut_off=found.last,
        rows=_rows(found, late=late),
        parts={line.unit or "": (number(line), None) for line in found.units if number(line)},
    )


def _found(case: Case) -> Snapshot | None:
    return None if case.instance.state in WITHOUT else snapshot(case)


def _rows(found: Snapshot, *, late: bool) -> dict[str, tuple[str, ...]]:
    """The frozen rows behind a figure: its lines and, where it tells of late ones, these."""
    lines = (found.total, *found.units)
    rows = {LINE: tuple(line.row for line in lines if line.row is not None)}
    if late:
        rows[DOSSIER] = tuple(
            each.row for each in found.dossiers if each.late and each.row is not None
        )
    return {name: ids for name, ids in rows.items() if ids}
