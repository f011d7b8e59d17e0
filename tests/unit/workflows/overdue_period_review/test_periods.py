"""A period: its balance, what it freezes, what the next begins with, what a month counts once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.period_scheme import PeriodRule
from engine.machine.instance import Case, Child
from engine.machine.intent import ChangeRecord, Notify
from tests.unit.workflows.made_cases import ask, row
from tests.unit.workflows.overdue_period_review.made_periods import (
    CALENDAR,
    FRIDAY,
    MONDAY,
    SUNDAY,
    before,
    dossier,
    frozen,
    review,
    standing,
)
from workflows.overdue_dossiers.dossier import Dossier, Status
from workflows.overdue_period_review import effects, facts, figures, proposals, report
from workflows.overdue_period_review.periods import covered
from workflows.overdue_period_review.scheme import openings
from workflows.overdue_period_review.snapshot import live_count, snapshot

JULY = date(2026, 7, 20)
IN_TIME = dossier("A1", JULY, FRIDAY, date(2026, 8, 5))
LATE = dossier("A2", JULY, date(2026, 8, 4), FRIDAY)
OLD = dossier("A3", JULY, date(2026, 8, 5))
NEW = dossier("A4", date(2026, 8, 6), date(2026, 8, 20))
STOPPED = dossier("A5", JULY, MONDAY, date(2026, 8, 6), status=Status.STOPPED)
OTHER = dossier("B1", JULY, date(2026, 8, 28), unit="tdc")
ALL = (IN_TIME, LATE, OLD, NEW, STOPPED, OTHER)


def numbers(found: Case) -> dict[str, int]:
    kept = snapshot(found)
    assert kept is not None
    return dict(kept.total.numbers)


def test_what_was_there_and_came_is_what_went_and_is_left() -> None:
    told = numbers(review(*ALL))
    flows = ("opening", "received", "finished", "sent_back", "stopped", "closing")
    assert [told[name] for name in flows] == [5, 1, 2, 0, 1, 3]
    assert facts.balanced(review(*ALL))
    assert facts.balanced(frozen(review(*ALL, cut_off=FRIDAY)))


def test_a_dossier_that_was_stopped_after_its_day_stays_among_the_late() -> None:
    assert facts.overdue_count(review(*ALL)) == 3
    assert facts.backlog_count(review(*ALL)) == 2
    kept = snapshot(review(*ALL))
    assert kept is not None
    assert [(each.code, each.late, each.days_late) for each in kept.dossiers] == [
        ("A2", True, 3),
        ("A3", True, 2),
        ("A5", True, 3),
        ("B1", False, 0),
    ]


def test_what_was_excluded_by_proof_was_on_time() -> None:
    proved = (standing(LATE, "excluded"), standing(OLD, "excluded"))
    found = review(*ALL, standings=proved)
    assert facts.overdue_count(found) == 1
    assert numbers(found)["excluded"] == 2
    assert (numbers(found)["early"], numbers(found)["on_time"]) == (1, 1)
    # It is still pending in the register, and so it stays in the balance.
    assert (numbers(found)["closing"], facts.balanced(found)) == (3, True)


def test_frozen_numbers_stay_whatever_the_register_says_later() -> None:
    open_review = review(*ALL, cut_off=FRIDAY)
    then = snapshot(frozen(open_review))
    ended = replace(OLD, status=Status.FINISHED, ended_on=date(2026, 8, 6))
    now = frozen(open_review, dossiers=(IN_TIME, LATE, ended, NEW, OTHER))
    assert snapshot(now) == then
    assert facts.late_changes(now) == {("A3", "ended_late")}
    (line,) = proposals.adjustment(now)
    assert line == {"dossier_code": "A3", "kind": "ended_late"}


def test_the_next_week_begins_with_what_this_one_left_or_says_why_not() -> None:
    week = frozen(review(*ALL, cut_off=FRIDAY))
    around = {"before": before(week)}
    next_week: dict[str, Any] = {
        "first": date(2026, 8, 10),
        "last": date(2026, 8, 16),
        "today": date(2026, 8, 14),
        "around": around,
    }
    same = review(*ALL, **next_week)
    # Saturday and Sunday came after the cut-off of Friday: they belong to the next week.
    assert covered(same) == (date(2026, 8, 8), date(2026, 8, 14))
    assert facts.differences_unexplained(same) == 0
    ended = replace(OLD, status=Status.FINISHED, ended_on=date(2026, 8, 6))
    came = dossier("A9", date(2026, 8, 6), date(2026, 8, 20))
    later = (NEW, OTHER, ended, came)
    assert facts.differences_unexplained(review(*later, **next_week)) == 2
    assert proposals.adjustment(review(*later, **next_week)) == (
        {"dossier_code": "A3", "kind": "ended_late"},
        {"dossier_code": "A9", "kind": "received_late"},
    )
    lines = (
        row("x", dossier_code="A3", kind="ended_late"),
        row("y", dossier_code="A9", kind="other"),
    )
    half = review(*later, **next_week, records={"adjustment": lines})
    # A line of another kind does not explain it.
    assert facts.differences_unexplained(half) == 1
    told_before = {"before": before(week, adjusted=frozenset({("A9", "received_late")}))}
    whole = review(*later, **{**next_week, "around": told_before}, records={"adjustment": lines})
    assert facts.differences_unexplained(whole) == 0


def test_a_merged_week_is_covered_by_the_one_that_takes_it_over() -> None:
    week = frozen(review(*ALL, cut_off=FRIDAY))
    tet = replace(
        before(week),
        period="2026-W33",
        first_day=date(2026, 8, 10),
        last_day=date(2026, 8, 16),
        first=None,
        last=None,
        merged_into="2026-W34",
        state="merged",
    )
    taker = review(
        *ALL,
        first=date(2026, 8, 17),
        last=date(2026, 8, 23),
        today=date(2026, 8, 21),
        around={"before": before(week), "merged": (tet,)},
        period="2026-W34",
    )
    assert covered(taker) == (date(2026, 8, 8), date(2026, 8, 21))
    assert report.period_report(taker).merged == ("2026-W33",)
    first_ever = review(
        *ALL,
        first=date(2026, 8, 17),
        last=date(2026, 8, 23),
        today=date(2026, 8, 21),
        around={"merged": (tet,)},
    )
    assert covered(first_ever) == (date(2026, 8, 10), date(2026, 8, 21))


@pytest.mark.parametrize(
    ("merged_into", "fits"),
    [
        ("2026-W33", True),
        ("2026-W31", True),
        ("2026-W32", False),
        ("2026-W34", False),
        ("2026-08", False),
        ("tuần sau", False),
        (None, False),
    ],
)
def test_a_week_is_merged_into_its_neighbour(merged_into: str | None, fits: bool) -> None:
    assert facts.merged_into_neighbour(review(merged_into=merged_into)) is fits


@pytest.mark.parametrize(
    ("cut_off", "today", "fits"),
    [
        (FRIDAY, SUNDAY, True),
        (date(2026, 8, 6), SUNDAY, False),
        (date(2026, 8, 8), SUNDAY, True),
        (SUNDAY, FRIDAY, False),
        (date(2026, 8, 12), date(2026, 8, 12), True),
        (None, FRIDAY, True),
    ],
)
def test_a_cut_off_has_passed_and_leaves_no_working_day_out(
    cut_off: date | None, today: date, fits: bool
) -> None:
    assert facts.cut_off_plausible(review(cut_off=cut_off, today=today)) is fits


def test_a_late_cut_off_counts_no_day_of_the_next_period() -> None:
    assert covered(review(cut_off=date(2026, 8, 12), today=date(2026, 8, 12))) == (MONDAY, SUNDAY)


def test_earlier_periods_come_first() -> None:
    waiting = (before(frozen(review(*ALL, cut_off=FRIDAY))),)
    assert facts.earlier_periods_open(review(around={"waiting": waiting})) == 1


def test_units_with_something_to_explain_are_proposed_and_asked_for() -> None:
    assert proposals.unit_scope(review(*ALL)) == (
        {"unit": "special_management", "overdue": 3, "backlog": 1},
        {"unit": "tdc", "overdue": 0, "backlog": 1},
    )
    listed = review(*ALL, records={"unit_scope": (row("u", unit="tdc"),)})
    assert facts.units_without_row(listed) == 1


def account(unit: str, state: str = "reconciled", *codes: str) -> Child:
    return Child(
        id=unit,
        code=f"UP-{unit}",
        process="unit_period_report",
        state=state,
        final="success",
        fields={"unit": unit, "answered": codes} if codes else {"unit": unit},
    )


def test_each_late_dossier_is_answered_for_by_its_case_its_unit_or_by_naming_the_unit() -> None:
    open_review = review(*ALL, cut_off=FRIDAY)
    found = frozen(open_review)
    assert (facts.causes_unconfirmed(found), facts.backlog_without_measure(found)) == (3, 2)
    confirmed = standing(LATE, "cause_confirmed", first_on={"confirm": FRIDAY})
    assert facts.causes_unconfirmed(frozen(open_review, standings=(confirmed,))) == 2
    stated = standing(LATE, "cause_submitted")
    assert facts.causes_unconfirmed(frozen(open_review, standings=(stated,))) == 3
    measured = standing(OLD, "remedying", first_on={"confirm": FRIDAY, "remedy": FRIDAY})
    with_measure = frozen(open_review, standings=(measured,))
    assert facts.causes_unconfirmed(with_measure) == 2
    assert facts.backlog_without_measure(with_measure) == 1
    answered = frozen(
        open_review, children=(account("special_management", "reconciled", "A2", "A3", "A5"),)
    )
    assert (facts.causes_unconfirmed(answered), facts.backlog_without_measure(answered)) == (0, 1)
    named = frozen(
        open_review,
        children=(account("special_management", "excluded"), account("tdc", "reconciled", "B1")),
    )
    assert (facts.causes_unconfirmed(named), facts.backlog_without_measure(named)) == (0, 0)
    assert report.period_report(named).missing_units == ("special_management",)


def test_figures_are_ratios_of_frozen_numbers_with_the_rows_behind_them() -> None:
    found = frozen(review(*ALL, cut_off=FRIDAY))
    on_time = figures.on_time(found)
    assert (on_time.numerator, on_time.denominator, on_time.cut_off) == (1, 2, FRIDAY)
    assert len(on_time.rows["snapshot_line"]) == 3
    late = figures.overdue_dossiers(found)
    assert (late.numerator, len(late.rows["snapshot_dossier"])) == (3, 3)
    assert late.parts == {"special_management": (3, None)}
    assert (
        figures.overdue_pending(found).numerator,
        figures.overdue_pending(found).denominator,
    ) == (1, 3)
    median = figures.median_days_late(found)
    assert (median.numerator, median.denominator) == (3, None)
    assert figures.time_cut(found).numerator is None
    assert figures.on_time(review(state="cancelled")).numerator is None


def test_a_month_counts_a_dossier_once_however_many_weeks_named_it() -> None:
    first = frozen(review(*ALL, cut_off=FRIDAY))
    second = frozen(
        review(
            *ALL,
            first=date(2026, 8, 10),
            last=date(2026, 8, 16),
            today=date(2026, 8, 14),
            cut_off=date(2026, 8, 14),
            around={"before": before(first)},
        )
    )
    parts = (
        before(first),
        replace(before(second), late=frozenset({OLD.key}), first=date(2026, 8, 8)),
    )
    month = review(
        *ALL,
        kind="month",
        first=date(2026, 8, 1),
        last=date(2026, 8, 31),
        today=date(2026, 8, 31),
        cut_off=date(2026, 8, 31),
        period="2026-08",
        around={"parts": parts},
    )
    told = report.period_report(month)
    assert (told.late_in_parts, told.late_again) == (4, 1)
    # A4 and B1 ran late after the two weeks: the month sees what no week had seen yet.
    assert facts.overdue_count(month) == 5
    assert told.gone_since == ()
    assert [part.whole for part in told.parts] == [True, True]
    excluded = report.period_report(
        review(
            *ALL,
            standings=(standing(LATE, "excluded"),),
            kind="month",
            first=date(2026, 8, 1),
            last=date(2026, 8, 31),
            today=date(2026, 8, 31),
            around={"parts": parts},
        )
    )
    assert excluded.gone_since == (LATE.key,)


def test_causes_are_ranked_by_dossiers_and_by_days() -> None:
    told = report.period_report(
        review(
            *ALL,
            standings=(
                standing(LATE, cause="slow_signing"),
                standing(OLD, cause="slow_handling"),
                standing(STOPPED, cause="slow_handling"),
            ),
        )
    )
    assert [(one.cause.value, one.size) for one in told.causes.causes] == [
        ("slow_handling", 2),
        ("slow_signing", 1),
    ]
    assert [one.size for one in told.causes_by_days.causes] == [5, 3]


def test_those_who_must_act_are_told() -> None:
    listed = review(*ALL, cut_off=FRIDAY, records={"unit_scope": (row("u", unit="tdc"),)})
    told = [intent for intent in effects.freeze_period(ask(listed)) if isinstance(intent, Notify)]
    assert [(notice.roles, notice.units) for notice in told] == [(("unit_head",), ("tdc",))]
    given = review(records={"task": (row("t", unit="tdc"), row("s", unit="tdc"))})
    office, heads = effects.tell_units_of_direction(ask(given))
    assert isinstance(office, Notify)
    assert isinstance(heads, Notify)
    assert (office.roles, heads.units) == (("office",), ("tdc",))
    assert len(effects.tell_units_of_direction(ask(review()))) == 1
    for effect, role in (
        (effects.tell_director_of_period, "director"),
        (effects.tell_office_of_return, "office"),
        (effects.tell_office_of_period_obstacle, "office"),
    ):
        (notice,) = effect(ask(review()))
        assert isinstance(notice, Notify)
        assert notice.roles == (role,)


def test_a_review_without_days_or_before_they_begin_freezes_nothing() -> None:
    nameless = review(first=None, last=None)  # type: ignore[arg-type]
    assert covered(nameless) is None
    assert effects.freeze_period(ask(nameless)) == ()
    assert (facts.balanced(nameless), facts.overdue_count(nameless)) == (False, 0)
    early = review(*ALL, today=date(2026, 7, 1))
    assert live_count(early) is None
    assert report.period_report(early).overdue == ()


def test_every_kind_of_period_goes_on_where_it_was_left() -> None:
    today = date(2026, 8, 12)
    first = list(openings(calendar=CALENDAR, rules=(), today=today, opened=()))
    assert [each.period for each in first] == ["2026-W33", "2026-08", "2026-Q3"]
    assert first[0].title == "Hồ sơ quá hạn, tồn đọng tuần 33/2026"
    assert first[0].fields == {
        "kind": "week",
        "first_day": "2026-08-10",
        "last_day": "2026-08-16",
        "report_due": "2026-08-14",
    }
    known = [each.period for each in first]
    assert list(openings(calendar=CALENDAR, rules=(), today=today, opened=known)) == []
    later = openings(calendar=CALENDAR, rules=(), today=date(2026, 9, 1), opened=known)
    assert [each.period for each in later] == ["2026-W34", "2026-W35", "2026-W36", "2026-09"]


def test_periods_follow_the_rules_that_the_office_entered() -> None:
    government = PeriodRule.model_validate(
        {
            "from": date(2026, 1, 1),
            "month_ends_on": 14,
            "report_terms": {"month": 2, "quarter": 2, "year": 2},
            "merge_week_up_to": 1,
            "source": "Nghị định 09/2019/NĐ-CP, Điều 12",
        }
    )
    found = openings(
        calendar=CALENDAR, rules=(government,), today=date(2026, 8, 20), opened=("2026-W34",)
    )
    assert [(each.period, each.fields["first_day"]) for each in found] == [
        ("2026-09", "2026-08-15"),
        ("2026-Q3", "2026-06-15"),
    ]


DAYS = st.dates(date(2026, 6, 1), date(2026, 9, 30))


@st.composite
def any_dossier(draw: st.DrawFn) -> Dossier:
    received = draw(DAYS)
    due = received + timedelta(days=draw(st.integers(0, 30)))
    status = draw(st.sampled_from(Status))
    ended = received + timedelta(days=draw(st.integers(0, 60))) if status.is_ended else None
    code = draw(st.integers(0, 10**6))
    unit = draw(st.sampled_from(["special_management", "tdc", "office"]))
    return dossier(f"H{code}", received, due, ended, status=status, unit=unit)


@given(st.lists(any_dossier(), max_size=25, unique_by=lambda each: each.key), st.data())
def test_weeks_tile_and_what_was_frozen_is_what_the_register_says_at_the_cut_off(
    found: list[Dossier], data: st.DataObject
) -> None:
    """Six weeks, cut off from Friday to Sunday: each balances with itself and with the last."""
    last: Case | None = None
    received = 0
    for number in range(6):
        first = MONDAY + timedelta(weeks=number)
        cut_off = first + timedelta(days=data.draw(st.integers(4, 6)))
        week = review(
            *found,
            first=first,
            last=first + timedelta(days=6),
            today=cut_off,
            cut_off=cut_off,
            around={} if last is None else {"before": before(last)},
        )
        assert facts.balanced(week)
        assert facts.differences_unexplained(week) == 0
        kept, live = snapshot(frozen(week)), snapshot(week)
        assert kept is not None
        assert live is not None
        assert (kept.total.numbers, kept.pending) == (live.total.numbers, live.pending)
        assert {line.unit: line.numbers for line in kept.units} == {
            line.unit: line.numbers for line in live.units
        }
        assert [each.key for each in kept.dossiers] == [each.key for each in live.dossiers]
        received += kept.total["received"]
        last = frozen(week)
    assert last is not None
    days = covered(last)
    assert days is not None
    # No day was missed and none counted twice.
    assert received == sum(MONDAY <= each.received_on <= days[1] for each in found)


def test_freezing_writes_rows_of_the_three_sets_and_nothing_else() -> None:
    rows = [
        i
        for i in effects.freeze_period(ask(review(*ALL, cut_off=FRIDAY)))
        if isinstance(i, ChangeRecord)
    ]
    assert [one.record_set for one in rows].count("snapshot_line") == 3
    assert {one.record_set for one in rows} == {
        "snapshot_line",
        "snapshot_dossier",
        "snapshot_pending",
    }
    assert all(one.row is None for one in rows)
