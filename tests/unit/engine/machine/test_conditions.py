"""Rules 1 to 5 of `conditions`."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import Condition
from engine.machine.conditions import compile_condition, is_filled
from tests.unit.engine.machine.examples import case, opened, process, taken

PROCESS = process()


def holds(condition: dict[str, Any], fields: dict[str, Any] | None = None, **facts: Any) -> bool:
    compiled = compile_condition(Condition.model_validate(condition), PROCESS)
    history = (opened(), taken("report", "planned", "repair"), taken("back", "repair", "planned"))
    return compiled(fields or {}, facts, case(history=history).instance)


@pytest.mark.parametrize("op", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_an_unknown_value_meets_no_comparison(op: str) -> None:
    assert not holds({"field": "faults", "op": op, "value": 0})
    assert not holds({"fact": "lines", "op": op, "value": 0})
    assert not holds({"field": "faults", "op": "in", "value": [0]})
    assert holds({"not": {"field": "faults", "op": op, "value": 0}})


@pytest.mark.parametrize(
    ("value", "filled"), [(None, False), ("", False), ((), False), (0, True), (False, True)]
)
def test_is_set_asks_whether_there_is_a_value(value: object, filled: bool) -> None:
    assert is_filled(value) is filled
    assert holds({"field": "note", "op": "is_set", "value": True}, {"note": value}) is filled
    assert holds({"field": "note", "op": "is_set", "value": False}, {"note": value}) is not filled


@given(found=st.integers(-3, 3), literal=st.integers(-3, 3))
def test_whole_numbers_compare_as_whole_numbers(found: int, literal: int) -> None:
    expected = {
        "eq": found == literal,
        "ne": found != literal,
        "lt": found < literal,
        "le": found <= literal,
        "gt": found > literal,
        "ge": found >= literal,
    }
    for op, answer in expected.items():
        assert holds({"field": "faults", "op": op, "value": literal}, {"faults": found}) == answer
        assert holds({"fact": "lines", "op": op, "value": literal}, lines=found) == answer


@pytest.mark.parametrize(
    ("field", "value", "op", "literal"),
    [
        ("day", date(2026, 7, 1), "eq", "2026-07-01"),
        ("day", date(2026, 7, 2), "gt", "2026-07-01"),
        ("moment", datetime(2026, 7, 1, 1, tzinfo=UTC), "lt", "2026-07-01T09:00:00+07:00"),
        ("cost", Decimal("2.50"), "eq", "2.5"),
        ("cost", Decimal("2.50"), "lt", 3),
        ("units", ("lab", "office"), "eq", "lab"),
        ("units", ("lab", "office"), "ne", "archive"),
        ("units", ("lab", "office"), "in", ["archive", "lab"]),
        ("sure", True, "eq", True),
        ("note", "a", "in", ["b", "a"]),
    ],
)
def test_a_literal_is_read_in_the_type_of_its_subject(
    field: str, value: object, op: str, literal: object
) -> None:
    condition = {"field": field, "op": op, "value": literal}
    assert holds(condition, {field: value})
    assert not holds({"not": condition}, {field: value})


@pytest.mark.parametrize(
    ("field", "value", "op", "literal"),
    [
        ("sure", True, "eq", 1),
        ("faults", 1, "eq", True),
        ("faults", 2, "gt", True),
        ("sure", True, "gt", False),
        ("faults", 1, "lt", "2"),
        ("day", date(2026, 7, 2), "gt", "someday"),
        ("cost", Decimal(1), "eq", "much"),
        ("units", ("lab",), "lt", "zoo"),
        ("moment", datetime(2026, 7, 1, tzinfo=UTC), "lt", "2026-07-02T00:00:00"),
        ("note", "", "lt", "b"),
    ],
)
def test_values_of_different_kinds_have_no_order_and_no_equality(
    field: str, value: object, op: str, literal: object
) -> None:
    assert not holds({"field": field, "op": op, "value": literal}, {field: value})


def test_visits_and_taken_count_what_happened() -> None:
    assert holds({"visits": "planned", "op": "eq", "value": 2})
    assert holds({"visits": "fit", "op": "eq", "value": 0})
    assert holds({"taken": "report", "op": "eq", "value": 1})
    assert holds({"taken": "accept", "op": "lt", "value": 1})


def test_all_any_and_not_nest() -> None:
    yes = {"visits": "planned", "op": "ge", "value": 1}
    no = {"visits": "fit", "op": "ge", "value": 1}
    assert holds({"all": [yes, {"not": no}]})
    assert not holds({"all": [yes, no]})
    assert holds({"any": [no, yes]})
    assert not holds({"any": [no, {"not": yes}]})


def test_a_subject_that_is_declared_nowhere_is_read_as_text() -> None:
    assert holds({"field": "undeclared", "op": "eq", "value": "x"}, {"undeclared": "x"})
    assert holds({"fact": "undeclared", "op": "eq", "value": "x"}, undeclared="x")
