"""The dossiers of the organisation as they are stored, and what may be asked of them.

1. A dossier is one row under (code, due day); what an export tells anew changes the row and leaves
   a line of history that says what it was before and which import changed it.
2. `exported_at` is the instant of the newest picture in which the dossier stood; an older one
   changes nothing.
3. Times of receipt are the office's wall clock, as the export has them; they have no zone.
4. Only `filling` writes rows, and `case_id` is written once, when the case is opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Index, Select, Table, func, or_, select, tuple_
from sqlmodel import Field, Session, SQLModel

from engine.storage.database import JsonColumn, UtcDateTime
from workflows.overdue_dossiers.dossier import Cause, Dossier, Stage, Status

ROWS_AT_ONCE: Final = 2_000
VALUES: Final = tuple(each.name for each in fields(Dossier))
"""The values of a dossier, each in a column of its name."""


class DossierRow(SQLModel, table=True):
    """One dossier, and where it is known from."""

    __tablename__ = "overdue_dossier"
    __table_args__ = (
        Index("ix_overdue_dossier_received_on", "organization_id", "received_on"),
        Index("ix_overdue_dossier_ended_on", "organization_id", "ended_on"),
        Index("ix_overdue_dossier_open", "organization_id", "status", "current_due_on"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    code: str = Field(primary_key=True)
    due_on: date = Field(primary_key=True)
    procedure: str
    unit: str
    officer_unit: str | None = None
    stage: str | None = None
    received_at: datetime = Field(sa_type=DateTime)
    received_time_known: bool
    received_on: date
    current_due_on: date
    reappointments: int
    status: str
    ended_on: date | None = None
    cause: str | None = None
    apologised_on: date | None = None
    regulated_half_days: int | None = None
    committed_half_days: int | None = None
    paused_half_days: int
    exported_at: datetime = Field(sa_type=UtcDateTime)
    import_id: str
    case_id: str | None = None


class DossierChangeRow(SQLModel, table=True):
    """What an import changed of a dossier that was known: value by value, before and after."""

    __tablename__ = "overdue_dossier_change"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    code: str = Field(primary_key=True)
    due_on: date = Field(primary_key=True)
    import_id: str = Field(primary_key=True)
    row: int = Field(primary_key=True)
    exported_at: datetime = Field(sa_type=UtcDateTime)
    changes: dict[str, Any] = Field(sa_type=JsonColumn)


DOSSIERS: Final[Table] = DossierRow.__table__  # type: ignore[attr-defined]
CHANGES: Final[Table] = DossierChangeRow.__table__  # type: ignore[attr-defined]
_KINDS: Final = {"stage": Stage, "status": Status, "cause": Cause}
_COLUMNS: Final = tuple(
    DOSSIERS.c[name] for name in (*VALUES, "exported_at", "import_id", "case_id")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFilter:
    """Which dossiers are meant; None leaves a side open.

    Attributes:
        first, last: of those that were open at some time between the two days, both counted.
        late_on: of those that are past their present due day on this day and not ended by then.
    """

    unit: str | None = None
    procedure: str | None = None
    status: str | None = None
    cause: str | None = None
    code: str | None = None
    first: date | None = None
    last: date | None = None
    late_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDossier:
    """A dossier with where it is known from; `case_id` is its overdue case, where there is one."""

    dossier: Dossier
    exported_at: datetime
    import_id: str
    case_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierChange:
    """What one import changed: value → (before, after), as JSON has them."""

    import_id: str
    row: int
    exported_at: datetime
    changes: dict[str, tuple[Any, Any]]


def dossiers_between(
    session: Session,
    organization_id: str,
    *,
    first: date,
    last: date,
    unit: str | None = None,
) -> Iterator[Dossier]:
    """Every dossier that was open at some time between two days, both counted, by code."""
    wanted = DossierFilter(first=first, last=last, unit=unit)
    return dossiers(session, organization_id, wanted)


def dossiers(session: Session, organization_id: str, wanted: DossierFilter) -> Iterator[Dossier]:
    """Every dossier that is meant, by code and due day, read a few thousand at a time."""
    query = _ordered(organization_id, wanted).execution_options(yield_per=ROWS_AT_ONCE)
    for row in session.connection().execute(query):
        yield _dossier(row[: len(VALUES)])


def known_dossiers(
    session: Session,
    organization_id: str,
    wanted: DossierFilter,
    *,
    after: tuple[str, date] | None = None,
    limit: int,
) -> tuple[KnownDossier, ...]:
    """Some dossiers beyond a key, by code and due day."""
    query = _ordered(organization_id, wanted)
    if after is not None:
        query = query.where(tuple_(DOSSIERS.c.code, DOSSIERS.c.due_on) > after)
    return tuple(_known(row) for row in session.connection().execute(query.limit(limit)))


def dossier_of(
    session: Session, organization_id: str, *, code: str, due_on: date
) -> KnownDossier | None:
    """One dossier; None when nobody told of it."""
    query = _ordered(organization_id, DossierFilter(code=code)).where(DOSSIERS.c.due_on == due_on)
    row = session.connection().execute(query).first()
    return None if row is None else _known(row)


def changes_of(
    session: Session, organization_id: str, *, code: str, due_on: date
) -> tuple[DossierChange, ...]:
    """What imports changed of a dossier, oldest picture first."""
    table = CHANGES.c
    query = (
        select(table.import_id, table.row, table.exported_at, table.changes)
        .where(table.organization_id == organization_id, table.code == code, table.due_on == due_on)
        .order_by(table.exported_at, table.import_id, table.row)
    )
    return tuple(
        DossierChange(
            import_id=import_id,
            row=number,
            exported_at=exported_at,
            changes={name: (old, new) for name, (old, new) in changes.items()},
        )
        for import_id, number, exported_at, changes in session.connection().execute(query)
    )


def count_dossiers(session: Session, organization_id: str, wanted: DossierFilter) -> int:
    """How many dossiers are meant."""
    query = select(func.count()).where(*_conditions(organization_id, wanted))
    return int(session.connection().execute(query).scalar_one())


def last_exported_at(session: Session, organization_id: str) -> datetime | None:
    """Of which instant the newest picture is; None before the first import."""
    query = select(func.max(DOSSIERS.c.exported_at)).where(
        DOSSIERS.c.organization_id == organization_id
    )
    found: datetime | None = session.connection().execute(query).scalar_one()
    return found


def _ordered(organization_id: str, wanted: DossierFilter) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(*_conditions(organization_id, wanted))
        .order_by(DOSSIERS.c.code, DOSSIERS.c.due_on)
    )


def _conditions(organization_id: str, wanted: DossierFilter) -> list[ColumnElement[bool]]:
    equal = ("unit", "procedure", "status", "cause", "code")
    found = [DOSSIERS.c.organization_id == organization_id]
    found += [
        DOSSIERS.c[name] == getattr(wanted, name)
        for name in equal
        if getattr(wanted, name) is not None
    ]
    if wanted.last is not None:
        found.append(DOSSIERS.c.received_on <= wanted.last)
    if wanted.first is not None:
        found.append(or_(DOSSIERS.c.ended_on.is_(None), DOSSIERS.c.ended_on >= wanted.first))
    if wanted.late_on is not None:
        day = wanted.late_on
        found += [
            DOSSIERS.c.current_due_on < day,
            or_(DOSSIERS.c.ended_on.is_(None), DOSSIERS.c.ended_on > day),
        ]
    return found


def _known(row: Any) -> KnownDossier:
    *values, exported_at, import_id, case_id = row
    return KnownDossier(
        dossier=_dossier(values), exported_at=exported_at, import_id=import_id, case_id=case_id
    )


def _dossier(values: Sequence[Any]) -> Dossier:
    told = dict(zip(VALUES, values, strict=True))
    for name, kind in _KINDS.items():
        told[name] = None if told[name] is None else kind(told[name])
    return Dossier(**told)
