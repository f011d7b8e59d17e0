"""Who has what to do, asked over HTTP."""

from tests.api.test_shortages import without_holders
from tests.api.web import Web
from tests.engine.equipment import another, start

HEAD = "unit_head_science_management"


def test_open_work_is_told_by_person_role_and_unit_in_pages(web: Web) -> None:
    start(web.office)
    another(web.office)
    head = web.office.people[HEAD]
    first = web.get("clerk", f"/work?person={head}&limit=1").json()
    assert [load["key"] for load in first["by_role"]] == ["unit_head"]
    (mine,) = [load for load in first["by_person"] if load["key"] == head]
    assert (mine["cases"], mine["overdue"]) == (2, 0)
    assert mine["title"]
    assert [(load["key"], load["cases"]) for load in first["by_unit"]] == [
        ("science_management", 2)
    ]
    (item,) = first["items"]
    (step,) = item["steps"]
    assert (step["transition"], step["people"], step["named"]) == ("report", [head], False)
    second = web.get("clerk", f"/work?person={head}&limit=1&cursor={first['next']}").json()
    assert second["items"][0]["instance"]["code"] != item["instance"]["code"]
    assert second["next"] is None
    # A cursor belongs to what was asked for.
    stray = web.get("clerk", f"/work?role=unit_head&limit=1&cursor={first['next']}")
    assert (stray.status_code, stray.json()["code"]) == (400, "cursor_invalid")


def test_what_nobody_can_lead_on_is_found(web: Web) -> None:
    start(web.office)
    assert web.get("clerk", "/work?stuck=true").json()["items"] == []
    without_holders(web.office, "unit_head")
    found = web.get("clerk", "/work?stuck=true").json()
    assert found["stuck"] == 1
    assert found["items"][0]["stuck"]
    assert found["items"][0]["steps"][0]["people"] == []
