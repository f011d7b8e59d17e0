"""Whoever opens a case reads on that page who would be missing for it."""

from tests.api.test_shortages import without_holders
from tests.fixtures import Office
from tests.pages.conftest import Enter


def test_the_page_that_opens_a_case_and_the_definitions_page_say_so(
    sqlite_office: Office, enter: Enter
) -> None:
    browser = enter("iso_secretary")
    assert "Chưa ai giữ" not in browser.open("/instances/new?process=internal_audit").text
    without_holders(sqlite_office)
    browser = enter("iso_secretary")
    for address in ("/instances/new?process=internal_audit", "/definitions/internal_audit"):
        page = browser.open(address)
        assert "Chưa ai giữ vai trò “Trưởng đoàn đánh giá”." in page.text
        assert "shortages" in page.ids
