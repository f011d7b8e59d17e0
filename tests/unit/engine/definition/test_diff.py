"""Two definitions are compared key by key: nothing between equals, every planted change is told."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.definition.diff import Change, Kind, difference
from engine.definition.digest import digest, to_json
from engine.definition.model import Process
from engine.definition.source import read
from tests.strategies import processes
from tests.unit.engine.definition.test_planted import SOUND


def sound(*changes: tuple[str, str]) -> Process:
    text = SOUND.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    process = read(text).process
    assert process is not None
    return process


def told(old: Process, new: Process) -> list[tuple[str, str, Any, Any]]:
    changes = difference(old, new).changes
    return [(str(c.kind), ".".join(c.path), c.old, c.new) for c in changes]


def applied(data: dict[str, Any], changes: tuple[Change, ...]) -> dict[str, Any]:
    """The data with every change made to them."""
    found = deepcopy(data)
    for change in changes:
        place = found
        for key in change.path[:-1]:
            place = place[key]
        if change.kind is Kind.REMOVED:
            assert place.pop(change.path[-1]) == change.old
        else:
            assert place.get(change.path[-1]) == change.old
            place[change.path[-1]] = change.new
    return found


@given(processes())
def test_nothing_lies_between_a_definition_and_itself(process: Process) -> None:
    same = Process.model_validate_json(process.model_dump_json(by_alias=True))
    found = difference(process, same)
    assert found.changes == ()
    assert found.weaker == ()


@given(processes(), processes())
def test_the_changes_lead_from_one_to_the_other(old: Process, new: Process) -> None:
    changes = difference(old, new).changes
    assert applied(json.loads(to_json(old)), changes) == json.loads(to_json(new))
    assert (changes == ()) == (digest(old) == digest(new))


@given(st.data(), processes())
def test_every_planted_change_is_told_where_it_is(data: st.DataObject, process: Process) -> None:
    planted = json.loads(to_json(process))
    path = data.draw(st.sampled_from([p for p in leaves(planted) if p[-1] in ("vi", "en")]))
    place = planted
    for key in path[:-1]:
        place = place[key]
    assume(place[path[-1]] != "Khác")
    before, place[path[-1]] = place[path[-1]], "Khác"
    (change,) = difference(process, Process.model_validate_json(json.dumps(planted))).changes
    assert change == Change(kind=Kind.CHANGED, path=path, old=before, new="Khác")


def leaves(data: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key, value in data.items():
        found += leaves(value, (*path, key)) if isinstance(value, dict) else [(*path, key)]
    return found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("version: 1", "version: 2"), ("changed", "version", 1, 2)),
        (
            ("roles: [office, unit_head]", "roles: [office, unit_head, clerk]"),
            ("changed", "roles", ["office", "unit_head"], ["office", "unit_head", "clerk"]),
        ),
        (("max: 99, ", ""), ("removed", "fields.faults.max", 99, None)),
        (
            ("    evidence: [check_sheet]\n", ""),
            ("removed", "transitions.report.evidence", ["check_sheet"], None),
        ),
        (
            ("    not_same_as: [repaired]\n", "    not_same_as: [repaired]\n    sign: true\n"),
            ("added", "transitions.accept.sign", None, True),
        ),
        (
            ("max: 99, ", "max: 99, required_from: fit, "),
            ("added", "fields.faults.required_from", None, "fit"),
        ),
        (
            ("final: success", "final: aborted"),
            ("changed", "states.fit.final", "success", "aborted"),
        ),
        (("fit:\n    title", "fit:\n    attach: open\n    title"), None),
    ],
)
def test_a_change_is_told_by_its_key(
    change: tuple[str, str], expected: tuple[str, str, Any, Any] | None
) -> None:
    assert told(sound(), sound(change)) == ([] if expected is None else [expected])


def test_what_is_new_or_gone_is_told_once_and_whole() -> None:
    late = "  late: {title: {vi: Muộn, en: Late}}\ntransitions:\n"
    wider = sound(("transitions:\n", late))
    whole = {"title": {"vi": "Muộn", "en": "Late"}}
    assert told(sound(), wider) == [("added", "states.late", None, whole)]
    assert told(wider, sound()) == [("removed", "states.late", whole, None)]


def test_a_truth_is_not_a_number() -> None:
    number = sound(("op: eq, value: 0", "op: eq, value: 1"))
    truth = sound(("op: eq, value: 0", "op: eq, value: true"))
    assert [path for _, path, *_ in told(number, truth)] == ["transitions.report.choose"]


def test_what_got_weaker_is_told_even_with_a_reason() -> None:
    reason = "weakens: {vi: Thừa, en: Needless}\nguarantees:\n"
    weak = sound(
        ("version: 1", "version: 2"),
        ("    evidence: [check_sheet]\n", ""),
        ("guarantees:\n", reason),
    )
    found = difference(sound(), weak).weaker
    assert [(f.code, f.path) for f in found] == [("W72", "transitions.report.evidence")]
    assert difference(weak, sound()).weaker == ()
