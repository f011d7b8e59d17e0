"""The names that `definitions/records_disposal.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.plan_rows.counting import having, share_of
from workflows.records_disposal import facts, records, report

PROCESS = "records_disposal"


def register(registry: Registry) -> None:
    """Make the names of a disposal known."""
    for fact in (
        facts.items_to_destroy,
        facts.items_not_due,
        facts.keeps_unsaid,
    ):
        registry.fact(PROCESS, fact.__name__, fact)
    registry.effect("dispose_files", facts.dispose_files)
    registry.figure(PROCESS, "destroyed", share_of("item", having(verdict=facts.DESTROY)))
    registry.document(PROCESS, "disposal_list", report.disposal_list)
    registry.lookup(PROCESS, records.ENDED, records.ended_cases)
    registry.proposal(PROCESS, "item", facts.items_to_start_from)
