"""What rows of the plan read of other cases, asked on both databases."""

from typing import Any

from engine.commands.open_plan import open_plan
from tests.acceptance.desk import Desk
from tests.api.web import Web
from tests.fixtures import OFFICE

PLAN: dict[str, Any] = {
    "rows": [
        {
            "code": "2",
            "heading": False,
            "processes": ["tthc_performance", "integrity_briefing", "dossier_sampling"],
            "measures": [],
        }
    ]
}


def open_case(desk: Desk, process: str, **fields: Any) -> str:
    body = {"process": process, "title": process, "year": 2026, "fields": fields}
    return str(desk.post("/instances", body)["id"])


def the_case(desk: Desk, process: str) -> str:
    (found,) = desk.get("/instances", process=process)["items"]
    return str(found["id"])


def test_a_month_and_a_half_year_read_what_others_wrote(web: Web) -> None:
    def desk(name: str) -> Desk:
        return Desk(http=web.client, person=web.office.people[name], token=web.token(name))

    open_plan(web.office.runtime, OFFICE, 2026, PLAN)
    office = desk("office")
    decision = open_case(
        office, "tthc_publication", decision_number="2210/QĐ-UBND", signed_on="2026-07-01"
    )
    procedure = {"unit": "tdc", "change": "new", "online": "full", "name": "Cấp phép"}
    office.add(decision, "procedure", code="1.001", **procedure)
    complaint = open_case(
        office,
        "hotline_feedback",
        received_on="2026-07-03",
        channel="hotline",
        content="Thái độ",
        anonymous=True,
    )
    assert office.instance(complaint)["state"] == "received"

    # A decision that is not published yet lists no procedure; the register has no dossier.
    month = the_case(office, "tthc_performance")
    figures = {each["name"]: each for each in office.get(f"/instances/{month}/figures")["items"]}
    assert figures["on_time"]["numerator"] is None
    assert figures["published_in_time"]["numerator"] is None
    half = the_case(office, "integrity_briefing")
    told = {each["name"]: each for each in office.get(f"/instances/{half}/figures")["items"]}
    assert told["complaints"]["numerator"] == 0
    sampling = the_case(desk("iso_secretary"), "dossier_sampling")
    desk("iso_secretary").refused(
        sampling,
        "close_empty",
        "condition:over",
        "evidence_missing:empty_note",
    )
