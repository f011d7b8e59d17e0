"""Logins of people, for administrators. Passwords go in and never come out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import (
    Administrator,
    Circumstances,
    Reply,
    answer_once,
    digest_of_body,
    send,
    standing,
)
from api.v1.administering import done
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, Identifier, JsonBody, Sent
from engine.commands.manage_accounts import add_account, disable_account

router = APIRouter(prefix="/accounts", tags=["accounts"])


class NewAccount(Body):
    """A login for a person of the organisation."""

    person: Identifier
    username: Identifier
    password: str = Field(max_length=1000)


class AccountBody(BaseModel):
    """A login."""

    person: str
    username: str
    language: str
    disabled: bool


class AccountPage(BaseModel):
    """A page of logins."""

    items: list[AccountBody]
    next: str | None


@router.get("", summary="Logins", response_model=AccountPage)
def get_accounts(
    request: Request,
    caller: Administrator,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the organisation's logins by user name."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.accounts.all_of(caller.organization_id)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [
        AccountBody(
            person=account.person,
            username=account.username,
            language=account.language,
            disabled=account.disabled,
        ).model_dump()
        for account in items
    ]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("", status_code=201, summary="Give a person a login", response_model=AccountBody)
def post_account(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[NewAccount], Depends(JsonBody(NewAccount))],
) -> Response:
    """Give a person a login with a first password."""

    def run() -> Reply:
        account = add_account(
            asked.house.runtime,
            caller.organization_id,
            person=body.value.person,
            username=body.value.username,
            password_hash=asked.house.passwords.hash(body.value.password),
            by=caller.person,
        )
        shown = AccountBody(
            person=account.person,
            username=account.username,
            language=account.language,
            disabled=False,
        )
        address = f"/api/v1/accounts/{account.person}"
        return Reply(status=201, body=shown.model_dump(), headers={"Location": address})

    # Nothing that is kept may be held against guesses of the password.
    digest = digest_of_body(body.value.person.encode(), body.value.username.encode())
    return answer_once(asked, caller, digest=digest, run=run)


@router.delete("/{person}", status_code=204, summary="Disable a login")
def delete_account(person: str, caller: Administrator, asked: Circumstances) -> Response:
    """Disable a login and end its sessions; the log keeps what it did."""
    digest = digest_of_body()
    return answer_once(
        asked,
        caller,
        digest=digest,
        run=lambda: done(asked, disable_account(asked.house.runtime, caller, person)),
    )
