"""Instances: the list, a new one, one whole, its papers.

What is written through the forms of an instance stands in `instance_forms` and `records`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.dependencies import Reply
from api.pages.definitions import shortage_words
from api.pages.forms import Entry, Typed, entry_of, values_of
from api.pages.instance_page import (
    approvals_of,
    children_of,
    names_of_case,
    route_of,
    slots_of,
    steps_of,
    tables_of,
    values_of_case,
    with_rows,
)
from api.pages.issuing import issue_form
from api.pages.marks import flag_words, gate_words
from api.pages.moments import deadline_words
from api.pages.papers import Papers, paper_values
from api.pages.public_links import keeps_form
from api.pages.showing import Message, Voice
from api.pages.visiting import Desk, Desked, Posted, go, gone, went
from api.problems import problem_of
from engine.commands.add_comment import READS_ONLY
from engine.commands.start_instance import NotOpened, Started, StartInstance, start_instance
from engine.errors import Invalid, NotFound, QuyTrinhError
from engine.machine.decision import UnmetCode
from engine.machine.registry import Figure
from engine.queries.comments import comments_on
from engine.queries.definitions import DefinitionView, definition_view, list_definitions
from engine.queries.instances import (
    InstanceView,
    Summary,
    case_of,
    instance_view,
    list_instances,
)
from engine.queries.origins import case_line
from engine.runtime import Replayed
from engine.storage.instances import Filter

router = APIRouter()

PER_PAGE: Final = 50
LEGS_SHOWN: Final = 4
COMMENTS_SHOWN: Final = 5
SHOWN: Final = ("open", "overdue", "all")
YEAR_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list was asked for, as the form shows it again."""

    q: str = ""
    process: str = ""
    unit: str = ""
    year: str = ""
    show: str = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """A form that comes back because the answer was no.

    Attributes:
        step: the step whose form it is; None when the step is no longer to be had.
        typed: what was typed, and what is wrong with it.
        lost: what was typed for a step that is gone, by the titles of its fields.
    """

    step: str | None = None
    typed: Typed = field(default_factory=Typed)
    lost: tuple[tuple[str, str], ...] = ()


NOTHING_BACK: Final = Comeback()


@router.get("/instances")
def list_page(desk: Desked) -> Response:
    """Instances, newest first, narrowed by the form."""
    asked = _asked(desk.request.query_params)
    wanted = Filter(
        process=asked.process or None,
        unit=asked.unit or None,
        year=int(asked.year) if asked.year else None,
        text=asked.q or None,
        open_only=asked.show != "all",
        overdue_at=desk.visit.now.astimezone(UTC) if asked.show == "overdue" else None,
        after=_after(desk.request.query_params.get("after", "")),
    )
    found = list_instances(desk.house.runtime, desk.caller, wanted, limit=PER_PAGE + 1)
    definitions = list_definitions(desk.house.runtime, desk.caller)
    return desk.page(
        "instances/list.html",
        block="results",
        asked=asked,
        items=found[:PER_PAGE],
        next=_next(asked, found) if len(found) > PER_PAGE else None,
        definitions=definitions,
        units=desk.choices.units,
        openable=[view for view in definitions if view.may_open],
    )


@router.get("/instances/new")
def new_page(desk: Desked, process: str = "") -> Response:
    """The form to open an instance; without a process, the choice of one."""
    return _new(desk, process)


@router.post("/instances")
def open_one(sent: Posted) -> Response:
    """Open an instance."""
    desk, typed = sent.desk, sent.typed
    process = typed.text("process")
    definition = definition_view(desk.house.runtime, desk.caller, process)
    year = typed.text("year")
    if len(year) != YEAR_DIGITS or not year.isdecimal():
        fault = desk.voice.words.say("fault.not_integer", {}, desk.visit.language)
        message = Message(kind="bad", text=f"{desk.voice.ui('year')}: {fault}")
        return _new(desk, process, typed=typed, message=message, status=422)
    fields = definition.process.fields
    request = StartInstance(
        caller=desk.caller,
        process=process,
        title=typed.text("title").strip(),
        unit=typed.text("unit") or None,
        year=int(year),
        period=typed.text("period").strip() or None,
        fields=values_of(typed, fields, stored={}, zone=desk.visit.zone),
        key=sent.once(_opened),
    )
    try:
        outcome = start_instance(desk.house.runtime, request)
    except Invalid as error:
        kept = replace(typed, faults=faults_of(error, desk.voice))
        message = desk.voice.error(error, fields)
        status = problem_of(error).status
        return _new(desk, process, typed=kept, message=message, status=status)
    if isinstance(outcome, Replayed):
        return go(went(outcome) or "/instances")
    if isinstance(outcome, NotOpened):
        reasons = desk.voice.reasons(outcome.refused.unmet, definition.process)
        message = Message(kind="bad", text=desk.voice.ui("new.refused"), faults=reasons)
        return _new(desk, process, typed=typed, message=message, status=403)
    return go(_place(outcome))


@router.get("/instances/{instance_id}")
def instance_page(desk: Desked, instance_id: str) -> Response:
    """One instance, whole."""
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    return show_instance(desk, view, message=_done(desk, view))


@router.get("/instances/{instance_id}/documents/{name}")
def document_page(desk: Desked, instance_id: str, name: str) -> Response:
    """A paper of the instance, ready for the printer."""
    return show_paper(desk, instance_id, name)


def show_paper(
    desk: Desk, instance_id: str, name: str, *, fault: str = "", status: int = 200
) -> Response:
    """A paper as a page; `fault` says why it was not issued just now.

    Raises:
        NotFound: the instance has no such paper yet.
        PersonalData: it shows what is not for the one who asks.
    """
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    process = view.summary.process
    template = f"documents/{process}/{name}.html"
    view.document(name)
    if not desk.renderer.has(template):
        raise NotFound("unknown_document", document=name)
    case, _ = case_of(desk.house.runtime, desk.caller, view.summary.id)
    voice = with_rows(desk.voice, view)
    return desk.page(
        template,
        status=status,
        alone=False,
        issue=issue_form(desk, view, name, fault=fault),
        followed=Papers(desk.house, desk.renderer).template(desk.caller, view, name),
        **paper_values(desk.house, desk.caller, view, case, voice=voice, name=name),
    )


def show_instance(
    desk: Desk,
    view: InstanceView,
    *,
    status: int = 200,
    message: Message | None = None,
    back: Comeback = NOTHING_BACK,
) -> Response:
    """An instance as a page.

    Args:
        desk: who looks.
        view: what there is to see.
        status: of the answer.
        message: what just happened.
        back: the form that comes back with it.
    """
    voice = with_rows(desk.voice, view)
    steps, others = steps_of(view, voice, desk.choices, typed=back.typed, wanted=back.step)
    slots = slots_of(view, voice)
    now = tuple(slot for slot in slots if slot.wanted_now or slot.waits)
    there = tuple(slot for slot in slots if slot not in now and (slot.files or slot.older))
    route = route_of(view, voice)
    processes = {
        process: definition_view(desk.house.runtime, desk.caller, process).process
        for process in {child.process for child in view.children}
    }
    said = comments_on(desk.house.runtime, desk.caller, view.summary.id, limit=COMMENTS_SHOWN + 1)
    return desk.page(
        "instances/view.html",
        status=status,
        view=view,
        line=case_line(desk.house.runtime, desk.caller, view.summary.id),
        message=message,
        lost=back.lost,
        steps=steps,
        others=others,
        slots_now=now,
        slots_there=there,
        slots_rest=tuple(slot for slot in slots if slot not in now and slot not in there),
        values=values_of_case(view, voice),
        records=tables_of(view, voice),
        keeps_form=keeps_form(desk, view.summary.id, view.summary.process),
        proposed={
            name
            for process, name in desk.house.runtime.registry.proposals
            if process == view.summary.process
        },
        children=children_of(view, voice, processes),
        earlier=route[:-LEGS_SHOWN],
        route=route[-LEGS_SHOWN:],
        names=names_of_case(view, voice),
        flags=flag_words(view.summary.flags, voice),
        due_words=""
        if view.deadline is None
        else deadline_words(
            view.deadline, view.process.states[view.summary.state].due, view.process, voice
        ),
        printed=[
            name
            for name in view.documents
            if desk.renderer.has(f"documents/{view.summary.process}/{name}.html")
        ],
        figures_told=[item for item in view.figures if _says(item.figure)],
        figures_silent=[item for item in view.figures if not _says(item.figure)],
        assigned=[
            (role, ", ".join(voice.person(person) for person in people))
            for role, people in view.assignees.items()
        ],
        people=desk.choices.people,
        comments=said[:COMMENTS_SHOWN],
        more_comments=len(said) > COMMENTS_SHOWN,
        may_comment=bool(set(desk.visit.roles) - READS_ONLY),
        may_assign=_may_assign(desk, view),
        approvals=approvals_of(view, voice),
        signatures=[
            {
                "who": voice.person(signature.person),
                "on_behalf_of": voice.person(signature.on_behalf_of)
                if signature.on_behalf_of
                else "",
                "role": signature.role or "",
                "at": signature.at,
                "kind": signature.kind,
                "meaning": signature.meaning,
                "entry": signature.entry,
            }
            for signature in view.signatures
        ],
        waivers=[
            {
                "gate": gate_words(waiver.gate, view.process, voice),
                "until": waiver.until,
                "by": voice.person(waiver.granted_by),
                "reason": waiver.reason,
            }
            for waiver in view.waivers
        ],
        may_waive=view.summary.final is None
        and not set(view.process.waived_by).isdisjoint(desk.visit.roles),
        waivable=_waivable(view, voice),
    )


def faults_of(error: QuyTrinhError, voice: Voice) -> dict[str, str]:
    """Field → why what was typed does not fit, in words."""
    faults = problem_of(error).members.get("faults", ())
    return {fault["field"].removeprefix("fields."): voice.fault(fault) for fault in faults}


def _asked(query: Mapping[str, str]) -> Asked:
    """What the form asks for; what cannot be meant is left out."""
    year = query.get("year", "")
    show = query.get("show", "open")
    return Asked(
        q=query.get("q", "").strip()[:200].replace("\x00", ""),
        process=query.get("process", ""),
        unit=query.get("unit", ""),
        year=year if len(year) == YEAR_DIGITS and year.isdecimal() else "",
        show=show if show in SHOWN else "open",
    )


def _after(text: str) -> tuple[str, str] | None:
    """Where the next page begins; an address that somebody bent begins anew."""
    opened, _, instance = text.partition("~")
    try:
        datetime.fromisoformat(opened)
    except ValueError:
        return None
    return (opened, instance) if instance else None


def _next(asked: Asked, found: tuple[Summary, ...]) -> str:
    last = found[PER_PAGE - 1]
    query = {name: getattr(asked, name) for name in Asked.__slots__}
    query["after"] = f"{last.opened_at.isoformat()}~{last.id}"
    return f"/instances?{urlencode({name: value for name, value in query.items() if value})}"


def _new(
    desk: Desk,
    process: str,
    *,
    typed: Typed | None = None,
    message: Message | None = None,
    status: int = 200,
) -> Response:
    definitions = list_definitions(desk.house.runtime, desk.caller)
    chosen = next((view for view in definitions if view.process.process == process), None)
    if process and chosen is None:
        raise NotFound("unknown_definition", process=process)
    return desk.page(
        "instances/new.html",
        status=status,
        message=message,
        openable=[view for view in definitions if view.may_open],
        chosen=chosen,
        shortages=() if chosen is None else shortage_words(desk, chosen.process),
        entries=() if chosen is None else _fields_to_open_with(desk, chosen, typed),
        units=desk.choices.units,
        year=desk.visit.today.year,
        typed=typed or Typed(),
    )


def _fields_to_open_with(
    desk: Desk, chosen: DefinitionView, typed: Typed | None
) -> tuple[Entry, ...]:
    first = chosen.process.initial
    return tuple(
        entry_of(
            name, spec, choices=desk.choices, typed=typed, required=spec.required_from == first
        )
        for name, spec in chosen.process.fields.items()
    )


def _opened(outcome: Any) -> Reply:
    return gone(_place(outcome))


def _place(outcome: Started | NotOpened) -> str:
    if isinstance(outcome, Started):
        return f"/instances/{outcome.case.instance.id}?done=opened"
    return "/instances/new"


def _done(desk: Desk, view: InstanceView) -> Message | None:
    """What the form just sent has done, in words; only what really is so can be said."""
    done = desk.request.query_params.get("done", "")
    if done in view.process.transitions and view.route[-1].step.transition == done:
        words = desk.voice.ui(
            "done.step",
            step=desk.voice.title(view.process.transitions[done].title),
            state=desk.voice.title(view.summary.state_title),
        )
        return Message(kind="good", text=words)
    if done in {
        "opened",
        "evidence",
        "reviewed",
        "row",
        "rows",
        "retired",
        "assigned",
        "waived",
        "claimed",
        "released",
    }:
        return Message(kind="good", text=desk.voice.ui(f"done.{done}"))
    return None


def _says(figure: Figure) -> bool:
    """Whether there is anything to count yet; a share of nothing says nothing."""
    return figure.numerator is not None and figure.denominator != 0


def _may_assign(desk: Desk, view: InstanceView) -> bool:
    definition = definition_view(
        desk.house.runtime, desk.caller, view.summary.process, view.definition_version
    )
    return definition.may_open and view.summary.final is None


def _waivable(view: InstanceView, voice: Voice) -> list[tuple[str, str]]:
    """The gates that stand in the way now and may be lifted: key and words."""
    found: dict[str, str] = {}
    for option in view.options:
        for unmet in option.unmet:
            lifted = unmet.waivable and not unmet.forbids and not unmet.fillable
            if lifted and unmet.key not in found:
                reason = voice.reasons((unmet,), view.process, option.transition)[0]
                found[unmet.key] = reason.text
    for spec in view.process.records.values():
        if spec.own_unit == "waiver" and view.summary.state in spec.edit_in:
            column = spec.not_of_unit[0]
            found[f"{UnmetCode.OWN_UNIT}:{column}"] = voice.ui(
                "gate.own_unit_of", column=voice.title(spec.columns[column].title)
            )
    return list(found.items())
