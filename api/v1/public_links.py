"""Links to public forms: made and withdrawn by who keeps the form.

The answer that makes one holds its secret, so it is never kept under an idempotency key: a second
request makes a second link.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.dependencies import (
    Asked,
    Circumstances,
    Reader,
    Reply,
    Stepper,
    answer_once,
    digest_of_body,
    send,
)
from api.v1.administering import done, refused
from api.v1.paging import page
from api.v1.reading import Body, Identifier, JsonBody, Sent
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_public_links import (
    MOST_PER_DAY,
    USUAL_PER_DAY,
    NewPublicLink,
    make_public_link,
    offered_forms,
    withdraw_public_link,
)
from engine.runtime import Caller
from engine.storage.public_links import PublicLink

router = APIRouter(prefix="/instances/{instance}/public-links", tags=["records"])

PLACE: Final = "/survey"


class NewPublicLinkBody(Body):
    """A link that is wanted.

    Attributes:
        record_set: whose rows shall come through it.
        kind: by which way they come, such as `online` or `kiosk`.
        most_per_day: rows that it takes on one day.
    """

    record_set: Identifier
    kind: Identifier
    most_per_day: int = Field(default=USUAL_PER_DAY, ge=1, le=MOST_PER_DAY)


class PublicLinkBody(BaseModel):
    """A link.

    Attributes:
        open: whether anything may come through it now.
        taken: rows that came through it; `last_day`: the day of the last one.
    """

    id: str
    record_set: str
    kind: str
    open: bool
    most_per_day: int
    taken: int
    last_day: str | None
    made_by: str
    made_at: str | None
    withdrawn_at: str | None


class PublicLinkPage(BaseModel):
    """The links of a case, the newest first."""

    items: list[PublicLinkBody]
    next: str | None


class MadePublicLinkBody(PublicLinkBody):
    """A fresh link with its address, which holds the secret and is shown this once."""

    address: str


@router.get("", summary="Links to public forms", response_model=PublicLinkPage)
def get_public_links(instance: str, caller: Reader, asked: Circumstances) -> Response:
    """List the links of the forms of a case."""
    found = offered_forms(asked.house.runtime, caller, instance)
    if isinstance(found, NotAllowed):
        return send(refused(asked, found))
    items = [
        PublicLinkBody(**_shown(asked, caller, link, is_open=is_open)).model_dump()
        for form in found
        for link, is_open in form.links
    ]
    return send(Reply(status=200, body=page(items, None)))


@router.post(
    "", status_code=201, summary="Make a link to a form", response_model=MadePublicLinkBody
)
def post_public_link(
    instance: str,
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[NewPublicLinkBody], Depends(JsonBody(NewPublicLinkBody))],
) -> Response:
    """Let people without an account send rows of a record set, each an entry of the log."""
    given = body.value
    wanted = NewPublicLink(
        instance_id=instance,
        record_set=given.record_set,
        kind=given.kind,
        most_per_day=given.most_per_day,
    )
    made = make_public_link(asked.house.runtime, caller, wanted)
    if isinstance(made, NotAllowed):
        return send(refused(asked, made))
    now = offered_forms(asked.house.runtime, caller, instance)
    forms = () if isinstance(now, NotAllowed) else now
    is_open = any(
        link.id == made.link.id and is_open for form in forms for link, is_open in form.links
    )
    shown = MadePublicLinkBody(
        **_shown(asked, caller, made.link, is_open=is_open),
        address=f"{asked.house.settings.public_url}{PLACE}/{made.secret}",
    )
    place = f"/api/v1/instances/{made.link.instance_id}/public-links/{made.link.id}"
    headers = {"Location": place, "Cache-Control": "no-store"}
    return send(Reply(status=201, body=shown.model_dump(), headers=headers))


@router.delete("/{link}", status_code=204, summary="Withdraw a link")
def delete_public_link(instance: str, link: str, caller: Stepper, asked: Circumstances) -> Response:
    """Withdraw a link at once; what came through it stays."""
    return answer_once(
        asked,
        caller,
        digest=digest_of_body(),
        run=lambda: done(asked, withdraw_public_link(asked.house.runtime, caller, instance, link)),
    )


def _shown(asked: Asked, caller: Caller, link: PublicLink, *, is_open: bool) -> dict[str, Any]:
    office = caller.organization_id
    return {
        "id": link.id,
        "record_set": link.record_set,
        "kind": next(iter(link.given.values())),
        "open": is_open,
        "most_per_day": link.most_per_day,
        "taken": link.taken,
        "last_day": None if link.taken_on is None else link.taken_on.isoformat(),
        "made_by": link.made_by,
        "made_at": asked.at(link.made_at, office),
        "withdrawn_at": asked.at(link.withdrawn_at, office),
    }
