"""The papers of an audit as values: programme, plan, notice, minutes, checklists, report.

1. Values only: people by name, units, grades and verdicts by id; words and layout are the page's.
2. A paper that was issued is the file that people signed; these values are what it is drawn from.
3. The report has the content of ISO 19011, 6.5.1, and always says that an audit is a sample.
"""

from dataclasses import dataclass, replace
from datetime import date

from engine.machine.instance import Case, Child, Row
from engine.machine.registry import Figure
from workflows.internal_audit import figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A slot of the schedule."""

    id: str
    on: date
    unit: str
    auditor: str
    place: str | None
    clauses: tuple[str, ...]
    procedures: tuple[str, ...]
    status: str
    excuse: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What the Director approves: why, what, against what, who, when, where."""

    code: str
    title: str
    year: int
    client: str | None
    objectives: str | None
    scope: str | None
    criteria: str | None
    units: tuple[str, ...]
    clauses: tuple[str, ...]
    procedures: tuple[str, ...]
    lead_auditor: str | None
    auditors: tuple[str, ...]
    first_day: date | None
    last_day: date | None
    sittings: tuple[Sitting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question of a checklist, with its verdict where there is one yet."""

    clause: str
    question: str
    verdict: str | None
    evidence: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The questions of one sitting."""

    sitting: Sitting
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChecklists:
    """One checklist for each sitting, in the order of the schedule."""

    code: str
    title: str
    checklists: tuple[Checklist, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A finding with criterion and evidence, what the auditee said, and the slip it became."""

    id: str
    unit: str
    clause: str
    grade: str
    criterion: str
    statement: str
    objective_evidence: str
    auditor: str
    disputed: bool
    auditee_opinion: str | None
    decision: str | None
    slips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """What minutes of the opening or the closing meeting begin from; the rest is written there.

    Attributes:
        place: of the first sitting; None when the schedule names none.
    """

    code: str
    title: str
    plan: AuditPlan
    held_on: date | None
    place: str | None
    participants: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    diverging_opinions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was found and concluded.

    Attributes:
        participants: heads of units and others who took steps of the audit, team left out.
        figures: name → figure, in the order of the definition.
        is_sample: always true: conclusions rest on samples, and the reader is told.
    """

    code: str
    title: str
    number: str | None
    dated: date | None
    plan: AuditPlan
    opening_on: date | None
    closing_on: date | None
    participants: tuple[str, ...]
    findings: tuple[Finding, ...]
    conclusions: str | None
    fulfilment: str | None
    diverging_opinions: str | None
    distribution: tuple[str, ...]
    not_covered: tuple[Sitting, ...]
    figures: dict[str, Figure]
    is_sample: bool = True


def plan(case: Case) -> AuditPlan:
    """The audit plan as it stands."""
    fields = case.instance.fields
    auditors = {row.values["auditor"] for row in case.rows("slot")}
    return AuditPlan(
        code=case.instance.code,
        title=case.instance.title,
        year=case.instance.year,
        client=fields.get("client"),
        objectives=fields.get("objectives"),
        scope=fields.get("scope"),
        criteria=fields.get("criteria"),
        units=tuple(fields.get("units", ())),
        clauses=tuple(fields.get("clauses", ())),
        procedures=tuple(fields.get("procedures", ())),
        lead_auditor=_name(case, fields.get("lead_auditor")),
        auditors=tuple(sorted(_named(case, person) for person in auditors)),
        first_day=fields.get("first_day"),
        last_day=fields.get("last_day"),
        sittings=_sittings(case),
    )


def checklists(case: Case) -> AuditChecklists:
    """The checklists, one for each sitting."""
    return AuditChecklists(
        code=case.instance.code,
        title=case.instance.title,
        checklists=tuple(
            Checklist(sitting=sitting, lines=_lines(case, sitting.id))
            for sitting in _sittings(case)
        ),
    )


def opening_minutes(case: Case) -> Minutes:
    """The minutes of the opening meeting, as far as the case knows them."""
    return _minutes(case, case.instance.fields.get("opening_on"))


def closing_minutes(case: Case) -> Minutes:
    """The minutes of the closing meeting, with every finding that was told there."""
    return replace(
        _minutes(case, case.instance.fields.get("closing_on")),
        findings=tuple(_finding(case, row) for row in case.rows("finding")),
        diverging_opinions=case.instance.fields.get("diverging_opinions"),
    )


def audit_report(case: Case) -> AuditReport:
    """The report as it stands: a draft until it has its number."""
    fields = case.instance.fields
    return AuditReport(
        code=case.instance.code,
        title=case.instance.title,
        number=fields.get("report_number"),
        dated=fields.get("report_date"),
        plan=plan(case),
        opening_on=fields.get("opening_on"),
        closing_on=fields.get("closing_on"),
        participants=_participants(case),
        findings=tuple(_finding(case, row) for row in case.rows("finding")),
        conclusions=fields.get("conclusions"),
        fulfilment=fields.get("fulfilment"),
        diverging_opinions=fields.get("diverging_opinions"),
        distribution=tuple(fields.get("distribution", ())),
        not_covered=tuple(found for found in _sittings(case) if found.status == "excused"),
        figures={name: figure(case) for name, figure in FIGURES.items()},
    )


FIGURES = {
    "units_audited": figures.units_audited,
    "clauses_audited": figures.clauses_audited,
    "procedures_audited": figures.procedures_audited,
    "findings_by_grade": figures.findings_by_grade,
    "nonconformities_by_unit": figures.nonconformities_by_unit,
    "nonconformities_by_clause": figures.nonconformities_by_clause,
    "repeat_nonconformities": figures.repeat_nonconformities,
    "slips_closed_in_time": figures.slips_closed_in_time,
    "median_days_to_close": figures.median_days_to_close,
    "effective_first_time": figures.effective_first_time,
    "finished_in_third_quarter": figures.finished_in_third_quarter,
}
"""Every figure of an audit under the name that the definition gives it."""


def _minutes(case: Case, held_on: date | None) -> Minutes:
    planned = plan(case)
    return Minutes(
        code=planned.code,
        title=planned.title,
        plan=planned,
        held_on=held_on,
        place=next((sitting.place for sitting in planned.sittings if sitting.place), None),
        participants=_participants(case),
    )


def _sittings(case: Case) -> tuple[Sitting, ...]:
    found = [
        Sitting(
            id=row.id,
            on=row.values["audit_date"],
            unit=row.values["unit"],
            auditor=_named(case, row.values["auditor"]),
            place=row.values.get("place"),
            clauses=tuple(row.values["clauses"]),
            procedures=tuple(row.values.get("procedures", ())),
            status=row.values["status"],
            excuse=row.values.get("excuse"),
        )
        for row in case.rows("slot")
    ]
    return tuple(sorted(found, key=lambda sitting: (sitting.on, sitting.unit, sitting.id)))


def _lines(case: Case, slot: str) -> tuple[Line, ...]:
    return tuple(
        Line(
            clause=row.values["clause"],
            question=row.values["question"],
            verdict=row.values.get("verdict"),
            evidence=row.values.get("evidence_ref"),
            reason=row.values.get("reason"),
        )
        for row in case.rows("checklist")
        if row.values["slot"] == slot
    )


def _finding(case: Case, row: Row) -> Finding:
    decisions = {
        decided.values["finding"]: decided.values["decision"]
        for decided in case.rows("dispute_decision")
    }
    return Finding(
        id=row.id,
        unit=row.values["unit"],
        clause=row.values["clause"],
        grade=row.values["grade"],
        criterion=row.values["criterion"],
        statement=row.values["statement"],
        objective_evidence=row.values["objective_evidence"],
        auditor=_named(case, row.values["auditor"]),
        disputed=bool(row.values.get("disputed")),
        auditee_opinion=row.values.get("auditee_opinion"),
        decision=decisions.get(row.id),
        slips=tuple(slip.code for slip in case.children if _is_slip_of(slip, row)),
    )


def _is_slip_of(slip: Child, row: Row) -> bool:
    return slip.origin_set == "finding" and slip.origin_row == row.id


def _participants(case: Case) -> tuple[str, ...]:
    """The unit heads who acknowledged the notice or told an obstacle, by name."""
    people = {
        person
        for step in case.instance.history
        if step.role == "unit_head"
        for person in step.people
    }
    return tuple(sorted(_named(case, person) for person in people))


def _name(case: Case, person: str | None) -> str | None:
    return None if person is None else _named(case, person)


def _named(case: Case, person: str) -> str:
    known = case.people.get(person)
    return known.name if known is not None else person
