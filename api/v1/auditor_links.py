"""Doors for auditors from outside: made and ended by the secretary, who alone sees them.

The answer that makes one holds its secret, so it is never kept under an idempotency key: a second
request makes a second door.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, StringConstraints

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
from api.v1.reading import Body, Clean, Identifier, Instant, JsonBody, Sent
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_auditor_links import LABEL_MAX, NewLink, add_link, end_link, links_of
from engine.runtime import Caller
from engine.storage.auditor_links import AuditorLink

router = APIRouter(prefix="/log/links", tags=["log"])

KEEPERS: Final = ("iso_secretary",)

Label = Annotated[str, StringConstraints(min_length=1, max_length=LABEL_MAX), Clean]


class NewLinkBody(Body):
    """A door that is wanted.

    Attributes:
        scope: what `value` names: a case by id or code, a process, or a year.
    """

    scope: Literal["instance", "process", "year"]
    value: Identifier
    label: Label
    expires_at: Instant


class LinkBody(BaseModel):
    """A door.

    Attributes:
        open: whether anybody may come in now.
    """

    id: str
    scope: str
    value: str
    label: str
    open: bool
    made_by: str
    made_at: str | None
    expires_at: str | None
    ended_at: str | None
    used_at: str | None


class LinkPage(BaseModel):
    """Every door, the newest first."""

    items: list[LinkBody]
    next: str | None


class MadeLinkBody(LinkBody):
    """A fresh door with where it is and its secret, which is shown this once."""

    address: str
    secret: str


@router.get("", summary="Doors for auditors from outside", response_model=LinkPage)
def get_links(caller: Reader, asked: Circumstances) -> Response:
    """List the doors of the organisation."""
    found = links_of(asked.house.runtime, caller, roles=KEEPERS)
    if isinstance(found, NotAllowed):
        return send(refused(asked, found))
    items = [LinkBody(**_shown(asked, caller, link)).model_dump() for link in found]
    return send(Reply(status=200, body=page(items, None)))


@router.post("", status_code=201, summary="Make a door", response_model=MadeLinkBody)
def post_link(
    caller: Stepper,
    asked: Circumstances,
    body: Annotated[Sent[NewLinkBody], Depends(JsonBody(NewLinkBody))],
) -> Response:
    """Let somebody without an account read a case, a process or a year, until an instant."""
    given = body.value
    wanted = NewLink(
        kind=given.scope, value=given.value, label=given.label, expires_at=given.expires_at
    )
    made = add_link(asked.house.runtime, caller, wanted, roles=KEEPERS)
    if isinstance(made, NotAllowed):
        return send(refused(asked, made))
    shown = MadeLinkBody(
        **_shown(asked, caller, made.link),
        address=f"{asked.house.settings.public_url}/auditor/{made.link.id}",
        secret=made.secret,
    )
    headers = {"Location": f"/api/v1/log/links/{made.link.id}", "Cache-Control": "no-store"}
    return send(Reply(status=201, body=shown.model_dump(), headers=headers))


@router.delete("/{link}", status_code=204, summary="Close a door")
def delete_link(link: str, caller: Stepper, asked: Circumstances) -> Response:
    """Close a door at once, for whoever is inside, too."""
    return answer_once(
        asked,
        caller,
        digest=digest_of_body(),
        run=lambda: done(asked, end_link(asked.house.runtime, caller, link, roles=KEEPERS)),
    )


def _shown(asked: Asked, caller: Caller, link: AuditorLink) -> dict[str, Any]:
    office = caller.organization_id
    return {
        "id": link.id,
        "scope": link.kind,
        "value": link.name,
        "label": link.label,
        "open": link.is_open(asked.house.runtime.clock.now()),
        "made_by": link.made_by,
        "made_at": asked.at(link.made_at, office),
        "expires_at": asked.at(link.expires_at, office),
        "ended_at": asked.at(link.ended_at, office),
        "used_at": asked.at(link.used_at, office),
    }
