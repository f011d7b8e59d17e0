"""Whose work it is, on one page, and what nobody can lead on."""

from tests.api.test_shortages import without_holders
from tests.engine.equipment import start
from tests.fixtures import Office
from tests.pages.conftest import Enter

HEAD = "unit_head_science_management"


def test_the_list_says_who_takes_the_next_step_and_narrows(
    sqlite_office: Office, enter: Enter
) -> None:
    check = start(sqlite_office)
    browser = enter("iso_secretary")
    page = browser.open("/")
    assert "/work" in page.links
    page = browser.open("/work")
    assert f"/instances/{check.id}" in page.links
    head = sqlite_office.people[HEAD]
    assert f"/work?person={head}" in page.links
    page = browser.open(f"/work?person={head}")
    assert "1 hồ sơ." in page.text
    page = browser.open("/work?person=nobody&show=overdue")
    assert "Không có hồ sơ nào như vậy." in page.text
    # What makes no sense is as if it had not been asked for.
    assert f"/instances/{check.id}" in browser.open("/work?show=x").links


def test_what_stands_still_is_told_first(sqlite_office: Office, enter: Enter) -> None:
    start(sqlite_office)
    assert "không ai làm tiếp được" not in enter("iso_secretary").open("/work").text
    without_holders(sqlite_office, "unit_head")
    browser = enter("iso_secretary")
    assert "1 hồ sơ không ai làm tiếp được." in browser.open("/work").text
    page = browser.open("/work?show=stuck")
    assert "Chưa có ai" in page.text
