"""Who could visit which unit on which day, and what was asked there before: to take or leave.

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
6. Questions come from the audit before, for units that are visited again: without verdict and
   evidence, with their origin. What did not conform then is marked to be looked at again.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from engine.machine.instance import Case
from engine.machine.registry import Lack
from workflows.internal_audit.facts import OF_AUDITOR, OWN_UNIT, has_qualification, unit_behind
from workflows.internal_audit.records import EARLIER_CHECKLIST, EarlierLine

ROLE: Final = "internal_auditor"
AGAIN: Final = ": không phù hợp, xem lại"

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


def questions(case: Case) -> Rows:
    """Each question of the audit before that its unit's slot does not ask yet."""
    asked = {
        (row.values["slot"], row.values["clause"], row.values["question"])
        for row in case.rows("checklist")
    }
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for line in _earlier(case):
        slot = _slot_for(case, line)
        if slot is None or (slot, line.clause, line.question) in asked:
            continue
        again = AGAIN if line.verdict == "nonconform" else ""
        found.setdefault(
            (slot, line.clause, line.question),
            {
                "slot": slot,
                "clause": line.clause,
                "question": line.question,
                "origin": f"{line.audit} #{line.place}{again}",
            },
        )
    return tuple(found.values())


def units_without_questions(case: Case) -> tuple[Lack, ...]:
    """The units to which no question of the audit before comes, where there was one, and why.

    Those that it did not ask anything, and those that are not visited this time.
    """
    before = dict.fromkeys(line.unit for line in _earlier(case))
    units = dict.fromkeys(row.values["unit"] for row in case.rows("slot"))
    if not before or not units:
        return ()
    new = (Lack("not_asked_before", unit=unit) for unit in units if unit not in before)
    gone = (Lack("not_visited_now", unit=unit) for unit in before if unit not in units)
    return (*new, *gone)


def _earlier(case: Case) -> tuple[EarlierLine, ...]:
    found: tuple[EarlierLine, ...] = case.lookups.get(EARLIER_CHECKLIST, ())
    return found


def _slot_for(case: Case, line: EarlierLine) -> str | None:
    """The visit of the line's unit that looks at its clause, else its first visit."""
    visits = [row for row in case.rows("slot") if row.values["unit"] == line.unit]
    fitting = [row for row in visits if line.clause in (row.values.get("clauses") or ())]
    return next((row.id for row in (*fitting, *visits)), None)


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
