"""The names that `definitions/document_change.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.document_change import facts
from workflows.plan_rows.counting import answer_of, count_of

PROCESS = "document_change"


def register(registry: Registry) -> None:
    """Make the names of a change known."""
    registry.fact(PROCESS, "holders_listed", count_of("distribution"))
    registry.fact(PROCESS, "copies_outstanding", facts.copies_outstanding, reads=("new_version",))
    registry.fact(
        PROCESS, "effective_plausible", facts.effective_plausible, reads=("effective_on",)
    )
    registry.effect("legal_term_nears", facts.legal_term_nears)
    registry.figure(PROCESS, "cycle_days", facts.cycle_days)
    registry.figure(PROCESS, "in_legal_term", answer_of(facts.in_legal_term))
