"""Who the caller is: the person, the roles held today, the credential."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.dependencies import Circumstances, Reader, Reply, send, standing, visitor_scopes

router = APIRouter(prefix="/me", tags=["me"])


class GrantBody(BaseModel):
    """A role held today; `on_behalf_of` names who lent it."""

    role: str
    title: str
    unit: str | None
    on_behalf_of: str | None


class OrganizationBody(BaseModel):
    """The organisation of the credential."""

    id: str
    slug: str
    title: str
    timezone: str
    demonstration: bool


class MeBody(BaseModel):
    """The caller.

    Attributes:
        language: of the account, in which pages and messages speak; null without a login.
        scopes: what a token is narrowed to; null for a page session.
        now: the organisation's time.
    """

    person: str
    name: str | None
    unit: str | None
    username: str | None
    language: str | None
    grants: list[GrantBody]
    organization: OrganizationBody
    token: str | None
    scopes: list[str] | None
    now: str


@router.get("", summary="Who I am", response_model=MeBody)
def get_me(request: Request, caller: Reader, asked: Circumstances) -> Response:
    """Show the caller's person, roles and credential."""
    with standing(asked.house, caller) as (uow, actor):
        known = uow.tables.organization.known([caller.person], on=uow.today)
        account = uow.accounts.of_person(caller.organization_id, caller.person)
        organization, now = uow.organization, uow.now
    grants: list[Any] = [
        GrantBody(
            role=grant.role,
            title=asked.house.words.role(grant.role, asked.language),
            unit=grant.unit,
            on_behalf_of=grant.on_behalf_of,
        )
        for grant in actor.grants
    ]
    person = known.get(caller.person)
    scopes = visitor_scopes(request)
    body = MeBody(
        person=caller.person,
        name=person.name if person else None,
        unit=actor.unit,
        username=account.username if account else None,
        language=account.language if account else None,
        grants=grants,
        organization=OrganizationBody(
            id=organization.id,
            slug=organization.slug,
            title=organization.title[asked.language],
            timezone=organization.timezone,
            demonstration=organization.demonstration,
        ),
        token=caller.token,
        scopes=None if scopes is None else sorted(scopes),
        now=now.astimezone(asked.house.zone(caller.organization_id)).isoformat(),
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))
