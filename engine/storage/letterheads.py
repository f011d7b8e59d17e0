"""What stands at the head and the foot of an organisation's papers, as dated data.

1. An issuer is who signs and numbers papers: the agency itself, or a committee of it that issues in
   its own name. Each has its own place, symbol and signers.
2. A letterhead holds from a day on, until a later one of the same issuer does; of two for one day
   the one that was entered later holds. Nothing is overwritten.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime

AGENCY: Final = "agency"
"""The issuer of every paper that names no other."""


class LetterheadRow(SQLModel, table=True):
    """A letterhead from a day on."""

    __tablename__ = "letterhead"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    issuer: str
    body: dict[str, Any] = Field(sa_type=JsonColumn)
    valid_from: date
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """How somebody who holds a role signs.

    Attributes:
        authority: on whose behalf, as `KT. GIÁM ĐỐC`; None for one who signs in an own right.
        title: of the office, as `PHÓ GIÁM ĐỐC`.
    """

    role: str
    title: Mapping[str, str]
    authority: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What an issuer writes around a paper; words in vi and en.

    Attributes:
        name: the issuer; None for the organisation's own title.
        parent: the authority above; None for an issuer that has none.
        place: where papers are dated.
        symbol: what stands after the type in `05/BC-SKHCN`.
        drafter: the unit whose symbol closes a letter's number, as `VP` in `05/SKHCN-VP`.
        filing: who keeps a copy, as `VT, VP (ISO)`.
        together: all kinds of papers are numbered in one series, not each kind in its own.
    """

    issuer: str
    place: Mapping[str, str]
    symbol: str
    filing: str
    drafter: str = ""
    name: Mapping[str, str] | None = None
    parent: Mapping[str, str] | None = None
    signers: tuple[Signer, ...] = ()
    together: bool = False
    valid_from: date


class LetterheadRepository:
    """The letterheads of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def in_force(self, on: date) -> dict[str, Letterhead]:
        """Issuer → its letterhead on a day."""
        row = LetterheadRow
        query = (
            select(row)
            .where(col(row.organization_id) == self._id, col(row.valid_from) <= on)
            .order_by(col(row.valid_from), col(row.entered_at), col(row.id))
        )
        return {found.issuer: _value(found) for found in self._session.exec(query)}

    def add(self, letterhead: Letterhead, /, *, row_id: str, by: str, at: datetime) -> None:
        """Enter a letterhead that holds from its day on."""
        body = asdict(letterhead)
        self._session.add(
            LetterheadRow(
                organization_id=self._id,
                id=row_id,
                issuer=body.pop("issuer"),
                valid_from=body.pop("valid_from"),
                body=body,
                entered_by=by,
                entered_at=at,
            )
        )


def letterhead_of(told: Mapping[str, Any], *, issuer: str, valid_from: date) -> Letterhead:
    """A letterhead from plain data, as a file or a row has them."""
    return Letterhead(
        issuer=issuer,
        valid_from=valid_from,
        name=told.get("name"),
        parent=told.get("parent"),
        place=told["place"],
        symbol=told["symbol"],
        filing=told["filing"],
        drafter=told.get("drafter") or "",
        together=told.get("together", False),
        signers=tuple(Signer(**signer) for signer in told.get("signers", ())),
    )


def _value(row: LetterheadRow) -> Letterhead:
    return letterhead_of(row.body, issuer=row.issuer, valid_from=row.valid_from)
