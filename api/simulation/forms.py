"""Choose a step and fill in its form, judged by the house's own rules until it fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from api.simulation.filling import SENTENCES, uploads_for
from api.simulation.sitting import Sitting, has_come
from engine.commands.advance_instance import options
from engine.definition.model import Transition
from engine.definition.values import read_values
from engine.errors import QuyTrinhError
from engine.machine.decision import Command, Option, Refused, Unmet, UnmetCode
from engine.machine.instance import Case
from engine.transaction.attaching import Upload
from engine.transaction.stepping import judge

DRAWS: Final = 8
STUCK_DAYS: Final = 30
EVIDENCE: Final = frozenset(
    {
        UnmetCode.EVIDENCE_MISSING,
        UnmetCode.EVIDENCE_STALE,
        UnmetCode.EVIDENCE_NOT_DISTINCT,
        UnmetCode.EVIDENCE_TOO_OLD,
        UnmetCode.EVIDENCE_OUT_OF_WINDOW,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A step as somebody has filled it in."""

    case: Case
    transition: str
    fields: Mapping[str, Any]
    reason: str | None
    files: tuple[Upload, ...]


def possible(sitting: Sitting) -> tuple[Option, ...]:
    """Every step that leaves the present state, with what this person lacks for it."""
    return options(sitting.uow, sitting.case, actor=sitting.actor)


def form_of(sitting: Sitting, found: tuple[Option, ...]) -> Form | None:
    """A step that can be taken, filled in; those that lead aside are seldom thought of."""
    likely = sitting.dice.random()
    weighed = [pair for pair in _mine(sitting, found) if pair[1] >= 1 or likely < pair[1]]
    while weighed:
        (chosen,) = sitting.dice.choices(weighed, [weight for _, weight in weighed])
        form = _filled(sitting, chosen[0])
        if form is not None:
            return form
        weighed.remove(chosen)
    return None


def _mine(sitting: Sitting, found: tuple[Option, ...]) -> Iterator[tuple[str, float]]:
    chart, person = sitting.chart, sitting.actor.person
    stuck = sitting.is_late(STUCK_DAYS)
    for option in found:
        name = option.transition
        if option.forbidden or not has_come(sitting.filler, chart.hints.wait.get(name)):
            continue
        weight = chart.weight(name, sitting.case, person, stuck=stuck)
        if weight > 0:
            yield name, weight


def _filled(sitting: Sitting, transition: str) -> Form | None:
    """The form, drawn again where a condition does not like it; None when nothing helps."""
    step = sitting.process.transitions[transition]
    settable = {*step.fields, *step.must_change, *step.may_set}
    filler = sitting.filler
    form = Form(
        case=sitting.case,
        transition=transition,
        fields=filler.of_step(transition, _asked(sitting, step)),
        reason=sitting.dice.choice(SENTENCES) if step.reason is not None else None,
        files=(),
    )
    for _ in range(DRAWS):
        unmet = _unmet(sitting, form)
        if unmet is None:
            return None
        left = [each for each in unmet if each.code not in EVIDENCE]
        if not left:
            return replace(form, files=tuple(_files(sitting, unmet)))
        again = frozenset(name for each in left for name in _looked_at(sitting, step, each))
        again &= settable
        if not again:
            return None
        drawn = replace(filler, again=again).of_step(transition, sorted(again))
        form = replace(form, fields={**form.fields, **drawn})
    return None


def _asked(sitting: Sitting, step: Transition) -> tuple[str, ...]:
    """The fields that somebody fills in: what is missing, what must be new, what is known."""
    given = sitting.case.instance.fields
    known = sitting.chart.hints.fields
    missing = (name for name in step.fields if given.get(name) in (None, ()))
    more = (name for name in step.may_set if name in known)
    return tuple(dict.fromkeys((*missing, *step.must_change, *more)))


def _unmet(sitting: Sitting, form: Form) -> tuple[Unmet, ...] | None:
    """What the house would say; None when it would not even listen."""
    try:
        typed = read_values(sitting.process.fields, dict(form.fields), partial=True)
        command = Command(form.transition, typed, reason=form.reason, reauthenticated=True)
        decided = judge(sitting.uow, sitting.case, command, actor=sitting.actor)
    except QuyTrinhError:
        return None
    return decided.unmet if isinstance(decided, Refused) else ()


def _looked_at(sitting: Sitting, step: Transition, unmet: Unmet) -> Iterator[str]:
    """The fields that an unmet requirement looks at."""
    match unmet.code:
        case UnmetCode.FIELD_MISSING | UnmetCode.NOT_CHANGED if unmet.subject:
            yield unmet.subject
        case UnmetCode.WINDOW if step.in_window:
            yield step.in_window
        case UnmetCode.GUARD:
            yield from step.must_change
        case UnmetCode.CONDITION if unmet.subject in step.requires:
            reads = sitting.uow.tables.registry.reads
            for leaf in step.requires[unmet.subject].that.leaves():
                if leaf.field is not None:
                    yield leaf.field
                if leaf.fact is not None:
                    yield from reads.get(f"{sitting.process.process}.{leaf.fact}", ())
        case _:
            pass


def _files(sitting: Sitting, unmet: tuple[Unmet, ...]) -> Iterator[Upload]:
    wanted = (each.subject for each in unmet if each.code in EVIDENCE and each.subject)
    for requirement in dict.fromkeys(wanted):
        spec = sitting.process.evidence[requirement]
        yield from uploads_for(sitting.filler, requirement, spec, serial=sitting.serial.next())
