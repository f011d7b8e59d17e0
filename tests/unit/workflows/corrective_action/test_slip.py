from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.calendars.business_days import Calendar, Roll
from engine.definition.source import read_file
from engine.machine.instance import Case
from engine.machine.intent import Notify, RaiseFlag, SetField, StartInstance
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import TODAY, ask, case, person, step
from workflows.corrective_action import effects, facts, figures, guards, report
from workflows.corrective_action.register import register

DEFINITION = Path(__file__).parents[4] / "definitions" / "corrective_action.yaml"
FOUND = {"grade": "minor", "unit": "tdc", "clause": "7.5", "statement": "Thiếu phiếu"}
INEFFECTIVE = step("fail", date(2026, 8, 3), to="analysing")
NOT_DONE = step("fail", date(2026, 8, 3), to="in_progress")


def slip(**given: Any) -> Case:
    return case("corrective_action", **given)


# Facts.


@pytest.mark.parametrize(
    ("codes", "alone"),
    [
        (("personal_carelessness",), True),
        (("personal_carelessness", "procedure"), False),
        (("procedure",), False),
        ((), False),
    ],
)
def test_carelessness_is_refused_only_when_it_stands_alone(
    codes: tuple[str, ...], alone: bool
) -> None:
    assert facts.only_carelessness(slip(fields={"cause_codes": codes})) is alone


def test_days_come_from_the_history() -> None:
    history = (
        step("issue", date(2026, 8, 5)),
        step("report_done", date(2026, 7, 1)),
        step("report_done", date(2026, 8, 7)),
    )
    found = slip(history=history)
    assert facts.working_days_since_issue(found) == 3
    assert facts.days_since_done(found) == 3
    assert facts.working_days_since_issue(slip()) is None
    assert facts.days_since_done(slip()) is None


@pytest.mark.parametrize(
    ("today", "planned", "days"),
    [
        (TODAY, TODAY, 0),
        (TODAY, date(2026, 8, 17), 5),
        (TODAY, date(2026, 8, 7), -1),
        (date(2026, 8, 16), date(2026, 8, 15), -1),
        (date(2026, 8, 15), date(2026, 8, 16), 0),
    ],
)
def test_a_planned_day_in_the_past_is_negative_even_over_a_weekend(
    today: date, planned: date, days: int
) -> None:
    assert facts.planned_working_days(slip(fields={"planned_on": planned}, today=today)) == days


def test_without_a_planned_day_there_is_no_number() -> None:
    assert facts.planned_working_days(slip()) is None
    assert facts.planned_months_after_minutes(slip(fields={"planned_on": TODAY})) is None
    assert facts.planned_months_after_minutes(slip(fields={"minutes_on": TODAY})) is None


@pytest.mark.parametrize(
    ("minutes", "planned", "months"),
    [
        (date(2026, 8, 20), date(2026, 8, 20), 0),
        (date(2026, 8, 20), date(2026, 10, 20), 2),
        (date(2026, 8, 20), date(2026, 10, 21), 3),
        # 22 November is a Sunday; the term ends on Monday.
        (date(2026, 9, 22), date(2026, 11, 23), 2),
        (date(2026, 9, 22), date(2026, 11, 24), 3),
        (date(2025, 12, 31), date(2026, 3, 2), 2),
    ],
)
def test_the_months_of_an_inspection_end_as_the_law_says(
    minutes: date, planned: date, months: int
) -> None:
    fields = {"minutes_on": minutes, "planned_on": planned}
    assert facts.planned_months_after_minutes(slip(fields=fields)) == months


@given(
    minutes=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(-40, 400),
    limit=st.integers(0, 12),
)
def test_months_are_within_a_limit_exactly_until_the_term_ends(
    minutes: date, days: int, limit: int
) -> None:
    planned = minutes + timedelta(days=days)
    months = facts.planned_months_after_minutes(
        slip(fields={"minutes_on": minutes, "planned_on": planned})
    )
    assert months is not None
    assert (months <= limit) == (
        planned <= Calendar().add_months(minutes, limit, roll=Roll.FORWARD)
    )


def test_the_due_day_itself_is_in_time() -> None:
    assert not facts.due_day_passed(slip(due_on=TODAY))
    assert facts.due_day_passed(slip(due_on=TODAY - timedelta(days=1)))
    assert not facts.due_day_passed(slip())


def test_only_the_present_round_is_watched() -> None:
    assert facts.being_watched(slip(state="watching"))
    earlier = step("confirm_done", TODAY, to="watching")
    assert not facts.being_watched(slip(state="verifying", history=(earlier,)))


def test_only_rounds_that_were_carried_out_count_as_ineffective() -> None:
    assert facts.ineffective_before(slip(history=(NOT_DONE, INEFFECTIVE, NOT_DONE))) == 1


# Guards.


def test_who_issues_a_slip_may_complete_it_but_not_rewrite_the_finding() -> None:
    found = slip(fields=FOUND)
    assert guards.finding_kept(ask(found, criterion="QT.05", grade="minor")) is None
    objection = guards.finding_kept(ask(found, grade="major", statement="Khác"))
    assert objection is not None
    assert objection.params == {"fields": ["grade", "statement"]}


def test_what_was_found_is_not_emptied_either() -> None:
    assert guards.finding_kept(ask(slip(fields=FOUND), clause=None)) is not None


@pytest.mark.parametrize(("days", "later"), [(-1, False), (0, False), (1, True)])
def test_an_extension_moves_the_planned_day_to_a_later_one(days: int, later: bool) -> None:
    found = slip(fields={"planned_on": TODAY})
    answer = guards.extension_is_later(ask(found, planned_on=TODAY + timedelta(days=days)))
    assert (answer is None) is later


def test_a_missing_day_is_another_gates_question() -> None:
    assert guards.extension_is_later(ask(slip(), planned_on=TODAY)) is None
    assert (
        guards.extension_is_later(ask(slip(fields={"planned_on": TODAY}), planned_on=None)) is None
    )


# Effects.


def test_a_slip_of_an_audit_carries_its_source_and_day_of_issue() -> None:
    issued = SetField(field="issued_on", value=TODAY)
    of_audit = slip(origin_set="finding")
    assert effects.stamp_issue(ask(of_audit)) == (issued, SetField(field="source", value="audit"))
    assert effects.stamp_issue(ask(of_audit, source="complaint")) == (issued,)
    assert effects.stamp_issue(ask(slip())) == (issued,)


def test_completion_is_dated_by_the_house() -> None:
    assert effects.stamp_done(ask(slip())) == (SetField(field="done_on", value=TODAY),)


def test_a_dispute_marks_the_case_and_is_told_to_those_who_answer() -> None:
    flag, told = effects.mark_disputed(ask(slip(fields=FOUND)))
    assert flag == RaiseFlag(flag="disputed")
    assert isinstance(told, Notify)
    assert told.roles == ("lead_auditor", "steering_head")


@pytest.mark.parametrize(
    ("history", "failure", "again"),
    [
        ((), "ineffective", False),
        ((INEFFECTIVE,), "not_done", False),
        ((NOT_DONE,), "ineffective", False),
        ((INEFFECTIVE,), "ineffective", True),
    ],
)
def test_only_a_second_ineffective_round_opens_a_new_slip(
    history: tuple[Any, ...], failure: str, again: bool
) -> None:
    intents = effects.reissue_slip(ask(slip(fields=FOUND, history=history), failure=failure))
    assert any(isinstance(intent, StartInstance) for intent in intents) is again


def test_a_new_slip_takes_the_finding_along_and_nothing_of_the_old_plan() -> None:
    fields = {**FOUND, "cause": "Cũ", "planned_on": TODAY, "effectiveness": "Không"}
    found = slip(fields=fields, history=(INEFFECTIVE,))
    opened, told = effects.reissue_slip(ask(found, failure="ineffective"))
    assert opened == StartInstance(
        process="corrective_action", relation="successor", unit="tdc", fields=FOUND
    )
    assert isinstance(told, Notify)


def test_leaders_and_the_office_hear_of_what_is_stuck() -> None:
    (ended,) = effects.inspection_term_ends(ask(slip()))
    assert isinstance(ended, Notify)
    assert ended.roles == ("director", "steering_head")
    (stuck,) = effects.tell_office_of_slip_obstacle(ask(slip(state="in_progress"), unit="tdc"))
    assert isinstance(stuck, Notify)
    assert (stuck.roles, stuck.params) == (("office",), {"state": "in_progress", "unit": "tdc"})


@given(rounds=st.lists(st.sampled_from([INEFFECTIVE, NOT_DONE]), max_size=5))
def test_the_effect_opens_a_slip_exactly_where_the_definition_ends_one(
    rounds: list[Any],
) -> None:
    found = slip(fields=FOUND, history=tuple(rounds))
    intents = effects.reissue_slip(ask(found, failure="ineffective"))
    # The arm to `analysing` asks for less than one ineffective round before; else it is `reissued`.
    assert bool(intents) == (facts.ineffective_before(found) >= 1)


# Figures.


def test_a_slip_is_measured_by_its_own_history() -> None:
    history = (
        step("issue", date(2026, 8, 3)),
        step("report_done", date(2026, 8, 6)),
        step("pass", date(2026, 8, 10)),
    )
    fields = {"planned_on": date(2026, 8, 6)}
    found = slip(state="closed_effective", history=history, fields=fields)
    assert figures.working_days_to_close(found).numerator == 5
    assert figures.done_in_time(found).numerator == 1
    assert figures.effective_first_time(found).numerator == 1
    assert figures.rounds_failed(found).numerator == 0


def test_nothing_is_said_of_an_open_slip() -> None:
    found = slip(state="in_progress", history=(step("issue", TODAY),))
    assert figures.working_days_to_close(found).numerator is None
    assert figures.done_in_time(found).numerator is None
    assert figures.effective_first_time(found).numerator is None


@pytest.mark.parametrize(
    ("given_", "first"),
    [
        ({"state": "closed_effective"}, 1),
        ({"state": "closed_effective", "history": (NOT_DONE,)}, 0),
        ({"state": "closed_effective", "predecessor": "CA-1"}, 0),
        ({"state": "reissued"}, 0),
    ],
)
def test_effective_the_first_time_means_no_failure_and_no_predecessor(
    given_: dict[str, Any], first: int
) -> None:
    assert figures.effective_first_time(slip(**given_)).numerator == first


@given(
    planned=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    done=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_done_in_time_is_the_planned_day_at_the_latest(planned: date, done: date) -> None:
    assume(planned != done)
    found = slip(fields={"planned_on": planned}, history=(step("report_done", done),))
    assert figures.done_in_time(found).numerator == int(done < planned)


# The paper.


def test_the_slip_on_paper_has_its_four_parts() -> None:
    history = (
        step("dispute", TODAY, person="dung", reason="Không đồng ý"),
        step("approve_plan", TODAY, person="an", behalf="giang"),
        step("fail", TODAY, person="an", reason="Chưa đạt"),
    )
    fields = {**FOUND, "owner": "dung", "finding_author": "p9", "cause_codes": ("procedure",)}
    paper = report.slip(slip(fields=fields, history=history, people=(person("dung"), person("an"))))
    assert (paper.statement, paper.owner, paper.finding_author) == ("Thiếu phiếu", "Dung", "p9")
    assert paper.cause_codes == ("procedure",)
    assert [signed.reason for signed in paper.disputes] == ["Không đồng ý"]
    assert [(signed.person, signed.on_behalf_of) for signed in paper.approvals] == [("An", "giang")]
    assert [signed.transition for signed in paper.verifications] == ["fail"]


def test_every_name_of_the_definition_is_registered_and_no_other() -> None:
    process = read_file(DEFINITION).process
    assert process is not None
    registry = Registry()
    register(registry)
    steps = process.transitions.values()
    checks = [check for state in process.states.values() for check in state.checks]
    named = {effect for step_ in steps for effect in step_.effects} | {c.effect for c in checks}
    assert set(registry.facts) == {f"corrective_action.{name}" for name in process.facts}
    assert set(registry.figures) == {f"corrective_action.{name}" for name in process.figures}
    assert set(registry.guards) == {guard for step_ in steps for guard in step_.guards}
    assert set(registry.effects) == named
    assert {name for _, name in registry.documents} == set(process.documents)
    assert set(effects.CARRIED_OVER) <= set(process.fields)
    assert set(guards.FOUND) <= set(process.fields)
