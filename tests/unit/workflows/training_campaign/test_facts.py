from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from engine.machine.instance import Case, Step
from tests.unit.workflows.made_cases import case, child, row, step
from tests.unit.workflows.training_campaign.made_campaigns import (
    RECORDS,
    TODAY,
    campaign,
    member,
    of_class,
    placed,
    score,
    session,
    tick,
)
from workflows.training_campaign import facts

TOMORROW = TODAY + timedelta(days=1)


def nth(transition: str, version: int, on: date = TODAY) -> Step:
    return replace(step(transition, on), version=version)


def test_a_campaign_without_rows_has_nothing_at_fault() -> None:
    empty = case("training_campaign")
    counts = (
        facts.needs_recorded,
        facts.sessions_outside_window,
        facts.headcount_size,
        facts.unplaced,
        facts.attendance_missing,
        facts.scores_missing,
        facts.outstanding,
        facts.untrained,
        facts.projected_untrained,
        facts.units_unchecked,
    )
    assert [count(empty) for count in counts] == [0] * len(counts)
    assert facts.days_in_order(empty)
    assert facts.snapshot_day_plausible(empty)
    assert facts.report_day_plausible(empty)


def test_needs_are_counted() -> None:
    assert facts.needs_recorded(campaign(need=(row("n1"), row("n2")))) == 2


@pytest.mark.parametrize(
    ("first", "last", "in_order"),
    [(TODAY, TODAY, True), (TODAY, TOMORROW, True), (TOMORROW, TODAY, False)],
)
def test_the_last_day_is_not_before_the_first(first: date, last: date, in_order: bool) -> None:
    assert facts.days_in_order(campaign(fields={"first_day": first, "last_day": last})) is in_order


@pytest.mark.parametrize(
    ("fields", "reachable"),
    [
        ({}, True),
        ({"pass_mark": 10, "max_score": 10}, True),
        ({"pass_mark": 11, "max_score": 10}, False),
    ],
)
def test_a_pass_mark_above_the_most_points_cannot_be_reached(
    fields: dict[str, int], reachable: bool
) -> None:
    assert facts.pass_mark_reachable(campaign(fields=fields)) is reachable


@pytest.mark.parametrize(
    ("day", "outside"),
    [
        (date(2026, 6, 30), 1),
        (date(2026, 7, 1), 0),
        (date(2026, 8, 31), 0),
        (date(2026, 9, 1), 1),
        (date(2025, 8, 3), 1),
    ],
)
def test_a_session_belongs_into_july_and_august_of_the_year(day: date, outside: int) -> None:
    found = campaign(class_session=(session("a1", "a", day),))
    assert facts.sessions_outside_window(found) == outside


def test_a_snapshot_lies_in_the_past_or_today() -> None:
    assert facts.snapshot_day_plausible(campaign(fields={"snapshot_on": TODAY}))
    assert not facts.snapshot_day_plausible(campaign(fields={"snapshot_on": TOMORROW}))


def test_people_without_place_reason_or_course_are_unplaced() -> None:
    assert facts.unplaced(campaign()) == 0
    few = campaign(placement=RECORDS["placement"][:1])
    # an has a place and em a course; binh, chi, dung, gia and ha have nothing.
    assert facts.unplaced(few) == 5


def test_a_place_of_somebody_outside_the_snapshot_is_counted() -> None:
    found = campaign(placement=(*RECORDS["placement"], placed("la", "office", "a")))
    assert facts.placements_outside_snapshot(campaign()) == 0
    assert facts.placements_outside_snapshot(found) == 1
    assert facts.placements_faulty(found) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        placed("em", "tdc", None),
        placed("em", "tdc", "a", exempt="study"),
        placed("em", "office", "a"),
        placed("em", "tdc", "gone"),
    ],
    ids=["neither", "both", "other unit", "class that is gone"],
)
def test_a_place_that_contradicts_itself_is_counted(wrong: Any) -> None:
    assert facts.placements_faulty(campaign()) == 0
    assert facts.placements_faulty(campaign(placement=(*RECORDS["placement"], wrong))) == 1


def test_two_places_in_a_round_are_both_at_fault_and_so_are_a_place_and_a_reason() -> None:
    classes = (*RECORDS["training_class"], of_class("d"))
    twice = (*RECORDS["placement"], placed("an", "office", "d"))
    assert facts.placements_faulty(campaign(training_class=classes, placement=twice)) == 2
    both = (*RECORDS["placement"], placed("dung", "tdc", "a"))
    assert facts.placements_faulty(campaign(placement=both)) == 2


def test_a_place_in_a_round_that_is_not_due_is_at_fault() -> None:
    assert facts.placements_faulty(campaign(state="enrolling", history=())) == 1


def test_a_unit_has_confirmed_on_the_day_that_has_come() -> None:
    rows = (
        row("u1", unit="office", confirmed_on=TODAY),
        row("u2", unit="tdc", confirmed_on=TOMORROW),
    )
    assert facts.units_to_confirm(campaign(unit_confirmation=rows)) == ("tdc",)
    assert facts.units_unconfirmed(campaign()) == 2


def test_a_class_of_a_later_round_needs_no_session_yet() -> None:
    classes = (*RECORDS["training_class"], of_class("d", 3))
    assert facts.classes_without_session(campaign(training_class=classes)) == 0
    assert facts.classes_without_session(campaign(training_class=(of_class("d", 2),))) == 1


def test_a_session_was_held_when_it_is_marked_and_its_day_has_come() -> None:
    sessions = (
        session("a1", "a", TODAY),
        session("a2", "a", TODAY, held=False),
        session("b1", "b", TOMORROW),
    )
    assert facts.sessions_not_held(campaign()) == 0
    assert facts.sessions_not_held(campaign(class_session=sessions)) == 2


def test_everyone_of_a_class_has_a_line_for_each_session() -> None:
    assert facts.attendance_missing(campaign()) == 0
    found = campaign(attendance=RECORDS["attendance"][1:-1])
    assert facts.lines_missing(found) == (("an", "s_a1"), ("binh", "s_b1"))
    first_round = campaign(attendance=(), history=())
    # Five learners and two sessions; the make-up class is not due yet.
    assert facts.attendance_missing(first_round) == 10


def test_a_line_of_somebody_without_a_place_is_counted() -> None:
    lines = (*RECORDS["attendance"], tick("em", "a1", present=True), tick("an", "b1", present=True))
    assert facts.attendance_unplaced(campaign()) == 0
    assert facts.attendance_unplaced(campaign(attendance=lines)) == 2


def test_a_line_for_a_session_that_is_gone_not_held_or_to_come_is_counted() -> None:
    assert facts.attendance_without_session(campaign()) == 0
    gone = campaign(class_session=RECORDS["class_session"][:2])
    assert facts.attendance_without_session(gone) == 1
    assert facts.attendance_unplaced(gone) == 0
    early = campaign(
        class_session=(
            session("a1", "a", TOMORROW),
            session("a2", "a", TODAY, held=None),
            session("b1", "b", TODAY),
        )
    )
    assert facts.attendance_without_session(early) == 10


def test_a_make_up_place_is_for_those_absent_or_failed() -> None:
    ready = campaign(
        state="make_up",
        history=(),
        score=(score("an", 1, 80), score("binh", 1, 40)),
        placement=(*RECORDS["placement"], placed("an", "office", "b"), placed("ha", "tdc", "b")),
    )
    assert facts.make_up_places(ready) == 3
    assert facts.make_up_not_outstanding(ready) == 1


def test_whoever_attended_needs_a_score_for_the_round() -> None:
    assert facts.scores_missing(campaign()) == 0
    found = campaign(score=())
    assert facts.tests_missing(found) == (("an", 1), ("binh", 1), ("binh", 2))


def test_a_score_above_the_most_points_is_counted_before_and_after() -> None:
    rows = (score("an", 1, 11), score("binh", 1, 4, 12), score("ha", 1, 10, 3))
    assert facts.scores_above_maximum(campaign(fields={"max_score": 10}, score=rows)) == 2
    assert facts.scores_above_maximum(campaign(score=rows)) == 0


def test_a_score_needs_a_place_in_its_round_and_enough_sessions_of_it() -> None:
    assert facts.scores_unplaced(campaign()) == 0
    rows = (score("an", 1, 50), score("an", 2, 50), score("em", 1, 50))
    assert facts.scores_unplaced(campaign(score=rows)) == 2
    # ha was in one session of two, chi in none.
    absent = (*RECORDS["score"], score("ha", 1, 90), score("chi", 1, 90))
    assert facts.scores_unplaced(campaign(score=absent)) == 2


def test_a_round_that_was_not_opened_gives_no_score() -> None:
    assert facts.scores_unplaced(campaign(history=())) == 1


def test_taking_away_the_session_that_was_missed_trains_somebody_but_is_at_fault() -> None:
    sessions = tuple(one for one in RECORDS["class_session"] if one.id != "s_a2")
    tampered = campaign(class_session=sessions, score=(*RECORDS["score"], score("ha", 1, 90)))
    assert facts.scores_unplaced(tampered) == 0
    # The lines of the five learners stay, and their session is gone.
    assert facts.attendance_without_session(tampered) == 5


def test_nobody_is_exempt_once_a_list_or_a_score_names_them() -> None:
    assert facts.exemptions_after_class(campaign()) == 0
    excused = (placed("chi", "office", None, exempt="study"), RECORDS["placement"][3])
    assert facts.exemptions_after_class(campaign(placement=excused)) == 1
    scored = (*RECORDS["score"], score("dung", 1, 20))
    assert facts.exemptions_after_class(campaign(score=scored)) == 1


def test_places_prepared_for_a_class_that_was_not_held_do_not_stop_a_returned_report() -> None:
    graded = (nth("end_classes", 1), nth("grade", 2))
    assert facts.placements_faulty(campaign(history=graded)) == 0
    assert facts.placements_faulty(campaign(history=graded[:1])) == 1
    assert facts.placements_faulty(campaign(history=graded, state="enrolling")) == 1


def test_grades_are_recorded_after_the_classes_last_ended() -> None:
    once = (nth("end_classes", 1), nth("grade", 2))
    again = (*once, nth("end_classes", 3))
    assert facts.graded(campaign(history=once))
    assert not facts.graded(campaign(history=again))
    assert facts.graded(campaign(history=(*again, nth("grade", 4))))
    assert not facts.graded(campaign(history=(nth("grade", 1),)))
    assert not facts.graded(campaign(history=()))


def test_who_is_outstanding_untrained_and_missed_is_counted() -> None:
    found = campaign()
    assert facts.outstanding(found) == 3
    assert facts.untrained(found) == 4
    assert facts.projected_untrained(found) == 4
    assert facts.projected_untrained(campaign(attendance=(), score=())) == 1


def exceptions() -> tuple[Any, ...]:
    return (
        row("e1", person="chi", unit="office"),
        row("e2", person="gia", unit="tdc"),
        row("e3", person="ha", unit="tdc"),
    )


def test_everybody_outstanding_is_on_the_list_and_nobody_else() -> None:
    assert facts.people_unlisted(campaign(exception=exceptions()[:1])) == ("gia", "ha")
    assert facts.exceptions_unfounded(campaign(exception=exceptions())) == 0
    wrong = (
        row("e1", person="an", unit="office"),
        row("e2", person="dung", unit="tdc"),
        row("e3", person="la", unit="tdc"),
        row("e4", person="ha", unit="office"),
    )
    assert facts.exceptions_unfounded(campaign(exception=wrong)) == 4


def test_each_exception_is_approved_by_itself() -> None:
    approved = (row("a1", exception="e2"), row("a2", exception="gone"))
    found = campaign(exception=exceptions(), exception_approval=approved)
    assert facts.exceptions_unapproved(found) == 2


@pytest.mark.parametrize(
    ("day", "plausible"), [(date(2026, 8, 5), False), (date(2026, 8, 6), True), (TOMORROW, False)]
)
def test_a_report_is_dated_between_its_signature_and_today(day: date, plausible: bool) -> None:
    history = (step("sign_report", date(2026, 8, 6)),)
    found = campaign(fields={"report_date": day}, history=history)
    assert facts.report_day_plausible(found) is plausible


def checked(unit: str, *, poor: bool = False, sampled: int = 5, conforming: int = 5) -> Any:
    return row(f"f_{unit}", unit=unit, poor=poor, sampled=sampled, conforming=conforming)


def test_each_unit_of_the_snapshot_is_checked() -> None:
    assert facts.units_unchecked(campaign(effect=(checked("tdc"),))) == 1


def test_a_check_cannot_find_more_than_it_looked_at_nor_look_elsewhere() -> None:
    rows = (checked("tdc", sampled=4), checked("office"), checked("one_stop"))
    assert facts.effects_inconsistent(campaign(effect=rows)) == 2


@pytest.mark.parametrize(
    ("sampled", "conforming", "is_poor", "wrong"),
    [(0, 0, True, 1), (0, 0, False, 1), (5, 0, False, 1), (5, 0, True, 0), (1, 1, False, 0)],
)
def test_a_check_looks_at_something_and_calls_nothing_conforming_poor(
    sampled: int, conforming: int, is_poor: bool, wrong: int
) -> None:
    found = checked("tdc", poor=is_poor, sampled=sampled, conforming=conforming)
    assert facts.effects_inconsistent(campaign(effect=(found,))) == wrong


def poor(*, slip: str | None) -> Case:
    slips = () if slip is None else (child("CA-1", slip, row_id="f_tdc"),)
    return campaign(effect=(checked("tdc", poor=True), checked("office")), children=slips)


@pytest.mark.parametrize(("slip", "lacking"), [(None, 1), ("draft", 0), ("withdrawn", 1)])
def test_a_poor_unit_needs_a_slip_that_stands(slip: str | None, lacking: int) -> None:
    assert facts.poor_units_without_action(poor(slip=slip)) == lacking


def test_the_size_of_the_snapshot_is_its_rows() -> None:
    assert facts.headcount_size(campaign()) == 7
    assert facts.headcount_size(campaign(headcount=(member("an"),))) == 1
