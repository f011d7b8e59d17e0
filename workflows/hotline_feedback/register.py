"""The names that `definitions/hotline_feedback.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.hotline_feedback import facts
from workflows.plan_rows.counting import answer_of

PROCESS = "hotline_feedback"


def register(registry: Registry) -> None:
    """Make the names of a petition known."""
    registry.fact(PROCESS, "received_plausible", facts.received_plausible, reads=("received_on",))
    registry.fact(PROCESS, "answer_late", facts.answer_late, reads=("answer_due",))
    registry.fact(
        PROCESS, "true_without_measure", facts.true_without_measure, reads=("substantiated",)
    )
    registry.effect("set_answer_day", facts.set_answer_day)
    registry.effect("stamp_answer", facts.stamp_answer)
    registry.figure(PROCESS, "answered_in_time", answer_of(facts.answered_in_time))
    registry.figure(PROCESS, "acknowledged_in_time", answer_of(facts.acknowledged_in_time))
