"""Instances over HTTP: opened, listed, shown, advanced, refused, replayed."""

import json
from typing import Any

import pytest

from tests.api.web import AUDIT_FIELDS, SLOT, Web, pdf

SUBMIT_FILES = {
    "programme": ("chương trình.pdf", pdf("1")),
    "plan": ("kế hoạch.pdf", pdf("2")),
}


def planned(web: Web) -> dict[str, Any]:
    """An audit whose plan can be submitted but for its files."""
    audit = web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    for unit, auditor in (("science_management", "p007"), ("office", "p008")):
        row = {**SLOT, "unit": unit, "auditor": auditor}
        answer = web.post("iso_secretary", path, {"values": row})
        assert answer.status_code == 201, answer.text
    return audit


def test_an_instance_is_opened_shown_and_listed(web: Web) -> None:
    answer = web.post(
        "iso_secretary",
        "/instances",
        {"process": "internal_audit", "title": "Đánh giá năm 2026", "fields": AUDIT_FIELDS},
    )
    opened = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/instances/{opened['id']}"
    assert answer.headers["etag"] == '"0"'
    assert opened["code"] == "IA-2026-01"
    assert opened["state"] == "draft"
    assert opened["opened_at"] == "2026-07-06T08:00:00+07:00"
    assert opened["window"] == [{"first": "2026-07-01", "last": "2026-09-30"}]
    shown = web.get("iso_secretary", f"/instances/{opened['id']}")
    assert shown.json() == opened
    assert shown.headers["etag"] == '"0"'
    assert web.get("director", f"/instances/{opened['code']}").json()["id"] == opened["id"]
    listed = web.get("director", "/instances?process=internal_audit&year=2026").json()
    assert [item["id"] for item in listed["items"]] == [opened["id"]]
    assert listed["next"] is None


def test_what_is_available_is_judged_for_the_caller(small_web: Web) -> None:
    audit = small_web.open_audit()
    mine = {option["transition"]: option for option in audit["available"]}
    assert {unmet["code"] for unmet in mine["submit"]["unmet"]} >= {"evidence_missing", "condition"}
    assert not mine["submit"]["ready"]
    theirs = small_web.get("unit_staff", f"/instances/{audit['id']}").json()
    submit = next(option for option in theirs["available"] if option["transition"] == "submit")
    assert "role" in {unmet["code"] for unmet in submit["unmet"]}


def test_a_step_with_its_files_is_one_request(web: Web) -> None:
    audit = planned(web)
    command = json.dumps({"transition": "submit"})
    answer = web.request(
        "iso_secretary",
        "POST",
        f"/instances/{audit['id']}/transitions",
        headers={"If-Match": '"0"'},
        data={"command": command},
        files=SUBMIT_FILES,
    )
    assert answer.status_code == 200, answer.text
    taken = answer.json()
    assert taken["instance"]["state"] == "submitted"
    assert taken["instance"]["version"] == 1
    assert answer.headers["etag"] == '"1"'
    files = web.get("director", f"/instances/{audit['id']}/evidence").json()["items"]
    assert {file["status"] for file in files} == {"frozen"}
    assert {file["filename"] for file in files} == {"chương trình.pdf", "kế hoạch.pdf"}
    log = web.get("director", f"/instances/{audit['id']}/log").json()["items"]
    assert log[-1]["index"] == taken["entry"]
    assert log[-1]["transition"] == "submit"


def test_a_refusal_tells_every_reason_at_once_and_is_logged(web: Web) -> None:
    audit = web.open_audit()
    before = web.entries()
    answer = web.step("iso_secretary", audit["id"], "submit", 0, headers={"Accept-Language": "en"})
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == "refused"
    keys = {(unmet["code"], unmet["subject"]) for unmet in problem["unmet"]}
    assert {("evidence_missing", "plan"), ("evidence_missing", "programme")} <= keys
    assert ("condition", "every_unit_has_a_slot") in keys
    assert all(unmet["transition"] == "submit" for unmet in problem["unmet"])
    assert "“Audit plan”" in next(
        unmet["message"] for unmet in problem["unmet"] if unmet["subject"] == "plan"
    )
    assert web.entries() == before + 1
    assert web.get("director", f"/instances/{audit['id']}").json()["version"] == 0


def test_a_wrong_role_is_forbidden_and_hears_the_other_reasons_too(web: Web) -> None:
    audit = web.open_audit()
    answer = web.step("unit_staff", audit["id"], "submit", 0)
    assert answer.status_code == 403
    codes = {unmet["code"] for unmet in answer.json()["unmet"]}
    assert {"role", "evidence_missing"} <= codes


def test_who_may_not_open_is_told_who_may(small_web: Web) -> None:
    answer = small_web.post("unit_staff", "/instances", {"process": "internal_audit"})
    assert answer.status_code == 403
    assert answer.json()["unmet"][0]["who_can"] == ["iso_secretary"]


def test_a_dry_run_answers_and_leaves_nothing(web: Web) -> None:
    audit = planned(web)
    before = web.entries()
    refused = web.step("iso_secretary", audit["id"], "submit", 0, dry_run=True)
    assert refused.status_code == 200
    assert refused.json()["accepted"] is False
    assert {unmet["code"] for unmet in refused.json()["unmet"]} == {"evidence_missing"}
    accepted = web.step(
        "director", audit["id"], "cancel", 0, dry_run=True, reason="Không còn cần thiết"
    )
    assert accepted.json()["dry_run"] is True
    assert web.entries() == before


def test_a_stale_version_hears_what_is_there_now(web: Web) -> None:
    audit = planned(web)
    for requirement in SUBMIT_FILES:
        assert web.attach("iso_secretary", audit["id"], requirement).status_code == 201
    assert web.step("iso_secretary", audit["id"], "submit", 0).status_code == 200
    answer = web.step("director", audit["id"], "approve", 0)
    problem = answer.json()
    assert answer.status_code == 412
    assert (problem["state"], problem["version"]) == ("submitted", 1)
    shown = web.get("director", f"/instances/{audit['id']}").json()
    assert problem["available"] == shown["available"]
    assert "approve" in {option["transition"] for option in problem["available"]}
    assert f"“{shown['state_title']}”" in problem["detail"]
    assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 428, "if_match_missing"),
        ({"If-Match": "0"}, 400, "if_match_unreadable"),
        ({"If-Match": "*"}, 400, "if_match_unreadable"),
        ({"If-Match": 'W/"0"'}, 400, "if_match_unreadable"),
        ({"If-Match": '"00"'}, 400, "if_match_unreadable"),
    ],
)
def test_a_step_must_name_its_version(
    small_web: Web, headers: dict[str, str], status: int, code: str
) -> None:
    audit = small_web.open_audit()
    answer = small_web.post(
        "iso_secretary",
        f"/instances/{audit['id']}/transitions",
        {"transition": "submit"},
        headers=headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_step_that_does_not_leave_the_state_is_not_available(small_web: Web) -> None:
    audit = small_web.open_audit()
    before = small_web.entries()
    answer = small_web.step("director", audit["id"], "approve", 0)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "not_available"
    assert (problem["state"], problem["version"]) == ("draft", 0)
    shown = small_web.get("director", f"/instances/{audit['id']}").json()
    assert problem["available"] == shown["available"]
    mine = small_web.step("iso_secretary", audit["id"], "approve", 0, dry_run=True).json()
    assert mine["available"] == audit["available"] != problem["available"]
    titles = [shown["state_title"], *(option["title"] for option in shown["available"])]
    assert all(title in problem["detail"] for title in titles)
    assert "approve" not in problem["detail"]
    assert small_web.entries() == before


def test_what_was_overtaken_in_a_bundle_hears_what_is_there_now(web: Web) -> None:
    audit = web.open_audit()
    commands = [
        {"instance": audit["id"], "version": version, "transition": transition}
        for version, transition in ((0, "approve"), (7, "submit"))
    ]
    for atomic in (False, True):
        body = {"commands": commands, "atomic": atomic}
        verdicts = web.post("iso_secretary", "/transitions", body).json()["verdicts"]
        assert [verdict["body"]["code"] for verdict in verdicts] == [
            "not_available",
            "stale_version",
        ]
        for verdict in verdicts:
            assert verdict["body"]["available"] == audit["available"]
            assert verdict["body"]["version"] == 0


def test_a_key_gets_the_first_answer_again(web: Web) -> None:
    body = {"process": "internal_audit", "fields": AUDIT_FIELDS}
    headers = {"Idempotency-Key": "k-1"}
    first = web.post("iso_secretary", "/instances", body, headers=headers)
    again = web.post("iso_secretary", "/instances", body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    other = web.post("iso_secretary", "/instances", {**body, "title": "Khác"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert len(web.get("director", "/instances").json()["items"]) == 1


def test_a_refusal_is_replayed_too_and_logged_once(web: Web) -> None:
    audit = web.open_audit()
    headers = {"Idempotency-Key": "k-2"}
    first = web.step("iso_secretary", audit["id"], "submit", 0, headers=headers)
    size = web.entries()
    again = web.step("iso_secretary", audit["id"], "submit", 0, headers=headers)
    assert (again.status_code, again.json()) == (409, first.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"
    assert web.entries() == size


def test_a_key_for_a_form_does_not_depend_on_its_boundary(web: Web) -> None:
    audit = planned(web)
    headers = {"Idempotency-Key": "k-3"}
    first = web.attach("iso_secretary", audit["id"], "plan", headers=headers)
    again = web.attach("iso_secretary", audit["id"], "plan", headers=headers)
    other = web.attach("iso_secretary", audit["id"], "plan", headers=headers, content=pdf("other"))
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "khóa".encode().decode("latin-1")])
def test_a_key_is_visible_ascii(small_web: Web, key: str) -> None:
    answer = small_web.post(
        "iso_secretary",
        "/instances",
        {"process": "internal_audit"},
        headers={"Idempotency-Key": key.encode("latin-1")},  # type: ignore[dict-item]
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_several_steps_get_a_verdict_each(web: Web) -> None:
    first, second = planned(web), planned(web)
    for requirement in SUBMIT_FILES:
        web.attach("iso_secretary", first["id"], requirement)
    commands = [
        {"instance": audit["id"], "version": 0, "transition": "submit"} for audit in (first, second)
    ]
    commands.append({"instance": "nothing", "version": 0, "transition": "submit"})
    answer = web.post("iso_secretary", "/transitions", {"commands": commands})
    assert answer.status_code == 200
    assert [verdict["status"] for verdict in answer.json()["verdicts"]] == [200, 409, 404]
    assert web.get("director", f"/instances/{first['id']}").json()["state"] == "submitted"


def test_several_steps_together_are_all_or_nothing(web: Web) -> None:
    first, second = planned(web), planned(web)
    for requirement in SUBMIT_FILES:
        web.attach("iso_secretary", first["id"], requirement)
    size = web.entries()
    commands = [
        {"instance": audit["id"], "version": 0, "transition": "submit"} for audit in (first, second)
    ]
    answer = web.post("iso_secretary", "/transitions", {"commands": commands, "atomic": True})
    assert answer.status_code == 409
    assert answer.json()["code"] == "bulk_undone"
    assert [verdict["status"] for verdict in answer.json()["verdicts"]] == [200, 409]
    assert web.entries() == size
    assert web.get("director", f"/instances/{first['id']}").json()["state"] == "draft"
    for requirement in SUBMIT_FILES:
        web.attach("iso_secretary", second["id"], requirement)
    answer = web.post("iso_secretary", "/transitions", {"commands": commands, "atomic": True})
    assert [verdict["status"] for verdict in answer.json()["verdicts"]] == [200, 200]
    assert web.get("director", f"/instances/{second['id']}").json()["state"] == "submitted"


def test_a_list_goes_on_where_it_stopped(web: Web) -> None:
    made = [web.open_audit()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        answer = web.get("director", f"/instances?limit=2{cursor}").json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


def test_a_list_is_narrowed_by_each_filter(web: Web) -> None:
    web.open_audit()
    other = web.post(
        "iso_secretary",
        "/instances",
        {"process": "internal_audit", "title": "Đặc biệt", "year": 2027, "unit": "office"},
    ).json()
    for query, found in {
        "year=2027": [other["id"]],
        "unit=office": [other["id"]],
        "q=Đặc": [other["id"]],
        "state=closed": [],
        "process=corrective_action": [],
        "overdue=true": [],
    }.items():
        items = web.get("director", f"/instances?{query}").json()["items"]
        assert [item["id"] for item in items] == found, query
    led = web.get("director", "/instances?assignee=p006").json()["items"]
    assert [item["year"] for item in led] == [2026]
    web.office.clock.forward(days=60)
    overdue = web.get("director", "/instances?overdue=true").json()["items"]
    assert {item["overdue"] for item in overdue} == {True}
    assert len(overdue) == 2


def test_who_does_it_is_named_and_a_gate_is_lifted(web: Web) -> None:
    audit = web.open_audit()
    named = web.post(
        "iso_secretary", f"/instances/{audit['id']}/assignment", {"assignees": {"clerk": ["p012"]}}
    )
    assert named.status_code == 200, named.text
    assert named.json()["instance"]["assignees"]["clerk"] == ["p012"]
    body = {"gate": "window", "reason": "Lý do bất khả kháng", "until": "2026-12-31"}
    refused = web.post("iso_secretary", f"/instances/{audit['id']}/waivers", body)
    assert refused.status_code == 403
    lifted = web.post("director", f"/instances/{audit['id']}/waivers", body)
    assert lifted.status_code == 201
    shown = web.get("director", f"/instances/{audit['id']}/waivers").json()["items"]
    assert shown == [
        {
            "gate": "window",
            "reason": "Lý do bất khả kháng",
            "granted_by": "p001",
            "until": "2026-12-31",
        }
    ]


def test_the_inbox_offers_what_a_step_accepts(web: Web) -> None:
    audit = planned(web)
    waiting = web.get("iso_secretary", "/inbox").json()
    item = next(i for i in waiting["items"] if i["instance"]["id"] == audit["id"])
    steps = {step["transition"]: step for step in (*item["ready"], *item["waiting"])}
    assert not steps["submit"]["ready"]
    for requirement in SUBMIT_FILES:
        web.attach("iso_secretary", audit["id"], requirement)
    ready = web.get("iso_secretary", "/inbox").json()["items"][0]["ready"]
    assert "submit" in {step["transition"] for step in ready}
    assert web.step("iso_secretary", audit["id"], "submit", 0).status_code == 200
