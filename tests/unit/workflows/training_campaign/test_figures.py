from datetime import date

import pytest

from engine.machine.instance import Step
from engine.machine.registry import Figure
from tests.unit.workflows.made_cases import case, row, step
from tests.unit.workflows.training_campaign.made_campaigns import (
    JOINER,
    TODAY,
    campaign,
    member,
)
from workflows.training_campaign import figures


def ratio(figure: Figure) -> tuple[int | None, int | None]:
    return figure.numerator, figure.denominator


def test_the_objective_counts_everybody_at_the_snapshot() -> None:
    figure = figures.objective_coverage(campaign())
    assert ratio(figure) == (3, 7)
    assert figure.parts == {"office": (2, 3), "tdc": (1, 4)}
    assert figure.rows["reached"] == ("h_an", "h_binh", "h_em")
    assert len(figure.rows["headcount"]) == 7


def test_the_eligible_figure_leaves_out_who_is_exempt() -> None:
    figure = figures.eligible_coverage(campaign())
    assert ratio(figure) == (3, 6)
    assert figure.parts == {"office": (2, 3), "tdc": (1, 3)}
    assert "h_dung" not in figure.rows["headcount"]


def test_money_and_courses_elsewhere_speak_to_the_review() -> None:
    spent = figures.budget_spent(campaign(fields={"cost": 30, "actual_cost": 29}))
    assert ratio(spent) == (29, 30)
    assert figures.budget_spent(campaign(fields={"cost": 30})).numerator is None
    assert figures.outside_accepted(campaign(outside_course=(), course_acceptance=())) == Figure(
        numerator=None, denominator=0, cut_off=TODAY, rows={"outside_course": (), "accepted": ()}
    )
    courses = (row("one", person="an"), row("two", person="binh"))
    accepted = (row("yes", outside_course="two"),)
    found = figures.outside_accepted(campaign(outside_course=courses, course_acceptance=accepted))
    assert ratio(found) == (1, 2)
    assert found.rows["accepted"] == ("two",)


def test_both_figures_stand_by_kind_of_staff_too() -> None:
    by_kind = {"civil_servant": (2, 3), "contract_staff": (0, 2), "public_employee": (1, 2)}
    assert figures.objective_by_kind(campaign()).parts == by_kind
    eligible = figures.eligible_by_kind(campaign())
    assert eligible.parts == {**by_kind, "civil_servant": (2, 2)}
    assert ratio(eligible) == (3, 6)


def test_the_projection_hopes_for_what_is_planned_and_not_for_what_was_missed() -> None:
    assert ratio(figures.projected_coverage(campaign())) == (3, 7)
    before = figures.projected_coverage(campaign(attendance=(), score=()))
    assert ratio(before) == (6, 7)
    assert before.parts == {"office": (3, 3), "tdc": (3, 4)}


def test_the_present_staff_counts_joiners_and_not_those_who_left() -> None:
    figure = figures.current_coverage(campaign())
    # Seven at the snapshot, less one who left, more one who came.
    assert ratio(figure) == (3, 7)
    assert figure.rows["joiners"] == (JOINER,)
    assert figure.parts == {"office": (2, 4), "tdc": (1, 3)}
    assert figure.cut_off == TODAY


def test_joiners_are_listed_apart() -> None:
    figure = figures.joiners(campaign())
    assert ratio(figure) == (1, None)
    assert figure.rows == {"people": (JOINER,)}
    assert figure.parts == {"office": (1, None)}


def test_before_the_snapshot_nobody_has_joined_since() -> None:
    early = campaign(history=())
    assert figures.joiners(early).numerator is None
    assert figures.current_coverage(early).numerator is None


def test_who_passed_in_any_round_has_passed() -> None:
    figure = figures.pass_rate(campaign())
    assert ratio(figure) == (2, 2)
    assert ratio(figures.pass_rate(campaign(fields={"pass_mark": 75}))) == (1, 2)
    assert figure.parts == {"office": (2, 2)}


def test_attendance_counts_lines() -> None:
    figure = figures.attendance_rate(campaign())
    assert ratio(figure) == (6, 11)
    assert figure.parts == {"office": (5, 7), "tdc": (1, 4)}
    assert len(figure.rows["present"]) == 6


def test_scores_before_and_after_are_one_a_person() -> None:
    before, after = figures.score_before(campaign()), figures.score_after(campaign())
    assert ratio(before) == (30 + 20, 2)
    # `binh` counts with the make-up test alone.
    assert ratio(after) == (80 + 70, 2)
    assert after.rows["score"] == ("x_an_1", "x_binh_2")


def test_time_in_class_is_that_of_those_whom_our_classes_trained() -> None:
    # an: 3.5 h + 4 h; binh: the same and 3.5 h of the make-up class.
    assert ratio(figures.minutes_per_person(campaign())) == (450 + 660, 2)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [({}, None), ({"cost": 9}, 9), ({"cost": 9, "actual_cost": 6}, 6)],
)
def test_what_was_spent_goes_before_what_was_foreseen(
    fields: dict[str, int], cost: int | None
) -> None:
    assert ratio(figures.cost_per_person(campaign(fields=fields))) == (cost, 3)


def test_exceptions_and_exemptions_are_counted_with_their_rows() -> None:
    listed = (row("e1", person="chi", unit="office"), row("e2", person="ha", unit="tdc"))
    found = campaign(exception=listed, exception_approval=(row("a1", exception="e1"),))
    figure = figures.exception_count(found)
    assert ratio(figure) == (2, None)
    assert figure.rows == {"exception": ("e1", "e2"), "exception_approval": ("a1",)}
    assert figure.parts == {"office": (1, None), "tdc": (1, None)}
    exempt = figures.exempt_count(found)
    assert ratio(exempt) == (1, None)
    assert exempt.parts == {"maternity": (1, None)}
    assert exempt.rows == {"placement": ("p_dung_None",)}


def test_the_effect_is_told_by_unit() -> None:
    checks = (row("f1", unit="office", poor=False), row("f2", unit="tdc", poor=True))
    figure = figures.units_effective(campaign(effect=checks))
    assert ratio(figure) == (1, 2)
    assert figure.parts == {"office": (1, 1), "tdc": (0, 1)}
    assert figure.rows["good"] == ("f1",)


def dated(transition: str, version: int, day: date) -> Step:
    made = step(transition, day)
    return Step(
        **{
            **{name: getattr(made, name) for name in made.__slots__},
            "version": version,
        }
    )


def test_the_cut_off_is_the_day_of_the_report_unless_it_was_returned() -> None:
    submitted = dated("submit_report", 8, date(2026, 8, 5))
    returned = dated("return_report", 9, date(2026, 8, 6))
    assert figures.objective_coverage(campaign(history=())).cut_off == TODAY
    assert figures.objective_coverage(campaign(history=(submitted,))).cut_off == date(2026, 8, 5)
    assert figures.objective_coverage(campaign(history=(submitted, returned))).cut_off == TODAY


def test_hundred_per_cent_is_nobody_left_and_never_rounded() -> None:
    # 299 of 300 are 99.7 %, and 100 by rounding.
    people = tuple(member(f"p{nth}") for nth in range(300))
    courses = tuple(
        row(
            f"o{nth}",
            person=f"p{nth}",
            from_day=date(2026, 7, 1),
            to_day=date(2026, 7, 2),
            certificate="1",
        )
        for nth in range(299)
    )
    accepted = tuple(row(f"k{nth}", outside_course=f"o{nth}") for nth in range(299))
    found = campaign(headcount=people, outside_course=courses, course_acceptance=accepted)
    assert ratio(figures.objective_coverage(found)) == (299, 300)


def test_of_an_empty_campaign_nothing_can_be_said() -> None:
    empty = case("training_campaign")
    assert ratio(figures.objective_coverage(empty)) == (0, 0)
    assert ratio(figures.score_after(empty)) == (0, 0)
    assert figures.attendance_rate(empty).parts == {}
