"""Rows and figures over HTTP: one writer, a version of their own, old and new values in the log."""

from typing import Any

import pytest

from tests.api.web import SLOT, Web


@pytest.fixture
def rows(small_web: Web) -> str:
    audit = small_web.open_audit()
    return f"/instances/{audit['id']}/records/slot"


def test_a_row_is_added_changed_and_retired(web: Web) -> None:
    audit = web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    added = web.post("iso_secretary", path, {"values": SLOT})
    row = added.json()
    assert added.status_code == 201
    assert added.headers["location"] == f"/api/v1{path}/{row['id']}"
    assert (added.headers["etag"], row["version"]) == ('"1"', 1)
    assert row["values"] == SLOT
    changed = web.request(
        "iso_secretary",
        "PATCH",
        f"{path}/{row['id']}",
        json={"values": {"place": "Phòng họp 2"}},
        headers={"If-Match": '"1"'},
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.json()["values"] == {**SLOT, "place": "Phòng họp 2"}
    listed = web.get("director", path).json()["items"]
    assert [(item["id"], item["version"]) for item in listed] == [(row["id"], 2)]
    entry = web.get("director", f"/instances/{audit['id']}/log").json()["items"][-1]
    assert entry["type"] == "record_changed"
    assert entry["changes"] == [
        {"set": "slot", "row": row["id"], "column": "place", "old": None, "new": "Phòng họp 2"}
    ]
    retired = web.request(
        "iso_secretary", "DELETE", f"{path}/{row['id']}", headers={"If-Match": '"2"'}
    )
    assert (retired.status_code, retired.content) == (204, b"")
    assert web.get("director", path).json()["items"] == []
    assert web.get("director", f"/instances/{audit['id']}").json()["version"] == 0


def test_a_row_that_somebody_changed_is_stale(small_web: Web, rows: str) -> None:
    row = small_web.post("iso_secretary", rows, {"values": SLOT}).json()
    body = {"values": {"place": "A"}}
    for version, status in (("1", 200), ("1", 412)):
        answer = small_web.request(
            "iso_secretary",
            "PATCH",
            f"{rows}/{row['id']}",
            json=body,
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == status
    assert answer.json()["version"] == 2
    missing = small_web.request("iso_secretary", "PATCH", f"{rows}/{row['id']}", json=body)
    assert missing.status_code == 428


def test_a_row_needs_the_right_person(small_web: Web, rows: str) -> None:
    answer = small_web.post("unit_staff", rows, {"values": SLOT}, headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert answer.json()["unmet"][0]["code"] == "role"
    assert answer.json()["unmet"][0]["transition"] == "slot"


def test_an_auditor_of_their_own_unit_is_refused_by_name_of_the_column(
    small_web: Web, rows: str
) -> None:
    values = {**SLOT, "unit": "planning_finance"}
    answer = small_web.post("iso_secretary", rows, {"values": values})
    assert answer.status_code == 403
    unmet = answer.json()["unmet"]
    assert [reason["code"] for reason in unmet] == ["own_unit"]
    assert "“Đánh giá viên”" in unmet[0]["message"]


def test_where_nobody_else_is_left_the_director_lets_an_auditor_visit_their_own_unit(
    small_web: Web, rows: str
) -> None:
    """Until a day, with a reason; the schedule is then held up by nothing for its sake."""
    waivers = rows.replace("/records/slot", "/waivers")
    body = {"gate": "own_unit:auditor", "reason": "Đơn vị nhỏ", "until": "2026-07-31"}
    assert small_web.post("iso_secretary", waivers, body).status_code == 403
    assert small_web.post("director", waivers, body).status_code == 201
    values = {**SLOT, "unit": "planning_finance"}
    assert small_web.post("iso_secretary", rows, {"values": values}).status_code == 201
    # The entry of the row bears the mark; a row that needs no waiver has none.
    assert small_web.post("iso_secretary", rows, {"values": {**SLOT, "place": "P3"}}).is_success
    log = small_web.get("director", waivers.replace("/waivers", "/log")).json()["items"]
    marked = [e["body"].get("flags") for e in log if e["type"] == "record_changed"]
    assert marked == [["waived:own_unit:auditor"], None]
    small_web.office.clock.forward(days=40)
    refused = small_web.post("iso_secretary", rows, {"values": {**values, "place": "P2"}})
    assert refused.status_code in {403, 409}
    assert "own_unit" in [reason["code"] for reason in refused.json()["unmet"]]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({**SLOT, "unit": "nowhere"}, "unit", "unknown_unit"),
        ({**SLOT, "auditor": "nobody"}, "auditor", "unknown_person"),
        ({**SLOT, "audit_date": "tomorrow"}, "audit_date", "not_date"),
        ({**SLOT, "audit_date": 1}, "audit_date", "not_date"),
        ({**SLOT, "clauses": "7.5"}, "clauses", "not_list"),
        ({**SLOT, "status": "odd"}, "status", "not_a_choice"),
        ({**SLOT, "stranger": 1}, "stranger", "unknown_field"),
        ({**SLOT, "place": False}, "place", "not_text"),
    ],
)
def test_each_column_that_does_not_fit_is_named(
    small_web: Web, rows: str, values: dict[str, Any], field: str, code: str
) -> None:
    answer = small_web.post("iso_secretary", rows, {"values": values})
    assert answer.status_code == 422
    assert (field, code) in {(f["field"], f["code"]) for f in answer.json()["faults"]}
    assert small_web.get("director", rows).json()["items"] == []


def test_rows_come_in_pages(small_web: Web, rows: str) -> None:
    for number in range(3):
        day = f"2026-08-0{number + 4}"
        small_web.post("iso_secretary", rows, {"values": {**SLOT, "audit_date": day}})
    first = small_web.get("director", f"{rows}?limit=2").json()
    second = small_web.get("director", f"{rows}?limit=2&cursor={first['next']}").json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)


def test_what_is_not_there_is_not_found(small_web: Web, rows: str) -> None:
    elsewhere = rows.replace("slot", "nothing")
    assert small_web.get("director", elsewhere).status_code == 404
    assert small_web.post("iso_secretary", elsewhere, {"values": {}}).status_code == 404
    answer = small_web.request(
        "iso_secretary", "DELETE", f"{rows}/nothing", headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 404


def test_figures_are_computed_from_rows(small_web: Web, rows: str) -> None:
    path = rows.replace("records/slot", "figures")
    before = {f["name"]: f for f in small_web.get("director", path).json()["items"]}
    assert before
    assert all(figure["title"] for figure in before.values())
    small_web.post("iso_secretary", rows, {"values": {**SLOT, "status": "done"}})
    after = {f["name"]: f for f in small_web.get("director", path).json()["items"]}
    assert after != before


def test_a_key_adds_a_row_once(web: Web) -> None:
    audit = web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    headers = {"Idempotency-Key": "row-1"}
    first = web.post("iso_secretary", path, {"values": SLOT}, headers=headers)
    again = web.post("iso_secretary", path, {"values": SLOT}, headers=headers)
    assert again.json() == first.json()
    assert len(web.get("director", path).json()["items"]) == 1
