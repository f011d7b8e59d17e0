"""The names that `definitions/tthc_publication.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.plan_rows.counting import answer_of, count_of
from workflows.tthc_publication import facts

PROCESS = "tthc_publication"


def register(registry: Registry) -> None:
    """Make the names of a publication known."""
    registry.fact(PROCESS, "procedures_listed", count_of("procedure"))
    registry.fact(PROCESS, "places_missing", facts.places_missing)
    registry.fact(PROCESS, "days_plausible", facts.days_plausible, reads=("signed_on",))
    registry.fact(
        PROCESS,
        "late_unexplained",
        facts.late_unexplained,
        reads=("late_because", "signed_on"),
    )
    registry.fact(PROCESS, "places_unchecked", facts.places_unchecked)
    registry.fact(PROCESS, "places_wrong", facts.places_wrong)
    registry.proposal(PROCESS, "link_check", facts.checks_to_make)
    registry.figure(PROCESS, "published_in_time", answer_of(facts.published_in_time))
    registry.figure(PROCESS, "days_to_publish", facts.days_to_publish)
    registry.figure(PROCESS, "places_current", facts.places_current)
