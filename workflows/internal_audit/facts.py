"""What the gates of an audit ask of its rows, people and history; pure over the case.

1. A fact counts what is missing, so that a gate asks for zero and a refusal can tell how much.
2. A day that is not given yet makes no fact false: the missing field is told by its own gate.
3. An excused slot asks for no checklist and no verdict; it needs its reason.
"""

from collections.abc import Iterable
from datetime import date

from engine.machine.instance import Case, Row

NONCONFORMITIES = frozenset({"major", "minor"})
OF_LEAD = "lead_auditor"
OF_AUDITOR = "internal_auditor"
OWN_UNIT = "own_unit:auditor"
"""The gate that the Director may lift where a small office has nobody else."""


def days_in_order(case: Case) -> bool:
    """Whether the last day is not before the first."""
    first, last = _day(case, "first_day"), _day(case, "last_day")
    return first is None or last is None or first <= last


def units_without_slot(case: Case) -> int:
    """Units of the plan that nobody is to visit."""
    return _without_slot(case, "units", "unit")


def clauses_without_slot(case: Case) -> int:
    """Clauses of the plan that no slot looks at."""
    return _without_slot(case, "clauses", "clauses")


def procedures_without_slot(case: Case) -> int:
    """Procedures of the plan that no slot looks at."""
    return _without_slot(case, "procedures", "procedures")


def slots_outside_days(case: Case) -> int:
    """Slots before the first day or after the last."""
    first, last = _day(case, "first_day"), _day(case, "last_day")
    if first is None or last is None:
        return 0
    return sum(not first <= row.values["audit_date"] <= last for row in case.rows("slot"))


def working_days_until_first_day(case: Case) -> int | None:
    """Working days from today to the first day, today not counted; None without a first day."""
    first = _day(case, "first_day")
    return None if first is None else case.calendar.working_days_between(case.today, first)


def units_not_acknowledged(case: Case) -> int:
    """Audited units whose head has not acknowledged the notice, in person or by a deputy."""
    acknowledged = {
        unit_behind(case, step.on_behalf_of) if step.on_behalf_of else step.unit
        for step in case.instance.history
        if step.transition == "acknowledge"
    }
    return len(set(case.instance.fields.get("units", ())) - acknowledged)


def working_days_since_notice(case: Case) -> int | None:
    """Working days since the units were notified; None before that."""
    notice = case.instance.last("notify")
    return None if notice is None else case.calendar.working_days_between(notice.on, case.today)


def auditors_unqualified(case: Case) -> int:
    """Team members whose qualification is not in force today, each person counted once."""
    lead = case.instance.fields.get("lead_auditor")
    wanted = {(row.values["auditor"], OF_AUDITOR) for row in case.rows("slot")}
    if lead is not None:
        wanted.add((lead, OF_LEAD))
    return len({person for person, kind in wanted if not has_qualification(case, person, kind)})


def auditors_of_own_unit(case: Case) -> int:
    """Slots whose auditor belongs to the unit today; people move after a plan was made.

    None while the Director's waiver lets an auditor of the unit visit it, for want of another.
    """
    if case.is_lifted(OWN_UNIT):
        return 0
    return sum(
        unit_behind(case, row.values["auditor"]) == row.values["unit"] for row in case.rows("slot")
    )


def slots_without_checklist(case: Case) -> int:
    """Slots, excused ones left out, for which no question was prepared."""
    prepared = {line.values["slot"] for line in case.rows("checklist")}
    return sum(row.id not in prepared for row in _wanted_slots(case))


def opening_day_plausible(case: Case) -> bool:
    """Whether the opening meeting is not in the future."""
    opening = _day(case, "opening_on")
    return opening is None or opening <= case.today


def closing_day_plausible(case: Case) -> bool:
    """Whether the closing meeting lies between the opening meeting and today."""
    closing = _day(case, "closing_on")
    return closing is None or (_day(case, "opening_on") or date.min) <= closing <= case.today


def slots_not_finished(case: Case) -> int:
    """Slots that are still planned, or excused without a reason."""
    return sum(
        row.values["status"] == "planned"
        or (row.values["status"] == "excused" and not row.values.get("excuse"))
        for row in case.rows("slot")
    )


def lines_without_verdict(case: Case) -> int:
    """Questions without an answer, those of excused slots left out."""
    return sum(line.values.get("verdict") is None for line in _wanted_lines(case))


def lines_without_evidence(case: Case) -> int:
    """Verdicts without the evidence that was seen, or without the reason why nothing applies."""
    return sum(_is_unproved(line) for line in _wanted_lines(case))


def findings_not_agreed(case: Case) -> int:
    """Findings that the auditee has neither seen nor disputed."""
    return sum(
        not row.values["auditee_seen"] and not row.values.get("disputed")
        for row in case.rows("finding")
    )


def findings_of_own_unit(case: Case) -> int:
    """Findings made or recorded by somebody who belongs to the unit that they are about.

    None while the Director's waiver lets an auditor of the unit visit it.
    """
    if case.is_lifted(OWN_UNIT):
        return 0
    return sum(
        row.values["unit"]
        in {unit_behind(case, row.values["auditor"]), unit_behind(case, row.created_by)}
        for row in case.rows("finding")
    )


def lines_without_finding(case: Case) -> int:
    """Nonconforming lines whose slot and clause have no finding."""
    found = {(row.values["slot"], row.values["clause"]) for row in case.rows("finding")}
    return sum(
        line.values.get("verdict") == "nonconform"
        and (line.values["slot"], line.values["clause"]) not in found
        for line in _wanted_lines(case)
    )


def disputes_undecided(case: Case) -> int:
    """Disputed findings without a decision, or still standing although they were dropped."""
    decisions = {
        row.values["finding"]: row.values["decision"] for row in case.rows("dispute_decision")
    }
    return sum(
        decisions.get(row.id, "dropped") == "dropped"
        for row in case.rows("finding")
        if row.values.get("disputed")
    )


def disputes_decided_by_author(case: Case) -> int:
    """Decisions written by the one who made or recorded the finding."""
    authors = {row.id: {row.values["auditor"], row.created_by} for row in case.rows("finding")}
    return sum(
        row.created_by in authors.get(row.values["finding"], ())
        for row in case.rows("dispute_decision")
    )


def nonconformities_without_slip(case: Case) -> int:
    """Nonconformities for which no slip of the same grade stands."""
    standing = {
        (child.origin_row, child.fields.get("grade"))
        for child in case.children
        if child.process == "corrective_action" and child.state != "withdrawn"
    }
    return sum((row.id, row.values["grade"]) not in standing for row in nonconformities(case))


def report_day_plausible(case: Case) -> bool:
    """Whether the report is dated between its signature and today."""
    day = _day(case, "report_date")
    signed = case.instance.last("sign_report")
    return day is None or (signed.on if signed else date.min) <= day <= case.today


def nonconformities(case: Case) -> tuple[Row, ...]:
    """The findings that ask for correction."""
    return tuple(row for row in case.rows("finding") if row.values["grade"] in NONCONFORMITIES)


def _without_slot(case: Case, field: str, column: str) -> int:
    covered = {item for row in case.rows("slot") for item in _items(row.values.get(column))}
    return len(set(case.instance.fields.get(field, ())) - covered)


def _items(value: str | Iterable[str] | None) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _wanted_slots(case: Case) -> list[Row]:
    return [row for row in case.rows("slot") if row.values["status"] != "excused"]


def _wanted_lines(case: Case) -> list[Row]:
    excused = {row.id for row in case.rows("slot") if row.values["status"] == "excused"}
    return [line for line in case.rows("checklist") if line.values["slot"] not in excused]


def _is_unproved(line: Row) -> bool:
    verdict = line.values.get("verdict")
    if verdict is None:
        return False
    needed = "reason" if verdict == "not_applicable" else "evidence_ref"
    return not line.values.get(needed)


def has_qualification(case: Case, person: str, kind: str) -> bool:
    """Whether a qualification of somebody is in force today."""
    known = case.people.get(person)
    return known is not None and kind in known.qualifications


def unit_behind(case: Case, person: str) -> str | None:
    """The unit that somebody belongs to today."""
    known = case.people.get(person)
    return known.unit if known is not None else None


def _day(case: Case, field: str) -> date | None:
    value: date | None = case.instance.fields.get(field)
    return value
