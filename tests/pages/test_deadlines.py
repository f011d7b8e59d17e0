"""The calendar of deadlines: a month, a year, and feeds for calendar programs."""

from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit


def opened(office: Office, enter: Enter) -> Audit:
    audit = Audit(office, enter)
    audit.open()
    return audit


def test_a_month_shows_what_falls_due_and_a_year_how_much(
    sqlite_office: Office, enter: Enter
) -> None:
    opened(sqlite_office, enter)
    browser = enter("iso_secretary")
    page = browser.open("/deadlines")
    assert "Tháng 7 năm 2026" in page.text
    with sqlite_office.runtime.read("skhcn") as uow:
        case = uow.tables.instances.by_code("IA-2026-01")
    assert case is not None
    assert case.due_on is not None
    due = case.due_on
    page = browser.open(f"/deadlines?year={due.year}&month={due.month}")
    assert f"/instances/{case.id}" in page.links
    assert "IA-2026-01" in page.text
    page = browser.open(f"/deadlines?year={due.year}&month={due.month}&mine=1")
    assert f"/instances/{case.id}" in page.links
    other = enter("external_auditor")
    page = other.open(f"/deadlines?year={due.year}&month={due.month}&mine=1")
    assert f"/instances/{case.id}" not in page.links
    page = browser.open("/deadlines?year=2026")
    assert "Năm 2026" in page.text
    english = enter("iso_secretary", language="en").open("/deadlines?year=2026&month=9")
    assert "September 2026" in english.text
    assert "Quốc khánh" in english.text
    for wrong in ("year=1999", "year=2026&month=13", "year=x", "year=2026&month=0"):
        browser.open(f"/deadlines?{wrong}", expect=404)


def test_an_address_for_a_calendar_program_is_shown_once_and_revoked(enter: Enter) -> None:
    browser = enter("iso_secretary")
    browser.open("/deadlines")
    page = browser.send("/deadlines/feeds", {"which": "all"}, expect=201)
    assert any("/api/v1/calendar/" in word and word.endswith(".ics") for word in page.text.split())
    page = browser.open("/deadlines")
    assert ".ics" not in page.text
    assert "Mọi hạn của cơ quan" in page.text
    revoke = next(form.action for form in page.forms if form.action.endswith("/revoke"))
    assert "Đã thu hồi" in browser.send(revoke, {}).text
    assert "Bạn chưa có địa chỉ nào." in browser.open("/deadlines").text
