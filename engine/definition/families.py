"""What only several definitions together can tell: children, joins, order, coverage of clauses.

1. E60: a child, a joined process or a needed process that is not among the others, a state or field
   that it does not have.
2. E61: a process that comes to open itself, through children of children.
3. E62: a `wait_for` that nothing can ever stand in: no state before the step opens children (of
   that process), or it names no state to wait for.
4. W73: a clause of the catalogue that no process answers, of an edition in force on the day.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from engine.definition.finding import Finding, Path, Places
from engine.definition.graph import Graph, can_reach
from engine.definition.model import ChildrenSpec, Process, WaitFor


def check(graph: Graph, others: Mapping[str, Process] | None, places: Places) -> Iterator[Finding]:
    """Yield E60, E61 and E62; without the others, E61 and E62 as far as one file can tell."""
    yield from _circular(graph.process, others or {}, places)
    yield from _joins(graph, others, places)
    if others is not None:
        known = {**others, graph.process.process: graph.process}
        yield from _children(graph.process, known, places)
        yield from _waits(graph.process, known, places)
        yield from _needs(graph.process, known, places)


def uncovered(
    processes: Iterable[Process], clauses: Iterable[str], *, file: str = "-"
) -> list[Finding]:
    """Find W73: the clauses (`9001:2015/9.2`) of a catalogue that no process answers.

    A process that answers `9.2` answers `9.2.1` and `9.2.2` as well.
    """
    answered = {clause for process in processes for clause in process.clauses}
    return [
        Places(file).finding("W73", (clause,), clause=clause)
        for clause in clauses
        if not any(clause == given or clause.startswith(f"{given}.") for given in answered)
    ]


def clauses_in_force(catalogue: Mapping[str, Any], on: date) -> list[str]:
    """The clauses (`9001:2015/9.2`) of the editions that are in force on a day.

    Two editions may be in force at once: an old one ends when its transition does. An edition
    without a first day is announced, and asks for nothing yet.
    """
    return [
        f"{catalogue['standard']}:{edition['edition']}/{clause['number']}"
        for edition in catalogue["editions"]
        if _holds_on(edition, on)
        for clause in edition["clauses"]
    ]


def _holds_on(edition: Mapping[str, Any], on: date) -> bool:
    first, last = edition["from"], edition["to"]
    begun = first is not None and date.fromisoformat(first) <= on
    return begun and (last is None or on <= date.fromisoformat(last))


def _opened(process: Process) -> dict[str, ChildrenSpec]:
    """State → the children that entering it opens."""
    return {
        name: state.children for name, state in process.states.items() if state.children is not None
    }


def _circular(process: Process, others: Mapping[str, Process], places: Places) -> Iterator[Finding]:
    for state, children in _opened(process).items():
        waiting: list[tuple[str, tuple[str, ...]]] = [
            (children.process, (process.process, children.process))
        ]
        seen: set[str] = set()
        while waiting:
            name, way = waiting.pop()
            if name == process.process:
                path = ("states", state, "children", "process")
                yield places.finding("E61", path, name=children.process, way=" → ".join(way))
                break
            if name not in seen and name in others:
                seen.add(name)
                below = [spec.process for spec in _opened(others[name]).values()]
                waiting.extend((child, (*way, child)) for child in below)


def _joins(graph: Graph, others: Mapping[str, Process] | None, places: Places) -> Iterator[Finding]:
    opened = _opened(graph.process)
    for name, step in graph.process.transitions.items():
        if step.wait_for is None:
            continue
        path: Path = ("transitions", name, "wait_for")
        if not step.wait_for.in_:
            yield places.finding("E62", path, kind="states", transition=name)
            continue
        sources = {edge.source for edge in graph.of(name)}
        asked = step.wait_for.process
        if not sources or (asked is not None and others is not None and asked not in others):
            # A step that cannot be reached, or a process that is not there, is a finding already.
            continue
        before = can_reach(graph, sources)
        if not any(
            opened[node.state].process == asked or asked is None
            for node in before
            if node.state in opened
        ):
            yield places.finding("E62", path, transition=name)


def _children(process: Process, known: Mapping[str, Process], places: Places) -> Iterator[Finding]:
    for state, children in _opened(process).items():
        path: Path = ("states", state, "children")
        child = known.get(children.process)
        if child is None:
            yield places.finding("E60", (*path, "process"), kind="process", name=children.process)
            continue
        for field in children.fields:
            if field not in child.fields:
                at = (*path, "fields", field)
                yield places.finding("E60", at, kind="field", name=field, process=child.process)
        for index, step in enumerate(children.again_after):
            if step not in child.transitions:
                at = (*path, "again_after", index)
                yield places.finding("E60", at, kind="step", name=step, process=child.process)


def _waits(process: Process, known: Mapping[str, Process], places: Places) -> Iterator[Finding]:
    for name, step in process.transitions.items():
        if step.wait_for is None:
            continue
        path: Path = ("transitions", name, "wait_for")
        joined = _joined(process, step.wait_for)
        for asked in joined - known.keys():
            if step.wait_for.process is not None:
                yield places.finding("E60", (*path, "process"), kind="process", name=asked)
        states = {state for asked in joined & known.keys() for state in known[asked].states}
        for index, state in enumerate(step.wait_for.in_):
            if joined <= known.keys() and state not in states:
                at = (*path, "in", index)
                processes = ", ".join(sorted(joined))
                yield places.finding("E60", at, kind="state", name=state, process=processes)


def _joined(process: Process, wait_for: WaitFor) -> set[str]:
    """The processes whose instances a join looks at."""
    if wait_for.process is not None:
        return {wait_for.process}
    return {children.process for children in _opened(process).values()}


def _needs(process: Process, known: Mapping[str, Process], places: Places) -> Iterator[Finding]:
    for name, step in process.transitions.items():
        for index, need in enumerate(step.needs):
            path: Path = ("transitions", name, "needs", index)
            needed = known.get(need.process)
            if needed is None:
                yield places.finding("E60", (*path, "process"), kind="process", name=need.process)
            elif need.state not in needed.states:
                yield places.finding(
                    "E60", (*path, "state"), kind="state", name=need.state, process=need.process
                )
