"""The names that `definitions/training_campaign.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.training_campaign import (
    effects,
    facts,
    figures,
    proposals,
    records,
    report,
    roster,
)

PROCESS = "training_campaign"

FACTS = (
    facts.needs_recorded,
    facts.days_in_order,
    facts.pass_mark_reachable,
    facts.sessions_outside_window,
    facts.headcount_size,
    facts.snapshot_day_plausible,
    facts.snapshot_unexplained,
    facts.explanations_unfounded,
    roster.present_round,
    facts.unplaced,
    facts.placements_outside_snapshot,
    facts.placements_faulty,
    facts.units_unconfirmed,
    facts.classes_without_session,
    facts.sessions_not_held,
    facts.attendance_missing,
    facts.attendance_unplaced,
    facts.attendance_without_session,
    facts.make_up_places,
    facts.make_up_not_outstanding,
    facts.exemptions_after_class,
    facts.scores_missing,
    facts.scores_above_maximum,
    facts.scores_unplaced,
    facts.graded,
    facts.outstanding,
    facts.untrained,
    facts.projected_untrained,
    facts.exceptions_unlisted,
    facts.exceptions_unfounded,
    facts.exceptions_unapproved,
    facts.report_day_plausible,
    facts.units_unchecked,
    facts.effects_inconsistent,
    facts.poor_units_without_action,
)
MARKS = ("pass_mark", "max_score")
READS = {
    facts.days_in_order: ("first_day", "last_day"),
    facts.pass_mark_reachable: MARKS,
    facts.snapshot_day_plausible: ("snapshot_on",),
    facts.snapshot_unexplained: ("snapshot_on",),
    facts.explanations_unfounded: ("snapshot_on",),
    facts.report_day_plausible: ("report_date",),
    facts.scores_above_maximum: ("max_score",),
    facts.unplaced: MARKS,
    facts.placements_faulty: MARKS,
    facts.attendance_missing: MARKS,
    facts.make_up_places: MARKS,
    facts.make_up_not_outstanding: MARKS,
    facts.exemptions_after_class: MARKS,
    facts.scores_missing: MARKS,
    facts.scores_unplaced: MARKS,
    facts.outstanding: MARKS,
    facts.untrained: MARKS,
    facts.projected_untrained: MARKS,
    facts.exceptions_unlisted: MARKS,
    facts.exceptions_unfounded: MARKS,
}
"""The fields of the campaign that a fact looks at; who is trained depends on the marks."""
EFFECTS = (
    effects.tell_units_to_enrol,
    effects.tell_participants,
    effects.training_projection,
    effects.void_exception_approvals,
    effects.award_training,
    effects.tell_office_of_training_obstacle,
)
DOCUMENTS = (
    report.training_plan,
    report.enrolment_list,
    report.attendance_form,
    report.training_report,
    report.certificates,
    report.effect_report,
)


def register(registry: Registry) -> None:
    """Make the campaign's names known."""
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact, reads=READS.get(fact, ()))
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in figures.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    for name, proposal in proposals.PROPOSALS.items():
        registry.proposal(PROCESS, name, proposal)
    for document in DOCUMENTS:
        registry.document(PROCESS, document.__name__, document)
    registry.lookup(PROCESS, "staff", records.staff)
