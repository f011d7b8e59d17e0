"""The organisation: its units, and the dated rows that administrators add to it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.dependencies import (
    Administering,
    Administrator,
    Asked,
    Circumstances,
    Reader,
    Reply,
    answer_once,
    send,
    standing,
)
from api.problems import plain
from api.v1.administering import done, made
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, Identifier, IsoDate, JsonBody, Line, Name, Sent
from engine.commands.manage_organization import (
    NewDelegation,
    NewGrant,
    NewUnit,
    add_delegation,
    add_grant,
    add_unit,
    end_grant,
)
from engine.definition.model import SLUG_PATTERN
from engine.errors import Invalid

router = APIRouter(tags=["organization"])


class UnitBody(BaseModel):
    """A unit in force today."""

    id: str
    title: str
    parent: str | None
    qms: str | None


class UnitPage(BaseModel):
    """A page of units."""

    items: list[UnitBody]
    next: str | None


class TitleBody(Body):
    """A title in both languages of the house."""

    vi: Line = Field(min_length=1)
    en: Line = Field(min_length=1)


class NewUnitBody(Body):
    """A unit, from a day on; its id is never given twice."""

    id: Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
    title: TitleBody
    parent: Identifier | None = None
    qms: Identifier | None = None
    valid_from: IsoDate
    valid_to: IsoDate | None = None


class GrantBody(Body):
    """A role for a person, in a unit or in the whole organisation, for a time."""

    person: Identifier
    role: Identifier
    unit: Identifier | None = None
    valid_from: IsoDate
    valid_to: IsoDate | None = None


class GrantEnd(Body):
    """The last day of a grant."""

    valid_to: IsoDate


class KnownGrantBody(BaseModel):
    """A grant in force today."""

    id: str
    person: str
    role: str
    unit: str | None
    valid_from: date
    valid_to: date | None


class GrantPage(BaseModel):
    """A page of grants."""

    items: list[KnownGrantBody]
    next: str | None


class DelegationBody(Body):
    """A role lent by one person to another, with the document that says so."""

    giver: Identifier
    deputy: Identifier
    role: Identifier
    document: Name
    valid_from: IsoDate
    valid_to: IsoDate | None = None


class KnownDelegationBody(BaseModel):
    """A role that somebody holds today on behalf of another."""

    giver: str
    deputy: str
    role: str
    unit: str | None


class DelegationPage(BaseModel):
    """A page of delegations in force."""

    items: list[KnownDelegationBody]
    next: str | None


class MadeBody(BaseModel):
    """The id of what was made."""

    id: str


@router.get("/units", summary="Units", response_model=UnitPage)
def get_units(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the units in force today."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.organization.units(uow.today)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [
        UnitBody(
            id=unit.id, title=unit.title[asked.language], parent=unit.parent, qms=unit.qms
        ).model_dump()
        for unit in items
    ]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("/units", status_code=201, summary="Enter a unit", response_model=MadeBody)
def post_unit(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[NewUnitBody], Depends(JsonBody(NewUnitBody))],
) -> Response:
    """Enter a unit under another one, from a day on."""
    given = body.value
    unit = NewUnit(
        id=given.id,
        title=given.title.model_dump(),
        parent=given.parent,
        qms=given.qms,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
    )
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(asked, add_unit(asked.house.runtime, caller, unit), made("/api/v1/units")),
    )


@router.get("/grants", summary="Roles that people hold", response_model=GrantPage)
def get_grants(
    request: Request,
    caller: Administrator,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the grants in force today."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.organization.grants(uow.today)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    known = KnownGrantBody.model_fields
    shown = [{name: plain(grant[name]) for name in known} for grant in items]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("/grants", status_code=201, summary="Give a role", response_model=MadeBody)
def post_grant(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[GrantBody], Depends(JsonBody(GrantBody))],
) -> Response:
    """Give somebody a role for a time."""
    given = body.value
    _check_role(asked, given.role)
    grant = NewGrant(
        person=given.person,
        role=given.role,
        unit=given.unit,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
    )
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(
            asked, add_grant(asked.house.runtime, caller, grant), made("/api/v1/grants")
        ),
    )


@router.patch("/grants/{grant}", status_code=204, summary="Let a grant end")
def patch_grant(
    grant: str,
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[GrantEnd], Depends(JsonBody(GrantEnd))],
) -> Response:
    """Name the last day of a grant; the row stays, and so does what was done under it."""
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(asked, end_grant(asked.house.runtime, caller, grant, body.value.valid_to)),
    )


@router.get("/delegations", summary="Roles lent", response_model=DelegationPage)
def get_delegations(
    request: Request,
    caller: Administrator,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the roles that people hold today on behalf of others."""
    with standing(asked.house, caller) as (uow, _):
        organization = uow.tables.organization
        people = organization.people(uow.today)
        actors = [organization.actor(person.id, on=uow.today) for person in people]
    found = [
        KnownDelegationBody(
            giver=grant.on_behalf_of, deputy=actor.person, role=grant.role, unit=grant.unit
        ).model_dump()
        for actor in actors
        if actor is not None
        for grant in actor.grants
        if grant.on_behalf_of is not None
    ]
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    return send(Reply(status=200, body=page(items, following)))


@router.post("/delegations", status_code=201, summary="Lend a role", response_model=MadeBody)
def post_delegation(
    caller: Administering,
    asked: Circumstances,
    body: Annotated[Sent[DelegationBody], Depends(JsonBody(DelegationBody))],
) -> Response:
    """Lend a role: for oneself, or, as administrator, for whom the document names."""
    given = body.value
    _check_role(asked, given.role)
    delegation = NewDelegation(
        giver=given.giver,
        deputy=given.deputy,
        role=given.role,
        document=given.document,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
    )
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(
            asked,
            add_delegation(asked.house.runtime, caller, delegation),
            made("/api/v1/delegations"),
        ),
    )


def _check_role(asked: Asked, role: str) -> None:
    roles = asked.house.words.roles()
    if role not in roles:
        raise Invalid("unknown_role", role=role, known=list(roles))
