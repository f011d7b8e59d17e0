"""The register of document numbers: one line a number, in the order of its series.

1. A series is (year, issuer, kind); a number of it is taken once and never given again: a line is
   added and cancelled, never removed.
2. A line is `issued` to a paper, `reserved` for one that comes late, `cancelled` with its reason,
   or `earlier`: what was given before this register was kept.
3. A paper of a case has at most one line that is issued.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, func, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class DocumentNumberRow(SQLModel, table=True):
    """A line of the register."""

    __tablename__ = "document_number"
    __table_args__ = (
        UniqueConstraint("organization_id", "year", "issuer", "series", "number"),
        ForeignKeyConstraint(
            ["organization_id", "instance_id"], ["instance.organization_id", "instance.id"]
        ),
        Index("ix_document_number_instance", "organization_id", "instance_id"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    year: int
    issuer: str
    series: str
    number: int
    kind: str
    reference: str
    dated: date
    status: str
    subject: str
    signer: str = ""
    recipients: str = ""
    filing: str = ""
    note: str = ""
    instance_id: str | None = None
    code: str | None = None
    document: str | None = None
    language: str | None = None
    evidence_id: str | None = None
    sha256: str | None = None
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)
    cancelled_by: str | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNumber:
    """A line of the register.

    Attributes:
        series: the kind that is counted alone, or `*` where all kinds are counted together.
        kind: letters of the type, as `BC`.
        reference: number and symbol as they are printed, `05/BC-SKHCN`.
        status: `issued`, `reserved`, `cancelled`, `earlier`.
        subject: what the paper is about.
        filing: who keeps the copy.
        instance_id: the case whose paper it is; None for a paper from outside the house.
        document: which paper of the case.
        evidence_id: the file that was issued.
        sha256: its digest.
    """

    id: str
    year: int
    issuer: str
    series: str
    number: int
    kind: str
    reference: str
    dated: date
    status: str
    subject: str
    signer: str = ""
    recipients: str = ""
    filing: str = ""
    note: str = ""
    instance_id: str | None = None
    code: str | None = None
    document: str | None = None
    language: str | None = None
    evidence_id: str | None = None
    sha256: str | None = None
    entered_by: str
    entered_at: datetime
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    cancelled_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFilter:
    """What a reading of the register is narrowed to; None leaves a side open."""

    year: int | None = None
    issuer: str | None = None
    kind: str | None = None
    status: str | None = None
    text: str | None = None


Place = tuple[int, str, str, int]
"""Where a line stands: year, issuer, series, number."""


class DocumentNumberRepository:
    """The register of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, line: DocumentNumber) -> None:
        """Enter a line; its number was taken from its series in this very transaction."""
        values = {name: getattr(line, name) for name in DocumentNumber.__slots__}
        self._session.add(DocumentNumberRow(organization_id=self._id, **values))
        self._session.flush()

    def get(self, line_id: str) -> DocumentNumber | None:
        """One line."""
        return self._first(col(DocumentNumberRow.id) == line_id)

    def newest(self, year: int, issuer: str, series: str) -> DocumentNumber | None:
        """The line with the highest number of a series."""
        row = DocumentNumberRow
        return self._first(
            col(row.year) == year,
            col(row.issuer) == issuer,
            col(row.series) == series,
            order=col(row.number).desc(),
        )

    def newest_day(self, year: int, issuer: str, series: str) -> date | None:
        """The latest day in a series."""
        row = DocumentNumberRow
        query = select(func.max(row.dated)).where(
            col(row.organization_id) == self._id,
            col(row.year) == year,
            col(row.issuer) == issuer,
            col(row.series) == series,
        )
        return self._session.exec(query).first()

    def issued(self, instance_id: str) -> Mapping[str, DocumentNumber]:
        """The papers of a case that were issued: name → line."""
        row = DocumentNumberRow
        query = self._query(col(row.instance_id) == instance_id, col(row.status) == "issued")
        found = (_line(one) for one in self._session.exec(query))
        return {line.document: line for line in found if line.document is not None}

    def put(self, line: DocumentNumber) -> None:
        """Fill a reserved line, or cancel one; year, series and number stay what they are."""
        fixed = {"id", "year", "issuer", "series", "number"}
        values = {
            name: getattr(line, name) for name in DocumentNumber.__slots__ if name not in fixed
        }
        self._session.exec(
            update(DocumentNumberRow)
            .where(
                col(DocumentNumberRow.organization_id) == self._id,
                col(DocumentNumberRow.id) == line.id,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    def read(
        self, wanted: RegisterFilter, *, after: Place | None = None, limit: int
    ) -> tuple[DocumentNumber, ...]:
        """Lines by year (the newest first), issuer, series and number, beyond a place."""
        row = DocumentNumberRow
        query = self._query(*_conditions(wanted)).order_by(
            col(row.year).desc(), col(row.issuer), col(row.series), col(row.number)
        )
        if after is not None:
            year, issuer, series, number = after
            same_year = col(row.year) == year
            same_issuer = same_year & (col(row.issuer) == issuer)
            query = query.where(
                or_(
                    col(row.year) < year,
                    same_year & (col(row.issuer) > issuer),
                    same_issuer & (col(row.series) > series),
                    same_issuer & (col(row.series) == series) & (col(row.number) > number),
                )
            )
        return tuple(_line(one) for one in self._session.exec(query.limit(limit)))

    def years(self) -> tuple[int, ...]:
        """The years that have lines, the newest first."""
        query = (
            select(DocumentNumberRow.year)
            .where(col(DocumentNumberRow.organization_id) == self._id)
            .distinct()
            .order_by(col(DocumentNumberRow.year).desc())
        )
        return tuple(self._session.exec(query))

    def kinds(self) -> tuple[str, ...]:
        """The kinds that have lines."""
        query = (
            select(DocumentNumberRow.kind)
            .where(col(DocumentNumberRow.organization_id) == self._id)
            .distinct()
            .order_by(col(DocumentNumberRow.kind))
        )
        return tuple(self._session.exec(query))

    def _query(self, *conditions: Any) -> Any:
        return (
            select(DocumentNumberRow)
            .where(col(DocumentNumberRow.organization_id) == self._id, *conditions)
            .execution_options(populate_existing=True)
        )

    def _first(self, *conditions: Any, order: Any = None) -> DocumentNumber | None:
        query = self._query(*conditions)
        if order is not None:
            query = query.order_by(order)
        row = self._session.exec(query.limit(1)).first()
        return None if row is None else _line(row)


def _conditions(wanted: RegisterFilter) -> list[Any]:
    row = DocumentNumberRow
    found = [
        column == value
        for column, value in (
            (col(row.year), wanted.year),
            (col(row.issuer), wanted.issuer),
            (col(row.kind), wanted.kind),
            (col(row.status), wanted.status),
        )
        if value is not None
    ]
    if wanted.text:
        sought = wanted.text.strip().lower()
        places = (row.reference, row.subject, row.recipients, row.signer, row.note, row.code)
        found.append(
            or_(*(func.lower(col(one)).contains(sought, autoescape=True) for one in places))
        )
    return found


def _line(row: DocumentNumberRow) -> DocumentNumber:
    return DocumentNumber(**{name: getattr(row, name) for name in DocumentNumber.__slots__})
