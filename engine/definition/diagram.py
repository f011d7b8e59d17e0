"""A definition drawn: DOT, SVG, Mermaid, SCXML and a table.

1. Every picture shows the same arrows (`arrows`): steps between the same two states share one
   arrow; a step `from: open`, or from every open state but its target, is drawn once, from a box
   that stands for them all; a step to `previous` leads to that box as well, since it returns to
   wherever the case was.
2. Words of a definition are escaped for each format; nothing in a title can become markup.
3. The SVG carries classes (`state`, `state-<id>`, `final`, `current`) and plain attributes, no
   style, no script, no id and no link, so that it can stand inside a page under a strict policy.
4. SCXML is for machines: `open` is expanded, conditions are ECMAScript over `fields`, `facts`,
   `visits`, `taken`, and `previous`.
5. Graphviz keeps global state: one drawing at a time.
"""

import json
import re
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never
from xml.etree import ElementTree as ET

import pygraphviz

from engine.definition.model import Arm, Condition, Process, Text

Format = Literal["mermaid", "dot", "svg", "scxml", "table"]
Language = Literal["vi", "en"]

ANYWHERE: Final = "open"

_SVG: Final = "http://www.w3.org/2000/svg"
_SCXML: Final = "http://www.w3.org/2005/07/scxml"
_FEW: Final = 2
_LABEL_WIDTH: Final = 26
_LOCK: Final = threading.Lock()

_WORDS: Final[dict[str, Text]] = {
    "anywhere": Text(vi="Mọi trạng thái đang mở", en="Any open state"),
    "and": Text(vi="và", en="and"),
    "or": Text(vi="hoặc", en="or"),
    "not": Text(vi="không", en="not"),
    "else": Text(vi="còn lại", en="otherwise"),
    "set": Text(vi="có", en="has"),
    "unset": Text(vi="chưa có", en="lacks"),
    "visits": Text(vi="số lần vào", en="entries into"),
    "taken": Text(vi="số lần", en="times of"),
    "now": Text(vi="hiện tại", en="now"),
    "stays": Text(vi="giữ nguyên", en="stays"),
    "back": Text(vi="trạng thái trước", en="previous state"),
    "step": Text(vi="Bước", en="Step"),
    "from": Text(vi="Từ", en="From"),
    "to": Text(vi="Đến", en="To"),
    "who": Text(vi="Người thực hiện", en="Who"),
    "evidence": Text(vi="Hồ sơ kèm theo", en="Evidence"),
    "apart": Text(vi="Không cùng người với", en="Not the actor of"),
}
_NODES: Final = (
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#44546a", '
    'fontcolor="#1b2530", fontname="Arial", fontsize=12, margin="0.16,0.08"]'
)
_EDGES: Final = (
    '  edge [color="#6b7a8d", fontcolor="#3a4653", fontname="Arial", fontsize=10, arrowsize=0.7]'
)
_SIGNS: Final = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "in": "∈"}
_SCRIPT_SIGNS: Final = {"eq": "===", "ne": "!==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True, slots=True)
class Arrow:
    """What is drawn between two boxes: the words of every step that leads from one to the other.

    Attributes:
        source: a state, or `open` for every open state.
        target: a state, or `open` for wherever the case was before.
    """

    source: str
    target: str
    labels: tuple[str, ...]


def draw(process: Process, form: Format, language: Language, *, current: str | None = None) -> str:
    """Draw a definition; `current` is the state to point out, where the format can."""
    match form:
        case "mermaid":
            return _mermaid(process, language, current)
        case "dot":
            return _dot(process, language, current)
        case "svg":
            return _svg(process, language, current)
        case "scxml":
            return _scxml(process, language)
        case "table":
            return _table(process, language)
        case _:
            assert_never(form)


def arrows(process: Process, language: Language) -> tuple[Arrow, ...]:
    """The arrows of a picture, steps between the same boxes joined, in the order of the file."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, step in process.transitions.items():
        for source in _drawn_from(process, name):
            for arm in step.choose or (Arm(to=str(step.to)),):
                target = {"=": source, "previous": ANYWHERE}.get(arm.to, arm.to)
                label = _of(step.title, language)
                if step.choose:
                    label = f"{label} [{_arm(process, arm, language)}]"
                labels = found.setdefault((source, target), [])
                if label not in labels:
                    labels.append(label)
    return tuple(Arrow(source, target, tuple(labels)) for (source, target), labels in found.items())


def _drawn_from(process: Process, name: str) -> tuple[str, ...]:
    """The boxes that a step leaves: one for all if it leaves every open state but its target."""
    step = process.transitions[name]
    elsewhere = set(process.open_states) - set(step.targets)
    if len(elsewhere) > _FEW and elsewhere <= set(process.sources(name)):
        return (ANYWHERE,)
    return step.from_


def said(process: Process, condition: Condition, language: Language) -> str:
    """A condition in the words of the definition: `Số lỗi = 0 và Mức độ = Nặng`."""

    def word(key: str) -> str:
        return _of(_WORDS[key], language)

    for key, parts in (("and", condition.all), ("or", condition.any)):
        if parts:
            return f" {word(key)} ".join(_grouped(process, part, language) for part in parts)
    if condition.not_ is not None:
        return f"{word('not')} ({said(process, condition.not_, language)})"
    subject = _subject(process, condition, language)
    if condition.op == "is_set":
        return f"{word('set' if condition.value else 'unset')} {subject}"
    return f"{subject} {_SIGNS[str(condition.op)]} {_constants(process, condition, language)}"


def _of(text: Text, language: Language) -> str:
    return text.vi if language == "vi" else text.en


def _arm(process: Process, arm: Arm, language: Language) -> str:
    if arm.when is None:
        return _of(_WORDS["else"], language)
    return said(process, arm.when, language)


def _grouped(process: Process, part: Condition, language: Language) -> str:
    words = said(process, part, language)
    return f"({words})" if part.all or part.any else words


def _subject(process: Process, leaf: Condition, language: Language) -> str:
    """What a leaf asks about, by its title where it has one."""
    if leaf.field is not None:
        spec = process.fields.get(leaf.field)
        return _of(spec.title, language) if spec else leaf.field
    if leaf.fact is not None:
        fact = process.facts.get(leaf.fact)
        return _of(fact.title, language) if fact else leaf.fact
    if leaf.visits is not None:
        state = process.states.get(leaf.visits)
        name = _of(state.title, language) if state else leaf.visits
        return f"{_of(_WORDS['visits'], language)} “{name}”"
    step = process.transitions.get(str(leaf.taken))
    name = _of(step.title, language) if step else str(leaf.taken)
    return f"{_of(_WORDS['taken'], language)} “{name}”"


def _constants(process: Process, leaf: Condition, language: Language) -> str:
    """The constants of a leaf, a choice by its title."""
    choices = process.fields[leaf.field].choices if leaf.field in process.fields else {}
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    words = [
        _of(choices[value], language)
        if isinstance(value, str) and value in choices
        else json.dumps(value, ensure_ascii=False).strip('"')
        for value in given
    ]
    return f"{{{', '.join(words)}}}" if isinstance(leaf.value, tuple) else words[0]


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
        label = "\\n".join(_escaped(line) for line in wrapped)
        dashed = ", style=dashed" if ANYWHERE in {arrow.source, arrow.target} else ""
        lines.append(
            f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)} "
            f'[label="{label}", class="step"{dashed}]'
        )
    return "\n".join([*lines, "}", ""])


def _box(process: Process, name: str, language: Language, current: str | None) -> str:
    """One box as DOT; final states have a second line around them."""
    if name == ANYWHERE:
        label = _escaped(_of(_WORDS["anywhere"], language))
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
    label = _escaped(_of(state.title, language))
    return f'"{name}" [label="{label}", class="{" ".join(classes)}"{looks}]'


def _quoted(name: str) -> str:
    return f'"{_escaped(name)}"'


def _escaped(words: str) -> str:
    """Words inside a quoted DOT text; a backslash there would begin an escape of its own."""
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _svg(process: Process, language: Language, current: str | None) -> str:
    with _LOCK:
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
    words = _of(process.title, language)
    if current not in process.states:
        return words
    now = _of(process.states[current].title, language)
    return f"{words}: {_of(_WORDS['now'], language)} “{now}”"


def _mermaid(process: Process, language: Language, current: str | None) -> str:
    drawn = arrows(process, language)
    lines = ["stateDiagram-v2"]
    for name in _boxes(process, drawn):
        text = _WORDS["anywhere"] if name == ANYWHERE else process.states[name].title
        lines.append(f'  state "{_coded(_of(text, language))}" as s_{name}')
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
        box.append(ET.Comment(_of(state.title, language).replace("--", "–")))
        for step in process.transitions if state.final is None else ():
            if name in process.sources(step):
                _scxml_step(process, box, name, step)
    ET.indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + ET.tostring(root, encoding="unicode") + "\n"


def _scxml_step(process: Process, box: ET.Element, source: str, name: str) -> None:
    step = process.transitions[name]
    for arm in step.choose or (Arm(to=str(step.to)),):
        guard = {"cond": _script(arm.when)} if arm.when is not None else {}
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


def _script(condition: Condition) -> str:
    """A condition as an ECMAScript expression."""
    for sign, parts in ((" && ", condition.all), (" || ", condition.any)):
        if parts:
            return f"({sign.join(_script(part) for part in parts)})"
    if condition.not_ is not None:
        return f"!({_script(condition.not_)})"
    kinds = {"fields": condition.field, "facts": condition.fact, "visits": condition.visits}
    kind = next((kind for kind, name in kinds.items() if name is not None), "taken")
    subject = f"{kind}[{json.dumps(kinds.get(kind) or condition.taken)}]"
    if condition.op == "is_set":
        return f"{subject} {'!=' if condition.value else '=='} null"
    constant = json.dumps(condition.value, ensure_ascii=False)
    if condition.op == "in":
        return f"{constant}.includes({subject})"
    return f"{subject} {_SCRIPT_SIGNS[str(condition.op)]} {constant}"


def _table(process: Process, language: Language) -> str:
    keys = ("step", "from", "to", "who", "evidence", "apart")
    rows = [[_of(_WORDS[key], language) for key in keys]]
    for name, step in process.transitions.items():
        special = {
            ANYWHERE: _of(_WORDS["anywhere"], language),
            "=": _of(_WORDS["stays"], language),
            "previous": _of(_WORDS["back"], language),
        }
        titles = {
            key: _of(state.title, language) for key, state in process.states.items()
        } | special
        rows.append(
            [
                f"{_of(step.title, language)} ({name})",
                ", ".join(titles.get(source, source) for source in step.from_),
                " / ".join(titles.get(target, target) for target in step.targets),
                ", ".join(by.role for by in step.by),
                ", ".join(_title(process, key, language) for key in step.evidence),
                ", ".join(step.not_same_as),
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(keys))]
    lines = [_line(row, widths) for row in rows]
    rule = _line(["-" * width for width in widths], widths)
    return "\n".join([lines[0], rule, *lines[1:], ""])


def _title(process: Process, requirement: str, language: Language) -> str:
    spec = process.evidence.get(requirement)
    return _of(spec.title, language) if spec else requirement


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
