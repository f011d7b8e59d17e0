"""The letterheads of an organisation: what stands around its papers, and who signs them how."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, StringConstraints

from api.dependencies import (
    Administrator,
    Circumstances,
    Reader,
    Reply,
    answer_once,
    send,
    standing,
)
from api.v1.administering import done, made
from api.v1.organization import MadeBody, TitleBody
from api.v1.paging import page
from api.v1.reading import Body, Identifier, IsoDate, JsonBody, Sent
from engine.commands.set_letterhead import set_letterhead
from engine.definition.model import SLUG_PATTERN
from engine.errors import Invalid
from engine.storage.letterheads import AGENCY, Letterhead, letterhead_of

router = APIRouter(prefix="/letterheads", tags=["organization"])

Symbol = Annotated[str, StringConstraints(pattern=r"^[A-ZĐÂÊÔƠƯ][A-ZĐÂÊÔƠƯa-zđ0-9.&-]{0,29}$")]
"""As in `05/BC-SKHCN`: capital letters without blanks."""
Filing = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\r\n]+$")]


class SignerBody(Body):
    """How somebody who holds a role signs; `authority` is for one who signs for another."""

    role: Identifier
    title: TitleBody
    authority: TitleBody | None = None


class LetterheadBody(Body):
    """A letterhead from a day on; an issuer other than `agency` is a committee of the agency.

    Attributes:
        together: all kinds of papers are numbered in one series, not each kind in its own.
    """

    issuer: Annotated[str, StringConstraints(pattern=SLUG_PATTERN)] = AGENCY
    name: TitleBody | None = None
    parent: TitleBody | None = None
    place: TitleBody
    symbol: Symbol
    filing: Filing
    drafter: Symbol | None = None
    signers: list[SignerBody] = Field(default_factory=list, max_length=40)
    together: bool = False
    valid_from: IsoDate


class KnownLetterheadBody(BaseModel):
    """A letterhead in force today."""

    issuer: str
    name: dict[str, str] | None
    parent: dict[str, str] | None
    place: dict[str, str]
    symbol: str
    filing: str
    drafter: str
    signers: list[dict[str, Any]]
    together: bool
    valid_from: date


class LetterheadPage(BaseModel):
    """The letterheads in force today."""

    items: list[KnownLetterheadBody]
    next: str | None


@router.get("", summary="Letterheads", response_model=LetterheadPage)
def get_letterheads(caller: Reader, asked: Circumstances) -> Response:
    """List what stands around the papers of each issuer today."""
    with standing(asked.house, caller) as (uow, _):
        found = uow.tables.letterheads.in_force(uow.today)
    return send(Reply(status=200, body=page([_shown(found[one]) for one in sorted(found)], None)))


@router.post("", status_code=201, summary="Set a letterhead", response_model=MadeBody)
def post_letterhead(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[LetterheadBody], Depends(JsonBody(LetterheadBody))],
) -> Response:
    """Set what stands around the papers of an issuer from a day on; those before it stay."""
    given = body.value
    known = asked.house.words.roles()
    for signer in given.signers:
        if signer.role not in known:
            raise Invalid("unknown_role", role=signer.role, known=list(known))
    letterhead = letterhead_of(given.model_dump(), issuer=given.issuer, valid_from=given.valid_from)
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(
            asked,
            set_letterhead(asked.house.runtime, caller, letterhead),
            made("/api/v1/letterheads"),
        ),
    )


def _shown(found: Letterhead) -> dict[str, Any]:
    return KnownLetterheadBody(
        issuer=found.issuer,
        name=None if found.name is None else dict(found.name),
        parent=None if found.parent is None else dict(found.parent),
        place=dict(found.place),
        symbol=found.symbol,
        filing=found.filing,
        drafter=found.drafter,
        signers=[
            {"role": one.role, "title": one.title, "authority": one.authority}
            for one in found.signers
        ],
        together=found.together,
        valid_from=found.valid_from,
    ).model_dump(mode="json")
