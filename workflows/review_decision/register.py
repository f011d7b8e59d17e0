"""The names that `definitions/review_decision.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.review_decision import effects, facts, figures

PROCESS = "review_decision"


def register(registry: Registry) -> None:
    """Make the names of a decision known."""
    name = "carried_to_next_year"
    registry.fact(PROCESS, name, facts.carried_to_next_year, reads=("carried_to",))
    registry.figure(PROCESS, "done_in_time", figures.done_in_time)
    for effect in (
        effects.tell_owner_of_decision,
        effects.stamp_decision_reported,
        effects.tell_office_of_decision_obstacle,
    ):
        registry.effect(effect.__name__, effect)
