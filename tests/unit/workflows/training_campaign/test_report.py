from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from engine.definition.source import read_file
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import case, child, row, step
from tests.unit.workflows.training_campaign.made_campaigns import (
    RECORDS,
    TODAY,
    campaign,
    session,
)
from workflows.training_campaign import report
from workflows.training_campaign.figures import FIGURES
from workflows.training_campaign.register import register

DEFINITION = Path(__file__).parents[4] / "definitions" / "training_campaign.yaml"
ACCEPTED = (
    step("open_enrol", date(2026, 6, 22)),
    step("add_class", date(2026, 7, 30)),
    replace(step("accept", date(2026, 8, 7)), version=9),
)


def test_the_plan_names_needs_sessions_and_the_marks() -> None:
    needs = (row("n1", unit="office", topic="Điều khoản 7.5", people=3),)
    sessions = (
        session("late", "a", date(2026, 7, 13), half="afternoon"),
        session("early", "a", date(2026, 7, 13)),
        session("gone", "gone", date(2026, 7, 13)),
    )
    plan = report.training_plan(
        campaign(fields={"content": "HTQLCL", "cost": 9}, need=needs, class_session=sessions)
    )
    assert (plan.content, plan.cost, plan.pass_mark, plan.max_score) == ("HTQLCL", 9, 50, 100)
    assert plan.needs == (report.Need(unit="office", topic="Điều khoản 7.5", people=3),)
    assert [(one.id, one.class_code, one.round) for one in plan.sessions] == [
        ("s_early", "A", 1),
        ("s_late", "A", 1),
    ]


def test_the_enrolment_list_has_everybody_of_the_snapshot_with_class_or_reason() -> None:
    confirmed = (row("u1", unit="office", confirmed_on=TODAY),)
    office, tdc = report.enrolment_list(campaign(unit_confirmation=confirmed)).units
    assert (office.unit, office.confirmed_on, tdc.confirmed_on) == ("office", TODAY, None)
    assert [(one.person, one.classes) for one in office.people] == [
        ("An", ("A",)),
        ("Binh", ("A", "B")),
        ("Chi", ("A",)),
    ]
    assert [(one.exempt, one.course) for one in tdc.people] == [
        ("maternity", None),
        (None, "Khóa học của Viện"),
        (None, None),
        (None, None),
    ]


def test_each_session_has_its_own_list_to_sign() -> None:
    form = report.attendance_form(campaign(attendance=RECORDS["attendance"][:1]))
    assert [(one.session.id, len(one.learners)) for one in form.lists] == [
        ("s_a1", 5),
        ("s_a2", 5),
        ("s_b1", 1),
    ]
    assert [(line.person, line.present) for line in form.lists[0].learners[:2]] == [
        ("An", True),
        ("Binh", None),
    ]


def test_the_report_names_everybody_who_was_not_trained() -> None:
    listed = (
        row("e1", person="chi", unit="office", reason="Ốm", plan="Học bù quý IV"),
        row("e2", person="gia", unit="tdc", reason="Đi vắng", plan="Học bù quý IV"),
    )
    told = (row("d1", unit="office", held_on=TODAY, form="Họp cơ quan", people=40),)
    paper = report.training_report(
        campaign(
            fields={"report_number": "45/BC-SKHCN", "actual_cost": 6},
            exception=listed,
            exception_approval=(row("a1", exception="e1"),),
            dissemination=told,
        )
    )
    assert [(one.person, one.approved) for one in paper.exceptions] == [
        ("Chi", True),
        ("Gia", False),
    ]
    assert [(one.person, one.reason) for one in paper.exempt] == [("Dung", "maternity")]
    assert paper.unexplained == ("Ha",)
    assert paper.joiners == (("Mới", "office"),)
    assert [(one.person, one.counts) for one in paper.courses] == [("Em", True), ("Gia", False)]
    assert [(one.form, one.people) for one in paper.dissemination] == [("Họp cơ quan", 40)]
    assert (paper.number, paper.actual_cost, paper.make_up_rounds) == ("45/BC-SKHCN", 6, 1)
    assert set(paper.figures) == set(FIGURES)


def test_the_effect_form_has_a_line_for_each_unit() -> None:
    checks = (
        row(
            "f1",
            unit="tdc",
            method="dossier_sampling",
            sampled=5,
            conforming=3,
            poor=True,
            statement="Hai hồ sơ thiếu phiếu",
        ),
    )
    slip = replace(child("CA-2026-01", "draft", row_id="f1"), origin_set="effect")
    paper = report.effect_report(campaign(history=ACCEPTED, effect=checks, children=(slip,)))
    assert paper.accepted_on == date(2026, 8, 7)
    office, tdc = paper.units
    assert office == report.UnitEffect(unit="office")
    assert (tdc.poor, tdc.sampled, tdc.slips) == (True, 5, ("CA-2026-01",))


def test_certificates_are_for_those_whom_our_own_classes_trained() -> None:
    paper = report.certificates(campaign(fields={"content": "HTQLCL"}, history=ACCEPTED))
    assert paper.organization is None
    an, binh = paper.certificates
    assert an == report.Certificate(
        number="IA-2026-01/001",
        person="An",
        unit="office",
        kind="civil_servant",
        content="HTQLCL",
        hours=Decimal("7.5"),
        first_day=date(2026, 7, 13),
        last_day=date(2026, 7, 14),
        score=80,
        issued_on=date(2026, 8, 7),
    )
    # The round in which somebody passed is the one that is certified.
    assert (binh.number, binh.hours, binh.score) == ("IA-2026-01/002", Decimal("3.5"), 70)
    assert binh.first_day == binh.last_day == date(2026, 8, 3)


def test_papers_can_be_drawn_from_a_campaign_that_has_nothing_yet() -> None:
    empty = case("training_campaign")
    assert report.training_plan(empty).sessions == ()
    assert report.enrolment_list(empty).units == ()
    assert report.attendance_form(empty).lists == ()
    assert report.training_report(empty).joiners == ()
    assert report.effect_report(empty).accepted_on is None
    assert report.certificates(empty).certificates == ()


def test_an_unknown_person_stands_by_id() -> None:
    stranger = campaign(exception=(row("e1", person="p9", unit="tdc", reason="Ốm", plan="Bù"),))
    assert report.training_report(stranger).exceptions[0].person == "p9"


def test_every_name_of_the_definition_is_registered_and_no_other() -> None:
    process = read_file(DEFINITION).process
    assert process is not None
    registry = Registry()
    register(registry)
    steps = process.transitions.values()
    checks = [check for state in process.states.values() for check in state.checks]
    named = {effect for one in steps for effect in one.effects} | {c.effect for c in checks}
    assert set(registry.facts) == {f"training_campaign.{name}" for name in process.facts}
    assert set(registry.figures) == {f"training_campaign.{name}" for name in process.figures}
    assert list(FIGURES) == list(process.figures)
    assert set(registry.effects) == named
    assert {name for _, name in registry.documents} == set(process.documents)
    assert {name for _, name in registry.proposals} <= set(process.records)


def test_every_proposal_names_columns_of_its_record_set() -> None:
    process = read_file(DEFINITION).process
    assert process is not None
    registry = Registry()
    register(registry)
    listed = (row("e1", person="chi", unit="office", reason="Ốm", plan="Bù"),)
    found = campaign(headcount=RECORDS["headcount"][:-1], attendance=(), exception=listed)
    cases = (
        found,
        campaign(score=()),
        campaign(state="make_up", history=()),
    )
    for (_, name), proposal in registry.proposals.items():
        rows = [one for of in cases for one in proposal(of)]
        assert rows, name
        assert all(set(one) <= set(process.records[name].columns) for one in rows)
