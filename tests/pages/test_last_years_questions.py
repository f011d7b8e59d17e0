"""Last year's questions in this year's audit, with the way to where they come from and back."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.machine.actor import SYSTEM
from engine.storage.instances import InstanceRow
from engine.transaction.opening import Opening, open_instance
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit
from workflows.internal_audit.records import AuditChecklistLine, AuditSlot

LAST = "IA-2025-01"
ASKED = (
    ("planning_finance", "7.5", "Hồ sơ có đủ không?", "conform"),
    ("planning_finance", "9.2", "Có chương trình đánh giá không?", "nonconform"),
    ("tdc", "7.5", "Có danh mục tài liệu không?", "conform"),
)
"""What was asked last year, in its order."""


def last_years_audit(office: Office) -> str:
    """The audit of 2025, which ended well."""
    with office.runtime.write(OFFICE) as uow:
        opening = Opening(process="internal_audit", title="Đánh giá nội bộ năm 2025", year=2025)
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
        made: dict[str, Any] = {
            "organization_id": OFFICE,
            "instance_id": case.instance.id,
            "created_by": office.people["lead_auditor"],
        }
        for number, (unit, clause, question, verdict) in enumerate(ASKED, start=1):
            at = datetime(2025, 8, number, tzinfo=UTC)
            visit = AuditSlot(
                id=f"slot-{number}",
                unit=unit,
                auditor=made["created_by"],
                audit_date=date(2025, 8, number),
                clauses=[clause],
                status="done",
                created_at=at,
                **made,
            )
            line = AuditChecklistLine(
                id=f"line-{number}",
                slot=visit.id,
                clause=clause,
                question=question,
                verdict=verdict,
                evidence_ref="Sổ theo dõi 2025",
                created_at=at,
                **made,
            )
            uow.tables.session.add_all([visit, line])
        row = uow.tables.session.get(InstanceRow, (OFFICE, case.instance.id))
        row.state, row.final = "closed", "success"
        uow.commit()
    assert case.instance.code == LAST
    return case.instance.id


@pytest.fixture
def preparing(sqlite_office: Office, enter: Enter) -> Audit:
    sqlite_office.clock.forward(days=-1)
    last_years_audit(sqlite_office)
    sqlite_office.clock.forward(days=1)
    audit = Audit(sqlite_office, enter)
    audit.until_preparing()
    return audit


def lines(audit: Audit) -> list[dict[str, Any]]:
    with audit.office.runtime.read(OFFICE) as uow:
        rows = uow.case(audit.address.rsplit("/", 1)[1]).rows("checklist")
    return [dict(row.values) for row in rows]


def take_over(audit: Audit) -> None:
    address = f"{audit.address}/records/checklist/prefill"
    browser = audit.at("lead_auditor")
    browser.open(address)
    browser.send(address, {})


def test_questions_come_with_empty_verdicts_and_their_origin_and_come_once(
    preparing: Audit,
) -> None:
    address = f"{preparing.address}/records/checklist/prefill"
    page = preparing.at("lead_auditor").open(address)
    assert f"{LAST} #1" in page.text
    assert f"{LAST} #2: không phù hợp, xem lại" in page.text
    assert "Có danh mục tài liệu không?" not in page.text
    assert "Sổ theo dõi 2025" not in page.text
    assert "có trong lịch lần này" in page.text
    assert "không có câu hỏi cho đơn vị này" in page.text
    take_over(preparing)
    found = lines(preparing)
    assert [(line["question"], line["origin"]) for line in found] == [
        ("Hồ sơ có đủ không?", f"{LAST} #1"),
        ("Có chương trình đánh giá không?", f"{LAST} #2: không phù hợp, xem lại"),
    ]
    assert not [line for line in found if line.keys() & {"verdict", "evidence_ref", "reason"}]
    assert "Không còn dòng nào" in preparing.at("lead_auditor").open(address).text
    browser = preparing.at("lead_auditor")
    browser.open(f"{preparing.address}/records/checklist/new")
    browser.send(
        f"{preparing.address}/records/checklist",
        {"f.slot": found[0]["slot"], "f.clause": "7.5", "f.question": "Hồ sơ có đủ không?"},
        expect=409,
    )
    assert len(lines(preparing)) == 2


def test_the_row_leads_to_the_one_of_last_year_and_that_one_back(preparing: Audit) -> None:
    take_over(preparing)
    browser = preparing.at("lead_auditor")
    old = f"/instances/{LAST}/records/checklist/2"
    assert old in preparing.see("lead_auditor").links
    new = next(link for link in browser.open(preparing.address).links if link == old)
    page = browser.open(new)
    assert "Có chương trình đánh giá không?" in page.text
    assert "Sổ theo dõi 2025" in page.text
    back = f"{preparing.address}/records/checklist/2"
    assert back in page.links
    assert old in browser.open(back).links
    case = browser.open(f"/instances/{LAST}")
    assert f"{preparing.address}#set-checklist" in case.links
    # The third question was taken over by nobody.
    third = browser.open(f"/instances/{LAST}/records/checklist/3")
    assert not [link for link in third.links if preparing.address in link]
    for place in ("0", "4", "99999", "²"):
        browser.open(f"/instances/{LAST}/records/checklist/{place}", expect=404)
