"""What people say about a case; who is named in it is told."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import Circumstances, Reader, Reply, Stepper, send
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of
from api.v1.reading import Body, Identifier, JsonBody, LongText, Sent
from engine.commands.add_comment import AddComment, add_comment
from engine.queries.comments import comments_on
from engine.storage.comments import Comment

router = APIRouter(prefix="/instances/{instance}/comments", tags=["steering"])


class NewCommentBody(Body):
    """A text, and the people who shall be told of it."""

    text: LongText
    mentions: list[Identifier] = Field(default_factory=list, max_length=20)


class CommentBody(BaseModel):
    """A comment; `entry` is the index of the log's entry that tells of it."""

    id: str
    entry: int
    author: str
    name: str
    text: str
    mentions: list[str]
    written_at: str | None


class CommentPage(BaseModel):
    """A page of comments, the newest first."""

    items: list[CommentBody]
    next: str | None


class MadeCommentBody(BaseModel):
    """A comment that was made."""

    id: str
    entry: int


@router.get("", summary="Comments", response_model=CommentPage)
def get_comments(
    request: Request,
    instance: str,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List what was said about a case."""
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    before = None if opened is None else int(opened[0])
    found = comments_on(asked.house.runtime, caller, instance, before=before, limit=limit + 1)
    items = found[:limit]
    shown: list[Any] = [
        CommentBody(
            id=one.comment.id,
            entry=one.comment.entry,
            author=one.comment.author,
            name=one.author,
            text=one.comment.text,
            mentions=list(one.comment.mentions),
            written_at=asked.at(one.comment.written_at, caller.organization_id),
        ).model_dump()
        for one in items
    ]
    following = pager.seal([items[-1].comment.entry]) if len(found) > limit else None
    return send(Reply(status=200, body=page(shown, following)))


@router.post("", status_code=201, summary="Comment", response_model=MadeCommentBody)
def post_comment(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[NewCommentBody], Depends(JsonBody(NewCommentBody))],
) -> Response:
    """Say something about a case; it is never changed afterwards."""

    def render(made: Comment) -> Reply:
        shown = MadeCommentBody(id=made.id, entry=made.entry).model_dump()
        return Reply(status=201, body=shown)

    request = AddComment(
        caller=caller,
        instance_id=instance,
        text=body.value.text,
        mentions=tuple(body.value.mentions),
        key=asked.once(body.digest, render),
    )
    return asked.respond(add_comment(asked.house.runtime, request), render)
