"""The clock of a dossier over a year that has Tết, a swapped Saturday and two days of September."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.calendars.business_days import Calendar, CalendarInvalid
from engine.calendars.dated_rules import read_rules
from engine.calendars.dossier_clock import (
    DossierClock,
    DossierEvent,
    DossierRule,
    DossierTerm,
    EventKind,
    Fault,
    clock_of,
    committed_half_days,
)
from engine.calendars.vietnam import read_calendar_file, seed_days

FOLDER = Path(__file__).parents[4] / "definitions/calendars"
FIVE_DAYS = DossierTerm(half_days=10)


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def vietnam() -> Calendar:
    file = read_calendar_file(read("vn.yaml"))
    return Calendar(days=seed_days(range(2024, 2028), file), weekend=file.weekend)


@pytest.fixture(scope="module")
def rules() -> tuple[DossierRule, ...]:
    return read_rules(read("vn_one_stop.yaml"), DossierRule)


def at(day: int, hour: int = 9, month: int = 8) -> datetime:
    return datetime.combine(date(2026, month, day), time(hour))


def event(kind: EventKind, when: datetime, due_on: date | None = None) -> DossierEvent:
    return DossierEvent(kind=kind, at=when, due_on=due_on)


class Desk:
    def __init__(self, calendar: Calendar, rules: tuple[DossierRule, ...]) -> None:
        self.calendar, self.rules = calendar, rules

    def clock(
        self, received_at: datetime, *events: DossierEvent, term: DossierTerm = FIVE_DAYS
    ) -> DossierClock:
        return clock_of(received_at, events, term=term, rules=self.rules, calendar=self.calendar)


@pytest.fixture(scope="module")
def desk(vietnam: Calendar, rules: tuple[DossierRule, ...]) -> Desk:
    return Desk(vietnam, rules)


def test_the_count_begins_on_the_day_after_receipt_and_a_swapped_saturday_counts(
    desk: Desk,
) -> None:
    clock = desk.clock(at(20))
    assert (clock.due_on, clock.due_by_noon) == (date(2026, 8, 26), False)
    assert clock.apology_by == date(2026, 8, 25)
    assert clock.supplements_by == date(2026, 8, 24)


def test_one_day_before_a_due_monday_is_the_friday(desk: Desk) -> None:
    clock = desk.clock(at(28), term=DossierTerm(half_days=6))
    assert (clock.due_on, clock.apology_by) == (date(2026, 9, 7), date(2026, 9, 4))


@pytest.mark.parametrize(
    ("received_at", "handed_over", "due", "due_shifted"),
    [
        (at(20, 14), date(2026, 8, 20), date(2026, 8, 26), date(2026, 8, 26)),
        (at(20, 15), date(2026, 8, 21), date(2026, 8, 26), date(2026, 8, 27)),
        (at(23), date(2026, 8, 24), date(2026, 8, 28), date(2026, 9, 3)),
        (at(22), date(2026, 8, 22), date(2026, 8, 28), date(2026, 8, 28)),
    ],
    ids=["before the cut-off", "at the cut-off", "on a Sunday", "on the swapped Saturday"],
)
def test_the_cut_off_shifts_the_hand_over_and_the_count_only_where_a_flag_says_so(
    *, desk: Desk, received_at: datetime, handed_over: date, due: date, due_shifted: date
) -> None:
    plain = desk.clock(received_at)
    shifted = desk.clock(received_at, term=DossierTerm(half_days=10, counts_from_hand_over=True))
    assert (plain.handed_over_on, shifted.handed_over_on) == (handed_over, handed_over)
    assert (plain.due_on, shifted.due_on) == (due, due_shifted)


def test_a_unit_may_close_its_counter_at_another_hour(desk: Desk) -> None:
    later = desk.clock(at(20, 16), term=DossierTerm(half_days=10, cut_off=time(16, 30)))
    assert later.handed_over_on == date(2026, 8, 20)


def test_a_pause_does_not_count(desk: Desk) -> None:
    paused = event(EventKind.PAUSED, at(24))
    standing = desk.clock(at(20), paused)
    assert (standing.due_on, standing.apology_by) == (None, None)
    # Two days were left on Monday 24/8; they follow the day of resumption.
    clock = desk.clock(at(20), paused, event(EventKind.RESUMED, at(27)))
    assert (clock.due_on, clock.first_due_on) == (date(2026, 9, 3), date(2026, 8, 26))
    assert clock.paused_days == 3
    ended = desk.clock(
        at(20), paused, event(EventKind.RESUMED, at(27)), event(EventKind.ENDED, at(4, month=9))
    )
    assert (ended.late_days, ended.used_half_days) == (1, 2 * 6 - 1)


def test_a_pause_on_the_last_day_leaves_the_day_of_resumption(desk: Desk) -> None:
    clock = desk.clock(at(20), event(EventKind.PAUSED, at(26)), event(EventKind.RESUMED, at(29)))
    # A Saturday; Monday to Wednesday are days off.
    assert clock.due_on == date(2026, 9, 3)


def test_no_pause_saves_what_is_late_already_but_its_days_are_not_counted(desk: Desk) -> None:
    clock = desk.clock(
        at(10),
        event(EventKind.PAUSED, at(18)),
        event(EventKind.RESUMED, at(20)),
        event(EventKind.ENDED, at(21, 16)),
    )
    assert (clock.due_on, clock.late_days) == (date(2026, 8, 17), 2)
    assert clock.used_half_days == 2 * (10 - 1 - 2)


def test_supplements_in_time_restart_the_clock_from_zero(desk: Desk) -> None:
    asked = event(EventKind.SUPPLEMENTS_ASKED, at(13))
    assert desk.clock(at(10), asked).due_on is None
    clock = desk.clock(at(10), asked, event(EventKind.SUPPLEMENTED, at(20, 16)))
    assert (clock.counted_from, clock.due_on) == (date(2026, 8, 20), date(2026, 8, 26))
    assert (clock.handed_over_on, clock.restarts) == (date(2026, 8, 21), 1)
    assert (clock.first_due_on, clock.faults) == (date(2026, 8, 17), ())


def test_a_request_that_the_law_does_not_allow_only_pauses(desk: Desk) -> None:
    late = desk.clock(
        at(10),
        event(EventKind.SUPPLEMENTS_ASKED, at(14)),
        event(EventKind.SUPPLEMENTED, at(20)),
    )
    assert (late.due_on, late.restarts) == (date(2026, 8, 21), 0)
    assert late.faults == (Fault.SUPPLEMENTS_LATE,)
    again = desk.clock(
        at(10),
        event(EventKind.SUPPLEMENTS_ASKED, at(11)),
        event(EventKind.SUPPLEMENTED, at(12)),
        event(EventKind.SUPPLEMENTS_ASKED, at(13)),
        event(EventKind.SUPPLEMENTED, at(14)),
    )
    assert (again.due_on, again.restarts) == (date(2026, 8, 20), 1)
    assert again.faults == (Fault.SUPPLEMENTS_REPEATED,)


def test_another_day_is_promised_once_and_later(desk: Desk) -> None:
    def extend(day: int) -> DossierEvent:
        return event(EventKind.EXTENDED, at(20), date(2026, 9, day))

    once = desk.clock(at(20), extend(8))
    assert (once.due_on, once.first_due_on) == (date(2026, 9, 8), date(2026, 8, 26))
    assert (once.extensions, once.faults) == (1, ())
    twice = desk.clock(at(20), extend(8), extend(9))
    assert (twice.due_on, twice.faults) == (date(2026, 9, 8), (Fault.EXTENSIONS_EXCEEDED,))
    day_off = desk.clock(at(20), extend(2))
    assert day_off.faults == (Fault.EXTENSION_NOT_LATER,)
    assert day_off.due_on == day_off.first_due_on


def test_what_ends_while_it_waits_is_not_late_for_the_waiting(desk: Desk) -> None:
    clock = desk.clock(
        at(20),
        event(EventKind.SUPPLEMENTS_ASKED, at(21)),
        event(EventKind.ENDED, at(11, 16, month=9)),
    )
    assert (clock.late_days, clock.used_half_days) == (0, 2)


def test_the_law_of_the_day_of_receipt_holds_for_the_whole_life(
    vietnam: Calendar, rules: tuple[DossierRule, ...]
) -> None:
    stricter = rules[1].model_copy(update={"extensions_max": 0})
    desk = Desk(vietnam, (rules[0], stricter))
    extended = event(
        EventKind.EXTENDED, datetime.fromisoformat("2025-07-03T09:00"), date(2025, 7, 10)
    )
    before = desk.clock(datetime.fromisoformat("2025-06-30T09:00"), extended)
    after = desk.clock(datetime.fromisoformat("2025-07-01T09:00"), extended)
    assert (before.rule.source, before.extensions) == (rules[0].source, 1)
    assert (after.rule.source, after.extensions) == (rules[1].source, 0)


@pytest.mark.parametrize(
    ("regulated", "committed"),
    [(0, 0), (1, 1), (2, 1), (6, 5), (10, 8), (20, 17), (30, 25), (40, 34), (60, 51)],
)
def test_the_committed_term_is_cut_and_rounded_down_to_half_a_day(
    regulated: int, committed: int
) -> None:
    assert committed_half_days(regulated, cut_percent=15) == committed


def test_a_term_that_ends_with_half_a_day_ends_at_noon(desk: Desk) -> None:
    clock = desk.clock(at(20), term=DossierTerm(half_days=9))
    assert (clock.due_on, clock.due_by_noon) == (date(2026, 8, 26), True)
    nothing = desk.clock(at(23), term=DossierTerm(half_days=0))
    assert nothing.due_on == date(2026, 8, 24)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ((event(EventKind.RESUMED, at(21)),), "dossier_event_not_possible"),
        ((event(EventKind.SUPPLEMENTED, at(21)),), "dossier_event_not_possible"),
        ((event(EventKind.PAUSED, at(21)),) * 2, "dossier_event_not_possible"),
        ((event(EventKind.ENDED, at(21)),) * 2, "dossier_event_not_possible"),
        (
            (
                event(EventKind.PAUSED, at(21)),
                event(EventKind.EXTENDED, at(24), date(2026, 9, 7)),
            ),
            "dossier_event_not_possible",
        ),
        ((event(EventKind.PAUSED, at(19)),), "dossier_events_disordered"),
        ((event(EventKind.EXTENDED, at(21)),), "dossier_extension_without_day"),
    ],
)
def test_what_cannot_have_happened_is_refused(
    desk: Desk, events: tuple[DossierEvent, ...], code: str
) -> None:
    with pytest.raises(CalendarInvalid) as caught:
        desk.clock(at(20), *events)
    assert caught.value.code == code


@pytest.mark.parametrize(("half_days", "percent"), [(-1, 15), (10, 100), (10, -1)])
def test_a_cut_of_nothing_or_of_everything_is_refused(half_days: int, percent: int) -> None:
    with pytest.raises(CalendarInvalid):
        committed_half_days(half_days, cut_percent=percent)


def test_a_negative_term_is_refused(desk: Desk) -> None:
    with pytest.raises(CalendarInvalid):
        desk.clock(at(20), term=DossierTerm(half_days=-1))
