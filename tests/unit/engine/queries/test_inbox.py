"""Looking at roles and units alone never hides a case from somebody who may act in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import By
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import grants_for
from engine.machine.decision import UnmetCode
from engine.queries.inbox import could_act
from tests.unit.engine.machine.examples import case

ROLES = st.sampled_from(("office", "unit_head"))
UNITS = st.sampled_from(("a", "b"))
GRANTS = st.builds(
    Grant,
    role=ROLES,
    unit=st.none() | UNITS,
    on_behalf_of=st.none() | st.just("giver"),
    giver_unit=st.none() | UNITS,
)
BYS = st.builds(By, role=ROLES, of=st.none() | st.sampled_from(("unit", "units", "nothing")))


@given(
    st.lists(BYS, min_size=1, max_size=3),
    st.lists(GRANTS, max_size=3),
    st.none() | UNITS,
    st.none() | UNITS,
    st.lists(UNITS, unique=True),
)
def test_whoever_may_act_is_never_passed_over(
    bys: list[By], grants: list[Grant], home: str | None, unit: str | None, units: list[str]
) -> None:
    actor = Actor(person="me", unit=home, grants=tuple(grants))
    fields: dict[str, Any] = {"unit": unit, "units": units}
    found = grants_for(bys, actor, case=case(), values=fields)
    if not isinstance(found, UnmetCode):
        assert could_act(bys, actor, fields)


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (Grant(role="clerk"), False),
        (Grant(role="unit_head", unit="a"), True),
        (Grant(role="unit_head", unit="b"), False),
        (Grant(role="unit_head"), True),
        (Grant(role="unit_head", on_behalf_of="giver", giver_unit="a"), True),
        (Grant(role="unit_head", on_behalf_of="giver", giver_unit="b"), False),
        (Grant(role="unit_head", on_behalf_of="giver"), True),
    ],
)
def test_who_surely_may_not_act_is_told_from_who_may(grant: Grant, *, expected: bool) -> None:
    actor = Actor(person="me", unit="a", grants=(grant,))
    by = By(role="unit_head", of="unit")
    assert could_act([by], actor, {"unit": "a"}) is expected
    # Whose unit is not known is not passed over; whoever else is, where the field is empty.
    unknown = grant.on_behalf_of is not None and grant.giver_unit is None
    assert could_act([by], actor, {"unit": None}) is unknown
    assert could_act([By(role="unit_head")], actor, {}) is (grant.role == "unit_head")
