"""What a plan lacks, what becomes of its rows, and what of last year's plan is proposed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.seeds import DEFINITIONS, read_plan
from engine.machine.actor import Actor
from engine.machine.instance import Case, Row
from engine.machine.intent import EnterPlan, OpenYear
from engine.machine.registry import Question
from tests.unit.workflows.made_cases import case, row
from workflows.annual_objectives import edition, facts
from workflows.annual_objectives.report import year_paper

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
FULL = {
    "number": "1",
    "content": "Hoàn thành nhiệm vụ",
    "lead": "Văn phòng",
    "lead_units": ("office",),
    "method": "Theo dõi",
    "timing": "Cả năm",
    "span": "all_year",
    "target": "100 %",
    "resources": "Biên chế hiện có",
    "evaluation": "Báo cáo tuần",
}
PLAN = read_plan(DEFINITIONS / "plans" / "2023.yaml")


def plan(rows: tuple[Row, ...], **fields: Any) -> Case:
    given_ = {"first_day": FIRST, "last_day": LAST, **fields}
    return case("annual_objectives", fields=given_, records={"row": rows})


def line(name: str = "r1", **values: Any) -> Row:
    return row(name, **{**FULL, **values})


@pytest.mark.parametrize(
    ("gap", "lacking"),
    [
        ("lead", {"lead": " "}),
        ("who", {"lead_units": ()}),
        ("method", {"method": None}),
        ("timing", {"span": None}),
        ("timing", {"timing": None}),
        ("timing", {"span": "months", "first_month": 9}),
        ("timing", {"span": "months", "first_month": 9, "last_month": 7}),
        ("target", {"target": None}),
        ("resources", {"resources": ""}),
        ("evaluation", {"evaluation": None}),
    ],
)
def test_each_gap_is_counted_alone_and_never_of_a_heading(
    gap: str, lacking: dict[str, Any]
) -> None:
    whole, broken = plan((line(),)), plan((line(), line("r2", **lacking)))
    heading = plan((row("h", number="2", content="Đề mục", heading=True),))
    for name in facts.HAS:
        count = facts.rows_without(name)
        assert count(whole) == count(heading) == 0
        assert count(broken) == (name == gap)
    assert (facts.complete(broken).numerator, facts.complete(broken).denominator) == (1, 2)
    assert facts.complete(heading).numerator is None


@pytest.mark.parametrize(
    ("number", "wrong"), [("1", 0), ("12.3", 0), ("0", 1), ("1.", 1), ("a", 1), ("01", 1)]
)
def test_a_number_is_that_of_an_objective_or_a_place_under_one(number: str, wrong: int) -> None:
    assert facts.numbers_wrong(plan((line(number=number),))) == wrong


def test_a_year_is_evaluated_objective_by_objective_and_a_failure_says_why() -> None:
    rows = (line(), line("r2", number="2.1"), line("r3", number="2.2"))
    verdicts = (
        row("e1", objective=1, verdict="met", result="100 %"),
        row("e2", objective=2, verdict="partly", result="80 %"),
    )
    found = case("annual_objectives", records={"row": rows, "evaluation": verdicts[1:]})
    assert (facts.objectives_unevaluated(found), facts.failures_unexplained(found)) == (1, 1)
    assert (facts.met(found).numerator, facts.met(found).denominator) == (0, 1)
    found = case("annual_objectives", records={"row": rows, "evaluation": verdicts})
    assert facts.objectives_unevaluated(found) == 0
    assert (facts.met(found).numerator, facts.met(found).denominator) == (1, 2)
    assert facts.met(plan(rows)).numerator is None


def test_opinions_are_answered_and_figures_are_written_as_they_are_named() -> None:
    opinions, answers = (row("o1"), row("o2")), (row("a1", opinion="o1", wording="Đã sửa"),)
    measures = (
        row("m1", figure="internal_audit.findings"),
        row("m2", figure="số liệu"),
        row("m3"),
    )
    found = case(
        "annual_objectives", records={"opinion": opinions, "answer": answers, "measure": measures}
    )
    assert (facts.opinions_unanswered(found), facts.figures_wrong(found)) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "whole"),
    [
        ({}, True),
        ({"last_day": date(2027, 12, 31)}, False),
        ({"first_day": date(2026, 2, 1)}, False),
        ({"first_day": None}, False),
    ],
)
def test_a_plan_is_one_of_a_calendar_year(fields: dict[str, Any], whole: bool) -> None:
    assert facts.year_whole(plan((), **fields)) is whole


def test_a_plan_is_dated_between_its_decision_and_today() -> None:
    assert facts.plan_day_plausible(plan(()))
    today = plan(()).today
    days = {"decision_date": today, "plan_date": today}
    assert facts.plan_day_plausible(plan((), **days))
    assert not facts.plan_day_plausible(plan((), **{**days, "decision_date": date(2999, 1, 1)}))
    assert not facts.plan_day_plausible(plan((), plan_date=date(2999, 1, 1)))


def issued(found: Case) -> dict[str, Any]:
    question = Question(
        case=found, actor=Actor(person="an"), transition="issue", fields=found.instance.fields
    )
    (intent,) = edition.enter_plan(question)
    assert isinstance(intent, EnterPlan)
    assert edition.open_year(question) == (OpenYear(year=2026),)
    assert intent.year == intent.body["year"] == 2026
    return dict(intent.body)


def test_rows_stand_in_the_order_of_their_numbers() -> None:
    numbers = ["10", "2", "2.10", "2.9", "1"]
    rows = tuple(line(f"r{number}", number=number) for number in numbers)
    assert [one["code"] for one in issued(plan(rows))["rows"]] == ["1", "2", "2.9", "2.10", "10"]


def test_last_years_plan_is_proposed_and_issued_it_says_the_same() -> None:
    """Word for word in Vietnamese, with who carries it out, when, and by which process."""
    empty = case(
        "annual_objectives",
        fields={"first_day": FIRST, "last_day": LAST},
        lookups={edition.LAST_PLAN: PLAN},
    )
    proposed = edition.rows_to_start_from(empty)
    assert len(proposed) == len(PLAN["rows"])
    rows = tuple(row(f"r{number}", **dict(one)) for number, one in enumerate(proposed))
    found = case(
        "annual_objectives",
        fields={"first_day": FIRST, "last_day": LAST},
        records={"row": rows},
        lookups={edition.LAST_PLAN: PLAN},
    )
    assert edition.rows_to_start_from(found) == ()
    measures = tuple(
        row(f"m{number}", **dict(one))
        for number, one in enumerate(edition.measures_to_start_from(found))
    )
    records = {"row": rows, "measure": measures}
    found = case("annual_objectives", fields=dict(found.instance.fields), records=records)
    assert edition.measures_to_start_from(found) == ()
    made = {one["code"]: one for one in issued(found)["rows"]}
    for one in PLAN["rows"]:
        same = made[one["code"]]
        for name in ("objective", "heading", "processes"):
            assert same[name] == one[name]
        assert same["content"]["vi"] == one["content"]["vi"]
        assert [(m["value"], m["operator"], m["strive"]) for m in same["measures"]] == [
            (m["value"], m["operator"], m["strive"]) for m in one["measures"]
        ]
        if not one["heading"]:
            for name in ("lead", "method", "time"):
                assert same[name]["vi"] == one[name]["vi"]
            assert set(same["lead"]["who"]) == set(one["lead"]["who"])
            assert same["target"]["vi"] == same["resources"]["vi"] == ""


def test_the_papers_of_a_year_say_its_rows_in_order_and_what_became_of_each_objective() -> None:
    rows = (line("r2", number="2.1"), line("r1"), line("r3", number="10"))
    verdicts = (
        row("e2", objective=2, verdict="not_met", result="60 %", cause="Thiếu người"),
        row("e1", objective=1, verdict="met", result="100 %"),
    )
    fields = {"first_day": FIRST, "decision_number": "23/QĐ-SKHCN", "assessment": "Khá"}
    records = {"row": rows, "evaluation": verdicts}
    found = year_paper(case("annual_objectives", fields=fields, records=records))
    assert (found.year, found.assessment, found.decision_date) == (2026, "Khá", None)
    assert [one.number for one in found.rows] == ["1", "2.1", "10"]
    assert [(one.objective, one.verdict, one.cause) for one in found.verdicts] == [
        (1, "met", ""),
        (2, "not_met", "Thiếu người"),
    ]
    assert found.verdicts[0].content == FULL["content"]
    assert year_paper(case("annual_objectives")).year is None


@pytest.mark.parametrize(
    "lacking",
    [
        {"span": None},
        {"span": "months"},
        {"span": "months", "first_month": 3},
        {"lead": None, "lead_units": None, "method": None, "timing": None},
        {"number": "Phần A"},
    ],
)
def test_what_a_waiver_let_go_is_issued_without_it(lacking: dict[str, Any]) -> None:
    """The Director may lift any of the conditions; the edition is whole all the same."""
    (made,) = issued(plan((line(**lacking),)))["rows"]
    assert made["content"]["vi"] == FULL["content"]
    assert made["time"]["window"] in ({}, {"all_year": True})


def test_every_group_of_a_plan_has_its_choice() -> None:
    assert set(PLAN["groups"]) == edition.GROUPS


@given(st.lists(st.integers(1, 12), min_size=2, max_size=2).map(sorted))
def test_months_are_whole_and_in_order(months: list[int]) -> None:
    first, last = months
    rows = (line(span="months", first_month=first, last_month=last),)
    (made,) = issued(plan(rows))["rows"]
    assert made["time"]["window"] == {"months": list(range(first, last + 1))}
