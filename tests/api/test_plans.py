"""The plan over HTTP: word for word, with its cases and the orders that it cannot keep."""

from copy import deepcopy
from typing import Any

from api.seeds import DEFINITIONS, plan_for, read_plan
from engine.commands.enter_plan import enter_plan
from engine.commands.open_plan import open_plan
from tests.api.web import Web
from tests.fixtures import NEIGHBOUR, OFFICE

YEAR = 2026


def plan(months: list[int]) -> dict[str, Any]:
    """The plan with the audit in these months."""
    written = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    body = deepcopy(dict(plan_for(written, YEAR, signer="Nguyễn Khắc Hải Đăng")))
    next(row for row in body["rows"] if row["code"] == "4")["time"]["window"]["months"] = months
    return body


def test_a_plan_that_keeps_the_order_has_no_warning(web: Web) -> None:
    open_plan(web.office.runtime, OFFICE, YEAR, plan([7, 8, 9]))
    shown = web.get("clerk", f"/plans/{YEAR}").json()
    assert shown["warnings"] == []
    assert [case["code"] for case in shown["instances"]["4"]] == ["IA-2026-01", "QM-2026-01"]


def test_an_order_that_cannot_be_kept_is_said_in_the_callers_language(small_web: Web) -> None:
    enter_plan(small_web.office.runtime, OFFICE, YEAR, plan([12]))
    for language, said in (("vi", "31/12/2026"), ("en", "31 December 2026")):
        answer = small_web.get("clerk", f"/plans/{YEAR}", headers={"Accept-Language": language})
        first, warning = answer.json()["warnings"]
        assert (first["row"], first["process"]) == ("4", "qms_maintenance")
        assert said in warning["message"]
        assert (
            warning.items()
            >= {
                "code": "too_late",
                "row": "5.3",
                "process": "steering_review",
                "needs": "internal_audit",
                "state": "report_issued",
                "ready": "2026-12-31",
            }.items()
        )
        assert "2026-11-01" <= warning["by"] <= "2026-11-30"
        assert warning["transition"]


def test_coverage_is_told_for_an_edition_and_a_year(small_web: Web) -> None:
    open_plan(small_web.office.runtime, OFFICE, YEAR, plan([7, 8, 9]))
    shown = small_web.get("clerk", f"/coverage?year={YEAR}").json()
    assert (shown["edition"], shown["status"]) == ("2015", "in_force")
    programme = next(r for r in shown["records"] if r["id"] == "audit_programme")
    assert (programme["clause"], programme["light"]) == ("9.2.2", "amber")
    assert programme["gap"]["case"] == "IA-2026-01"
    assert programme["gap"]["who"] == ["iso_secretary"]
    assert [(u["held"], u["waiting"]) for u in programme["units"]] == [(0, 1)]
    assert shown["answered"]["9.2.2"] == ["external_inspection", "internal_audit"]
    later = small_web.get("clerk", f"/coverage?year={YEAR}&edition=2026").json()
    assert (later["status"], later["records"]) == ("announced", [])
    unknown = small_web.get("clerk", f"/coverage?year={YEAR}&edition=1987")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_edition")
    assert small_web.get("clerk", "/coverage?year=x").status_code == 422


def test_the_neighbours_cases_cover_nothing_of_ours(small_web: Web) -> None:
    open_plan(small_web.office.runtime, NEIGHBOUR, YEAR, plan([12]))
    shown = small_web.get("clerk", f"/coverage?year={YEAR}").json()
    assert {record["light"] for record in shown["records"]} == {"red", "none"}


def test_the_neighbours_plan_is_not_ours(small_web: Web) -> None:
    open_plan(small_web.office.runtime, NEIGHBOUR, YEAR, plan([12]))
    assert small_web.get("clerk", f"/plans/{YEAR}").status_code == 404
    assert small_web.get("clerk", "/instances").json()["items"] == []


def test_each_row_and_objective_says_how_it_stands_and_why(web: Web) -> None:
    open_plan(web.office.runtime, OFFICE, YEAR, plan([7, 8, 9]))
    shown = web.get("clerk", f"/plans/{YEAR}").json()
    assert list(shown["standing"]) == [row["code"] for row in shown["plan"]["rows"]]
    assert [objective["number"] for objective in shown["objectives"]] == list(range(1, 8))
    # Opened in July: what should have been planned in spring is late on the day it is opened.
    red = {code for code, row in shown["standing"].items() if row["light"] == "red"}
    assert red == {"5.1", "6", "6.1", "6.2", "7"}
    late = shown["standing"]["6.2"]["reasons"][0]
    assert (late["code"], late["day"]) == ("case_late", "2026-03-31")
    (running,) = [r for r in shown["standing"]["2.2"]["reasons"] if r["code"] == "running"]
    assert (running["light"], running["count"], running["row"]) == ("green", 1, "2.2")
    (trained,) = shown["standing"]["5"]["targets"]
    assert (trained["operator"], trained["value"]) == ("eq", 100)


def test_a_case_that_passes_its_day_turns_its_row_and_its_objective_red(web: Web) -> None:
    open_plan(web.office.runtime, OFFICE, YEAR, plan([7, 8, 9]))
    web.office.clock.forward(days=200)
    shown = web.get("clerk", f"/plans/{YEAR}", headers={"Accept-Language": "en"}).json()
    audit = shown["standing"]["4"]
    late = next(reason for reason in audit["reasons"] if reason["case"] == "IA-2026-01")
    assert (audit["light"], late["code"], late["light"]) == ("red", "case_late", "red")
    assert late["message"].startswith("Internal audit: 1 overdue, the first was due on ")
    assert late["day"] < shown["today"]
    assert shown["objectives"][3]["light"] == "red"
    case = web.get("clerk", f"/instances/{late['case_id']}").json()
    assert case["code"] == "IA-2026-01"


def of_last_year() -> dict[str, Any]:
    """Last year's plan: one row read otherwise, one is new since, one gone."""
    body = deepcopy(dict(plan_for(plan([7, 8, 9]), YEAR - 1, signer="Nguyễn Khắc Hải Đăng")))
    rows = {row["code"]: row for row in body["rows"]}
    rows["4"]["time"]["vi"] = "Quý IV"
    rows["5.3"]["code"] = "5.4"
    body["rows"].remove(rows["5.2"])
    body["rows"].append(
        {**rows["5.1"], "code": "5.9", "content": {"vi": "Nội dung cũ", "en": "Former row"}}
    )
    return body


def test_a_plan_is_held_beside_the_one_before(web: Web) -> None:
    runtime = web.office.runtime
    enter_plan(runtime, OFFICE, YEAR - 1, of_last_year())
    open_plan(runtime, OFFICE, YEAR, plan([7, 8, 9]))
    shown = web.get("clerk", f"/plans/{YEAR}/beside").json()
    assert (shown["year"], shown["before"]) == (YEAR, YEAR - 1)
    now = {row["now"]["code"]: row for row in shown["rows"] if row["now"]}
    assert len(now) == len(plan([7])["rows"])
    assert now["4"]["fate"] == "changed"
    (change,) = now["4"]["changed"]
    assert (change["column"], change["before"]) == ("time", "Quý IV")
    # The same words under another number are the same work.
    assert (now["5.3"]["fate"], now["5.3"]["before"]["code"]) == ("same", "5.4")
    assert (now["5.2"]["fate"], now["5.2"]["before"]) == ("new", None)
    (gone,) = [row for row in shown["rows"] if row["now"] is None]
    assert (gone["fate"], gone["content"], gone["before"]["code"]) == (
        "dropped",
        "Nội dung cũ",
        "5.9",
    )
    assert (now["4"]["now"]["cases"], now["4"]["before"]["cases"]) == (2, 0)
    assert len(now["4"]["now"]["instances"]) == 2
    assert (now["4"]["now"]["days_late"], now["4"]["now"]["verdict"]) == (0, None)
    # Nothing of last year's was ever opened: it is late since the end of its time.
    assert now["4"]["before"]["days_late"] > 100
    page = web.get("clerk", f"/plans/{YEAR}").json()
    assert now["4"]["now"]["light"] == page["standing"]["4"]["light"]


def test_what_the_year_before_left_stands_on_the_plan_with_its_origin(small_web: Web) -> None:
    runtime = small_web.office.runtime
    enter_plan(runtime, OFFICE, YEAR, plan([7]))
    assert small_web.get("clerk", f"/plans/{YEAR}").json()["carried"] == {
        "cases": [],
        "more": False,
        "missed": [],
    }
    started = small_web.post(
        "iso_secretary",
        "/instances",
        {"process": "corrective_action", "title": "Hướng dẫn chưa đủ", "year": YEAR - 1},
    )
    assert started.status_code == 201, started.text
    shown = small_web.get("clerk", f"/plans/{YEAR}").json()["carried"]
    (left,) = shown["cases"]
    assert (left["code"], left["origin"]) == (started.json()["code"], None)
    # It is no work of the year in which it was opened that the years before left.
    enter_plan(runtime, OFFICE, YEAR - 1, of_last_year())
    assert small_web.get("clerk", f"/plans/{YEAR - 1}").json()["carried"]["cases"] == []


def test_a_year_without_a_plan_and_a_year_beside_itself_are_told(small_web: Web) -> None:
    enter_plan(small_web.office.runtime, OFFICE, YEAR, plan([7]))
    for query, code in (
        ("", "unknown_plan"),
        ("?before=2030", "unknown_plan"),
        (f"?before={YEAR}", "years_alike"),
    ):
        answer = small_web.get("clerk", f"/plans/{YEAR}/beside{query}")
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert small_web.get("clerk", f"/plans/{YEAR}/beside?before=x").status_code in {400, 422}
