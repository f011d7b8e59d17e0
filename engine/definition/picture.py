"""What every picture of a definition shows: its arrows, and its conditions in words and in script.

1. Steps between the same two states share one arrow; a step `from: open`, or from every open state
   but its target, leaves a box that stands for them all; a step to `previous` leads to that box as
   well, since it returns to wherever the case was.
2. A condition is said in the words of the definition for people, and as an ECMAScript expression
   over `fields`, `facts`, `visits`, `taken` for machines.
3. Graphviz keeps global state: whoever calls it holds `GRAPHVIZ`, so that one drawing is made at a
   time.
"""

import json
import threading
from dataclasses import dataclass
from typing import Final, Literal

from engine.definition.model import Arm, Condition, Process, Text, Transition

Language = Literal["vi", "en"]

ANYWHERE: Final = "open"
GRAPHVIZ: Final = threading.Lock()

_FEW: Final = 2

WORDS: Final[dict[str, Text]] = {
    "anywhere": Text(vi="Mọi trạng thái đang mở", en="Any open state"),
    "opened": Text(vi="Mở hồ sơ", en="Case opened"),
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


def arrows(process: Process, language: Language) -> tuple[Arrow, ...]:
    """The arrows of a picture, steps between the same boxes joined, in the order of the file."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, step in process.transitions.items():
        for source in drawn_from(process, name):
            for arm in arms(step):
                target = {"=": source, "previous": ANYWHERE}.get(arm.to, arm.to)
                label = told(step.title, language)
                if step.choose:
                    label = f"{label} [{arm_said(process, arm, language)}]"
                labels = found.setdefault((source, target), [])
                if label not in labels:
                    labels.append(label)
    return tuple(Arrow(source, target, tuple(labels)) for (source, target), labels in found.items())


def drawn_from(process: Process, name: str) -> tuple[str, ...]:
    """The boxes that a step leaves: one for all if it leaves every open state but its target."""
    step = process.transitions[name]
    elsewhere = set(process.open_states) - set(step.targets)
    if len(elsewhere) > _FEW and elsewhere <= set(process.sources(name)):
        return (ANYWHERE,)
    return step.from_


def arms(step: Transition) -> tuple[Arm, ...]:
    """The ways that a step can go; one without a choice has one, without a condition."""
    return step.choose or (Arm(to=str(step.to)),)


def said(process: Process, condition: Condition, language: Language) -> str:
    """A condition in the words of the definition: `Số lỗi = 0 và Mức độ = Nặng`."""

    def word(key: str) -> str:
        return told(WORDS[key], language)

    for key, parts in (("and", condition.all), ("or", condition.any)):
        if parts:
            return f" {word(key)} ".join(_grouped(process, part, language) for part in parts)
    if condition.not_ is not None:
        return f"{word('not')} ({said(process, condition.not_, language)})"
    subject = _subject(process, condition, language)
    if condition.op == "is_set":
        return f"{word('set' if condition.value else 'unset')} {subject}"
    return f"{subject} {_SIGNS[str(condition.op)]} {_constants(process, condition, language)}"


def told(text: Text, language: Language) -> str:
    """A text of a definition in one of its languages."""
    return text.vi if language == "vi" else text.en


def arm_said(process: Process, arm: Arm, language: Language) -> str:
    """When an arm is taken, in words; the last one says that it is the rest."""
    if arm.when is None:
        return told(WORDS["else"], language)
    return said(process, arm.when, language)


def script(condition: Condition) -> str:
    """A condition as an ECMAScript expression."""
    for sign, parts in ((" && ", condition.all), (" || ", condition.any)):
        if parts:
            return f"({sign.join(script(part) for part in parts)})"
    if condition.not_ is not None:
        return f"!({script(condition.not_)})"
    kinds = {"fields": condition.field, "facts": condition.fact, "visits": condition.visits}
    kind = next((kind for kind, name in kinds.items() if name is not None), "taken")
    subject = f"{kind}[{json.dumps(kinds.get(kind) or condition.taken)}]"
    if condition.op == "is_set":
        return f"{subject} {'!=' if condition.value else '=='} null"
    constant = json.dumps(condition.value, ensure_ascii=False)
    if condition.op == "in":
        return f"{constant}.includes({subject})"
    return f"{subject} {_SCRIPT_SIGNS[str(condition.op)]} {constant}"


def _grouped(process: Process, part: Condition, language: Language) -> str:
    words = said(process, part, language)
    return f"({words})" if part.all or part.any else words


def _subject(process: Process, leaf: Condition, language: Language) -> str:
    """What a leaf asks about, by its title where it has one."""
    if leaf.field is not None:
        spec = process.fields.get(leaf.field)
        return told(spec.title, language) if spec else leaf.field
    if leaf.fact is not None:
        fact = process.facts.get(leaf.fact)
        return told(fact.title, language) if fact else leaf.fact
    if leaf.visits is not None:
        state = process.states.get(leaf.visits)
        name = told(state.title, language) if state else leaf.visits
        return f"{told(WORDS['visits'], language)} “{name}”"
    step = process.transitions.get(str(leaf.taken))
    name = told(step.title, language) if step else str(leaf.taken)
    return f"{told(WORDS['taken'], language)} “{name}”"


def _constants(process: Process, leaf: Condition, language: Language) -> str:
    """The constants of a leaf, a choice by its title."""
    choices = process.fields[leaf.field].choices if leaf.field in process.fields else {}
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    words = [
        told(choices[value], language)
        if isinstance(value, str) and value in choices
        else json.dumps(value, ensure_ascii=False).strip('"')
        for value in given
    ]
    return f"{{{', '.join(words)}}}" if isinstance(leaf.value, tuple) else words[0]
