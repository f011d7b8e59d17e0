"""A new version is weighed gate by gate against the last one."""

from typing import Any

import pytest

from engine.definition.finding import Finding
from engine.definition.model import Process
from engine.definition.source import read
from engine.definition.weakening import against
from tests.unit.engine.definition.test_planted import SOUND

MORE = """    reason: required
    not_of_unit: [unit]
    requires:
      some: {title: {vi: Có lỗi, en: Some}, that: {field: faults, op: gt, value: 0}}
    needs: [{process: plan, state: open}]
    guards: [calm]
"""
STRICT = [
    ("    reason: required\n", MORE),
    (
        "accept: [pdf, jpg], fresh: per_visit}",
        (
            "accept: [pdf, jpg], min: 2, max_age: 30d, distinct: true, from: [unit_head], "
            "reviewed: office, fresh: per_visit}"
        ),
    ),
    ("    by: [office]\n    not_same_as", "    by: [{role: office, of: unit}]\n    not_same_as"),
]


def version(number: int, *changes: tuple[str, str], **keys: Any) -> Process:
    text = SOUND.read_text(encoding="utf-8").replace("version: 1", f"version: {number}")
    for old, new in [*STRICT, *changes]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    process = read(text).process
    assert process is not None
    return process.model_copy(update=keys)


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(f.params["of"], f.params["gate"], f.params["what"]) for f in found]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("    evidence: [check_sheet]\n", ""), ("report", "evidence", "check_sheet")),
        (("    not_same_as: [repaired]\n", ""), ("accept", "not_same_as", "repaired")),
        (("    not_of_unit: [unit]\n", ""), ("send_back", "not_of_unit", "unit")),
        (("    reason: required\n", ""), ("send_back", "reason", "reason")),
        (("    guards: [calm]\n", ""), ("send_back", "guards", "calm")),
        (("    needs: [{process: plan, state: open}]\n", ""), ("send_back", "needs", "plan.open")),
        (("op: gt, value: 0}", "op: ge, value: 0}"), ("send_back", "requires", "some")),
        (("      some: {", "      any: {"), ("send_back", "requires", "some")),
        (("[{role: office, of: unit}]", "[office]"), ("accept", "by", "office")),
        (("[{role: office, of: unit}]", "[{role: office, of: unit}, unit_head]"),
         ("accept", "by", "unit_head")),
        (("min: 2, ", ""), ("repair_proof", "min", "min")),
        (("accept: [pdf, jpg]", "accept: [pdf, jpg, png]"), ("repair_proof", "accept", "accept")),
        (("fresh: per_visit}", "fresh: per_instance}"), ("repair_proof", "fresh", "fresh")),
        (("max_age: 30d, ", ""), ("repair_proof", "max_age", "max_age")),
        (("from: [unit_head], ", ""), ("repair_proof", "from", "from")),
        (("from: [unit_head], ", "from: [unit_head, office], "), ("repair_proof", "from", "from")),
        (("distinct: true, ", ""), ("repair_proof", "distinct", "distinct")),
        (("reviewed: office, ", ""), ("repair_proof", "reviewed", "reviewed")),
        (("initial: planned\n", "initial: planned\nwaived_by: [office]\n"),
         ("equipment_check", "waived_by", "office")),
        (("  - accept not by actor of repaired\n", ""),
         ("equipment_check", "guarantees", "accept not by actor of repaired")),
    ],
)  # fmt: skip
def test_a_gate_that_was_dropped_is_named(
    change: tuple[str, str], expected: tuple[str, str, str]
) -> None:
    weaker = version(2, change)
    found = against(weaker, [version(1)])
    assert told(found) == [expected]
    assert {finding.code for finding in found} == {"W72"}
    excused = weaker.model_copy(update={"weakens": weaker.title})
    assert against(excused, [version(1)]) == []


@pytest.mark.parametrize(
    "change",
    [
        ("min: 2, ", "min: 3, "),
        ("accept: [pdf, jpg]", "accept: [pdf]"),
        ("    evidence: [check_sheet]\n", "    evidence: [check_sheet, repair_proof]\n"),
        ("of: unit}]", "of: unit, when: {fact: x, op: eq, value: 1}}]"),
        ("from: recheck\n    to: repair", "from: recheck\n    to: planned"),
    ],
)  # fmt: skip
def test_a_gate_that_was_narrowed_is_no_weakening(change: tuple[str, str]) -> None:
    assert against(version(2, change), [version(1)]) == []


CLOSED = (
    "    edit_when: {new: {title: {vi: Mới, en: New}, that: {column: number, op: gt, value: 1}}}\n"
)
KEPT_OUT = "    not_of_unit: [tester, owner]\n"
ROWS = """records:
  part:
    title: {vi: Bộ phận, en: Part}
    edit_in: [planned]
    by: [unit_head]
    edit_when: {new: {title: {vi: Mới, en: New}, that: {column: number, op: gt, value: 1}}}
    voided_by: {part: number}
    not_of_unit: [tester, owner]
    columns:
      number: {type: integer, personal: true, title: {vi: Số hiệu, en: Number}}
      tester: {type: person, title: {vi: Người thử, en: Tester}}
      owner: {type: unit, title: {vi: Đơn vị giữ, en: Owner}}
evidence:
"""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("op: gt, value: 1", "op: ge, value: 1"), ("part", "edit_when", "new")),
        ((CLOSED, ""), ("part", "edit_when", "new")),
        (("    voided_by: {part: number}\n", ""), ("part", "voided_by", "part")),
        ((KEPT_OUT, ""), ("part", "not_of_unit", "tester")),
        ((KEPT_OUT, f"{KEPT_OUT}    own_unit: waiver\n"), ("part", "own_unit", "tester")),
        (("personal: true, ", ""), ("part", "personal", "number")),
        (
            ("initial: planned\n", "initial: planned\npersonal_to: [office]\n"),
            ("equipment_check", "personal_to", "office"),
        ),
    ],
)
def test_what_closed_or_ended_rows_is_a_gate(
    change: tuple[str, str], expected: tuple[str, str, str]
) -> None:
    old = version(1, ("evidence:\n", ROWS))
    assert told(against(version(2, ("evidence:\n", ROWS), change), [old])) == [expected]
    assert against(version(2, ("evidence:\n", ROWS)), [old]) == []


def test_a_version_is_weighed_against_the_one_right_before_it() -> None:
    loose = version(2, ("    evidence: [check_sheet]\n", ""))
    assert against(version(3), [version(1), loose]) == []
    assert told(against(loose.model_copy(update={"version": 3}), [version(1), version(2)])) == [
        ("report", "evidence", "check_sheet")
    ]


def test_the_same_content_again_is_no_fault_and_other_processes_are_not_ours() -> None:
    other = version(1, ("    evidence: [check_sheet]\n", ""), process="other")
    assert against(version(1), [version(1), other]) == []
    assert [f.code for f in against(version(1), [version(1, ("min: 2, ", ""))])] == ["E70"]


def test_steps_and_requirements_that_are_gone_or_new_are_not_weighed() -> None:
    gone = version(2)
    steps = {name: step for name, step in gone.transitions.items() if name != "send_back"}
    assert (
        against(gone.model_copy(update={"transitions": steps, "evidence": {}}), [version(1)]) == []
    )


def test_states_that_keep_their_name_need_no_place_in_a_migration() -> None:
    migrate = "migrate: {from: 1, states: {repair: recheck}, reason: {vi: Sửa, en: Mended}}\n"
    newer = version(2, ("guarantees:\n", f"{migrate}guarantees:\n"))
    assert against(newer, [version(1)]) == []
