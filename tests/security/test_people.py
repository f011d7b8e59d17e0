"""Who acts, for whom, and as whom: no way round a separation of duties, no hiding in the log."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from engine.commands.manage_accounts import add_account, log_in
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from tests.api.web import Web, pdf
from tests.fixtures import OFFICE
from tests.security.sealed import lend, open_case

PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.


def keys(answer: Any) -> list[str]:
    return [unmet["code"] for unmet in answer.json()["unmet"]]


def last_entry(web: Web) -> Any:
    """The newest entry of the log, its body and its payload."""
    with web.office.runtime.read(OFFICE) as uow:
        (entry,) = uow.tables.log.read(LogFilter(), limit=1, newest_first=True)
    return json.loads(entry.body), entry.payload


def leave(web: Web, username: str, last_day: str = "2026-07-05") -> None:
    """Let somebody have left; the office keeps its people by its own files, not over HTTP."""
    with web.office.runtime.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE person SET valid_to = :day WHERE id = :id AND organization_id = :org"),
            {"day": last_day, "id": web.office.people[username], "org": OFFICE},
        )


def submitted(web: Web, username: str = "iso_secretary") -> str:
    """An audit whose plan somebody has submitted."""
    audit: str = web.open_audit(units=["science_management"])["id"]
    slot = {
        "unit": "science_management",
        "auditor": "p007",
        "audit_date": "2026-08-04",
        "clauses": ["7.5"],
        "procedures": ["QT.05"],
        "status": "planned",
    }
    web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": slot})
    answer = web.post(
        username,
        f"/instances/{audit}/transitions",
        data={"command": '{"transition": "submit"}'},
        files={"programme": ("ct.pdf", pdf("programme")), "plan": ("kh.pdf", pdf("plan"))},
        headers={"If-Match": '"0"'},
    )
    assert answer.status_code == 200, answer.text
    return audit


def approve(web: Web, username: str, audit: str) -> Any:
    files = {"plan_signed": ("ký.pdf", pdf("signed")), "team_decision": ("qđ.pdf", pdf("team"))}
    return web.post(
        username,
        f"/instances/{audit}/transitions",
        data={"command": '{"transition": "approve"}'},
        files=files,
        headers={"If-Match": '"1"'},
    )


def test_who_submitted_does_not_approve_as_the_directors_deputy(web: Web) -> None:
    audit = submitted(web)
    lend(web, "director", "iso_secretary", "director")
    answer = approve(web, "iso_secretary", audit)
    assert answer.status_code == 403
    assert keys(answer) == ["separation"]
    assert approve(web, "director", audit).status_code == 200
    assert verify_log(web.office.runtime, OFFICE).intact


def test_for_whom_it_was_submitted_does_not_approve_it_either(web: Web) -> None:
    lend(web, "iso_secretary", "trainer", "iso_secretary")
    audit = submitted(web, "trainer")
    lend(web, "director", "iso_secretary", "director")
    answer = approve(web, "iso_secretary", audit)
    assert answer.status_code == 403
    assert keys(answer) == ["separation"]


def test_a_lent_role_is_not_lent_on(web: Web) -> None:
    audit = submitted(web)
    lend(web, "director", "deputy_director", "director")
    lend(web, "deputy_director", "clerk", "director")
    answer = approve(web, "clerk", audit)
    assert answer.status_code == 403
    assert "role" in keys(answer)


def test_whom_one_acts_for_counts_as_a_member_of_their_unit(web: Web) -> None:
    case = open_case(web, unit="planning_finance")
    lend(web, "internal_auditor_1", "trainer", "internal_auditor")
    answer = web.step("trainer", case, "judge", 0)
    assert answer.status_code == 403
    assert keys(answer) == ["own_unit"]
    other = open_case(web, unit="inspectorate")
    assert web.step("trainer", other, "judge", 0).status_code == 200


def test_a_deputy_does_not_review_what_the_giver_supplied(web: Web) -> None:
    case = open_case(web)
    file = web.attach("office", case, "sheet").json()["id"]
    body = {"person": "p011", "role": "clerk", "valid_from": "2026-07-01"}
    assert web.post("administrator", "/grants", body).status_code == 201
    lend(web, "office", "trainer", "clerk")
    before = web.entries()
    for username in ("trainer", "office"):
        answer = web.post(username, f"/evidence/{file}/review", {"accepted": True})
        assert answer.status_code == 403
        assert keys(answer) == ["separation"]
    assert web.entries() == before + 2
    assert web.post("clerk", f"/evidence/{file}/review", {"accepted": True}).status_code == 200


def test_a_deputy_of_somebody_who_has_left_has_nothing(web: Web) -> None:
    audit = submitted(web)
    lend(web, "director", "deputy_director", "director")
    leave(web, "director")
    answer = approve(web, "deputy_director", audit)
    assert answer.status_code == 403
    assert "role" in keys(answer)


def test_who_has_left_is_out_by_every_door(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    small_web.token("iso_secretary")
    leave(small_web, "iso_secretary")
    before = small_web.entries()
    for path in ("/me", "/instances", f"/instances/{audit}", "/log", "/inbox", "/definitions",
                 "/units", "/holidays", "/plans/2026", f"/instances/{audit}/evidence"):  # fmt: skip
        answer = small_web.get("iso_secretary", path)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 401, "person_left")
    for path, body in (
        ("/instances", {"process": "internal_audit"}),
        ("/transitions", {"commands": [{"instance": audit, "version": 0, "transition": "submit"}]}),
        (f"/instances/{audit}/records/slot", {"values": {}}),
        (f"/instances/{audit}/assignment", {"assignees": {"lead_auditor": ["p006"]}}),
        ("/tokens", {"name": "for ever"}),
    ):
        answer = small_web.post("iso_secretary", path, body)
        # Of several commands each has its verdict; here each is the same.
        statuses = {v["status"] for v in answer.json().get("verdicts", [])} or {answer.status_code}
        assert statuses <= {401, 404}, (path, answer.text)
    assert small_web.entries() == before


def test_the_last_day_still_counts(small_web: Web) -> None:
    leave(small_web, "iso_secretary", last_day="2026-07-06")
    assert small_web.get("iso_secretary", "/me").status_code == 200
    small_web.office.clock.forward(days=1)
    assert small_web.get("iso_secretary", "/me").status_code == 401


def test_who_has_left_is_given_nothing_new(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    leave(small_web, "internal_auditor_1")
    slot = {
        "unit": "science_management",
        "auditor": "p007",
        "audit_date": "2026-08-04",
        "clauses": ["7.5"],
        "status": "planned",
    }
    before = small_web.entries()
    tries = [
        small_web.post("iso_secretary", f"/instances/{audit}/records/slot", {"values": slot}),
        small_web.post(
            "iso_secretary",
            f"/instances/{audit}/assignment",
            {"assignees": {"internal_auditor": ["p007"]}},
        ),
        small_web.post(
            "iso_secretary",
            "/instances",
            {"process": "internal_audit", "assignees": {"internal_auditor": ["p007"]}},
        ),
        small_web.post(
            "administrator",
            "/grants",
            {"person": "p007", "role": "clerk", "valid_from": "2026-07-06"},
        ),
        small_web.post("administrator", "/tokens", {"name": "x", "person": "p007"}),
        small_web.post(
            "administrator",
            "/accounts",
            {"person": "p007", "username": "p007", "password": PASSWORD},
        ),
    ]
    assert [answer.status_code for answer in tries] == [422, 422, 422, 404, 404, 404]
    assert small_web.entries() == before


def test_a_grant_holds_to_the_end_of_its_last_day_and_is_not_called_back(small_web: Web) -> None:
    body = {"person": "p025", "role": "iso_secretary", "valid_from": "2026-07-01"}
    grant = small_web.post("administrator", "/grants", body).json()["id"]
    opening = {"process": "internal_audit"}

    def end(day: str) -> int:
        path = f"/grants/{grant}"
        answer = small_web.request("administrator", "PATCH", path, json={"valid_to": day})
        return int(answer.status_code)

    assert end("2026-06-29") == 422
    assert end("2026-07-06") == 204
    assert small_web.post("unit_staff", "/instances", opening).status_code == 201
    small_web.office.clock.forward(days=1)
    assert small_web.post("unit_staff", "/instances", opening).status_code == 403
    assert end("2027-01-01") == 404
    assert small_web.post("unit_staff", "/instances", opening).status_code == 403


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_grant_at_the_end_of_time_breaks_nothing(small_web: Web, day: str) -> None:
    body = {"person": "p025", "role": "clerk", "valid_from": "0001-01-01"}
    grant = small_web.post("administrator", "/grants", body).json()["id"]
    path = f"/grants/{grant}"
    answer = small_web.request("administrator", "PATCH", path, json={"valid_to": day})
    assert answer.status_code == 204


def test_nobody_lends_a_role_that_there_is_not(small_web: Web) -> None:
    body = {
        "giver": "p001",
        "deputy": "p002",
        "role": "emperor",
        "document": "QĐ",
        "valid_from": "2026-07-01",
    }
    answer = small_web.post("director", "/delegations", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_role")


def test_the_log_names_who_made_a_token_and_not_whose_it_is(web: Web) -> None:
    made = web.post("administrator", "/tokens", {"name": "x", "person": "p001"}).json()
    body, payload = last_entry(web)
    assert (body["actor"], body["subject"]) == ("p032", "p001")
    assert payload.details == {"change": "made", "token": made["id"]}
    web.request("administrator", "DELETE", f"/tokens/{made['id']}")
    body, payload = last_entry(web)
    assert (body["actor"], body["subject"]) == ("p032", "p001")
    assert payload.details == {"change": "revoked", "token": made["id"]}


def test_the_log_names_who_gave_a_login(web: Web) -> None:
    login = {"person": "p025", "username": "lan.chi", "password": PASSWORD}
    assert web.post("administrator", "/accounts", login).status_code == 201
    body, _ = last_entry(web)
    assert (body["actor"], body["subject"]) == ("p032", "p025")


def test_a_token_that_ends_makes_none_that_does_not(small_web: Web) -> None:
    first = small_web.post(
        "director", "/tokens", {"name": "day", "expires_at": "2026-07-07T08:00:00+07:00"}
    ).json()
    headers = {"Authorization": f"Bearer {first['secret']}"}
    for wanted in (None, "2030-01-01T00:00:00+07:00"):
        body = {"name": "for ever", "expires_at": wanted}
        second = small_web.client.post("/api/v1/tokens", json=body, headers=headers)
        assert second.json()["expires_at"] == first["expires_at"]
    small_web.office.clock.forward(days=2)
    assert small_web.client.get("/api/v1/me", headers=headers).status_code == 401


REFUSALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "assignment": (
        "director",
        "/instances/{audit}/assignment",
        {"assignees": {"lead_auditor": ["p006"]}},
    ),
    "waiver": (
        "iso_secretary",
        "/instances/{audit}/waivers",
        {"gate": "window", "reason": "Vì sao", "until": "2026-12-31"},
    ),
    "evidence": ("clerk", "/instances/{audit}/evidence", {"requirement": "plan"}),
    "row": ("clerk", "/instances/{audit}/records/slot", {"values": {}}),
    "step": ("clerk", "/instances/{audit}/transitions", {"transition": "submit"}),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refused_attempt_is_one_entry_and_its_answer_is_kept(web: Web, what: str) -> None:
    audit = web.open_audit()["id"]
    username, path, body = REFUSALS[what]
    headers = {"Idempotency-Key": "once", "If-Match": '"0"'}
    before = web.entries()
    told: dict[str, Any] = {"json": body}
    if what == "evidence":
        told = {"data": body, "files": {"file": ("giấy.pdf", pdf("a"))}}
    answers = [
        web.request(username, "POST", path.format(audit=audit), headers=headers, **told)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert web.entries() == before + 1
    entry, _ = last_entry(web)
    assert (entry["outcome"], entry["actor"]) == ("refused", web.office.people[username])
    assert "role" in entry["unmet"]
    assert verify_log(web.office.runtime, OFFICE).intact


def test_bytes_of_who_may_not_supply_them_are_not_kept(small_web: Web) -> None:
    audit = small_web.open_audit()["id"]
    assert small_web.attach("clerk", audit, "plan").status_code == 403
    small_web.post(
        "clerk",
        f"/instances/{audit}/transitions",
        data={"command": '{"transition": "submit"}'},
        files={"plan": ("kh.pdf", pdf("not mine"))},
        headers={"If-Match": '"0"'},
    )
    assert list(small_web.office.runtime.store.list(OFFICE)) == []


def test_a_step_refused_for_a_file_it_would_replace_leaves_no_file(small_web: Web) -> None:
    case = open_case(small_web)
    first = small_web.attach("office", case, "proof").json()["id"]
    sheet = small_web.attach("office", case, "sheet").json()["id"]
    small_web.post("clerk", f"/evidence/{sheet}/review", {"accepted": True})
    small_web.step("internal_auditor_2", case, "judge", 0)
    before = small_web.get("office", f"/instances/{case}/evidence").json()
    command = {"transition": "seal", "files": {"proof": {"supersedes": first}}}
    answer = small_web.post(
        "office",
        f"/instances/{case}/transitions",
        data={"command": json.dumps(command)},
        files={"proof": ("mới.pdf", pdf("second"))},
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 409
    assert keys(answer) == ["evidence_missing"]
    assert small_web.get("office", f"/instances/{case}/evidence").json() == before


def test_a_login_ends_the_session_that_was_open_before(small_web: Web) -> None:
    for username in ("director", "clerk"):
        add_account(
            small_web.office.runtime,
            OFFICE,
            person=small_web.office.people[username],
            username=username,
            password_hash=small_web.passwords.hash(PASSWORD),
        )
    old = log_in(
        small_web.office.runtime,
        "director",
        lambda kept: small_web.passwords.matches(PASSWORD, kept),
    )
    assert old is not None
    page = small_web.client.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    small_web.client.cookies.set("sid", old.secret)
    answer = small_web.client.post(
        "/login",
        data={"username": "clerk", "password": PASSWORD, "csrf_token": token},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303
    small_web.client.cookies.clear()
    small_web.client.cookies.set("sid", old.secret)
    assert small_web.client.get("/api/v1/me").status_code == 401
