"""Links to the public forms of a case: made, shown once with their code for the printer, withdrawn.

1. Only who keeps a form sees its links; to others there is no such page.
2. The address holds the secret: it is on the page once, right after the link was made.
"""

from typing import Final

from fastapi import APIRouter, Response

from api.pages.rendering import code_part
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from api.problems import Forbidden, problem_of
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_public_links import (
    MOST_PER_DAY,
    USUAL_PER_DAY,
    MadePublicLink,
    NewPublicLink,
    make_public_link,
    offered_forms,
    withdraw_public_link,
)
from engine.errors import Conflict, Invalid, NotFound
from engine.queries.instances import instance_view

router = APIRouter(prefix="/instances/{instance_id}/public-links")

DIGITS_MAX: Final = 6


@router.get("")
def links_page(desk: Desked, instance_id: str) -> Response:
    """The links of the forms of a case."""
    done = desk.request.query_params.get("done") == "withdrawn"
    words = desk.voice.ui("done.public_link_withdrawn")
    return _show(desk, instance_id, message=Message(kind="good", text=words) if done else None)


@router.post("")
def make_one(sent: Posted, instance_id: str) -> Response:
    """Make a link, and show its address this once."""
    desk, typed = sent.desk, sent.typed
    count = typed.text("most_per_day").strip()
    wanted = NewPublicLink(
        instance_id=instance_id,
        record_set=typed.text("record_set"),
        kind=typed.text("kind"),
        most_per_day=int(count) if _is_count(count) else 0,
    )
    try:
        made = make_public_link(desk.house.runtime, desk.caller, wanted)
    except (Invalid, Conflict) as error:
        status = problem_of(error).status
        return _show(desk, instance_id, status=status, message=desk.voice.error(error))
    if isinstance(made, NotAllowed):
        raise Forbidden("role_missing", roles=_roles(made))
    return _show(desk, instance_id, made=made)


@router.post("/{link}/withdraw")
def withdraw_one(sent: Posted, instance_id: str, link: str) -> Response:
    """Withdraw a link at once."""
    desk = sent.desk
    done = withdraw_public_link(desk.house.runtime, desk.caller, instance_id, link)
    if isinstance(done, NotAllowed):
        raise Forbidden("role_missing", roles=_roles(done))
    return go(f"/instances/{instance_id}/public-links?done=withdrawn")


def keeps_form(desk: Desk, instance_id: str, process: str) -> bool:
    """Whether the visitor keeps a public form of a case, so that its page leads to the links."""
    if process not in {name for name, _ in desk.house.runtime.registry.public_forms}:
        return False
    found = offered_forms(desk.house.runtime, desk.caller, instance_id)
    return not isinstance(found, NotAllowed) and bool(found)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX


def _roles(outcome: NotAllowed) -> list[str]:
    return [role for unmet in outcome.refused.unmet for role in unmet.who_can]


def _show(
    desk: Desk,
    instance_id: str,
    *,
    status: int = 200,
    message: Message | None = None,
    made: MadePublicLink | None = None,
) -> Response:
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    forms = offered_forms(desk.house.runtime, desk.caller, instance_id)
    if isinstance(forms, NotAllowed):
        raise Forbidden("role_missing", roles=_roles(forms))
    if not forms:
        raise NotFound("no_public_form", record_set="")
    address = "" if made is None else f"{desk.house.settings.public_url}/survey/{made.secret}"
    answer = desk.page(
        "instances/public_links.html",
        status=status,
        view=view,
        forms=forms,
        message=message,
        made=made,
        address=address,
        code=code_part(address) if made is not None else None,
        usual=USUAL_PER_DAY,
        most=MOST_PER_DAY,
        people=desk.voice.people,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
