"""The rules of the checks that a single planted file does not show: what is allowed, and why."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from engine.definition import guarantees
from engine.definition.checks import check, check_file
from engine.definition.conditions import fits, holds, subject_of
from engine.definition.finding import Finding
from engine.definition.graph import Edge, Node, build, can_reach, shortest, told
from engine.definition.model import Condition, Process
from engine.definition.references import Names
from engine.definition.source import read
from tests.unit.engine.definition.test_planted import SOUND

TEXT = SOUND.read_text(encoding="utf-8")
ARM = "      - {when: {field: faults, op: eq, value: 0}, to: fit}"
FAULTS = "  faults: {type: integer, min: 0, max: 99, title: {vi: Số lỗi, en: Faults found}}"


def changed(*changes: tuple[str, str]) -> Process:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    reading = read(text)
    assert reading.process is not None, reading.findings
    return reading.process


def codes(found: Iterable[Finding]) -> list[str]:
    return [finding.words.removeprefix("finding.") for finding in found]


def with_field(spec: str, *arms: str) -> list[str]:
    """The findings of a definition whose fork asks about one more field."""
    lines = [f"      - {{when: {arm}, to: {to}}}" for arm, to in zip(arms, ENDS, strict=False)]
    field = f"{FAULTS}\n  extra: {{{spec}, title: {{vi: Khác, en: Other}}}}"
    asked = ("    fields: [unit, faults]", "    fields: [unit, faults, extra]")
    return codes(check(changed((FAULTS, field), asked, (ARM, "\n".join(lines)))))


ENDS = ("fit", "recheck", "planned")


def test_a_file_is_checked_like_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT.replace("initial: planned", "initial: plan"), encoding="utf-8")
    assert [(f.code, f.file) for f in check_file(path)] == [("E10", str(path))]


def test_findings_without_places_still_name_their_path() -> None:
    (found,) = check(changed(("initial: planned", "initial: plan")))
    assert (found.path, found.line) == ("initial", 1)


@pytest.mark.parametrize(
    ("spec", "arms", "expected"),
    [
        ("type: boolean", ["{field: extra, op: eq, value: true}"], []),
        ("type: boolean", ["{field: extra, op: eq, value: true}",
                           "{field: extra, op: eq, value: false}"], ["E21"]),
        ("type: text", ["{field: extra, op: eq, value: a}", "{field: extra, op: eq, value: b}"],
         []),
        ("type: text", ["{field: extra, op: in, value: [a, b]}",
                        "{field: extra, op: eq, value: b}"], ["E21"]),
        ("type: decimal, scale: 1", ["{field: extra, op: gt, value: '1.5'}",
                                     "{field: extra, op: lt, value: '1.5'}"], []),
        ("type: decimal", ["{field: extra, op: ge, value: 2}",
                           "{field: extra, op: le, value: 2}"], ["E21", "E23"]),
        ("type: date", ["{field: extra, op: lt, value: '2026-07-01'}",
                        "{field: extra, op: ge, value: '2026-07-01'}"], ["E21"]),
        ("type: datetime", ["{field: extra, op: lt, value: '2026-07-01T00:00:00+07:00'}",
                            "{field: extra, op: eq, value: '2026-07-01T00:00:00+07:00'}"], []),
        ("type: datetime", ["{field: extra, op: lt, value: '2026-07-01T00:00:00'}"],
         ["E24.value"]),
        ("type: date", ["{field: extra, op: lt, value: soon}"], ["E24.value"]),
        ("type: decimal", ["{field: extra, op: lt, value: many}"], ["E24.value"]),
        ("type: decimal", ["{field: extra, op: lt, value: NaN}"], ["E24.value"]),
        ("type: person", ["{field: extra, op: ne, value: an}"], []),
        ("type: date", [("{any: [{field: extra, op: is_set, value: false}, "
                        "{field: extra, op: lt, value: '2026-01-01'}]}")], []),
        ("type: date", ["{field: extra, op: is_set, value: false}"], ["E21"]),
        ("type: integer, min: 3, max: 3", ["{field: extra, op: eq, value: 3}"], ["E21"]),
    ],
)  # fmt: skip
def test_arms_are_judged_by_the_values_that_there_can_be(
    spec: str, arms: list[str], expected: list[str]
) -> None:
    assert with_field(spec, *arms) == expected


def test_an_arm_may_ask_about_an_empty_field_when_it_asks_first_whether_it_is_set() -> None:
    guarded = (
        "      - {when: {all: [{field: faults, op: is_set, value: true}, "
        "{field: faults, op: eq, value: 0}]}, to: fit}"
    )
    unfilled = ("    fields: [unit, faults]", "    fields: [unit]\n    may_set: [faults]")
    assert codes(check(changed((ARM, guarded), unfilled))) == []
    twice = ARM + "\n      - {when: {field: faults, op: gt, value: 9}, to: recheck}"
    assert codes(check(changed((ARM, twice), unfilled))) == ["E22"]


@pytest.mark.parametrize("state", ["planned", "repair"])
def test_a_field_is_surely_filled_from_the_state_that_requires_it(state: str) -> None:
    required = FAULTS.replace("min: 0", f"required_from: {state}, min: 0")
    unfilled = ("    fields: [unit, faults]", "    fields: [unit]\n    may_set: [faults]")
    expected = [] if state == "planned" else ["E22"]
    assert codes(check(changed((FAULTS, required), unfilled))) == expected


def test_conditions_over_facts_and_counts_are_judged_too() -> None:
    facts = "facts:\n  parts: {type: date, title: {vi: Ngày, en: Day}}\nevidence:\n  check"
    arms = ARM.replace(
        "{field: faults, op: eq, value: 0}", "{fact: parts, op: is_set, value: true}"
    )
    assert codes(check(changed(("evidence:\n  check", facts), (ARM, arms)))) == []
    counted = ARM.replace("{field: faults, op: eq, value: 0}", "{visits: repair, op: ge, value: 0}")
    assert codes(check(changed((ARM, counted)))) == ["E21"]


def test_too_many_combinations_are_not_judged() -> None:
    names = [f"n{number}" for number in range(6)]
    fields = "\n".join(f"  {n}: {{type: integer, title: {{vi: Số, en: Number}}}}" for n in names)
    leaves = [
        f"{{any: [{{field: {n}, op: eq, value: 1}}, {{field: {n}, op: eq, value: 9}}]}}"
        for n in names
    ]
    arm = f"      - {{when: {{all: [{', '.join(leaves)}]}}, to: fit}}"
    process = changed(
        (FAULTS, f"{FAULTS}\n{fields}"),
        ("    fields: [unit, faults]", f"    fields: [unit, faults, {', '.join(names)}]"),
        (ARM, f"{arm}\n{arm.replace('to: fit', 'to: recheck')}"),
    )
    assert codes(check(process)) == []


def test_a_step_whose_condition_names_something_unknown_is_not_judged_further() -> None:
    arm = ARM.replace("field: faults", "field: colour")
    assert codes(check(changed((ARM, arm)))) == ["E32.field"]


@pytest.mark.parametrize(
    ("value", "type_", "choices", "expected"),
    [
        (True, "boolean", (), True),
        (1, "boolean", (), False),
        (True, "integer", (), False),
        (True, "decimal", (), False),
        (2, "decimal", (), True),
        ("a", "choice", ("a",), True),
        ("b", "choice", ("a",), False),
        (1, "unit", (), False),
        ("2026-07-01", "date", (), True),
        (7, "date", (), False),
    ],
)
def test_a_constant_fits_a_type_or_not(
    value: Any, type_: str, choices: tuple[str, ...], *, expected: bool
) -> None:
    assert fits(value, type_, choices) is expected


def test_a_question_to_nothing_is_answered_no_unless_it_asks_whether_there_is_something() -> None:
    def of(**keys: Any) -> Condition:
        return Condition.model_validate(keys)

    empty = {("field", "x"): None}
    assert not holds(of(field="x", op="ne", value=1), empty)
    assert holds(of(field="x", op="is_set", value=False), empty)
    assert holds(of(**{"not": {"field": "x", "op": "eq", "value": 1}}), empty)
    assert subject_of(of(taken="x", op="eq", value=1)) == ("taken", "x")


def test_ending_well_from_everywhere_is_a_way_to_finish() -> None:
    ways = (
        "guarantees:\n",
        (
            "  lose: {title: {vi: Mất, en: Lose}, from: repair, to: lost, by: [office]}\n"
            "  settle: {title: {vi: Xong, en: Settle}, from: open, to: fit, by: [office], "
            "evidence: [check_sheet]}\nguarantees:\n"
        ),
    )
    lost = ("transitions:\n", "  lost: {title: {vi: Thất lạc, en: Lost}}\ntransitions:\n")
    promise = ('  - "before fit: evidence check_sheet"\n', "")
    again = ("accept: [pdf, xlsx], ", "accept: [pdf, xlsx], fresh: per_visit, ")
    assert codes(check(changed(ways, lost, promise, again))) == []


def test_an_overdue_step_that_system_can_take_is_no_fault() -> None:
    overdue = ("en: Under repair}, due: 15wd", "en: Under repair}, due: 15wd, on_overdue: lapse")
    lapse = (
        "guarantees:\n",
        (
            "  lapse: {title: {vi: Trễ, en: Lapse}, from: repair, to: recheck, by: [system], "
            "fields: [unit]}\nguarantees:\n"
        ),
    )
    assert codes(check(changed(overdue, lapse))) == []


def test_names_of_records_moments_and_windows_are_looked_up() -> None:
    records = (
        "evidence:\n  check",
        (
            "records:\n  part:\n    title: {vi: Bộ phận, en: Part}\n    edit_in: [planned]\n"
            "    by: [{role: unit_head, of: unit, when: {field: faults, op: gt, value: 1}}]\n"
            "    columns:\n"
            "      owner: {type: person, assigns: office, title: {vi: Ai, en: Who}}\n"
            "      bad: {type: boolean, title: {vi: Hỏng, en: Bad}}\n"
            "evidence:\n  check"
        ),
    )
    moments = (
        "    due: 5wd\n    remind",
        (
            "    due: {before: day, minus: 3wd}\n"
            "    checks: [{at: {after: day, plus: 1d}, effect: tell}, "
            "{at: end_of_window, effect: tell}]\n"
            "    children: {process: sub, for_each: part, where: {bad: [true]}, "
            "fields: {who: owner}}\n"
            "    remind"
        ),
    )
    day = (FAULTS, f"{FAULTS}\n  day: {{type: date, title: {{vi: Ngày, en: Day}}}}")
    step = (
        "    reason: required\n",
        (
            "    reason: required\n    in_window: day\n    not_before: {after: report, plus: 1d}\n"
            "    guards: [calm.2]\n"
        ),
    )
    arm = (ARM, f"{ARM}\n      - {{when: {{field: faults, op: gt, value: 9}}, to: '='}}")
    papers = ("guarantees:\n", "documents:\n  slip: {title: {vi: Phiếu, en: Slip}}\nguarantees:\n")
    process = changed(records, moments, day, step, arm, papers)
    assert codes(check(process)) == ["E25"]
    names = Names(guards=frozenset({"calm.2"}), effects=frozenset({"tell"}))
    assert codes(check(process, names=names)) == ["E25"]
    assert sorted(codes(check(process, names=Names()))) == [
        "E25", "E33.effect", "E33.effect", "E33.guard",
    ]  # fmt: skip


def test_a_column_of_an_unknown_set_is_told_once_and_without_a_set_it_is_unknown() -> None:
    children = "    due: 5wd\n    children: {process: sub, for_each: part, where: {bad: [true]}}\n"
    assert codes(check(changed(("    due: 5wd\n", children)))) == ["E32.record"]
    alone = "    due: 5wd\n    children: {process: sub, where: {bad: [true]}}\n"
    assert codes(check(changed(("    due: 5wd\n", alone)))) == ["E32.column"]


def test_another_process_is_known_by_its_id() -> None:
    child = changed(("process: equipment_check", "process: sub"))
    children = "    due: 5wd\n    children: {process: sub, for_each: part, fields: {unit: owner}}\n"
    rows = (
        "evidence:\n  check",
        (
            "records:\n  part:\n    title: {vi: Bộ phận, en: Part}\n    edit_in: [planned]\n"
            "    by: [office]\n    columns: {owner: {type: unit, title: {vi: Ai, en: Who}}}\n"
            "evidence:\n  check"
        ),
    )
    wait = "    reason: required\n    wait_for: {children: all, in: [fit]}\n"
    need = "    reason: required\n    needs: [{process: sub, state: fit}]\n"
    parent = changed(rows, ("    due: 5wd\n", children), ("    reason: required\n", wait))
    assert codes(check(parent, others={"sub": child})) == []
    assert codes(check(parent, others={})) == ["E60.process"]
    needing = changed(("    reason: required\n", need))
    assert codes(check(needing, others={"sub": child})) == []


def test_a_circle_among_other_processes_is_not_ours() -> None:
    children = "    due: 5wd\n    children: {process: b}\n"
    a = changed(("    due: 5wd\n", children))
    b = changed(("    due: 5wd\n", children), ("process: equipment_check", "process: b"))
    assert codes(check(a, others={"b": b})) == []


# The graph ------------------------------------------------------------------------------------

POSTPONED = (
    ("transitions:\n", "  postponed: {title: {vi: Tạm hoãn, en: Postponed}}\ntransitions:\n"),
    (
        "guarantees:\n",
        (
            "  postpone: {title: {vi: Hoãn, en: Hold}, from: open, to: postponed, by: [office]}\n"
            "  resume: {title: {vi: Tiếp, en: Back}, from: postponed, to: previous, by: [office]}\n"
            "  note: {title: {vi: Ghi, en: Note}, from: postponed, to: '=', by: [office]}\n"
            "guarantees:\n"
        ),
    ),
)


def test_coming_back_leads_where_the_case_was_and_nowhere_else() -> None:
    graph = build(changed(*POSTPONED))
    back = {edge.target.state for edge in graph.of("resume") if edge.source.back == "repair"}
    assert back == {"repair"}
    assert Node("postponed", "postponed") not in graph.edges
    kept = [edge for edge in graph.of("note") if edge.source.back == "repair"]
    assert [edge.target for edge in kept] == [Node("postponed", "repair")]


def test_a_postponement_breaks_no_guarantee_and_makes_no_loop() -> None:
    assert codes(check(changed(*POSTPONED))) == []


def test_the_model_lists_every_state_that_previous_can_mean() -> None:
    process = changed(*POSTPONED)
    assert process.destinations("resume", "postponed") == ("planned", "repair", "recheck")
    assert process.destinations("note", "postponed") == ("postponed",)
    assert process.destinations("report", "planned") == ("fit", "repair")


def test_without_an_open_initial_state_the_graph_is_empty() -> None:
    graph = build(changed(("initial: planned", "initial: fit")))
    assert graph.edges == {}
    assert shortest(graph, memory=0, after=lambda m, _: m, ends=lambda _, __: True) is None


def test_the_shortest_way_is_told_step_by_step() -> None:
    graph = build(changed())
    way = shortest(graph, memory=0, after=lambda m, _: m, ends=lambda _, n: n.state == "recheck")
    assert way is not None
    assert told(graph, way) == "planned –report→ repair –repaired→ recheck"
    assert told(graph, ()) == "planned"


def test_reaching_back_follows_only_the_edges_that_it_may() -> None:
    graph = build(changed())

    def forward(edge: Edge) -> bool:
        return edge.transition != "report"

    fit = [Node("fit")]
    assert {node.state for node in can_reach(graph, fit)} == {"planned", "repair", "recheck", "fit"}
    assert Node("planned") not in can_reach(graph, fit, along=forward)


# Guarantees -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "way"),
    [
        ("before fit: evidence check_sheet", None),
        ("before fit:  transition report", None),
        ("before fit: transition accept", "planned –report→ fit"),
        ("before planned: evidence check_sheet", "planned"),
        ("accept not by actor of repaired", None),
        ("accept not by actor of report",
         "planned –report→ repair –repaired→ recheck –accept→ fit"),
        ("report not by actor of accept", "planned"),
        ("never fit from repair without recheck", None),
        ("never fit from planned without recheck", "planned –report→ fit"),
        ("never recheck from recheck without repair", None),
        ("never repair from recheck without fit",
         "planned –report→ repair –repaired→ recheck –send_back→ repair"),
    ],
)  # fmt: skip
def test_a_promise_is_proved_on_every_way(sentence: str, way: str | None) -> None:
    graph = build(changed())
    promise = guarantees.parse(sentence)
    assert promise is not None
    found = guarantees.broken(graph, promise)
    assert (told(graph, found) if found is not None else None) == way


@pytest.mark.parametrize(
    "sentence",
    ["", "before fit", "before fit: file x", "never fit", "Before fit: evidence x", "a not by b"],
)
def test_a_promise_has_one_of_four_forms(sentence: str) -> None:
    assert guarantees.parse(sentence) is None
