"""The names that `definitions/steering_review.yaml` uses, tied to their functions."""

from functools import partial

from engine.machine.registry import Reading, Registry
from workflows.steering_review import effects, facts, guards, proposals, report, surveys
from workflows.steering_review.figures import FIGURES
from workflows.steering_review.gathering import GATHERERS

PROCESS = "steering_review"

READING = Reading(
    processes=(
        "internal_audit",
        "corrective_action",
        "training_campaign",
        "steering_review",
        "review_decision",
        surveys.PERIODS,
    ),
    figures=(
        *surveys.AUDIT_FIGURES,
        *surveys.FINDINGS,
        *surveys.TRAINING_FIGURES,
        *surveys.OWN_FIGURES,
        *surveys.PERIOD_FIGURES,
    ),
    every={surveys.PERIODS: "quarter"},
    topics=True,
    steps=("report_obstacle",),
    waivers=True,
    roles=(facts.HEAD, facts.MEMBER, facts.DIRECTOR),
    tallies=True,
    units=True,
    plan=True,
)
"""What a review reads of its organisation besides its own case."""

FACTS = (
    facts.units_without_row,
    facts.reports_to_ask,
    facts.cut_off_plausible,
    facts.results_missing,
    facts.working_days_to_meeting,
    facts.working_days_to_read,
    facts.attendance_wrong,
    facts.chair_is_member,
    facts.quorum,
    facts.director_present,
    facts.held_day_plausible,
    facts.adjustments_told,
    facts.objectives_open,
    facts.unmet_without_follow_up,
    facts.outputs_missing,
    facts.decisions_due_too_soon,
    facts.report_day_plausible,
)
READS = {
    facts.cut_off_plausible: ("cut_off",),
    facts.working_days_to_meeting: ("meeting_on",),
    facts.working_days_to_read: ("held_on",),
    facts.chair_is_member: ("chair",),
    facts.quorum: ("chair",),
    facts.held_day_plausible: ("held_on", "meeting_on"),
    facts.decisions_due_too_soon: ("held_on",),
    facts.report_day_plausible: ("report_date",),
}
"""The fields of the review that a fact looks at."""
EFFECTS = (
    effects.freeze_gathered,
    effects.tell_of_review_call,
    effects.tell_of_review_dossier,
    effects.tell_of_new_meeting_day,
    effects.tell_office_of_review_obstacle,
)
PROPOSALS = {
    "unit_input": proposals.unit_inputs,
    "review_input": proposals.review_inputs,
    "objective_result": proposals.objective_results,
    "objective_conclusion": proposals.objective_conclusions,
    "attendee": proposals.attendees,
    "year_result": proposals.year_results,
}
DOCUMENTS = {
    "report_outline": report.report_outline,
    "meeting_notice": report.meeting_notice,
    "input_pack": report.input_pack,
    "objective_table": report.objective_table,
    "meeting_minutes": report.meeting_minutes,
    "conclusion_notice": report.conclusions,
    "summary_report": report.summary_report,
    "decision_list": report.conclusions,
}


def register(registry: Registry) -> None:
    """Make the review's names known."""
    registry.reading(PROCESS, READING)
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact, reads=READS.get(fact, ()))
    for topic in GATHERERS:
        there = partial(facts.is_input_there, topic=topic)
        registry.fact(PROCESS, f"input_{topic}", there)
    for guard in (guards.adjourned_on_its_day, guards.chair_signs_minutes):
        registry.guard(guard.__name__, guard)
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in FIGURES.items():
        registry.figure(PROCESS, name, figure)
    for name, proposal in PROPOSALS.items():
        registry.proposal(PROCESS, name, proposal)
    for name, document in DOCUMENTS.items():
        registry.document(PROCESS, name, document)
