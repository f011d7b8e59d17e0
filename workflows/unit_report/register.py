"""The names that `definitions/unit_report.yaml` uses, tied to their functions."""

from engine.machine.registry import Reading, Registry
from workflows.documents.reminder import reminder_letter
from workflows.unit_report import effects, facts, figures, proposals, report

PROCESS = "unit_report"


def register(registry: Registry) -> None:
    """Make the names of a unit's report known."""
    registry.reading(PROCESS, Reading(plan=True))
    registry.fact(PROCESS, "rows_not_reported", facts.rows_not_reported, reads=("unit",))
    registry.fact(PROCESS, "rows_without_cause", facts.rows_without_cause)
    registry.figure(PROCESS, "rows_reached", figures.rows_reached)
    for effect in (
        effects.stamp_unit_report,
        effects.tell_unit_of_return,
        effects.tell_leaders_of_missing_report,
        effects.tell_office_of_report_obstacle,
    ):
        registry.effect(effect.__name__, effect)
    registry.proposal(PROCESS, "row_result", proposals.row_results)
    registry.document(PROCESS, "unit_report_form", report.unit_report)
    registry.document(PROCESS, "reminder_letter", reminder_letter)
