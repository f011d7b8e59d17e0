"""Which roles one person can take upon themselves, and who can."""

from typing import Any

import pytest

from engine.machine.actor import Actor, Grant
from engine.machine.claiming import claimable, holding
from engine.machine.decision import UnmetCode
from tests.unit.engine.machine.examples import HEAD, WORDS, actor, case, process

OF_UNIT = [{"role": "unit_head", "of": "unit"}]


def assigned(type_: str = "person", **parts: Any) -> dict[str, Any]:
    return {"type": type_, "title": WORDS, "assigns": "unit_head"} | parts


def step(**parts: Any) -> dict[str, Any]:
    return {"title": WORDS, "from": "repair", "to": "fit", "by": ["unit_head"]} | parts


def line(**parts: Any) -> dict[str, Any]:
    return {
        "line": {
            "title": WORDS,
            "edit_in": ["planned"],
            "by": ["office"],
            "columns": {"unit": {"type": "unit", "title": WORDS}},
        }
        | parts
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({}, True, id="common work"),
        pytest.param({"step": {"by": OF_UNIT}}, True, id="of one unit"),
        pytest.param({"step": {"by": ["office"]}}, False, id="takes no step"),
        pytest.param(
            {"step": {"by": [{"role": "unit_head", "of": "units"}]}}, False, id="of many units"
        ),
        pytest.param({"records": line(by=OF_UNIT)}, False, id="each row is another unit's"),
        pytest.param({"fields": {"owner": assigned()}}, False, id="a field gives it"),
        pytest.param(
            {"records": line(columns={"who": assigned()})}, False, id="rows give it"
        ),
        pytest.param(
            {"transitions": {"accept": step(not_same_as=["report"])}}, False, id="duties apart"
        ),
        pytest.param(
            {"transitions": {"accept": step(not_same_as=["report"], by=["unit_head", "office"])}},
            True,
            id="duties apart, and another role can stand on the other side",
        ),
    ],
)  # fmt: skip
def test_one_person_can_have_what_leaves_no_step_to_nobody(
    parts: dict[str, Any], expected: bool
) -> None:
    assert claimable(process(**parts), "unit_head") is expected


ABROAD = Grant(role="unit_head", unit="lab")


@pytest.mark.parametrize(
    ("by", "fields", "expected"),
    [
        pytest.param(HEAD, {"unit": "lab"}, None, id="the head of the unit"),
        pytest.param(
            actor("an", "unit_head", unit="store"), {"unit": "lab"}, UnmetCode.UNIT, id="another's"
        ),
        pytest.param(HEAD, {}, UnmetCode.UNIT, id="no unit yet"),
        pytest.param(actor("an", "office"), {"unit": "lab"}, UnmetCode.ROLE, id="no head"),
        pytest.param(
            actor("an", unit="store", grants=(ABROAD,)), {"unit": "lab"}, None, id="by the grant"
        ),
    ],
)
def test_a_step_that_names_no_unit_opens_the_role_to_no_other_unit(
    by: Actor, fields: dict[str, str], expected: UnmetCode | None
) -> None:
    definition = process(step={"by": OF_UNIT}, transitions={"accept": step()})
    found = holding(definition, "unit_head", by, case=case(fields=fields))
    assert found == (expected or by.grants)


def test_two_fields_have_to_name_the_same_unit() -> None:
    fields = {"other": {"type": "unit", "title": WORDS}}
    accept = step(by=[{"role": "unit_head", "of": "other"}])
    definition = process(step={"by": OF_UNIT}, fields=fields, transitions={"accept": accept})
    both = actor("an", grants=(ABROAD, Grant(role="unit_head", unit="store")))
    apart = case(fields={"unit": "lab", "other": "store"})
    assert holding(definition, "unit_head", both, case=apart) is UnmetCode.UNIT
    same = case(fields={"unit": "lab", "other": "lab"})
    assert holding(definition, "unit_head", both, case=same) == (ABROAD,)
    # Who has it for the whole house acts for the unit he belongs to.
    assert holding(definition, "unit_head", HEAD, case=same) == HEAD.grants


def test_whom_the_case_names_is_not_asked_here() -> None:
    present = case(fields={"unit": "lab"}, assignees={"unit_head": ("binh",)})
    assert holding(process(), "unit_head", HEAD, case=present) == HEAD.grants
