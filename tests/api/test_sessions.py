"""A page session speaks for the API too, when a page of ours sent the request."""

from typing import Any

import pytest

from engine.commands.manage_accounts import add_account, disable_account, log_in, log_out
from tests.api.web import Web, web_of
from tests.fixtures import OFFICE

PASSWORD = "một mật khẩu đủ dài"  # noqa: S105 - of a test's own account.
HOME = {"Sec-Fetch-Site": "same-origin"}


def logged_in(web: Web, username: str = "iso_secretary") -> Any:
    """Give somebody a login, and log in."""
    add_account(
        web.office.runtime,
        OFFICE,
        person=web.office.people[username],
        username=username,
        password_hash=web.passwords.hash(PASSWORD),
    )
    found = log_in(web.office.runtime, username, lambda kept: web.passwords.matches(PASSWORD, kept))
    assert found is not None
    web.client.cookies.set("sid", found.secret)
    return found


def opening(web: Web, **headers: str) -> Any:
    return web.client.post("/api/v1/instances", json={"process": "internal_audit"}, headers=headers)


def test_a_session_reads_with_its_cookie_alone(web: Web) -> None:
    logged_in(web)
    me = web.client.get("/api/v1/me").json()
    assert (me["person"], me["username"], me["token"], me["scopes"]) == (
        "p005",
        "iso_secretary",
        None,
        None,
    )


def test_a_session_writes_with_its_token_from_a_page_of_ours(web: Web) -> None:
    session = logged_in(web).session
    assert opening(web, **HOME, **{"X-CSRF-Token": session.csrf}).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        HOME,
        {"X-CSRF-Token": "right"},
        {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": "right"},
        {"Origin": "https://evil.example", "X-CSRF-Token": "right"},
        {**HOME, "X-CSRF-Token": "wrong"},
    ],
)
def test_a_forged_request_is_refused(small_web: Web, headers: dict[str, str]) -> None:
    session = logged_in(small_web).session
    told = {name: session.csrf if value == "right" else value for name, value in headers.items()}
    answer = opening(small_web, **told)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert small_web.get("director", "/instances").json()["items"] == []


def test_without_fetch_metadata_the_origin_decides(small_web: Web) -> None:
    session = logged_in(small_web).session
    headers = {"Origin": "http://localhost", "X-CSRF-Token": session.csrf}
    assert opening(small_web, **headers).status_code == 201


def test_a_token_beside_a_cookie_is_what_counts(small_web: Web) -> None:
    logged_in(small_web)
    me = small_web.get("director", "/me").json()
    assert me["person"] == "p001"


def test_a_session_ends_when_it_idles_and_when_it_is_old(small_web: Web) -> None:
    logged_in(small_web)
    clock = small_web.office.clock
    for _ in range(23):
        clock.forward(minutes=29)
        assert small_web.client.get("/api/v1/me").status_code == 200
    clock.forward(minutes=29)
    clock.forward(minutes=29)
    answer = small_web.client.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_dead")


def test_a_session_lives_at_most_twelve_hours(small_web: Web) -> None:
    logged_in(small_web)
    for _ in range(25):
        small_web.office.clock.forward(minutes=29)
        last = small_web.client.get("/api/v1/me").status_code
    assert last == 401


def test_a_logout_ends_the_session_at_once(small_web: Web) -> None:
    found = logged_in(small_web)
    log_out(small_web.office.runtime, found.secret, found.session)
    assert small_web.client.get("/api/v1/me").status_code == 401


def test_a_disabled_account_is_out_at_once(small_web: Web) -> None:
    logged_in(small_web)
    disable_account(small_web.office.runtime, small_web.office.as_("administrator"), "p005")
    assert small_web.client.get("/api/v1/me").status_code == 401


def test_a_revoked_token_and_an_expired_one_are_dead(small_web: Web) -> None:
    made = small_web.post(
        "iso_secretary", "/tokens", {"name": "x", "expires_at": "2026-07-06T09:00:00+07:00"}
    ).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    assert small_web.client.get("/api/v1/me", headers=headers).status_code == 200
    small_web.office.clock.forward(hours=1)
    assert small_web.client.get("/api/v1/me", headers=headers).status_code == 401
    other = small_web.post("iso_secretary", "/tokens", {"name": "y"}).json()
    headers = {"Authorization": f"Bearer {other['secret']}"}
    revoked = small_web.request("iso_secretary", "DELETE", f"/tokens/{other['id']}")
    assert revoked.status_code == 204
    assert small_web.client.get("/api/v1/me", headers=headers).status_code == 401


def test_too_many_requests_wait(sqlite_office: Any, tmp_path: Any) -> None:
    web = web_of(sqlite_office, tmp_path, read_per_minute=3, step_per_minute=1)
    with web.client:
        statuses = [web.get("director", "/me").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        answer = web.get("director", "/me")
        assert 1 <= int(answer.headers["retry-after"]) <= 61
        assert answer.json()["code"] == "too_many_requests"
        assert web.get("clerk", "/me").status_code == 200
        assert web.post("director", "/instances", {}).status_code == 422
        assert web.post("director", "/instances", {}).status_code == 429


def test_the_password_for_a_signature_cannot_be_guessed_for_long(small_web: Web) -> None:
    logged_in(small_web)
    audit = small_web.open_audit()
    statuses = [
        small_web.step("iso_secretary", audit["id"], "submit", 0, password="x" * 12).status_code
        for _ in range(6)
    ]
    assert statuses == [403] * 5 + [429]
