from datetime import date, timedelta

import pytest

from tests.unit.workflows.made_cases import row, step
from tests.unit.workflows.training_campaign.made_campaigns import (
    TODAY,
    campaign,
    course,
    member,
    of_class,
    placed,
    score,
    session,
    tick,
)
from workflows.training_campaign.roster import pass_mark, present_round, roster

DAYS = tuple(date(2026, 7, 1) + timedelta(days=nth) for nth in range(10))


def test_trained_exempt_and_outstanding_are_the_snapshot() -> None:
    found = roster(campaign())
    assert found.trained() == ("an", "binh", "em")
    assert found.exempt() == ("dung",)
    assert found.outstanding() == ("chi", "gia", "ha")


def test_who_failed_is_trained_by_the_make_up_class() -> None:
    found = roster(campaign())
    assert found.round_of("binh") == 2
    assert found.round_of("an") == 1
    assert found.round_of("em") is None


def attending(present: int, of: int) -> bool:
    """Whether so many sessions out of all are enough."""
    names = [f"d{nth}" for nth in range(of)]
    found = roster(
        campaign(
            headcount=(member("an"),),
            training_class=(of_class("a"),),
            class_session=tuple(
                session(name, "a", day) for name, day in zip(names, DAYS, strict=False)
            ),
            placement=(placed("an", "office", "a"),),
            attendance=tuple(
                tick("an", name, present=nth < present) for nth, name in enumerate(names)
            ),
            score=(score("an", 1, 50),),
        )
    )
    return found.is_trained("an")


@pytest.mark.parametrize(
    ("present", "of", "enough"),
    [(4, 5, True), (3, 5, False), (8, 10, True), (7, 10, False), (1, 1, True), (0, 1, False)],
)
def test_four_sessions_of_five_are_enough(present: int, of: int, enough: bool) -> None:
    assert attending(present, of) is enough


def test_of_no_sessions_nobody_attended_enough() -> None:
    assert attending(0, 0) is False


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({}, 50),
        ({"max_score": 10}, 5),
        ({"max_score": 15}, 8),
        ({"pass_mark": 60}, 60),
        ({"pass_mark": 7, "max_score": 10}, 7),
    ],
)
def test_half_of_the_most_points_passes_where_the_plan_says_nothing(
    fields: dict[str, int], mark: int
) -> None:
    assert pass_mark(campaign(fields=fields)) == mark


def test_the_pass_mark_itself_passes_and_a_point_less_fails() -> None:
    points = (score("an", 1, 60), score("binh", 1, 59))
    found = roster(campaign(fields={"pass_mark": 60}, score=points))
    assert found.is_trained("an")
    assert not found.is_trained("binh")


def test_who_was_absent_is_not_trained_by_a_good_test() -> None:
    found = roster(campaign(score=(score("ha", 1, 100), score("chi", 1, 100))))
    assert not found.is_trained("ha")
    assert not found.is_trained("chi")


@pytest.mark.parametrize(
    "days",
    [
        {"from_day": date(2026, 7, 4)},
        {"to_day": TODAY + timedelta(days=1)},
    ],
)
def test_a_course_counts_only_when_its_days_are_in_order_and_past(days: dict[str, date]) -> None:
    assert not roster(campaign(outside_course=(course("em", **days),))).is_trained("em")


def test_a_course_counts_on_the_day_on_which_it_ends() -> None:
    assert roster(campaign(outside_course=(course("em", to_day=TODAY),))).is_trained("em")


def test_who_is_not_in_the_snapshot_is_nobody_of_the_campaign() -> None:
    strangers = campaign(
        placement=(placed("la", "office", "a"),),
        attendance=(tick("la", "a1", present=True), tick("la", "a2", present=True)),
        score=(score("la", 1, 90),),
    )
    assert not roster(strangers).is_trained("la")


def test_who_was_trained_all_the_same_is_not_exempt() -> None:
    back = (row("k_em", outside_course="o_dung"),)
    found = roster(campaign(outside_course=(course("dung"),), course_acceptance=back))
    assert "dung" in found.trained()
    assert found.exempt() == ()


def test_dissemination_trains_nobody() -> None:
    told = (row("d1", unit="office", held_on=TODAY, form="Họp", people=3),)
    assert roster(campaign(dissemination=told)).trained() == roster(campaign()).trained()


def test_somebody_is_on_the_way_while_eighty_per_cent_can_still_be_reached() -> None:
    before = campaign(attendance=(), score=())
    assert roster(before).on_the_way() == ("an", "binh", "chi", "gia", "ha")
    begun = campaign(
        attendance=(tick("an", "a1", present=True), tick("chi", "a1", present=False)), score=()
    )
    # Of two sessions, one missed leaves 50 % at best.
    assert roster(begun).on_the_way() == ("an", "binh", "gia", "ha")


def test_who_failed_is_on_the_way_only_with_a_place_in_a_further_round() -> None:
    failed = campaign(score=(score("an", 1, 10), score("binh", 1, 40)))
    # `binh` has a make-up place, attended it and was not tested yet; `an` has none.
    assert roster(failed).on_the_way() == ("binh",)


@pytest.mark.parametrize(
    ("state", "opened", "expected"),
    [("enrolling", 0, 1), ("make_up", 0, 2), ("delivering", 1, 2), ("make_up", 1, 3)],
)
def test_while_a_make_up_class_is_prepared_the_round_to_come_counts(
    state: str, opened: int, expected: int
) -> None:
    history = tuple(step("add_class", TODAY) for _ in range(opened))
    assert present_round(campaign(state=state, history=history)) == expected
