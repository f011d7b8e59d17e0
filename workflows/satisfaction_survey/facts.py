"""What the gates of a survey ask, and what it is measured by; pure over the case.

1. Satisfied is who gave four or five of five points overall; the rate is of all answers.
2. An index is the points that were given to it, out of the most of those who answered to it.
"""

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure

SATISFIED = 4
MOST = 5
INDICES = ("access", "procedure", "staff", "result", "feedback")


def days_in_order(case: Case) -> bool:
    """Whether the last day is not before the first; true while one is missing."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    return first is None or last is None or first <= last


def survey_runs(case: Case) -> bool:
    """Whether today is one of its days, the first and the last among them."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    return first is not None and last is not None and bool(first <= case.today <= last)


def survey_over(case: Case) -> bool:
    """Whether its last day has passed."""
    last = case.instance.fields.get("last_day")
    return last is not None and case.today > last


def too_few(case: Case) -> bool:
    """Whether there are fewer answers than are needed."""
    return len(case.rows("answer")) < (case.instance.fields.get("min_responses") or 0)


def more_than_invited(case: Case) -> bool:
    """Whether more answered than were invited."""
    invited = case.instance.fields.get("invited")
    return invited is not None and len(case.rows("answer")) > invited


def units_below(case: Case) -> int:
    """Units below the target with nothing that is to be put right."""
    target = case.instance.fields.get("target") or 0
    helped = {row.values["unit"] for row in case.rows("measure")}
    parts = _by_unit(case).items()
    poor = {unit for unit, (top, bottom) in parts if 100 * top < target * (bottom or 0)}
    return len(poor - helped)


def is_satisfied(row: Row) -> bool:
    """Whether an answer is that of somebody who is satisfied."""
    return bool(row.values["overall"] >= SATISFIED)


def satisfied(case: Case) -> Figure:
    """Satisfied answers out of all, told apart by unit."""
    rows = case.rows("answer")
    return Figure(
        numerator=sum(map(is_satisfied, rows)) if rows else None,
        denominator=len(rows) if rows else None,
        cut_off=case.instance.fields.get("last_day"),
        parts=_by_unit(case),
    )


def by_index(case: Case) -> Figure:
    """Points out of the most, told apart by index."""
    parts: dict[str, tuple[int, int | None]] = {}
    for index in INDICES:
        given = [row.values[index] for row in case.rows("answer") if row.values.get(index)]
        if given:
            parts[index] = (sum(given), MOST * len(given))
    return Figure(
        numerator=sum(top for top, _ in parts.values()) if parts else None,
        denominator=sum(bottom or 0 for _, bottom in parts.values()) if parts else None,
        cut_off=case.instance.fields.get("last_day"),
        parts=parts,
    )


def response_rate(case: Case) -> Figure:
    """Answers out of the people invited."""
    invited = case.instance.fields.get("invited")
    return Figure(
        numerator=len(case.rows("answer")) if invited else None,
        denominator=invited or None,
        cut_off=case.instance.fields.get("last_day"),
    )


def _by_unit(case: Case) -> dict[str, tuple[int, int | None]]:
    parts: dict[str, tuple[int, int | None]] = {}
    for row in case.rows("answer"):
        top, bottom = parts.get(row.values["unit"], (0, 0))
        parts[row.values["unit"]] = (top + is_satisfied(row), (bottom or 0) + 1)
    return dict(sorted(parts.items()))
