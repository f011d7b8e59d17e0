"""Who could visit which unit on which day: a schedule for the lead auditor to take or leave.

1. Only internal auditors whose qualification is in force today are proposed, and never for the unit
   to which they belong (9.2.2 c: objective and impartial). Who holds a role for the unit, or worked
   for it in the last year, would audit their own work: they are proposed where nobody else is left,
   and `lacking` says so.
2. The hardest unit first (the one that fewest may visit), and for each the auditor with the fewest
   slots so far; equals by their id, so that the same case proposes the same.
3. A slot a day for an auditor while the working days of the audit last, then a further round.
4. While the plan names no unit, every unit of the quality system that has a head is meant.
5. A unit that nobody may visit is proposed without an auditor, and `lacking` says why and whose
   waiver would help. While that waiver is in force, one of the unit itself is proposed at last.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from engine.machine.instance import Case
from engine.machine.registry import Lack
from workflows.internal_audit.facts import OF_AUDITOR, OWN_UNIT, has_qualification, unit_behind

ROLE: Final = "internal_auditor"

Rows = tuple[Mapping[str, Any], ...]


def slots(case: Case) -> Rows:
    """A slot for each unit of the plan that has none, in the order of the plan."""
    fields = case.instance.fields
    fitting = {unit: _fitting(case, unit) for unit in _units_left(case)}
    busy = Counter(row.values["auditor"] for row in case.rows("slot"))
    days = _working_days(case)
    chosen: dict[str, Mapping[str, Any]] = {}
    for unit in sorted(fitting, key=lambda unit: (len(fitting[unit]), unit)):
        row: dict[str, Any] = {"unit": unit, "status": "planned"}
        auditor = min(fitting[unit], key=lambda person: (busy[person], person), default=None)
        if auditor is not None:
            row["auditor"] = auditor
            if days:
                row["audit_date"] = days[busy[auditor] % len(days)]
            busy[auditor] += 1
        for column in ("clauses", "procedures"):
            if fields.get(column):
                row[column] = tuple(fields[column])
        chosen[unit] = row
    return tuple(chosen[unit] for unit in fitting)


def lacking(case: Case) -> tuple[Lack, ...]:
    """Why a unit of the plan cannot be visited by anybody who is there."""
    left = _units_left(case)
    qualified = _qualified(case)
    if left and not qualified:
        return (Lack("no_qualified_auditor"),)
    return tuple(Lack(_want(case, unit), unit=unit) for unit in left if not _impartial(case, unit))


def _want(case: Case, unit: str) -> str:
    if _others(case, unit):
        return "own_work_alone"
    return "own_unit_waived" if case.is_lifted(OWN_UNIT) else "own_unit_alone"


def _units_left(case: Case) -> tuple[str, ...]:
    visited = {row.values["unit"] for row in case.rows("slot")}
    units = case.instance.fields.get("units") or case.around.units
    return tuple(unit for unit in dict.fromkeys(units) if unit not in visited)


def _qualified(case: Case) -> tuple[str, ...]:
    holders = case.around.holders.get(ROLE, ())
    return tuple(person for person in holders if has_qualification(case, person, OF_AUDITOR))


def _fitting(case: Case, unit: str) -> tuple[str, ...]:
    """Who may visit a unit; those who would look at work of their own only if nobody else can."""
    found = _impartial(case, unit) or _others(case, unit)
    return found or (_qualified(case) if case.is_lifted(OWN_UNIT) else ())


def _others(case: Case, unit: str) -> tuple[str, ...]:
    return tuple(person for person in _qualified(case) if unit_behind(case, person) != unit)


def _impartial(case: Case, unit: str) -> tuple[str, ...]:
    hands = case.around.hands.get(unit, frozenset())
    return tuple(
        person
        for person in _qualified(case)
        if unit_behind(case, person) != unit and person not in hands
    )


def _working_days(case: Case) -> tuple[date, ...]:
    """The working days of the audit; none while its days are not given or out of order."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    if first is None or last is None:
        return ()
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in days if case.calendar.is_working_day(day))
