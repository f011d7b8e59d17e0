"""Verifications of the log over REST: started, followed, stopped, and what they found."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, answer_once, digest_of_body, send
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.verdict import fault_sentence
from engine.commands.check_log import cancel_check, request_check
from engine.queries.verifications import (
    FoundFault,
    VerificationView,
    verification,
    verification_faults,
    verifications,
)
from engine.runtime import Caller

router = APIRouter(prefix="/log/verifications", tags=["log"])


class VerificationBody(BaseModel):
    """A verification.

    Attributes:
        phase: what is checked: `entries`, `instances`, `files`; `done` of `of` are behind.
        intact: null until it has ended; so are `entries`, `root`, `instances`, `files`.
        faults: how many were found.
    """

    id: str
    state: str
    phase: str | None
    done: int | None
    of: int | None
    intact: bool | None
    entries: int | None
    root: str | None
    instances: int | None
    files: int | None
    not_checked: list[str]
    faults: int
    failure: str | None
    created_by: str
    created_by_name: str
    created_at: str | None
    started_at: str | None
    ended_at: str | None


class VerificationPage(BaseModel):
    """Verifications, the newest first."""

    items: list[VerificationBody]
    next: str | None


class LogFaultBody(BaseModel):
    """A fault; `entry` is the index of the entry that it lies in."""

    number: int
    code: str
    entry: int | None
    detail: str | None
    message: str


class LogFaultPage(BaseModel):
    """Faults in the order in which they were found."""

    items: list[LogFaultBody]
    next: str | None


@router.get("", summary="Verifications of the log", response_model=VerificationPage)
def get_verifications(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List verifications, the newest first."""
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    before = None if opened is None else str(opened[0])
    found = verifications(asked.house.runtime, caller, before=before, limit=limit)
    following = pager.seal([found[-1].job.id] if len(found) == limit else None)
    return send(Reply(status=200, body=page([_body(asked, caller, v) for v in found], following)))


@router.post("", summary="Verify the log", status_code=202, response_model=VerificationBody)
def post_verification(caller: Reader, asked: Circumstances) -> Response:
    """Begin a verification of the whole log in the background, or name the one at work."""

    def run() -> Reply:
        job = request_check(asked.house.runtime, caller)
        view = verification(asked.house.runtime, caller, job.id)
        headers = {"Location": f"/api/v1/log/verifications/{job.id}"}
        return Reply(status=202, body=_body(asked, caller, view), headers=headers)

    return answer_once(asked, caller, digest=digest_of_body(), run=run)


@router.get("/{verification_id}", summary="One verification", response_model=VerificationBody)
def get_verification(verification_id: str, caller: Reader, asked: Circumstances) -> Response:
    """Tell how far a verification is, and at its end what it found."""
    view = verification(asked.house.runtime, caller, verification_id)
    headers = {"Retry-After": "2"} if view.at_work else {}
    return send(Reply(status=200, body=_body(asked, caller, view), headers=headers))


@router.get(
    "/{verification_id}/faults", summary="What a verification found", response_model=LogFaultPage
)
def get_verification_faults(
    request: Request,
    verification_id: str,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Name each fault with the entry it lies in."""
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    after = 0 if opened is None else int(opened[0])
    runtime = asked.house.runtime
    found = verification_faults(runtime, caller, verification_id, after=after, limit=limit)
    following = pager.seal([found[-1].number] if len(found) == limit else None)
    return send(Reply(status=200, body=page([_fault(asked, one) for one in found], following)))


@router.post(
    "/{verification_id}/cancel", summary="Stop a verification", response_model=VerificationBody
)
def post_verification_cancel(
    verification_id: str, caller: Reader, asked: Circumstances
) -> Response:
    """Stop a verification; it has no result then."""

    def run() -> Reply:
        cancel_check(asked.house.runtime, caller, verification_id)
        view = verification(asked.house.runtime, caller, verification_id)
        return Reply(status=200, body=_body(asked, caller, view))

    return answer_once(asked, caller, digest=digest_of_body(), run=run)


def _body(asked: Asked, caller: Caller, view: VerificationView) -> dict[str, Any]:
    job, result = view.job, view.result or {}
    failure = job.failure
    return VerificationBody(
        id=job.id,
        state=job.state.value,
        phase=job.progress.get("phase"),
        done=job.progress.get("done"),
        of=job.progress.get("of"),
        intact=result.get("intact"),
        entries=result.get("entries"),
        root=result.get("root"),
        instances=result.get("instances"),
        files=result.get("files"),
        not_checked=list(result.get("not_checked", ())),
        faults=view.faults,
        failure=None if failure is None else asked.say(f"error.{failure['code']}"),
        created_by=job.created_by,
        created_by_name=view.created_by_name,
        created_at=asked.at(job.created_at, caller.organization_id),
        started_at=asked.at(job.started_at, caller.organization_id),
        ended_at=asked.at(job.ended_at, caller.organization_id),
    ).model_dump(mode="json")


def _fault(asked: Asked, fault: FoundFault) -> dict[str, Any]:
    finding = fault.finding
    return LogFaultBody(
        number=fault.number,
        code=finding.code,
        entry=finding.idx,
        detail=finding.detail,
        message=fault_sentence(
            finding, fault.names, say=asked.house.words.say, language=asked.language
        ),
    ).model_dump(mode="json")
