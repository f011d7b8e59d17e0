"""The names that `definitions/overdue_case.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.overdue_case import effects, facts, figures, report
from workflows.overdue_dossiers import cases
from workflows.overdue_dossiers.case_standing import ALIKE, OWN_DOSSIER, PERIODS

PROCESS = "overdue_case"

FACTS = (
    facts.asked_due_valid,
    facts.granted_due_valid,
    facts.extensions_used,
    facts.letter_lead_days,
    facts.returned_by_due,
    facts.returned_day_plausible,
    facts.lapse_known,
    facts.same_cause_in_quarter,
    facts.responsible_named,
    facts.measures_recorded,
    facts.systemic_measures,
)
READS = {
    facts.asked_due_valid: ("asked_due", "current_due"),
    facts.granted_due_valid: ("current_due", "original_due"),
    facts.extensions_used: ("original_due", "current_due"),
    facts.letter_lead_days: ("letter_on", "original_due"),
    facts.returned_by_due: ("returned_on", "current_due"),
    facts.returned_day_plausible: ("returned_on", "received_on"),
    facts.lapse_known: ("current_due",),
    facts.same_cause_in_quarter: ("cause", "current_due"),
}
"""The fields of the case that a fact looks at."""
EFFECTS = (
    effects.tell_of_lapse,
    effects.tell_of_extension,
    effects.tell_of_new_day,
    effects.tell_unit_of_refusal,
    effects.tell_office_of_dossier,
    effects.tell_office_of_dossier_obstacle,
    effects.flag_late_apology,
    effects.open_systemic_slip,
)
DOCUMENTS = (report.extension_letter, report.apology_letter, report.cause_sheet)


def register(registry: Registry) -> None:
    """Make the names of a late dossier's case known."""
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact, reads=READS.get(fact, ()))
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in figures.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    for document in DOCUMENTS:
        registry.document(PROCESS, document.__name__, document)
    registry.lookup(PROCESS, ALIKE, cases.alike_cases)
    registry.lookup(PROCESS, PERIODS, cases.period_rules)
    registry.lookup(PROCESS, OWN_DOSSIER, cases.own_dossier)
