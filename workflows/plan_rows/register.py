"""The effects that several processes name, registered once."""

from engine.machine.registry import Registry
from workflows.plan_rows import effects

EFFECTS = {
    "tell_office_of_obstacle": effects.tell_office_of_obstacle,
    "tell_unit_of_case": effects.tell_unit_of_case,
    "tell_unit_of_case_return": effects.tell_unit_of_return,
    "tell_office_of_case": effects.tell_office_of_case,
    "tell_director_of_case": effects.tell_director_of_case,
    "tell_secretary_of_case": effects.tell_secretary_of_case,
    "tell_heads_of_case": effects.tell_heads_of_case,
    "stamp_reported_on": effects.stamp_reported_on,
}


def register(registry: Registry) -> None:
    """Make the shared effects known."""
    for name, effect in EFFECTS.items():
        registry.effect(name, effect)
