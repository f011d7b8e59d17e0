"""Reporting periods of an office: where each begins and ends, when its report is due.

1. The scheme is dated data. A month ends on the last day of the calendar, or on the 14th as the
   reports of government do (Decree 09/2019, Art. 12); the rule in force on the first day of the
   month that a period is named after decides.
2. A period begins on the day after the one before it ended, whatever the rules: no day is missed
   or counted twice, not even where the scheme changes.
3. Weeks are ISO weeks. A week is filed under the month of its Thursday (`part_of`); what a month
   adds up is `parts_of`, where a week that straddles two months gives each its own days.
4. Reports are due on the last working day of a week, and so many working days after the last day of
   a longer period.
5. A week of hardly any working day, such as Tết, is merged into the next week that has enough, and
   is reported with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from engine.calendars.business_days import Calendar, Roll
from engine.calendars.dated_rules import Closed, DatedRule, rule_on
from engine.calendars.recurrence import Period, PeriodKind, containing, parse_period

_PART = {
    PeriodKind.WEEK: PeriodKind.MONTH,
    PeriodKind.MONTH: PeriodKind.QUARTER,
    PeriodKind.QUARTER: PeriodKind.YEAR,
}
_SMALLER = {
    PeriodKind.YEAR: PeriodKind.QUARTER,
    PeriodKind.QUARTER: PeriodKind.MONTH,
    PeriodKind.MONTH: PeriodKind.WEEK,
}
_DAY = timedelta(days=1)


class ReportTerms(Closed):
    """Working days from the end of a period until its report is due; a week has none."""

    month: Annotated[int, Field(ge=0, le=60)]
    quarter: Annotated[int, Field(ge=0, le=60)]
    year: Annotated[int, Field(ge=0, le=60)]


class PeriodRule(DatedRule):
    """How periods are cut from a day on.

    Attributes:
        month_ends_on: the day of the month, or `last_day`.
        report_terms: working days until the report is due.
        merge_week_up_to: a week with at most so many working days is merged into the next.
    """

    month_ends_on: Annotated[int, Field(ge=1, le=28)] | Literal["last_day"]
    report_terms: ReportTerms
    merge_week_up_to: Annotated[int, Field(ge=0, le=6)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPart:
    """Days of a smaller period that lie in a greater one."""

    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingPeriod:
    """A period with its days and the day of its report.

    Attributes:
        name: `2026-W32`, `2026-07`, `2026-Q3` or `2026`.
        report_due: the last day on which its report is in time.
        part_of: the next greater period under which it is filed; None for a year.
        merged_into: the week that takes this one over; None when it is reported by itself.
    """

    name: str
    kind: PeriodKind
    first_day: date
    last_day: date
    report_due: date
    part_of: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class PeriodScheme:
    """The reporting periods of an office, by its dated rules and its working days.

    Attributes:
        rules: in the order of their days; the first one also holds for all days before it.
        calendar: the working days on which reports are due.
    """

    rules: tuple[PeriodRule, ...]
    calendar: Calendar

    def periods_between(
        self, first: date, last: date, *, kind: PeriodKind
    ) -> Iterator[ReportingPeriod]:
        """Every period of a kind that shares a day with the window, in order.

        Raises:
            PeriodInvalid: `period_unknown` outside the named years.
        """
        if first > last:
            return
        named = self._containing(first, kind)
        while True:
            yield self._told(named)
            if self._last_day(named) >= last:
                return
            named = named.next()

    def containing(self, day: date, *, kind: PeriodKind) -> ReportingPeriod:
        """The period of a kind to which a day belongs.

        Raises:
            PeriodInvalid: `period_unknown` outside the named years.
        """
        return self._told(self._containing(day, kind))

    def period(self, name: str) -> ReportingPeriod:
        """The period of a name.

        Raises:
            PeriodInvalid: `period_unreadable` or `period_unknown`.
        """
        return self._told(parse_period(name))

    def parts_of(self, name: str) -> tuple[PeriodPart, ...]:
        """The next smaller periods, cut so that they cover this one without gap or overlap.

        Quarters of a year, months of a quarter, weeks of a month; a week has no parts.

        Raises:
            PeriodInvalid: `period_unreadable` or `period_unknown`.
        """
        whole = parse_period(name)
        smaller = _SMALLER.get(whole.kind)
        if smaller is None:
            return ()
        first, last = self._first_day(whole), self._last_day(whole)
        return tuple(
            PeriodPart(
                name=part.name,
                first_day=max(first, part.first_day),
                last_day=min(last, part.last_day),
            )
            for part in self.periods_between(first, last, kind=smaller)
        )

    def _told(self, named: Period) -> ReportingPeriod:
        merged_into = self._merged_into(named) if named.kind is PeriodKind.WEEK else None
        greater = _PART.get(named.kind)
        return ReportingPeriod(
            name=named.name,
            kind=named.kind,
            first_day=self._first_day(named),
            last_day=self._last_day(named),
            report_due=self._report_due(merged_into or named),
            part_of=None if greater is None else self._containing(_middle(named), greater).name,
            merged_into=None if merged_into is None else merged_into.name,
        )

    def _report_due(self, named: Period) -> date:
        last = self._last_day(named)
        if named.kind is PeriodKind.WEEK:
            return self.calendar.roll(last, Roll.BACK)
        terms = self._rule_of(named).report_terms
        count = {
            PeriodKind.MONTH: terms.month,
            PeriodKind.QUARTER: terms.quarter,
            PeriodKind.YEAR: terms.year,
        }[named.kind]
        return self.calendar.add_working_days(last, count)

    def _merged_into(self, week: Period) -> Period | None:
        """The next week with enough working days, when this one has not."""
        taker = week
        while self._hardly_works(taker):
            taker = taker.next()
        return None if taker is week else taker

    def _hardly_works(self, week: Period) -> bool:
        """Whether holidays left so few working days; a rota of few days a week is no holiday."""
        count = self.calendar.working_days_in(week.first_day, week.last_day)
        usual = 7 - len(self.calendar.weekend_on(week.first_day))
        return count < usual and count <= self._rule_of(week).merge_week_up_to

    def _containing(self, day: date, kind: PeriodKind) -> Period:
        if kind is PeriodKind.WEEK:
            return containing(day, kind)
        month = containing(day, PeriodKind.MONTH)
        # A month may end on its 14th: what comes after belongs to the next one.
        if day > self._last_day(month):
            month = month.next()
        return containing(month.first_day, kind)

    def _first_day(self, named: Period) -> date:
        if named.kind is PeriodKind.WEEK:
            return named.first_day
        before = containing(named.first_day - _DAY, PeriodKind.MONTH)
        return self._last_day(before) + _DAY

    def _last_day(self, named: Period) -> date:
        if named.kind is PeriodKind.WEEK:
            return named.last_day
        ends_on = self._rule_of(named).month_ends_on
        return named.last_day if ends_on == "last_day" else named.last_day.replace(day=ends_on)

    def _rule_of(self, named: Period) -> PeriodRule:
        """The rule in force when the period's week begins, or the last month of its name."""
        day = named.first_day
        if named.kind is not PeriodKind.WEEK:
            day = containing(named.last_day, PeriodKind.MONTH).first_day
        return rule_on(self.rules, day)


def _middle(named: Period) -> date:
    """The day that says under which greater period this one is filed: a week's Thursday."""
    if named.kind is PeriodKind.WEEK:
        return named.first_day + timedelta(days=3)
    return named.first_day
