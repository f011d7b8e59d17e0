from datetime import UTC, datetime
from pathlib import Path

from engine.machine.instance import Instance
from engine.storage.database import Database, metadata
from tests.unit.workflows.made_cases import case
from workflows.internal_audit.records import AuditFinding, earlier_findings

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
