"""An audit taken to where a test wants it, through the forms of the pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.acceptance.papers import PDF, paper
from tests.fixtures import Office
from tests.pages.equipment import Browser, Page

UNITS = ("science_management", "planning_finance")
AUDITORS = ("internal_auditor_2", "internal_auditor_3")
PLAN = {
    "f.objectives": "Đánh giá sự phù hợp và hiệu lực",
    "f.scope": "Giải quyết thủ tục hành chính",
    "f.criteria": "TCVN ISO 9001:2015",
    "f.units": list(UNITS),
    "f.clauses": "7.5\n9.2",
    "f.procedures": "QT.05",
    "f.first_day": "2026-07-20",
    "f.last_day": "2026-07-24",
}


def pdf(words: str) -> tuple[str, bytes]:
    """A real PDF that holds these words."""
    return paper(PDF, words)


@dataclass(slots=True)
class Audit:
    """An audit and the people who work on it, each at a browser of their own."""

    office: Office
    enter: Callable[..., Browser]
    address: str = ""
    browsers: dict[str, Browser] = field(default_factory=dict)

    def at(self, username: str) -> Browser:
        """The browser of somebody."""
        if username not in self.browsers:
            self.browsers[username] = self.enter(username)
        return self.browsers[username]

    def see(self, username: str) -> Page:
        """The audit as somebody sees it."""
        return self.at(username).open(self.address)

    def step(
        self,
        username: str,
        transition: str,
        *,
        files: dict[str, tuple[str, bytes]] | None = None,
        expect: int = 200,
        **typed: str | list[str],
    ) -> Page:
        """Take a step with its form."""
        self.see(username)
        given = {name.replace("__", "."): value for name, value in typed.items()}
        return self.at(username).send(
            f"{self.address}/steps/{transition}",
            given,
            files={f"file.{name}": file for name, file in (files or {}).items()},
            expect=expect,
        )

    def row(self, username: str, record_set: str, **values: str | list[str]) -> Page:
        """Add a row with its form."""
        browser = self.at(username)
        browser.open(f"{self.address}/records/{record_set}/new")
        return browser.send(
            f"{self.address}/records/{record_set}",
            {f"f.{name}": value for name, value in values.items()},
        )

    def person(self, username: str) -> str:
        """The opaque id of somebody."""
        return self.office.people[username]

    def move_to(self, text: str) -> None:
        """Move the clock; everybody comes back the next day and logs in again."""
        self.browsers.clear()
        self.office.clock.move_to(datetime.fromisoformat(text).astimezone(UTC))

    def open(self) -> None:
        """The secretary opens an audit."""
        secretary = self.at("iso_secretary")
        secretary.open("/instances/new?process=internal_audit")
        secretary.send("/instances", {"title": "Đánh giá nội bộ năm 2026"})
        self.address = secretary.place.partition("?")[0]

    def schedule(self) -> None:
        """Two slots."""
        for unit, auditor in zip(UNITS, AUDITORS, strict=True):
            self.row(
                "iso_secretary",
                "slot",
                unit=unit,
                auditor=self.person(auditor),
                audit_date="2026-07-21",
                clauses="7.5\n9.2",
                procedures="QT.05",
                status="planned",
            )

    def submit(self) -> Page:
        """The plan goes to the Director."""
        self.see("iso_secretary")
        return self.at("iso_secretary").send(
            f"{self.address}/steps/submit",
            {**PLAN, "f.lead_auditor": self.person("lead_auditor")},
            files={"file.programme": pdf("Chương trình"), "file.plan": pdf("Kế hoạch")},
        )

    def until_preparing(self) -> None:
        """From nothing to the checklists."""
        self.open()
        self.schedule()
        self.submit()
        self.step(
            "director",
            "approve",
            files={"plan_signed": pdf("Đã ký"), "team_decision": pdf("Quyết định")},
        )
        self.step("iso_secretary", "notify", files={"notice": pdf("Thông báo")})
        for unit in UNITS:
            self.step(f"unit_head_{unit}", "acknowledge")
        self.step("lead_auditor", "start_prep", files={"assignment": pdf("Phân công")})

    def until_on_site(self) -> None:
        """From nothing to the first findings."""
        self.until_preparing()
        self.move_to("2026-07-20T08:00:00+07:00")
        for slot in self.slots():
            self.row(
                "lead_auditor", "checklist", slot=slot, clause="7.5", question="Hồ sơ có đủ không?"
            )
        self.step(
            "lead_auditor",
            "open_site",
            f__opening_on="2026-07-20",
            files={"opening_minutes": pdf("Biên bản"), "opening_attendance": pdf("Danh sách")},
        )
        slot = self.slots()[0]
        self.row(
            "lead_auditor",
            "finding",
            slot=slot,
            unit="science_management",
            auditor=self.person("lead_auditor"),
            clause="7.5",
            criterion="Điều khoản 7.5",
            grade="minor",
            statement="Hồ sơ <b>thiếu</b> phiếu kiểm soát & chữ ký",
            objective_evidence="Hồ sơ số 15/2026",
            auditee_seen="true",
        )

    def slots(self) -> list[str]:
        """The ids of the slots, as the page links them."""
        self.see("iso_secretary")
        table = f"{self.address}/records/slot/"
        page = self.at("lead_auditor").open(self.address)
        return [
            link.removeprefix(table)
            for link in page.links
            if link.startswith(table) and not link.endswith(("/new", "/import", "/prefill"))
        ]
