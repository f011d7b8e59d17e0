"""Published definitions for people: what may happen, who may do it, what must be there first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Response

from api.pages.moments import (
    length_words,
    moment_words,
    month_day_words,
    name_words,
)
from api.pages.showing import Voice
from api.pages.visiting import Desk, Desked
from engine.definition.guarantees import (
    BeforeEvidence,
    BeforeTransition,
    NeverWithout,
    NotBySameActor,
    parse,
)
from engine.definition.model import (
    By,
    EvidenceSpec,
    Process,
    State,
    Text,
    Transition,
    Window,
)
from engine.definition.picture import Language, said
from engine.errors import NotFound
from engine.queries.definitions import definition_view, list_definitions
from engine.queries.staffing import shortages

router = APIRouter()

VERSION_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """A state as a row of the table."""

    id: str
    title: Text
    due: str
    remind: str
    escalate: str
    final: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRow:
    """A step as a row of the table; `needs` has a sentence for each thing that must be there."""

    id: str
    title: Text
    sources: str
    targets: str
    who: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A requirement as a row of the table."""

    title: Text
    types: str
    max_bytes: int
    rules: tuple[str, ...]


@router.get("/definitions")
def list_page(desk: Desked) -> Response:
    """The newest version of every process."""
    found = list_definitions(desk.house.runtime, desk.caller)
    return desk.page(
        "definitions/list.html",
        definitions=found,
        windows={
            view.process.process: window_words(view.process.window, desk.voice) for view in found
        },
    )


@router.get("/definitions/{process}")
def definition_page(desk: Desked, process: str, version: str = "") -> Response:
    """One version of a process, whole.

    Raises:
        NotFound: there is no such version.
    """
    if version and not (version.isdecimal() and len(version) <= VERSION_DIGITS):
        raise NotFound("unknown_definition", process=process, version=version)
    number = int(version) if version else None
    view = definition_view(desk.house.runtime, desk.caller, process, number)
    spec, voice = view.process, desk.voice
    return desk.page(
        "definitions/view.html",
        view=view,
        window=window_words(spec.window, voice),
        states=[_state(name, state, spec, voice) for name, state in spec.states.items()],
        transitions=[_step(name, step, spec, voice) for name, step in spec.transitions.items()],
        evidence=[_evidence(rule, spec, voice) for rule in spec.evidence.values()],
        guarantees=[_promised(sentence, spec, voice) for sentence in spec.guarantees],
        shortages=shortage_words(desk, spec) if spec.version == max(view.versions) else (),
    )


def shortage_words(desk: Desk, process: Process) -> tuple[str, ...]:
    """What the newest version of a process lacks in people today, in words."""
    words, language = desk.voice.words, desk.visit.language
    found = shortages(desk.house.runtime, desk.caller, process.process)
    return tuple(words.shortage(each, process, language) for each in found)


def window_words(window: Window | None, voice: Voice) -> str:
    """When in the year a process may run."""
    if window is None:
        return voice.ui("window.any")
    if window.every is not None:
        return voice.ui(f"window.{window.every}")
    if window.from_ is not None and window.to is not None:
        return f"{month_day_words(window.from_)} – {month_day_words(window.to)}"
    months = window.months or (window.month,)
    return voice.ui("window.months", months=", ".join(str(month) for month in months))


def _promised(sentence: str, process: Process, voice: Voice) -> str:
    """A promise by the titles of what it speaks of."""
    states, steps = process.states, process.transitions
    match parse(sentence):
        case BeforeEvidence(state, evidence):
            return _said("evidence", (states[state], process.evidence[evidence]), voice)
        case BeforeTransition(state, transition):
            return _said("transition", (states[state], steps[transition]), voice)
        case NotBySameActor(transition, other):
            return _said("apart", (steps[transition], steps[other]), voice)
        case NeverWithout(state, origin, without):
            return _said("never", (states[state], states[origin], states[without]), voice)
        case None:
            return sentence


def _said(form: str, titled: Iterable[State | Transition | EvidenceSpec], voice: Voice) -> str:
    names = zip(("first", "second", "third"), titled, strict=False)
    return voice.ui(f"promise.{form}", **{name: voice.title(one.title) for name, one in names})


def _state(name: str, state: State, process: Process, voice: Voice) -> StateRow:
    return StateRow(
        id=name,
        title=state.title,
        due="—" if state.due is None else moment_words(state.due, process, voice),
        remind=", ".join(length_words(length, voice) for length in state.remind) or "—",
        escalate="; ".join(
            voice.ui(
                "definitions.after",
                length=length_words(one.after, voice),
                who=voice.roles(one.to),
            )
            for one in state.escalate
        )
        or "—",
        final=state.final,
    )


def _step(name: str, step: Transition, process: Process, voice: Voice) -> TransitionRow:
    titles = {key: voice.title(state.title) for key, state in process.states.items()}
    special = {
        "=": voice.ui("definitions.stays"),
        "previous": voice.ui("definitions.previous"),
        "open": voice.ui("definitions.anywhere"),
    }
    words = titles | special
    return TransitionRow(
        id=name,
        title=step.title,
        sources=", ".join(words.get(source, source) for source in step.from_),
        targets=" / ".join(words.get(target, target) for target in step.targets),
        who=", ".join(_by(by, process, voice) for by in step.by),
        needs=tuple(_needs(step, process, voice)),
    )


def _by(by: By, process: Process, voice: Voice) -> str:
    role = voice.roles((by.role,))
    if by.of is not None:
        role = voice.ui("definitions.of", role=role, unit=name_words(by.of, process, voice))
    if by.when is not None:
        role = f"{role} ({said(process, by.when, _spoken(voice))})"
    return role


def _needs(step: Transition, process: Process, voice: Voice) -> Iterator[str]:
    """Every requirement of a step, a sentence each."""
    asked: tuple[tuple[str, tuple[str, ...], Mapping[str, Any]], ...] = (
        ("evidence", step.evidence, process.evidence),
        ("fields", (*step.fields, *step.must_change), process.fields),
        ("not_same_as", step.not_same_as, process.transitions),
        ("not_of_unit", step.not_of_unit, process.fields),
        ("not_named_in", step.not_named_in, process.fields),
    )
    for code, names, titled in asked:
        if names:
            words = ", ".join(voice.title(titled[name].title) for name in names)
            yield voice.ui(f"needs.{code}", names=words)
    for requirement in step.requires.values():
        yield voice.title(requirement.title)
    for guard in step.guards:
        yield voice.ui("needs.guard", name=guard)
    yield from _circumstances(step, process, voice)


def _circumstances(step: Transition, process: Process, voice: Voice) -> Iterator[str]:
    """Requirements that no file and no field can meet."""
    if step.wait_for is not None:
        yield voice.ui("needs.children")
    for need in step.needs:
        yield voice.ui("needs.process", process=need.process, state=need.state)
    if step.in_window is not None:
        yield voice.ui("needs.window")
    if step.not_before is not None:
        yield voice.ui("needs.not_before", moment=moment_words(step.not_before, process, voice))
    if step.reason is not None:
        yield voice.ui("needs.reason")
    if step.sign:
        yield voice.ui("needs.sign")


def _evidence(spec: EvidenceSpec, process: Process, voice: Voice) -> EvidenceRow:
    age = "" if spec.max_age is None else length_words(spec.max_age, voice)
    reviewer = () if spec.reviewed is None else (spec.reviewed,)
    per = "" if spec.per is None else voice.title(process.records[spec.per].title)
    rules: tuple[tuple[bool, str, dict[str, Any]], ...] = (
        (spec.min > 1, "rule.min", {"count": spec.min}),
        (spec.fresh == "per_visit", "rule.fresh", {}),
        (bool(age), "rule.max_age", {"length": age}),
        (spec.distinct, "rule.distinct", {}),
        (bool(spec.from_), "rule.from", {"roles": voice.roles(spec.from_)}),
        (bool(reviewer), "rule.reviewed", {"roles": voice.roles(reviewer)}),
        (spec.effective_within is not None, "rule.effective", {}),
        (spec.signed is not None, "rule.signed", {}),
        (bool(per), "rule.per", {"set": per}),
    )
    return EvidenceRow(
        title=spec.title,
        types=", ".join(name.upper() for name in spec.accept),
        max_bytes=spec.max_bytes,
        rules=tuple(voice.ui(code, **params) for holds, code, params in rules if holds),
    )


def _spoken(voice: Voice) -> Language:
    return "en" if voice.language == "en" else "vi"
