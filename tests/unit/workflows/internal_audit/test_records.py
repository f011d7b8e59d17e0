from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from engine.machine.instance import Instance
from engine.storage.database import Database, metadata
from engine.storage.instances import InstanceRow
from engine.storage.organization import OrganizationRow
from tests.unit.workflows.made_cases import case
from workflows.internal_audit.records import (
    AuditChecklistLine,
    AuditFinding,
    AuditSlot,
    earlier_checklist,
    earlier_findings,
)

OPENED = datetime(2026, 7, 6, 12, tzinfo=UTC)


def recorded(row_id: str, on: datetime, **given: object) -> AuditFinding:
    values = {
        "organization_id": "skhcn",
        "instance_id": "earlier",
        "unit": "tdc",
        "grade": "minor",
        **given,
    }
    return AuditFinding(
        id=row_id,
        created_at=on,
        created_by="an",
        slot="s1",
        auditor="an",
        clause="7.5",
        criterion="QT.05",
        statement="Thiếu phiếu",
        objective_evidence="Hồ sơ 12",
        auditee_seen=True,
        **values,
    )


def this_audit() -> Instance:
    return case("internal_audit").instance


def test_an_audit_reads_nonconformities_of_other_audits_of_its_own_organisation(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'rows.db'}")
    metadata.create_all(database.engine)
    last_year = datetime(2025, 8, 5, 2, tzinfo=UTC)
    rows = [
        recorded("later", datetime(2025, 9, 1, tzinfo=UTC), grade="major"),
        recorded("found", last_year),
        recorded("observed", last_year, grade="observation"),
        recorded("retired", last_year, retired_at=OPENED),
        recorded("neighbour", last_year, organization_id="neighbour"),
        recorded("mine", OPENED, instance_id=this_audit().id),
        recorded("long_ago", datetime(2020, 8, 5, tzinfo=UTC)),
    ]
    with database.writing() as session:
        session.add_all(rows)
        session.commit()
    with database.reading() as session:
        found = earlier_findings(session, this_audit())
    database.close()
    assert [(earlier.id, earlier.unit, earlier.clause) for earlier in found] == [
        ("found", "tdc", "7.5"),
        ("later", "tdc", "7.5"),
    ]
    assert found[0].found_on == last_year.date()


def audit_of(name: str, year: int, **more: Any) -> InstanceRow:
    day = datetime(year, 7, 6, tzinfo=UTC)
    given: dict[str, Any] = {
        "organization_id": "skhcn",
        "code": f"{name}-{year}",
        "process": "internal_audit",
        "final": "success",
        **more,
    }
    return InstanceRow(
        id=name,
        definition_version=1,
        definition_digest="",
        title="Đánh giá",
        year=year,
        state="closed",
        fields={},
        assignees={},
        flags=[],
        opened_by="an",
        opened_at=day,
        entered_at=day,
        **given,
    )


def asked(audit: str, number: int, **more: Any) -> tuple[AuditSlot, AuditChecklistLine]:
    """A visit of an audit with one question."""
    made = {
        "organization_id": "skhcn",
        "instance_id": audit,
        "created_by": "an",
        "created_at": datetime(2025, 8, number, tzinfo=UTC),
    }
    visit = AuditSlot(
        id=f"{audit}-s{number}",
        unit="tdc",
        auditor="an",
        audit_date=date(2025, 8, number),
        clauses=["7.5"],
        status="done",
        **made,
    )
    line = AuditChecklistLine(
        id=f"{audit}-l{number}",
        slot=visit.id,
        clause="7.5",
        question=f"Câu {number} của {audit}",
        **{**made, **more},
    )
    return visit, line


def test_the_questions_are_those_of_the_newest_audit_that_ended_well(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'rows.db'}")
    metadata.create_all(database.engine)
    audits = (
        audit_of("older", 2024),
        audit_of("last", 2025),
        audit_of("stopped", 2026, final="aborted", code="IA-2026-09"),
        audit_of("open", 2026, final=None, code="IA-2026-08"),
        audit_of("neighbour", 2025, organization_id="neighbour"),
        audit_of("slip", 2025, process="corrective_action", code="CA-2025-01"),
    )
    rows = [row for audit in audits for row in asked(audit.id, 4)]
    rows += [*asked("last", 2, verdict="nonconform"), *asked("last", 3, retired_at=OPENED)]
    with database.writing() as session:
        session.add_all(
            OrganizationRow(id=name, slug=name, title_vi=name, title_en=name)
            for name in ("skhcn", "neighbour")
        )
        session.flush()
        session.add_all([*audits, *rows])
        session.commit()
    this = replace(this_audit(), state="preparing", opened_at=OPENED)
    with database.reading() as session:
        found = earlier_checklist(session, this)
        nothing = earlier_checklist(session, replace(this, state="on_site"))
        first = earlier_checklist(
            session, replace(this, opened_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
    database.close()
    assert [(line.question, line.verdict, line.unit, line.audit) for line in found] == [
        ("Câu 2 của last", "nonconform", "tdc", "last-2025"),
        ("Câu 4 của last", None, "tdc", "last-2025"),
    ]
    # As they are counted on the page of that audit, retired ones left out.
    assert [line.place for line in found] == [1, 2]
    assert nothing == first == ()
