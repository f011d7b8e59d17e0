"""The calendar of an organisation: dated days and rules, kept edition by edition.

1. Nothing is overwritten: a row says in which edition it was entered and in which it was taken away
   or replaced, so that the rows behind an old deadline can be shown again.
2. The number of an edition is taken under the lock on the log's head; two writers never share one.
3. A unit is empty text in the tables, because a key has no NULL; outside it is None.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, bindparam, func, text, update
from sqlmodel import Field, Session, SQLModel, col, or_, select

from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.edition import RULES, CalendarChange, DayRow, Edition, RuleKind, RuleRow
from engine.storage.database import JsonColumn, UtcDateTime

_CURRENT = text("removed_in IS NULL")


def _one_current(name: str, *columns: str) -> Index:
    """Of the rows that hold, one for each key."""
    return Index(
        name,
        "organization_id",
        *columns,
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )


class _Kept(SQLModel):
    """What every row says of where it comes from."""

    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    unit: str = ""
    source: str
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)
    entered_in: int
    removed_in: int | None = None


class CalendarDayRow(_Kept, table=True):
    """A day that differs from the week's rule, with the notice that says so."""

    __tablename__ = "calendar_day"
    __table_args__ = (_one_current("ux_calendar_day", "unit", "day"),)
    day: date
    kind: str
    label: str
    official: bool
    effective_on: date | None = None


class CalendarRuleRow(_Kept, table=True):
    """A dated rule: working time, reporting periods, the one-stop desk's clock."""

    __tablename__ = "calendar_rule"
    __table_args__ = (_one_current("ux_calendar_rule", "kind", "unit", "valid_from"),)
    kind: str
    valid_from: date
    body: dict[str, Any] = Field(sa_type=JsonColumn)


class CalendarEditionRow(SQLModel, table=True):
    """One change of the calendar: who made it, when, by which document."""

    __tablename__ = "calendar_edition"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredDay:
    """A dated day with its origin, for those who read the calendar."""

    row: DayRow
    entered_by: str
    entered_at: datetime
    entered_in: int


class Editions:
    """Editions that were read before: one that is durable never changes its meaning.

    Args:
        most: how many are kept; the oldest reading makes room.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._known: dict[tuple[str, int], Edition] = {}
        self._lock = threading.Lock()

    def find(self, organization_id: str, number: int) -> Edition | None:
        """The edition, when it was read before."""
        with self._lock:
            return self._known.get((organization_id, number))

    def keep(self, organization_id: str, edition: Edition) -> None:
        """Remember an edition that is durable."""
        with self._lock:
            self._known[organization_id, edition.number] = edition
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]


# Every reading of a case asks it: put together once.
_NEWEST = select(func.max(CalendarEditionRow.number)).where(
    col(CalendarEditionRow.organization_id) == bindparam("organization")
)


class CalendarRepository:
    """The calendar of one organisation.

    Args:
        editions: what other transactions have read already.
    """

    def __init__(self, session: Session, organization_id: str, *, editions: Editions) -> None:
        self._session = session
        self._id = organization_id
        self._editions = editions
        self._present: Edition | None = None
        self._wrote = False

    def edition(self) -> Edition:
        """The rows and rules that hold now; the same ones to the end of the transaction."""
        if self._present is None:
            self._present = self.edition_of(self.number())
        return self._present

    def edition_of(self, number: int) -> Edition:
        """The rows and rules as they held under a number."""
        found = self._editions.find(self._id, number)
        if found is None:
            found = self._read(number)
            # What this transaction has written may yet be undone.
            if not self._wrote:
                self._editions.keep(self._id, found)
        return found

    def renew(self) -> Edition:
        """The rows and rules that hold now, looked up again."""
        self._present = None
        return self.edition()

    def number(self) -> int:
        """The number of the present edition; 0 before anything was entered."""
        return self._session.exec(_NEWEST, params={"organization": self._id}).one() or 0

    def days(self) -> tuple[EnteredDay, ...]:
        """The days that hold now, with who entered them, by date and unit."""
        row = CalendarDayRow
        query = select(row).where(
            col(row.organization_id) == self._id, col(row.removed_in).is_(None)
        )
        return tuple(
            EnteredDay(
                row=_day(found),
                entered_by=found.entered_by,
                entered_at=found.entered_at,
                entered_in=found.entered_in,
            )
            for found in self._session.exec(query.order_by(col(row.day), col(row.unit)))
        )

    def write(
        self, change: CalendarChange, *, by: str, at: datetime, new_id: Callable[[], str]
    ) -> int:
        """Enter and take away rows; the number of the edition that this makes."""
        number = self.number() + 1
        self._present, self._wrote = None, True
        made = CalendarEditionRow(
            organization_id=self._id, number=number, made_by=by, made_at=at, source=change.source
        )
        self._session.add(made)
        for unit, day in (*change.removed, *(row.key for row in change.days)):
            self._end(CalendarDayRow, number, unit=unit or "", day=day)
        for rule in change.rules:
            self._end(
                CalendarRuleRow,
                number,
                kind=rule.kind.value,
                unit=rule.unit or "",
                valid_from=rule.rule.from_,
            )
        kept: dict[str, Any] = {
            "organization_id": self._id,
            "entered_by": by,
            "entered_at": at,
            "entered_in": number,
        }
        self._session.add_all(_day_row(row, id=new_id(), **kept) for row in change.days)
        self._session.add_all(_rule_row(row, id=new_id(), **kept) for row in change.rules)
        self._session.flush()
        return number

    def _end(self, table: Any, number: int, **key: Any) -> None:
        """Let the row of a key hold no longer."""
        mine = [col(getattr(table, name)) == value for name, value in key.items()]
        self._session.exec(
            update(table)
            .where(col(table.organization_id) == self._id, col(table.removed_in).is_(None), *mine)
            .values(removed_in=number)
            .execution_options(synchronize_session=False)
        )

    def _read(self, number: int) -> Edition:
        days, rules = CalendarDayRow, CalendarRuleRow
        return Edition(
            number=number,
            days=tuple(_day(row) for row in self._held(days, number, days.day, days.unit)),
            rules=tuple(_rule(row) for row in self._held(rules, number, rules.kind, rules.unit)),
        )

    def _held(self, table: Any, number: int, *order: Any) -> tuple[Any, ...]:
        """The rows that hold in an edition, in an order."""
        query = select(table).where(
            col(table.organization_id) == self._id,
            col(table.entered_in) <= number,
            or_(col(table.removed_in).is_(None), col(table.removed_in) > number),
        )
        return tuple(self._session.exec(query.order_by(*order)))


def _day(row: CalendarDayRow) -> DayRow:
    return DayRow(
        day=CalendarDay(
            date=row.day,
            kind=DayKind(row.kind),
            label=row.label,
            source=row.source,
            official=row.official,
        ),
        unit=row.unit or None,
        effective_on=row.effective_on,
    )


def _rule(row: CalendarRuleRow) -> RuleRow:
    kind = RuleKind(row.kind)
    return RuleRow(kind=kind, rule=RULES[kind].model_validate(row.body), unit=row.unit or None)


def _day_row(row: DayRow, **kept: Any) -> CalendarDayRow:
    return CalendarDayRow(
        **kept,
        unit=row.unit or "",
        day=row.day.date,
        kind=row.day.kind.value,
        label=row.day.label,
        source=row.day.source,
        official=row.day.official,
        effective_on=row.effective_on,
    )


def _rule_row(row: RuleRow, **kept: Any) -> CalendarRuleRow:
    return CalendarRuleRow(
        **kept,
        unit=row.unit or "",
        kind=row.kind.value,
        valid_from=row.rule.from_,
        source=row.rule.source,
        body=row.rule.model_dump(mode="json", by_alias=True),
    )
