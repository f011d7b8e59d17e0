"""Last year's questions are proposed for this year's visits, and lead there and back."""

from datetime import date
from typing import Any

from engine.machine.actor import SYSTEM
from engine.queries.instances import instance_view
from engine.queries.origins import RowOrigin, case_line, row_origin
from engine.queries.sheets import lacking_of, proposed_rows
from engine.storage.instances import InstanceRow
from engine.transaction.opening import Opening, open_instance
from tests.fixtures import OFFICE, Office
from tests.pages.test_last_years_questions import LAST, last_years_audit
from workflows.internal_audit.records import AuditChecklistLine, AuditSlot


def preparing(office: Office) -> str:
    """This year's audit, which visits one unit of last year's and a new one."""
    with office.runtime.write(OFFICE) as uow:
        opening = Opening(process="internal_audit", title="Đánh giá nội bộ năm 2026", year=2026)
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
        given: dict[str, Any] = {
            "organization_id": OFFICE,
            "instance_id": case.instance.id,
            "created_by": office.people["lead_auditor"],
            "created_at": uow.now,
        }
        visits = [
            AuditSlot(
                id=f"now-{unit}",
                unit=unit,
                auditor=office.people["internal_auditor_2"],
                audit_date=date(2026, 7, 21),
                clauses=["7.5", "9.2"],
                status="planned",
                **given,
            )
            for unit in ("planning_finance", "science_management")
        ]
        uow.tables.session.add_all(visits)
        uow.tables.session.get(InstanceRow, (OFFICE, case.instance.id)).state = "preparing"
        uow.commit()
    return case.instance.id


def test_they_come_to_the_visit_of_their_unit_with_audit_and_line_and_lead_back(
    office: Office,
) -> None:
    last = last_years_audit(office)
    office.clock.forward(days=1)
    this, caller = preparing(office), office.as_("lead_auditor")
    found = proposed_rows(office.runtime, caller, this, "checklist")
    assert [(row["slot"], row["clause"], row["origin"]) for row in found] == [
        ("now-planning_finance", "7.5", f"{LAST} #1"),
        ("now-planning_finance", "9.2", f"{LAST} #2: không phù hợp, xem lại"),
    ]
    told = lacking_of(office.runtime, caller, this, "checklist")
    assert {(lack.code, lack.unit) for lack in told} == {
        ("not_asked_before", "science_management"),
        ("not_visited_now", "tdc"),
    }
    assert case_line(office.runtime, caller, last).taken_up == ()
    with office.runtime.write(OFFICE) as uow:
        uow.tables.session.add(
            AuditChecklistLine(
                id="taken",
                organization_id=OFFICE,
                instance_id=this,
                created_by=office.people["lead_auditor"],
                created_at=uow.now,
                **found[1],
            )
        )
        uow.commit()
    (taken,) = case_line(office.runtime, caller, last).taken_up
    assert (taken.case.id, taken.record_set, taken.rows) == (this, "checklist", ((1, 2),))
    assert len(proposed_rows(office.runtime, caller, this, "checklist")) == 1
    table = next(t for t in instance_view(office.runtime, caller, this).records if t.rows)
    assert table.origin is None
    tables = {t.name: t.origin for t in instance_view(office.runtime, caller, this).records}
    assert tables["checklist"] == "origin"


def test_only_what_begins_with_the_code_of_a_case_leads_somewhere() -> None:
    assert row_origin("IA-2025-01 #3: xem lại") == RowOrigin("IA-2025-01", 3)
    assert row_origin("QO-2025-101") == RowOrigin("QO-2025-101")
    assert row_origin("IA-2025-01 #0") == row_origin("IA-2025-01 #12345") == RowOrigin("IA-2025-01")
    for text in (None, "", "theo IA-2025-01", "ia-2025-01", "//x.vn", "IA-25-1", "javascript:1"):
        assert row_origin(text) is None
