"""Subscriptions over HTTP: made, listed, paused, ended; a secret is shown once."""

from collections.abc import Mapping

import pytest

from engine.commands.deliver_webhooks import deliver_webhooks
from tests.api.web import Web
from tests.fixtures import OFFICE

URL = "https://receiver.example/hook"


class Answering:
    """A receiver that answers as it is told."""

    def __init__(self, status: int) -> None:
        self.status = status

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url == URL
        assert body
        assert headers["webhook-signature"].startswith("v1,")
        return self.status


def subscribe(web: Web) -> dict[str, str]:
    answer = web.post("administrator", "/webhooks", {"name": "Trục liên thông", "url": URL})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/webhooks/{answer.json()['id']}"
    made: dict[str, str] = answer.json()
    return made


def test_a_subscription_is_made_seen_paused_and_ended(web: Web) -> None:
    made = subscribe(web)
    place = f"/webhooks/{made['id']}"
    assert made["secret"].startswith("whsec_")
    listed = web.get("administrator", "/webhooks").json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "secret" not in listed[0]
    assert web.request("administrator", "PATCH", place, json={"active": False}).status_code == 204
    assert web.get("administrator", place).json()["status"] == "paused"
    assert web.request("administrator", "PATCH", place, json={"active": True}).status_code == 204
    changed = web.post("administrator", f"{place}/secret").json()
    assert changed["secret"] not in {made["secret"], None}
    assert web.request("administrator", "DELETE", place).status_code == 204
    assert web.get("administrator", place).status_code == 404
    assert web.get("administrator", "/webhooks").json()["items"] == []


def test_deliveries_are_listed_in_pages_and_sent_again(web: Web) -> None:
    place = f"/webhooks/{subscribe(web)['id']}/deliveries"
    audit = web.open_audit()
    web.attach("iso_secretary", audit["id"], "plan")
    deliver_webhooks(web.office.runtime, OFFICE, Answering(200), source="https://x.example")
    first = web.get("administrator", f"{place}?limit=1").json()
    second = web.get("administrator", f"{place}?limit=1&cursor={first['next']}").json()
    newest, older = first["items"][0], second["items"][0]
    assert newest["entry"] > older["entry"]
    assert (newest["status"], newest["outcome"], newest["attempts"]) == ("delivered", "200", 1)
    again = web.post("administrator", f"{place}/{newest['id']}/redeliver")
    assert again.status_code == 201
    waiting = web.post("administrator", f"{place}/{again.json()['id']}/redeliver")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "delivery_waiting")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "http://receiver.example/"}, "webhook_url_refused"),
        ({"url": "https://169.254.169.254/latest"}, "webhook_url_refused"),
        ({"types": ["made.up"]}, "unknown_event_type"),
        ({"processes": ["made_up"]}, "unknown_definition"),
        ({"name": ""}, "invalid_input"),
        ({"more": 1}, "invalid_input"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_with_its_reason(
    small_web: Web, change: dict[str, object], code: str
) -> None:
    answer = small_web.post("administrator", "/webhooks", {"name": "x", "url": URL, **change})
    assert answer.status_code in {404, 422}
    assert answer.json()["code"] == code
    assert small_web.get("administrator", "/webhooks").json()["items"] == []


def test_a_neighbour_sees_and_touches_nothing_of_it(small_web: Web) -> None:
    place = f"/webhooks/{subscribe(small_web)['id']}"
    for method, path in (
        *(("GET", place), ("GET", f"{place}/deliveries"), ("DELETE", place)),
        ("POST", f"{place}/secret"),
    ):
        assert small_web.neighbour("administrator", method, path).status_code == 404
    assert small_web.neighbour("administrator", "GET", "/webhooks").json()["items"] == []
