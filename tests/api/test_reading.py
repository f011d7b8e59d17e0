"""What is read over HTTP: definitions, the log, the plan, who I am, and what describes it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.commands.enter_plan import enter_plan
from tests.api.web import Web
from tests.fixtures import OFFICE

ROOT = Path(__file__).parents[2]


def test_definitions_are_listed_and_shown_whole(web: Web) -> None:
    listed = web.get("director", "/definitions?limit=200").json()
    known = {item["process"]: item for item in listed["items"]}
    assert {"internal_audit", "corrective_action"} <= known.keys()
    assert known["internal_audit"]["title"] == "Đánh giá nội bộ"
    assert known["internal_audit"]["may_open"] is False
    shown = web.get("iso_secretary", "/definitions/internal_audit").json()
    assert shown["may_open"] is True
    assert shown["definition"]["states"]["draft"]["title"]["vi"] == "Dự thảo"
    version = web.get("director", "/definitions/internal_audit/versions/5").json()
    assert version["digest"] == shown["digest"]


@pytest.mark.parametrize(
    ("form", "media_type", "word"),
    [
        ("mermaid", "text/plain", "stateDiagram"),
        ("dot", "text/vnd.graphviz", "digraph"),
        ("svg", "image/svg+xml", "<svg"),
        ("scxml", "application/scxml+xml", "scxml"),
        ("bpmn", "application/bpmn+xml", "BPMNDiagram"),
    ],
)
def test_a_definition_is_drawn(small_web: Web, form: str, media_type: str, word: str) -> None:
    answer = small_web.get("director", f"/definitions/internal_audit/diagram?format={form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert word in answer.text


def test_an_unknown_drawing_names_the_known_ones(small_web: Web) -> None:
    answer = small_web.get("director", "/definitions/internal_audit/diagram?format=gif")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["field"] == "format"
    assert "svg" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/definitions/nothing",
        "/definitions/internal_audit/versions/99",
        "/instances/nothing",
        "/instances/nothing/log",
        "/evidence/nothing",
        "/evidence/nothing/content",
        "/plans/2031",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(small_web: Web, path: str) -> None:
    answer = small_web.get("director", path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_version_that_is_missing_is_told_apart_from_a_process(small_web: Web) -> None:
    answer = small_web.get("director", "/definitions/internal_audit/versions/99").json()
    assert answer["code"] == "unknown_version"
    assert "không có phiên bản 99. Đã ban hành: 5." in answer["detail"]
    answer = small_web.get("director", "/definitions/nothing/versions/2").json()
    assert answer["code"] == "unknown_definition"


def test_the_log_is_read_newest_last_and_followed(web: Web) -> None:
    audit = web.open_audit()
    web.step("iso_secretary", audit["id"], "submit", 0)
    web.step("unit_staff", audit["id"], "submit", 0)
    log = web.get("external_auditor", "/log?process=internal_audit").json()
    kinds = [(e["type"], e["outcome"]) for e in log["items"] if e["instance"]]
    assert kinds == [
        ("instance_created", "accepted"),
        ("transition", "refused"),
        ("transition", "refused"),
    ]
    refused = web.get("director", "/log?outcome=refused&transition=submit").json()["items"]
    assert [e["actor"] for e in refused] == ["p005", "p025"]
    assert "evidence_missing:plan" in refused[0]["unmet"]
    assert refused[0]["actor_name"] == "Vũ Ngọc Quỳnh Anh"
    after = web.get("director", f"/log?after={refused[0]['index']}").json()["items"]
    assert after[0]["index"] == refused[0]["index"] + 1
    since = web.get("director", "/log?from=2026-07-06T00:00:00%2B07:00&actor=p025&type=transition")
    assert [e["transition"] for e in since.json()["items"]] == ["submit"]
    assert web.get("director", "/log?to=2026-07-05T00:00:00Z&actor=p025").json()["items"] == []


def test_the_log_comes_in_pages(web: Web) -> None:
    for _ in range(3):
        web.open_audit()
    web.token("director")
    whole = [e["index"] for e in web.get("director", "/log?limit=200").json()["items"]]
    seen: list[int] = []
    cursor = ""
    while True:
        answer = web.get("director", f"/log?limit=4{cursor}").json()
        seen += [e["index"] for e in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert seen == whole == list(range(answer["size"]))


def test_the_plan_of_a_year_has_its_instances(web: Web) -> None:
    audit = web.open_audit()
    body = {"rows": [{"code": "4", "processes": ["internal_audit"]}, {"code": "5"}]}
    enter_plan(web.office.runtime, OFFICE, 2026, body)
    plan = web.get("director", "/plans/2026").json()
    assert plan["plan"] == body
    assert [found["id"] for found in plan["instances"]["4"]] == [audit["id"]]
    assert plan["instances"]["5"] == []


def test_i_am_who_my_credential_says(small_web: Web) -> None:
    me = small_web.get("iso_secretary", "/me", headers={"Accept-Language": "en"}).json()
    assert (me["person"], me["name"], me["unit"]) == ("p005", "Vũ Ngọc Quỳnh Anh", "office")
    assert {"role": "iso_secretary", "title": "ISO secretary"}.items() <= me["grants"][0].items()
    assert me["organization"]["slug"] == "skhcn"
    assert me["scopes"] == ["admin", "evidence", "import", "read", "step"]
    assert me["now"] == "2026-07-06T08:00:00+07:00"


def test_units_and_holidays_are_for_everybody(small_web: Web) -> None:
    units = small_web.get("unit_staff", "/units?limit=200").json()["items"]
    assert "tdc" in {unit["id"] for unit in units}
    days = small_web.get("unit_staff", "/holidays?limit=5").json()
    assert len(days["items"]) == 5
    assert days["next"] is not None


BODILESS = frozenset(
    {
        "post_cancel",
        "post_verification",
        "post_verification_cancel",
        "post_secret",
        "post_redelivery",
    }
)
"""Posts that say all in their address."""


def test_every_address_is_described(small_web: Web) -> None:
    described: dict[str, Any] = small_web.client.get("/api/v1/openapi.json").json()
    json.dumps(described)
    assert described["openapi"].startswith("3.")
    operations = {
        (path, method): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    step = operations["/instances/{instance}/transitions", "post"]
    assert {parameter["name"] for parameter in step["parameters"]} == {
        "instance",
        "If-Match",
        "Idempotency-Key",
        "prefer",
        "receipt",
    }
    assert step["requestBody"]["content"].keys() == {"application/json", "multipart/form-data"}
    opened = operations["/instances", "post"]
    assert opened["responses"]["201"]["links"]["step"]["operationId"] == "post_transition"
    for (_, method), operation in operations.items():
        assert "default" in operation["responses"]
        if method == "post":
            bodiless = operation["operationId"] in BODILESS
            assert ("requestBody" in operation) != bodiless, operation["operationId"]
    references = {
        part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]
    }
    assert references <= described["components"]["schemas"].keys()


def test_every_address_that_the_document_tells_of_is_there(small_web: Web) -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    told = set(re.findall(r"\$BASE/api/v1(/[^\s\"'?]+)", text))
    told |= set(re.findall(r"`(?:GET|POST|PATCH|DELETE) (/[^\s`?]+)", text))
    told.discard("/api/v1/openapi.json")
    assert len(told) > 15
    paths = small_web.get("director", "/openapi.json").json()["paths"]
    for address in told:
        # What the shell or the reader puts in, and what the description calls by another name.
        typed = re.sub(r"\$[A-Z]+|\{[a-z]+\}", "x", address)
        known = (re.sub(r"\{[a-z_]+\}", "[^/]+", path) for path in paths)
        assert any(re.fullmatch(path, typed) for path in known), address


def test_the_process_lives_and_waits_for_its_worker(small_web: Web) -> None:
    assert small_web.client.get("/healthz").json() == {"status": "ok"}
    answer = small_web.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": True,
        "evidence": True,
        "worker": False,
        "log": True,
    }
