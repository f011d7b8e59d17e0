from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case, Surroundings
from engine.machine.registry import Objection
from tests.unit.workflows.made_cases import ask, row, step
from tests.unit.workflows.steering_review.made_reviews import (
    COMMITTEE,
    DAY,
    concluded,
    plan_row,
    report,
    result,
    review,
    there,
)
from workflows.steering_review import facts, guards

PEOPLE = ("head", "an", "binh", "chi", "dung", "boss", "guest")


def asking(unit: str, *, asked: bool = True, why: str | None = None) -> Any:
    return row(f"ask-{unit}", unit=unit, due_on=DAY, asked=asked, **({"why": why} if why else {}))


def test_a_unit_is_asked_or_left_out_with_a_reason() -> None:
    around = Surroundings(units=("office", "tdc", "stats", "lab"))
    rows = (asking("office"), asking("tdc", asked=False), asking("stats", asked=False, why="gộp"))
    found = review(around=around, records={"unit_input": rows})
    assert facts.units_without_row(found) == 2


def test_a_row_that_has_its_report_asks_for_none() -> None:
    rows = (asking("office"), asking("tdc"), asking("lab", asked=False))
    children = (report("UR-1", "office", "accepted"),)
    found = review(records={"unit_input": rows}, children=children)
    assert facts.reports_to_ask(found) == 1


@pytest.mark.parametrize(
    ("cut_off", "today", "plausible"),
    [
        (None, DAY, True),
        (DAY, DAY, True),
        (date(2026, 11, 13), DAY, False),
        (date(2026, 10, 1), DAY, True),
        (date(2026, 9, 30), DAY, False),
        (date(2025, 11, 10), DAY, False),
        (date(2026, 12, 31), date(2027, 1, 8), True),
        (date(2027, 1, 4), date(2027, 1, 8), False),
    ],
)
def test_the_cut_off_lies_in_the_last_quarter_of_the_year_and_not_in_the_future(
    cut_off: date | None, today: date, plausible: bool
) -> None:
    fields = {"cut_off": cut_off} if cut_off else {}
    assert facts.cut_off_plausible(review(fields=fields, today=today)) is plausible


def test_a_section_is_filled_by_records_by_words_or_by_nothing_arose() -> None:
    rows = (
        row("i1", item="providers", content="Đã đánh giá"),
        row("i2", item="feedback", nothing_arose=True),
        row("i3", item="risk_actions", nothing_arose=False),
    )
    frozen = row(
        "g1", round=1, topic="monitoring", kind="process", key="x", label="x", label_en="x", late=0
    )
    found = review(records={"review_input": rows, "gathered": (frozen,)})
    filled = {
        topic: facts.is_input_there(found, topic)
        for topic in ("providers", "feedback", "risk_actions", "monitoring", "audit_results")
    }
    assert filled == {
        "providers": True,
        "feedback": True,
        "risk_actions": False,
        "monitoring": True,
        "audit_results": False,
    }


def test_every_row_of_the_plan_has_its_result() -> None:
    around = Surroundings(plan=(plan_row("1"), plan_row("2.1")))
    assert facts.results_missing(review(around=around)) == 2
    some = review(around=around, records={"objective_result": (result("1"),)})
    assert facts.results_missing(some) == 1
    assert facts.results_missing(review()) == 1
    assert facts.results_missing(review(records={"objective_result": (result("1"),)})) == 0


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (None, None),
        (date(2026, 11, 18), 4),
        (DAY, 0),
        (date(2026, 11, 11), -1),
    ],
)
def test_working_days_are_counted_to_the_meeting(day: date | None, left: int | None) -> None:
    fields = {"meeting_on": day} if day else {}
    assert facts.working_days_to_meeting(review(fields=fields)) == left


@pytest.mark.parametrize(
    ("held", "days"), [(None, 3), (date(2026, 11, 11), 2), (date(2026, 11, 9), 0)]
)
def test_the_days_for_reading_run_from_the_dossier_to_the_day_of_the_meeting(
    held: date | None, days: int
) -> None:
    # Whatever day is announced now, it is not what is counted.
    fields = {"meeting_on": date(2026, 11, 30), **({"held_on": held} if held else {})}
    sent = review(fields=fields, history=(step("send_dossier", date(2026, 11, 9)),))
    assert facts.working_days_to_read(sent) == days
    assert facts.working_days_to_read(review(fields=fields)) == 0


@pytest.mark.parametrize(
    ("announced", "objects"),
    [(None, False), (date(2026, 11, 11), False), (DAY, False), (date(2026, 11, 13), True)],
)
def test_a_meeting_is_not_adjourned_ahead_of_its_announced_day(
    announced: date | None, objects: bool
) -> None:
    fields = {"meeting_on": announced} if announced else {}
    found = ask(review(fields=fields), meeting_on=date(2026, 11, 16))
    wanted = Objection(params={"meeting_on": "2026-11-13"}) if objects else None
    assert guards.adjourned_on_its_day(found) == wanted


def test_a_day_before_the_weekend_is_past_on_sunday() -> None:
    sunday = review(fields={"meeting_on": date(2026, 11, 13)}, today=date(2026, 11, 15))
    assert facts.working_days_to_meeting(sunday) == -1


def test_the_attendance_lists_every_member_and_nobody_as_one_who_is_none() -> None:
    rows = (there("head"), there("an"), there("guest"), there("binh", member=False))
    found = review(records={"attendee": rows})
    # `chi` and `dung` are missing, the guest is no member, `binh` is one.
    assert facts.attendance_wrong(found) == 4


def test_a_chair_who_is_no_member_is_refused() -> None:
    rows = (there("head"), there("boss", member=False), there("an", present=False))
    by_chair = {
        chair: facts.chair_is_member(review(records={"attendee": rows}, fields={"chair": chair}))
        for chair in ("head", "boss", "an")
    }
    assert by_chair == {"head": True, "boss": False, "an": False}
    assert facts.chair_is_member(review()) is True


@pytest.mark.parametrize(
    ("present", "chair", "enough"),
    [
        (("head", "an", "binh"), None, True),
        (("head", "an"), None, False),
        (("an", "binh", "chi", "dung"), None, False),
        (("an", "binh", "chi", "dung"), "an", True),
        (("head", "an", "boss", "guest"), "head", False),
        (("head", "an", "binh"), "boss", False),
    ],
)
def test_the_quorum_is_the_chair_and_half_of_the_members(
    present: tuple[str, ...], chair: str | None, enough: bool
) -> None:
    rows = tuple(there(person) for person in present)
    fields = {"chair": chair} if chair else {}
    assert facts.quorum(review(records={"attendee": rows}, fields=fields)) is enough


@given(st.sets(st.sampled_from(PEOPLE)), st.sampled_from(PEOPLE))
def test_nobody_who_comes_in_addition_breaks_a_quorum(present: set[str], more: str) -> None:
    def quorum(people: set[str]) -> bool:
        return facts.quorum(review(records={"attendee": tuple(map(there, sorted(people)))}))

    assert quorum(present | {more}) >= quorum(present)


def test_the_director_attends_or_chairs() -> None:
    absent = review(records={"attendee": (there("boss", present=False),)})
    assert facts.director_present(absent) is False
    assert facts.director_present(review(records={"attendee": (there("boss"),)})) is True
    both = Surroundings(holders={**COMMITTEE, "director": ("head",)})
    heads = review(around=both, records={"attendee": (there("head"),)})
    assert facts.director_present(heads) is True


@pytest.mark.parametrize(
    ("held", "plausible"),
    [
        (None, True),
        (date(2026, 11, 10), True),
        (DAY, True),
        (date(2026, 11, 9), False),
        (date(2026, 11, 13), False),
    ],
)
def test_a_meeting_is_held_on_its_day_or_later(held: date | None, plausible: bool) -> None:
    fields = {"meeting_on": date(2026, 11, 10), **({"held_on": held} if held else {})}
    assert facts.held_day_plausible(review(fields=fields)) is plausible


def test_adjustments_are_counted() -> None:
    assert facts.adjustments_told(review()) == 0
    rows = (row("a1", unit="tdc", row="1", actual="x", why="y"),)
    assert facts.adjustments_told(review(records={"adjustment": rows})) == 1


def test_every_result_is_concluded() -> None:
    assert facts.objectives_open(review()) == 1
    records = {
        "objective_result": (result("1"), result("2.1")),
        "objective_conclusion": (concluded("1", "met"),),
    }
    assert facts.objectives_open(review(records=records)) == 1


def test_what_is_not_met_is_followed_up_by_a_decision_or_a_slip() -> None:
    verdicts = (
        concluded("1", "met"),
        concluded("2.1", "not_met"),
        concluded("2.2", "not_met", follow_up="decision"),
        concluded("3", "not_met", follow_up="decision"),
        concluded("4", "not_met", follow_up="corrective_action", unit="tdc", statement="Vì sao"),
        concluded("5.1", "not_met", follow_up="corrective_action", unit="tdc"),
    )
    decided = (row("d1", about="verdict-3"), row("d2"))
    found = review(records={"objective_conclusion": verdicts, "decision": decided})
    assert facts.unmet_without_follow_up(found) == 3


def test_each_kind_of_output_is_concluded_on() -> None:
    records = {
        "decision": (row("d1", kind="improvement"), row("d2", kind="improvement")),
        "no_decision": (row("n1", kind="resource"),),
    }
    assert facts.outputs_missing(review()) == 3
    assert facts.outputs_missing(review(records=records)) == 1


def test_no_decision_is_due_before_the_meeting() -> None:
    rows = (row("d1", due_on=date(2026, 11, 9)), row("d2", due_on=date(2026, 11, 10)))
    fields = {"held_on": date(2026, 11, 10)}
    assert facts.decisions_due_too_soon(review(records={"decision": rows}, fields=fields)) == 1
    assert facts.decisions_due_too_soon(review(records={"decision": rows})) == 0


@pytest.mark.parametrize(
    ("day", "plausible"),
    [
        (None, True),
        (date(2026, 11, 10), False),
        (date(2026, 11, 11), True),
        (date(2026, 11, 13), False),
    ],
)
def test_the_report_is_dated_between_its_signature_and_today(
    day: date | None, plausible: bool
) -> None:
    fields = {"report_date": day} if day else {}
    signed = review(fields=fields, history=(step("sign_report", date(2026, 11, 11)),))
    assert facts.report_day_plausible(signed) is plausible


def test_a_report_without_a_signature_may_have_any_day_behind() -> None:
    found: Case = review(fields={"report_date": date(2026, 11, 2)})
    assert facts.report_day_plausible(replace(found)) is True
