"""Deadlines over HTTP, in order and narrowed; feeds are one's own."""

from datetime import datetime, timedelta

from icalendar import Calendar
from sqlalchemy import text

from tests.api.web import Web
from tests.fixtures import OFFICE


def test_deadlines_come_in_order_and_narrowed(web: Web) -> None:
    first, second = web.open_audit(), web.open_audit()
    found = web.get("iso_secretary", "/deadlines").json()["items"]
    ids = [one["instance"]["id"] for one in found]
    assert set(ids) == {first["id"], second["id"]}
    assert [one["due_on"] for one in found] == sorted(one["due_on"] for one in found)
    assert all(one["mine"] for one in found)
    due = found[0]["due_on"]
    assert len(web.get("director", f"/deadlines?from={due}&to={due}").json()["items"]) == 2
    assert web.get("director", "/deadlines?to=2026-01-01").json()["items"] == []
    assert web.get("director", "/deadlines?process=steering_review").json()["items"] == []
    assert web.get("external_auditor", "/deadlines?mine=true").json()["items"] == []
    page = web.get("director", "/deadlines?limit=1").json()
    rest = web.get("director", f"/deadlines?limit=1&cursor={page['next']}").json()
    assert page["items"][0]["instance"]["id"] != rest["items"][0]["instance"]["id"]
    assert web.neighbour("director", "GET", "/deadlines").json()["items"] == []


def test_a_feed_is_read_by_its_address_alone_as_calendar_programs_read_it(web: Web) -> None:
    case = web.open_audit()
    due = web.get("director", "/deadlines").json()["items"][0]["due_on"]
    made = web.post("external_auditor", "/calendar", {"mine": False}).json()
    nothing = web.post("external_auditor", "/calendar", {"mine": True}).json()
    answer = web.client.get(made["address"].removeprefix("http://localhost"))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["uid"]) == f"{case['id']}@localhost"
    assert event.decoded("dtstart").isoformat() == due
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)
    assert str(event["summary"]).startswith(f"Hạn: {case['code']}")
    assert str(event["url"]) == f"http://localhost/instances/{case['id']}"
    empty = web.client.get(nothing["address"].removeprefix("http://localhost"))
    assert Calendar.from_ical(empty.content).walk("VEVENT") == []
    web.office.clock.move_to(datetime.fromisoformat(f"{due}T00:00:00+00:00") + timedelta(days=2))
    late = web.client.get(made["address"].removeprefix("http://localhost"))
    (event,) = Calendar.from_ical(late.content).walk("VEVENT")
    assert str(event["summary"]).startswith("Quá hạn:")
    assert web.client.get("/api/v1/calendar/guess.ics").status_code == 404


def test_a_feed_ends_with_its_person(web: Web) -> None:
    made = web.post("office", "/calendar", {}).json()
    address = made["address"].removeprefix("http://localhost")
    assert web.client.get(address).status_code == 200
    with web.office.runtime.write(OFFICE) as uow:
        left = text("UPDATE person SET valid_to = '2026-07-05' WHERE id = :person")
        uow.tables.session.execute(left, {"person": web.office.people["office"]})
        uow.commit()
    assert web.client.get(address).status_code == 404


def test_a_feed_is_made_listed_and_revoked_by_its_owner_alone(web: Web) -> None:
    made = web.post("director", "/calendar", {"mine": False})
    assert made.status_code == 201
    address = made.json()["address"].removeprefix("http://localhost/api/v1")
    assert web.client.get(f"/api/v1{address}").status_code == 200
    feed = made.json()["id"]
    assert [one["id"] for one in web.get("director", "/calendar").json()["items"]] == [feed]
    assert web.get("office", "/calendar").json()["items"] == []
    assert web.request("office", "DELETE", f"/calendar/{feed}").status_code == 404
    assert web.request("director", "DELETE", f"/calendar/{feed}").status_code == 204
    assert web.request("director", "DELETE", f"/calendar/{feed}").status_code == 404
    assert web.client.get(f"/api/v1{address}").status_code == 404
    for _ in range(10):
        assert web.post("director", "/calendar", {}).status_code == 201
    assert web.post("director", "/calendar", {}).json()["code"] == "feeds_too_many"
