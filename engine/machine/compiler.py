"""One flat `transitions` machine per definition version; the only door to that library.

1. A machine holds no instance. It is fired with a throw-away `Attempt`, so that one compiled
   version serves every instance and every thread.
2. No text of a file ever becomes a callback: gates and arms are closures made here.
3. One `prepare_event` callback asks all gates of the step; `conditions` only choose arms. Whether
    the step is refused is for `decide` to say: the attempt moves in any case.
4. `to: previous` is an arm for every state that it can lead back to, and a last one that marks the
   attempt as lost: a case that came from nowhere must not slip into the next arm.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import cast

from transitions import EventData, Machine, State, Transition
from typing_extensions import override

from engine.definition.model import Condition, Process
from engine.definition.model import Transition as TransitionSpec
from engine.machine.conditions import compile_condition
from engine.machine.gates import Attempt, Gate, gates_of, settable


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledStep:
    """A transition with everything that a decision needs, worked out beforehand.

    Attributes:
        fire: moves an attempt to its target.
        destinations: source → every state that the step can lead to from there.
        system_only: only the house itself may take it.
    """

    name: str
    spec: TransitionSpec
    gates: tuple[Gate, ...]
    fire: Callable[[Attempt], bool]
    settable: frozenset[str]
    destinations: Mapping[str, tuple[str, ...]]
    system_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A definition version, ready to decide.

    Attributes:
        leaving: state → the steps that leave it and that people may take, in the order of the file.
        required: pairs of (field, state from which it may not be empty).
    """

    process: Process
    digest: str
    steps: Mapping[str, CompiledStep]
    leaving: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, str], ...]


def compile_process(process: Process, digest: str) -> Compiled:
    """Turn a definition into its machine; some milliseconds, so keep it by digest."""
    gates = {name: gates_of(process, name) for name in process.transitions}

    def collect(event: EventData) -> None:
        for gate in gates[event.event.name]:
            gate(_attempt_of(event))

    machine = _Flat(
        model=None,
        states=[State(name) for name in process.states],
        initial=process.initial,
        auto_transitions=False,
        send_event=True,
        queued=False,
        prepare_event=[collect],
        model_attribute="_place",
    )
    for name in process.transitions:
        for source, target, conditions in _moves(process, name):
            machine.add_transition(name, source, target, conditions=list(conditions))
    steps = {name: _step(process, name, machine, gates[name]) for name in process.transitions}
    return Compiled(
        process=process,
        digest=digest,
        steps=MappingProxyType(steps),
        leaving=MappingProxyType(_leaving(process, steps)),
        required=tuple(
            (name, spec.required_from)
            for name, spec in process.fields.items()
            if spec.required_from is not None
        ),
    )


class CompiledVersions:
    """The versions in use, by digest: a bounded cache that its owner creates and hands on.

    When it is full, the version that was not asked for the longest goes. Two threads that miss at
    once may both compile; both results are right and one of them stays.
    """

    __slots__ = ("_limit", "_lock", "_versions")

    def __init__(self, limit: int = 128) -> None:
        self._limit = limit
        self._lock = Lock()
        self._versions: OrderedDict[str, Compiled] = OrderedDict()

    def of(self, digest: str, load: Callable[[], Process]) -> Compiled:
        """The compiled version of a digest; `load` is asked for the process when it is not here."""
        with self._lock:
            known = self._versions.get(digest)
            if known is not None:
                self._versions.move_to_end(digest)
                return known
        compiled = compile_process(load(), digest)
        with self._lock:
            self._versions[digest] = compiled
            while len(self._versions) > self._limit:
                self._versions.popitem(last=False)
        return compiled

    def __len__(self) -> int:
        return len(self._versions)


class _Move(Transition):
    """A move that only moves: no callbacks of states, which these machines do not have.

    It halves the time of a trigger.
    """

    @override
    def _change_state(self, event_data: EventData) -> None:
        _attempt_of(event_data).move(str(self.dest))


class _Flat(Machine):
    """A machine whose transitions are such moves."""

    transition_cls = _Move


_Arm = Callable[[EventData], bool]


def _moves(process: Process, name: str) -> Iterator[tuple[str, str, tuple[_Arm, ...]]]:
    """Every single move of a step: source, target, and what must hold for it, in order of arms."""
    for source in process.sources(name):
        for target, conditions in _arms(process, name):
            if target == "=":
                yield source, source, conditions
            elif target == "previous":
                for back in process.destinations(name, source):
                    yield source, back, (*conditions, _came_from(back))
                yield source, source, (*conditions, _came_from_nowhere)
            else:
                yield source, target, conditions


def _arms(process: Process, name: str) -> Iterator[tuple[str, tuple[_Arm, ...]]]:
    step = process.transitions[name]
    if step.to is not None:
        yield step.to, ()
    for arm in step.choose:
        yield arm.to, () if arm.when is None else (_arm(process, arm.when),)


def _arm(process: Process, when: Condition) -> _Arm:
    holds = compile_condition(when, process)

    def chosen(event: EventData) -> bool:
        return _attempt_of(event).holds(holds)

    return chosen


def _came_from(state: str) -> _Arm:
    def chosen(event: EventData) -> bool:
        attempt = _attempt_of(event)
        attempt.resumed = attempt.case.instance.previous_state == state
        return attempt.resumed

    return chosen


def _came_from_nowhere(event: EventData) -> bool:
    _attempt_of(event).lost = True
    return True


def _attempt_of(event: EventData) -> Attempt:
    """The model that `fire` was called with; the library types it as any object."""
    return cast("Attempt", event.model)


def _step(process: Process, name: str, machine: Machine, gates: tuple[Gate, ...]) -> CompiledStep:
    spec = process.transitions[name]
    return CompiledStep(
        name=name,
        spec=spec,
        gates=gates,
        fire=machine.events[name].trigger,
        settable=settable(spec),
        destinations=MappingProxyType(
            {source: process.destinations(name, source) for source in process.sources(name)}
        ),
        system_only=all(by.role == "system" for by in spec.by),
    )


def _leaving(process: Process, steps: Mapping[str, CompiledStep]) -> dict[str, tuple[str, ...]]:
    return {
        state: tuple(
            name
            for name, step in steps.items()
            if state in step.destinations and not step.system_only
        )
        for state in process.states
    }
