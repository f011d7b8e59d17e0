"""The names that `definitions/internal_audit.yaml` uses, tied to their functions."""

from engine.machine.registry import Origin, Reading, Registry
from engine.storage.records import TableRecordSet
from workflows.internal_audit import effects, facts, proposals, records, report

PROCESS = "internal_audit"

FACTS = (
    facts.days_in_order,
    facts.units_without_slot,
    facts.clauses_without_slot,
    facts.procedures_without_slot,
    facts.slots_outside_days,
    facts.working_days_until_first_day,
    facts.units_not_acknowledged,
    facts.working_days_since_notice,
    facts.auditors_unqualified,
    facts.auditors_of_own_unit,
    facts.slots_without_checklist,
    facts.opening_day_plausible,
    facts.closing_day_plausible,
    facts.slots_not_finished,
    facts.lines_without_verdict,
    facts.lines_without_evidence,
    facts.findings_not_agreed,
    facts.findings_of_own_unit,
    facts.lines_without_finding,
    facts.disputes_undecided,
    facts.disputes_decided_by_author,
    facts.nonconformities_without_slip,
    facts.report_day_plausible,
)
READS = {
    facts.days_in_order: ("first_day", "last_day"),
    facts.units_without_slot: ("units",),
    facts.clauses_without_slot: ("clauses",),
    facts.procedures_without_slot: ("procedures",),
    facts.slots_outside_days: ("first_day", "last_day"),
    facts.working_days_until_first_day: ("first_day",),
    facts.units_not_acknowledged: ("units",),
    facts.auditors_unqualified: ("lead_auditor",),
    facts.opening_day_plausible: ("opening_on",),
    facts.closing_day_plausible: ("opening_on", "closing_on"),
    facts.report_day_plausible: ("report_date",),
}
"""The fields of the audit that a fact looks at."""
EFFECTS = (
    effects.tell_audited_units,
    effects.tell_office_of_audit_obstacle,
    effects.audit_leaves_quarter,
    effects.audit_misses_quarter,
)


def register(registry: Registry) -> None:
    """Make the audit's names known."""
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact, reads=READS.get(fact, ()))
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in report.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    registry.record_set(PROCESS, "slot", TableRecordSet(records.AuditSlot))
    registry.record_set(PROCESS, "checklist", TableRecordSet(records.AuditChecklistLine))
    registry.record_set(PROCESS, "finding", TableRecordSet(records.AuditFinding))
    registry.proposal(
        PROCESS,
        "slot",
        proposals.slots,
        lacking=proposals.lacking,
        # For the proposal alone: who audits is nothing that a step or a page asks of others.
        reading=Reading(roles=(proposals.ROLE,), units=True, hands=True),
    )
    registry.proposal(
        PROCESS, "checklist", proposals.questions, lacking=proposals.units_without_questions
    )
    registry.lookup(PROCESS, "earlier_findings", records.earlier_findings)
    registry.lookup(PROCESS, records.EARLIER_CHECKLIST, records.earlier_checklist)
    registry.origin(PROCESS, Origin(record_set="checklist", column="origin"))
    # The programme, the decision and the notice say what the plan says, to others.
    for name in ("programme", "plan", "team_decision", "notice"):
        registry.document(PROCESS, name, report.plan)
    registry.document(PROCESS, "opening_minutes", report.opening_minutes)
    registry.document(PROCESS, "closing_minutes", report.closing_minutes)
    registry.document(PROCESS, "checklist", report.checklists)
    registry.document(PROCESS, "audit_report", report.audit_report)
