"""Drawings say what the definition says, in its words, and nothing in a title becomes markup."""

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pygraphviz
import pytest
from hypothesis import given

from engine.definition.diagram import Format, draw
from engine.definition.model import Condition, Process
from engine.definition.picture import Language, arrows, said, script
from engine.definition.source import read, read_file
from tests.strategies import processes
from tests.unit.engine.definition.test_planted import SOUND

SVG = "{http://www.w3.org/2000/svg}"
SCXML = "{http://www.w3.org/2005/07/scxml}"
DEFINITIONS = Path(__file__).parents[4] / "definitions"

MORE = """
  note: {title: {vi: Ghi chú, en: Note}, from: open, to: "=", internal: true, by: [office]}
  postpone:
    title: {vi: Tạm hoãn, en: Postpone}
    from: [planned, repair, recheck]
    to: postponed
    by: [office]
  resume: {title: {vi: Tiếp tục, en: Resume}, from: postponed, to: previous, by: [office]}
guarantees:
"""


def sound(*changes: tuple[str, str]) -> Process:
    text = SOUND.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    process = read(text).process
    assert process is not None
    return process


def wider() -> Process:
    postponed = "  postponed: {title: {vi: Tạm hoãn, en: Postponed}}\ntransitions:\n"
    return sound(("transitions:\n", postponed), ("guarantees:\n", MORE.removeprefix("\n")))


def classes(svg: str) -> list[set[str]]:
    found = ET.fromstring(svg).iter(f"{SVG}g")  # noqa: S314 - our own drawing
    return [set(group.get("class", "").split()) for group in found]


def test_steps_between_two_states_share_an_arrow_and_arms_say_their_condition() -> None:
    found = {(a.source, a.target): a.labels for a in arrows(sound(), "vi")}
    assert found["planned", "fit"] == ("Báo cáo kết quả [Số lỗi = 0]",)
    assert found["planned", "repair"] == ("Báo cáo kết quả [còn lại]",)
    again = sound(("    to: repair\n", "    to: fit\n"))
    joined = {(a.source, a.target): a.labels for a in arrows(again, "en")}
    assert joined["recheck", "fit"] == ("Accept", "Send back")
    alike = sound(("    to: repair\n", "    to: fit\n"), ("en: Send back", "en: Accept"))
    labels = {(a.source, a.target): a.labels for a in arrows(alike, "en")}
    assert labels["recheck", "fit"] == ("Accept",)


def test_a_step_from_everywhere_is_drawn_once_and_a_return_leads_there() -> None:
    found = {(a.source, a.target): a.labels for a in arrows(wider(), "en")}
    assert found["open", "open"] == ("Note",)
    assert found["open", "postponed"] == ("Postpone",)
    assert found["postponed", "open"] == ("Resume",)


def test_the_picture_carries_classes_and_a_title_and_nothing_that_a_policy_forbids() -> None:
    svg = draw(wider(), "svg", "vi", current="repair")
    found = classes(svg)
    assert {"state", "state-repair", "current"} in found
    assert {"state", "state-fit", "final", "success"} in found
    assert {"anywhere"} in found
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    assert (root.get("role"), root.get("class")) == ("img", "diagram")
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Kiểm tra thiết bị: hiện tại “Đang sửa”"
    assert root.get("width", "").isdigit()
    for element in root.iter():
        assert not {"style", "id", "onclick", "href"} & set(element.attrib)
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "g", "path", "polygon", "text", "ellipse", "polyline",
        }  # fmt: skip


def test_without_a_current_state_the_title_is_that_of_the_process() -> None:
    svg = draw(sound(), "svg", "en")
    assert "<title>Equipment check</title>" in svg
    assert "current" not in svg
    assert "anywhere" not in svg
    assert draw(sound(), "svg", "en", current="gone").count("<title>Equipment check</title>") == 1


@given(processes())
def test_every_state_stands_in_the_picture_once_whatever_the_titles_hold(process: Process) -> None:
    svg = draw(process, "svg", "vi", current=process.initial)
    states = [name for group in classes(svg) for name in group if name.startswith("state-")]
    assert sorted(states) == sorted(f"state-{name}" for name in process.states)
    assert sum("current" in group for group in classes(svg)) == 1


@given(processes())
def test_the_other_formats_can_be_read_by_their_readers(process: Process) -> None:
    graph = pygraphviz.AGraph(string=draw(process, "dot", "en"))
    assert set(process.states) <= {str(node) for node in graph.nodes()}
    graph.close()
    machine = ET.fromstring(draw(process, "scxml", "en").partition("\n")[2])  # noqa: S314
    states = {node.get("id") for node in machine}
    assert states == set(process.states)
    targets = {step.get("target") for step in machine.iter(f"{SCXML}transition")}
    assert targets <= states
    mermaid = draw(process, "mermaid", "vi")
    assert all(line.count('"') in {0, 2} for line in mermaid.splitlines())
    rows = draw(process, "table", "vi").splitlines()
    assert len(rows) == len(process.transitions) + 2


def test_mermaid_points_out_the_present_state_and_the_ends() -> None:
    found = draw(wider(), "mermaid", "vi", current="repair").splitlines()
    assert found[0] == "stateDiagram-v2"
    assert "  [*] --> s_planned" in found
    assert "  s_fit --> [*]" in found
    assert "  class s_repair current" in found
    assert '  state "Mọi trạng thái đang mở" as s_open' in found
    assert "class" not in draw(sound(), "mermaid", "vi")


def test_scxml_expands_what_the_language_folds() -> None:
    machine = ET.fromstring(draw(wider(), "scxml", "en").partition("\n")[2])  # noqa: S314
    steps = [step.attrib for step in machine.iter(f"{SCXML}transition")]
    assert {"event": "note", "target": "repair", "type": "internal"} in steps
    assert {
        "event": "resume", "target": "repair", "cond": 'previous === "repair"',
    } in steps  # fmt: skip
    report = [step for step in steps if step["event"] == "report"]
    assert report == [
        {"event": "report", "cond": 'fields["faults"] === 0', "target": "fit"},
        {"event": "report", "target": "repair"},
    ]


def test_the_table_names_who_what_and_who_not() -> None:
    found = draw(wider(), "table", "en")
    assert "| Step " in found
    assert "Accept (accept)" in found
    assert "| office " in found
    assert "Proof of repair" in found
    assert "Any open state" in found
    assert "previous state" in found
    unknown = wider().model_copy(update={"evidence": {}})
    assert "repair_proof" in draw(unknown, "table", "en")


def test_the_table_shows_titles_where_they_are_known() -> None:
    process = wider()
    apart = {other for step in process.transitions.values() for other in step.not_same_as}
    (name,) = apart
    lines = draw(process, "table", "en", role=str.upper).splitlines()
    assert any(f"| {process.transitions[name].title.en} " in line[60:] for line in lines)
    assert any("| OFFICE " in line for line in lines)
    fewer = {key: step for key, step in process.transitions.items() if key != name}
    assert f"| {name} " in draw(process.model_copy(update={"transitions": fewer}), "table", "en")


CONDITIONS = [
    ({"field": "faults", "op": "le", "value": 3}, "Số lỗi ≤ 3", 'fields["faults"] <= 3'),
    ({"field": "faults", "op": "in", "value": [1, 2]}, "Số lỗi ∈ {1, 2}",
     '[1, 2].includes(fields["faults"])'),
    ({"field": "faults", "op": "is_set", "value": True}, "có Số lỗi", 'fields["faults"] != null'),
    ({"field": "faults", "op": "is_set", "value": False}, "chưa có Số lỗi",
     'fields["faults"] == null'),
    ({"field": "grade", "op": "ne", "value": "minor"}, "Mức ≠ Nhẹ", 'fields["grade"] !== "minor"'),
    ({"fact": "open_parts", "op": "gt", "value": 0}, "Bộ phận hỏng > 0", 'facts["open_parts"] > 0'),
    ({"visits": "repair", "op": "lt", "value": 2}, "số lần vào “Đang sửa” < 2",
     'visits["repair"] < 2'),
    ({"taken": "accept", "op": "ge", "value": 1}, "số lần “Chấp nhận” ≥ 1", 'taken["accept"] >= 1'),
    ({"field": "gone", "op": "eq", "value": "a"}, "gone = a", 'fields["gone"] === "a"'),
    ({"fact": "gone", "op": "eq", "value": True}, "gone = true", 'facts["gone"] === true'),
    ({"visits": "gone", "op": "eq", "value": 1}, "số lần vào “gone” = 1", 'visits["gone"] === 1'),
    ({"taken": "gone", "op": "eq", "value": 1}, "số lần “gone” = 1", 'taken["gone"] === 1'),
    ({"all": [{"taken": "gone", "op": "eq", "value": 1},
              {"any": [{"field": "x", "op": "eq", "value": 1},
                       {"not": {"field": "y", "op": "eq", "value": 2}}]}]},
     "số lần “gone” = 1 và (x = 1 hoặc không (y = 2))",
     '(taken["gone"] === 1 && (fields["x"] === 1 || !(fields["y"] === 2)))'),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words", "expression"), CONDITIONS)
def test_a_condition_is_said_in_words_and_in_script(
    data: dict[str, object], words: str, expression: str
) -> None:
    grade = "{type: choice, title: {vi: Mức, en: Grade}, choices: {minor: {vi: Nhẹ, en: Minor}}}"
    fact = "{type: integer, title: {vi: Bộ phận hỏng, en: Broken}}"
    process = sound(
        ("fields:\n", f"fields:\n  grade: {grade}\n"),
        ("evidence:\n  check", f"facts:\n  open_parts: {fact}\nevidence:\n  check"),
    )  # fmt: skip
    condition = Condition.model_validate(data)
    assert said(process, condition, "vi") == words
    assert script(condition) == expression


@cache
def shipped() -> tuple[Process, ...]:
    found = [read_file(path).process for path in sorted(DEFINITIONS.glob("*.yaml"))]
    return tuple(process for process in found if process is not None)


@pytest.mark.parametrize("form", ["svg", "dot", "mermaid", "scxml", "bpmn", "table"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_shipped_definition_can_be_drawn(form: Format, language: Language) -> None:
    for process in shipped():
        assert draw(process, form, language, current=process.initial)
