"""Which step somebody takes: how readily each is taken from here, against ten for going on.

It is told by the graph of the definition alone, so that a process needs no word here: a step that
leads nearer to a success is what people are there for; one that leads back happens; one that breaks
a case off is rare, unless the case has been stuck for long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from api.simulation.hints import Hints
from engine.definition.graph import is_aside
from engine.definition.model import By, Condition, Process
from engine.machine.instance import Case

ON: Final = 10.0
ASKED_FOR: Final = 20.0
BACK: Final = 0.8
BACK_AGAIN: Final = 0.1
BROKEN_OFF: Final = 0.05
ASIDE: Final = 0.01
SAID: Final = 0.05
STUCK: Final = 2.0
VISITS_MANY: Final = 3
_FAR: Final = 10_000


@dataclass(frozen=True)
class Chart:
    """A definition as somebody knows the way through it."""

    process: Process
    hints: Hints

    @cached_property
    def distances(self) -> Mapping[str, int]:
        """State → steps to the nearest success, not through steps that leave the way."""
        states, transitions = self.process.states, self.process.transitions
        found = {name: 0 for name, state in states.items() if state.final == "success"}
        for distance in range(1, len(states) + 1):
            for name in transitions:
                # Who comes back from a pause may stand anywhere: a pause is no short cut.
                if is_aside(self.process, name) or "previous" in transitions[name].targets:
                    continue
                for source in self.process.sources(name):
                    ways = self.process.destinations(name, source)
                    if source not in found and any(found.get(w, _FAR) < distance for w in ways):
                        found[source] = distance
        return found

    @cached_property
    def asked_for(self) -> frozenset[str]:
        """Steps that some other step waits for: `taken: <step>` at least once."""
        return frozenset(_taken_at_least_once(self.process))

    @cached_property
    def done_by_all(self) -> frozenset[str]:
        """Steps that stay, ask no reason and are nobody's condition: each takes it."""
        return frozenset(
            name
            for name, step in self.process.transitions.items()
            if step.internal and step.reason is None and name not in self.asked_for
        )

    @cached_property
    def ahead(self) -> Mapping[str, tuple[tuple[str, tuple[By, ...]], ...]]:
        """State → the steps that are a reason to look at a case there, with who may take them."""
        found: dict[str, list[tuple[str, tuple[By, ...]]]] = {}
        for name, step in self.process.transitions.items():
            for state in self.process.sources(name):
                if self._is_work(name, state):
                    found.setdefault(state, []).append((name, step.by))
        return {state: tuple(steps) for state, steps in found.items()}

    @cached_property
    def suppliers(self) -> Mapping[str, frozenset[str]]:
        """State → roles that bring or review files there for a step of somebody else."""
        found: dict[str, set[str]] = {}
        for name, step in self.process.transitions.items():
            for state in self.process.sources(name):
                for requirement in step.evidence:
                    spec = self.process.evidence[requirement]
                    reviewer = {spec.reviewed} if spec.reviewed is not None else set()
                    found.setdefault(state, set()).update(spec.from_, reviewer)
        return {state: frozenset(roles) for state, roles in found.items()}

    def leads_on(self, step: str, state: str) -> bool:
        """Whether a step leads nearer to a success."""
        here = self.distances.get(state, _FAR)
        ways = self.process.destinations(step, state)
        return any(self.distances.get(way, _FAR) < here for way in ways)

    def _is_work(self, step: str, state: str) -> bool:
        if self.hints.weights.get(step) == 0:
            return False
        return self.leads_on(step, state) or step in self.asked_for or step in self.done_by_all

    def weight(self, step: str, case: Case, person: str, *, stuck: bool) -> float:
        """How readily somebody takes a step now."""
        if step in _taken_in_visit(case, None if step in self.asked_for else person):
            return 0.0
        told = self.hints.weights.get(step)
        return self._by_way(step, case, stuck=stuck) if told is None else told

    def _by_way(self, step: str, case: Case, *, stuck: bool) -> float:
        state = case.instance.state
        ways = self.process.destinations(step, state)
        if all(way == state for way in ways):
            return self._staying(step)
        if self.leads_on(step, state):
            return ON
        aside = is_aside(self.process, step)
        if all(self.process.states[way].final == "aborted" for way in ways):
            return STUCK if stuck else 0.0 if aside else BROKEN_OFF
        seen = max(case.instance.visits(way) for way in ways)
        return ASIDE if aside else BACK if seen < VISITS_MANY else BACK_AGAIN

    def _staying(self, step: str) -> float:
        if step in self.asked_for:
            return ASKED_FOR
        return ON if step in self.done_by_all else SAID


def _taken_at_least_once(process: Process) -> Iterator[str]:
    for step in process.transitions.values():
        for requirement in step.requires.values():
            for leaf in requirement.that.leaves():
                if leaf.taken is not None and _asks_for_one(leaf):
                    yield leaf.taken


def _asks_for_one(leaf: Condition) -> bool:
    return leaf.op in {"ge", "gt"} and isinstance(leaf.value, int)


def _taken_in_visit(case: Case, person: str | None) -> frozenset[str]:
    """The steps taken since the present state was entered, by somebody or by anybody."""
    found: set[str] = set()
    for step in reversed(case.instance.history):
        if not step.internal:
            break
        if person is None or person in step.people:
            found.add(step.transition)
    return frozenset(found)
