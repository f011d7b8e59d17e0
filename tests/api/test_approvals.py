"""An approval is bound to what was approved: what ends it, who hears of it, what then refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogFilter
from tests.api.web import Web, pdf
from tests.fixtures import OFFICE
from tests.signed_paper import WORDS

PLAN = {"vi": "Phê duyệt kế hoạch", "en": "Approval of the plan"}
FILE = {"vi": "Kế hoạch", "en": "Plan"}
SLOT = {"vi": "Lịch", "en": "Schedule"}
DAY = {"vi": "Ngày", "en": "Day"}


def process() -> Process:
    staying = {"from": ["approved"], "to": "=", "internal": True}
    return Process.model_validate(
        {
            "format": 1,
            "process": "bound_plan",
            "version": 1,
            "title": WORDS,
            "code": "BP",
            "roles": ["director", "iso_secretary"],
            "opens": ["iso_secretary"],
            "fields": {
                "day": {"type": "date", "title": DAY},
                "place": {"type": "text", "title": WORDS},
            },
            "records": {
                "slot": {
                    "title": SLOT,
                    "edit_in": ["drafted", "approved"],
                    "by": ["iso_secretary"],
                    "columns": {
                        "what": {"type": "text", "title": WORDS},
                        "done": {"type": "boolean", "title": WORDS},
                    },
                }
            },
            "evidence": {
                "plan": {"title": FILE, "accept": ["pdf"], "from": ["iso_secretary"]},
                "other": {"title": WORDS, "accept": ["pdf"], "from": ["iso_secretary"]},
            },
            "approvals": {
                "plan": {
                    "title": PLAN,
                    "evidence": ["plan"],
                    "records": {"slot": ["what"]},
                    "fields": ["day"],
                }
            },
            "initial": "drafted",
            "states": {
                "drafted": {"title": WORDS, "due": "5d"},
                "approved": {"title": WORDS, "due": "5d"},
                "done": {"title": WORDS, "final": "success"},
            },
            "transitions": {
                "approve": {
                    "title": WORDS,
                    "from": "drafted",
                    "to": "approved",
                    "by": ["director"],
                    "approves": ["plan"],
                },
                "approve_again": {
                    **staying,
                    "title": WORDS,
                    "by": ["director"],
                    "approves": ["plan"],
                },
                "move": {
                    **staying,
                    "title": WORDS,
                    "by": ["iso_secretary"],
                    "may_set": ["day", "place"],
                },
                "finish": {
                    "title": WORDS,
                    "from": "approved",
                    "to": "done",
                    "by": ["iso_secretary"],
                    "approved": ["plan"],
                    "evidence": ["other"],
                },
            },
        }
    )


class Plan:
    """A plan that the Director has approved, with a file and a row."""

    def __init__(self, web: Web) -> None:
        self.web = web
        publish_definitions(web.office.runtime, OFFICE, [process()])
        opened = web.post("iso_secretary", "/instances", {"process": "bound_plan"})
        self.id = str(opened.json()["id"])
        refused = web.step("director", self.id, "approve", 0)
        assert [one["code"] for one in refused.json()["unmet"]] == ["evidence_missing"]
        self.file = self.attach("plan", "một")
        rows = f"/instances/{self.id}/records/slot"
        made = web.post("iso_secretary", rows, {"values": {"what": "xem", "done": False}})
        self.row = f"{rows}/{made.json()['id']}"
        approved = web.step("director", self.id, "approve", 0)
        assert approved.status_code == 200, approved.text
        self.entry = approved.json()["entry"]

    def attach(self, requirement: str, word: str, **more: Any) -> str:
        made = self.web.attach("iso_secretary", self.id, requirement, content=pdf(word), **more)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def change_row(self, version: int = 1, **values: Any) -> None:
        headers = {"If-Match": f'"{version}"'}
        body = {"values": values}
        answer = self.web.request("iso_secretary", "PATCH", self.row, json=body, headers=headers)
        assert answer.status_code == 200, answer.text

    def move(self, **fields: Any) -> None:
        version = self.state()["version"]
        answer = self.web.step("iso_secretary", self.id, "move", version, fields=fields)
        assert answer.status_code == 200, answer.text

    def state(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.web.get("director", f"/instances/{self.id}").json()
        return shown

    def approval(self) -> dict[str, Any]:
        (given,) = self.state()["approvals"]
        return dict(given)

    def finish(self) -> Any:
        version = self.state()["version"]
        return self.web.step("iso_secretary", self.id, "finish", version, dry_run=True).json()


@pytest.fixture
def plan(small_web: Web) -> Plan:
    return Plan(small_web)


CHANGES: dict[str, tuple[Callable[[Plan], object], str]] = {
    "a further file": (lambda plan: plan.attach("plan", "hai"), "evidence:plan"),
    "a file replaced": (
        lambda plan: plan.attach("plan", "ba", supersedes=plan.file),
        "evidence:plan",
    ),
    "a row changed": (lambda plan: plan.change_row(what="hỏi"), "records:slot"),
    "a row retired": (
        lambda plan: plan.web.request(
            "iso_secretary", "DELETE", plan.row, headers={"If-Match": '"1"'}
        ),
        "records:slot",
    ),
    "a field set by a step": (lambda plan: plan.move(day="2026-08-01"), "fields:day"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_was_approved_ends_the_approval(plan: Plan, name: str) -> None:
    change, part = CHANGES[name]
    plan.attach("other", "khác")
    assert plan.approval()["holds"]
    assert plan.finish()["accepted"]
    change(plan)
    given = plan.approval()
    assert (given["holds"], given["changed"]) == (False, [part])
    assert given["ended_by"] == plan.web.office.people["iso_secretary"]
    (unmet,) = plan.finish()["unmet"]
    assert (unmet["code"], unmet["subject"], unmet["who_can"]) == ("approval", "plan", ["director"])
    assert "Phê duyệt kế hoạch" in unmet["message"]


def test_what_was_not_approved_may_change(plan: Plan) -> None:
    plan.attach("other", "khác")
    plan.change_row(done=True)
    plan.move(place="Hội trường")
    plan.attach("plan", "một")  # the same bytes again
    assert plan.approval()["holds"]
    version = plan.state()["version"]
    again = plan.web.step("director", plan.id, "approve_again", version)
    assert [one["code"] for one in again.json()["unmet"]] == ["approval_stands"]


def test_an_approval_that_ended_is_asked_for_again_and_given_anew(web: Web) -> None:
    plan = Plan(web)
    plan.attach("other", "khác")
    plan.change_row(what="hỏi")
    # Taking the change back brings nothing back: who approved has to look again.
    plan.change_row(2, what="xem")
    assert not plan.approval()["holds"]
    told = web.get("director", "/inbox").text
    assert "đã mất hiệu lực" in told

    assert web.step("director", plan.id, "approve_again", 1).status_code == 200
    assert plan.approval()["holds"]
    assert web.step("iso_secretary", plan.id, "finish", 2).status_code == 200

    with web.office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=plan.id), limit=100)
    first = next(entry for entry in entries if entry.idx == plan.entry)
    # The leaf names the bytes that were approved, though the step asks for no file itself.
    assert [ref["id"] for ref in json.loads(first.body)["evidence"]] == [plan.file]
    assert first.payload is not None
    assert set(first.payload.details["approves"]["plan"]) == {
        "evidence:plan",
        "records:slot",
        "fields:day",
    }
    ended = [entry for entry in entries if entry.type == "approval_voided"]
    assert [entry.payload.details["changed"] for entry in ended if entry.payload] == [
        ["records:slot"]
    ]
    assert verify_log(web.office.runtime, OFFICE).findings == ()


def test_an_approval_brought_back_behind_the_house_is_found(plan: Plan) -> None:
    plan.change_row(what="hỏi")
    with plan.web.office.runtime.write(OFFICE) as uow:
        (ended,) = uow.tables.approvals.of_instance(plan.id)
        uow.tables.approvals.give(plan.id, ended)
        uow.commit()
    found = {finding.code for finding in verify_log(plan.web.office.runtime, OFFICE).findings}
    assert found == {"approval_differs"}
