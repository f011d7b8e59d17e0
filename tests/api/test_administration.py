"""Administration over HTTP: logins, tokens, roles, delegations, days, the demonstration's clock."""

import pytest

from tests.api.web import Web

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
    before = web.open_audit()["due_on"]
    for day in ("2026-07-07", "2026-07-08"):
        body = {"day": day, "kind": "off", "label": "Nghỉ đột xuất", "source": "TB 15/TB"}
        assert web.post("administrator", "/holidays", body).status_code == 204
    after = web.open_audit()["due_on"]
    assert after > before
    body = {"day": "2026-07-09", "kind": "off", "label": "Nghỉ", "source": " "}
    assert web.post("administrator", "/holidays", body).status_code == 422


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
