"""An internal audit from opening to closing in a real browser, as the right people go it.

The journey is the one of the acceptance tests; only the desks are others: everybody logs in at a
browser of their own and works with what the pages offer. Time alone is moved over HTTP.
"""

from typing import Any

import pytest
from typing_extensions import override

from engine.queries.audit_trail import verify_log
from tests.acceptance.audit_journey import Journey
from tests.browser.conftest import House
from tests.fixtures import OFFICE

pytestmark = pytest.mark.browser


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


def journey_of(house: House, desk: Any = None) -> PagesJourney:
    found = PagesJourney(desk=desk or house.person, move_clock=house.served.move_clock)
    found.house = house
    return found


def test_an_audit_is_taken_to_closed_in_a_browser_and_refused_at_every_gate(house: House) -> None:
    journey = journey_of(house)

    audit = journey.closed_audit()

    auditor = house.person("external_auditor")
    auditor.go(f"/instances/{audit}")
    assert auditor.page.locator(".tag.good", has_text="Đã đóng").first.is_visible()
    assert verify_log(house.served.office.runtime, OFFICE).findings == ()
