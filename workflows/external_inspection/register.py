"""The names that `definitions/external_inspection.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.external_inspection import facts
from workflows.plan_rows.counting import answer_of, count_of

PROCESS = "external_inspection"


def register(registry: Registry) -> None:
    """Make the names of an inspection known."""
    registry.fact(PROCESS, "items_missing", facts.items_missing)
    registry.fact(PROCESS, "findings_listed", count_of("finding"))
    days = ("minutes_on", "visit_on")
    registry.fact(PROCESS, "minutes_plausible", facts.minutes_plausible, reads=days)
    registry.fact(PROCESS, "finding_days_fit", facts.finding_days_fit, reads=("minutes_on",))
    registry.figure(PROCESS, "reported_in_time", answer_of(facts.reported_in_time))
    registry.figure(PROCESS, "findings", facts.findings)
