"""One step for several cases at once: those in which it is mine and ready, a verdict for each.

1. Offered is what I can take now and what asks for nothing but a reason: no field that must be
   filled, no file, no signature. Steps that leave the way (postpone, cancel) are taken one by one.
2. Each case is a command of its own, at the version that the page showed: one that is refused, or
   that somebody moved meanwhile, stops none of the others and says why.
3. Whoever wants all or none says so: then the steps are one transaction, which the first refusal
   undoes.
4. A second click finds the cases gone on, and says so; nothing is taken twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter, Response

from api.pages.showing import Message, Reason
from api.pages.visiting import Desk, Desked, Posted
from engine.commands.advance_instance import (
    AdvanceInstance,
    Stale,
    advance,
    advance_instance,
    hold,
)
from engine.definition.graph import is_aside
from engine.definition.model import Process
from engine.errors import QuyTrinhError
from engine.queries.definitions import list_definitions
from engine.queries.inbox import InboxItem, inbox
from engine.queries.instances import InstanceView, StepOption, Summary, instance_view
from engine.runtime import Replayed
from engine.transaction.stepping import Taken, TurnedDown

router = APIRouter(prefix="/instances/bulk")

CASES_MAX: Final = 200
FEW: Final = 2
VERSION_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A step that is mine in several cases.

    Attributes:
        reason_required: the step asks why.
    """

    process: str
    process_title: Mapping[str, str]
    state_title: Mapping[str, str]
    transition: str
    title: Mapping[str, str]
    reason_required: bool
    cases: tuple[Summary, ...]

    @property
    def address(self) -> str:
        """Where its cases are chosen."""
        state = self.cases[0].state
        return f"?process={self.process}&state={state}&step={self.transition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one case: where it stands, and why not further."""

    view: InstanceView
    taken: bool
    text: str
    reasons: tuple[Reason, ...] = ()


Steps = Sequence[tuple[InstanceView, AdvanceInstance]]


@router.get("")
def bulk_page(desk: Desked, process: str = "", state: str = "", step: str = "") -> Response:
    """The steps that are mine in several cases; of one of them, its cases to choose from."""
    return _show(desk, (process, state, step))


@router.post("")
def take_together(sent: Posted) -> Response:
    """Take the step in every case that was chosen."""
    desk, typed = sent.desk, sent.typed
    transition = typed.text("step")
    picked = [str(value) for value in sent.form.getlist("pick")][:CASES_MAX]
    if not picked:
        message = Message(kind="bad", text=desk.voice.ui("bulk.nothing_picked"))
        where = (typed.text("process"), typed.text("state"), transition)
        return _show(desk, where, status=422, message=message)
    reason = typed.text("reason").strip() or None
    # Whoever bent the form hears of it before anything is taken.
    chosen = [_picked(desk, one) for one in picked]
    steps = [
        (view, _step(desk, view, version, transition, reason=reason)) for view, version in chosen
    ]
    together = typed.text("together") == "yes"
    verdicts = _all_or_none(desk, steps) if together else _one_by_one(desk, steps)
    done = sum(verdict.taken for verdict in verdicts)
    kind = "good" if done == len(verdicts) else "warn"
    text = desk.voice.ui("bulk.done", done=done, asked=len(verdicts))
    if together and not done:
        text = desk.voice.ui("bulk.undone")
    return _show(desk, message=Message(kind=kind, text=text), verdicts=tuple(verdicts))


def groups_of(found: Iterable[InboxItem], processes: Mapping[str, Process]) -> tuple[Group, ...]:
    """The steps that are ready in more than one case, those with most cases first."""
    parted: dict[tuple[str, str, str], tuple[StepOption, list[Summary]]] = {}
    for item in found:
        case = item.instance
        if case.process not in processes:
            continue
        for option in _plain(item.ready, processes[case.process]):
            key = (case.process, case.state, option.transition)
            parted.setdefault(key, (option, []))[1].append(case)
    groups = [
        Group(
            process=process,
            process_title=cases[0].process_title,
            state_title=cases[0].state_title,
            transition=transition,
            title=option.title,
            reason_required=option.reason_required,
            cases=tuple(sorted(cases, key=lambda case: case.code)[:CASES_MAX]),
        )
        for (process, _, transition), (option, cases) in parted.items()
        if len(cases) >= FEW
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group.cases), group.process)))


def _plain(options: Iterable[StepOption], process: Process) -> Iterator[StepOption]:
    """Those that ask for nothing but a reason."""
    for option in options:
        step = process.transitions.get(option.transition)
        asks = any(required for _, required in option.fields.values()) or option.evidence
        if step is None or asks or step.sign or is_aside(process, option.transition):
            continue
        yield option


def _picked(desk: Desk, text: str) -> tuple[InstanceView, int]:
    """A case and the version that the page showed of it, written as `id:version`.

    Raises:
        NotFound: there is no such case.
    """
    instance, _, version = text.partition(":")
    known = version.isdecimal() and len(version) <= VERSION_DIGITS
    view = instance_view(desk.house.runtime, desk.caller, instance)
    return view, int(version) if known else -1


def _step(
    desk: Desk, view: InstanceView, version: int, transition: str, *, reason: str | None
) -> AdvanceInstance:
    """The step in one case, at the version that the page showed."""
    return AdvanceInstance(
        caller=desk.caller,
        instance_id=view.summary.id,
        transition=transition,
        expected_version=version,
        reason=reason,
    )


def _one_by_one(desk: Desk, steps: Steps) -> list[Verdict]:
    """Each step a command of its own."""
    runtime = desk.house.runtime
    return [
        _verdict(desk, view, step, lambda step: advance_instance(runtime, step))
        for view, step in steps
    ]


def _all_or_none(desk: Desk, steps: Steps) -> list[Verdict]:
    """All steps in one transaction, which is undone when one of them is refused."""
    with desk.house.runtime.write(desk.caller.organization_id) as uow:
        hold(uow, (step.instance_id for _, step in steps))
        verdicts = [
            _verdict(desk, view, step, lambda step: advance(uow, step)) for view, step in steps
        ]
        if all(verdict.taken for verdict in verdicts):
            uow.commit()
            return verdicts
    kept_back = desk.voice.ui("bulk.kept_back")
    return [
        replace(verdict, taken=False, text=kept_back) if verdict.taken else verdict
        for verdict in verdicts
    ]


def _verdict(
    desk: Desk,
    view: InstanceView,
    step: AdvanceInstance,
    take: Callable[[AdvanceInstance], Taken | TurnedDown | Replayed],
) -> Verdict:
    """Take a step; what came of it, in the words of the case's own version of the process."""
    voice = desk.voice
    try:
        outcome = take(step)
    except Stale:
        text = voice.ui("bulk.moved", state=voice.title(view.summary.state_title))
        return Verdict(view=view, taken=False, text=text)
    except QuyTrinhError as error:
        return Verdict(view=view, taken=False, text=voice.error(error).text)
    if isinstance(outcome, Taken):
        title = view.process.states[outcome.case.instance.state].title
        return Verdict(view=view, taken=True, text=voice.title(title))
    unmet = outcome.refused.unmet if isinstance(outcome, TurnedDown) else ()
    reasons = voice.reasons(unmet, view.process, step.transition)
    return Verdict(view=view, taken=False, text=voice.ui("bulk.refused"), reasons=reasons)


def _show(
    desk: Desk,
    where: tuple[str, str, str] = ("", "", ""),
    *,
    status: int = 200,
    message: Message | None = None,
    verdicts: tuple[Verdict, ...] = (),
) -> Response:
    """The page; `where` is the process, state and step whose cases are to be chosen from."""
    definitions = list_definitions(desk.house.runtime, desk.caller)
    processes = {view.process.process: view.process for view in definitions}
    groups = groups_of(inbox(desk.house.runtime, desk.caller).ready, processes)
    chosen = next(
        (
            group
            for group in groups
            if (group.process, group.cases[0].state, group.transition) == where
        ),
        None,
    )
    return desk.page(
        "instances/bulk.html",
        status=status,
        message=message,
        groups=groups,
        chosen=chosen,
        verdicts=verdicts,
    )
