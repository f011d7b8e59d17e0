"""The schedule of an audit is proposed; what is taken over is accepted, and a gap says why."""

from engine.machine.instance import Surroundings
from tests.api.test_shortages import without_holders
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit


def test_a_proposed_schedule_is_taken_over_and_nobody_visits_their_own_unit(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    address = f"{audit.address}/records/slot/prefill"
    browser = audit.at("iso_secretary")
    form = browser.open(address).form(address)
    count = int(form.values["count"][0])
    with sqlite_office.runtime.read(OFFICE) as uow:
        named = {person.id: person.unit for person in uow.tables.organization.people(uow.today)}
        headed = {g["unit"] for g in uow.tables.organization.grants(uow.today)} - {None}
    pairs = {
        form.values[f"f.{n}.unit"][0]: form.values[f"f.{n}.auditor"][0] for n in range(1, count + 1)
    }
    assert set(pairs) <= headed
    assert len(pairs) == count > 5
    assert not [unit for unit, auditor in pairs.items() if named[auditor] == unit]
    typed = {
        f"f.{n}.{name}": value
        for n in range(1, count + 1)
        for name, value in (("audit_date", "2026-07-20"), ("clauses", "7.5"))
    }
    page = browser.send(address, typed)
    assert "Đã ghi các dòng." in page.text
    with sqlite_office.runtime.read(OFFICE) as uow:
        rows = uow.case(audit.address.rsplit("/", 1)[1]).rows("slot")
    assert {row.values["unit"]: row.values["auditor"] for row in rows} == pairs
    assert "Chưa đề xuất được" not in browser.open(address).text


def test_only_the_proposal_reads_of_others(sqlite_office: Office, enter: Enter) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    instance = audit.address.rsplit("/", 1)[1]
    with sqlite_office.runtime.read(OFFICE) as uow:
        assert uow.case(instance).around == Surroundings()
        assert uow.case(instance, proposing="finding").around == Surroundings()
        around = uow.case(instance, proposing="slot").around
    assert around.units
    assert around.holders["internal_auditor"]


def test_without_a_qualified_auditor_the_page_says_why_nothing_is_proposed(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    without_holders(sqlite_office, "internal_auditor")
    browser = enter("iso_secretary")
    page = browser.open(f"{audit.address}/records/slot/prefill")
    assert "Chưa đề xuất được" in page.text
    assert "Không đánh giá viên nội bộ nào có chứng nhận còn hiệu lực." in page.text
