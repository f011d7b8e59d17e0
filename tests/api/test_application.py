"""What stands around v1 and the pages: headers, caps, ids, methods, accidents, the log's lines."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from api.app import configure_logging, create_app
from api.settings import JSON_BYTES, Settings
from engine.storage.audit_log import LogFilter
from tests.api.web import Web, web_of
from tests.fixtures import OFFICE, Office


def test_every_answer_lets_a_browser_do_nothing(small_web: Web) -> None:
    answer = small_web.get("director", "/me")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_over_https_browsers_are_told_to_stay_there(sqlite_office: Office, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, base_url="https://qms.example")
    client = TestClient(create_app(sqlite_office.runtime, settings))
    told = client.get("/healthz").headers["strict-transport-security"]
    assert told == "max-age=31536000; includeSubDomains"


def test_every_answer_has_an_id_of_its_own(small_web: Web) -> None:
    ids = {small_web.client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/instances"),
        ("PUT", "/instances/x"),
        ("POST", "/me"),
        ("PATCH", "/log"),
        ("GET", "/transitions"),
    ],
)
def test_a_method_that_an_address_does_not_know_is_405(
    small_web: Web, method: str, path: str
) -> None:
    answer = small_web.request("director", method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert method in answer.json()["detail"]


def test_a_head_request_is_answered_without_a_body(small_web: Web) -> None:
    answer = small_web.request("director", "HEAD", "/me")
    assert (answer.status_code, answer.content) == (200, b"")


def test_no_address_changes_anything_by_get(small_web: Web) -> None:
    audit = small_web.open_audit()
    entries = small_web.entries()
    described = small_web.client.get("/api/v1/openapi.json").json()
    places = {"instance": audit["id"], "process": "internal_audit", "version": "1", "year": "2026"}
    places |= {"record_set": "slot", "name": "plan", "due_on": "2026-07-01", "code": "HS-1"}
    # What else an address names is there under no such id.
    somewhere = defaultdict(lambda: "x", places)
    for path, methods in described["paths"].items():
        if "get" in methods:
            small_web.get("administrator", path.format_map(somewhere))
    # Whoever carries the log away is written down, and that alone.
    assert small_web.entries() == entries + 1
    with small_web.office.runtime.read(OFFICE) as uow:
        assert len(uow.tables.log.read(LogFilter(type="data_exported"), limit=10)) == 1
    assert small_web.get("director", f"/instances/{audit['id']}").json()["version"] == 0


def test_a_body_is_refused_by_its_announced_length_before_it_is_read(small_web: Web) -> None:
    answer = small_web.client.post(
        "/api/v1/instances", content=b"", headers={"Content-Length": str(JSON_BYTES + 1)}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_without_a_length_is_cut_off_at_the_cap(small_web: Web) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"a" * 65_536

    answer = small_web.client.post(
        "/api/v1/instances",
        content=chunks(),
        headers={**small_web.headers("iso_secretary"), "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_form_may_be_as_large_as_the_settings_say(sqlite_office: Office, tmp_path: Path) -> None:
    web = web_of(sqlite_office, tmp_path, upload_max_bytes=2 * JSON_BYTES)
    with web.client:
        audit = web.open_audit()
        small = web.attach("iso_secretary", audit["id"], "plan", content=b"a" * JSON_BYTES)
        large = web.attach("iso_secretary", audit["id"], "plan", content=b"a" * 3 * JSON_BYTES)
    assert small.status_code == 415
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["-1", "1x", "٣"])
def test_a_length_that_is_no_number_is_refused(small_web: Web, length: str) -> None:
    answer = small_web.client.post(
        "/api/v1/instances",
        content=b"",
        headers={"Content-Length": length.encode()},  # type: ignore[dict-item]
    )
    assert answer.status_code == 400


class Broken:
    """A store that is away, or breaks in a way that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def prove(self) -> None:
        raise self._error

    def open(self, _organization_id: str, _sha256: str) -> Any:
        raise self._error

    def exists(self, _organization_id: str, _sha256: str) -> bool:
        raise self._error


def test_a_store_that_is_away_is_503(small_web: Web) -> None:
    audit = small_web.open_audit()
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    small_web.office.runtime.store = Broken(OSError("disk"))  # type: ignore[assignment]
    answer = small_web.get("director", f"/evidence/{file['id']}/content")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert small_web.client.get("/readyz").json()["checks"]["evidence"] is False


def test_an_accident_is_answered_and_logged_without_a_value(
    small_web: Web, log_lines: list[dict[str, Any]]
) -> None:
    audit = small_web.open_audit()
    file = small_web.attach("iso_secretary", audit["id"], "plan").json()
    small_web.office.runtime.store = Broken(ZeroDivisionError("bí mật"))  # type: ignore[assignment]
    answer = small_web.get("director", f"/evidence/{file['id']}/content")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert "bí mật" not in answer.text
    accidents = [line for line in log_lines if line["event"] == "accident"]
    assert [line["error"] for line in accidents] == ["ZeroDivisionError"]
    assert "bí mật" not in json.dumps(log_lines, ensure_ascii=False)


def test_a_line_of_the_log_names_the_pattern_and_nobody(
    small_web: Web, log_lines: list[dict[str, Any]]
) -> None:
    audit = small_web.open_audit()
    log_lines.clear()
    small_web.get("director", f"/instances/{audit['id']}?q=Nguyễn")
    line = next(line for line in log_lines if line["event"] == "request")
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["route"].endswith("/instances/{instance}")
    told = json.dumps(log_lines, ensure_ascii=False)
    assert audit["id"] not in told
    assert "Nguyễn" not in told
    assert "p001" not in told


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """The lines that the application logs, as values."""
    with structlog.testing.capture_logs() as lines:
        yield lines  # type: ignore[misc]


def test_lines_are_json_with_the_time_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logging()
        structlog.stdlib.get_logger("quytrinh.test").info("request", route="/x", status=200)
        logging.getLogger("other").warning("plain %s", "line")
        # A library that tells of each guard it asks would fill a disk.
        logging.getLogger("transitions.core").info("Executed callback")
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["request", "plain line"]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[0]["status"] == 200


def test_what_works_in_the_background_begins_and_ends_with_the_application(
    sqlite_office: Office, tmp_path: Path
) -> None:
    told: list[str] = []

    @contextmanager
    def background() -> Iterator[None]:
        told.append("begins")
        yield
        told.append("ends")

    settings = Settings(data_dir=tmp_path)
    app = create_app(sqlite_office.runtime, settings, background=background)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz").status_code == 200
        assert told == ["begins"]
    assert told == ["begins", "ends"]
