"""What no client library would send: bytes on the wire, to a real server."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from api.app import create_app
from api.settings import JSON_BYTES, Settings
from engine.commands.manage_accounts import make_token
from engine.queries.audit_trail import verify_log
from engine.runtime import TimeOrderedIds
from engine.storage.audit_log import LogFilter
from engine.storage.database import Database
from tests.api.web import pdf
from tests.fixtures import OFFICE, Databases, MovedClock, people_of, runtime_on, seed_data

WAIT_SECONDS = 20


@dataclass(slots=True)
class Wire:
    """A server, and a token of the secretary."""

    port: int
    token: str
    database: Database
    folder: Path

    def send(self, *parts: bytes, patience: float = WAIT_SECONDS) -> bytes:
        """Send bytes, part by part, and read until the server closes or says no more."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as wire:
            for part in parts:
                try:
                    wire.sendall(part)
                except (BrokenPipeError, ConnectionResetError):
                    break
            answer = b""
            try:
                while piece := wire.recv(65536):
                    answer += piece
            except (TimeoutError, ConnectionResetError):
                pass
        return answer

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """The head of a request of the secretary, whose connection ends with it."""
        told = (
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
            "Connection: close",
            *lines,
        )
        return ("\r\n".join(told) + "\r\n\r\n").encode("latin-1")

    def status(self, answer: bytes) -> int:
        """The status of an answer; 0 where the server only closed the connection."""
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0

    def entries(self) -> int:
        """How many entries the log has."""
        runtime = runtime_on(self.database, self.folder, MovedClock())
        with runtime.read(OFFICE) as uow:
            return len(uow.tables.log.read(LogFilter(), limit=100_000))


@pytest.fixture(scope="module")
def wire(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("wire")
    database = Database(sqlite_databases.founded())
    runtime = runtime_on(database, folder, MovedClock())
    runtime.ids = TimeOrderedIds()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(
        data_dir=folder,
        base_url=f"http://127.0.0.1:{port}",
        read_per_minute=100_000,
        step_per_minute=100_000,
        upload_max_bytes=JSON_BYTES,
    )
    server = uvicorn.Server(
        uvicorn.Config(create_app(runtime, settings), port=port, log_level="critical", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + WAIT_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    person = people_of(seed_data())["iso_secretary"]
    token = make_token(runtime, OFFICE, person=person, name="wire").secret
    yield Wire(port=port, token=token, database=database, folder=folder)
    server.should_exit = True
    thread.join(WAIT_SECONDS)
    database.close()


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_a_body_in_pieces_without_a_length_is_cut_off_at_the_cap(wire: Wire) -> None:
    before = wire.entries()
    head = wire.head(
        "POST", "/api/v1/instances", "Content-Type: application/json", "Transfer-Encoding: chunked"
    )
    pieces = [chunk(b" " * 65536)] * 20 + [chunk(b"{}"), b"0\r\n\r\n"]
    answer = wire.send(head, *pieces)
    assert wire.status(answer) == 413
    assert b"body_too_large" in answer
    assert wire.entries() == before


def test_a_form_in_pieces_without_a_length_is_cut_off_at_the_cap(wire: Wire) -> None:
    head = wire.head(
        "POST",
        "/api/v1/instances/x/transitions",
        "Content-Type: multipart/form-data; boundary=XX",
        "Transfer-Encoding: chunked",
        'If-Match: "0"',
    )
    start = b'--XX\r\nContent-Disposition: form-data; name="plan"; filename="a.pdf"\r\n\r\n'
    pieces = [chunk(start), *[chunk(pdf("x") * 500)] * 40, b"0\r\n\r\n"]
    assert wire.status(wire.send(head, *pieces)) == 413


def test_whoever_stops_in_the_middle_of_a_body_has_done_nothing(wire: Wire) -> None:
    before = wire.entries()
    body = json.dumps({"process": "internal_audit"}).encode()
    head = wire.head(
        "POST",
        "/api/v1/instances",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    with socket.create_connection(("127.0.0.1", wire.port)) as half:
        half.sendall(head + body[:10])
        time.sleep(0.2)
    time.sleep(0.3)
    assert wire.entries() == before
    assert wire.status(wire.send(wire.head("GET", "/healthz"))) == 200


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: 99999999999999999999999999",),
        (f"Content-Length: {'9' * 5000}",),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: xchunked",),
    ],
)
def test_a_length_that_contradicts_itself_smuggles_nothing(
    wire: Wire, lines: tuple[str, ...]
) -> None:
    before = wire.entries()
    head = wire.head("POST", "/api/v1/instances", "Content-Type: application/json", *lines)
    inner = wire.head("POST", "/api/v1/instances", "Content-Length: 31")
    answer = wire.send(head, b"0\r\n\r\n", inner, b'{"process": "internal_audit"}  ', patience=2)
    assert 400 <= wire.status(answer) < 500 or wire.status(answer) == 0
    assert wire.entries() == before


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PROPFIND", "PUT", "CONNECT", "get"])
def test_another_method_is_not_known(wire: Wire, method: str) -> None:
    answer = wire.send(wire.head(method, "/api/v1/instances"), patience=3)
    assert wire.status(answer) in {0, 400, 405}
    assert wire.token.encode() not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/../../../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static/..%2f..%2fapp.py",
        "/static/..%5c..%5capp.py",
        "/static//etc/passwd",
        "//etc/passwd",
        "/static/style.css/../../rendering.py",
        "/api/v1/../../static/../rendering.py",
    ],
)
def test_no_path_leads_out_of_the_house(wire: Wire, path: str) -> None:
    answer = wire.send(wire.head("GET", path))
    assert wire.status(answer) in {303, 401, 404}
    assert b"root:" not in answer
    assert b"import " not in answer.split(b"\r\n\r\n", 1)[-1]


@pytest.mark.parametrize(
    "path",
    [
        "/" + "a" * 60_000,
        "/" + "a" * 200_000,
        "/api/v1/instances?q=" + "%C4%91" * 10_000,
        "/api/v1/instances?" + "&".join(f"a{n}=1" for n in range(5000)),
    ],
)
def test_an_address_without_end_is_refused(wire: Wire, path: str) -> None:
    answer = wire.send(wire.head("GET", path))
    assert wire.status(answer) in {0, 200, 400, 404, 414, 422, 431}


@pytest.mark.parametrize(
    "line",
    [
        "If-Match: \xff\xfe",
        "Accept-Language: " + "vi," * 5000,
        "Range: bytes=" + "0-1," * 5000,
        "Idempotency-Key: \xc3\xa9",
        "Cookie: sid=" + "x" * 5000,
        "Cookie: language=../../etc; sid=\xff",
        "X-Forwarded-For: ' or 1=1 --",
        "X-Request-Id: a\tb",
        "Content-Type: multipart/form-data",
        "Content-Type: multipart/form-data; boundary=" + "x" * 5000,
    ],
)
def test_a_strange_header_is_nothing_to_fall_over(wire: Wire, line: str) -> None:
    for method, path in (
        ("GET", "/api/v1/me"),
        ("GET", "/"),
        ("POST", "/api/v1/instances"),
        ("POST", "/api/v1/instances/x/transitions"),
        ("POST", "/login"),
    ):
        answer = wire.send(wire.head(method, path, line, "Content-Length: 0"))
        assert wire.status(answer) < 500, (method, path, answer[:300])


def test_after_all_that_the_house_stands(wire: Wire) -> None:
    assert wire.status(wire.send(wire.head("GET", "/api/v1/me"))) == 200
    assert verify_log(runtime_on(wire.database, wire.folder, MovedClock()), OFFICE).intact
