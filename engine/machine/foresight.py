"""What a step takes away from the steps behind it: whom separation of duties would leave.

1. Asked of a step that somebody may take: is there a later step, kept apart from it, that nobody
   could take any more, although somebody could if another person took this one?
2. Everybody is judged as the step itself would: by role, unit and assignment, with deputies and
   those for whom they act on one side. Conditions of `by` are not asked: they may change till then.
3. It warns and refuses nothing: a grant or a deputy may come in time.
"""

from collections.abc import Iterable, Sequence

from engine.definition.model import Process, Transition
from engine.machine.actor import Actor
from engine.machine.authorization import conflicts, grants_for
from engine.machine.decision import UnmetCode
from engine.machine.instance import Case

SYSTEM = "system"


def kept_apart_later(process: Process, state: str, transition: str) -> tuple[str, ...]:
    """The steps that may follow one from a state and are kept apart from it."""
    ahead = _ahead(process, state, transition)
    return tuple(
        name
        for name, step in process.transitions.items()
        if transition in step.not_same_as
        and name != transition
        and any(source in ahead for source in process.sources(name))
        and all(by.role != SYSTEM for by in step.by)
    )


def shut_out(
    process: Process, case: Case, transition: str, *, taken_by: Actor, others: Sequence[Actor]
) -> tuple[str, ...]:
    """The later steps that nobody could take any more if this person took a step."""
    found = []
    for name in kept_apart_later(process, case.instance.state, transition):
        able = tuple(_able(process.transitions[name], case, others))
        if able and all(taken_by.person in people for people in able):
            found.append(name)
    return tuple(found)


def _able(step: Transition, case: Case, others: Iterable[Actor]) -> Iterable[frozenset[str]]:
    """The people behind each way in which a step can be taken, as the case stands."""
    fields = case.instance.fields
    for actor in others:
        grants = grants_for(step.by, actor, case=case, values=fields)
        if isinstance(grants, UnmetCode):
            continue
        for grant in grants:
            if not conflicts(step, actor, grant, case=case, values=fields):
                yield frozenset({actor.person, grant.on_behalf_of or actor.person})


def _ahead(process: Process, state: str, transition: str) -> frozenset[str]:
    """The states that may follow when a step is taken from a state."""
    found: set[str] = set()
    waiting = [(state, transition)]
    while waiting:
        source, name = waiting.pop()
        for target in process.transitions[name].targets:
            following = [source] if target == "=" else _returns(process, target)
            for each in following:
                if each not in found:
                    found.add(each)
                    waiting += [
                        (each, other)
                        for other in process.transitions
                        if each in process.sources(other)
                    ]
    return frozenset(found)


def _returns(process: Process, target: str) -> list[str]:
    """The states that a target may be; `previous` is any that is not an end."""
    if target != "previous":
        return [target]
    return [name for name, spec in process.states.items() if spec.final is None]
