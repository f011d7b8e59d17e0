"""Command in, Accepted or Refused out; no I/O.

1. Every unmet requirement is collected before anything is answered; a refusal lists them all.
2. `Unmet.code` is one of a closed set; `subject` says of what (an evidence id, a field, a guard).
   `Unmet.key` (`evidence_missing:plan`) is what cases, waivers and the log write.
3. Only role, unit, assignment, separation, own unit and named in make a refusal *forbidden*; all
   others can be mended.
4. A waiver lifts exactly the key that it names, to the end of its last day; never what forbids, and
   never a window that the file wants refused. What it lifted is a flag on the step.
5. A field with `required_from` may not be empty once its state was entered.
6. `available` is the same function, asked for every step that leaves the present state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.definition.model import Process
from engine.errors import Corrupt
from engine.machine.actor import Actor
from engine.machine.compiler import Compiled, CompiledStep
from engine.machine.conditions import is_filled
from engine.machine.decision import (
    Accepted,
    Command,
    FieldNotOfStep,
    NotAvailable,
    Option,
    Refused,
    UnknownTransition,
    Unmet,
    UnmetCode,
)
from engine.machine.gates import Attempt
from engine.machine.instance import EMPTY, Case
from engine.machine.intent import Intent, RaiseFlag
from engine.machine.registry import FactValue, Registry, RegistryMissing

__all__ = [
    "Accepted",
    "Command",
    "FieldNotOfStep",
    "NotAvailable",
    "Option",
    "Refused",
    "RegistryMissing",
    "UnknownTransition",
    "Unmet",
    "UnmetCode",
    "available",
    "decide",
    "facts_of",
]


def decide(
    compiled: Compiled,
    case: Case,
    command: Command,
    *,
    actor: Actor,
    facts: Mapping[str, FactValue],
    registry: Registry,
) -> Accepted | Refused:
    """Say whether the actor may take the step now, and what would follow.

    `facts` are the declared facts, from `facts_of` over the same case.

    Raises:
        UnknownTransition: the definition has no such step.
        FieldNotOfStep: a value was sent that the step does not take.
        NotAvailable: the step does not leave the present state.
        RegistryMissing: the step needs a guard or effect that is not registered.
        Corrupt: `previous_state_unknown`: the case does not know where `previous` leads.
    """
    step = compiled.steps.get(command.transition)
    if step is None:
        raise UnknownTransition(command.transition, tuple(compiled.steps))
    if not step.settable.issuperset(command.fields):
        strange = tuple(sorted(set(command.fields) - step.settable))
        raise FieldNotOfStep(command.transition, strange)
    state = case.instance.state
    if state not in step.destinations:
        open_steps = compiled.leaving.get(state, ())
        raise NotAvailable(command.transition, state=state, available=open_steps)
    attempt = Attempt(case, command, actor=actor, facts=facts, registry=registry)
    _try(compiled, step, attempt)
    if attempt.unmet or attempt.grant is None:
        return Refused(tuple(attempt.unmet))
    return _accept(step, attempt, role=attempt.grant.role)


def available(
    compiled: Compiled,
    case: Case,
    *,
    actor: Actor,
    facts: Mapping[str, FactValue],
    registry: Registry,
) -> tuple[Option, ...]:
    """Every step that leaves the present state and is not the house's own, with what it lacks.

    Nothing is given with the question, so what the step's form asks for is unmet and `fillable`.

    Raises:
        RegistryMissing: a step needs a guard or effect that is not registered.
        Corrupt: `previous_state_unknown`.
    """
    state = case.instance.state
    options = []
    for name in compiled.leaving.get(state, ()):
        step = compiled.steps[name]
        attempt = Attempt(case, Command(name), actor=actor, facts=facts, registry=registry)
        _try(compiled, step, attempt)
        options.append(
            Option(transition=name, to=step.destinations[state], unmet=tuple(attempt.unmet))
        )
    return tuple(options)


def facts_of(
    process: Process,
    case: Case,
    registry: Registry,
    *,
    given: Mapping[str, Any] = EMPTY,
) -> dict[str, FactValue]:
    """Compute every fact that the process declares.

    `given` are the values that come with a step: a fact sees them laid over the case, as conditions
    do, so that a date sent with the very step is judged in that step.

    Raises:
        RegistryMissing: a declared fact has no registered function.
    """
    names = {name: f"{process.process}.{name}" for name in process.facts}
    missing = tuple(full for full in names.values() if full not in registry.facts)
    if missing:
        raise RegistryMissing(missing)
    if given and names:
        instance = replace(case.instance, fields={**case.instance.fields, **given})
        case = replace(case, instance=instance)
    return {name: registry.facts[full](case) for name, full in names.items()}


def _try(compiled: Compiled, step: CompiledStep, attempt: Attempt) -> None:
    """Fire the machine; afterwards the attempt knows its target and everything unmet."""
    _check_registered(step, attempt.registry)
    step.fire(attempt)
    if attempt.lost:
        raise Corrupt("previous_state_unknown", instance=attempt.case.instance.id)
    if compiled.required:
        attempt.unmet.extend(_emptied(compiled, step, attempt))
    if attempt.unmet and attempt.case.waivers:
        _lift(attempt)


def _check_registered(step: CompiledStep, registry: Registry) -> None:
    spec = step.spec
    if not (spec.guards or spec.effects):
        return
    missing = (
        *(name for name in spec.guards if name not in registry.guards),
        *(name for name in spec.effects if name not in registry.effects),
    )
    if missing:
        raise RegistryMissing(missing)


def _emptied(compiled: Compiled, step: CompiledStep, attempt: Attempt) -> Iterator[Unmet]:
    """Fields that the target, or a state entered before, does not allow to be empty."""
    told = {unmet.key for unmet in attempt.unmet}
    for name, state in compiled.required:
        if is_filled(attempt.values.get(name)):
            continue
        if attempt.state != state and not attempt.case.instance.visits(state):
            continue
        unmet = Unmet(
            UnmetCode.FIELD_MISSING,
            name,
            who_can=attempt.roles,
            fillable=name in step.settable,
        )
        if unmet.key not in told:
            yield unmet


def _lift(attempt: Attempt) -> None:
    """Take away what a waiver in force names, and mark the step with it."""
    lifted = [
        unmet
        for unmet in attempt.unmet
        if unmet.waivable and not unmet.forbids and attempt.case.is_lifted(unmet.key)
    ]
    attempt.unmet = [unmet for unmet in attempt.unmet if unmet not in lifted]
    attempt.flags.extend(f"waived:{unmet.key}" for unmet in lifted)


def _accept(step: CompiledStep, attempt: Attempt, *, role: str) -> Accepted:
    intents: list[Intent] = []
    if step.spec.effects:
        question = attempt.question
        for name in step.spec.effects:
            intents.extend(attempt.registry.effects[name](question))
    flags = [*attempt.flags, *(["resumed"] if attempt.resumed else [])]
    flags.extend(intent.flag for intent in intents if isinstance(intent, RaiseFlag))
    return Accepted(
        transition=step.name,
        from_state=attempt.case.instance.state,
        to_state=attempt.state,
        role=role,
        on_behalf_of=attempt.grant.on_behalf_of if attempt.grant is not None else None,
        flags=tuple(dict.fromkeys(flags)),
        intents=tuple(intent for intent in intents if not isinstance(intent, RaiseFlag)),
        fields=attempt.command.fields,
        evidence_used=tuple(attempt.evidence),
        internal=step.spec.internal,
        resumed=attempt.resumed,
    )
