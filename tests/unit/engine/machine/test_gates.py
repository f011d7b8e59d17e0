"""Windows, moments, joins and needs: rules 4 and 5 of `gates`, and what an attempt keeps."""

from datetime import date
from typing import Any

import pytest

from engine.machine.decide import Accepted, Command, Refused
from engine.machine.gates import waivable_keys
from engine.machine.instance import Child, Waiver
from engine.machine.registry import Registry
from tests.unit.engine.machine.examples import (
    TODAY,
    WORDS,
    asked,
    case,
    keys,
    opened,
    process,
    taken,
)


def windowed(name: str, outside: str = "refuse", **step: Any) -> Any:
    return process(step={"in_window": name, **step}, window={"month": 8, "outside": outside})


@pytest.mark.parametrize(
    ("today", "expected"),
    [(date(2026, 8, 1), []), (date(2026, 8, 31), []), (date(2026, 9, 1), ["window"])],
)
def test_a_step_keeps_to_the_window(today: date, expected: list[str]) -> None:
    assert keys(asked(windowed("today"), case(today=today))) == expected


def test_a_window_may_let_pass_with_a_flag() -> None:
    decision = asked(windowed("today", "flag"), case())
    assert isinstance(decision, Accepted)
    assert decision.flags == ("outside_window",)


@pytest.mark.parametrize(("outside", "expected"), [("waiver", []), ("refuse", ["window"])])
def test_only_a_window_that_asks_for_a_waiver_can_be_waived(
    outside: str, expected: list[str]
) -> None:
    waiver = Waiver(gate="window", reason="", granted_by="binh", until=TODAY)
    assert keys(asked(windowed("today", outside), case(waivers=(waiver,)))) == expected


@pytest.mark.parametrize(
    ("window", "waivable"),
    [
        (None, False),
        ({"month": 7, "outside": "refuse"}, False),
        ({"month": 7, "outside": "flag"}, False),
        ({"month": 7, "outside": "waiver"}, True),
    ],
)
def test_a_waiver_may_name_a_window_only_where_the_file_says_so(
    window: dict[str, Any] | None, *, waivable: bool
) -> None:
    assert ("window" in waivable_keys(process(window=window))) is waivable


@pytest.mark.parametrize(
    ("step", "given", "expected"),
    [
        ({"may_set": ["day"]}, {"day": date(2026, 8, 3)}, []),
        ({"may_set": ["day"]}, {"day": date(2026, 7, 3)}, ["window"]),
        ({"may_set": ["day"]}, {}, ["window"]),
        ({}, {}, ["window"]),
        ({"fields": ["day"]}, {}, ["field_missing:day"]),
        ({"must_change": ["day"]}, {}, ["not_changed:day"]),
    ],
)
def test_a_date_that_the_step_still_asks_for_is_no_window_missed(
    step: dict[str, Any], given: dict[str, Any], expected: list[str]
) -> None:
    assert keys(asked(windowed("day", **step), case(), Command("report", given))) == expected


@pytest.mark.parametrize(("step", "fillable"), [({"may_set": ["day"]}, True), ({}, False)])
def test_a_window_missed_by_a_date_of_the_form_can_be_filled_in(
    step: dict[str, Any], fillable: bool
) -> None:
    decision = asked(windowed("day", **step), case())
    assert isinstance(decision, Refused)
    assert decision.unmet[0].fillable is fillable
    assert decision.unmet[0].params["spans"] == [(date(2026, 8, 1), date(2026, 8, 31))]


def test_without_a_window_no_date_lies_outside() -> None:
    assert keys(asked(process(step={"in_window": "today"}), case())) == []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ({"date": "07-06"}, []),
        ({"date": "07-07"}, ["not_before"]),
        ("0d", []),
        ("1wd", ["not_before"]),
        ({"after": "hold", "plus": "4d"}, []),
        ({"after": "hold", "plus": "5d"}, ["not_before"]),
        ({"after": "accept"}, ["not_before"]),
        ({"before": "day", "minus": "2wd"}, []),
        ({"before": "day", "minus": "1wd"}, ["not_before"]),
        ({"after": "moment"}, ["not_before"]),
        ("end_of_window", ["not_before"]),
    ],
)
def test_a_step_waits_for_its_moment(moment: object, expected: list[str]) -> None:
    present = case(
        history=(opened(), taken("hold", "planned", "planned", on=date(2026, 7, 2), internal=True)),
        fields={"day": date(2026, 7, 8), "moment": present_moment()},
    )
    assert keys(asked(process(step={"not_before": moment}), present)) == expected


def present_moment() -> object:
    return case().now


def test_a_moment_counted_from_an_entry_that_nobody_knows_has_not_come() -> None:
    definition = process(step={"not_before": "0d"})
    assert keys(asked(definition, case(history=()))) == ["not_before"]


def child(name: str, state: str, kind: str = "slip", predecessor: str | None = None) -> Child:
    return Child(id=name, code=name, process=kind, state=state, final=None, predecessor=predecessor)


@pytest.mark.parametrize(
    ("how", "children", "expected"),
    [
        ("all", [], []),
        ("any", [], ["children"]),
        ("all", [child("a", "closed"), child("b", "open")], ["children"]),
        ("any", [child("a", "closed"), child("b", "open")], []),
        ("all", [child("a", "closed"), child("b", "open", kind="note")], []),
        ("any", [child("a", "open"), child("b", "closed", kind="note")], ["children"]),
        ("all", [child("a", "reissued"), child("b", "closed", predecessor="a")], []),
        ("all", [child("a", "reissued"), child("b", "open", predecessor="a")], ["children"]),
    ],
)
def test_a_join_waits_for_the_children_that_count(
    how: str, children: list[Child], expected: list[str]
) -> None:
    definition = process(step={"wait_for": {"children": how, "process": "slip", "in": ["closed"]}})
    assert keys(asked(definition, case(children=tuple(children)))) == expected


def test_a_join_names_the_children_that_it_waits_for() -> None:
    definition = process(step={"wait_for": {"children": "all", "in": ["closed"]}})
    children = (child("a", "closed"), child("b", "open"))
    decision = asked(definition, case(children=children))
    assert isinstance(decision, Refused)
    assert decision.unmet[0].params == {"codes": ["b"], "states": ["closed"]}


def test_another_process_must_have_come_far_enough() -> None:
    definition = process(step={"needs": [{"process": "plan", "state": "issued"}]})
    assert keys(asked(definition, case())) == ["need:plan"]
    assert keys(asked(definition, case(reached=frozenset({("plan", "issued")})))) == []


@pytest.mark.parametrize(("given", "target"), [(0, "fit"), (1, "repair"), (2, "planned")])
def test_the_first_arm_that_holds_is_taken(given: int, target: str) -> None:
    definition = process(
        step={
            "fields": ["faults"],
            "choose": [
                {"when": {"field": "faults", "op": "eq", "value": 0}, "to": "fit"},
                {"when": {"field": "faults", "op": "le", "value": 1}, "to": "repair"},
                {"to": "="},
            ],
        }
    )
    decision = asked(definition, case(), Command("report", {"faults": given}))
    assert isinstance(decision, Accepted)
    assert decision.to_state == target


NONE_LEFT = {"that": {"field": "faults", "op": "eq", "value": 0}, "title": WORDS}
ALL_SEEN = {"that": {"fact": "unseen", "op": "eq", "value": 0}, "title": WORDS}


@pytest.mark.parametrize(
    ("stored", "given", "fillable"),
    [({}, {}, True), ({"faults": 3}, {}, True), ({}, {"faults": 3}, False)],
)
def test_a_condition_over_a_field_of_the_form_can_be_filled_in_until_it_is(
    stored: dict[str, int], given: dict[str, int], fillable: bool
) -> None:
    definition = process(step={"may_set": ["faults"], "requires": {"none_left": NONE_LEFT}})
    decision = asked(definition, case(fields=stored), Command("report", given))
    assert isinstance(decision, Refused)
    assert keys(decision) == ["condition:none_left"]
    assert decision.unmet[0].fillable is fillable


@pytest.mark.parametrize(
    ("reads", "fillable"), [(("faults",), True), (("day",), False), ((), False)]
)
def test_a_condition_over_a_fact_can_be_filled_in_where_the_form_sets_what_the_fact_reads(
    reads: tuple[str, ...], fillable: bool
) -> None:
    registry = Registry()
    registry.fact(
        "check", "unseen", lambda present: present.instance.fields.get("faults"), reads=reads
    )
    definition = process(
        facts={"unseen": {"type": "integer", "title": WORDS}},
        step={"may_set": ["faults"], "requires": {"all_seen": ALL_SEEN}},
    )
    decision = asked(definition, case(fields={"faults": 3}), registry=registry)
    assert isinstance(decision, Refused)
    assert keys(decision) == ["condition:all_seen"]
    assert decision.unmet[0].fillable is fillable


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_blank_reason_is_none(reason: str | None) -> None:
    definition = process(step={"reason": "required"})
    assert keys(asked(definition, case(), Command("report", reason=reason))) == ["reason_missing"]


def test_an_internal_step_says_so() -> None:
    decision = asked(process(step={"to": "=", "internal": True}), case())
    assert isinstance(decision, Accepted)
    assert (decision.to_state, decision.internal) == ("planned", True)
