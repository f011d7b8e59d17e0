"""Everybody's signing keys, for administrators: to see them, and to end one that somebody lost."""

from typing import Final

from fastapi import APIRouter, Response

from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from api.problems import Forbidden, TooManyRequests, problem_of
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_keys import keys_in_force, revoke_key_of_another
from engine.errors import Invalid, NotFound, Refused
from engine.machine.actor import ADMINISTRATOR

router = APIRouter(prefix="/admin/keys")

HOME: Final = "/admin/keys"


@router.get("")
def keys_page(desk: Desked) -> Response:
    """Every key that was not revoked."""
    revoked = desk.request.query_params.get("done") == "revoked"
    message = Message(kind="good", text=desk.voice.ui("account.revoked_done")) if revoked else None
    return _show(desk, message=message)


@router.post("/{key_id}/revoke")
def revoke(sent: Posted, key_id: str) -> Response:
    """End somebody's key; the administrator enters the password of their own account."""
    desk, typed = sent.desk, sent.typed
    try:
        sent.demand_password("password")
        reason = typed.text("reason")
        refused = revoke_key_of_another(desk.house.runtime, desk.caller, key_id, reason=reason)
    except (Forbidden, TooManyRequests, NotFound, Invalid) as error:
        status = problem_of(error).status
        return _show(desk, status=status, message=desk.voice.error(error))
    if refused is not None:
        raise Refused("role_missing", roles=[ADMINISTRATOR])
    return go(f"{HOME}?done=revoked")


def _show(desk: Desk, *, status: int = 200, message: Message | None = None) -> Response:
    found = keys_in_force(desk.house.runtime, desk.caller)
    if isinstance(found, NotAllowed):
        raise Refused("role_missing", roles=[ADMINISTRATOR])
    return desk.page("admin/keys.html", status=status, message=message, keys=found)
