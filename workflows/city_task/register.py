"""The names that `definitions/city_task.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.city_task import effects, facts, figures

PROCESS = "city_task"
READS = {
    facts.days_plausible: ("due_on", "document_date"),
    facts.done_day_plausible: ("done_on", "document_date"),
    facts.not_yet_late: ("due_on",),
    facts.asked_day_later: ("asked_due", "due_on"),
    facts.granted_day_later: ("granted_due", "due_on"),
}
"""Each fact, with the fields of the task that it looks at."""


def register(registry: Registry) -> None:
    """Make the names of a task known."""
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    for effect in (
        effects.extend_city_task,
        effects.tell_of_late_city_task,
        effects.tell_owner_of_city_task,
    ):
        registry.effect(effect.__name__, effect)
    registry.figure(PROCESS, "done_in_time", figures.done_in_time)
    registry.figure(PROCESS, "done_by_first_day", figures.done_by_first_day)
