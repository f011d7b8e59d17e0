"""The names that `definitions/qms_maintenance.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.plan_rows.counting import count_of, filled, having, lacking, share_of
from workflows.qms_maintenance import facts

PROCESS = "qms_maintenance"


def register(registry: Registry) -> None:
    """Make the names of a year known."""
    registry.fact(PROCESS, "changes_not_handed_out", facts.changes_not_handed_out)
    registry.fact(PROCESS, "legal_overdue", facts.legal_overdue)
    registry.fact(PROCESS, "documents_listed", count_of("document"))
    unseen = count_of("document", lacking("reviewed_on", "current"))
    registry.fact(PROCESS, "documents_not_reviewed", unseen)
    registry.figure(PROCESS, "changes_in_time", facts.changes_in_time)
    current = share_of("document", having(current=True), among=filled("reviewed_on"), by="unit")
    registry.figure(PROCESS, "documents_current", current)
