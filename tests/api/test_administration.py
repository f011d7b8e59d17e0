"""Administration over HTTP: logins, tokens, roles, delegations, days, the demonstration's clock."""

from datetime import date
from typing import Any

import pytest

from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.edition import CalendarChange, DayRow
from tests.api.web import Web
from tests.fixtures import OFFICE

DAY = {"valid_from": "2026-07-01"}
PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.


def test_a_login_is_made_listed_and_disabled(web: Web) -> None:
    body = {"person": "p025", "username": "chi", "password": PASSWORD}
    made = web.post("administrator", "/accounts", body)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/accounts/p025"
    assert "password" not in made.text
    listed = web.get("administrator", "/accounts").json()["items"]
    assert [(item["username"], item["disabled"]) for item in listed] == [("chi", False)]
    assert web.request("administrator", "DELETE", "/accounts/p025").status_code == 204
    assert web.get("administrator", "/accounts").json()["items"][0]["disabled"] is True
    assert web.request("administrator", "DELETE", "/accounts/p001").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"person": "p900", "username": "x", "password": PASSWORD}, 404, "unknown_person"),
        ({"person": "p025", "username": "x", "password": "ngắn"}, 422, "password_too_short"),
        ({"person": "p025", "username": "x", "password": "x" * 300}, 422, "password_too_long"),
        ({"person": "p025", "username": "a b", "password": PASSWORD}, 422, "invalid_input"),
        ({"person": "p025", "username": "x"}, 422, "invalid_input"),
    ],
)
def test_a_login_needs_a_person_a_name_and_a_password(
    small_web: Web, body: dict[str, str], status: int, code: str
) -> None:
    answer = small_web.post("administrator", "/accounts", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert small_web.get("administrator", "/accounts").json()["items"] == []


def test_a_name_is_taken_once_and_a_key_makes_a_login_once(small_web: Web) -> None:
    body = {"person": "p025", "username": "chi", "password": PASSWORD}
    headers = {"Idempotency-Key": "login-1"}
    first = small_web.post("administrator", "/accounts", body, headers=headers)
    again = small_web.post("administrator", "/accounts", body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = {**body, "person": "p026"}
    taken = small_web.post("administrator", "/accounts", other)
    assert (taken.status_code, taken.json()["code"]) == (409, "username_taken")
    mismatch = small_web.post("administrator", "/accounts", other, headers=headers)
    assert (mismatch.status_code, mismatch.json()["code"]) == (409, "idempotency_mismatch")


def test_a_token_never_gives_more_than_its_maker_has(small_web: Web) -> None:
    narrow = small_web.token("administrator", scopes=("admin", "read"))
    headers = {"Authorization": f"Bearer {narrow}"}
    wide = small_web.client.post(
        "/api/v1/tokens", json={"name": "x", "scopes": ["step"]}, headers=headers
    )
    assert (wide.status_code, wide.json()["code"]) == (403, "scope_missing")
    same = small_web.client.post("/api/v1/tokens", json={"name": "x"}, headers=headers)
    assert same.json()["scopes"] == ["admin", "read"]
    for_other = small_web.post("iso_secretary", "/tokens", {"name": "x", "person": "p001"})
    assert (for_other.status_code, for_other.json()["code"]) == (403, "role_missing")


def test_everybody_sees_their_own_tokens_and_the_administrator_all(small_web: Web) -> None:
    small_web.token("director")
    small_web.token("clerk")
    own = small_web.get("clerk", "/tokens").json()["items"]
    assert {token["person"] for token in own} == {"p012"}
    every = small_web.get("administrator", "/tokens").json()["items"]
    assert {token["person"] for token in every} == {"p001", "p012", "p032"}
    assert all("secret" not in token for token in every)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x", "scopes": ["everything"]}, 422),
        ({"name": "x", "scopes": []}, 422),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, 422),
        ({"name": "x", "expires_at": "2026-08-01"}, 422),
        ({"name": ""}, 422),
        ({"name": "x", "person": "p900"}, 404),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    small_web: Web, body: dict[str, object], status: int
) -> None:
    assert small_web.post("administrator", "/tokens", body).status_code == status


UNIT = {
    "id": "startup_desk",
    "title": {"vi": "Tổ Khởi nghiệp", "en": "Startup desk"},
    "parent": "office",
    "qms": "office_block",
    "valid_from": "2026-07-01",
}


def test_a_unit_is_entered_listed_and_in_the_log(web: Web) -> None:
    made = web.post("administrator", "/units", UNIT)
    assert (made.status_code, made.json()) == (201, {"id": "startup_desk"}), made.text
    listed = {unit["id"]: unit for unit in web.get("clerk", "/units?limit=200").json()["items"]}
    assert listed["startup_desk"] == {
        "id": "startup_desk",
        "title": "Tổ Khởi nghiệp",
        "parent": "office",
        "qms": "office_block",
    }
    (entry,) = (
        entry
        for entry in web.get("administrator", "/log?limit=200").json()["items"]
        if entry["body"].get("subject") == "startup_desk"
    )
    assert entry["body"]["type"] == "organization_changed"
    grant = {"person": "p025", "role": "unit_head", "unit": "startup_desk", **DAY}
    assert web.post("administrator", "/grants", grant).status_code == 201


def test_a_unit_holds_from_its_day_on_and_until_its_last(small_web: Web) -> None:
    later = {**UNIT, "valid_from": "2026-08-01"}
    gone = {**UNIT, "id": "past_desk", "valid_from": "2026-01-01", "valid_to": "2026-06-30"}
    for body in (later, gone):
        assert small_web.post("administrator", "/units", body).status_code == 201
    listed = small_web.get("clerk", "/units?limit=200").json()["items"]
    assert {"startup_desk", "past_desk"}.isdisjoint(unit["id"] for unit in listed)
    again = small_web.post("administrator", "/units", {**gone, **DAY, "valid_to": None})
    assert (again.status_code, again.json()["code"]) == (409, "unit_exists")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"id": "office"}, 409, "unit_exists"),
        ({"id": "Phòng mới"}, 422, "invalid_input"),
        ({"id": "x" * 64}, 422, "invalid_input"),
        ({"parent": "nowhere"}, 404, "unknown_unit"),
        ({"valid_from": "2022-01-01"}, 404, "unknown_unit"),
        ({"parent": None, "qms": "nothing"}, 404, "unknown_qms"),
        ({"title": {"vi": "Tổ"}}, 422, "invalid_input"),
        ({"title": {"vi": "", "en": "Desk"}}, 422, "invalid_input"),
        ({"title": "Tổ"}, 422, "invalid_input"),
        ({"valid_to": "2026-06-30"}, 422, "ends_before_it_begins"),
        ({"people": 3}, 422, "invalid_input"),
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(
    small_web: Web, change: dict[str, object], status: int, code: str
) -> None:
    entries = small_web.entries()
    answer = small_web.post("administrator", "/units", {**UNIT, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert small_web.entries() == entries


def test_a_neighbours_unit_is_nobody_elses_and_takes_no_id_from_us(small_web: Web) -> None:
    made = small_web.neighbour("administrator", "POST", "/units", json=UNIT)
    assert made.status_code == 201, made.text
    under = {**UNIT, "id": "other_desk", "parent": "startup_desk"}
    answer = small_web.post("administrator", "/units", under)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_unit")
    assert small_web.post("administrator", "/units", UNIT).status_code == 201


def test_a_key_enters_a_unit_once(small_web: Web) -> None:
    headers = {"Idempotency-Key": "unit-1"}
    first = small_web.post("administrator", "/units", UNIT, headers=headers)
    again = small_web.post("administrator", "/units", UNIT, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_role_is_given_and_ended(web: Web) -> None:
    body = {"person": "p025", "role": "clerk", "valid_from": "2026-07-01"}
    made = web.post("administrator", "/grants", body)
    assert made.status_code == 201, made.text
    roles = {grant["role"] for grant in web.get("unit_staff", "/me").json()["grants"]}
    assert "clerk" in roles
    ended = web.request(
        "administrator", "PATCH", f"/grants/{made.json()['id']}", json={"valid_to": "2026-07-05"}
    )
    assert ended.status_code == 204
    roles = {grant["role"] for grant in web.get("unit_staff", "/me").json()["grants"]}
    assert "clerk" not in roles


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"person": "p025", "role": "emperor", "valid_from": "2026-07-01"}, 422, "unknown_role"),
        ({"person": "p900", "role": "clerk", "valid_from": "2026-07-01"}, 404, "unknown_person"),
        (
            {"person": "p025", "role": "clerk", "unit": "nowhere", "valid_from": "2026-07-01"},
            404,
            "unknown_unit",
        ),
        (
            {
                "person": "p025",
                "role": "clerk",
                "valid_from": "2026-07-01",
                "valid_to": "2026-06-01",
            },
            422,
            "ends_before_it_begins",
        ),
        ({"person": "p025", "role": "clerk", "valid_from": 20260701}, 422, "invalid_input"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    small_web: Web, body: dict[str, object], status: int, code: str
) -> None:
    answer = small_web.post("administrator", "/grants", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_role_is_lent_and_the_deputy_acts_for_the_giver(web: Web) -> None:
    body = {
        "giver": "p001",
        "deputy": "p002",
        "role": "director",
        "document": "QĐ 12/QĐ-SKHCN",
        "valid_from": "2026-07-01",
        "valid_to": "2026-07-31",
    }
    assert web.post("director", "/delegations", body).status_code == 201
    listed = web.get("administrator", "/delegations").json()["items"]
    lent = {(item["giver"], item["deputy"], item["role"]) for item in listed}
    assert ("p001", "p002", "director") in lent
    grants = web.get("deputy_director", "/me").json()["grants"]
    assert {"director": "p001"}.items() <= {g["role"]: g["on_behalf_of"] for g in grants}.items()
    own = {**body, "deputy": "p001"}
    assert web.post("director", "/delegations", own).status_code == 422


def test_a_day_off_moves_what_is_due_from_then_on(web: Web) -> None:
    audit = web.open_audit()
    assert audit["due"] == {
        "on": "2026-07-20",
        "at": "2026-07-21T00:00:00+07:00",
        "rule": "10wd, roll: back",
        "calendar": 1,
    }
    listed = web.get("unit_staff", "/holidays?year=2026&limit=1")
    seen = {"If-Match": listed.headers["etag"]}
    body = {"day": "2026-07-07", "kind": "off", "label": "Nghỉ tránh bão", "source": "CĐ 05"}

    def enter(**more: Any) -> Any:
        headers = more.pop("headers", seen)
        return web.post("administrator", "/holidays", {**body, **more}, headers=headers)

    assert enter(headers={}).status_code == 428
    shown = enter(dry_run=True)
    assert shown.headers["etag"] == seen["If-Match"]
    told = shown.json()
    assert (told["edition"], told["moved_total"], told["retimed"]) == (2, 1, 0)
    (moved,) = told["moved"]
    assert (moved["code"], moved["old"], moved["new"]) == (
        audit["code"],
        "2026-07-20",
        "2026-07-21",
    )
    assert web.get("iso_secretary", f"/instances/{audit['id']}").json()["due_on"] == "2026-07-20"
    done = enter()
    assert done.json() == {**told, "dry_run": False}
    assert done.headers["etag"] == '"2"'
    assert web.get("iso_secretary", f"/instances/{audit['id']}").json()["due"]["calendar"] == 2
    stale = enter(day="2026-07-08")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_calendar")
    assert stale.headers["etag"] == '"2"'
    seen["If-Match"] = '"2"'
    faulty = enter(day="2026-07-09", source=" ")
    assert (faulty.status_code, faulty.json()["faults"][0]["field"]) == (422, "source")
    assert enter(unit="nowhere").status_code == 404
    gone = web.request("administrator", "DELETE", "/holidays/2026-07-07?source=CĐ 06", headers=seen)
    assert (gone.status_code, gone.json()["moved"][0]["new"]) == (200, "2026-07-20")


def test_days_leave_as_a_sheet_and_come_back_as_they_were(small_web: Web) -> None:
    rota = {"from": "2026-08-01", "source": "QC 1", "weekend": [7], "cut_off": "15:30"}
    rule = {"kind": "working_time", "unit": "one_stop", "rule": rota}
    seen = {"If-Match": '"1"'}
    assert small_web.post("administrator", "/calendar-rules", rule, headers=seen).is_success
    wrong = {**rule, "rule": {**rota, "weekend": [8]}}
    seen = {"If-Match": '"2"'}
    answer = small_web.post("administrator", "/calendar-rules", wrong, headers=seen)
    assert (answer.status_code, answer.json()["code"]) == (422, "calendar_file_invalid")
    rules = small_web.get("unit_staff", "/calendar-rules").json()["items"]
    assert {(row["kind"], row["unit"]) for row in rules} == {
        ("working_time", None),
        ("working_time", "one_stop"),
        ("periods", None),
        ("one_stop", None),
    }
    sheet = small_web.get("unit_staff", "/holidays/export?format=csv&year=2026")
    assert "Ngày Văn hóa Việt Nam" in sheet.text
    back = small_web.post(
        "administrator",
        "/holidays/import",
        headers=seen,
        files={"file": ("lich.csv", sheet.content)},
    )
    assert back.status_code == 200, back.text
    assert (back.json()["entered"], back.json()["edition"]) == (0, 2)
    assert back.json()["unchanged"] > 10
    faulty = small_web.post(
        "administrator",
        "/holidays/import",
        headers=seen,
        files={"file": ("lich.csv", "Ngày;Loại ngày;Tên gọi;Văn bản\n1/13/2026;Nghỉ;;\n".encode())},
    )
    assert faulty.status_code == 422
    told = {(fault["row"], fault["field"]) for fault in faulty.json()["faults"]}
    assert told == {(2, "day"), (2, "kind"), (2, "label"), (2, "source")}


def test_a_newer_library_shows_its_difference_and_asks(small_web: Web) -> None:
    assert small_web.get("administrator", "/holidays/library").json()["items"] == []
    # As if an older library had been copied: it knew nothing of a day, and estimated another one.
    with small_web.office.runtime.write(OFFICE) as uow:
        old = "holidays 0.80"
        made_up = CalendarDay(date(2026, 3, 3), DayKind.OFF, "Nghỉ", old, official=False)
        change = CalendarChange(
            days=(DayRow(day=made_up),), removed=((None, date(2027, 9, 2)),), source=old
        )
        uow.tables.calendars.write(change, by="system", at=uow.now, new_id=uow.new_id)
        uow.commit()
    asked = small_web.get("administrator", "/holidays/library").json()["items"]
    assert [(item["day"], item["old"], item["new"]) for item in asked] == [
        ("2026-03-03", "off", None),
        ("2027-09-02", None, "off"),
    ]
    body = {"source": "Đối chiếu thư viện"}
    done = small_web.post("administrator", "/holidays/library", body, headers={"If-Match": '"2"'})
    assert done.json()["edition"] == 3
    assert small_web.get("administrator", "/holidays/library").json()["items"] == []


def test_the_clock_of_a_demonstration_moves_forward_and_fires_what_falls_due(web: Web) -> None:
    web.client.app.state.house = _with_clock(web)  # type: ignore[attr-defined]
    web.open_audit()
    moved = web.post("administrator", "/demo/clock", {"to": "2026-07-27T09:00:00+07:00"})
    assert moved.status_code == 200, moved.text
    assert moved.json()["now"] == "2026-07-27T09:00:00+07:00"
    assert moved.json()["fired"] > 0
    told = web.get("iso_secretary", "/inbox").json()["messages"]
    assert any("IA-2026-01" in message["text"] for message in told)
    back = web.post("administrator", "/demo/clock", {"to": "2026-07-06T09:00:00+07:00"})
    assert (back.status_code, back.json()["code"]) == (422, "clock_moves_forward_only")


def test_where_time_is_real_no_clock_moves(small_web: Web) -> None:
    answer = small_web.post("administrator", "/demo/clock", {"to": "2026-07-27T09:00:00+07:00"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_demonstration")


def _with_clock(web: Web) -> object:
    """The house with the clock of the test, as a demonstration has it."""
    house = web.client.app.state.house  # type: ignore[attr-defined]
    return type(house)(
        runtime=house.runtime,
        settings=house.settings,
        words=house.words,
        passwords=house.passwords,
        throttle=house.throttle,
        cookie=house.cookie,
        signing_key=house.signing_key,
        clock=web.office.clock,
    )
