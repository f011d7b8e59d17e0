from datetime import date, timedelta
from pathlib import Path

from engine.definition.source import read_file
from engine.machine.instance import Case
from engine.machine.registry import Registry
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
from workflows.internal_audit import report
from workflows.internal_audit.register import register

DEFINITION = Path(__file__).parents[4] / "definitions" / "internal_audit.yaml"


def audit() -> Case:
    return case(
        "internal_audit",
        fields={
            "client": "Giám đốc Sở",
            "objectives": "Xác định sự phù hợp",
            "scope": "Hai đơn vị",
            "criteria": "TCVN ISO 9001:2015",
            "units": ("office", "tdc"),
            "lead_auditor": "an",
            "first_day": TODAY,
            "conclusions": "HTQLCL có hiệu lực",
            "fulfilment": "Đáp ứng, trừ một điểm",
            "distribution": ("Giám đốc",),
            "report_number": "12/BC-SKHCN",
        },
        records={
            "slot": (
                slot("s2", "tdc", status="excused", excuse="Bão"),
                slot("s1", audit_date=TODAY - timedelta(days=1)),
            ),
            "checklist": (line("l1", verdict="conform", evidence_ref="Hồ sơ 1"), line("l2", "s2")),
            "finding": (finding("f1", disputed=True, auditee_opinion="Không thuộc diện"),),
            "dispute_decision": (row("d1", finding="f1", decision="upheld"),),
        },
        people=(person("an", "inspectorate"), person("binh", "office"), person("dung", "tdc")),
        children=(
            child("CA-2026-01", "reissued", row_id="f1"),
            child("CA-2026-02", "issued", row_id="f1", predecessor="CA-2026-01"),
        ),
        history=(
            step("submit", TODAY, person="thu", role="iso_secretary"),
            step("acknowledge", TODAY, person="dung", role="unit_head"),
        ),
    )


def test_the_plan_names_people_and_lists_sittings_by_day() -> None:
    plan = report.plan(audit())
    assert plan.lead_auditor == "An"
    assert plan.auditors == ("Binh",)
    assert [sitting.id for sitting in plan.sittings] == ["s1", "s2"]
    assert (plan.objectives, plan.units) == ("Xác định sự phù hợp", ("office", "tdc"))


def test_each_sitting_has_its_own_checklist() -> None:
    papers = report.checklists(audit()).checklists
    assert [(paper.sitting.id, len(paper.lines)) for paper in papers] == [("s1", 1), ("s2", 1)]
    assert papers[0].lines[0].evidence == "Hồ sơ 1"


def test_the_report_has_the_content_that_an_auditor_looks_for() -> None:
    paper = report.audit_report(audit())
    (found,) = paper.findings
    assert (found.criterion, found.objective_evidence) == ("QT.05", "Hồ sơ 12")
    assert (found.disputed, found.auditee_opinion, found.decision) == (
        True,
        "Không thuộc diện",
        "upheld",
    )
    assert found.slips == ("CA-2026-01", "CA-2026-02")
    assert paper.participants == ("Dung",)
    assert [sitting.excuse for sitting in paper.not_covered] == ["Bão"]
    assert paper.number == "12/BC-SKHCN"
    assert paper.plan.client == "Giám đốc Sở"
    assert (paper.conclusions, paper.fulfilment) == ("HTQLCL có hiệu lực", "Đáp ứng, trừ một điểm")
    assert paper.figures["units_audited"].denominator == 2
    assert paper.is_sample


def test_papers_can_be_drawn_from_an_audit_that_has_nothing_yet() -> None:
    empty = case("internal_audit")
    assert report.plan(empty).sittings == ()
    assert report.checklists(empty).checklists == ()
    assert report.audit_report(empty).dated is None


def test_an_unknown_person_stands_by_id() -> None:
    found = case("internal_audit", fields={"lead_auditor": "p999", "first_day": date(2026, 8, 3)})
    assert report.plan(found).lead_auditor == "p999"


def test_every_name_of_the_definition_is_registered_and_no_other() -> None:
    process = read_file(DEFINITION).process
    assert process is not None
    registry = Registry()
    register(registry)
    steps = process.transitions.values()
    checks = [check for state in process.states.values() for check in state.checks]
    named = {effect for step in steps for effect in step.effects} | {c.effect for c in checks}
    assert set(registry.facts) == {f"internal_audit.{name}" for name in process.facts}
    assert set(registry.figures) == {f"internal_audit.{name}" for name in process.figures}
    assert set(registry.effects) == named
    assert {name for _, name in registry.documents} == set(process.documents)
    assert {name for _, name in registry.record_sets} <= set(process.records)
    assert set(report.FIGURES) == set(process.figures)


def test_every_table_has_exactly_the_columns_of_its_record_set() -> None:
    process = read_file(DEFINITION).process
    assert process is not None
    registry = Registry()
    register(registry)
    for (_, name), record_set in registry.record_sets.items():
        table = record_set._table  # noqa: SLF001 - the table is what is compared here.
        of_every_table = {
            "organization_id",
            "id",
            "instance_id",
            "version",
            "created_by",
            "created_at",
            "retired_at",
        }
        columns = {column.name: column for column in table.__table__.columns}
        own = set(columns) - of_every_table
        specs = process.records[name].columns
        assert own == set(specs)
        for column, spec in specs.items():
            assert columns[column].nullable is not spec.required, column
