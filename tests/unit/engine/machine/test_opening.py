"""Rules 1 to 4 of `opening`."""

import pytest

from engine.machine.actor import SYSTEM, Actor, Grant
from engine.machine.decide import Refused
from engine.machine.opening import may_open, missing_at_opening, openers
from tests.unit.engine.machine.examples import HEAD, OFFICE, WORDS, actor, process


def test_those_may_open_who_may_take_a_first_step() -> None:
    assert openers(process()) == ("unit_head", "office", "system")
    assert may_open(process(), HEAD) == Grant(role="unit_head")


def test_opens_names_the_roles_and_no_others() -> None:
    assert may_open(process(opens=["office"]), OFFICE) == Grant(role="office")
    refused = may_open(process(opens=["office"]), HEAD)
    assert isinstance(refused, Refused)
    assert refused.keys == ("role",)
    assert refused.forbidden
    assert refused.unmet[0].who_can == ("office",)


@pytest.mark.parametrize("opens", [["office"], ["system"]])
def test_the_house_may_always_open(opens: list[str]) -> None:
    assert may_open(process(opens=opens), SYSTEM) == Grant(role="system")


@pytest.mark.parametrize(
    ("by", "behalf"),
    [
        (actor("em", "office", grants=(Grant(role="office", on_behalf_of="an"),)), None),
        (actor("em", grants=(Grant(role="office", on_behalf_of="an"),)), "an"),
    ],
)
def test_an_own_role_comes_before_a_delegated_one(by: Actor, behalf: str | None) -> None:
    grant = may_open(process(), by)
    assert isinstance(grant, Grant)
    assert grant.on_behalf_of == behalf


def test_what_the_initial_state_requires_is_asked_for_at_opening() -> None:
    definition = process(
        fields={
            "note": {"type": "text", "title": WORDS, "required_from": "planned"},
            "day": {"type": "date", "title": WORDS, "required_from": "repair"},
        }
    )
    assert missing_at_opening(definition, {"note": "x"}) is None
    refused = missing_at_opening(definition, {"note": ""})
    assert refused is not None
    assert refused.keys == ("field_missing:note",)
