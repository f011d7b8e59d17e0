"""An internal audit from opening to closing in a real browser, as the right people go it.

The journey is the one of the acceptance tests; only the desks are others: everybody logs in at a
browser of their own and works with what the pages offer. Time alone is moved over HTTP.
"""

from typing import Any

import pytest
from typing_extensions import override

from engine.queries.audit_trail import verify_log
from tests.acceptance.audit_journey import Journey
from tests.acceptance.papers import PDF, paper
from tests.browser.conftest import House
from tests.browser.people import Person, send
from tests.fixtures import OFFICE

# The same journey runs over HTTP on both databases; no page knows which of them it is on.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
]


class PagesJourney(Journey):
    """The journey of the audit, with people at browsers.

    Corrective actions repeat one another: the major one goes through the pages from its issue to
    its effect, the others over HTTP.
    """

    house: House

    @override
    def open(self) -> None:
        """Only the ISO secretary is offered to open an audit."""
        head = self.house.person("unit_head_stats_center")
        head.go("/")
        assert head.page.locator('a[href*="process=internal_audit"]').count() == 0
        self.audit = self.house.person("iso_secretary").open_new(
            "internal_audit", title="Đánh giá nội bộ năm 2026"
        )

    @override
    def slips(self) -> list[Any]:
        """The corrective actions; once seen, all but the major one go on by program."""
        found = super().slips()
        self.house.by_program.update(
            slip["id"] for slip in found if slip["fields"]["grade"] != "major"
        )
        return found


def journey_of(house: House) -> PagesJourney:
    found = PagesJourney(desk=house.person, move_clock=house.served.move_clock)
    found.house = house
    return found


def planned_audit(house: House) -> str:
    """An audit whose plan was approved, over HTTP."""
    journey = Journey(desk=house.served.desk, move_clock=house.served.move_clock)
    journey.open()
    journey.plan()
    return journey.audit


def test_an_audit_is_taken_to_closed_in_a_browser_and_refused_at_every_gate(house: House) -> None:
    journey = journey_of(house)

    audit = journey.closed_audit()

    auditor = house.person("external_auditor")
    auditor.go(f"/instances/{audit}")
    assert auditor.page.locator(".tag.good", has_text="Đã đóng").first.is_visible()
    assert verify_log(house.served.office.runtime, OFFICE).findings == ()


def test_who_was_slower_is_told_who_was_faster_and_keeps_what_was_typed(house: House) -> None:
    audit = planned_audit(house)
    notice = {"notice": paper(PDF, "Thông báo đánh giá")}
    house.served.desk("iso_secretary").step(audit, "notify", files=notice)
    slower = house.person("unit_head_planning_finance")
    faster = house.person("unit_head_stats_center")
    slower.open(audit, "acknowledge")
    form = slower.page.locator(f'form[action="/instances/{audit}/steps/acknowledge"]')
    form.locator('[name="reason"]').fill("Đề nghị đánh giá vào buổi sáng")
    faster.step(audit, "acknowledge")

    assert send(form).status == 412

    told = slower.page.locator(".note.warn[data-announce]").inner_text()
    assert "Vương Chí Đăng Khoa" in told
    kept = form.locator('[name="reason"]')
    assert kept.input_value() == "Đề nghị đánh giá vào buổi sáng"
    assert send(form).status == 303
    assert slower.page.get_by_text("“Đề nghị đánh giá vào buổi sáng”").first.is_visible()


def test_without_scripts_a_file_is_attached_and_the_step_taken(house: House) -> None:
    audit = planned_audit(house)
    page = house.page(java_script_enabled=False)
    secretary = Person(page=page, desk=house.served.desk("iso_secretary"), username="iso_secretary")

    secretary.refused(audit, "notify", "evidence_missing:notice")
    secretary.step(audit, "notify", files={"notice": paper(PDF, "Thông báo đánh giá")})

    assert page.locator("h1").inner_text() == "Đánh giá nội bộ năm 2026"
    assert page.locator(".tag.here", has_text="Đã thông báo").first.is_visible()
