"""A late dossier: what its gates count, what follows from its steps, what its papers say."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.calendars.business_days import Calendar
from engine.calendars.dated_rules import read_rules
from engine.calendars.dossier_clock import DossierRule
from engine.calendars.period_scheme import PeriodRule
from engine.definition.model import Process
from engine.machine.instance import Case, Step
from engine.machine.intent import Notify, RaiseFlag, StartInstance
from tests.fixtures import DEFINITIONS, shipped
from tests.unit.workflows.made_cases import ask, case, row, step
from workflows.overdue_case import causes, effects, facts, figures, report
from workflows.overdue_dossiers.case_standing import ALIKE, PERIODS, AlikeCase

FRIDAY, SATURDAY, MONDAY = date(2026, 8, 7), date(2026, 8, 8), date(2026, 8, 10)
NO_HOLIDAYS = Calendar()


def late(
    *history: Step,
    today: date = MONDAY,
    alike: tuple[AlikeCase, ...] = (),
    periods: tuple[PeriodRule, ...] = (),
    state: str = "overdue",
    measures: tuple[bool, ...] = (),
    blamed: tuple[str, ...] = (),
    **fields: Any,
) -> Case:
    given = {
        "dossier_code": "H24.09-260701-0012",
        "procedure": "Cấp giấy phép tiến hành công việc bức xạ",
        "unit": "special_management",
        "received_on": date(2026, 7, 20),
        "original_due": MONDAY,
        "current_due": MONDAY,
        **fields,
    }
    rows = tuple(
        row(
            f"m{number}",
            in_charge="special_management",
            statement="Phân công người thay",
            owner="binh",
            due_on=date(2026, 8, 20),
            systemic=systemic,
        )
        for number, systemic in enumerate(measures)
    )
    return case(
        "overdue_case",
        fields=given,
        history=history,
        records={"measure": rows, "responsibility": tuple(row(who, who=who) for who in blamed)},
        lookups={ALIKE: alike, PERIODS: periods},
        today=today,
        calendar=NO_HOLIDAYS,
        state=state,
    )


def other(number: int, due: date = date(2026, 7, 15), cause: str = "slow_handling") -> AlikeCase:
    return AlikeCase(
        id=f"o{number}",
        code=f"OC-2026-{number:02d}",
        dossier_code=f"H{number}",
        cause=cause,
        missed_due=due,
    )


@pytest.mark.parametrize(
    ("sent", "today", "lead"),
    [
        (FRIDAY, MONDAY, 1),
        (SATURDAY, MONDAY, 0),
        (MONDAY, MONDAY, 0),
        (date(2026, 8, 6), FRIDAY, 2),
        (date(2026, 8, 11), date(2026, 8, 12), -1),
        # A letter that is still to be sent is no letter yet.
        (FRIDAY, date(2026, 8, 6), -1),
        (None, MONDAY, -1),
    ],
)
def test_a_letter_counts_by_the_working_days_that_it_leaves_before_the_due_day(
    sent: date | None, today: date, lead: int
) -> None:
    """The day before Monday 7 September is Friday: a Sunday is no working day (domain.md §4)."""
    assert facts.letter_lead_days(late(letter_on=sent, today=today)) == lead


def test_the_day_before_a_monday_is_the_friday_whatever_the_new_day_is() -> None:
    case_ = late(
        original_due=date(2026, 9, 7),
        current_due=date(2026, 9, 14),
        letter_on=date(2026, 9, 4),
        today=date(2026, 9, 4),
    )
    assert facts.letter_lead_days(case_) == 1
    assert (
        facts.letter_lead_days(
            late(**{**case_.instance.fields, "letter_on": date(2026, 9, 6)}, today=date(2026, 9, 7))
        )
        == 0
    )


@pytest.mark.parametrize(
    ("asked", "valid"),
    [(date(2026, 8, 17), True), (MONDAY, False), (date(2026, 8, 15), False), (None, False)],
)
def test_a_new_day_is_a_working_day_after_the_old_one(asked: date | None, valid: bool) -> None:
    assert facts.asked_due_valid(late(asked_due=asked)) is valid
    assert facts.granted_due_valid(late(current_due=asked)) is valid


def test_a_dossier_that_was_moved_before_is_not_moved_again() -> None:
    assert facts.extensions_used(late()) == 0
    assert facts.extensions_used(late(current_due=date(2026, 8, 17))) == 1
    assert facts.extensions_used(late(step("grant", FRIDAY))) == 1


@pytest.mark.parametrize(
    ("returned", "by_due", "plausible"),
    [
        (MONDAY, True, True),
        (date(2026, 8, 11), False, True),
        (date(2026, 7, 19), True, False),
        (date(2026, 8, 13), False, False),
        (None, True, True),
    ],
)
def test_a_return_is_judged_by_its_day(
    returned: date | None, by_due: bool, plausible: bool
) -> None:
    found = late(returned_on=returned, today=date(2026, 8, 12))
    assert facts.returned_by_due(found) is by_due
    assert facts.returned_day_plausible(found) is plausible


def test_alike_are_cases_of_one_cause_whose_missed_day_is_of_one_quarter() -> None:
    others = (
        other(1),
        other(2, date(2026, 6, 30)),
        other(3, date(2026, 9, 30)),
        other(4, cause="other"),
    )
    assert facts.same_cause_in_quarter(late(cause="slow_handling", alike=others)) == 3
    assert facts.same_cause_in_quarter(late(alike=others)) == 1


def test_a_quarter_is_the_one_of_the_office_where_it_cuts_its_periods_otherwise() -> None:
    """From the 15th to the 14th: 30 June is of the third quarter, 30 September of the fourth."""
    rule = PeriodRule.model_validate(
        {
            "from": date(2020, 1, 1),
            "source": "Nghị định 09/2019/NĐ-CP, Điều 12",
            "month_ends_on": 14,
            "report_terms": {"month": 3, "quarter": 5, "year": 5},
            "merge_week_up_to": 1,
        }
    )
    others = (other(1, date(2026, 6, 14)), other(2, date(2026, 6, 30)), other(3, date(2026, 9, 30)))
    found = late(cause="slow_handling", alike=others, periods=(rule,))
    assert facts.same_cause_in_quarter(found) == 2
    assert [one.id for one in facts.alike(found)] == ["o2"]
    missed_on_the_last_day = late(
        cause="slow_handling", alike=others, periods=(rule,), current_due=date(2026, 9, 15)
    )
    assert facts.quarter_of(missed_on_the_last_day) == "2026-Q4"


def test_the_third_alike_case_opens_the_slip_once_with_its_origin() -> None:
    found = late(cause="slow_handling", alike=(other(1), other(2)))
    slip, secretary, unit = effects.open_systemic_slip(ask(found))
    assert isinstance(slip, StartInstance)
    assert (slip.process, slip.unit, slip.once) == ("corrective_action", "special_management", True)
    assert (slip.origin_set, slip.origin_row) == (
        "systemic_cause",
        "2026-Q3/special_management/slow_handling",
    )
    assert slip.fields["source"] == "overdue_dossiers"
    assert slip.fields["objective_evidence"] == "H1; H2; H24.09-260701-0012"
    assert "3 hồ sơ" in slip.fields["statement"]
    assert isinstance(secretary, Notify)
    assert isinstance(unit, Notify)
    assert unit.units == ("special_management",)


def test_two_alike_cases_open_none_unless_the_unit_itself_calls_the_cause_systemic() -> None:
    two = late(cause="slow_handling", alike=(other(1),))
    assert effects.open_systemic_slip(ask(two)) == ()
    assert effects.open_systemic_slip(ask(late(cause="slow_handling", measures=(False,)))) == ()
    assert effects.open_systemic_slip(ask(late(measures=(True,)))) == ()
    (slip, *_) = effects.open_systemic_slip(ask(late(cause="slow_handling", measures=(True,))))
    assert isinstance(slip, StartInstance)


def test_the_definition_and_the_effect_agree_on_how_many_are_alike() -> None:
    gate = definition().transitions["remedy"].requires["systemic_named"].that
    assert f"value={effects.ALIKE_TO_ACT}" in repr(gate)


def test_the_limits_of_the_gates_are_those_of_the_law_that_ships() -> None:
    """They stand in the definition, where its conditions are proven, and in the dated rules."""
    file = DEFINITIONS / "calendars" / "vn_one_stop.yaml"
    rules = read_rules(YAML(typ="safe").load(file.read_text("utf-8")), DossierRule)
    assert rules
    gates = [
        repr(condition.that)
        for transition in definition().transitions.values()
        for condition in transition.requires.values()
    ]
    for rule in rules:
        for fact, limit in (
            ("extensions_used", f"op='lt', value={rule.extensions_max}"),
            ("letter_lead_days", f"op='ge', value={rule.apology_lead}"),
        ):
            found = [gate for gate in gates if f"fact='{fact}'" in gate]
            assert found
            assert all(limit in gate for gate in found), (fact, rule.from_)


def test_the_words_in_a_slip_are_the_definitions() -> None:
    choices = definition().fields["cause"].choices
    assert {code: words.vi for code, words in choices.items()} == causes.CAUSES


def definition() -> Process:
    return next(process for process in shipped() if process.process == "overdue_case")


LAPSED = step("lapse", date(2026, 8, 11), role="system")


@pytest.mark.parametrize(
    ("today", "flagged"),
    [(date(2026, 8, 12), False), (date(2026, 8, 13), True)],
)
def test_an_apology_after_one_working_day_is_late(today: date, flagged: bool) -> None:
    found = effects.flag_late_apology(ask(late(LAPSED, today=today)))
    assert found == ((RaiseFlag(flag="apology_late"),) if flagged else ())
    assert effects.flag_late_apology(ask(late(today=today))) == ()


@pytest.mark.parametrize(
    ("apologised", "today", "said"),
    [
        (date(2026, 8, 12), date(2026, 8, 20), 1),
        (date(2026, 8, 13), date(2026, 8, 20), 0),
        (None, date(2026, 8, 13), 0),
        (None, date(2026, 8, 12), None),
    ],
)
def test_apologies_in_time_are_counted_by_their_first_letter(
    apologised: date | None, today: date, said: int | None
) -> None:
    steps = () if apologised is None else (step("apologise", apologised), step("apologise", today))
    assert figures.apology_in_time(late(LAPSED, *steps, today=today)).numerator == said


def test_days_late_run_to_the_return_to_the_stop_or_to_today() -> None:
    returned = late(LAPSED, returned_on=date(2026, 8, 14), today=date(2026, 8, 31))
    assert figures.days_late(returned).numerator == 4
    assert figures.days_late(late(LAPSED, today=date(2026, 8, 13))).numerator == 3
    stopped = late(
        LAPSED, step("stop", date(2026, 8, 12)), state="stopped", today=date(2026, 8, 31)
    )
    assert figures.days_late(stopped).numerator == 2


def test_who_was_never_late_or_is_excluded_owes_nothing() -> None:
    for found in (late(), late(LAPSED, state="excluded")):
        assert figures.days_late(found).numerator is None
        assert figures.apology_in_time(found).numerator is None
    assert figures.days_late(replace(late(LAPSED), lookups={})).numerator == 0
    assert figures.extensions_used(late()).numerator == 0


@pytest.mark.parametrize(
    ("effect", "roles"),
    [
        (effects.tell_of_lapse, {"unit_head", "one_stop"}),
        (effects.tell_of_extension, {"director"}),
        (effects.tell_of_new_day, {"unit_head", "one_stop"}),
        (effects.tell_unit_of_refusal, {"unit_head"}),
        (effects.tell_office_of_dossier, {"office"}),
        (effects.tell_office_of_dossier_obstacle, {"office"}),
    ],
)
def test_those_who_must_act_are_told_with_the_dossier_and_its_day(
    effect: Any, roles: set[str]
) -> None:
    told = effect(ask(late()))
    assert {role for notice in told for role in notice.roles} == roles
    for notice in told:
        assert notice.params["dossier"] == "H24.09-260701-0012"
        assert notice.params["due_on"] == "2026-08-10"
        assert notice.units == (("special_management",) if notice.roles == ("unit_head",) else ())


def test_the_letters_promise_a_day_only_while_one_can_be_promised() -> None:
    asked = late(asked_due=date(2026, 8, 17), asked_because="Chờ ý kiến phối hợp", letter_on=FRIDAY)
    letter = report.extension_letter(asked)
    assert (letter.new_due, letter.because, letter.sent_on) == (
        date(2026, 8, 17),
        "Chờ ý kiến phối hợp",
        FRIDAY,
    )
    granted = late(step("grant", FRIDAY), current_due=date(2026, 8, 18), letter_on=SATURDAY)
    assert report.extension_letter(granted).new_due == date(2026, 8, 18)
    apology = report.apology_letter(
        late(LAPSED, step("apologise", date(2026, 8, 12)), today=date(2026, 8, 12))
    )
    assert (apology.new_due, apology.sent_on, apology.days_late) == (None, date(2026, 8, 12), 2)


def test_the_cause_sheet_says_who_stated_who_checked_and_what_is_done() -> None:
    sheet = report.cause_sheet(
        late(
            LAPSED,
            step("state_cause", date(2026, 8, 12), person="an"),
            step("confirm", date(2026, 8, 13), person="chi", reason="Khớp phiếu kiểm soát"),
            today=date(2026, 8, 14),
            cause="slow_handling",
            cause_nature="subjective",
            lost_stage="handling",
            blamed=("Chuyên viên thụ lý", "Lãnh đạo phòng"),
            measures=(True,),
            alike=(other(1), other(2)),
        )
    )
    assert (sheet.stated_by, sheet.confirmed_by, sheet.alike) == ("an", "chi", 2)
    assert sheet.confirmed_because == "Khớp phiếu kiểm soát"
    assert sheet.responsible == "Chuyên viên thụ lý; Lãnh đạo phòng"
    assert [(each.owner, each.systemic) for each in sheet.measures] == [("binh", True)]
    blank = report.cause_sheet(late())
    assert (blank.stated_by, blank.confirmed_on, blank.measures, blank.slips) == (
        None,
        None,
        (),
        (),
    )
