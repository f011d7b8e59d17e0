"""The names that `definitions/corrective_action.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.corrective_action import effects, facts, figures, guards, report
from workflows.documents.reminder import reminder_letter

PROCESS = "corrective_action"

FACTS = (
    facts.from_audit,
    facts.working_days_since_issue,
    facts.only_carelessness,
    facts.planned_working_days,
    facts.planned_months_after_minutes,
    facts.due_day_passed,
    facts.being_watched,
    facts.days_since_done,
    facts.ineffective_before,
)
READS = {
    facts.only_carelessness: ("cause_codes",),
    facts.planned_working_days: ("planned_on",),
    facts.planned_months_after_minutes: ("minutes_on", "planned_on"),
}
"""The fields of the slip that a fact looks at."""
GUARDS = (guards.finding_kept, guards.extension_is_later)
EFFECTS = (
    effects.stamp_issue,
    effects.stamp_done,
    effects.mark_disputed,
    effects.reissue_slip,
    effects.inspection_term_ends,
    effects.tell_office_of_slip_obstacle,
)


def register(registry: Registry) -> None:
    """Make the slip's names known."""
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact, reads=READS.get(fact, ()))
    for guard in GUARDS:
        registry.guard(guard.__name__, guard)
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in figures.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    registry.document(PROCESS, "slip", report.slip)
    registry.document(PROCESS, "reminder_letter", reminder_letter)
