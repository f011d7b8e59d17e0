"""A small training campaign from its opening to a true 100 % in a real browser.

The journey is the one of the acceptance tests; everybody logs in at a browser of their own and goes
the main way there, the trainer at a phone of 360 pixels. Refusals, sheets of many rows and waivers
go over HTTP: how pages tell and take them, other journeys show.
"""

from typing import Any

import httpx2
import pytest
from typing_extensions import override

from engine.queries.audit_trail import verify_log
from tests.acceptance.campaign_journey import CampaignJourney, Employee
from tests.browser.conftest import House
from tests.browser.people import Person
from tests.fixtures import OFFICE

# The same journey runs over HTTP on both databases; no page knows which of them it is on.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
]

PHONE = {"width": 360, "height": 740}
PAPERS = (
    "training_plan",
    "enrolment_list",
    "attendance_form",
    "training_report",
    "certificates",
    "effect_report",
)
SNAPSHOT = (("p025", "special_management"), ("p014", "planning_finance"))
"""Who is taught here, and who was at a course elsewhere."""


class MainWay(Person):
    """Somebody who takes the steps of the main way on the pages."""

    @property
    def http(self) -> httpx2.Client:
        """The client of what goes by program."""
        return self.desk.http

    @property
    def token(self) -> str:
        """The token of what goes by program."""
        return self.desk.token

    def post(self, path: str, body: Any, *, expect: int = 201) -> Any:
        """Send something by program."""
        return self.desk.post(path, body, expect=expect)

    @override
    def open(self, instance_id: str, transition: str) -> None:
        """Go to the case itself."""
        self.go(f"/instances/{instance_id}")

    @override
    def refused(
        self, instance_id: str, transition: str, *keys: str, status: int = 409, **given: Any
    ) -> Any:
        """Be refused by program."""
        return self.desk.refused(instance_id, transition, *keys, status=status, **given)

    @override
    def add(self, instance_id: str, record_set: str, *, expect: int = 201, **values: Any) -> Any:
        """Add a row on the pages and find it; be refused by program."""
        if expect != 201:
            return self.desk.add(instance_id, record_set, expect=expect, **values)
        Person.add(self, instance_id, record_set, **values)
        return self.rows(instance_id, record_set)[-1]


class PagesCampaign(CampaignJourney):
    """The journey of the campaign, with people at browsers."""

    house: House

    @override
    def open(self) -> None:
        """Only who may is offered to open a campaign."""
        head = self.house.person("unit_head_stats_center")
        head.go("/")
        assert head.page.locator('a[href*="process=training_campaign"]').count() == 0
        self.campaign = self.house.person("tdc_branch").open_new(
            "training_campaign", title="Đào tạo HTQLCL năm 2026"
        )

    @override
    def tick(self, learner: Employee) -> None:
        """The trainer ticks the list of the session on a phone, and sees it written."""
        page = self.house.page(viewport=PHONE, has_touch=True)
        trainer = Person(page=page, desk=self.house.served.desk("trainer"), username="trainer")
        trainer.go(f"/instances/{self.campaign}/records/attendance/prefill")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        form = page.locator("form.filling")
        lines = form.locator("fieldset")
        lines.first.wait_for()
        assert lines.count() == 1
        assert learner.name in lines.first.inner_text()
        box = lines.first.locator("label.tick")
        # A thumb needs 24 pixels at the least (WCAG 2.5.8).
        assert (box.bounding_box() or {"height": 0})["height"] >= 24
        box.locator("input").check()
        with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            form.locator(".sticky button").tap()
        assert sent.value.status == 303
        page.wait_for_url("**/prefill?done=rows*")
        (row,) = trainer.rows(self.campaign, "attendance")
        assert (row["values"]["person"], row["values"]["present"]) == (learner.id, True)


def campaigning(house: House) -> PagesCampaign:
    """An office whose people sit at browsers."""

    def on_the_main_way(username: str) -> MainWay:
        person = house.person(username)
        return MainWay(page=person.page, desk=person.desk, username=username)

    with house.served.office.runtime.read(OFFICE) as uow:
        names = {person.id: person.name for person in uow.tables.organization.people(uow.today)}
    staff = tuple(Employee(id=who, name=names[who], unit=unit) for who, unit in SNAPSHOT)
    found = PagesCampaign(
        desk=on_the_main_way,  # type: ignore[arg-type]
        move_clock=house.served.move_clock,
        staff=staff,
        stranger=house.served.office.people["external_auditor"],
    )
    found.house = house
    return found


def test_a_campaign_reaches_a_true_hundred_per_cent_in_a_browser(house: House) -> None:
    journey = campaigning(house)

    campaign = journey.complete_campaign()

    auditor = house.person("external_auditor")
    auditor.go(f"/instances/{campaign}")
    assert auditor.page.locator(".tag.good", has_text="Hoàn thành").first.is_visible()
    figures = auditor.page.locator('section[aria-labelledby="figures"]').inner_text()
    assert "2/2" in figures
    assert "3,5 giờ mỗi người" in figures
    # Lists and certificates name people: they are for those who keep the case.
    assert not auditor.page.locator('a[href$="/documents/certificates"]').count()
    secretary = house.person("iso_secretary")
    for language in ("vi", "en"):
        if language == "en":
            secretary.page.locator('form[action="/language"] button').first.click()
        for name in PAPERS:
            secretary.go(f"/instances/{campaign}/documents/{name}")
            sheet = secretary.page.locator("article.sheet").inner_text()
            assert "page." not in sheet, (name, language)
            assert "training." not in sheet, (name, language)
    secretary.go(f"/instances/{campaign}/documents/training_report")
    told = secretary.page.locator("article.sheet").inner_text()
    assert "Trained out of all at the snapshot: 2 of 2" in told
    assert "Everybody of the snapshot was trained." in told
    assert verify_log(house.served.office.runtime, OFFICE).findings == ()
