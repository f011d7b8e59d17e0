from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case, Waiver
from tests.unit.workflows.made_cases import (
    TODAY,
    case,
    child,
    finding,
    line,
    person,
    row,
    slot,
    step,
)
from workflows.internal_audit import facts

PLAN = {
    "units": ("office", "tdc"),
    "clauses": ("7.5", "8.5"),
    "procedures": ("QT.01",),
    "first_day": date(2026, 8, 10),
    "last_day": date(2026, 8, 14),
    "lead_auditor": "an",
}


def audit(**given: Any) -> Case:
    return case("internal_audit", **given)


def test_a_plan_without_slots_misses_every_unit_clause_and_procedure() -> None:
    found = audit(fields=PLAN)
    assert facts.units_without_slot(found) == 2
    assert facts.clauses_without_slot(found) == 2
    assert facts.procedures_without_slot(found) == 1


def test_slots_cover_what_they_name() -> None:
    slots = (
        slot("s1", clauses=("7.5", "8.5"), procedures=("QT.01",)),
        slot("s2", "tdc", clauses=("4.1",)),
    )
    found = audit(fields=PLAN, records={"slot": slots})
    assert facts.units_without_slot(found) == 0
    assert facts.clauses_without_slot(found) == 0
    assert facts.procedures_without_slot(found) == 0


@pytest.mark.parametrize(
    ("first", "last", "in_order"),
    [
        (date(2026, 8, 10), date(2026, 8, 10), True),
        (date(2026, 8, 11), date(2026, 8, 10), False),
        (None, date(2026, 8, 10), True),
        (date(2026, 8, 10), None, True),
    ],
)
def test_the_last_day_is_not_before_the_first(
    first: date | None, last: date | None, in_order: bool
) -> None:
    days = {"first_day": first, "last_day": last}
    fields = {name: day for name, day in days.items() if day is not None}
    assert facts.days_in_order(audit(fields=fields)) is in_order


def test_slots_outside_the_days_are_counted_once_both_days_are_known() -> None:
    slots = tuple(slot(f"s{day}", audit_date=date(2026, 8, day)) for day in (9, 10, 14, 15))
    assert facts.slots_outside_days(audit(fields=PLAN, records={"slot": slots})) == 2
    assert facts.slots_outside_days(audit(records={"slot": slots})) == 0


def test_working_days_until_the_first_day_leave_out_today_and_weekends() -> None:
    fields = {"first_day": TODAY + timedelta(days=7)}
    assert facts.working_days_until_first_day(audit(fields=fields)) == 5
    assert facts.working_days_until_first_day(audit()) is None


def test_a_unit_has_acknowledged_when_its_head_or_their_deputy_did() -> None:
    history = (
        step("acknowledge", TODAY, unit="office"),
        step("acknowledge", TODAY, unit="office", behalf="dung"),
    )
    people = (person("dung", "tdc"),)
    assert facts.units_not_acknowledged(audit(fields=PLAN)) == 2
    assert facts.units_not_acknowledged(audit(fields=PLAN, history=history[:1])) == 1
    found = audit(fields=PLAN, history=history, people=people)
    assert facts.units_not_acknowledged(found) == 0


def test_who_acts_for_another_head_does_not_acknowledge_for_their_own_unit() -> None:
    history = (step("acknowledge", TODAY, unit="office", behalf="dung"),)
    found = audit(fields=PLAN, history=history, people=(person("dung", "tdc"),))
    assert facts.units_not_acknowledged(found) == 1


def test_working_days_since_the_notice() -> None:
    history = (step("notify", date(2026, 8, 6)),)
    assert facts.working_days_since_notice(audit(history=history)) == 2
    assert facts.working_days_since_notice(audit()) is None


def test_each_team_member_needs_the_qualification_of_their_role() -> None:
    records = {"slot": (slot("s1"), slot("s2"), slot("s3", auditor="cuong"))}
    people = (
        person("an", "leadership", "internal_auditor"),
        person("binh", "tdc", "internal_auditor"),
        person("cuong", "tdc"),
    )
    found = audit(fields=PLAN, records=records, people=people)
    # The lead has only the auditor's certificate, and Cường has none.
    assert facts.auditors_unqualified(found) == 2
    assert facts.auditors_unqualified(audit(records=records)) == 2


def test_an_auditor_of_their_own_unit_is_counted_for_each_slot() -> None:
    records = {"slot": (slot("s1", "tdc"), slot("s2", "tdc"), slot("s3", "office"))}
    found = audit(records=records, people=(person("binh", "tdc"),))
    assert facts.auditors_of_own_unit(found) == 2
    assert facts.auditors_of_own_unit(lifted(found)) == 0


def lifted(found: Case) -> Case:
    """The same audit, whose Director lets an auditor visit their own unit to the end of today."""
    given = Waiver(gate=facts.OWN_UNIT, reason="Nhỏ", granted_by="gd", until=found.today)
    return replace(found, waivers=(given,))


def test_excused_slots_ask_for_no_checklist_and_no_verdict() -> None:
    excused = slot("s2", "tdc", status="excused", excuse="Bão")
    records = {"slot": (slot("s1"), excused), "checklist": (line("l1", "s2"),)}
    found = audit(records=records)
    assert facts.slots_without_checklist(found) == 1
    assert facts.lines_without_verdict(found) == 0


def test_a_slot_is_finished_when_done_or_excused_with_a_reason() -> None:
    slots = (
        slot("s1"),
        slot("s2", status="done"),
        slot("s3", status="excused"),
        slot("s4", status="excused", excuse="Đơn vị giải thể"),
    )
    assert facts.slots_not_finished(audit(records={"slot": slots})) == 2


def test_a_verdict_needs_evidence_and_what_does_not_apply_a_reason() -> None:
    lines = (
        line("l1"),
        line("l2", verdict="conform", evidence_ref="Hồ sơ 1"),
        line("l3", verdict="nonconform"),
        line("l4", verdict="not_applicable", evidence_ref="Hồ sơ 1"),
        line("l5", verdict="not_applicable", reason="Không có dịch vụ này"),
    )
    found = audit(records={"slot": (slot("s1"),), "checklist": lines})
    assert facts.lines_without_verdict(found) == 1
    assert facts.lines_without_evidence(found) == 2


def test_a_nonconforming_line_needs_a_finding_of_its_slot_and_clause() -> None:
    lines = (
        line("l1", verdict="nonconform"),
        line("l2", verdict="nonconform", clause="8.5"),
        line("l3", verdict="conform", clause="9.1"),
    )
    records = {"slot": (slot("s1"),), "checklist": lines, "finding": (finding("f1"),)}
    assert facts.lines_without_finding(audit(records=records)) == 1


def test_a_finding_is_agreed_when_seen_or_disputed() -> None:
    findings = (
        finding("f1"),
        finding("f2", auditee_seen=False),
        finding("f3", auditee_seen=False, disputed=True),
    )
    assert facts.findings_not_agreed(audit(records={"finding": findings})) == 1


def test_a_unit_writes_no_findings_about_itself_under_another_name_either() -> None:
    findings = (
        finding("f1"),
        finding("f2", by="dung"),
        finding("f3", auditor="dung"),
        finding("f4", unit="tdc", auditor="cuong", by="dung"),
    )
    people = (person("binh", "tdc"), person("dung", "office"))
    found = audit(records={"finding": findings}, people=people)
    assert facts.findings_of_own_unit(found) == 2
    assert facts.findings_of_own_unit(lifted(found)) == 0


@pytest.mark.parametrize(
    ("decision", "open_disputes"), [(None, 1), ("upheld", 0), ("regraded", 0), ("dropped", 1)]
)
def test_a_dispute_is_settled_when_its_decision_is_carried_out(
    decision: str | None, open_disputes: int
) -> None:
    decided = () if decision is None else (row("d1", finding="f1", decision=decision),)
    records = {"finding": (finding("f1", disputed=True),), "dispute_decision": decided}
    assert facts.disputes_undecided(audit(records=records)) == open_disputes


@pytest.mark.parametrize(("by", "own"), [("binh", 1), ("recorder", 1), ("an", 0)])
def test_nobody_decides_on_their_own_finding(by: str, own: int) -> None:
    records = {
        "finding": (finding("f1", by="recorder", disputed=True),),
        "dispute_decision": (row("d1", by=by, finding="f1", decision="upheld"),),
    }
    assert facts.disputes_decided_by_author(audit(records=records)) == own


def test_a_nonconformity_needs_a_standing_slip_of_its_grade() -> None:
    findings = (finding("f1"), finding("f2", grade="major"), finding("f3", grade="observation"))
    found = audit(records={"finding": findings})
    assert facts.nonconformities_without_slip(found) == 2
    slips = (
        child("CA-1", "draft", row_id="f1", fields={"grade": "minor"}),
        child("CA-2", "draft", row_id="f2", fields={"grade": "minor"}),
    )
    found = audit(records={"finding": findings}, children=slips)
    assert facts.nonconformities_without_slip(found) == 1
    withdrawn = (child("CA-1", "withdrawn", row_id="f1", fields={"grade": "minor"}),)
    found = audit(records={"finding": findings[:1]}, children=withdrawn)
    assert facts.nonconformities_without_slip(found) == 1


@pytest.mark.parametrize(
    ("opening", "closing", "plausible"),
    [
        (TODAY, TODAY, (True, True)),
        (TODAY + timedelta(days=1), None, (False, True)),
        (TODAY, TODAY + timedelta(days=1), (True, False)),
        (TODAY, TODAY - timedelta(days=1), (True, False)),
        (None, TODAY, (True, True)),
    ],
)
def test_meetings_are_held_in_their_order_and_not_ahead(
    opening: date | None, closing: date | None, plausible: tuple[bool, bool]
) -> None:
    days = {"opening_on": opening, "closing_on": closing}
    found = audit(fields={name: day for name, day in days.items() if day is not None})
    told = (facts.opening_day_plausible(found), facts.closing_day_plausible(found))
    assert told == plausible


@pytest.mark.parametrize(
    ("day", "plausible"),
    [(None, True), (date(2026, 8, 6), False), (date(2026, 8, 7), True), (date(2026, 8, 11), False)],
)
def test_a_report_is_dated_between_its_signature_and_today(
    day: date | None, plausible: bool
) -> None:
    fields = {} if day is None else {"report_date": day}
    found = audit(fields=fields, history=(step("sign_report", date(2026, 8, 7)),))
    assert facts.report_day_plausible(found) is plausible


@given(
    planned=st.sets(st.sampled_from(["a", "b", "c", "d"])),
    visited=st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=6),
)
def test_a_slot_more_never_leaves_more_units_without_one(
    planned: set[str], visited: list[str]
) -> None:
    left = [
        facts.units_without_slot(
            audit(
                fields={"units": tuple(planned)},
                records={"slot": tuple(slot(f"s{i}", u) for i, u in enumerate(visited[:count]))},
            )
        )
        for count in range(len(visited) + 1)
    ]
    assert left[0] == len(planned)
    assert left == sorted(left, reverse=True)
    assert left[-1] == len(planned - set(visited))
