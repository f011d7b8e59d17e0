"""The names that `definitions/annual_objectives.yaml` uses, tied to their functions."""

from engine.machine.registry import Conclusions, Origin, Reading, Registry
from workflows.annual_objectives import carrying, edition, facts, report

PROCESS = "annual_objectives"
CONCLUSIONS = Conclusions(
    record_set="evaluation",
    first_day="first_day",
    objective="objective",
    verdict="verdict",
    met=("met",),
    result="result",
)


def register(registry: Registry) -> None:
    """Make the names of the objectives known."""
    for gap in facts.HAS:
        registry.fact(PROCESS, f"rows_without_{gap}", facts.rows_without(gap))
    for fact in (
        facts.rows_listed,
        facts.numbers_wrong,
        facts.figures_wrong,
        facts.opinions_unanswered,
        facts.objectives_unevaluated,
        facts.failures_unexplained,
    ):
        registry.fact(PROCESS, fact.__name__, fact)
    registry.fact(PROCESS, "year_whole", facts.year_whole, reads=("first_day", "last_day"))
    registry.fact(
        PROCESS,
        "plan_day_plausible",
        facts.plan_day_plausible,
        reads=("plan_date", "decision_date"),
    )
    registry.effect("enter_plan", edition.enter_plan)
    registry.effect("open_year", edition.open_year)
    registry.figure(PROCESS, "complete", facts.complete)
    registry.figure(PROCESS, "met", facts.met)
    registry.lookup(PROCESS, edition.LAST_PLAN, edition.plan_to_start_from)
    registry.document(PROCESS, "plan", report.year_paper)
    registry.document(PROCESS, "evaluation_sheet", report.year_paper)
    registry.fact(PROCESS, "objectives_not_taken_up", carrying.objectives_not_taken_up)
    registry.lookup(PROCESS, carrying.MISSED_BEFORE, carrying.missed_last_year)
    registry.proposal(
        PROCESS,
        "carried",
        carrying.carried_to_start_from,
        # For the proposal alone: no step asks of other processes.
        reading=Reading(processes=carrying.OPEN_WORK),
    )
    registry.origin(PROCESS, Origin(record_set="carried", column="origin"))
    registry.conclusion(PROCESS, CONCLUSIONS)
    registry.proposal(PROCESS, "row", edition.rows_to_start_from)
    registry.proposal(PROCESS, "measure", edition.measures_to_start_from)
