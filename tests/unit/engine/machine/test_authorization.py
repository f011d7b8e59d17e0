"""Rules 1 to 5 of `authorization`, asked through the decision."""

import pytest

from engine.machine.actor import SYSTEM, Actor, Grant
from engine.machine.authorization import named
from engine.machine.decide import Accepted, Command
from tests.unit.engine.machine.examples import (
    HEAD,
    actor,
    asked,
    case,
    keys,
    opened,
    person,
    process,
    taken,
)

OF_UNIT = process(step={"by": [{"role": "unit_head", "of": "unit"}], "may_set": ["unit"]})
OF_UNITS = process(step={"by": [{"role": "unit_head", "of": "units"}]})
WHEN_SURE = {"field": "sure", "op": "eq", "value": True}


def test_a_role_is_needed() -> None:
    decision = asked(process(), case(), by=actor("an", "office"))
    assert keys(decision) == ["role"]
    assert decision.unmet[0].who_can == ("unit_head",)  # type: ignore[union-attr]


def test_the_house_takes_the_steps_of_the_house_and_no_other() -> None:
    assert keys(asked(process(), case(), "lapse", by=SYSTEM)) == []
    assert keys(asked(process(), case(), "report", by=SYSTEM)) == ["role"]
    assert keys(asked(process(), case(), "lapse", by=HEAD)) == ["role"]


def test_a_role_whose_condition_does_not_hold_counts_for_nothing() -> None:
    definition = process(step={"by": [{"role": "unit_head", "when": WHEN_SURE}, "office"]})
    assert keys(asked(definition, case(fields={"sure": True}))) == []
    decision = asked(definition, case(fields={"sure": False}))
    assert keys(decision) == ["role"]
    assert decision.unmet[0].who_can == ("office",)  # type: ignore[union-attr]


def test_nobody_gives_himself_a_role_with_the_step() -> None:
    definition = process(
        step={"by": [{"role": "unit_head", "when": WHEN_SURE}], "may_set": ["sure"]}
    )
    command = Command("report", {"sure": True})
    assert keys(asked(definition, case(fields={"sure": False}), command)) == ["role"]
    assert keys(asked(definition, case(), command)) == [], "where the case says nothing yet"


@pytest.mark.parametrize(
    ("by", "unit", "expected"),
    [
        (actor("an", "unit_head", unit="lab"), "lab", []),
        (actor("an", "unit_head", unit="office"), "lab", ["unit"]),
        (actor("an", "unit_head", unit=None), "lab", ["unit"]),
        (actor("an", "unit_head", unit="lab"), None, ["unit"]),
        (actor("an", unit="x", grants=(Grant(role="unit_head", unit="lab"),)), "lab", []),
        (actor("an", unit="lab", grants=(Grant(role="unit_head", unit="x"),)), "lab", ["unit"]),
    ],
)
def test_of_narrows_to_the_unit_of_the_grant_or_else_of_the_person(
    by: Actor, unit: str | None, expected: list[str]
) -> None:
    assert keys(asked(OF_UNIT, case(fields={"unit": unit}), by=by)) == expected


def test_of_many_units_is_any_of_them() -> None:
    present = case(fields={"units": ("office", "lab")})
    assert keys(asked(OF_UNITS, present, by=actor("an", "unit_head", unit="lab"))) == []
    assert keys(asked(OF_UNITS, present, by=actor("an", "unit_head", unit="x"))) == ["unit"]


def test_nobody_moves_a_case_into_his_own_unit() -> None:
    command = Command("report", {"unit": "lab"})
    assert keys(asked(OF_UNIT, case(fields={"unit": "office"}), command)) == ["unit"]
    assert keys(asked(OF_UNIT, case(), command)) == []


def test_a_delegated_role_acts_for_the_unit_of_the_one_who_delegated() -> None:
    present = case(fields={"unit": "lab"}, people={"binh": person("binh", "lab")})
    grants = (Grant(role="unit_head", on_behalf_of="binh"),)
    assert keys(asked(OF_UNIT, present, by=actor("an", unit="x", grants=grants))) == []
    stranger = (Grant(role="unit_head", on_behalf_of="nobody"),)
    assert keys(asked(OF_UNIT, present, by=actor("an", unit="lab", grants=stranger))) == ["unit"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (actor("an", "unit_head"), []),
        (actor("binh", "unit_head"), ["assignment"]),
        (actor("binh", grants=(Grant(role="unit_head", on_behalf_of="an"),)), []),
    ],
)
def test_a_role_may_be_narrowed_to_named_people(by: Actor, expected: list[str]) -> None:
    assert keys(asked(process(), case(assignees={"unit_head": ("an",)}), by=by)) == expected


def test_a_role_narrowed_to_nobody_is_open() -> None:
    present = case(assignees={"unit_head": (), "office": ("x",)})
    assert keys(asked(process(), present)) == []


# --- separation ---------------------------------------------------------------------------------

APART = process(step={"not_same_as": ["hold"]})


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (actor("an", "unit_head"), ["separation:hold"]),
        (actor("em", "unit_head"), ["separation:hold"]),
        (actor("binh", "unit_head"), []),
        (
            actor("binh", grants=(Grant(role="unit_head", on_behalf_of="an"),)),
            ["separation:hold"],
        ),
    ],
)
def test_separation_looks_at_who_acts_and_who_is_acted_for(by: Actor, expected: list[str]) -> None:
    history = (opened(), taken("hold", "planned", "held", person="em", behalf="an"))
    assert keys(asked(APART, case(history=history), by=by)) == expected


def test_only_the_last_acceptance_separates() -> None:
    history = (
        opened(),
        taken("hold", "planned", "held", person="an"),
        taken("hold", "planned", "held", person="binh"),
    )
    assert keys(asked(APART, case(history=history))) == []


def test_the_grant_that_keeps_duties_apart_is_used() -> None:
    history = (opened(), taken("hold", "planned", "held", person="chi"))
    both = actor(
        "an",
        grants=(
            Grant(role="unit_head", on_behalf_of="chi"),
            Grant(role="unit_head", on_behalf_of="dung"),
        ),
    )
    decision = asked(APART, case(history=history), by=both)
    assert isinstance(decision, Accepted)
    assert decision.on_behalf_of == "dung"


def test_an_own_grant_comes_before_a_delegated_one() -> None:
    both = actor(
        "an", grants=(Grant(role="unit_head", on_behalf_of="chi"), Grant(role="unit_head"))
    )
    decision = asked(process(), case(), by=both)
    assert isinstance(decision, Accepted)
    assert decision.on_behalf_of is None


def test_when_no_grant_keeps_duties_apart_the_first_is_told() -> None:
    history = (opened(), taken("hold", "planned", "held", person="an"))
    both = actor(
        "an", grants=(Grant(role="unit_head"), Grant(role="unit_head", on_behalf_of="chi"))
    )
    assert keys(asked(APART, case(history=history), by=both)) == ["separation:hold"]


@pytest.mark.parametrize(
    ("stored", "given", "expected"),
    [
        ({"unit": "lab"}, {}, ["own_unit:unit"]),
        ({"unit": "lab"}, {"unit": "office"}, ["own_unit:unit"]),
        ({}, {"unit": "lab"}, ["own_unit:unit"]),
        ({"unit": "office"}, {}, []),
        ({}, {}, []),
    ],
)
def test_nobody_acts_on_his_own_unit_nor_renames_it_away(
    stored: dict[str, str], given: dict[str, str], expected: list[str]
) -> None:
    definition = process(step={"not_of_unit": ["unit"], "may_set": ["unit"]})
    decision = asked(definition, case(fields=stored), Command("report", given))
    assert keys(decision) == expected


def test_the_unit_of_the_one_acted_for_counts_too() -> None:
    definition = process(step={"not_of_unit": ["units"]})
    present = case(fields={"units": ("archive",)}, people={"chi": person("chi", "archive")})
    by = actor("an", grants=(Grant(role="unit_head", on_behalf_of="chi"),))
    assert keys(asked(definition, present, by=by)) == ["own_unit:units"]


def test_nobody_acts_where_he_is_named() -> None:
    definition = process(step={"not_named_in": ["owner"], "may_set": ["owner"]})
    named_now = case(fields={"owner": "an"})
    away = Command("report", {"owner": "binh"})
    assert keys(asked(definition, named_now, away)) == ["named_in:owner"]
    by = actor("em", grants=(Grant(role="unit_head", on_behalf_of="an"),))
    assert keys(asked(definition, named_now, by=by)) == ["named_in:owner"]
    assert keys(asked(definition, case(fields={"owner": "chi"}))) == []


def test_a_value_names_one_many_or_none() -> None:
    assert named(None) == frozenset()
    assert named("lab") == {"lab"}
    assert named(("lab", "office")) == {"lab", "office"}
