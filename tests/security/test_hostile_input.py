"""Input that wants to break the house, or to slip something past it: refused, nothing written."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from engine.queries.audit_trail import verify_log
from tests.api.web import SLOT, Web, pdf
from tests.fixtures import OFFICE

Part = tuple[str, str | bytes]
JSON = {"Content-Type": "application/json"}


def form(parts: Sequence[Part], *, charset: str = "utf-8") -> tuple[bytes, dict[str, str]]:
    """A form written by hand: (disposition, content) of each part; the body and its headers."""
    body = b"".join(
        b"--XX\r\nContent-Disposition: form-data; "
        + told.encode()
        + b"\r\n\r\n"
        + (content if isinstance(content, bytes) else content.encode())
        + b"\r\n"
        for told, content in parts
    )
    media_type = f"multipart/form-data; boundary=XX; charset={charset}"
    return body + b"--XX--\r\n", {"Content-Type": media_type, "If-Match": '"0"'}


def sent(web: Web, path: str, parts: Sequence[Part], *, charset: str = "utf-8") -> Any:
    body, headers = form(parts, charset=charset)
    return web.post("iso_secretary", path, content=body, headers=headers)


def faults(answer: Any) -> set[tuple[str, str]]:
    return {(fault["field"], fault["code"]) for fault in answer.json()["faults"]}


def test_a_form_chooses_no_codec_of_its_own(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    parts = [('name="requirement"', "plan\\ud800"), ('name="file"; filename="a.pdf"', pdf("a"))]
    for codec in ("undefined", "punycode", "idna", "unicode_escape", "utf-16"):
        told = {"Content-Type": f"application/json; charset={codec}"}
        answers = [
            sent(small_web, f"/instances/{audit}/evidence", parts, charset=codec),
            sent(small_web, f"/instances/{audit}/transitions", parts, charset=codec),
            small_web.post("iso_secretary", "/instances", content=b"{}", headers=told),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(400, "not_utf8")] * 3


STEP = ('name="command"', '{"transition": "submit"}')
TWO_STEPS = [STEP, ('name="command"', '{"transition": "cancel", "reason": "r"}')]


def test_a_form_with_two_commands_is_none(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    before = small_web.entries()
    answer = sent(small_web, f"/instances/{audit}/transitions", TWO_STEPS)
    assert (answer.status_code, answer.json()["code"]) == (400, "command_part_missing")
    assert small_web.entries() == before


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([STEP, ('name="plan"', pdf("no name"))], ("plan", "unknown_field")),
        ([STEP, ('name="reason"', "Vì sao")], ("reason", "unknown_field")),
        (
            [('name="command"', '{"transition": "submit", "files": {"plan": {}}}')],
            ("files.plan", "required"),
        ),
    ],
)
def test_a_part_of_a_step_that_means_nothing_is_named(
    small_web: Web, parts: list[Part], fault: tuple[str, str]
) -> None:
    audit = small_web.open_audit()["id"]
    before = small_web.entries()
    answer = sent(small_web, f"/instances/{audit}/transitions", parts)
    assert answer.status_code == 422
    assert faults(answer) == {fault}
    assert small_web.entries() == before


def test_a_requirement_said_twice_is_a_fault(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    parts = [
        ('name="requirement"', "plan"),
        ('name="requirement"', "programme"),
        ('name="file"; filename="a.pdf"', pdf("a")),
    ]
    answer = sent(small_web, f"/instances/{audit}/evidence", parts)
    assert answer.status_code == 422
    assert faults(answer) == {("requirement", "repeated")}


def test_a_rehearsal_inside_a_bundle_is_refused_and_not_taken(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    command = {"instance": audit, "version": 0, "transition": "submit", "dry_run": True}
    before = small_web.entries()
    answer = small_web.post("iso_secretary", "/transitions", {"commands": [command]})
    assert answer.status_code == 422
    assert faults(answer) == {("commands.0.dry_run", "unknown_field")}
    assert small_web.entries() == before


DAYS = {
    "9999-12-31": "too_large",
    "3000-01-01": "too_large",
    "1899-12-31": "too_small",
    "0001-01-01": "too_small",
    "0000-01-01": "not_date",
    "2026-02-30": "not_date",
    "2026-2-3": "not_date",
    "٢٠٢٦-٠٧-٠٦": "not_date",
}


def test_no_deadline_hangs_on_a_day_that_leads_nowhere(web: Web) -> None:
    audit = web.open_audit()["id"]
    for day, code in DAYS.items():
        fields = {"resume_on": day, "new_last_day": day}
        command = {"transition": "postpone", "reason": "Hoãn", "fields": fields}
        answer = web.post(
            "director",
            f"/instances/{audit}/transitions",
            data={"command": json.dumps(command)},
            files={"postpone_decision": ("qđ.pdf", pdf("postpone"))},
            headers={"If-Match": '"0"'},
        )
        assert (day, answer.status_code) == (day, 422)
        assert faults(answer) == {("resume_on", code), ("new_last_day", code)}


def test_the_last_day_that_is_taken_can_be_counted_from(web: Web) -> None:
    audit = web.open_audit()["id"]
    fields = {"resume_on": "2999-12-31", "new_last_day": "1900-01-01"}
    command = {"transition": "postpone", "reason": "Hoãn", "fields": fields}
    answer = web.post(
        "director",
        f"/instances/{audit}/transitions",
        data={"command": json.dumps(command)},
        files={"postpone_decision": ("qđ.pdf", pdf("postpone"))},
        headers={"If-Match": '"0"'},
    )
    assert answer.status_code == 200
    assert answer.json()["instance"]["due_on"] == "2999-12-31"


@pytest.mark.parametrize(
    "query", ["from=0001-01-01T00:00:00%2B14:00", "to=9999-12-31T23:59:59-14:00"]
)
def test_an_instant_at_the_end_of_time_is_a_fault(web: Web, query: str) -> None:
    answer = web.get("iso_secretary", f"/log?{query}")
    assert answer.status_code == 422
    assert {code for _, code in faults(answer)} == {"not_datetime"}


def test_a_token_does_not_live_for_ever_by_overflow(web: Web) -> None:
    body = {"name": "x", "expires_at": "9999-12-31T23:59:59-14:00"}
    answer = web.post("administrator", "/tokens", body)
    assert answer.status_code == 422
    assert faults(answer) == {("expires_at", "not_datetime")}


def test_a_period_that_does_not_exist_opens_nothing(small_web: Web) -> None:
    before = small_web.entries()
    for period in ("abc", "2026-W99", "2026-13", "0000-01", "2026-7"):
        body = {"process": "internal_audit", "year": 2026, "period": period}
        answer = small_web.post("iso_secretary", "/instances", body)
        assert (period, answer.status_code) == (period, 422)
        assert faults(answer) == {("period", "unknown_period")}
    assert small_web.entries() == before


@pytest.mark.parametrize("path", ["/instances", "/instances/{}/assignment"])
def test_a_crowd_of_names_is_cut_off_before_the_database(web: Web, path: str) -> None:
    audit = web.open_audit()["id"]
    crowd = {"lead_auditor": [f"q{number}" for number in range(90_000)]}
    body: dict[str, Any] = {"assignees": crowd}
    if path == "/instances":
        body["process"] = "internal_audit"
    answer = web.post("iso_secretary", path.format(audit), body)
    assert answer.status_code == 422
    assert faults(answer) == {("assignees.lead_auditor", "too_many")}


GATES = [
    "foo", "ROLE", "role", "own_unit:unit", "separation:submit", "window:x", "window ",
    "evidence_missing:nope", "evidence_missing:", "condition:nope", "a\tb", "e\u0301",
]  # fmt: skip


def test_a_waiver_lifts_only_a_gate_that_there_is(small_web: Web) -> None:
    path = f"/instances/{small_web.open_audit()['id']}/waivers"
    before = small_web.entries()
    for gate in GATES:
        body = {"gate": gate, "reason": "Vì sao", "until": "2026-12-31"}
        answer = small_web.post("director", path, body)
        assert (gate, answer.status_code) == (gate, 422)
        assert faults(answer) == {("gate", "gate_not_waivable")}
    assert small_web.entries() == before


def test_a_gate_of_the_process_can_be_lifted(small_web: Web) -> None:
    path = f"/instances/{small_web.open_audit()['id']}/waivers"
    for gate in ("window", "children", "evidence_missing:plan", "condition:in_good_time"):
        body = {"gate": gate, "reason": "Vì sao", "until": "2026-12-31"}
        assert (gate, small_web.post("director", path, body).status_code) == (gate, 201)


def test_nothing_is_settled_about_a_case_that_has_ended(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    small_web.post(
        "director",
        f"/instances/{audit}/transitions",
        data={"command": '{"transition": "cancel", "reason": "Gộp"}'},
        files={"cancel_decision": ("qđ.pdf", pdf("cancel"))},
        headers={"If-Match": '"0"'},
    )
    before = small_web.entries()
    waiver = {"gate": "window", "reason": "Vì sao", "until": "2026-12-31"}
    lifted = small_web.post("director", f"/instances/{audit}/waivers", waiver)
    named = {"assignees": {"lead_auditor": ["p006"]}}
    assigned = small_web.post("iso_secretary", f"/instances/{audit}/assignment", named)
    assert [a.json()["code"] for a in (lifted, assigned)] == ["instance_closed"] * 2
    assert [a.status_code for a in (lifted, assigned)] == [409, 409]
    assert small_web.entries() == before


def test_a_file_belongs_to_a_row_of_its_own_case(small_web: Web) -> None:
    audit, other = (small_web.open_audit()["id"] for _ in range(2))
    path = f"/instances/{other}/records/slot"
    foreign = small_web.post("iso_secretary", path, {"values": SLOT}).json()["id"]
    before = small_web.entries()
    for row in ("nope", foreign):
        answer = small_web.attach("iso_secretary", audit, "plan", row=row)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_row")
    assert small_web.entries() == before
    own = small_web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": SLOT})
    attached = small_web.attach("iso_secretary", audit, "plan", row=own.json()["id"])
    assert attached.status_code == 201
    newer = small_web.post(
        "iso_secretary",
        f"/evidence/{attached.json()['id']}/supersede",
        files={"file": ("mới.pdf", pdf("newer"))},
    )
    assert newer.json()["row"] == own.json()["id"]


def test_a_row_refers_to_a_row_of_its_own_case(web: Web) -> None:
    audit, other = (ready_to_prepare(web) for _ in range(2))
    own, foreign = (
        web.get("lead_auditor", f"/instances/{case}/records/slot").json()["items"][0]["id"]
        for case in (audit, other)
    )
    line = {"clause": "7.5", "question": "Hồ sơ có được lưu không?"}
    path = f"/instances/{audit}/records/checklist"
    before = web.entries()
    for slot in (foreign, "nope", own + " "):
        answer = web.post("lead_auditor", path, {"values": {**line, "slot": slot}})
        assert answer.status_code == 422
        assert faults(answer) == {("slot", "unknown_row")}
    assert web.entries() == before
    added = web.post("lead_auditor", path, {"values": {**line, "slot": own}})
    assert added.status_code == 201
    moved = web.request(
        "lead_auditor",
        "PATCH",
        f"{path}/{added.json()['id']}",
        json={"values": {"slot": foreign}},
        headers={"If-Match": '"1"'},
    )
    assert faults(moved) == {("slot", "unknown_row")}


def ready_to_prepare(web: Web) -> str:
    """An audit in which checklists are written."""
    audit: str = web.open_audit(units=["science_management"])["id"]
    web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": SLOT})
    way: list[tuple[str, str, list[str]]] = [
        ("iso_secretary", "submit", ["programme", "plan"]),
        ("director", "approve", ["plan_signed", "team_decision"]),
        ("iso_secretary", "notify", ["notice"]),
        ("unit_head_science_management", "acknowledge", []),
        ("lead_auditor", "start_prep", ["assignment"]),
    ]
    for version, (username, transition, papers) in enumerate(way):
        told = {"transition": transition}
        more: dict[str, Any] = {"json": told}
        if papers:
            files = {paper: ("giấy.pdf", pdf(paper)) for paper in papers}
            more = {"data": {"command": json.dumps(told)}, "files": files}
        headers = {"If-Match": f'"{version}"'}
        path = f"/instances/{audit}/transitions"
        answer = web.request(username, "POST", path, headers=headers, **more)
        assert answer.status_code == 200, answer.text
    return audit


NUMBERS = {
    "1e400": "1e400",
    "a float": "2026.0",
    "a boolean": "false",
    "a text": '"2026"',
    "beyond 53 bits": "9" * 400,
}


def test_a_number_is_a_whole_number_and_nothing_like_it(small_web: Web) -> None:
    for name, number in NUMBERS.items():
        body = f'{{"process": "internal_audit", "year": {number}}}'
        answer = small_web.post("iso_secretary", "/instances", content=body, headers=JSON)
        assert (name, answer.status_code) == (name, 422)
        assert {field for field, _ in faults(answer)} == {"year"}


def test_a_number_of_thousands_of_digits_is_no_json(small_web: Web) -> None:
    body = f'{{"process": "internal_audit", "year": {"9" * 5000}}}'
    answer = small_web.post("iso_secretary", "/instances", content=body, headers=JSON)
    assert answer.status_code == 400


def login(web: Web, body: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', web.client.get("/login").text)
    assert found is not None
    return web.client.post(
        "/login",
        content=f"{body}&csrf_token={found[1]}",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        },
    )


def test_a_strange_name_at_the_door_is_a_wrong_name(web: Web) -> None:
    for name in ("a%00b", "%ED%A0%80", "director%00", "%25", "' or 1=1 --"):
        answer = login(web, f"username={name}&password=một-mật-khẩu-dài")
        assert (name, answer.status_code) == (name, 401)


def test_after_all_that_the_log_is_whole(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    for transition in ("nope", "submit", "close"):
        small_web.step("unit_head_office", audit, transition, 0, fields={"scope": "\u0300a\u0323"})
    assert verify_log(small_web.office.runtime, OFFICE).intact
