"""What the gates of a briefing ask, and what it is measured by; pure over the case."""

from typing import Final

from engine.machine.instance import Case
from engine.machine.registry import Figure

COMPLAINTS: Final = "integrity_complaints"
"""The lookup that counts complaints found true."""


def units_without_session(case: Case) -> int:
    """Units with a head in which nobody was briefed."""
    there = {row.values["unit"] for row in case.rows("session")}
    return sum(unit not in there for unit in case.around.units)


def sessions_wrong(case: Case) -> int:
    """Sessions outside the period, in the future, or with more people than there are."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    return sum(
        row.values["present"] > row.values["staff"]
        or row.values["held_on"] > case.today
        or (first is not None and row.values["held_on"] < first)
        or (last is not None and row.values["held_on"] > last)
        for row in case.rows("session")
    )


def units_without_commitment(case: Case) -> int:
    """Units that were briefed and have no commitments."""
    there = {row.values["unit"] for row in case.rows("commitment")}
    return len({row.values["unit"] for row in case.rows("session")} - there)


def commitments_wrong(case: Case) -> int:
    """Units in which more signed than there are."""
    return sum(row.values["signed"] > row.values["staff"] for row in case.rows("commitment"))


def coverage(case: Case) -> Figure:
    """Staff present at the best attended session of each unit, out of all staff."""
    best: dict[str, tuple[int, int | None]] = {}
    for row in case.rows("session"):
        unit, told = row.values["unit"], (row.values["present"], row.values["staff"])
        best[unit] = max(best.get(unit, (-1, None)), told, key=lambda each: each[0])
    return Figure(
        numerator=sum(top for top, _ in best.values()) if best else None,
        denominator=sum(bottom or 0 for _, bottom in best.values()) if best else None,
        cut_off=case.today,
        rows={"session": tuple(row.id for row in case.rows("session"))},
        parts=dict(sorted(best.items())),
    )


def complaints(case: Case) -> Figure:
    """Complaints about attitude or integrity that were found true in the period."""
    return Figure(numerator=case.lookups.get(COMPLAINTS, 0), cut_off=case.today)
