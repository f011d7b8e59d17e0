"""What the gates of 5S ask, and what it is measured by; pure over the case.

1. A round is known by how often one was begun; scores keep the number of theirs.
2. The last round that has scores is what the figures speak of; earlier ones stay in the rows.
3. Ratios are of points: what was given out of the most that could be (four for each S).
"""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure

SHEET = ("s1", "s2", "s3", "s4", "s5")
MOST = 4
"""Points of one S."""


def current_round(case: Case) -> int:
    """How many rounds were begun."""
    return case.instance.taken("begin_round") + case.instance.taken("begin_next_round")


def areas_unscored(case: Case) -> int:
    """Areas without a score in the present round."""
    return len(unscored(case))


def unscored(case: Case) -> tuple[Row, ...]:
    """Those areas."""
    turn = current_round(case)
    done = {row.values["area"] for row in case.rows("score") if row.values["round"] == turn}
    return tuple(area for area in case.rows("area") if area.id not in done)


def poor_without_action(case: Case) -> int:
    """Areas below the pass mark in the last round for which no improvement was ever written."""
    mark = _mark(case)
    helped = {row.values["area"] for row in case.rows("improvement")}
    return sum(row.values["area"] not in helped and points(row) < mark for row in last_round(case))


def last_round(case: Case) -> tuple[Row, ...]:
    """The scores of the last round that has some."""
    rows = case.rows("score")
    last = max((row.values["round"] for row in rows), default=0)
    return tuple(row for row in rows if row.values["round"] == last)


def points(row: Row) -> int:
    """The points of a sheet."""
    return sum(row.values[each] for each in SHEET)


def mean_score(case: Case) -> Figure:
    """Points of the last round out of the most, told apart by unit."""
    rows = last_round(case)
    parts: dict[str, tuple[int, int | None]] = {}
    for row in rows:
        top, bottom = parts.get(row.values["unit"], (0, 0))
        parts[row.values["unit"]] = (top + points(row), (bottom or 0) + MOST * len(SHEET))
    return _figure(case, rows, (sum(map(points, rows)), MOST * len(SHEET) * len(rows)), parts)


def by_s(case: Case) -> Figure:
    """The same, told apart by S."""
    rows = last_round(case)
    parts: dict[str, tuple[int, int | None]] = {
        each.upper(): (sum(row.values[each] for row in rows), MOST * len(rows)) for each in SHEET
    }
    whole = (sum(map(points, rows)), MOST * len(SHEET) * len(rows))
    return _figure(case, rows, whole, parts if rows else {})


def areas_fit(case: Case) -> Figure:
    """Areas that reached the pass mark in the last round."""
    rows, mark = last_round(case), _mark(case)
    return _figure(case, rows, (sum(points(row) >= mark for row in rows), len(rows)), {})


def score_rows(case: Case) -> tuple[Mapping[str, Any], ...]:
    """A sheet for each area that has none in the present round."""
    turn = current_round(case)
    return tuple(
        {"area": area.id, "unit": area.values["unit"], "round": turn} for area in unscored(case)
    )


def _mark(case: Case) -> int:
    mark: int = case.instance.fields.get("pass_score") or 0
    return mark


def _figure(
    case: Case,
    rows: tuple[Row, ...],
    whole: tuple[int, int],
    parts: Mapping[str, tuple[int, int | None]],
) -> Figure:
    return Figure(
        numerator=whole[0] if rows else None,
        denominator=whole[1] if rows else None,
        cut_off=case.today,
        rows={"score": tuple(row.id for row in rows)},
        parts=dict(sorted(parts.items())),
    )
