"""A unit's account: what it is asked for, what answers for it, what the review gets to see."""

from datetime import date
from typing import Any

from engine.machine.instance import Case
from engine.machine.intent import Notify, SetField
from tests.unit.workflows.made_cases import ask, case, row, step
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.unit_period_report import effects, facts, register, report
from workflows.unit_period_report.records import Asked

DUE = date(2026, 8, 4)


def asked(code: str, *, late: bool = True, backlog: bool = False, **standing: Any) -> Asked:
    found = None
    if standing:
        state = standing.pop("state", "overdue")
        found = CaseStanding(
            id=code,
            code=f"OC-{code}",
            dossier_code=code,
            original_due=DUE,
            state=state,
            final=None,
            **standing,
        )
    return Asked(
        code=code,
        procedure="Cấp giấy phép",
        due_on=DUE,
        current_due_on=DUE,
        late=late,
        backlog=backlog,
        days_late=3 if late else 0,
        standing=found,
    )


def account(*dossiers: Asked, told: tuple[str, ...] = (), **more: Any) -> Case:
    rows = tuple(
        row(code, dossier_code=code, cause="Chờ ý kiến", measure="Đôn đốc", due_on=DUE)
        for code in told
    )
    return case(
        "unit_period_report",
        fields={"unit": "tdc"},
        records={"backlog_item": rows},
        lookups={facts.ASKED: dossiers},
        **more,
    )


CONFIRMED = {"confirm": DUE}
MEASURED = {"confirm": DUE, "remedy": DUE}


def test_a_dossier_is_answered_for_by_a_row_or_by_its_own_case() -> None:
    dossiers = (
        asked("A1"),
        asked("A2", first_on=CONFIRMED),
        asked("A3", backlog=True, first_on=CONFIRMED),
        asked("A4", backlog=True, first_on=MEASURED),
        asked("A5", state="excluded"),
        asked("A6", late=False, backlog=True),
        asked("A7", state="cause_submitted"),
    )
    found = account(*dossiers)
    assert [each.code for each in facts.unanswered(found)] == ["A1", "A3", "A6", "A7"]
    assert facts.dossiers_unanswered(account(*dossiers, told=("A1", "A3", "A6"))) == 1
    figure = register.dossiers_answered(account(*dossiers, told=("A1",)))
    assert (figure.numerator, figure.denominator) == (4, 7)
    assert register.dossiers_answered(account()).numerator is None


def test_only_dossiers_that_were_asked_for_are_accounted_for() -> None:
    assert facts.items_strange(account(asked("A1"), told=("A1", "B9"))) == 1


def test_what_is_still_open_is_proposed() -> None:
    found = account(asked("A1"), asked("A2"), told=("A1",))
    assert register.backlog_items(found) == ({"dossier_code": "A2"},)


def test_the_signed_account_shows_the_review_what_it_names() -> None:
    named = account(asked("A1"), asked("A2"), told=("A2", "A1"))
    assert effects.stamp_answered(ask(named)) == (SetField(field="answered", value=("A2", "A1")),)
    assert effects.stamp_answered(ask(account())) == (SetField(field="answered", value=None),)


def test_a_unit_hears_of_a_return_and_its_leaders_of_its_silence() -> None:
    returned = effects.tell_unit_of_period_return(ask(account()))
    missing = effects.tell_leaders_of_missing_account(ask(account()))
    told = [intent for intent in (*returned, *missing) if isinstance(intent, Notify)]
    assert [(notice.roles, notice.units) for notice in told] == [
        (("unit_head",), ("tdc",)),
        (("office",), ()),
        (("unit_head",), ("tdc",)),
        (("director",), ()),
    ]


def test_the_paper_holds_every_dossier_with_cause_and_measure() -> None:
    found = account(
        asked("A1"), asked("A2", cause="slow_signing", first_on=CONFIRMED), told=("A1",),
        history=(step("sign", DUE),),
    )  # fmt: skip
    paper = report.unit_account(found)
    assert (paper.unit, paper.signed_on) == ("tdc", DUE)
    first, second = paper.dossiers
    assert (first.cause, first.measure, first.by_day, first.case_code) == (
        "Chờ ý kiến", "Đôn đốc", DUE, None,
    )  # fmt: skip
    assert (second.cause, second.code_of_cause, second.case_code) == (
        None, "slow_signing", "OC-A2",
    )  # fmt: skip
