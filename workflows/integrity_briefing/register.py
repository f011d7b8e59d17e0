"""The names that `definitions/integrity_briefing.yaml` uses, tied to their functions."""

from engine.machine.registry import Reading, Registry
from workflows.integrity_briefing import facts, records
from workflows.plan_rows.counting import sum_of
from workflows.plan_rows.periods import EveryHalfYear

PROCESS = "integrity_briefing"


def register(registry: Registry) -> None:
    """Make the names of a briefing known."""
    registry.reading(PROCESS, Reading(units=True))
    registry.fact(PROCESS, "units_without_session", facts.units_without_session)
    registry.fact(PROCESS, "sessions_wrong", facts.sessions_wrong, reads=("first_day", "last_day"))
    registry.fact(PROCESS, "units_without_commitment", facts.units_without_commitment)
    registry.fact(PROCESS, "commitments_wrong", facts.commitments_wrong)
    registry.figure(PROCESS, "coverage", facts.coverage)
    registry.figure(PROCESS, "committed", sum_of("commitment", "signed", "staff", by="unit"))
    registry.figure(PROCESS, "complaints", facts.complaints)
    registry.lookup(PROCESS, facts.COMPLAINTS, records.integrity_complaints)
    registry.periodic(PROCESS, EveryHalfYear("Quán triệt đạo đức công vụ"))
