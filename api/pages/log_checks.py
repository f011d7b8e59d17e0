"""Verifications of the log: started, followed, stopped, and kept with what they found.

1. Whoever may read the log may start one; one is at work at a time.
2. Its page renews itself, with and without a script, and says every fault with its entry.
3. What was not checked is said beside what was.
"""

from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Response

from api.pages.visiting import Desk, Desked, Posted, go
from api.verdict import fault_sentence
from engine.commands.check_log import cancel_check, request_check
from engine.errors import Conflict, NotFound
from engine.queries.publication import LogIdentity, log_identity
from engine.queries.verifications import verification, verification_faults, verifications

router = APIRouter(prefix="/log")

LATEST: Final = 20
FAULTS_SHOWN: Final = 200
PLACE: Final = "/log/verifications"


@router.get("/verifications")
def list_page(desk: Desked) -> Response:
    """The verifications so far, and a button for another one."""
    return desk.page(
        "log/verifications.html",
        found=verifications(desk.house.runtime, desk.caller, limit=LATEST),
        published=_published(desk),
    )


def _published(desk: Desk) -> LogIdentity | None:
    """What an auditor pins of the log; None where nothing is published."""
    try:
        return log_identity(desk.house.runtime, desk.caller.organization_id)
    except NotFound:
        return None


@router.get("/verification")
def old_address(desk: Desked) -> Response:
    """Where verification was before it had a history."""
    del desk
    return go(PLACE)


@router.post("/verifications")
def start(sent: Posted) -> Response:
    """Begin a verification in the background, or go to the one at work."""
    job = request_check(sent.desk.house.runtime, sent.desk.caller)
    return go(f"{PLACE}/{job.id}")


@router.get("/verifications/{job_id}")
def one_page(desk: Desked, job_id: str) -> Response:
    """How far a verification is, and what it found."""
    view = verification(desk.house.runtime, desk.caller, job_id)
    failure = view.job.failure
    words, language = desk.voice.words, desk.visit.language
    faults = verification_faults(desk.house.runtime, desk.caller, job_id, limit=FAULTS_SHOWN)
    result = view.result or {}
    return desk.page(
        "log/verification.html",
        view=view,
        result=view.result,
        failure=None
        if failure is None
        else words.say(f"error.{failure['code']}", failure["params"], language),
        faults=[
            (
                fault.finding,
                fault_sentence(fault.finding, fault.names, say=words.say, language=language),
            )
            for fault in faults
        ],
        not_checked=_not_checked(desk, result.get("not_checked", ())),
    )


@router.post("/verifications/{job_id}/cancel")
def cancel(sent: Posted, job_id: str) -> Response:
    """Stop a verification."""
    # Where it ended in the meantime, its page says how.
    with suppress(Conflict):
        cancel_check(sent.desk.house.runtime, sent.desk.caller, job_id)
    return go(f"{PLACE}/{job_id}")


def _not_checked(desk: Desk, names: tuple[str, ...]) -> list[str]:
    return [desk.voice.words.say(f"not_checked.{n}", {}, desk.visit.language) for n in names]
