"""The calendar of an organisation and its units, as one numbered edition of dated rows.

1. An edition is all rows and rules that hold together; every change makes the next one. A deadline
   keeps the number of the edition that it was computed from.
2. Rows without a unit are everybody's. A unit sees those of the units above it and its own; the
   nearer one wins on its date, and so do rules.
3. A day that is entered again replaces the row of its unit and date; nothing else is touched.
4. Only rows count. Where no rule was ever entered the week rests on Saturday and Sunday.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from engine.calendars.business_days import (
    SATURDAY,
    SUNDAY,
    Calendar,
    CalendarDay,
    CalendarInvalid,
    WeekPattern,
)
from engine.calendars.dated_rules import DatedRule, Rule, rule_on
from engine.calendars.dossier_clock import DossierRule
from engine.calendars.period_scheme import PeriodRule
from engine.calendars.working_time import WorkingTimeRule


class RuleKind(StrEnum):
    """What a dated rule of an organisation is about."""

    WORKING_TIME = "working_time"
    PERIODS = "periods"
    ONE_STOP = "one_stop"


RULES: Mapping[RuleKind, type[DatedRule]] = MappingProxyType(
    {
        RuleKind.WORKING_TIME: WorkingTimeRule,
        RuleKind.PERIODS: PeriodRule,
        RuleKind.ONE_STOP: DossierRule,
    }
)
LABEL_LENGTH = 200
SOURCE_LENGTH = 300
OFFICE_WEEK = WorkingTimeRule(
    from_=date.min, source="Quyết định 188/1999/QĐ-TTg", weekend=(SATURDAY, SUNDAY)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day that differs from the week's rule, for everybody or for a unit.

    Attributes:
        unit: the unit whose rota it is; None for the whole organisation.
        effective_on: the day on which its document takes effect, where that is told.
    """

    day: CalendarDay
    unit: str | None = None
    effective_on: date | None = None

    @property
    def key(self) -> tuple[str | None, date]:
        """What it decides: one unit, one date."""
        return self.unit, self.day.date


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A dated rule, for everybody or for a unit."""

    kind: RuleKind
    rule: DatedRule
    unit: str | None = None

    @property
    def key(self) -> tuple[RuleKind, str | None, date]:
        """What it decides: one kind of rule, one unit, from one day on."""
        return self.kind, self.unit, self.rule.from_


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChange:
    """What is entered and taken away at once; `source` is the document that takes away."""

    days: tuple[DayRow, ...] = ()
    removed: tuple[tuple[str | None, date], ...] = ()
    rules: tuple[RuleRow, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """All rows and rules that hold together, under their number.

    Attributes:
        number: 0 before anything was entered.
    """

    number: int = 0
    days: tuple[DayRow, ...] = ()
    rules: tuple[RuleRow, ...] = ()
    _calendars: dict[tuple[str, ...], Calendar] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def after(self, change: CalendarChange) -> "Edition":
        """The next edition.

        Raises:
            CalendarInvalid: `calendar_day_unknown`: what is taken away is not there;
                `calendar_day_repeated`: a day stands twice in the change;
                `calendar_day_without_source`: nobody says which document decides;
                `calendar_day_text_wrong`: its label is missing or too long, or its source is.
        """
        _check(change)
        rows = {row.key: row for row in self.days}
        for key in change.removed:
            if rows.pop(key, None) is None:
                raise CalendarInvalid("calendar_day_unknown", date=key[1].isoformat())
        rows.update((row.key, row) for row in change.days)
        rules = {row.key: row for row in self.rules}
        rules.update((row.key, row) for row in change.rules)
        return Edition(
            number=self.number + 1, days=tuple(rows.values()), rules=tuple(rules.values())
        )

    def calendar_of(self, lineage: Sequence[str] = ()) -> Calendar:
        """The working days of a unit.

        Args:
            lineage: the units above it, the highest first, and itself; none for the organisation.
        """
        key = tuple(lineage)
        if key not in self._calendars:
            self._calendars[key] = self._calendar(key)
        return self._calendars[key]

    def working_time_of(self, lineage: Sequence[str] = (), *, on: date) -> WorkingTimeRule:
        """The working time of a unit on a day."""
        rules = self.rules_of(RuleKind.WORKING_TIME, WorkingTimeRule, lineage)
        return rule_on(rules or (OFFICE_WEEK,), on)

    def rules_of(
        self, kind: RuleKind, model: type[Rule], lineage: Sequence[str] = ()
    ) -> tuple[Rule, ...]:
        """The rules of a kind for a unit: those of the nearest unit that has any of its own."""
        for unit in (*reversed(lineage), None):
            found = [
                row.rule
                for row in self.rules
                if row.kind is kind and row.unit == unit and isinstance(row.rule, model)
            ]
            if found:
                return tuple(sorted(found, key=lambda rule: rule.from_))
        return ()

    def _calendar(self, lineage: tuple[str, ...]) -> Calendar:
        merged: dict[date, CalendarDay] = {}
        for unit in (None, *lineage):
            merged.update((row.day.date, row.day) for row in self.days if row.unit == unit)
        first, *later = self.rules_of(RuleKind.WORKING_TIME, WorkingTimeRule, lineage) or (
            OFFICE_WEEK,
        )
        return Calendar(
            days=tuple(merged.values()),
            weekend=frozenset(first.weekend),
            version=self.number,
            patterns=tuple(WeekPattern(rule.from_, frozenset(rule.weekend)) for rule in later),
        )


def unannounced(edition: Edition, today: date) -> tuple[date, date] | None:
    """The months ahead for which no official row was entered yet, when it is time to ask.

    The days of Tết and of a year's first half are announced by December, those of its last months
    by July; in other months nothing is asked.
    """
    if today.month == 12:
        first, last = date(today.year + 1, 1, 1), date(today.year + 1, 6, 30)
    elif today.month == 7:
        first, last = date(today.year, 8, 1), date(today.year, 12, 31)
    else:
        return None
    official = any(
        row.unit is None and row.day.official and first <= row.day.date <= last
        for row in edition.days
    )
    return None if official else (first, last)


def difference(days: Iterable[DayRow], seed: Iterable[CalendarDay]) -> CalendarChange:
    """What a newer library or shipped file says otherwise than the organisation's own rows.

    Only years that the seed knows are compared. A day that an official row decides is never
    touched; an estimate gives way to what is told now, and goes when nothing tells it any more.
    """
    told = {day.date: day for day in seed}
    years = {day.year for day in told}
    known = {row.day.date: row.day for row in days if row.unit is None}
    removed = [
        (None, day.date)
        for day in known.values()
        if not day.official and day.date.year in years and day.date not in told
    ]
    entered = [
        DayRow(day=day)
        for day in told.values()
        if (old := known.get(day.date)) is None or (not old.official and _differ(old, day))
    ]
    return CalendarChange(days=tuple(entered), removed=tuple(removed))


def _differ(old: CalendarDay, new: CalendarDay) -> bool:
    return (old.kind, old.official) != (new.kind, new.official)


def _check(change: CalendarChange) -> None:
    seen: set[tuple[str | None, date]] = set()
    for row in change.days:
        if row.key in seen:
            raise CalendarInvalid("calendar_day_repeated", date=row.day.date.isoformat())
        seen.add(row.key)
        if not row.day.source.strip():
            raise CalendarInvalid("calendar_day_without_source", date=row.day.date.isoformat())
        if not 0 < len(row.day.label) <= LABEL_LENGTH or len(row.day.source) > SOURCE_LENGTH:
            raise CalendarInvalid("calendar_day_text_wrong", date=row.day.date.isoformat())
    if change.removed and not change.source.strip():
        raise CalendarInvalid("calendar_day_without_source", date=change.removed[0][1].isoformat())
