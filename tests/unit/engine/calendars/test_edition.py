"""Editions: what replaces what, whose rows count, and what a newer library says otherwise."""

from datetime import date, time

import pytest
from pydantic import ValidationError

from engine.calendars.business_days import Calendar, CalendarDay, CalendarInvalid, DayKind
from engine.calendars.edition import (
    CalendarChange,
    DayRow,
    Edition,
    RuleKind,
    RuleRow,
    difference,
    unannounced,
)
from engine.calendars.working_time import WorkingTimeRule

FRIDAY, SATURDAY = date(2026, 7, 10), date(2026, 7, 11)


def row(
    day: date, kind: DayKind = DayKind.OFF, unit: str | None = None, *, official: bool = True
) -> DayRow:
    return DayRow(day=CalendarDay(day, kind, "x", "y", official=official), unit=unit)


def week(since: date, *weekend: int, unit: str | None = None, cut_off: str = "15:00") -> RuleRow:
    rule = WorkingTimeRule.model_validate(
        {"from": since, "source": "QC", "weekend": weekend, "cut_off": cut_off}
    )
    return RuleRow(kind=RuleKind.WORKING_TIME, rule=rule, unit=unit)


def edition(*days: DayRow, rules: tuple[RuleRow, ...] = ()) -> Edition:
    return Edition().after(CalendarChange(days=days, rules=rules))


def test_the_nearer_unit_wins_on_its_date() -> None:
    known = edition(
        row(FRIDAY), row(FRIDAY, DayKind.WORK, "office"), row(SATURDAY, DayKind.WORK, "desk")
    )
    whole, office, desk = (
        known.calendar_of(lineage) for lineage in ((), ("office",), ("office", "desk"))
    )
    assert [c.is_working_day(FRIDAY) for c in (whole, office, desk)] == [False, True, True]
    assert [c.is_working_day(SATURDAY) for c in (whole, office, desk)] == [False, False, True]
    assert desk.version == 1
    assert known.calendar_of(("office", "desk")) is desk


def test_the_rules_of_the_nearest_unit_hold_each_from_its_day() -> None:
    known = edition(
        rules=(
            week(date(2026, 1, 1), 6, 7),
            week(date(2026, 8, 1), 7, unit="desk", cut_off="16:30"),
            week(date(2026, 7, 1), 1, unit="desk"),
        )
    )
    desk = known.calendar_of(("office", "desk"))
    assert (desk.weekend, [p.weekend for p in desk.patterns]) == (frozenset({1}), [{7}])
    assert known.calendar_of(("office",)) == Calendar(version=1)
    assert known.working_time_of(("desk",), on=date(2026, 7, 31)).cut_off == time(15)
    assert known.working_time_of(("desk",), on=date(2026, 8, 1)).cut_off == time(16, 30)
    assert Edition().working_time_of(on=FRIDAY).weekend == (6, 7)
    assert Edition().rules_of(RuleKind.PERIODS, WorkingTimeRule) == ()


def test_what_is_entered_again_replaces_its_row_alone() -> None:
    first = edition(row(FRIDAY), row(SATURDAY))
    second = first.after(CalendarChange(days=(row(FRIDAY, DayKind.WORK),)))
    third = second.after(CalendarChange(removed=((None, SATURDAY),), source="z"))
    assert (second.number, third.number) == (2, 3)
    assert [one.day.kind for one in third.days] == [DayKind.WORK]
    assert len(first.days) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (CalendarChange(removed=((None, FRIDAY),), source="z"), "calendar_day_unknown"),
        (CalendarChange(removed=((None, FRIDAY),)), "calendar_day_without_source"),
        (CalendarChange(days=(row(FRIDAY), row(FRIDAY))), "calendar_day_repeated"),
        (
            CalendarChange(days=(DayRow(day=CalendarDay(FRIDAY, DayKind.OFF, "x", " ")),)),
            "calendar_day_without_source",
        ),
        (
            CalendarChange(days=(DayRow(day=CalendarDay(FRIDAY, DayKind.OFF, "x" * 201, "y")),)),
            "calendar_day_text_wrong",
        ),
    ],
)
def test_what_says_no_document_or_contradicts_itself_is_refused(
    change: CalendarChange, code: str
) -> None:
    with pytest.raises(CalendarInvalid) as caught:
        Edition().after(change)
    assert caught.value.code == code


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValidationError):
        week(FRIDAY, 1, 2, 3, 4, 5, 6, 7)


def test_the_library_touches_estimates_alone() -> None:
    known = edition(
        row(date(2026, 1, 1)),
        row(date(2026, 1, 2), official=False),
        row(date(2026, 1, 3), official=False),
        row(date(2026, 1, 5), official=False),
        row(date(2030, 1, 1), official=False),
        row(date(2026, 1, 9), unit="desk", official=False),
    )
    seed = (
        CalendarDay(date(2026, 1, 1), DayKind.WORK, "", "lib", official=False),
        CalendarDay(date(2026, 1, 3), DayKind.OFF, "", "lib", official=False),
        CalendarDay(date(2026, 1, 4), DayKind.OFF, "", "lib", official=False),
        CalendarDay(date(2026, 1, 5), DayKind.OFF, "", "notice"),
    )
    change = difference(known.days, seed)
    assert [one.day.date.day for one in change.days] == [4, 5]
    assert change.removed == ((None, date(2026, 1, 2)),)
    assert difference(known.days, ()) == CalendarChange()


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        (date(2026, 12, 1), (date(2027, 1, 1), date(2027, 6, 30))),
        (date(2026, 7, 31), (date(2026, 8, 1), date(2026, 12, 31))),
        (date(2026, 8, 1), None),
    ],
)
def test_the_months_ahead_are_asked_for_twice_a_year(
    today: date, asked: tuple[date, date] | None
) -> None:
    estimates = edition(row(date(2026, 9, 2), official=False), row(date(2027, 2, 5), unit="desk"))
    assert unannounced(estimates, today) == asked
    told = edition(row(date(2026, 9, 2)), row(date(2027, 2, 5)))
    assert unannounced(told, today) is None
