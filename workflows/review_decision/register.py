"""The names that `definitions/review_decision.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.review_decision import effects, facts, figures

PROCESS = "review_decision"


def register(registry: Registry) -> None:
    """Make the names of a decision known."""
    asked = {facts.carried_to_next_year: "carried_to", facts.new_day_in_next_year: "carried_due"}
    for fact, field in asked.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=(field,))
    registry.figure(PROCESS, "done_in_time", figures.done_in_time)
    for effect in (
        effects.tell_owner_of_decision,
        effects.stamp_decision_reported,
        effects.tell_office_of_decision_obstacle,
    ):
        registry.effect(effect.__name__, effect)
