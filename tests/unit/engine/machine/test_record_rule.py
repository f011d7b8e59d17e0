"""Rules 1 to 4 of `record_rule`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.decide import Refused
from engine.machine.instance import Case, Row, Waiver
from engine.machine.record_rule import RecordChange, RecordsClosed, decide_record
from tests.unit.engine.machine.examples import (
    CHECK,
    HEAD,
    OFFICE,
    TODAY,
    actor,
    case,
    person,
    process,
)

FULL = {"text": "a", "unit": "lab", "person": "binh"}
PEOPLE = {"an": person("an", "lab"), "binh": person("binh", "office")}


def judged(
    change: RecordChange,
    *,
    who: Actor = HEAD,
    present: Case | None = None,
    facts: dict[str, Any] | None = None,
    **spec: Any,
) -> Grant | list[str]:
    line = CHECK["records"]["line"] | spec
    found = decide_record(
        process(records={"line": line}),
        present or case(people=PEOPLE),
        change,
        actor=who,
        facts=facts or {},
    )
    return list(found.keys) if isinstance(found, Refused) else found


def change(row: str | None = None, retire: bool = False, **values: Any) -> RecordChange:
    return RecordChange(record_set="line", row=row, values=values, retire=retire)


def rows(**values: dict[str, Any]) -> Case:
    lines = tuple(
        Row(id=name, version=3, values=row, created_by="an") for name, row in values.items()
    )
    return case(records={"line": lines}, people=PEOPLE)


def test_who_has_the_role_may_add_a_row() -> None:
    assert judged(change(**FULL)) == Grant(role="unit_head")
    assert judged(change(**FULL), who=OFFICE) == ["role"]


def test_an_unknown_set_column_or_row_is_no_refusal() -> None:
    with pytest.raises(NotFound) as no_set:
        judged(RecordChange(record_set="other"))
    assert no_set.value.code == "unknown_record_set"
    with pytest.raises(Invalid) as no_column:
        judged(change(text="a", colour="red"))
    assert no_column.value.params["columns"] == ["colour"]
    with pytest.raises(NotFound) as no_row:
        judged(change("gone", text="a"))
    assert no_row.value.code == "unknown_row"


def test_a_row_that_somebody_else_changed_is_stale() -> None:
    seen = RecordChange(record_set="line", row="r", values={"text": "b"}, expected_version=2)
    with pytest.raises(Conflict) as caught:
        judged(seen, present=rows(r=FULL))
    assert caught.value.code == "stale_row"
    current = RecordChange(record_set="line", row="r", values={"text": "b"}, expected_version=3)
    assert judged(current, present=rows(r=FULL)) == Grant(role="unit_head")


def test_rows_are_edited_only_where_the_set_is_open() -> None:
    with pytest.raises(RecordsClosed) as caught:
        judged(change(**FULL), present=case(state="repair"))
    assert caught.value.params == {"record_set": "line", "state": "repair", "edit_in": ["planned"]}


OF_UNIT = {"by": [{"role": "unit_head", "of": "unit"}]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "lab", Grant(role="unit_head")),
        (None, "office", ["unit"]),
        ("lab", "lab", Grant(role="unit_head")),
        ("lab", "office", ["unit"]),
        ("office", "lab", ["unit"]),
    ],
)
def test_the_role_is_needed_for_the_row_as_it_was_and_as_it_will_be(
    before: str | None, after: str, expected: object
) -> None:
    present = rows(r={"text": "a", "unit": before}) if before else rows()
    wanted = change("r" if before else None, text="a", unit=after)
    assert judged(wanted, present=present, **OF_UNIT) == expected


def test_two_roles_that_each_hold_for_one_image_hold_for_none() -> None:
    here_and_there = actor(
        "an",
        grants=(Grant(role="unit_head", unit="lab"), Grant(role="unit_head", unit="office")),
    )
    wanted = change("r", unit="office")
    present = rows(r={"text": "a", "unit": "lab"})
    assert judged(wanted, who=here_and_there, present=present, **OF_UNIT) == ["unit"]


def test_a_field_of_the_case_narrows_where_there_is_no_such_column() -> None:
    spec = {"by": [{"role": "unit_head", "of": "units"}]}
    assert judged(change(text="a"), present=case(fields={"units": ("lab",)}), **spec) == Grant(
        role="unit_head"
    )
    assert judged(change(text="a"), **spec) == ["unit"]


@pytest.mark.parametrize(("lines", "expected"), [(1, Grant(role="unit_head")), (0, ["role"])])
def test_a_role_counts_while_its_condition_holds(lines: int, expected: object) -> None:
    spec = {"by": [{"role": "unit_head", "when": {"fact": "lines", "op": "ge", "value": 1}}]}
    assert judged(change(text="a"), facts={"lines": lines}, **spec) == expected


@pytest.mark.parametrize(
    ("named", "unit", "expected"),
    [
        ("an", "lab", ["own_unit:person"]),
        ("an", "office", Grant(role="unit_head")),
        ("binh", "lab", Grant(role="unit_head")),
        (None, "lab", Grant(role="unit_head")),
    ],
)
def test_nobody_is_named_for_his_own_unit(named: str | None, unit: str, expected: object) -> None:
    spec = {"not_of_unit": ["person", "unit"]}
    assert judged(change(text="a", person=named, unit=unit), **spec) == expected


def test_a_waiver_lifts_the_own_unit_only_where_the_set_says_so_and_until_its_day() -> None:
    spec: dict[str, Any] = {"not_of_unit": ["person", "unit"]}
    own = change(text="a", person="an", unit="lab")
    to_today = Waiver(gate="own_unit:person", reason="Nhỏ", granted_by="chi", until=TODAY)
    over = replace(to_today, until=TODAY - timedelta(days=1))
    for given, may, expected in (
        (to_today, "waiver", Grant(role="unit_head")),
        (to_today, "refuse", ["own_unit:person"]),
        (over, "waiver", ["own_unit:person"]),
        (replace(to_today, gate="own_unit:unit"), "waiver", ["own_unit:person"]),
    ):
        present = case(people=PEOPLE, waivers=(given,))
        assert judged(own, present=present, own_unit=may, **spec) == expected


def test_a_person_whose_unit_is_unknown_is_not_let_through() -> None:
    with pytest.raises(Invalid) as caught:
        judged(change(text="a", person="ghost", unit="lab"), not_of_unit=["person", "unit"])
    assert caught.value.params["people"] == ["ghost"]


@pytest.mark.parametrize("text", [None, ""])
def test_a_required_column_may_not_be_empty(text: str | None) -> None:
    assert judged(change(text=text)) == ["field_missing:text"]
    assert judged(change("r", text=text), present=rows(r=FULL)) == ["field_missing:text"]
    assert judged(change("r", unit="lab"), present=rows(r=FULL)) == Grant(role="unit_head")


def test_values_that_must_be_unique_stand_once_among_the_live_rows() -> None:
    spec = {"unique": ["text", "unit"]}
    present = rows(r=FULL)
    assert judged(change(text="a", unit="lab"), present=present, **spec) == ["not_unique:line"]
    assert judged(change(text="a", unit="x"), present=present, **spec) == Grant(role="unit_head")
    assert judged(change("r", text="a"), present=present, **spec) == Grant(role="unit_head")


def test_retiring_a_row_asks_for_its_people_alone() -> None:
    present = rows(r={"unit": "lab", "person": "an"})
    spec = {"not_of_unit": ["person", "unit"], **OF_UNIT}
    assert judged(change("r", retire=True), present=present, **spec) == Grant(role="unit_head")
    stranger = actor("chi", "unit_head", unit="office")
    assert judged(change("r", retire=True), who=stranger, present=present, **spec) == ["unit"]


def test_every_reason_is_told_at_once() -> None:
    spec = {"not_of_unit": ["person", "unit"], "unique": ["unit"]}
    present = rows(r={"unit": "lab"})
    wanted = change(person="an", unit="lab")
    assert judged(wanted, who=OFFICE, present=present, **spec) == [
        "role",
        "field_missing:text",
        "own_unit:person",
        "not_unique:line",
    ]
