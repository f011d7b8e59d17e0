"""A definition drawn: DOT, SVG, Mermaid, SCXML, BPMN and a table.

1. DOT, SVG and Mermaid show the same arrows (`picture`).
2. Words of a definition are escaped for each format; nothing in a title can become markup.
3. The SVG carries classes (`state`, `state-<id>`, `final`, `current`) and plain attributes, no
   style, no script, no id and no link, so that it can stand inside a page under a strict policy.
4. SCXML is for machines: `open` is expanded, conditions are ECMAScript over `fields`, `facts`,
   `visits`, `taken`, and `previous`.
5. BPMN has a room of its own (`bpmn`).
"""

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Final, Literal, assert_never
from xml.etree import ElementTree as ET

import pygraphviz

from engine.definition.bpmn import draw_bpmn
from engine.definition.model import Process
from engine.definition.picture import (
    ANYWHERE,
    GRAPHVIZ,
    WORDS,
    Arrow,
    Language,
    arms,
    arrows,
    script,
    told,
)

Format = Literal["mermaid", "dot", "svg", "scxml", "bpmn", "table"]

_SVG: Final = "http://www.w3.org/2000/svg"
_SCXML: Final = "http://www.w3.org/2005/07/scxml"
_LABEL_WIDTH: Final = 26
_ASIDE: Final = "\u00a0\u00a0"
"""Keeps the words of an arrow off its own line and off the words beside them."""

_NODES: Final = (
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#44546a", '
    'fontcolor="#1b2530", fontname="Arial", fontsize=12, margin="0.16,0.08"]'
)
_EDGES: Final = (
    '  edge [color="#6b7a8d", fontcolor="#3a4653", fontname="Arial", fontsize=10, arrowsize=0.7]'
)


def draw(
    process: Process,
    form: Format,
    language: Language,
    *,
    current: str | None = None,
    role: Callable[[str], str] = str,
) -> str:
    """Draw a definition; `current` is the state to point out, where the format can.

    A definition knows roles only by their ids; `role` gives the title that the table shows.
    """
    match form:
        case "mermaid":
            return _mermaid(process, language, current)
        case "dot":
            return _dot(process, language, current)
        case "svg":
            return _svg(process, language, current)
        case "scxml":
            return _scxml(process, language)
        case "bpmn":
            return draw_bpmn(process, language)
        case "table":
            return _table(process, language, role)
        case _:
            assert_never(form)


def _boxes(process: Process, drawn: tuple[Arrow, ...]) -> Iterator[str]:
    """Yield the box for every open state, where some arrow needs it."""
    if any(ANYWHERE in {arrow.source, arrow.target} for arrow in drawn):
        yield ANYWHERE
    yield from process.states


def _dot(process: Process, language: Language, current: str | None) -> str:
    drawn = arrows(process, language)
    lines = [
        f"digraph {_quoted(process.process)} {{",
        '  graph [rankdir=TB, bgcolor="transparent", nodesep=0.35, ranksep=0.5]',
        _NODES,
        _EDGES,
    ]
    lines.extend(f"  {_box(process, name, language, current)}" for name in _boxes(process, drawn))
    for arrow in drawn:
        wrapped = (line for words in arrow.labels for line in textwrap.wrap(words, _LABEL_WIDTH))
        label = "\\n".join(f"{_ASIDE}{_escaped(line)}{_ASIDE}" for line in wrapped)
        dashed = ", style=dashed" if ANYWHERE in {arrow.source, arrow.target} else ""
        lines.append(
            f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)} "
            f'[label="{label}", class="step"{dashed}]'
        )
    return "\n".join([*lines, "}", ""])


def _box(process: Process, name: str, language: Language, current: str | None) -> str:
    """One box as DOT; final states have a second line around them."""
    if name == ANYWHERE:
        label = _escaped(told(WORDS["anywhere"], language))
        return f'"{name}" [label="{label}", class="anywhere", style="rounded,dashed,filled"]'
    state = process.states[name]
    classes = ["state", f"state-{name}"]
    looks = ""
    if state.final is not None:
        classes += ["final", state.final]
        looks = ", peripheries=2"
    if name == current:
        classes.append("current")
        looks += ', fillcolor="#ffd966", penwidth=2'
    label = _escaped(told(state.title, language))
    return f'"{name}" [label="{label}", class="{" ".join(classes)}"{looks}]'


def _quoted(name: str) -> str:
    return f'"{_escaped(name)}"'


def _escaped(words: str) -> str:
    """Words inside a quoted DOT text; a backslash there would begin an escape of its own."""
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _svg(process: Process, language: Language, current: str | None) -> str:
    with GRAPHVIZ:
        graph = pygraphviz.AGraph(string=_dot(process, language, current))
        drawn: bytes = graph.draw(format="svg", prog="dot")
        graph.close()
    root = ET.fromstring(drawn)  # noqa: S314 - Graphviz wrote this from escaped text just now.
    for group in root.iter():
        _undress(group)
    title = ET.Element(f"{{{_SVG}}}title")
    title.text = _caption(process, language, current)
    root.insert(0, title)
    root.set("role", "img")
    root.set("class", "diagram")
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _undress(element: ET.Element) -> None:
    """Take from an element what a page must not get, and leave what says how it looks."""
    for attribute in ("id", "style", "{http://www.w3.org/XML/1998/namespace}space"):
        element.attrib.pop(attribute, None)
    for size in ("width", "height"):
        points = element.get(size, "")
        if points.endswith("pt"):
            # A point is four thirds of the pixel in which pages measure.
            element.set(size, str(round(float(points.removesuffix("pt")) * 4 / 3)))
    if element.get("font-family"):
        element.set("font-family", "Arial, Helvetica, sans-serif")
    kind = element.get("class", "")
    if kind.startswith(("node ", "edge ")):
        element.set("class", kind[5:])
    for child in list(element):
        if child.tag == f"{{{_SVG}}}title":
            element.remove(child)


def _caption(process: Process, language: Language, current: str | None) -> str:
    words = told(process.title, language)
    if current not in process.states:
        return words
    now = told(process.states[current].title, language)
    return f"{words}: {told(WORDS['now'], language)} “{now}”"


def _mermaid(process: Process, language: Language, current: str | None) -> str:
    drawn = arrows(process, language)
    lines = ["stateDiagram-v2"]
    for name in _boxes(process, drawn):
        text = WORDS["anywhere"] if name == ANYWHERE else process.states[name].title
        lines.append(f'  state "{_coded(told(text, language))}" as s_{name}')
    lines.append(f"  [*] --> s_{process.initial}")
    for arrow in drawn:
        label = " / ".join(_coded(label) for label in arrow.labels)
        lines.append(f"  s_{arrow.source} --> s_{arrow.target} : {label}")
    lines.extend(f"  s_{name} --> [*]" for name, s in process.states.items() if s.final)
    if current in process.states:
        lines.append("  classDef current fill:#ffd966,stroke-width:2px")
        lines.append(f"  class s_{current} current")
    return "\n".join([*lines, ""])


def _coded(words: str) -> str:
    """Words for Mermaid: whatever could be its syntax becomes a character code."""
    return re.sub(r"[^\w\s.,()/–-]", lambda found: f"#{ord(found[0])};", words)


def _scxml(process: Process, language: Language) -> str:
    ET.register_namespace("", _SCXML)
    root = ET.Element(
        f"{{{_SCXML}}}scxml",
        {
            "version": "1.0",
            "datamodel": "ecmascript",
            "name": process.process,
            "initial": process.initial,
        },
    )
    for name, state in process.states.items():
        kind = "state" if state.final is None else "final"
        box = ET.SubElement(root, f"{{{_SCXML}}}{kind}", {"id": name})
        box.append(ET.Comment(told(state.title, language).replace("--", "–")))
        for step in process.transitions if state.final is None else ():
            if name in process.sources(step):
                _scxml_step(process, box, name, step)
    ET.indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + ET.tostring(root, encoding="unicode") + "\n"


def _scxml_step(process: Process, box: ET.Element, source: str, name: str) -> None:
    step = process.transitions[name]
    for arm in arms(step):
        guard = {"cond": script(arm.when)} if arm.when is not None else {}
        if arm.to != "previous":
            target = source if arm.to == "=" else arm.to
            kind = {"type": "internal"} if step.internal else {}
            attributes = {"event": name, **guard, "target": target, **kind}
            ET.SubElement(box, f"{{{_SCXML}}}transition", attributes)
            continue
        for target in process.destinations(name, source):
            back = f"previous === {json.dumps(target)}"
            both = " && ".join([*guard.values(), back])
            attributes = {"event": name, "cond": both, "target": target}
            ET.SubElement(box, f"{{{_SCXML}}}transition", attributes)


def _table(process: Process, language: Language, role: Callable[[str], str]) -> str:
    keys = ("step", "from", "to", "who", "evidence", "apart")
    rows = [[told(WORDS[key], language) for key in keys]]
    for name, step in process.transitions.items():
        special = {
            ANYWHERE: told(WORDS["anywhere"], language),
            "=": told(WORDS["stays"], language),
            "previous": told(WORDS["back"], language),
        }
        titles = {
            key: told(state.title, language) for key, state in process.states.items()
        } | special
        rows.append(
            [
                f"{told(step.title, language)} ({name})",
                ", ".join(titles.get(source, source) for source in step.from_),
                " / ".join(titles.get(target, target) for target in step.targets),
                ", ".join(role(by.role) for by in step.by),
                ", ".join(_title(process, key, language) for key in step.evidence),
                ", ".join(_step_title(process, other, language) for other in step.not_same_as),
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(keys))]
    lines = [_line(row, widths) for row in rows]
    rule = _line(["-" * width for width in widths], widths)
    return "\n".join([lines[0], rule, *lines[1:], ""])


def _title(process: Process, requirement: str, language: Language) -> str:
    spec = process.evidence.get(requirement)
    return told(spec.title, language) if spec else requirement


def _step_title(process: Process, name: str, language: Language) -> str:
    step = process.transitions.get(name)
    return told(step.title, language) if step else name


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
