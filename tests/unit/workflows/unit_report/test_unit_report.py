from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.machine.instance import Case, PlanRow, Row, Surroundings
from engine.machine.intent import Notify, SetField
from tests.unit.workflows.made_cases import TODAY, ask, case, row
from workflows.unit_report import effects, facts, figures, proposals, report

WORDS = {"vi": "Chỉ tiêu", "en": "Target"}


def planned(code: str, *lead: str) -> PlanRow:
    return PlanRow(code=code, objective=1, title=WORDS, lead=lead, lead_title=WORDS, target=WORDS)


PLAN = (planned("1", "tdc"), planned("2.1", "office"), planned("3", "all_units"))


def made(*rows: Row, plan: tuple[PlanRow, ...] = PLAN, **fields: Any) -> Case:
    given = {"unit": "tdc", "due_on": date(2026, 11, 10), **fields}
    found = case("unit_report", fields=given, records={"row_result": rows})
    return replace(found, around=Surroundings(plan=plan))


def told(code: str, *, met: bool = True, **more: Any) -> Row:
    return row(f"r{code}", row=code, target="100 %", actual="98 %", met=met, **more)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ((), 2),
        ((told("1"),), 1),
        ((told("1"), told("3")), 0),
        ((told("1"), told("3"), told("7")), 0),
    ],
)
def test_a_unit_answers_for_the_rows_that_it_leads_alone_or_with_all(
    rows: tuple[Row, ...], missing: int
) -> None:
    assert facts.rows_not_reported(made(*rows)) == missing


def test_without_a_plan_one_row_at_least_is_reported() -> None:
    assert facts.rows_not_reported(made(plan=())) == 1
    assert facts.rows_not_reported(made(told("9"), plan=())) == 0


def test_a_row_that_is_not_met_needs_its_cause() -> None:
    rows = (told("1", met=False), told("3", met=False, cause="Thiếu người"), told("7"))
    assert facts.rows_without_cause(made(*rows)) == 1


def test_a_submitted_report_carries_its_day_and_its_verdicts() -> None:
    found = made(told("1"), told("3", met=False))
    assert effects.stamp_unit_report(ask(found)) == (
        SetField(field="reported_on", value=TODAY),
        SetField(field="rows_met", value=("1",)),
        SetField(field="rows_not_met", value=("3",)),
    )
    empty = effects.stamp_unit_report(ask(made()))
    assert [intent.value for intent in empty if isinstance(intent, SetField)][1:] == [None, None]


def test_a_missing_unit_is_told_upwards_and_a_returned_report_to_its_head() -> None:
    found = ask(made(), unit="tdc")
    (missing,) = effects.tell_leaders_of_missing_report(found)
    (returned,) = effects.tell_unit_of_return(found)
    (obstacle,) = effects.tell_office_of_report_obstacle(found)
    assert isinstance(missing, Notify)
    assert missing.roles == ("unit_head", "steering_head", "director")
    assert missing.params == {"due_on": "2026-11-10"}
    assert isinstance(returned, Notify)
    assert returned.roles == ("unit_head",)
    assert obstacle == Notify(
        message="unit_report_obstacle", roles=("office",), params={"unit": "tdc"}
    )
    (dayless,) = effects.tell_unit_of_return(ask(made(due_on=None)))
    assert isinstance(dayless, Notify)
    assert dayless.params == {}


def test_a_unit_is_measured_by_the_rows_that_it_calls_met() -> None:
    figure = figures.rows_reached(made(told("1"), told("3", met=False), reported_on=TODAY))
    assert (figure.numerator, figure.denominator, figure.cut_off) == (1, 2, TODAY)
    assert figure.parts == {"1": (1, 1), "3": (0, 1)}


def test_the_rows_that_are_missing_are_proposed_with_their_targets() -> None:
    assert proposals.row_results(made(told("1"))) == ({"row": "3", "target": "Chỉ tiêu"},)


def test_the_paper_holds_every_row() -> None:
    paper = report.unit_report(made(told("1", estimated="100 %", cause="Không")))
    assert (paper.unit, paper.due_on, paper.reported_on) == ("tdc", date(2026, 11, 10), None)
    (only,) = paper.rows
    assert (only.row, only.actual, only.estimated, only.met, only.cause) == (
        "1",
        "98 %",
        "100 %",
        True,
        "Không",
    )
