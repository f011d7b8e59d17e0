"""Rule 3 of `registry`: a name is registered once."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import Corrupt
from engine.machine.registry import Figure, Reading, Registry
from tests.unit.engine.machine.examples import TODAY, WORDS, case, process


def function(*_anything: Any) -> Any:
    return None


REGISTER: dict[str, Callable[[Registry], None]] = {
    "guard": lambda registry: registry.guard("name", function),
    "effect": lambda registry: registry.effect("name", function),
    "fact": lambda registry: registry.fact("process", "name", function),
    "figure": lambda registry: registry.figure("process", "name", function),
    "record_set": lambda registry: registry.record_set("process", "name", object()),
    "document": lambda registry: registry.document("process", "name", function),
    "proposal": lambda registry: registry.proposal("process", "name", function),
    "lookup": lambda registry: registry.lookup("process", "name", function),
    "reading": lambda registry: registry.reading("process", Reading()),
}


@pytest.mark.parametrize("kind", REGISTER)
def test_a_name_has_one_meaning(kind: str) -> None:
    registry = Registry()
    REGISTER[kind](registry)
    with pytest.raises(Corrupt, match="registered_twice"):
        REGISTER[kind](registry)


def test_each_kind_has_names_of_its_own() -> None:
    registry = Registry()
    for register in REGISTER.values():
        register(registry)
    assert registry.guards.keys() == registry.effects.keys() == {"name"}
    assert registry.facts.keys() == registry.figures.keys() == {"process.name"}
    assert registry.record_sets.keys() == registry.documents.keys() == {("process", "name")}
    assert registry.proposals.keys() == {("process", "name")}
    assert registry.lookups.keys() == {"name"}


def test_a_proposal_names_the_rows_that_a_case_implies() -> None:
    registry = Registry()
    registry.proposal("process", "visit", lambda case: ({"day": case.today},))
    implied = registry.proposals["process", "visit"]
    assert implied(case()) == ({"day": TODAY},)


def test_a_figure_without_a_denominator_is_a_count() -> None:
    assert Figure(numerator=3).denominator is None


def test_what_a_definition_names_and_nobody_registered_is_told() -> None:
    asked = process(
        facts={"age": {"type": "integer", "title": WORDS}},
        step={"guards": ["sober"], "effects": ["bell"]},
    )
    registry = Registry()
    facts = tuple(f"check.{name}" for name in asked.facts)
    assert "check.age" in facts
    assert registry.lacks(asked) == (*facts, "sober", "bell")
    for name in asked.facts:
        registry.fact("check", name, lambda _case: 1)
    registry.guard("sober", lambda _question: None)
    registry.effect("bell", lambda _question: ())
    assert registry.lacks(asked) == ()
