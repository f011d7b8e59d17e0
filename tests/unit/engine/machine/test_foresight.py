"""Who takes a step is told beforehand when nobody would be left for a later one."""

from engine.definition.model import Process
from engine.machine.actor import Actor, Grant
from engine.machine.foresight import kept_apart_later, shut_out
from tests.fixtures import shipped
from tests.unit.workflows.made_cases import case


def process_of(name: str) -> Process:
    return next(process for process in shipped() if process.process == name)


def actor(person: str, *roles: str, unit: str = "office", behalf: str | None = None) -> Actor:
    grants = tuple(Grant(role=role, on_behalf_of=behalf, giver_unit=unit) for role in roles)
    return Actor(person=person, unit=unit, grants=grants)


def told(*others: Actor, by: Actor) -> tuple[str, ...]:
    change = case("document_change", state="requested", fields={"unit": "office"})
    return shut_out(
        process_of("document_change"), change, "draft_change", taken_by=by, others=others
    )


def test_the_only_secretary_who_drafts_leaves_nobody_to_review() -> None:
    secretary = actor("an", "iso_secretary")
    head = actor("binh", "unit_head")
    assert told(secretary, head, by=secretary) == ("review",)
    assert told(secretary, head, actor("chi", "iso_secretary"), by=secretary) == ()
    assert told(secretary, head, by=head) == ()


def test_a_deputy_of_the_same_person_does_not_help() -> None:
    secretary = actor("an", "iso_secretary")
    deputy = actor("chi", "iso_secretary", behalf="an")
    assert told(secretary, deputy, by=secretary) == ("review",)


def test_where_nobody_could_anyway_nothing_is_blamed_on_the_step() -> None:
    head = actor("binh", "unit_head")
    assert told(head, by=head) == ()


def test_only_steps_that_may_still_follow_are_looked_at() -> None:
    process = process_of("annual_objectives")
    assert kept_apart_later(process, "consulted", "submit") == ("decide",)
    assert kept_apart_later(process, "evaluated", "close") == ()
