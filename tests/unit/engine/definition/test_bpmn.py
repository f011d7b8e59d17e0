"""A BPMN drawing is whole: every flow has its ends, each node and flow its place; in vi and en."""

from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from engine.definition.bpmn import draw_bpmn
from engine.definition.model import Process
from engine.definition.picture import Language, told
from engine.definition.source import read, read_file
from tests.strategies import processes
from tests.unit.engine.definition.test_diagram import sound, wider
from tests.unit.engine.definition.test_planted import SOUND

DEFINITIONS = Path(__file__).parents[4] / "definitions"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NODES = ("startEvent", "userTask", "exclusiveGateway", "endEvent")
ANYWHERE_CHOICE = """
  judge:
    title: {vi: Phân loại, en: Judge}
    from: open
    by: [office]
    fields: [faults]
    choose:
      - {when: {field: faults, op: eq, value: 0}, to: "="}
      - {to: fit}
guarantees:
"""


@cache
def shipped() -> tuple[Process, ...]:
    found = [read_file(path).process for path in sorted(DEFINITIONS.glob("*.yaml"))]
    return tuple(process for process in found if process is not None)


def drawn(process: Process, language: Language = "en") -> ET.Element:
    return ET.fromstring(draw_bpmn(process, language).partition("\n")[2])  # noqa: S314 - ours


def nodes(root: ET.Element) -> dict[str, ET.Element]:
    return {node.attrib["id"]: node for kind in NODES for node in root.iter(f"{BPMN}{kind}")}


def flows(root: ET.Element) -> list[ET.Element]:
    return list(root.iter(f"{BPMN}sequenceFlow"))


def ways(root: ET.Element) -> set[tuple[str, str, str, str | None]]:
    """Source, target, name and condition of every flow."""
    return {
        (
            flow.attrib["sourceRef"],
            flow.attrib["targetRef"],
            flow.get("name", ""),
            flow.findtext(f"{BPMN}conditionExpression"),
        )
        for flow in flows(root)
    }


def check_whole(root: ET.Element) -> None:
    """Ids are unique; flows join nodes that are there and say so; each thing has its place."""
    counted = Counter(element.attrib["id"] for element in root.iter() if "id" in element.attrib)
    assert set(counted.values()) == {1}
    known, led = nodes(root), flows(root)
    ends = {(flow.attrib["id"], flow.attrib[ref]) for flow in led for ref in ("sourceRef",)}
    outgoing = {(str(e.text), id_) for id_, n in known.items() for e in n.iter(f"{BPMN}outgoing")}
    assert ends == outgoing
    ends = {(flow.attrib["id"], flow.attrib["targetRef"]) for flow in led}
    incoming = {(str(e.text), id_) for id_, n in known.items() for e in n.iter(f"{BPMN}incoming")}
    assert ends == incoming
    defaults = {(n.get("default"), id_) for id_, n in known.items() if n.get("default")}
    assert defaults <= outgoing
    check_places(root, known, led)


def check_places(root: ET.Element, known: dict[str, ET.Element], led: list[ET.Element]) -> None:
    shapes = {shape.attrib["bpmnElement"]: shape for shape in root.iter(f"{BPMNDI}BPMNShape")}
    assert shapes.keys() == known.keys()
    for shape in shapes.values():
        bounds = shape.find(f"{DC}Bounds")
        assert bounds is not None
        assert int(bounds.attrib["width"]) > 0
        assert int(bounds.attrib["height"]) > 0
    boxes = {id_: box(shape) for id_, shape in shapes.items()}
    assert not any(overlap(boxes[a], boxes[b]) for a in boxes for b in boxes if a < b)
    edges = {edge.attrib["bpmnElement"]: edge for edge in root.iter(f"{BPMNDI}BPMNEdge")}
    assert edges.keys() == {flow.attrib["id"] for flow in led}
    for flow in led:
        points = list(edges[flow.attrib["id"]].iter(f"{DI}waypoint"))
        assert len(points) > 1
        for point, ref in ((points[0], "sourceRef"), (points[-1], "targetRef")):
            assert touches(point, boxes[flow.attrib[ref]])


def box(shape: ET.Element) -> tuple[int, int, int, int]:
    bounds = shape.find(f"{DC}Bounds")
    assert bounds is not None
    x, y, width, height = (int(bounds.attrib[key]) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def touches(point: ET.Element, around: tuple[int, int, int, int]) -> bool:
    """Whether a flow ends at its node, give or take what rounding moves."""
    x, y = int(point.attrib["x"]), int(point.attrib["y"])
    return around[0] - 2 <= x <= around[2] + 2 and around[1] - 2 <= y <= around[3] + 2


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_shipped_definition_is_whole_and_speaks_the_language(language: Language) -> None:
    for process in shipped():
        root = drawn(process, language)
        check_whole(root)
        names = {node.get("name") for node in nodes(root).values()}
        assert {told(state.title, language) for state in process.states.values()} <= names
        steps = {flow.get("name") for flow in flows(root)}
        assert {told(step.title, language) for step in process.transitions.values()} <= steps
        whole = root.find(f"{BPMN}process")
        assert whole is not None
        assert whole.attrib["name"] == told(process.title, language)


@given(processes())
def test_whatever_is_sound_is_whole_whatever_its_titles_hold(process: Process) -> None:
    root = drawn(process)
    check_whole(root)
    tasks = {f"state.{name}" for name in process.open_states}
    assert {node.attrib["id"] for node in root.iter(f"{BPMN}userTask")} == tasks


def test_a_success_ends_and_what_is_aborted_terminates() -> None:
    aborted = sound(
        ("states:\n", "states:\n  gone: {title: {vi: Hủy, en: Gone}, final: aborted}\n"),
    )
    root = drawn(aborted)
    ends = {
        end.attrib["id"]: end.find(f"{BPMN}terminateEventDefinition") is not None
        for end in root.iter(f"{BPMN}endEvent")
    }
    assert ends == {"state.fit": False, "state.gone": True}
    starts = [(n.attrib["id"], n.attrib["name"]) for n in root.iter(f"{BPMN}startEvent")]
    assert starts == [("start", "Case opened")]


def test_a_choice_is_a_gateway_whose_last_arm_is_the_default() -> None:
    root = drawn(sound())
    gateway = "choose.planned.report"
    found = ways(root)
    assert ("start", "state.planned", "", None) in found
    assert ("state.planned", gateway, "Report", None) in found
    assert (gateway, "state.fit", "Faults found = 0", 'fields["faults"] === 0') in found
    assert (gateway, "state.repair", "otherwise", None) in found
    rest = next(flow for flow in flows(root) if flow.get("name") == "otherwise")
    assert nodes(root)[gateway].get("default") == rest.attrib["id"]
    expressions = root.iter(f"{BPMN}conditionExpression")
    assert {e.attrib[f"{XSI}type"] for e in expressions} == {"bpmn:tFormalExpression"}


def test_several_ways_out_of_a_task_lead_through_a_gateway() -> None:
    found = ways(drawn(sound()))
    assert ("state.recheck", "way.recheck", "", None) in found
    assert ("way.recheck", "state.fit", "Accept", 'step === "accept"') in found
    assert ("state.repair", "state.recheck", "Repaired", None) in found


def test_a_step_from_everywhere_leaves_one_gateway_and_a_return_leads_to_where_it_was() -> None:
    found = ways(drawn(wider()))
    assert ("open", "back", "Note", 'step === "note"') in found
    assert ("open", "state.postponed", "Postpone", 'step === "postpone"') in found
    assert ("way.planned", "open", "", None) in found
    assert ("way.postponed", "back", "Resume", 'step === "resume"') in found
    assert ("back", "state.repair", "Under repair", 'previous === "repair"') in found
    # A note may be taken while the case is postponed; then it stays there.
    assert ("back", "state.postponed", "Postponed", 'previous === "postponed"') in found


def test_a_choice_from_everywhere_stays_or_goes_on() -> None:
    process = sound(("guarantees:\n", ANYWHERE_CHOICE.removeprefix("\n")))
    found = ways(drawn(process, "vi"))
    assert ("open", "choose.open.judge", "Phân loại", None) in found
    assert ("choose.open.judge", "back", "Số lỗi = 0", 'fields["faults"] === 0') in found
    assert ("choose.open.judge", "state.fit", "còn lại", None) in found
    assert ("back", "state.planned", "Đã lên kế hoạch", 'previous === "planned"') in found


def test_a_step_that_stays_leads_back_to_its_own_task() -> None:
    stays = sound(("    from: recheck\n    to: repair", "    from: recheck\n    to: '='"))
    assert ("way.recheck", "state.recheck", "Send back", 'step === "send_back"') in ways(
        drawn(stays)
    )


@pytest.mark.parametrize(
    "change",
    [
        ("initial: planned", "initial: nowhere"),
        ("    from: recheck\n    to: repair", "    from: recheck\n    to: nowhere"),
        ("      - {to: repair}", "      - {to: nowhere}"),
        ("    from: recheck\n    to: repair", "    from: nowhere\n    to: repair"),
        ("    from: recheck\n    to: repair", "    from: fit\n    to: repair"),
    ],
)
def test_a_name_that_no_state_bears_leaves_nothing_hanging(change: tuple[str, str]) -> None:
    text = SOUND.read_text("utf-8")
    assert text.count(change[0]) == 1
    draft = read(text.replace(*change)).draft
    assert draft is not None
    check_whole(drawn(draft))
