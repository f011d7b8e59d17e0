"""Common work on the page of a case: a button takes it on, a form with a reason gives it back."""

import pytest

from engine.storage.audit_log import LogFilter
from tests.engine.equipment import Check, start
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter

HEAD = "unit_head_science_management"


@pytest.fixture
def check(sqlite_office: Office) -> Check:
    """A check whose unit has two heads."""
    found = start(sqlite_office)
    with sqlite_office.runtime.write(OFFICE) as uow:
        uow.tables.organization.add(
            "grants",
            id="second-head",
            person=sqlite_office.people["clerk"],
            role="unit_head",
            unit="science_management",
            valid_from=uow.today,
        )
        uow.commit()
    return found


def test_work_is_taken_on_shown_and_given_back(check: Check, enter: Enter) -> None:
    address = f"/instances/{check.id}"
    head, other = enter(HEAD), enter("clerk")
    other.open(address)
    stale = other.page.form(f"{address}/claim")
    head.open(address)
    page = head.send(f"{address}/claim")
    assert "Bạn đã nhận việc." in page.text
    assert f"{address}/claim" not in {form.action for form in page.forms}
    # Whoever still sees the button hears that somebody was faster.
    page = other.send(f"{address}/claim", form=stale, expect=409)
    assert "đã có người nhận" in page.text
    page = head.open(address)
    page = head.send(f"{address}/release", {"reason": "   "}, expect=422)
    page = head.send(f"{address}/release", {"reason": "Đi công tác đến hết tuần"})
    assert "Đã trả lại việc" in page.text
    assert f"{address}/claim" in {form.action for form in other.open(address).forms}
    with check.office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=check.id), limit=50)
    assert [entry.type for entry in entries].count("assignment_changed") == 2


def test_who_does_not_hold_the_role_sees_no_button(check: Check, enter: Enter) -> None:
    page = enter("iso_secretary").open(f"/instances/{check.id}")
    assert f"/instances/{check.id}/claim" not in {form.action for form in page.forms}
