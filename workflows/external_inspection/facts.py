"""What the gates of an inspection ask, and what it is measured by; pure over the case."""

from datetime import date

from engine.calendars.business_days import Roll
from engine.machine.instance import Case
from engine.machine.registry import Figure

ITEMS = 10
"""Items of the dossier (Circular 26/2014/TT-BKHCN, Article 39)."""
MONTHS = 2
"""Months from the signing of the minutes until the report (Article 36)."""


def items_missing(case: Case) -> int:
    """Items of the ten that are not ready."""
    ready = {row.values["number"] for row in case.rows("dossier_item") if row.values["ready"]}
    return ITEMS - len(ready)


def minutes_plausible(case: Case) -> bool:
    """Whether the minutes were signed between the visit and today; true while not given."""
    signed, visit = case.instance.fields.get("minutes_on"), case.instance.fields.get("visit_on")
    return signed is None or ((visit is None or visit <= signed) and signed <= case.today)


def finding_days_fit(case: Case) -> bool:
    """Whether what is not handed out yet bears the day of the minutes; older rounds keep theirs."""
    signed = case.instance.fields.get("minutes_on")
    old = {child.origin_row for child in case.children}
    days = [row.values["minutes_on"] for row in case.rows("finding") if row.id not in old]
    return signed is None or all(day == signed for day in days)


def reported_in_time(case: Case) -> bool | None:
    """Whether the last report came within the term of the minutes; False once it has passed."""
    signed: date | None = case.instance.fields.get("minutes_on")
    if signed is None:
        return None
    term = case.calendar.add_months(signed, MONTHS, roll=Roll.FORWARD)
    told = case.instance.last("report")
    if told is not None and told.on >= signed:
        return told.on <= term
    return False if case.today > term else None


def findings(case: Case) -> Figure:
    """Findings of the inspection, told apart by unit."""
    units: dict[str, tuple[int, int | None]] = {}
    for row in case.rows("finding"):
        units[row.values["unit"]] = (units.get(row.values["unit"], (0, None))[0] + 1, None)
    signed = case.instance.fields.get("minutes_on")
    return Figure(
        numerator=len(case.rows("finding")) if signed is not None else None,
        cut_off=signed,
        rows={"finding": tuple(row.id for row in case.rows("finding"))},
        parts=dict(sorted(units.items())),
    )
