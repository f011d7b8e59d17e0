"""Fire what has fallen due: reminders, escalations, steps of the house, timed checks.

1. Each timer fires in a transaction of its own, claimed by a compare-and-set: any number of workers
   may run this at once, and each timer fires once.
2. A step that leaves a state removes the timers of that state, so nothing fires for a state that
   was left.
3. A timer that cannot fire (a name that is not registered, say) keeps no other one waiting.
4. The step taken on overdue goes the same way as every other, as the house itself.
5. Reminded are those who can lead the case on; who could only report, postpone or cancel is left in
   peace. A reminder that comes after the due day, because nobody fired it in time, is dropped.
"""

from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.definition.graph import is_aside
from engine.errors import Corrupt, QuyTrinhError
from engine.machine.actor import SYSTEM
from engine.machine.conditions import compile_condition
from engine.machine.decide import facts_of
from engine.machine.decision import Command
from engine.machine.instance import Case
from engine.machine.intent import Notify
from engine.machine.registry import Question
from engine.runtime import Runtime, UnitOfWork
from engine.storage.timers import Timer
from engine.transaction.entries import entry_of
from engine.transaction.marking import mark
from engine.transaction.notifying import notify
from engine.transaction.stepping import carry_out, take_step

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """How many timers of an organisation fired in this call."""

    count: int


def fire_timers(runtime: Runtime, organization_id: str) -> Fired:
    """Fire everything that is due now, what falls due through it included.

    Raises:
        ExceptionGroup: some timers could not fire; all others did, and these stay due.
    """
    count = 0
    failed: dict[str, QuyTrinhError] = {}
    while True:
        with runtime.read(organization_id) as uow:
            found = uow.tables.timers.due(uow.now, limit=BATCH + len(failed))
        due = [timer for timer in found if timer.id not in failed]
        if not due:
            break
        for timer in due:
            try:
                count += _fire(runtime, organization_id, timer)
            except QuyTrinhError as error:
                failed[timer.id] = error
    if failed:
        msg = f"{len(failed)} timers could not fire"
        raise ExceptionGroup(msg, list(failed.values()))
    return Fired(count=count)


def _fire(runtime: Runtime, organization_id: str, timer: Timer) -> bool:
    """Fire one timer; False when somebody else did, or the state was left."""
    with runtime.write(organization_id) as uow:
        case = uow.case(timer.instance_id, lock=True)
        if not uow.tables.timers.claim(timer.id, uow.now):
            return False
        match timer.kind:
            case "remind":
                _remind(uow, case, timer)
            case "escalate":
                _escalate(uow, case, timer)
            case "check":
                _check(uow, case, timer)
            case _:
                _overdue(uow, case, timer)
        uow.commit()
        return True


def _remind(uow: UnitOfWork, case: Case, timer: Timer) -> None:
    """Say that the due day comes; once it has passed, being overdue is told instead."""
    if case.instance.due_at is not None and case.instance.due_at > uow.now:
        _tell_who_acts(uow, case, timer, "reminder")


def _tell_who_acts(uow: UnitOfWork, case: Case, timer: Timer, message: str) -> None:
    """Tell everybody who can take a step that leads on from the present state."""
    process, state = uow.pinned(case).process, case.instance.state
    roles = {
        by.role
        for name, step in process.transitions.items()
        if state in process.sources(name) and not is_aside(process, name)
        if set(step.targets) - {"=", state}
        for by in step.by
        if by.role != "system"
    }
    params = {"state": case.instance.state, "due_on": timer.params.get("due_on")}
    notify(uow, case, Notify(message=message, roles=tuple(sorted(roles)), params=params))


def _escalate(uow: UnitOfWork, case: Case, timer: Timer) -> None:
    """Tell the next level, and write down that it was told."""
    roles = tuple(timer.params.get("to", ()))
    params = {"state": case.instance.state, "due_on": timer.params.get("due_on")}
    notify(uow, case, Notify(message="escalation", roles=roles, params=params))
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.ESCALATED,
            actor=SYSTEM,
            details={"state": case.instance.state, "to": list(roles)},
        )
    )


def _check(uow: UnitOfWork, case: Case, timer: Timer) -> None:
    """Ask the check's condition, and let its effect follow when it holds."""
    process = uow.pinned(case).process
    registry = uow.tables.registry
    checks = process.states[case.instance.state].checks
    index = timer.params["index"]
    if not 0 <= index < len(checks):
        raise Corrupt("timer_without_check", instance=case.instance.id, index=index)
    check = checks[index]
    facts = facts_of(process, case, registry)
    if check.when is not None:
        holds = compile_condition(check.when, process)
        if not holds(case.instance.fields, facts, case.instance):
            return
    question = Question(case=case, actor=SYSTEM, transition="", fields=case.instance.fields)
    intents = registry.effects[check.effect](question)
    # No step writes what a check sets and flags: it is marked on the case itself.
    mark(uow, case, intents, actor=SYSTEM, grant=SYSTEM.grants[0])
    for intent in intents:
        carry_out(uow, case, intent, actor=SYSTEM, grant=SYSTEM.grants[0])


def _overdue(uow: UnitOfWork, case: Case, timer: Timer) -> None:
    transition = timer.params.get("transition")
    if transition is None:
        _tell_who_acts(uow, case, timer, "overdue")
        return
    take_step(uow, case, Command(transition), actor=SYSTEM)
