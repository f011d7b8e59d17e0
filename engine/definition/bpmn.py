"""A definition as BPMN 2.0 with diagram interchange, for any BPMN viewer.

1. An open state is a user task, the initial one after a start event; a success end is an end event,
   an aborted one a terminate end event.
2. A task with several ways out has an exclusive gateway behind it: a task with several flows would
   take them all at once. `choose` is an exclusive gateway too, its last arm the default flow.
3. A step from every open state leaves one gateway that all of them lead to; a step to `previous`,
   or one that stays wherever it was, leads to one gateway from which every such state is reached.
4. Conditions are ECMAScript (`picture`), besides `step`, the step that somebody takes, and
   `previous`, the state that was left.
5. Names that no state bears lead nowhere, and no way leaves a final state: nothing that is drawn
   hangs in the air.
6. Graphviz settles the places; every node has a shape, every flow an edge.
"""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree import ElementTree as ET

import pygraphviz

from engine.definition.model import Process
from engine.definition.picture import (
    ANYWHERE,
    GRAPHVIZ,
    WORDS,
    Language,
    arm_said,
    arms,
    drawn_from,
    script,
    told,
)

Kind = Literal["startEvent", "userTask", "exclusiveGateway", "endEvent"]
Point = tuple[int, int]

_BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
_DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_ECMASCRIPT: Final = (
    "http://www.ecma-international.org/publications-and-standards/standards/ecma-262/"
)
_PREFIXES: Final = {"bpmn": _BPMN, "bpmndi": _BPMNDI, "dc": _DC, "di": _DI, "xsi": _XSI}
_SIZES: Final[dict[Kind, Point]] = {
    "startEvent": (36, 36),
    "userTask": (140, 80),
    "exclusiveGateway": (50, 50),
    "endEvent": (36, 36),
}
_POINTS_PER_INCH: Final = 72
_LETTER: Final = 7
_LINE: Final = 14
_LABEL_LETTERS: Final = 20
_EVENT_LABEL_WIDTH: Final = 110
_BACK: Final = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A task, an event or a gateway."""

    id: str
    kind: Kind
    name: str = ""
    terminates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sequence flow; without a condition it is taken when its source is done, or by default."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Flowchart:
    """The nodes by id and the flows between them, in the order of the file."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def add(self, id_: str, kind: Kind, *, name: str = "", terminates: bool = False) -> None:
        """Add a node."""
        self.nodes[id_] = Node(id=id_, kind=kind, name=name, terminates=terminates)

    def lead(
        self,
        source: str,
        target: str,
        *,
        name: str = "",
        condition: str | None = None,
        default: bool = False,
    ) -> None:
        """Add a flow."""
        self.flows.append(
            Flow(
                id=f"flow.{len(self.flows) + 1}",
                source=source,
                target=target,
                name=name,
                condition=condition,
                default=default,
            )
        )


@dataclass(frozen=True, slots=True)
class _Places:
    """Where everything lies, from the upper left corner.

    Attributes:
        centres: node → its centre.
        ways: flow → its corners.
        labels: flow → the centre of its words.
    """

    centres: Mapping[str, Point]
    ways: Mapping[str, tuple[Point, ...]]
    labels: Mapping[str, Point]


def draw_bpmn(process: Process, language: Language) -> str:
    """A definition as a BPMN document."""
    chart = flowchart(process, language)
    places = _laid_out(chart)
    for prefix, namespace in _PREFIXES.items():
        ET.register_namespace(prefix, namespace)
    root = ET.Element(
        f"{{{_BPMN}}}definitions",
        {
            "id": f"definitions.{process.process}",
            "targetNamespace": f"urn:quytrinh:{process.process}:{process.version}",
            "exporter": "Quy Trình",
            "expressionLanguage": _ECMASCRIPT,
        },
    )
    root.append(_semantics(process, language, chart))
    root.append(_picture(process, chart, places))
    ET.indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + ET.tostring(root, encoding="unicode") + "\n"


def flowchart(process: Process, language: Language) -> Flowchart:
    """The nodes and flows of a definition."""
    chart = Flowchart()
    chart.add("start", "startEvent", name=told(WORDS["opened"], language))
    for name, state in process.states.items():
        kind: Kind = "userTask" if state.final is None else "endEvent"
        title = told(state.title, language)
        chart.add(_state(name), kind, name=title, terminates=state.final == "aborted")
    if process.initial in process.states:
        chart.lead("start", _state(process.initial))
    shared = [name for name in process.transitions if ANYWHERE in drawn_from(process, name)]
    for state_name in process.open_states:
        _leave(chart, process, language, state=state_name, shared=shared)
    if shared:
        chart.add(ANYWHERE, "exclusiveGateway", name=told(WORDS["anywhere"], language))
        for name in shared:
            _take(chart, process, language, step=name, source=ANYWHERE, split=len(shared) > 1)
    _return(chart, process, language)
    return chart


def _leave(
    chart: Flowchart, process: Process, language: Language, *, state: str, shared: list[str]
) -> None:
    """Every way out of one state."""
    own = [
        name
        for name in process.transitions
        if name not in shared and state in process.sources(name)
    ]
    joins = any(state in process.sources(name) for name in shared)
    source, split = _state(state), len(own) + joins > 1
    if split:
        chart.add(f"way.{state}", "exclusiveGateway")
        chart.lead(source, f"way.{state}")
        source = f"way.{state}"
    for name in own:
        _take(chart, process, language, step=name, source=source, split=split, state=state)
    if joins:
        chart.lead(source, ANYWHERE, default=split)


def _take(  # noqa: PLR0913 - a step needs its place on both sides.
    chart: Flowchart,
    process: Process,
    language: Language,
    *,
    step: str,
    source: str,
    split: bool,
    state: str = ANYWHERE,
) -> None:
    """One step out of a node, each arm of a choice as a flow of its own."""
    spec = process.transitions[step]
    name = told(spec.title, language)
    condition = f"step === {json.dumps(step)}" if split else None
    if not spec.choose:
        target = _target(chart, str(spec.to), state)
        if target is not None:
            chart.lead(source, target, name=name, condition=condition)
        return
    gateway = f"choose.{state}.{step}"
    chart.add(gateway, "exclusiveGateway")
    chart.lead(source, gateway, name=name, condition=condition)
    for arm in arms(spec):
        target = _target(chart, arm.to, state)
        if target is not None:
            chart.lead(
                gateway,
                target,
                name=arm_said(process, arm, language),
                condition=None if arm.when is None else script(arm.when),
                default=arm.when is None,
            )


def _target(chart: Flowchart, to: str, state: str) -> str | None:
    """The node that a `to` means for a case in a state; None where no state bears the name."""
    if to == "previous" or (to == "=" and state == ANYWHERE):
        return _BACK
    found = _state(state if to == "=" else to)
    return found if found in chart.nodes else None


def _return(chart: Flowchart, process: Process, language: Language) -> None:
    """Lead from the gateway of return to every state that somebody may have come from."""
    if not any(flow.target == _BACK for flow in chart.flows):
        return
    chart.add(_BACK, "exclusiveGateway", name=told(WORDS["back"], language))
    left: dict[str, None] = {}
    for name, step in process.transitions.items():
        anywhere = ANYWHERE in drawn_from(process, name)
        for source in process.sources(name):
            if "previous" in step.targets or ("=" in step.targets and anywhere):
                kept = [to for to in process.destinations(name, source) if to not in step.targets]
                left.update(dict.fromkeys(kept))
    for state in process.states:
        if state in left:
            condition = f"previous === {json.dumps(state)}"
            title = told(process.states[state].title, language)
            chart.lead(_BACK, _state(state), name=title, condition=condition)


def _state(name: str) -> str:
    return f"state.{name}"


def _laid_out(chart: Flowchart) -> _Places:
    with GRAPHVIZ:
        graph = pygraphviz.AGraph(string=_dot(chart))
        graph.layout(prog="dot")
        height = float(graph.graph_attr["bb"].split(",")[3])
        centres = {id_: _points(graph.get_node(id_).attr["pos"], height)[0] for id_ in chart.nodes}
        edges = {
            flow.id: graph.get_edge(flow.source, flow.target, flow.id).attr for flow in chart.flows
        }
        # A polyline is written as curves: every third point is a corner, the others steer.
        ways = {id_: _points(attr["pos"], height)[::3] for id_, attr in edges.items()}
        labels = {id_: _points(attr["lp"], height)[0] for id_, attr in edges.items() if attr["lp"]}
        graph.close()
    return _Places(centres, ways, labels)


def _dot(chart: Flowchart) -> str:
    """The sizes of nodes and words; the words themselves say nothing to a layout."""
    lines = [
        "digraph {",
        "  graph [rankdir=LR, splines=polyline, nodesep=0.45, ranksep=0.6]",
        '  node [shape=box, fixedsize=true, label=""]',
        "  edge [arrowhead=none, fontname=Arial, fontsize=11]",
    ]
    for node in chart.nodes.values():
        width, height = (side / _POINTS_PER_INCH for side in _SIZES[node.kind])
        lines.append(f'  "{node.id}" [width={width:.3f}, height={height:.3f}]')
    for flow in chart.flows:
        label = "\\n".join("n" * len(line) for line in _wrapped(flow.name))
        # What may happen anywhere must not pull the way itself out of its order.
        aside = flow.source == _BACK or flow.target in {ANYWHERE, _BACK}
        loose = ", weight=0, minlen=0" if aside else ", weight=4"
        lines.append(
            f'  "{flow.source}" -> "{flow.target}" [key="{flow.id}", label="{label}"{loose}]'
        )
    return "\n".join([*lines, "}"])


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _LABEL_LETTERS)


def _points(written: str, height: float) -> tuple[Point, ...]:
    """Points as Graphviz writes them, which counts heights from the bottom."""
    pairs = (pair.split(",") for pair in written.split())
    return tuple((round(float(x)), round(height - float(y))) for x, y in pairs)


def _semantics(process: Process, language: Language, chart: Flowchart) -> ET.Element:
    root = ET.Element(
        f"{{{_BPMN}}}process",
        {
            "id": f"process.{process.process}",
            "name": told(process.title, language),
            "isExecutable": "false",
        },
    )
    for node in chart.nodes.values():
        root.append(_flow_node(node, chart))
    for flow in chart.flows:
        root.append(_sequence_flow(flow))
    return root


def _flow_node(node: Node, chart: Flowchart) -> ET.Element:
    leaving = [flow for flow in chart.flows if flow.source == node.id]
    optional = {"name": node.name, "default": next((f.id for f in leaving if f.default), "")}
    attributes = {"id": node.id, **{name: value for name, value in optional.items() if value}}
    element = ET.Element(f"{{{_BPMN}}}{node.kind}", attributes)
    for flow in chart.flows:
        if flow.target == node.id:
            ET.SubElement(element, f"{{{_BPMN}}}incoming").text = flow.id
    for flow in leaving:
        ET.SubElement(element, f"{{{_BPMN}}}outgoing").text = flow.id
    if node.terminates:
        stop = {"id": f"{node.id}.terminate"}
        ET.SubElement(element, f"{{{_BPMN}}}terminateEventDefinition", stop)
    return element


def _sequence_flow(flow: Flow) -> ET.Element:
    attributes = {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
    if flow.name:
        attributes["name"] = flow.name
    element = ET.Element(f"{{{_BPMN}}}sequenceFlow", attributes)
    if flow.condition is not None:
        kind = {f"{{{_XSI}}}type": "bpmn:tFormalExpression"}
        ET.SubElement(element, f"{{{_BPMN}}}conditionExpression", kind).text = flow.condition
    return element


def _picture(process: Process, chart: Flowchart, places: _Places) -> ET.Element:
    root = ET.Element(f"{{{_BPMNDI}}}BPMNDiagram", {"id": "diagram"})
    whole = {"id": "plane", "bpmnElement": f"process.{process.process}"}
    plane = ET.SubElement(root, f"{{{_BPMNDI}}}BPMNPlane", whole)
    for node in chart.nodes.values():
        plane.append(_shape(node, places.centres[node.id]))
    for flow in chart.flows:
        plane.append(_edge(flow, places))
    return root


def _shape(node: Node, centre: Point) -> ET.Element:
    size = _SIZES[node.kind]
    attributes = {"id": f"{node.id}.shape", "bpmnElement": node.id}
    if node.kind == "exclusiveGateway":
        attributes["isMarkerVisible"] = "true"
    shape = ET.Element(f"{{{_BPMNDI}}}BPMNShape", attributes)
    _bounds(shape, centre, size)
    if node.name and node.kind != "userTask":
        lines = len(textwrap.wrap(node.name, _EVENT_LABEL_WIDTH // _LETTER))
        below = (centre[0], centre[1] + (size[1] + lines * _LINE) // 2 + 4)
        label = ET.SubElement(shape, f"{{{_BPMNDI}}}BPMNLabel")
        _bounds(label, below, (_EVENT_LABEL_WIDTH, lines * _LINE))
    return shape


def _edge(flow: Flow, places: _Places) -> ET.Element:
    attributes = {"id": f"{flow.id}.edge", "bpmnElement": flow.id}
    edge = ET.Element(f"{{{_BPMNDI}}}BPMNEdge", attributes)
    for x, y in places.ways[flow.id]:
        ET.SubElement(edge, f"{{{_DI}}}waypoint", {"x": str(x), "y": str(y)})
    if flow.id in places.labels:
        lines = _wrapped(flow.name)
        size = (max(len(line) for line in lines) * _LETTER + _LINE, len(lines) * _LINE)
        label = ET.SubElement(edge, f"{{{_BPMNDI}}}BPMNLabel")
        _bounds(label, places.labels[flow.id], size)
    return edge


def _bounds(element: ET.Element, centre: Point, size: Point) -> None:
    """Add the box around a centre."""
    (x, y), (width, height) = centre, size
    sides = {"x": x - width // 2, "y": y - height // 2, "width": width, "height": height}
    told_ = {name: str(value) for name, value in sides.items()}
    ET.SubElement(element, f"{{{_DC}}}Bounds", told_)
