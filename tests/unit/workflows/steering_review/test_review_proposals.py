from dataclasses import replace
from datetime import date

from engine.machine.instance import Surroundings
from tests.unit.workflows.made_cases import row
from tests.unit.workflows.steering_review.made_reviews import (
    COMMITTEE,
    other,
    plan_row,
    published,
    report,
    result,
    review,
    there,
)
from workflows.steering_review import proposals
from workflows.steering_review.gathering import Kind, Line

COVERAGE = {"training_campaign.objective_coverage": published(116, 120)}
AROUND = Surroundings(
    units=("office", "tdc"),
    holders=COMMITTEE,
    plan=(
        plan_row("5.1", processes=("training_campaign",)),
        plan_row("3", "all_units"),
        plan_row("6.1", processes=("steering_review",)),
    ),
    others=(other("TC-2026-01", "training_campaign", "closed", figures=COVERAGE),),
)


def test_each_unit_without_a_row_is_asked_for_the_tenth_of_november() -> None:
    asked = row("u1", unit="tdc", due_on=date(2026, 11, 10), asked=True)
    found = review(around=AROUND, records={"unit_input": (asked,)})
    assert proposals.unit_inputs(found) == (
        {"unit": "office", "due_on": date(2026, 11, 10), "asked": True},
    )
    earlier = replace(found, instance=replace(found.instance, year=2024), records={})
    assert {row["due_on"] for row in proposals.unit_inputs(earlier)} == {date(2024, 11, 8)}


def test_a_section_that_records_fill_is_proposed_with_what_they_say_until_it_is_written() -> None:
    found = review(around=AROUND)
    (proposed,) = proposals.review_inputs(found)
    assert proposed["item"] == "monitoring"
    assert proposed["content"].splitlines() == ["116/120", "TC-2026-01 · Chỉ số: 116/120"]
    written = (row("i1", item="monitoring", content="Đã đạt"),)
    assert proposals.review_inputs(replace(found, records={"review_input": written})) == ()


def test_a_line_without_a_number_is_said_in_words_alone() -> None:
    line = Line(topic="x", kind=Kind.CASE, key="k", code="IA-1", label="Đánh giá", state="Đã đóng")
    assert proposals._said(line) == "IA-1 · Đánh giá · Đã đóng"  # noqa: SLF001 - one line of text.


def test_each_row_of_the_plan_is_proposed_with_its_target_and_what_is_known_of_it() -> None:
    children = (
        report("UR-01", "office", "accepted", met=("3",)),
        report("UR-02", "tdc", "accepted", not_met=("3",)),
    )
    found = review(around=AROUND, children=children)
    trained, duties, database = proposals.objective_results(found)
    assert (trained["row"], trained["actual"], trained["source"]) == (
        "5.1",
        "116/120",
        "TC-2026-01",
    )
    assert (duties["row"], duties["actual"], duties["source"]) == ("3", "1/2", "UR-01, UR-02")
    assert database == {"row": "6.1", "lead": "Văn phòng", "target": "100 %"}
    some = replace(found, records={"objective_result": (result("3"), result("5.1"))})
    assert [row["row"] for row in proposals.objective_results(some)] == ["6.1"]


def test_what_has_no_conclusion_or_no_actual_of_the_year_yet_is_proposed() -> None:
    records = {
        "objective_result": (result("3"), result("4")),
        "objective_conclusion": (row("v", about="result-3"),),
        "year_result": (row("y", about="result-4"),),
    }
    found = review(records=records)
    assert proposals.objective_conclusions(found) == ({"about": "result-4"},)
    assert proposals.year_results(found) == ({"about": "result-3"},)


def test_the_committee_and_the_director_are_invited() -> None:
    found = review(around=AROUND, records={"attendee": (there("an"),)})
    assert [
        (row["person"], row["member"], row["present"]) for row in proposals.attendees(found)
    ] == [
        ("head", True, True),
        ("binh", True, True),
        ("chi", True, True),
        ("dung", True, True),
        ("boss", False, True),
    ]
