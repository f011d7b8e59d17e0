"""Everything that a step may require, as gates over one attempt.

1. A gate adds what is unmet to the attempt and never stops it: all reasons come at once.
2. Which gates a step has is settled when its version is compiled, so that a decision asks only what
   the step asks for. Their order is the order in which reasons are told.
3. Who may act (`by`, `of`, `when`) is judged on what the case already says, and on values given
   with the step only where the case says nothing yet. All else sees the given values first.
4. A date that the step itself still asks for is told as a missing field, not as a window that was
   missed.
5. A join over `all` holds for no children; `any` needs one. A child with a successor is no longer
   counted: its successor stands in for it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from engine.calendars.business_days import Roll
from engine.definition.model import By, Process, Transition, WaitFor
from engine.machine.actor import Actor, Grant
from engine.machine.approval import usable
from engine.machine.authorization import conflicts, grants_for
from engine.machine.conditions import Holds, compile_condition, is_filled
from engine.machine.deadline_rule import day_of_moment, entered_on
from engine.machine.decision import Command, Unmet, UnmetCode
from engine.machine.evidence_rule import judge, rule_of
from engine.machine.instance import Case, Child
from engine.machine.registry import Question, Registry
from engine.machine.window import spans_of

_WITHOUT_SUBJECT = (
    UnmetCode.REASON_MISSING,
    UnmetCode.NOT_BEFORE,
    UnmetCode.CHILDREN,
)
_OF_EVIDENCE = tuple(code for code in UnmetCode if code.value.startswith("evidence_"))


class Attempt:
    """One try at one step: the throw-away model that a compiled machine is fired with.

    Attributes:
        values: fields of the case with those of the command laid over them.
        roles: roles in force for the step; what `who_can` of a mendable requirement says.
        grant: the grant by which the actor acts, once that is known.
        resumed: the step returned to the state that was left before.
        lost: the step leads to the previous state, and no state that it can lead to is that one.
    """

    # transitions keeps the state in `_place`: no transition of a file can have such a name.
    __slots__ = (
        "_place",
        "actor",
        "case",
        "command",
        "evidence",
        "facts",
        "flags",
        "grant",
        "lost",
        "registry",
        "resumed",
        "roles",
        "unmet",
        "values",
    )

    def __init__(
        self,
        case: Case,
        command: Command,
        *,
        actor: Actor,
        facts: Mapping[str, Any],
        registry: Registry,
    ) -> None:
        self._place = case.instance.state
        self.case = case
        self.command = command
        self.actor = actor
        self.facts = facts
        self.registry = registry
        stored = case.instance.fields
        self.values: Mapping[str, Any] = {**stored, **command.fields} if command.fields else stored
        self.roles: tuple[str, ...] = ()
        self.grant: Grant | None = None
        self.unmet: list[Unmet] = []
        self.flags: list[str] = []
        self.evidence: list[str] = []
        self.resumed = False
        self.lost = False

    @property
    def state(self) -> str:
        """Where the case stands, or would stand after the step."""
        return self._place

    def move(self, state: str) -> None:
        """Stand in another state."""
        self._place = state

    @property
    def question(self) -> Question:
        """What guards and effects are asked."""
        return Question(
            case=self.case,
            actor=self.actor,
            transition=self.command.transition,
            fields=self.values,
        )

    def holds(self, condition: Holds) -> bool:
        """Whether a condition holds with the values given."""
        return condition(self.values, self.facts, self.case.instance)


Gate = Callable[[Attempt], None]


def gates_of(process: Process, transition: str) -> tuple[Gate, ...]:
    """The gates of a step, in the order in which reasons are told."""
    step = process.transitions[transition]
    makers = (
        _who,
        _fields,
        _evidence,
        _reason,
        _requirements,
        _guards,
        _window,
        _not_before,
        _children,
        _needs,
        _approvals,
        _signature,
    )
    return tuple(gate for maker in makers for gate in maker(process, step))


def waivable_keys(process: Process) -> frozenset[str]:
    """Every key that a waiver may name: what a step of the process can lack, and may be lifted.

    What asks who acts is never among them; a window, and whom a row names for their own unit, only
    where the file says `waiver`.
    """
    steps = process.transitions.values()
    keys: set[str] = {code.value for code in _WITHOUT_SUBJECT}
    if process.window is not None and process.window.outside == "waiver":
        keys.add(UnmetCode.WINDOW.value)
    keys |= {
        f"{UnmetCode.OWN_UNIT.value}:{spec.not_of_unit[0]}"
        for spec in process.records.values()
        if spec.own_unit == "waiver"
    }
    for name in process.fields:
        keys |= {
            f"{code.value}:{name}" for code in (UnmetCode.FIELD_MISSING, UnmetCode.NOT_CHANGED)
        }
    for name in process.evidence:
        keys |= {f"{code.value}:{name}" for code in _OF_EVIDENCE}
    for step in steps:
        keys |= {f"{UnmetCode.CONDITION.value}:{name}" for name in step.requires}
        keys |= {f"{UnmetCode.GUARD.value}:{name}" for name in step.guards}
        keys |= {f"{UnmetCode.APPROVAL.value}:{name}" for name in step.approved}
        keys |= {f"{UnmetCode.NEED.value}:{need.process}" for need in step.needs}
    return frozenset(keys)


def settable(step: Transition) -> frozenset[str]:
    """The fields that may be given with a step."""
    return frozenset((*step.fields, *step.may_set, *step.must_change))


def _who(process: Process, step: Transition) -> Iterator[Gate]:
    entries = tuple(
        (by, compile_condition(by.when, process) if by.when is not None else None) for by in step.by
    )
    roles = _roles(step.by)
    narrowed = any(by.of is not None or by.when is not None for by in step.by)

    def gate(attempt: Attempt) -> None:
        bys, values = step.by, attempt.values
        attempt.roles = roles
        if narrowed:
            values = _settled(attempt)
            instance = attempt.case.instance
            bys = tuple(
                by for by, when in entries if when is None or when(values, attempt.facts, instance)
            )
            attempt.roles = _roles(bys)
        found = grants_for(bys, attempt.actor, case=attempt.case, values=values)
        if isinstance(found, UnmetCode):
            attempt.unmet.append(Unmet(found, who_can=attempt.roles))
            found = ()
        _choose_grant(attempt, step, found)

    yield gate


def _roles(bys: tuple[By, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(by.role for by in bys))


def _settled(attempt: Attempt) -> Mapping[str, Any]:
    """What the case says, completed by what the command says where the case says nothing."""
    if not attempt.command.fields:
        return attempt.values
    stored = {name: v for name, v in attempt.case.instance.fields.items() if is_filled(v)}
    return {**attempt.values, **stored}


def _choose_grant(attempt: Attempt, step: Transition, grants: tuple[Grant, ...]) -> None:
    """Act by the first grant that keeps duties apart, else tell what the first one violates."""
    attempt.grant = grants[0] if grants else None
    if not (step.not_same_as or step.not_of_unit or step.not_named_in):
        return
    told: tuple[tuple[UnmetCode, str], ...] = ()
    for grant in grants or (None,):
        violated = conflicts(step, attempt.actor, grant, case=attempt.case, values=attempt.values)
        if not violated:
            attempt.grant = grant
            return
        told = told or violated
    attempt.unmet.extend([Unmet(code, name, who_can=attempt.roles) for code, name in told])


def _fields(_process: Process, step: Transition) -> Iterator[Gate]:
    def gate(attempt: Attempt) -> None:
        attempt.unmet.extend(
            Unmet(UnmetCode.FIELD_MISSING, name, who_can=attempt.roles, fillable=True)
            for name in step.fields
            if not is_filled(attempt.values.get(name))
        )
        attempt.unmet.extend(
            Unmet(UnmetCode.NOT_CHANGED, name, who_can=attempt.roles, fillable=True)
            for name in step.must_change
            if not is_filled(attempt.command.fields.get(name))
        )

    if step.fields or step.must_change:
        yield gate


def _evidence(process: Process, step: Transition) -> Iterator[Gate]:
    rules = tuple(rule_of(name, process) for name in step.evidence)

    def gate(attempt: Attempt) -> None:
        for rule in rules:
            verdict = judge(rule, attempt.case, roles=attempt.roles)
            attempt.evidence.extend([file.id for file in verdict.files])
            attempt.unmet.extend(verdict.unmet)

    if rules:
        yield gate


def _reason(_process: Process, step: Transition) -> Iterator[Gate]:
    def gate(attempt: Attempt) -> None:
        if not (attempt.command.reason or "").strip():
            attempt.unmet.append(
                Unmet(UnmetCode.REASON_MISSING, who_can=attempt.roles, fillable=True)
            )

    if step.reason is not None:
        yield gate


def _requirements(process: Process, step: Transition) -> Iterator[Gate]:
    given = settable(step)
    asked = tuple(
        (
            name,
            compile_condition(requirement.that, process),
            frozenset(leaf.field for leaf in requirement.that.leaves() if leaf.field),
            tuple(
                f"{process.process}.{leaf.fact}" for leaf in requirement.that.leaves() if leaf.fact
            ),
        )
        for name, requirement in step.requires.items()
    )

    def gate(attempt: Attempt) -> None:
        for name, holds, fields, facts in asked:
            if not attempt.holds(holds):
                looked_at = fields.union(*(attempt.registry.reads.get(f, ()) for f in facts))
                # What the command gives already was judged; the rest of the form may still mend it.
                told = {f for f, value in attempt.command.fields.items() if is_filled(value)}
                attempt.unmet.append(
                    Unmet(
                        UnmetCode.CONDITION,
                        name,
                        who_can=attempt.roles,
                        fillable=not looked_at.isdisjoint(given - told),
                    )
                )

    if asked:
        yield gate


def _guards(_process: Process, step: Transition) -> Iterator[Gate]:
    def gate(attempt: Attempt) -> None:
        question = attempt.question
        for name in step.guards:
            objection = attempt.registry.guards[name](question)
            if objection is not None:
                attempt.unmet.append(
                    Unmet(UnmetCode.GUARD, name, params=objection.params, who_can=attempt.roles)
                )

    if step.guards:
        yield gate


def _window(process: Process, step: Transition) -> Iterator[Gate]:
    window, name = process.window, step.in_window
    if window is None or name is None:
        return
    filled_here = name in step.fields or name in step.must_change

    def gate(attempt: Attempt) -> None:
        day = attempt.case.today if name == "today" else attempt.values.get(name)
        if filled_here and not is_filled(day):
            return
        instance = attempt.case.instance
        spans = spans_of(window, year=instance.year, period=instance.period)
        if isinstance(day, date) and any(day in span for span in spans):
            return
        if window.outside == "flag":
            attempt.flags.append("outside_window")
            return
        attempt.unmet.append(
            Unmet(
                UnmetCode.WINDOW,
                params={"day": day, "spans": [(span.first, span.last) for span in spans]},
                fillable=name in settable(step) and not is_filled(attempt.command.fields.get(name)),
                waivable=window.outside == "waiver",
            )
        )

    yield gate


def _not_before(process: Process, step: Transition) -> Iterator[Gate]:
    moment = step.not_before
    if moment is None:
        return

    def gate(attempt: Attempt) -> None:
        case = attempt.case
        day = day_of_moment(
            moment, process=process, case=case, entered_on=entered_on(case), roll=Roll.NONE
        )
        if day is None or case.today < day:
            attempt.unmet.append(Unmet(UnmetCode.NOT_BEFORE, params={"day": day}))

    yield gate


def _children(_process: Process, step: Transition) -> Iterator[Gate]:
    wait = step.wait_for
    if wait is None:
        return

    def gate(attempt: Attempt) -> None:
        counted = _counted(attempt.case.children, wait)
        waiting = [child for child in counted if child.state not in wait.in_]
        joined = len(waiting) < len(counted) if wait.children == "any" else not waiting
        if not joined:
            params = {"codes": [child.code for child in waiting], "states": list(wait.in_)}
            attempt.unmet.append(Unmet(UnmetCode.CHILDREN, params=params))

    yield gate


def _counted(children: tuple[Child, ...], wait: WaitFor) -> list[Child]:
    replaced = {child.predecessor for child in children}
    return [
        child
        for child in children
        if child.id not in replaced and wait.process in (None, child.process)
    ]


def _needs(_process: Process, step: Transition) -> Iterator[Gate]:
    def gate(attempt: Attempt) -> None:
        attempt.unmet.extend(
            Unmet(UnmetCode.NEED, need.process, params={"state": need.state})
            for need in step.needs
            if (need.process, need.state) not in attempt.case.reached
        )

    if step.needs:
        yield gate


def _approvals(process: Process, step: Transition) -> Iterator[Gate]:
    givers = {
        name: _roles(
            tuple(
                by
                for other in process.transitions.values()
                if name in other.approves
                for by in other.by
            )
        )
        for name in step.approved
    }

    def needed(attempt: Attempt) -> None:
        for name, roles in givers.items():
            given = attempt.case.approval(name)
            if given is None or not given.holds:
                why = () if given is None else given.why
                params = {"why": list(why), "given": given is not None}
                attempt.unmet.append(Unmet(UnmetCode.APPROVAL, name, params=params, who_can=roles))

    def given(attempt: Attempt) -> None:
        standing = [attempt.case.approval(name) for name in step.approves]
        # Where a step stays, it is there to approve anew; while nothing ended there is no need.
        if step.to == "=" and all(known is not None and known.holds for known in standing):
            attempt.unmet.append(Unmet(UnmetCode.APPROVAL_STANDS, step.approves[0], waivable=False))
        attempt.unmet.extend(
            Unmet(UnmetCode.EVIDENCE_MISSING, requirement, who_can=attempt.roles)
            for name in step.approves
            for requirement in process.approvals[name].evidence
            if requirement not in step.evidence and not usable(attempt.case, requirement)
        )

    if step.approved:
        yield needed
    if step.approves:
        yield given


def _signature(_process: Process, step: Transition) -> Iterator[Gate]:
    signing = step.signing
    if signing is None:
        return
    accepted = signing.with_

    def gate(attempt: Attempt) -> None:
        command = attempt.command
        keyed = accepted == "key" or (command.has_key and accepted != "any")
        if command.by_key or (command.reauthenticated and not keyed):
            return
        code = UnmetCode.SIGNATURE_KEY if keyed else UnmetCode.SIGNATURE
        attempt.unmet.append(Unmet(code, who_can=attempt.roles, fillable=True, waivable=False))

    yield gate
