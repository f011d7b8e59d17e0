"""What the forms of an instance write: a step, a file, a review, an assignment, a waiver.

1. The version that the page showed goes with the step; who comes too late is told who was faster
   and what can be done now, and gets back what was typed.
2. A refusal comes back as the same page, with every reason and the form as it was filled in.
3. What was taken is answered with 303.
"""

import json
from dataclasses import replace
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from api.auth.keys import signing_options
from api.dependencies import Reply, reauthenticated
from api.pages.forms import PREFIX, Typed, values_of
from api.pages.instances import Comeback, faults_of, show_instance
from api.pages.showing import Message
from api.pages.visiting import Desk, Posted, Sent, go, gone, went
from api.problems import TooManyRequests, problem_of
from engine.commands.advance_instance import (
    AdvanceInstance,
    Stale,
    advance_instance,
    ask_for_signature,
    rehearse,
)
from engine.commands.attach_evidence import (
    Attached,
    AttachEvidence,
    NotAttached,
    attach_evidence,
)
from engine.commands.claim_instance import (
    ClaimInstance,
    ReleaseInstance,
    claim_instance,
    release_instance,
)
from engine.commands.review_evidence import (
    NotReviewed,
    Reviewed,
    ReviewEvidence,
    review_evidence,
)
from engine.commands.steer_instance import (
    AssignInstance,
    GrantWaiver,
    NotSteered,
    Steered,
    assign_instance,
    grant_waiver,
)
from engine.errors import Conflict, Invalid, QuyTrinhError
from engine.machine.decision import Refused
from engine.queries.instances import InstanceView, instance_view
from engine.runtime import Replayed
from engine.transaction.attaching import Upload
from engine.transaction.signing import (
    Assertion,
    AssertionUnreadable,
    SignatureAsked,
    SignatureRefused,
    read_assertion,
)
from engine.transaction.stepping import Taken

router = APIRouter()

FILE_PREFIX: Final = "file."
VERSION_DIGITS: Final = 9


@router.post("/instances/{instance_id}/steps/{transition}")
def take_step(sent: Posted, instance_id: str, transition: str) -> Response:
    """Take a step, with its fields, its reason and its files."""
    desk = sent.desk
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    try:
        request = _advance(sent, view, transition)
        outcome = advance_instance(desk.house.runtime, request)
    except Stale:
        return _too_late(sent, instance_id, transition)
    except (Invalid, Conflict, TooManyRequests, SignatureRefused) as error:
        return _faulty(sent, instance_id, transition, error)
    if isinstance(outcome, Taken):
        return go(_taken_to(outcome))
    if isinstance(outcome, Replayed):
        place = went(outcome)
        if place is not None:
            return go(place)
        decided = rehearse(desk.house.runtime, replace(request, uploads=())).decision
        return _refused(sent, instance_id, transition, decided)
    return _refused(sent, instance_id, transition, outcome.refused)


@router.post("/instances/{instance_id}/steps/{transition}/signing")
def ask_signature(sent: Posted, instance_id: str, transition: str) -> Response:
    """What the visitor's key shall sign for the step, for the script of the page.

    When there is nothing to sign the form is simply sent, and the page says why the answer is no.
    """
    desk = sent.desk
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    try:
        asked = ask_for_signature(desk.house.runtime, _advance(sent, view, transition))
    except (Invalid, Conflict):
        asked = None
    if not isinstance(asked, SignatureAsked):
        return JSONResponse({}, status_code=409)
    return JSONResponse({"id": asked.id, "options": signing_options(asked)})


@router.post("/instances/{instance_id}/evidence")
def attach(sent: Posted, instance_id: str) -> Response:
    """Attach a file to a requirement."""
    desk, typed = sent.desk, sent.typed
    requirement = typed.text("requirement")
    file = sent.form.get("file")
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    if not isinstance(file, UploadFile) or not file.filename:
        message = Message(kind="bad", text=desk.voice.ui("evidence.no_file"))
        return show_instance(desk, view, status=422, message=message)
    upload = Upload(
        requirement=requirement,
        filename=file.filename,
        content=file.file,
        effective_on=_day(typed.text("effective_on")),
        note=typed.text("note").strip(),
        row=typed.text("row") or None,
        supersedes=typed.text("supersedes") or None,
    )
    request = AttachEvidence(
        caller=desk.caller,
        instance_id=view.summary.id,
        upload=upload,
        key=sent.once(lambda outcome: _kept(outcome, view, "evidence", requirement)),
    )
    try:
        outcome = attach_evidence(desk.house.runtime, request)
    except (Invalid, Conflict) as error:
        message = desk.voice.error(error)
        return show_instance(desk, view, status=problem_of(error).status, message=message)
    return _after(desk, view, outcome, "evidence", requirement)


@router.post("/instances/{instance_id}/evidence/{evidence_id}/review")
def review(sent: Posted, instance_id: str, evidence_id: str) -> Response:
    """Accept or reject a file."""
    desk, typed = sent.desk, sent.typed
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    file = next((f for slot in view.slots for f in slot.files if f.id == evidence_id), None)
    requirement = "" if file is None else file.requirement
    request = ReviewEvidence(
        caller=desk.caller,
        evidence_id=evidence_id,
        accepted=typed.text("verdict") == "accepted",
        note=typed.text("note").strip(),
        key=sent.once(lambda outcome: _kept(outcome, view, "reviewed", requirement)),
    )
    try:
        outcome = review_evidence(desk.house.runtime, request)
    except Conflict as error:
        return show_instance(desk, view, status=409, message=desk.voice.error(error))
    return _after(desk, view, outcome, "reviewed", requirement)


@router.post("/instances/{instance_id}/assignees")
def assign(sent: Posted, instance_id: str) -> Response:
    """Narrow a role of the instance to named people; nobody named opens it again."""
    desk, typed = sent.desk, sent.typed
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    request = AssignInstance(
        caller=desk.caller,
        instance_id=view.summary.id,
        assignees={typed.text("role"): typed.texts.get("person", ())},
        key=sent.once(lambda outcome: _kept(outcome, view, "assigned")),
    )
    try:
        outcome = assign_instance(desk.house.runtime, request)
    except Invalid as error:
        return show_instance(desk, view, status=422, message=desk.voice.error(error))
    return _after(desk, view, outcome, "assigned")


@router.post("/instances/{instance_id}/claim")
def claim(sent: Posted, instance_id: str) -> Response:
    """Take a role of the instance upon oneself."""
    desk, typed = sent.desk, sent.typed
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    request = ClaimInstance(
        caller=desk.caller,
        instance_id=view.summary.id,
        role=typed.text("role"),
        key=sent.once(lambda outcome: _kept(outcome, view, "claimed")),
    )
    try:
        outcome = claim_instance(desk.house.runtime, request)
    except (Invalid, Conflict) as error:
        message = desk.voice.error(error)
        return show_instance(desk, view, status=problem_of(error).status, message=message)
    return _after(desk, view, outcome, "claimed")


@router.post("/instances/{instance_id}/release")
def release(sent: Posted, instance_id: str) -> Response:
    """Give a role of the instance back, with a reason."""
    desk, typed = sent.desk, sent.typed
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    request = ReleaseInstance(
        caller=desk.caller,
        instance_id=view.summary.id,
        role=typed.text("role"),
        reason=typed.text("reason"),
        key=sent.once(lambda outcome: _kept(outcome, view, "released")),
    )
    try:
        outcome = release_instance(desk.house.runtime, request)
    except (Invalid, Conflict) as error:
        message = desk.voice.error(error)
        return show_instance(desk, view, status=problem_of(error).status, message=message)
    return _after(desk, view, outcome, "released")


@router.post("/instances/{instance_id}/waivers")
def waive(sent: Posted, instance_id: str) -> Response:
    """Lift one gate until a day, with a reason."""
    desk, typed = sent.desk, sent.typed
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    until = _day(typed.text("until"))
    if until is None:
        text = desk.voice.words.say("fault.not_date", {}, desk.visit.language)
        message = Message(kind="bad", text=f"{desk.voice.ui('waiver.last_day')}: {text}")
        return show_instance(desk, view, status=422, message=message)
    request = GrantWaiver(
        caller=desk.caller,
        instance_id=view.summary.id,
        gate=typed.text("gate"),
        reason=typed.text("reason"),
        until=until,
        key=sent.once(lambda outcome: _kept(outcome, view, "waived")),
    )
    try:
        outcome = grant_waiver(desk.house.runtime, request)
    except Invalid as error:
        return show_instance(desk, view, status=422, message=desk.voice.error(error))
    return _after(desk, view, outcome, "waived")


def _advance(sent: Sent, view: InstanceView, transition: str) -> AdvanceInstance:
    desk, typed = sent.desk, sent.typed
    option = next((one for one in view.options if one.transition == transition), None)
    specs = {} if option is None else {name: spec for name, (spec, _) in option.fields.items()}
    version = typed.text("version")
    usable = version.isdecimal() and len(version) <= VERSION_DIGITS
    return AdvanceInstance(
        caller=desk.caller,
        instance_id=view.summary.id,
        transition=transition,
        expected_version=int(version) if usable else -1,
        fields=values_of(typed, specs, stored=view.fields, zone=desk.visit.zone),
        reason=typed.text("reason"),
        uploads=_uploads(sent),
        reauthenticated=reauthenticated(desk.house, desk.caller, typed.text("password")),
        assertion=_assertion(typed),
        key=sent.once(_kept_step),
    )


def _assertion(typed: Typed) -> Assertion | None:
    """What a key answered, where the script of the page asked one."""
    text = typed.text("assertion")
    if not text:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AssertionUnreadable("assertion_unreadable") from error
    return read_assertion(told, request=typed.text("signing"))


def _uploads(sent: Sent) -> tuple[Upload, ...]:
    """The files of a step's form; an input that was left empty sends a nameless one."""
    return tuple(
        Upload(
            requirement=name.removeprefix(FILE_PREFIX),
            filename=value.filename,
            content=value.file,
        )
        for name, value in sent.form.multi_items()
        if isinstance(value, UploadFile) and name.startswith(FILE_PREFIX) and value.filename
    )


def _taken_to(taken: Taken) -> str:
    return f"/instances/{taken.case.instance.id}?done={taken.accepted.transition}"


def _kept_step(outcome: Any) -> Reply:
    """What a second click gets: where the first one led, or that it was refused."""
    if isinstance(outcome, Taken):
        return gone(_taken_to(outcome))
    return Reply(status=403 if outcome.refused.forbidden else 409, body="")


def _too_late(sent: Sent, instance_id: str, transition: str) -> Response:
    """Somebody was faster: who, with what, and what can be done now."""
    desk = sent.desk
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    last = view.route[-1]
    text = desk.voice.ui(
        "stale",
        name=desk.voice.person(last.step.person),
        step=desk.voice.title(last.title),
        at=last.step.at.astimezone(desk.visit.zone),
        state=desk.voice.title(view.summary.state_title),
    )
    still = any(option.transition == transition and option.mine for option in view.options)
    return show_instance(
        desk,
        view,
        status=412,
        message=Message(kind="warn", text=text),
        back=_back(sent, view, transition if still else None),
    )


def _faulty(sent: Sent, instance_id: str, transition: str, error: QuyTrinhError) -> Response:
    """What was sent does not fit, or the step is not to be had in this state."""
    desk = sent.desk
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    there = any(option.transition == transition for option in view.options)
    return show_instance(
        desk,
        view,
        status=problem_of(error).status,
        message=desk.voice.error(error, view.process.fields)
        if there
        else Message(kind="bad", text=desk.voice.ui("not_available")),
        back=_back(sent, view, transition if there else None, error=error),
    )


def _refused(sent: Sent, instance_id: str, transition: str, decided: Any) -> Response:
    """No, with every reason; the form stays filled in."""
    desk = sent.desk
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    if not isinstance(decided, Refused):
        return go(f"/instances/{view.summary.id}")
    reasons = desk.voice.reasons(decided.unmet, view.process, transition)
    return show_instance(
        desk,
        view,
        status=403 if decided.forbidden else 409,
        message=Message(kind="bad", text=desk.voice.ui("refused"), faults=reasons),
        back=_back(sent, view, transition),
    )


def _back(
    sent: Sent, view: InstanceView, step: str | None, *, error: QuyTrinhError | None = None
) -> Comeback:
    """The form that comes back; where its step is gone, what was typed all the same."""
    if step is None:
        return Comeback(lost=_lost(sent, view))
    faults = {} if error is None else faults_of(error, sent.desk.voice)
    return Comeback(step=step, typed=replace(sent.typed, faults=faults))


def _lost(sent: Sent, view: InstanceView) -> tuple[tuple[str, str], ...]:
    """What was typed for a step that is gone, by the titles of its fields."""
    typed: Typed = sent.typed
    voice = sent.desk.voice
    found = [
        (voice.title(spec.title), "\n".join(typed.texts[PREFIX + name]))
        for name, spec in view.process.fields.items()
        if any(text.strip() for text in typed.texts.get(PREFIX + name, ()))
    ]
    if typed.text("reason").strip():
        found.append((voice.ui("view.reason"), typed.text("reason")))
    return tuple(found)


def _kept(outcome: Any, view: InstanceView, done: str, requirement: str = "") -> Reply:
    """What a second click of a small form gets: where the first one led, or that it was refused."""
    if isinstance(outcome, Attached | Reviewed | Steered):
        return gone(_place(view, done, requirement))
    return Reply(status=403, body="")


def _after(
    desk: Desk,
    view: InstanceView,
    outcome: Any,
    done: str,
    requirement: str = "",
) -> Response:
    """Go on after a small form; a refusal comes back with its reasons."""
    if isinstance(outcome, Replayed):
        return go(went(outcome) or f"/instances/{view.summary.id}")
    if isinstance(outcome, NotAttached | NotReviewed | NotSteered):
        reasons = desk.voice.reasons(outcome.refused.unmet, view.process)
        message = Message(kind="bad", text=desk.voice.ui("refused"), faults=reasons)
        return show_instance(desk, view, status=403, message=message)
    return go(_place(view, done, requirement))


def _place(view: InstanceView, done: str, requirement: str) -> str:
    anchor = f"#evidence-{requirement}" if requirement else ""
    return f"/instances/{view.summary.id}?done={done}{anchor}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
