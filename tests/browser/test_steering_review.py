"""A year-end review from the call to closing in a real browser, as the right people go it.

The journey is the one of the acceptance tests; everybody logs in at a browser of their own and goes
the main way there. Sheets of many rows come as files over HTTP, children that repeat one another go
on by program, and refusals are tried by program: how pages tell them, the audit's journey shows.
"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typing_extensions import override

from engine.commands.enter_plan import enter_plan
from engine.queries.audit_trail import verify_log
from tests.acceptance.audit_journey import Journey
from tests.acceptance.review_journey import CARRIED, DECISIONS, ReviewJourney
from tests.browser.conftest import House
from tests.browser.people import Person
from tests.fixtures import OFFICE

# The same journey runs over HTTP on both databases; no page knows which of them it is on.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
]

PLAN = Path(__file__).parents[2] / "definitions" / "plans" / "2023.yaml"
SHOWN = "planning_finance"
FIRST = (DECISIONS[0][1], CARRIED)
PAPERS = (
    "report_outline",
    "meeting_notice",
    "input_pack",
    "objective_table",
    "meeting_minutes",
    "conclusion_notice",
    "summary_report",
    "decision_list",
)


class MainWay(Person):
    """Somebody who takes the steps of the main way on the pages."""

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
        """Add a row on the pages; be refused by program; the decisions but two by program."""
        repeated = record_set == "decision" and values["wording"] not in FIRST
        if expect == 201 and not repeated:
            return Person.add(self, instance_id, record_set, **values)
        return self.desk.add(instance_id, record_set, expect=expect, **values)


class PagesReview(ReviewJourney):
    """The journey of the review, with people at browsers."""

    house: House

    @override
    def open(self) -> None:
        """Only the ISO secretary is offered to open a review."""
        self.move_clock("2026-10-12T08:00:00+07:00")
        head = self.house.person("unit_head_stats_center")
        head.go("/")
        assert head.page.locator('a[href*="process=steering_review"]').count() == 0
        self.review = self.house.person("iso_secretary").open_new(
            "steering_review", title="Tổng kết năm 2026"
        )

    @override
    def call(self) -> None:
        """One unit reports through the pages, the others by program."""
        super().call()
        self.house.by_program.update(
            report for unit, report in self.reports.items() if unit != SHOWN
        )

    @override
    def track(self) -> None:
        """The decision that is carried over is followed on the pages, the others by program."""
        self.house.by_program.update(
            task["id"] for task in self.tasks() if task["title"] != CARRIED
        )
        super().track()


def reviewing(house: House) -> PagesReview:
    """An office with its plan and an audit that reported over HTTP."""
    body = YAML(typ="safe").load(PLAN.read_text("utf-8"))
    enter_plan(house.served.office.runtime, OFFICE, 2026, body)
    audit = Journey(desk=house.served.desk, move_clock=house.served.move_clock)
    audit.open()
    audit.plan()
    audit.prepare()
    audit.go_on_site()
    audit.report()
    rows = tuple(row["code"] for row in body["rows"] if not row["heading"])

    def on_the_main_way(username: str) -> MainWay:
        person = house.person(username)
        return MainWay(
            page=person.page,
            desk=person.desk,
            username=username,
            by_program=house.by_program,
            seen=house.seen,
        )

    found = PagesReview(
        desk=on_the_main_way,  # type: ignore[arg-type]
        many=house.served.desk,
        move_clock=house.served.move_clock,
        plan_rows=rows,
    )
    found.house = house
    return found


def test_a_review_is_taken_to_closed_in_a_browser_and_its_papers_are_printed(house: House) -> None:
    journey = reviewing(house)

    review = journey.closed_review()

    auditor = house.person("external_auditor")
    auditor.go(f"/instances/{review}")
    assert auditor.page.locator(".tag.good", has_text="Đã đóng").first.is_visible()
    # The minutes tell who attended: they are for the committee and its secretary.
    assert not auditor.page.locator('a[href$="/documents/meeting_minutes"]').count()
    secretary = house.person("iso_secretary")
    for language in ("vi", "en"):
        if language == "en":
            secretary.page.locator('form[action="/language"] button').first.click()
        for name in PAPERS:
            secretary.go(f"/instances/{review}/documents/{name}")
            sheet = secretary.page.locator("article.sheet").inner_text()
            assert "page." not in sheet, (name, language)
            assert "2026" in sheet
    pack = f"/instances/{review}/documents/input_pack"
    secretary.go(pack)
    told = secretary.page.locator("article.sheet").inner_text()
    assert "c4) Nonconformities and corrective action" in told
    assert "Nothing arose." in told
    assert secretary.page.locator("article.sheet section").count() == 12
    assert "Changed since the freeze" in told
    assert verify_log(house.served.office.runtime, OFFICE).findings == ()
