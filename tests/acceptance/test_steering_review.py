"""A year-end review from the call to the last decision, and the next one after it, over HTTP.

On SQLite beside the developer, on both databases in `.ci/run`.
"""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.commands.enter_plan import enter_plan
from engine.queries.audit_trail import verify_log
from tests.acceptance.audit_journey import Journey
from tests.acceptance.conftest import Served
from tests.acceptance.desk import keys_of
from tests.acceptance.papers import PDF, XLSX, paper
from tests.acceptance.review_journey import CARRIED, ReviewJourney
from tests.fixtures import OFFICE
from tests.scale import journey_on

PLANS = Path(__file__).parents[2] / "definitions" / "plans"


def plan() -> dict[str, Any]:
    body: dict[str, Any] = YAML(typ="safe").load((PLANS / "2023.yaml").read_text("utf-8"))
    return body


def reviewing(served: Served) -> ReviewJourney:
    """An office with its plan and an audit that reported, ready for its review."""
    body = plan()
    enter_plan(served.office.runtime, OFFICE, 2026, body)
    audit = Journey(desk=served.desk, move_clock=served.move_clock)
    audit.open()
    audit.plan()
    audit.prepare()
    audit.go_on_site()
    audit.report()
    rows = tuple(row["code"] for row in body["rows"] if not row["heading"])
    return ReviewJourney(
        desk=served.desk, many=served.desk, move_clock=served.move_clock, plan_rows=rows
    )


@journey_on("sqlite")
def test_a_review_is_taken_to_closed_and_its_open_decision_reaches_the_next(served: Served) -> None:
    journey = reviewing(served)

    review = journey.closed_review()

    found = served.desk("external_auditor").instance(review)
    assert (found["state"], found["final"]) == ("closed", "success")
    assert {
        "objectives_met": (5, 7),
        "rows_met": (12, 14),
        "rows_expected": (13, 14),
        "rows_met_over_year": (14, 14),
        "units_in_time": (3, 4),
        "actions_open": (4, None),
        "actions_overdue": (4, None),
        "audit_completion": (3, 3),
        "decisions_in_time": (8, 9),
        "report_days_late": (0, None),
    }.items() <= journey.figures().items()
    states = sorted(task["state"] for task in journey.tasks())
    assert states == ["carried_over"] + ["done"] * 8
    (slip,) = [c for c in journey.children() if c["process"] == "corrective_action"]
    assert slip["fields"]["unit"] == "innovation_center"

    journey.next_review()

    earlier = [row["values"] for row in journey.gathered("earlier_decisions")]
    (carried,) = [line for line in earlier if line.get("label") == CARRIED]
    assert carried["state"] == "Chuyển sang kế hoạch năm sau"
    assert sum(line["kind"] == "case" for line in earlier) == 9
    trend = [row["values"] for row in journey.gathered("objectives_reached")]
    assert ("steering_review.rows_met", 12, 14) in {
        (line["key"].partition("/")[2], line["numerator_before"], line["denominator_before"])
        for line in trend
    }
    files = {"review_dossier": paper(PDF, "Tài liệu"), "open_car_list": paper(XLSX, "Phiếu")}
    problem = served.desk("iso_secretary").step(
        journey.review, "send_dossier", files=files, expect=409
    )
    # The audit of 2026 does not serve the review of 2027.
    assert "need:internal_audit" in keys_of(problem)
    assert "condition:has_feedback" in keys_of(problem)
    refused = served.desk("external_auditor").get("/log", outcome="refused", limit=200)["items"]
    assert len(refused) > 40
    assert verify_log(served.office.runtime, OFFICE).findings == ()
