from datetime import date

import pytest

from engine.machine.instance import Surroundings
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import row
from tests.unit.workflows.steering_review.made_reviews import (
    concluded,
    other,
    plan_row,
    published,
    report,
    result,
    review,
    task,
)
from workflows.steering_review import figures, register

PLAN = Surroundings(plan=(plan_row("1"), plan_row("2.1"), plan_row("2.2"), plan_row("3")))
CONCLUDED = {
    "objective_result": (
        result("1", expected="will_be_met"),
        result("2.1", expected="will_be_met"),
        result("2.2", expected="will_not_be_met"),
        result("3"),
    ),
    "objective_conclusion": (
        concluded("1", "met"),
        concluded("2.1", "met"),
        concluded("2.2", "not_met"),
        concluded("3", "met"),
    ),
    "year_result": (row("y1", about="result-1", reached=True), row("y2", about="gone")),
}
CUT_OFF = date(2026, 11, 10)


def test_an_objective_is_met_when_each_of_its_rows_is() -> None:
    found = review(around=PLAN, records=CONCLUDED, fields={"cut_off": CUT_OFF})
    figure = figures.objectives_met(found)
    assert (figure.numerator, figure.denominator, figure.cut_off) == (2, 3, CUT_OFF)
    assert figure.parts == {"1": (1, 1), "2": (0, 1), "3": (1, 1)}
    assert figure.rows["objective_conclusion"][0] == "verdict-1"


def test_rows_are_met_out_of_all_rows_of_the_plan() -> None:
    found = review(around=PLAN, records=CONCLUDED, fields={"cut_off": CUT_OFF})
    figure = figures.rows_met(found)
    assert (figure.numerator, figure.denominator) == (3, 4)


def test_a_year_without_a_plan_counts_the_rows_that_were_given_a_result() -> None:
    figure = figures.rows_met(review(records=CONCLUDED))
    assert (figure.numerator, figure.denominator) == (3, 4)


def test_estimate_and_actual_of_the_year_are_figures_of_their_own() -> None:
    found = review(around=PLAN, records=CONCLUDED, fields={"cut_off": CUT_OFF})
    expected, year = figures.rows_expected(found), figures.rows_met_over_year(found)
    assert (expected.numerator, expected.denominator, expected.cut_off) == (2, 4, CUT_OFF)
    assert (year.numerator, year.denominator, year.cut_off) == (1, 4, date(2026, 12, 31))


def test_before_anything_is_concluded_nothing_is_said() -> None:
    found = review(around=PLAN)
    assert figures.objectives_met(found).numerator is None
    assert figures.rows_met(found).numerator is None
    assert figures.units_in_time(found).numerator is None
    assert figures.decisions_in_time(found).numerator is None
    assert figures.training_coverage(found).numerator is None


def test_units_in_time_are_those_that_reported_by_their_day_by_their_newest_report() -> None:
    children = (
        report("UR-01", "office", "accepted", reported_on=date(2026, 11, 10)),
        report("UR-02", "tdc", "accepted", reported_on=date(2026, 11, 11)),
        report("UR-03", "lab", "excluded"),
        report("UR-04", "desk", "cancelled"),
        report("UR-05", "stats", "accepted", reported_on=date(2026, 11, 12)),
        report("UR-06", "stats", "writing", due_on=date(2026, 11, 20)),
    )
    figure = figures.units_in_time(review(children=children))
    assert (figure.numerator, figure.denominator) == (2, 5)
    assert figure.rows["late"] == ("id-UR-02", "id-UR-03", "id-UR-04")


def test_a_cancelled_report_hides_neither_a_late_one_nor_the_one_asked_anew() -> None:
    children = (
        report("UR-01", "office", "accepted", reported_on=date(2026, 11, 11)),
        report("UR-02", "office", "cancelled"),
        report("UR-03", "tdc", "cancelled"),
        report("UR-04", "tdc", "accepted", reported_on=date(2026, 11, 10)),
    )
    figure = figures.units_in_time(review(children=children))
    assert figure.rows == {"children": ("id-UR-01", "id-UR-04"), "late": ("id-UR-01",)}


def test_decisions_in_time_leave_out_what_is_not_due_and_what_was_withdrawn() -> None:
    due = date(2026, 12, 15)
    children = (
        task("RD-01", "done", due, date(2026, 12, 15)),
        task("RD-02", "done", due, date(2026, 12, 16)),
        task("RD-03", "carried_over", due),
        task("RD-04", "withdrawn", due),
        task("RD-05", "in_progress", date(2026, 12, 20)),
        task("RD-06", "in_progress", date(2026, 12, 31)),
    )
    figure = figures.decisions_in_time(review(children=children, today=date(2026, 12, 21)))
    assert (figure.numerator, figure.denominator) == (1, 4)
    assert figure.rows["in_time"] == ("id-RD-01",)


@pytest.mark.parametrize(
    ("issued", "today", "late"),
    [
        (None, date(2026, 11, 30), None),
        (None, date(2026, 12, 2), 2),
        (date(2026, 11, 30), date(2026, 12, 9), 0),
        (date(2026, 12, 1), date(2026, 12, 9), 1),
        (date(2026, 12, 7), date(2026, 12, 9), 5),
    ],
)
def test_a_report_is_late_by_the_working_days_after_november(
    issued: date | None, today: date, late: int | None
) -> None:
    fields = {"report_date": issued} if issued else {}
    assert figures.report_days_late(review(fields=fields, today=today)).numerator == late


def test_figures_of_others_are_live_until_they_are_frozen_and_then_stay() -> None:
    around = Surroundings(
        others=(
            other("CA-1", "corrective_action", "issued", overdue=True),
            other("CA-2", "corrective_action", "closed_effective", final="success"),
            other(
                "TC-1",
                "training_campaign",
                "closed",
                figures={"training_campaign.objective_coverage": published(116, 120)},
            ),
            other(
                "IA-1",
                "internal_audit",
                "closed",
                figures={"internal_audit.findings_by_grade": published(1, parts={})},
            ),
        )
    )
    live = review(around=around)
    assert figures.actions_open(live).numerator == 1
    assert figures.actions_open(live).rows == {"corrective_action": ("id-CA-1", "id-CA-2")}
    assert figures.actions_overdue(live).numerator == 1
    assert figures.actions_effective(live).denominator == 1
    coverage = figures.training_coverage(live)
    assert (coverage.numerator, coverage.denominator) == (116, 120)
    assert figures.chances_found(live).numerator == 0
    assert figures.audit_completion(live).numerator is None
    kept = tuple(
        row(f"g{turn}", round=turn, topic="nonconformities", figure="actions_open", numerator=turn)
        for turn in (1, 2)
    )
    frozen = figures.actions_open(review(around=around, records={"gathered": kept}))
    assert (frozen.numerator, frozen.rows) == (2, {"gathered": ("g2",)})


def test_a_review_reads_only_what_others_publish_and_registers_all_its_figures() -> None:
    registry = Registry()
    register.register(registry)
    reading = registry.readings["steering_review"]
    assert {name.partition(".")[0] for name in reading.figures} <= set(reading.processes)
    assert set(registry.figures) == {f"steering_review.{name}" for name in figures.FIGURES}
