"""One's own account: the keys with which one signs.

1. Enrolling and revoking a key need the password with the very form; tries count as logins.
2. The browser makes the key; the script of the page only carries question and answer.
3. A house that is reached by a bare number binds no keys, and the page says so.
"""

import json
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.auth.keys import Site, binds_keys, enrolment_options, read_new_key
from api.pages.forms import Typed
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from api.problems import Forbidden, TooManyRequests, problem_of
from engine.commands.manage_keys import (
    ask_enrolment,
    challenge_asked,
    enrol_key,
    keys_of,
    revoke_key,
)
from engine.errors import Conflict, Invalid, NotFound, QuyTrinhError
from engine.transaction.signing import SignatureRefused

router = APIRouter()

DONE: Final = frozenset({"enrolled", "revoked"})


@router.get("/account")
def account_page(desk: Desked) -> Response:
    """The visitor's keys."""
    done = desk.request.query_params.get("done", "")
    message = (
        Message(kind="good", text=desk.voice.ui(f"account.{done}_done")) if done in DONE else None
    )
    return _show(desk, message=message)


@router.post("/account/keys/request")
def ask_key(sent: Posted) -> Response:
    """What a new key is to answer, for the script of the page."""
    desk = sent.desk
    if not binds_keys(_site(desk)):
        return JSONResponse({}, status_code=409)
    try:
        sent.demand_password("secret")
        asked = ask_enrolment(desk.house.runtime, desk.caller)
    except (Forbidden, TooManyRequests, Conflict):
        # The script then sends the form, and the page that answers says why not.
        return JSONResponse({}, status_code=409)
    options = enrolment_options(
        _site(desk), asked, person=desk.caller.person, username=_username(desk)
    )
    return JSONResponse({"id": asked.id, "options": options})


@router.post("/account/keys")
def enrol(sent: Posted) -> Response:
    """Enrol the key that the browser made."""
    desk, typed = sent.desk, sent.typed
    request = typed.text("signing")
    try:
        # Who was given a challenge has entered the password for it.
        if not request:
            sent.demand_password("secret")
            return _no(desk, Invalid("key_not_made"), typed)
        challenge = challenge_asked(desk.house.runtime, desk.caller, request)
        new = read_new_key(_site(desk), _told(typed), challenge=challenge)
        enrol_key(desk.house.runtime, desk.caller, request, new, name=typed.text("name"))
    except (Invalid, Conflict, Forbidden, TooManyRequests, SignatureRefused) as error:
        return _no(desk, error, typed)
    return go("/account?done=enrolled")


@router.post("/account/keys/{key_id}/revoke")
def revoke(sent: Posted, key_id: str) -> Response:
    """Revoke a key."""
    try:
        sent.demand_password("password")
        revoke_key(sent.desk.house.runtime, sent.desk.caller, key_id)
    except (Forbidden, TooManyRequests, NotFound) as error:
        return _no(sent.desk, error, sent.typed)
    return go("/account?done=revoked")


def _told(typed: Typed) -> dict[str, object]:
    try:
        told = json.loads(typed.text("assertion"))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise SignatureRefused("key_refused")
    return told


def _no(desk: Desk, error: QuyTrinhError, typed: Typed) -> Response:
    message = desk.voice.error(error)
    return _show(desk, status=problem_of(error).status, message=message, typed=typed)


def _site(desk: Desk) -> Site:
    settings = desk.house.settings
    return Site(settings.public_host, settings.public_url)


def _username(desk: Desk) -> str:
    with desk.house.runtime.credentials() as (accounts, _):
        account = accounts.of_person(desk.caller.organization_id, desk.caller.person)
    return desk.visit.name if account is None else account.username


def _show(
    desk: Desk, *, status: int = 200, message: Message | None = None, typed: Typed | None = None
) -> Response:
    return desk.page(
        "account/view.html",
        status=status,
        message=message,
        typed=typed or Typed(),
        keys=keys_of(desk.house.runtime, desk.caller),
        binds=binds_keys(_site(desk)),
        username=_username(desk),
    )
