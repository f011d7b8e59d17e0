"""The static checks of a definition: what one file can tell, all findings at once.

Rules of this file (the others stand where they are kept: `references`, `conditions`, `families`,
`guarantees`, `weakening`, `staffing`):

1. E10: `initial` names a state that is declared and not final.
2. E13: a transition is written twice: one that leaves the same state twice (`open` beside an open
   state), or two that differ in nothing but id and title.
3. E14: a transition leaves a final state.
4. E15: no way leads to a state. E16: no state is a success end.
5. E17: from a state that can be reached, no end can be. Steps `from: open` to an aborted end do not
   count: every case can be cancelled, and that is no way to finish.
6. E18: some way ends in success without a single step that asks for evidence.
7. E25: a step that can be taken twice asks for evidence that does not say under `fresh` whether a
   file may serve again. Coming back by `previous`, and internal steps, make no second time.
8. E39: a key whose machinery is not built yet is refused, never ignored; `UNBUILT` lists them.
9. E50: `on_overdue` names a step that cannot fire by itself: unknown, not leaving this state, not
   open to `system`, asking for something that nobody is there to give (reason, password, evidence,
   a value now, a field that is not surely filled), or in a state without `due`.
10. E51: a final state has a due date or anything that goes with one.
11. E52: escalations do not rise, or stand without a `due`; reminders likewise need a `due`.
12. E54: steps that only `system` takes lead in a circle; the house would run in it for ever.
13. E34 `opens`: an empty list of those who may open an instance.
14. E07 `guarantee`: a promise that has none of the four forms.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

from engine.definition import (
    approvals,
    conditions,
    families,
    guarantees,
    references,
    row_conditions,
)
from engine.definition.finding import Finding, Path, Places, in_order
from engine.definition.graph import Edge, Graph, Node, build, can_reach, shortest, told
from engine.definition.model import Duration, Process, State
from engine.definition.references import SYSTEM, Names
from engine.definition.source import Reading, read_file

UNBUILT: Final[tuple[tuple[str, ...], ...]] = (("migrate",),)
"""Keys that the language has and the machinery does not yet: refused with E39."""

_OF_ABSENCE: Final = frozenset(
    {
        "E15",
        "E16",
        "E17",
        "E18",
        "E19",
        "E22",
        "E25",
        "E34",
        "E35.never_before",
        "E50",
        "E52",
        "E54",
        "E62",
        "W40",
        "W41",
    }
)
"""Codes that say that something is missing. Where a part of the file could not be read, the missing
thing may be in that part; they wait until it is mended."""

_HIDDEN_BY: Final[Mapping[str, frozenset[str]]] = {
    "window": frozenset({"E32"}),
    "fields": frozenset({"E32"}),
    "facts": frozenset({"E32"}),
    "records": frozenset({"E32"}),
    "evidence": frozenset({"E30"}),
    "roles": frozenset({"E12", "E31"}),
    "transitions": frozenset({"E35"}),
}
"""Section → the codes of names that it would declare, for a section that is set aside whole."""


def check(
    process: Process,
    *,
    places: Places | None = None,
    names: Names | None = None,
    others: Mapping[str, Process] | None = None,
) -> list[Finding]:
    """Find everything that is wrong with a definition, in the order of its file.

    Args:
        process: the definition.
        places: where its nodes stand (`Reading.places`).
        names: what is registered; None leaves E33 out.
        others: process id → definition, for children and needs; None leaves E60 out.
    """
    at = places or Places()
    graph = build(process)
    found = [
        *_structure(graph, at),
        *references.check(graph, at),
        *conditions.check(graph, at),
        *row_conditions.check(process, at),
        *approvals.check(process, at),
        *guarantees.check(graph, at),
        *families.check(graph, others, at),
        *_times(graph, at),
        *_unbuilt(process, at),
    ]
    if names is not None:
        found.extend(references.check_registered(process, names, at))
    return in_order(found)


def check_reading(
    reading: Reading,
    *,
    names: Names | None = None,
    others: Mapping[str, Process] | None = None,
) -> list[Finding]:
    """Find everything that is wrong with a text: what reading found, and what can be told beyond.

    Where parts had to be set aside, findings that may only follow from that are left out.
    """
    found = list(reading.findings)
    if reading.draft is not None:
        judged = check(reading.draft, places=reading.places, names=names, others=others)
        found.extend(finding for finding in judged if _stands(finding, reading))
    return in_order(found)


def check_file(
    path: FilePath,
    *,
    names: Names | None = None,
    others: Mapping[str, Process] | None = None,
) -> list[Finding]:
    """Find everything that is wrong with a file."""
    return check_reading(read_file(path), names=names, others=others)


def _stands(finding: Finding, reading: Reading) -> bool:
    """Whether a finding about a draft is also true of the whole text."""
    if reading.whole:
        return True
    hidden = {code for key in reading.aside for code in _HIDDEN_BY.get(key, ())} | _OF_ABSENCE
    words = finding.words.removeprefix("finding.")
    named = {finding.params.get("name"), finding.params.get("transition")}
    return not hidden & {finding.code, words} and not named & reading.aside


def _structure(graph: Graph, places: Places) -> Iterator[Finding]:
    process = graph.process
    first = process.states.get(process.initial)
    if first is None or first.final is not None:
        kind = {} if first is None else {"kind": "final"}
        yield places.finding("E10", ("initial",), name=process.initial, **kind)
    else:
        yield from _reach(graph, places)
    if process.opens == ():
        yield places.finding("E34", ("opens",), kind="opens")
    yield from _twice(process, places)
    yield from _out_of_finals(process, places)
    for index, sentence in enumerate(process.guarantees):
        if guarantees.parse(sentence) is None:
            yield places.finding(
                "E07", ("guarantees", index), kind="guarantee", key="guarantees", value=sentence
            )


def _reach(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield E15 to E18, E25 and E54: what follows from the ways through a definition."""
    process = graph.process
    for name in process.states:
        if name not in graph.states:
            yield places.finding("E15", ("states", name), name=name)
    if all(state.final != "success" for state in process.states.values()):
        yield places.finding("E16", ("states",))
    else:
        yield from _dead_ends(graph, places)
    yield from _without_evidence(graph, places)
    yield from _stale_evidence(graph, places)
    yield from _running_alone(graph, places)


def _dead_ends(graph: Graph, places: Places) -> Iterator[Finding]:
    process = graph.process

    def counts(edge: Edge) -> bool:
        end = process.states[edge.target.state].final
        return not (end == "aborted" and "open" in process.transitions[edge.transition].from_)

    ends = [node for node in graph.edges if process.states[node.state].final is not None]
    finishing = {node.state for node in can_reach(graph, ends, along=counts)}
    for name in process.states:
        if name in graph.states and name not in finishing:
            yield places.finding("E17", ("states", name), name=name)


def _without_evidence(graph: Graph, places: Places) -> Iterator[Finding]:
    process = graph.process

    def after(asked: bool, edge: Edge) -> bool:
        return asked or bool(process.transitions[edge.transition].evidence)

    for name, state in process.states.items():
        if state.final != "success":
            continue

        def ends(asked: bool, node: Node, end: str = name) -> bool:
            return not asked and node.state == end

        way = shortest(graph, memory=False, after=after, ends=ends)
        if way is not None:
            yield places.finding("E18", ("states", name), name=name, way=told(graph, way))


def _stale_evidence(graph: Graph, places: Places) -> Iterator[Finding]:
    process = graph.process

    def anew(edge: Edge) -> bool:
        step = process.transitions[edge.transition]
        return not step.internal and "previous" not in step.targets

    for name, step in process.transitions.items():
        unsaid = [
            (index, key)
            for index, key in enumerate(step.evidence)
            if key in process.evidence and process.evidence[key].fresh is None
        ]
        edges = [edge for edge in graph.of(name) if anew(edge)]
        sources = {edge.source for edge in edges}
        if not unsaid or not {e.target for e in edges} & can_reach(graph, sources, along=anew):
            continue
        for index, key in unsaid:
            path = ("transitions", name, "evidence", index)
            yield places.finding("E25", path, name=key, transition=name)


def _running_alone(graph: Graph, places: Places) -> Iterator[Finding]:
    process = graph.process

    def alone(edge: Edge) -> bool:
        step = process.transitions[edge.transition]
        return not step.internal and {by.role for by in step.by} == {SYSTEM}

    seen: set[str] = set()
    for edge in graph.every_edge():
        name = edge.transition
        if name in seen or not alone(edge):
            continue
        if edge.target in can_reach(graph, [edge.source], along=alone):
            seen.add(name)
            yield places.finding("E54", ("transitions", name), transition=name)


def _twice(process: Process, places: Places) -> Iterator[Finding]:
    """Yield E13: the same step from the same state, or two steps that are one."""
    known: dict[str, str] = {}
    for name, step in process.transitions.items():
        sources = [s for f in step.from_ for s in (process.open_states if f == "open" else (f,))]
        for source in dict.fromkeys(s for s in sources if sources.count(s) > 1):
            path: Path = ("transitions", name, "from")
            yield places.finding("E13", path, kind="source", transition=name, name=source)
        content = step.model_dump_json(exclude={"title"})
        if content in known:
            yield places.finding("E13", ("transitions", name), transition=name, name=known[content])
        known.setdefault(content, name)


def _out_of_finals(process: Process, places: Places) -> Iterator[Finding]:
    for name, step in process.transitions.items():
        for index, source in enumerate(step.from_):
            if source in process.states and process.states[source].final is not None:
                path = ("transitions", name, "from", index)
                yield places.finding("E14", path, transition=name, name=source)


def _times(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield E50, E51 and E52: what is wrong with due dates and what hangs on them."""
    for name, state in graph.process.states.items():
        path: Path = ("states", name)
        if state.final is not None:
            for key in ("due", "remind", "escalate", "on_overdue", "checks"):
                if getattr(state, key):
                    yield places.finding("E51", (*path, key), name=name, key=key)
            continue
        yield from _escalations(state, path, places)
        if state.on_overdue is not None:
            kind = _cannot_fire(graph, name, state)
            if kind is not None:
                yield places.finding(
                    "E50", (*path, "on_overdue"), kind=kind, transition=state.on_overdue, state=name
                )


def _escalations(state: State, path: Path, places: Places) -> Iterator[Finding]:
    for key in ("remind", "escalate"):
        if state.due is None and getattr(state, key):
            yield places.finding("E52", (*path, key), kind="no_due", key=key)
            return
    for index, (first, second) in enumerate(
        zip(state.escalate, state.escalate[1:], strict=False), start=1
    ):
        if _days(first.after) >= _days(second.after):
            at = (*path, "escalate", index, "after")
            yield places.finding("E52", at, first=str(first.after), second=str(second.after))


def _days(duration: Duration) -> float:
    """A length in calendar days, near enough to order what people write."""
    return duration.count * {"d": 1.0, "wd": 1.4, "mo": 30.4}[duration.unit]


def _cannot_fire(graph: Graph, name: str, state: State) -> str | None:
    """Why the overdue step of a state cannot fire; None when it can."""
    process = graph.process
    overdue = str(state.on_overdue)
    step = process.transitions.get(overdue)
    if step is None:
        return "unknown"
    asks = (step.reason, step.must_change, step.evidence, step.sign)
    needed = [field for field in step.fields if field in process.fields]
    why: Mapping[str, bool] = {
        "no_due": state.due is None,
        "elsewhere": name not in process.sources(overdue),
        "system": SYSTEM not in {by.role for by in step.by},
        "asks": any(asks) or any(_maybe_empty(graph, name, field) for field in needed),
    }
    return next((kind for kind, holds in why.items() if holds), None)


def _maybe_empty(graph: Graph, state: str, field: str) -> bool:
    """Whether a case can stand in a state with a field empty."""
    process = graph.process
    required = process.fields[field].required_from
    fillers = {n for n, t in process.transitions.items() if field in (*t.fields, *t.must_change)}

    def after(filled: bool, edge: Edge) -> bool:
        return filled or edge.transition in fillers or edge.target.state == required

    def ends(filled: bool, node: Node) -> bool:
        return not filled and node.state == state

    return shortest(graph, memory=process.initial == required, after=after, ends=ends) is not None


def _unbuilt(process: Process, places: Places) -> Iterator[Finding]:
    for pattern in UNBUILT:
        for path in _given(process, pattern):
            yield places.finding("E39", path, key=pattern[-1])


def _given(node: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[Path]:
    """Yield the paths where a key of the pattern has a value that asks for something."""
    key, *rest = pattern
    if key == "*":
        for name, below in node.items():
            yield from _given(below, tuple(rest), (*path, name))
    elif rest:
        yield from _given(getattr(node, key), tuple(rest), (*path, key))
    elif getattr(node, key) not in (None, False):
        yield (*path, key)
