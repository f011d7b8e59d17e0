"""Bearer tokens: one's own, or, for administrators, everybody's. The secret is shown once."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import (
    Administering,
    Circumstances,
    Reply,
    answer_once,
    digest_of_body,
    send,
    standing,
    visitor_expiry,
    visitor_scopes,
)
from api.problems import Forbidden
from api.v1.administering import done
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, Identifier, Instant, JsonBody, Name, Sent
from engine.commands.manage_accounts import SCOPES, make_token, revoke_token
from engine.machine.actor import ADMINISTRATOR

router = APIRouter(prefix="/tokens", tags=["tokens"])

ScopeName = Literal["read", "step", "evidence", "import", "admin"]


class NewToken(Body):
    """A token; without scopes it may do all that its person may, as far as the maker's go.

    Attributes:
        person: whose token; only an administrator makes one for somebody else.
    """

    name: Name
    person: Identifier | None = None
    scopes: list[ScopeName] | None = Field(default=None, min_length=1, max_length=5)
    expires_at: Instant | None = None


class TokenBody(BaseModel):
    """A token, without its secret."""

    id: str
    name: str
    person: str
    scopes: list[str]
    created_at: str | None
    expires_at: str | None
    used_at: str | None


class TokenPage(BaseModel):
    """A page of tokens, newest first."""

    items: list[TokenBody]
    next: str | None


class MadeTokenBody(TokenBody):
    """A fresh token with its secret, which is shown this once."""

    secret: str


@router.get("", summary="Tokens", response_model=TokenPage)
def get_tokens(
    request: Request,
    caller: Administering,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List one's own tokens; an administrator sees all of the organisation."""
    with standing(asked.house, caller) as (uow, actor):
        tokens = uow.accounts.tokens_of(caller.organization_id)
        all_of_them = ADMINISTRATOR in actor.roles
    found = [token for token in tokens if all_of_them or token.person == caller.person]
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [
        TokenBody(
            id=token.id,
            name=token.name,
            person=token.person,
            scopes=sorted(token.scopes),
            created_at=asked.at(token.created_at, caller.organization_id),
            expires_at=asked.at(token.expires_at, caller.organization_id),
            used_at=asked.at(token.used_at, caller.organization_id),
        ).model_dump()
        for token in items
    ]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("", status_code=201, summary="Make a token", response_model=MadeTokenBody)
def post_token(
    request: Request,
    caller: Administering,
    asked: Circumstances,
    body: Annotated[Sent[NewToken], Depends(JsonBody(NewToken))],
) -> Response:
    """Make a token. One made with a token has no scope that the making one lacks, nor outlives it.

    The answer holds a secret, so it is never kept under an idempotency key: a second request makes
    a second token.
    """
    given = body.value
    person = given.person or caller.person
    if person != caller.person:
        with standing(asked.house, caller) as (_, actor):
            if ADMINISTRATOR not in actor.roles:
                raise Forbidden("role_missing", roles=[ADMINISTRATOR])
    own = visitor_scopes(request)
    wanted = frozenset(given.scopes) if given.scopes is not None else own or SCOPES
    beyond = wanted - (own or SCOPES)
    if beyond:
        raise Forbidden("scope_missing", scope=", ".join(sorted(beyond)))
    made = make_token(
        asked.house.runtime,
        caller.organization_id,
        person=person,
        name=given.name,
        scopes=wanted,
        expires_at=_within(visitor_expiry(request), given.expires_at),
        by=caller.person,
    )
    token = made.token
    shown = MadeTokenBody(
        id=token.id,
        name=token.name,
        person=token.person,
        scopes=sorted(token.scopes),
        created_at=asked.at(token.created_at, caller.organization_id),
        expires_at=asked.at(token.expires_at, caller.organization_id),
        used_at=None,
        secret=made.secret,
    )
    headers = {"Location": f"/api/v1/tokens/{token.id}", "Cache-Control": "no-store"}
    return send(Reply(status=201, body=shown.model_dump(), headers=headers))


def _within(end: datetime | None, wanted: datetime | None) -> datetime | None:
    """When the new token ends: as wanted, but not after the credential that makes it."""
    if end is None or wanted is None:
        return end or wanted
    return min(end, wanted)


@router.delete("/{token}", status_code=204, summary="Revoke a token")
def delete_token(token: str, caller: Administering, asked: Circumstances) -> Response:
    """End a token at once: one's own, or anybody's as administrator."""
    return answer_once(
        asked,
        caller,
        digest=digest_of_body(),
        run=lambda: done(asked, revoke_token(asked.house.runtime, caller, token)),
    )
