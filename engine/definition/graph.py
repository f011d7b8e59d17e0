"""States and transitions as a graph: what a case can pass through, and from where it can end.

1. A node is a state together with the state that `previous` leads back to. Without that memory a
   postponement would seem to lead from any state to any other, and no promise could be proved.
2. The memory is kept only where a step to `previous` leaves from, and is the state that was left
   for it; a step that stays does not touch it.
3. `open` is every state that is not final, `=` the state itself; every arm of a `choose` is
   possible, whatever its condition: facts, fields and counts are free.
4. A final state has no way out, even where a file draws one. Unknown names lead nowhere. Without an
   initial state that is open the graph is empty. All three are findings elsewhere; here they only
   must not be in the way.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from engine.definition.model import Process

Memory = TypeVar("Memory", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Node:
    """A state, and where `previous` leads from it; None where nothing asks for it."""

    state: str
    back: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One way in which a transition can go."""

    source: Node
    transition: str
    target: Node


Way = tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that can be reached from the initial state.

    Attributes:
        edges: node → its ways out; every reachable node is a key.
    """

    process: Process
    start: Node
    edges: dict[Node, Way]

    @property
    def states(self) -> frozenset[str]:
        """The states that some way leads to."""
        return frozenset(node.state for node in self.edges)

    def every_edge(self) -> Iterator[Edge]:
        """Yield each edge once."""
        for edges in self.edges.values():
            yield from edges

    def of(self, transition: str) -> tuple[Edge, ...]:
        """The edges of one transition."""
        return tuple(edge for edge in self.every_edge() if edge.transition == transition)


def build(process: Process) -> Graph:
    """Expand a definition into its graph, from the initial state on."""
    start = Node(process.initial)
    edges: dict[Node, Way] = {}
    first = process.states.get(process.initial)
    waiting = deque([start] if first is not None and first.final is None else [])
    returning = _returning(process)
    leaving = _leaving(process)
    while waiting:
        node = waiting.popleft()
        if node in edges:
            continue
        edges[node] = tuple(
            Edge(node, transition, target)
            for transition in leaving.get(node.state, ())
            for target in _targets(process, transition, node, returning)
        )
        waiting.extend(edge.target for edge in edges[node])
    return Graph(process, start, edges)


def can_reach(
    graph: Graph, goals: Iterable[Node], *, along: Callable[[Edge], bool] = lambda _: True
) -> frozenset[Node]:
    """The nodes from which some goal can be reached over edges that `along` allows."""
    before: dict[Node, list[Node]] = {}
    for edge in graph.every_edge():
        if along(edge):
            before.setdefault(edge.target, []).append(edge.source)
    found = set(goals)
    waiting = list(found)
    while waiting:
        for node in before.get(waiting.pop(), ()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return frozenset(found)


def shortest(
    graph: Graph,
    *,
    memory: Memory,
    after: Callable[[Memory, Edge], Memory],
    ends: Callable[[Memory, Node], bool],
) -> Way | None:
    """The shortest way from the start at whose end `ends` holds; None when there is none at all.

    `memory` is what the question must remember of the way so far, and `after` how a step changes
    it. All ways are searched: node and memory together are finite.
    """
    if not graph.edges:
        return None
    seen: dict[tuple[Node, Memory], tuple[tuple[Node, Memory], Edge] | None]
    first = (graph.start, memory)
    seen = {first: None}
    waiting = deque([first])
    while waiting:
        place = waiting.popleft()
        node, known = place
        if ends(known, node):
            return _way(seen, place)
        for edge in graph.edges[node]:
            target = (edge.target, after(known, edge))
            if target not in seen:
                seen[target] = (place, edge)
                waiting.append(target)
    return None


def told(graph: Graph, way: Way) -> str:
    """A way as people read it: `draft –submit→ submitted –approve→ approved`."""
    return graph.start.state + "".join(f" –{edge.transition}→ {edge.target.state}" for edge in way)


def is_aside(process: Process, transition: str) -> bool:
    """Whether a step leaves the way: it may be taken from anywhere, pauses or breaks off the case.

    Such steps are always possible, so that a list of what is to be done would hold little else.
    """
    step = process.transitions[transition]
    pauses = {
        state
        for name, other in process.transitions.items()
        if "previous" in other.targets
        for state in process.sources(name)
    }
    return step.from_ == ("open",) or all(
        target in pauses or (target in process.states and process.states[target].final == "aborted")
        for target in step.targets
    )


def leads_on(process: Process, transition: str, state: str) -> bool:
    """Whether a step leads on from a state: to one that the file declares later, and not aside."""
    order = list(process.states)
    ahead = order[order.index(state) + 1 :]
    return not is_aside(process, transition) and any(
        target in ahead for target in process.transitions[transition].targets
    )


def _way(
    seen: dict[tuple[Node, Memory], tuple[tuple[Node, Memory], Edge] | None],
    place: tuple[Node, Memory],
) -> Way:
    way: list[Edge] = []
    step = seen[place]
    while step is not None:
        place, edge = step
        way.append(edge)
        step = seen[place]
    return tuple(reversed(way))


def _returning(process: Process) -> frozenset[str]:
    """The states from which a step to `previous` leaves."""
    return frozenset(
        source
        for name, step in process.transitions.items()
        if "previous" in step.targets
        for source in process.sources(name)
    )


def _leaving(process: Process) -> dict[str, tuple[str, ...]]:
    """State → the transitions that may leave it."""
    found: dict[str, list[str]] = {}
    for name in process.transitions:
        for source in process.sources(name):
            if source in process.states and process.states[source].final is None:
                found.setdefault(source, []).append(name)
    return {state: tuple(names) for state, names in found.items()}


def _targets(
    process: Process, transition: str, node: Node, returning: frozenset[str]
) -> tuple[Node, ...]:
    """The nodes that a transition can lead to from a node, each once."""
    found: dict[Node, None] = {}
    for target in process.transitions[transition].targets:
        state = {"=": node.state, "previous": node.back}.get(target, target)
        if state not in process.states:
            continue
        if state == node.state:
            found[node] = None
        else:
            found[Node(state, node.state if state in returning else None)] = None
    return tuple(found)
