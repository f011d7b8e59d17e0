"""Steps: the one way in which a state changes, one at a time or several together.

1. `If-Match` names the version on which the step was decided; the loser is told what is there now,
   as is who wants a step that does not leave the present state: the same objects as on a reading.
2. Files may come with the step: parts named by requirement id, beside the part `command`.
3. A dry run answers what would happen, and leaves nothing, not even an entry.
4. Who asks for a receipt (`Prefer: receipt`, or `?receipt=true`) gets with the step the proof that
   it stands in the log, or the address where it will be.
5. Of several commands each gets a verdict; with `atomic` they are written together or not at all.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData

from api.dependencies import (
    Asked,
    Circumstances,
    Reply,
    Stepper,
    Version,
    answer_once,
    digest_of_body,
    reauthenticated,
    send,
    standing,
    standpoint,
)
from api.language import title
from api.problems import (
    Forbidden,
    MediaTypeUnknown,
    Problem,
    Unreadable,
    problem_of,
    problem_of_refusal,
)
from api.v1.instances import InstanceBody, UnmetBody, available_bodies, explainer, instance_body
from api.v1.reading import (
    Body,
    Identifier,
    IsoDate,
    JsonBody,
    LongText,
    Sent,
    WrongForm,
    digest_of_files,
    files_of,
    media_type_of,
    missing_file,
    opened_form,
    parse_json,
    read_as,
    refuse_texts,
)
from api.v1.receipts import PREFERENCE, receipt_at_once
from engine.commands.advance_instance import (
    AdvanceInstance,
    Stale,
    advance,
    advance_instance,
    hold,
    rehearse,
)
from engine.errors import NotFound, QuyTrinhError
from engine.machine.actor import Actor
from engine.machine.compiler import Compiled
from engine.machine.decision import Accepted, NotAvailable
from engine.runtime import Caller, Replayed, UnitOfWork
from engine.transaction.attaching import Upload
from engine.transaction.signing import Assertion, read_assertion
from engine.transaction.stepping import Taken, TurnedDown

router = APIRouter(tags=["transitions"])

COMMANDS_MAX = 100
SECRET = {"password", "signature"}


class FileNote(Body):
    """What is to be known of a file that comes with the step."""

    effective_date: IsoDate | None = None
    note: LongText = ""
    row: Identifier | None = None
    supersedes: Identifier | None = None


class SignatureSent(Body):
    """What a key answered.

    Attributes:
        request: the id that `POST …/signing` gave.
        assertion: `toJSON()` of what `navigator.credentials.get` gave.
    """

    request: Annotated[str, Field(min_length=1, max_length=64)]
    assertion: dict[str, Any]


class Wish(Body):
    """What every command of a step says.

    Attributes:
        evidence: ids of files attached before, which the caller counts on.
        password: entered again, for steps that are signed by who has no key.
        signature: what the key of somebody who has one answered.
    """

    transition: Identifier
    fields: dict[str, Any] = Field(default_factory=dict)
    reason: LongText | None = None
    evidence: list[Identifier] = Field(default_factory=list, max_length=200)
    password: str | None = Field(default=None, max_length=1000)
    signature: SignatureSent | None = None


class StepCommand(Wish):
    """A step that somebody wants to take.

    Attributes:
        files: requirement id → what is to be known of the file of that name in the form.
    """

    dry_run: bool = False
    files: dict[str, FileNote] = Field(default_factory=dict)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"transition": "submit", "fields": {}, "reason": None, "dry_run": False}]
        }
    )


class BulkCommand(Wish):
    """A step of one of several instances; `version` is what `If-Match` says elsewhere.

    Nothing is rehearsed here, and no files come along: both are refused rather than passed over.
    """

    instance: Identifier
    version: Annotated[int, Field(ge=0, le=999_999_999)]


class Bulk(Body):
    """Several steps; with `atomic` all of them or none."""

    commands: list[BulkCommand] = Field(min_length=1, max_length=COMMANDS_MAX)
    atomic: bool = False


class ReceiptBody(BaseModel):
    """The receipt of a step.

    Attributes:
        status: `witnessed`, `published` or `not_yet`.
        href: where it is, or will be; later it has the lines of witnesses, too.
        proof: the file (c2sp.org/tlog-proof).
    """

    status: str
    href: str
    proof: str | None


class StepBody(BaseModel):
    """An accepted step: the instance as it stands now, and the index of the log's entry.

    Attributes:
        receipt: where one was asked for.
    """

    instance: InstanceBody
    entry: int
    receipt: ReceiptBody | None = None


class RehearsalBody(BaseModel):
    """What a dry run found."""

    dry_run: bool = True
    accepted: bool
    to: str | None
    unmet: list[UnmetBody]


class VerdictBody(BaseModel):
    """The answer to one of several commands: the status it would have had alone, and the body."""

    instance: str
    transition: str
    status: int
    body: dict[str, Any]


class BulkBody(BaseModel):
    """A verdict for each command, in their order."""

    verdicts: list[VerdictBody]


def wants_receipt(
    prefer: Annotated[list[str] | None, Header()] = None,
    *,
    receipt: Annotated[bool, Query()] = False,
) -> bool:
    """Whether a receipt was asked for, in the address or by a preference (RFC 7240)."""
    wishes = ",".join(prefer or ()).lower().split(",")
    return receipt or PREFERENCE in {wish.partition(";")[0].strip() for wish in wishes}


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step as it was sent, with its files."""

    command: StepCommand
    uploads: tuple[Upload, ...]
    digest: str


async def read_step(request: Request) -> AsyncIterator[WantedStep]:
    """Read a step, sent as JSON or as a form with files; the files are closed with the request.

    Raises:
        Unreadable: it is neither.
        MediaTypeUnknown: it is sent as something else.
    """
    media_type = media_type_of(request)
    if media_type == "application/json":
        sent = await JsonBody(StepCommand)(request)
        yield WantedStep(sent.value, (), _digest(sent.value))
    elif media_type == "multipart/form-data":
        async with opened_form(request) as form:
            yield _of_form(form)
    else:
        raise MediaTypeUnknown(
            "media_type_unknown", accepted="application/json, multipart/form-data"
        )


@router.post(
    "/instances/{instance}/transitions",
    summary="Take a step",
    response_model=StepBody | RehearsalBody,
)
def post_transition(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    version: Version,
    wanted: Annotated[WantedStep, Depends(read_step)],
    receipt: Annotated[bool, Depends(wants_receipt)],
) -> Response:
    """Take one step, with the files that come along; or, with `dry_run`, only ask."""
    actor, compiled = _standpoint(asked, caller, instance)

    def render(outcome: Taken | TurnedDown) -> Reply:
        return _rendered(asked, outcome, wanted.command.transition, actor, compiled)

    request = replace(
        advance_request(caller, instance, version, wanted),
        reauthenticated=_signed(asked, caller, wanted.command.password),
        assertion=_answered(wanted.command),
        key=None if wanted.command.dry_run else asked.once(wanted.digest, render),
    )
    try:
        if wanted.command.dry_run:
            return send(_rehearsed(asked, request, compiled))
        answer = asked.respond(advance_instance(asked.house.runtime, request), render)
    except (Stale, NotAvailable) as error:
        return asked.problem(overtaken(asked, request, error))
    return with_receipt(asked, caller, answer) if receipt else answer


def with_receipt(asked: Asked, caller: Caller, answer: Response) -> Response:
    """The answer to a step that was taken, with its receipt; no other answer has one."""
    if answer.status_code != 200:
        return answer
    body = json.loads(bytes(answer.body))
    told = {**body, "receipt": receipt_at_once(asked, caller, body["entry"])}
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"content-length", "content-type"}
    }
    headers = {**kept, "preference-applied": PREFERENCE}
    return send(Reply(status=200, body=told, headers=headers))


@router.post("/transitions", summary="Take several steps", response_model=BulkBody)
def post_transitions(
    caller: Stepper, asked: Circumstances, body: Annotated[Sent[Bulk], Depends(JsonBody(Bulk))]
) -> Response:
    """Take steps of several instances; 200 with a verdict for each.

    With `atomic`, one failure makes it 409, and nothing is written.
    """
    bulk = body.value

    def run() -> Reply:
        if bulk.atomic:
            return _together(asked, caller, bulk.commands)
        verdicts = [_alone(asked, caller, command) for command in bulk.commands]
        return Reply(status=200, body={"verdicts": verdicts})

    secret = {"commands": {"__all__": SECRET}}
    digest = digest_of_body(bulk.model_dump_json(exclude=secret).encode())
    return answer_once(asked, caller, digest=digest, run=run)


def _of_form(form: FormData) -> WantedStep:
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if [name for name, _ in texts].count("command") != 1:
        raise Unreadable("command_part_missing")
    refuse_texts(texts, known={"command"})
    text = dict(texts)["command"]
    command = read_as(StepCommand, parse_json(text.encode("utf-8", "surrogatepass")))
    sent = {name for name, _ in files_of(form)}
    if command.files.keys() - sent:
        faults = [missing_file(name) for name in sorted(command.files.keys() - sent)]
        raise WrongForm("wrong_values", faults=faults)
    uploads = []
    for requirement, file in files_of(form):
        note = command.files.get(requirement, FileNote())
        uploads.append(
            Upload(
                requirement=requirement,
                filename=file.filename or "",
                content=file.file,
                effective_on=note.effective_date,
                note=note.note,
                row=note.row,
                supersedes=note.supersedes,
            )
        )
    return WantedStep(command, tuple(uploads), _digest(command, digest_of_files(form)))


def _digest(command: StepCommand, files: str = "") -> str:
    """What a key covers: all but the password, against which nothing kept may be held.

    What a security key answers differs each time, and is left out as well.
    """
    told = command.model_dump_json(exclude=SECRET)
    return digest_of_body(told.encode(), files.encode())


def _standpoint(asked: Asked, caller: Caller, instance: str) -> tuple[Actor, Compiled]:
    actor, compiled = standpoint(asked.house, caller, instance)
    if compiled is None:
        raise NotFound("unknown_instance", instance=instance)
    return actor, compiled


def _rendered(
    asked: Asked, outcome: Taken | TurnedDown, transition: str, actor: Actor, compiled: Compiled
) -> Reply:
    if isinstance(outcome, TurnedDown):
        explain = explainer(asked, compiled.process, transition=transition)
        return asked.reply(problem_of_refusal(outcome.refused, explain=explain, of=transition))
    return Reply(
        status=200,
        body={
            "instance": instance_body(asked, outcome.case, compiled, actor),
            "entry": outcome.entry,
        },
        headers={"ETag": f'"{outcome.case.instance.version}"'},
    )


def advance_request(
    caller: Caller, instance: str, version: int, wanted: WantedStep
) -> AdvanceInstance:
    """The step as it was sent, without what signs it."""
    return AdvanceInstance(
        caller=caller,
        instance_id=instance,
        transition=wanted.command.transition,
        expected_version=version,
        fields=wanted.command.fields,
        reason=wanted.command.reason,
        evidence=tuple(wanted.command.evidence),
        uploads=wanted.uploads,
    )


def overtaken(asked: Asked, request: AdvanceInstance, error: Stale | NotAvailable) -> Problem:
    """The problem of a step that was decided upon another state than the present one."""
    with standing(asked.house, request.caller) as (uow, _):
        return _present(asked, uow, request, error)


def _present(
    asked: Asked, uow: UnitOfWork, request: AdvanceInstance, error: Stale | NotAvailable
) -> Problem:
    """Tell where the instance stands and what this caller may do, in titles for people.

    All of it is read at once, so that state, version and steps belong together.
    """
    case = uow.case(request.instance_id)
    compiled = uow.pinned(case)
    process, instance = compiled.process, case.instance
    steps = available_bodies(asked, case, compiled, uow.actor(request.caller))
    told = {
        "state": title(process.states[instance.state].title, asked.language),
        "version": instance.version,
        "available": [step.title for step in steps],
    }
    wanted = process.transitions.get(request.transition)
    if wanted is not None:
        told["transition"] = title(wanted.title, asked.language)
    members = {
        "state": instance.state,
        "version": instance.version,
        "available": [step.model_dump(mode="json") for step in steps],
    }
    problem = problem_of(error)
    headers = {name: f'"{instance.version}"' for name in problem.headers if name == "ETag"}
    return replace(problem, params=told, members=members, headers=headers)


def _rehearsed(asked: Asked, request: AdvanceInstance, compiled: Compiled) -> Reply:
    decided = rehearse(asked.house.runtime, request).decision
    if isinstance(decided, Accepted):
        return Reply(
            status=200,
            body={"dry_run": True, "accepted": True, "to": decided.to_state, "unmet": []},
        )
    explain = explainer(asked, compiled.process, transition=request.transition)
    problem = problem_of_refusal(decided, explain=explain, of=request.transition)
    return Reply(
        status=200,
        body={
            "dry_run": True,
            "accepted": False,
            "to": None,
            "unmet": problem.members["unmet"],
        },
    )


def _signed(asked: Asked, caller: Caller, password: str | None) -> bool:
    """Whether the password was entered again.

    Raises:
        Forbidden: it is wrong.
        TooManyRequests: it was sent too often.
    """
    known = reauthenticated(asked.house, caller, password)
    if password is not None and not known:
        raise Forbidden("wrong_credentials")
    return known


def _answered(command: Wish) -> Assertion | None:
    """What a key answered, if one did."""
    sent = command.signature
    return None if sent is None else read_assertion(sent.assertion, request=sent.request)


def _alone(asked: Asked, caller: Caller, command: BulkCommand) -> dict[str, Any]:
    """One of several commands in a transaction of its own."""
    try:
        actor, compiled = _standpoint(asked, caller, command.instance)
        outcome = advance_instance(asked.house.runtime, _request(asked, caller, command))
        # Without a key nothing can be replayed.
        if isinstance(outcome, Replayed):
            raise NotFound("unknown_instance", instance=command.instance)
        return _verdict(command, _rendered(asked, outcome, command.transition, actor, compiled))
    except (Stale, NotAvailable) as error:
        request = _request(asked, caller, command)
        return _verdict(command, asked.reply(overtaken(asked, request, error)))
    except QuyTrinhError as error:
        return _verdict(command, asked.reply(problem_of(error)))


def _together(asked: Asked, caller: Caller, commands: Sequence[BulkCommand]) -> Reply:
    """All commands in one transaction, which is undone when one of them fails."""
    requests = [_request(asked, caller, command) for command in commands]
    verdicts: list[dict[str, Any]] = []
    with asked.house.runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        hold(uow, (command.instance for command in commands))
        for command, request in zip(commands, requests, strict=True):
            try:
                outcome = advance(uow, request)
                compiled = uow.pinned(outcome.case)
                reply = _rendered(asked, outcome, command.transition, actor, compiled)
            except (Stale, NotAvailable) as error:
                reply = asked.reply(_present(asked, uow, request, error))
            except QuyTrinhError as error:
                reply = asked.reply(problem_of(error))
            verdicts.append(_verdict(command, reply))
        if all(verdict["status"] == 200 for verdict in verdicts):
            uow.commit()
            return Reply(status=200, body={"verdicts": verdicts})
    return asked.reply(Problem(status=409, code="bulk_undone", members={"verdicts": verdicts}))


def _request(asked: Asked, caller: Caller, command: BulkCommand) -> AdvanceInstance:
    return AdvanceInstance(
        caller=caller,
        instance_id=command.instance,
        transition=command.transition,
        expected_version=command.version,
        fields=command.fields,
        reason=command.reason,
        evidence=tuple(command.evidence),
        reauthenticated=_signed(asked, caller, command.password),
        assertion=_answered(command),
    )


def _verdict(command: BulkCommand, reply: Reply) -> dict[str, Any]:
    return {
        "instance": command.instance,
        "transition": command.transition,
        "status": reply.status,
        "body": reply.body,
    }
