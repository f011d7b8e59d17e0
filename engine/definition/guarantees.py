"""The promises of a definition, proved over every way through its graph.

1. `before STATE: evidence REQUIREMENT`: no way enters the state before a step was taken that asks
   for the requirement (every requirement asks for at least one file).
2. `before STATE: transition STEP`: no way enters the state before the step was taken; the step that
   enters it counts.
3. `STEP not by actor of OTHER`: the step names the other in `not_same_as`.
4. `never STATE from STATE without STATE`: once a case stood in the second, it does not enter the
   first before it entered the third.
5. A way is what `graph` says: every arm is possible, `previous` leads where the case came from. A
   false promise is shown with the shortest way that breaks it.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass

from engine.definition.finding import Finding, Path, Places
from engine.definition.graph import Edge, Graph, Node, Way, shortest, told

_NAME = r"([a-z][a-z0-9_]{0,62})"


@dataclass(frozen=True, slots=True)
class BeforeEvidence:
    """`before STATE: evidence REQUIREMENT`."""

    state: str
    evidence: str


@dataclass(frozen=True, slots=True)
class BeforeTransition:
    """`before STATE: transition STEP`."""

    state: str
    transition: str


@dataclass(frozen=True, slots=True)
class NotBySameActor:
    """`STEP not by actor of OTHER`."""

    transition: str
    other: str


@dataclass(frozen=True, slots=True)
class NeverWithout:
    """`never STATE from STATE without STATE`."""

    state: str
    origin: str
    without: str


Promise = BeforeEvidence | BeforeTransition | NotBySameActor | NeverWithout

_GRAMMAR: tuple[tuple[re.Pattern[str], Callable[..., Promise]], ...] = (
    (re.compile(rf"before {_NAME}: evidence {_NAME}"), BeforeEvidence),
    (re.compile(rf"before {_NAME}: transition {_NAME}"), BeforeTransition),
    (re.compile(rf"{_NAME} not by actor of {_NAME}"), NotBySameActor),
    (re.compile(rf"never {_NAME} from {_NAME} without {_NAME}"), NeverWithout),
)


def parse(sentence: str) -> Promise | None:
    """Read a promise; None when it has none of the four forms."""
    words = " ".join(sentence.split())
    for pattern, kind in _GRAMMAR:
        if found := pattern.fullmatch(words):
            return kind(*found.groups())
    return None


def named(promise: Promise) -> tuple[tuple[str, str], ...]:
    """What a promise speaks of: (`state`, `evidence` or `transition`, name)."""
    match promise:
        case BeforeEvidence(state, evidence):
            return (("state", state), ("evidence", evidence))
        case BeforeTransition(state, transition):
            return (("state", state), ("transition", transition))
        case NotBySameActor(transition, other):
            return (("transition", transition), ("transition", other))
        case _:
            states = (promise.state, promise.origin, promise.without)
            return tuple(("state", state) for state in states)


def broken(graph: Graph, promise: Promise) -> Way | None:
    """The shortest way that breaks a promise; None when it holds on all of them.

    An empty way means that the promise is broken without a step: in the initial state, or by a
    separation that is simply not there.
    """
    match promise:
        case BeforeEvidence(state, evidence):
            asking = {n for n, t in graph.process.transitions.items() if evidence in t.evidence}
            return _before(graph, state, asking)
        case BeforeTransition(state, transition):
            return _before(graph, state, {transition})
        case NotBySameActor(transition, other):
            return _same_actor(graph, transition, other)
        case _:
            return _without(graph, promise)


def check(graph: Graph, places: Places) -> Iterator[Finding]:
    """Yield E19 for every promise that does not hold; unreadable ones are not judged here."""
    for index, sentence in enumerate(graph.process.guarantees):
        path: Path = ("guarantees", index)
        promise = parse(sentence)
        if promise is None or not _known(graph, promise):
            continue
        way = broken(graph, promise)
        if way is not None:
            yield places.finding("E19", path, guarantee=sentence, way=told(graph, way))


def _known(graph: Graph, promise: Promise) -> bool:
    process = graph.process
    known: Mapping[str, Container[str]] = {
        "state": process.states,
        "evidence": process.evidence,
        "transition": process.transitions,
    }
    return all(name in known[kind] for kind, name in named(promise))


def _before(graph: Graph, state: str, steps: set[str]) -> Way | None:
    return shortest(
        graph,
        memory=False,
        after=lambda done, edge: done or edge.transition in steps,
        ends=lambda done, node: not done and node.state == state,
    )


def _same_actor(graph: Graph, transition: str, other: str) -> Way | None:
    if other in graph.process.transitions[transition].not_same_as:
        return None

    def after(taken: int, edge: Edge) -> int:
        if taken == 1 and edge.transition == transition:
            return 2
        return 1 if taken == 1 or edge.transition == other else 0

    return shortest(graph, memory=0, after=after, ends=lambda taken, _: taken == 2) or ()


def _without(graph: Graph, promise: NeverWithout) -> Way | None:
    def seen(node: Node, *, pending: bool) -> bool:
        if node.state == promise.without:
            return False
        return pending or node.state == promise.origin

    def ends(known: tuple[bool, bool], _: Node) -> bool:
        return known[1]

    def after(known: tuple[bool, bool], edge: Edge) -> tuple[bool, bool]:
        pending, _ = known
        bad = pending and edge.target.state == promise.state
        return (seen(edge.target, pending=pending), bad)

    first = seen(graph.start, pending=False)
    return shortest(graph, memory=(first, False), after=after, ends=ends)
