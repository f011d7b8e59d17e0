"""What the gates of a publication ask, and what it is measured by; pure over the case.

1. Published is what is in every place that is asked for: the day of the last of them counts.
2. A place is checked anew after each completed check: what was seen a month ago proves nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure

TERM = 5
"""Working days from the signing (Circular 26/2014/TT-BKHCN, Article 4.3)."""
ASKED = ("department_portal", "unit_portal", "notice_board")
"""Where a decision has to be."""
ROUNDS = ("check", "monthly_check")


def places_missing(case: Case) -> int:
    """Kinds of places that are asked for and not there."""
    there = {row.values["kind"] for row in case.rows("place")}
    return sum(kind not in there for kind in ASKED)


def days_plausible(case: Case) -> bool:
    """Whether everything was posted between the signing and today."""
    signed = case.instance.fields.get("signed_on")
    days = [row.values["posted_on"] for row in case.rows("place")]
    return all((signed is None or signed <= day) and day <= case.today for day in days)


def late_unexplained(case: Case) -> bool:
    """Whether it took more than the term and nobody said why."""
    days, because = days_taken(case), case.instance.fields.get("late_because")
    return days is not None and days > TERM and not because


def places_unchecked(case: Case) -> int:
    """Places without a check since the last completed one."""
    return sum(_last_check(case, place) is None for place in case.rows("place"))


def checks_to_make(case: Case) -> tuple[Mapping[str, Any], ...]:
    """A check for each place that was not looked at since the last completed round."""
    return tuple({"place": row.id} for row in case.rows("place") if _last_check(case, row) is None)


def places_wrong(case: Case) -> int:
    """Places of which the last check since then says that they do not open or are not in force."""
    checks = [_last_check(case, place) for place in case.rows("place")]
    return sum(check is not None and not _is_right(check) for check in checks)


def days_taken(case: Case) -> int | None:
    """Working days from the signing until it was everywhere; None while it is not."""
    signed: date | None = case.instance.fields.get("signed_on")
    if signed is None or places_missing(case):
        return None
    first = {
        kind: min(
            row.values["posted_on"] for row in case.rows("place") if row.values["kind"] == kind
        )
        for kind in ASKED
    }
    last = max(first.values())
    if last <= signed:
        return 0
    whole = case.calendar.working_days_in(signed, last)
    return whole - case.calendar.working_days_in(signed, signed)


def days_to_publish(case: Case) -> Figure:
    """That number, as a figure."""
    return Figure(numerator=days_taken(case), cut_off=case.today)


def published_in_time(case: Case) -> bool | None:
    """Whether the term was kept; False as soon as it has passed."""
    days = days_taken(case)
    if days is not None:
        return days <= TERM
    signed: date | None = case.instance.fields.get("signed_on")
    if signed is None or case.today <= case.calendar.add_working_days(signed, TERM):
        return None
    return False


def places_current(case: Case) -> Figure:
    """Places whose last check, whenever it was, found them right."""
    found = []
    for place in case.rows("place"):
        checks = [row for row in case.rows("link_check") if row.values["place"] == place.id]
        if checks:
            found.append(max(checks, key=lambda row: row.values["checked_on"]))
    return Figure(
        numerator=sum(_is_right(check) for check in found) if found else None,
        denominator=len(found) if found else None,
        cut_off=case.today,
        rows={"link_check": tuple(check.id for check in found)},
    )


def _last_check(case: Case, place: Row) -> Row | None:
    checks = [
        row
        for row in case.rows("link_check")
        if row.values["place"] == place.id and _is_new(case, row.values["checked_on"])
    ]
    # Of two on one day the one that was written later counts.
    return max(reversed(checks), key=lambda row: row.values["checked_on"], default=None)


def _is_new(case: Case, day: date) -> bool:
    """Whether a check of a day is newer than the last completed round, or follows a mending."""
    done = [step.on for step in map(case.instance.last, ROUNDS) if step is not None]
    last = max(done, default=date.min)
    mended = case.instance.last("republish")
    return day >= mended.on if mended is not None and mended.on >= last else day > last


def _is_right(check: Row) -> bool:
    return bool(check.values["opens"] and check.values["in_force"])
