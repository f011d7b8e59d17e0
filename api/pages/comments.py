"""What people say about a case: the form on its page, and all of it."""

from typing import Final

from fastapi import APIRouter, Response

from api.dependencies import Reply
from api.pages.instances import show_instance
from api.pages.showing import Message
from api.pages.visiting import Desked, Posted, go, gone, went
from engine.commands.add_comment import AddComment, add_comment
from engine.errors import Invalid
from engine.queries.comments import comments_on
from engine.queries.instances import instance_view
from engine.runtime import Replayed
from engine.storage.comments import Comment

router = APIRouter(prefix="/instances/{instance_id}/comments")

ALL: Final = 1000


@router.get("")
def comments_page(desk: Desked, instance_id: str) -> Response:
    """All that was said about a case."""
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    found = comments_on(desk.house.runtime, desk.caller, instance_id, limit=ALL)
    return desk.page("instances/comments.html", view=view, comments=found)


@router.post("")
def comment(sent: Posted, instance_id: str) -> Response:
    """Say something about a case."""
    desk, typed = sent.desk, sent.typed
    address = f"/instances/{instance_id}#comments"

    def render(_made: Comment) -> Reply:
        return gone(address)

    try:
        outcome = add_comment(
            desk.house.runtime,
            AddComment(
                caller=desk.caller,
                instance_id=instance_id,
                text=typed.text("text"),
                mentions=tuple(typed.texts.get("mention", ())),
                key=sent.once(render),
            ),
        )
    except Invalid as error:
        view = instance_view(desk.house.runtime, desk.caller, instance_id)
        message: Message = desk.voice.error(error)
        return show_instance(desk, view, status=422, message=message)
    return go((went(outcome) if isinstance(outcome, Replayed) else None) or address)
