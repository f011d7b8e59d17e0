"""Row 1 of the plan over HTTP: tasks of the city, and two weeks of the report to the Director."""

from datetime import UTC, datetime
from typing import Any

from engine.commands.fire_timers import fire_timers
from engine.commands.open_periods import open_periods
from engine.commands.open_plan import open_plan
from tests.acceptance.desk import Desk
from tests.acceptance.papers import PDF, XLSX, paper
from tests.api.web import Web
from tests.fixtures import OFFICE

PLAN: dict[str, Any] = {
    "rows": [
        {
            "code": "1",
            "heading": False,
            "processes": ["city_task", "weekly_task_report"],
            "measures": [],
        }
    ]
}
SCIENCE, PLANNING = "unit_head_science_management", "unit_head_planning_finance"


class City:
    """The office at its tasks."""

    def __init__(self, web: Web) -> None:
        self.web = web

    def desk(self, username: str) -> Desk:
        return Desk(
            http=self.web.client,
            person=self.web.office.people[username],
            token=self.web.token(username),
        )

    def go_to(self, day: int) -> None:
        """Ten o'clock on a day of July; what has fallen due fires."""
        self.web.office.clock.move_to(datetime(2026, 7, day, 3, tzinfo=UTC))
        fire_timers(self.web.office.runtime, OFFICE)
        open_periods(self.web.office.runtime, OFFICE)

    def task(self, number: int, unit: str, due_on: str) -> str:
        """The Office enters a task, the unit takes it and begins."""
        opened = self.desk("office").post(
            "/instances",
            {
                "process": "city_task",
                "title": f"Nhiệm vụ {number}",
                "unit": unit,
                "year": 2026,
                "fields": {
                    "document_number": f"{number}/UBND-VP",
                    "document_date": "2026-07-01",
                    "item": "1",
                    "assigned_by": "chairman",
                    "task": f"Nội dung {number}",
                    "product": "Báo cáo",
                    "unit": unit,
                    "due_on": due_on,
                },
            },
        )
        case = str(opened["id"])
        self.desk("office").attach(case, "assignment", paper(PDF, f"Văn bản giao {number}"))
        head = self.desk(f"unit_head_{unit}")
        head.step(case, "accept")
        head.step(case, "start", owner=head.person, work_plan="Phòng soạn")
        return case

    def reports(self) -> list[str]:
        found = self.desk("office").get("/instances", process="weekly_task_report")["items"]
        return [each["id"] for each in sorted(found, key=lambda each: each["code"])]

    def figures(self, report: str) -> dict[str, tuple[int | None, int | None]]:
        told = self.desk("director").get(f"/instances/{report}/figures")["items"]
        return {each["name"]: (each["numerator"], each["denominator"]) for each in told}


def report_done(desk: Desk, case: str, step: str, day: str, **more: str) -> None:
    """The unit reports its task done on a day."""
    fields = {"result": "Đã gửi", "result_number": "8/BC", "done_on": day, **more}
    product = {"product_document": paper(PDF, f"Sản phẩm {case} {day}")}
    desk.step(case, step, files=product, **fields)


def close_week(city: City, report: str, red: dict[str, str]) -> None:
    """The Office collects, explains what is late, drafts and submits; the Director takes note."""
    office = city.desk("office")
    office.step(report, "collect", files={"task_register": paper(XLSX, f"Sổ {report}")})
    if red:
        office.refused(report, "draft", "condition:red_explained", summary="Một nhiệm vụ quá hạn")
    for code, unit in red.items():
        row = {"task_code": code, "unit": unit, "cause": "Thiếu số liệu", "until": "2026-07-14"}
        city.desk(f"unit_head_{unit}").add(report, "red_word", **row)
    office.step(report, "draft", summary="Xu hướng không đổi")
    office.step(report, "submit", files={"report": paper(PDF, f"Báo cáo {report}")})
    city.desk("director").step(report, "note", direction="Hoàn thành trước 17/7")


def midweek(city: City) -> tuple[str, str, str]:
    """One task is done a day early, one gets more time before its day, one passes its day."""
    in_time = city.task(101, "science_management", "2026-07-09")
    late = city.task(102, "planning_finance", "2026-07-08")
    moved = city.task(103, "science_management", "2026-07-09")
    science, office = city.desk(SCIENCE), city.desk("office")
    city.go_to(8)
    report_done(science, in_time, "report", "2026-07-08")
    science.refused(in_time, "confirm", "role", "separation:report", status=403)
    office.step(in_time, "confirm")
    ask = {"extension_request": paper(PDF, "Đề nghị gia hạn")}
    science.step(
        moved, "request_extension", files=ask, reason="Chờ số liệu", asked_due="2026-07-16"
    )
    consent = {"extension_approval": paper(PDF, "Thành phố đồng ý")}
    city.desk("director").step(moved, "grant_extension", files=consent, granted_due="2026-07-16")
    shown = office.instance(moved)
    assert (shown["fields"]["due_on"], shown["fields"]["first_due"]) == ("2026-07-16", "2026-07-09")
    assert shown["due_at"].startswith("2026-07-17")
    city.go_to(9)
    assert office.instance(late)["state"] == "late"
    problem = city.desk(PLANNING).step(late, "request_extension", reason="Muộn", expect=409)
    assert problem["code"] == "not_available"
    return in_time, late, moved


def first_friday(city: City, report: str, late: str) -> None:
    """Nobody is passed over in silence, and what is late is explained."""
    science, office = city.desk(SCIENCE), city.desk("office")
    city.go_to(10)
    register = {"task_register": paper(XLSX, "Sổ theo dõi")}
    office.refused(report, "collect", "condition:all_told", files=register)
    science.add(report, "unit_word", unit="science_management", standing="Xong 1, còn 1")
    science.add(report, "unit_word", unit="planning_finance", standing="Hộ phòng bạn", expect=403)
    office.refused(report, "collect", "condition:all_told", files=register)
    office.add(report, "missing_unit", unit="planning_finance", urged="Đã gọi hai lần")
    close_week(city, report, {office.instance(late)["code"]: "planning_finance"})
    assert office.instance(report)["state"] == "noted"


def test_tasks_and_two_weeks_of_the_report_go_their_way(web: Web) -> None:
    city = City(web)
    open_plan(web.office.runtime, OFFICE, 2026, PLAN)
    (first,) = city.reports()
    _, late, moved = midweek(city)
    first_friday(city, first, late)
    year = {"done": (1, 2), "on_time": (1, 2), "extended_tasks": (0, 2)}
    week = {"done_week": (1, 2), "on_time_week": (1, 2), "overdue_tasks": (1, None)}
    assert city.figures(first) == {**year, **week}

    # The next week counts on from that cut-off, and what was frozen stays as it was.
    city.go_to(13)
    _, second = city.reports()
    report_done(
        city.desk(PLANNING), late, "report_late", "2026-07-13", late_because="Thiếu số liệu"
    )
    city.desk("office").step(late, "confirm")
    city.go_to(16)
    report_done(city.desk(SCIENCE), moved, "report", "2026-07-16")
    city.desk("office").step(moved, "confirm")
    city.go_to(17)
    city.desk(SCIENCE).add(second, "unit_word", unit="science_management", standing="Đã xong")
    close_week(city, second, {})
    year = {"done": (3, 3), "on_time": (2, 3), "extended_tasks": (1, 3)}
    week = {"done_week": (1, 1), "on_time_week": (1, 1), "overdue_tasks": (0, None)}
    assert city.figures(second) == {**year, **week}
    assert city.figures(first)["done"] == (1, 2)
