"""Letterheads over HTTP: dated, told to everybody, set by administrators alone, logged."""

from typing import Any

import pytest

from engine.storage.audit_log import LogFilter
from tests.api.web import Web
from tests.fixtures import OFFICE

LETTERHEAD: dict[str, Any] = {
    "issuer": "agency",
    "parent": {"vi": "UBND thành phố X", "en": "People's Committee of X"},
    "place": {"vi": "X", "en": "X"},
    "symbol": "SKHCN",
    "drafter": "VP",
    "filing": "VT, VP (ISO)",
    "signers": [
        {
            "role": "director",
            "title": {"vi": "Quyền Giám đốc", "en": "Acting Director"},
            "authority": {"vi": "Q. Giám đốc", "en": "Acting"},
        }
    ],
    "valid_from": "2026-07-07",
}


def plan_of(web: Web, instance: str, language: str = "vi") -> str:
    address = f"/instances/{instance}/documents/plan?language={language}"
    text: str = web.get("director", address).text
    return text


def test_a_letterhead_holds_from_its_day_and_the_one_before_stays(web: Web) -> None:
    audit = web.open_audit()["id"]
    before = plan_of(web, audit)
    assert "UBND thành phố Hải Phòng" in before
    made = web.post("administrator", "/letterheads", LETTERHEAD)
    assert made.status_code == 201, made.text
    assert plan_of(web, audit) == before, "it begins tomorrow"
    web.office.clock.forward(days=1)
    after = plan_of(web, audit)
    assert "UBND thành phố X" in after
    assert "Q. Giám đốc" in after
    assert "Quyền Giám đốc" in after
    english = plan_of(web, audit, "en")
    assert "People&#39;s Committee of X" in english
    assert "Acting Director" in english
    listed = {one["issuer"]: one for one in web.get("clerk", "/letterheads").json()["items"]}
    assert sorted(listed) == ["agency", "office", "steering_committee"]
    assert listed["agency"]["place"] == {"vi": "X", "en": "X"}
    with web.office.runtime.read(OFFICE) as uow:
        found = uow.tables.log.read(LogFilter(), limit=10_000)
    entry = next(one for one in reversed(found) if one.type == "organization_changed")
    assert (entry.actor, entry.stream) == ("p032", "organization")
    assert b'"subject":"agency"' in entry.body


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"symbol": "skhcn"}, 422, "invalid_input"),
        ({"symbol": "SK HCN"}, 422, "invalid_input"),
        ({"issuer": "Ban"}, 422, "invalid_input"),
        ({"place": {"vi": "X"}}, 422, "invalid_input"),
        ({"filing": "VT\nVP"}, 422, "invalid_input"),
        ({"more": 1}, 422, "invalid_input"),
        ({"signers": [{**LETTERHEAD["signers"][0], "role": "king"}]}, 422, "unknown_role"),
        ({"signers": LETTERHEAD["signers"] * 2}, 422, "signer_twice"),
    ],
)
def test_a_letterhead_that_cannot_be_is_refused(
    small_web: Web, change: dict[str, Any], status: int, code: str
) -> None:
    answer = small_web.post("administrator", "/letterheads", {**LETTERHEAD, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_but_an_administrator_sets_one_and_a_neighbour_keeps_its_own(small_web: Web) -> None:
    for username in ("director", "clerk", "external_auditor"):
        assert small_web.post(username, "/letterheads", LETTERHEAD).status_code == 403
    today = {**LETTERHEAD, "valid_from": "2026-07-06"}
    assert small_web.post("administrator", "/letterheads", today).status_code == 201
    theirs = small_web.neighbour("director", "GET", "/letterheads").json()["items"]
    assert all(one["place"]["vi"] == "Hải Phòng" for one in theirs)


def test_a_second_click_sets_it_once(small_web: Web) -> None:
    headers = {"Idempotency-Key": "letterhead-1"}
    first = small_web.post("administrator", "/letterheads", LETTERHEAD, headers=headers)
    again = small_web.post("administrator", "/letterheads", LETTERHEAD, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
