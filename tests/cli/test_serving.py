"""`serve`, `worker` and `demo` as processes: they answer, work, and end in order."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.bootstrap import build_runtime, upgrade_database
from api.cli.serving import ENDED_BY
from api.settings import Settings
from engine.queries.workers import live_workers
from engine.runtime import Runtime
from tests.scale import at_scale

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120

Start = Callable[..., subprocess.Popen[str]]
Look = Callable[..., Runtime]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Look]:
    """Looks into the installation of the test, beside its processes."""
    opened: list[Runtime] = []

    def look(address: str | None = None) -> Runtime:
        opened.append(build_runtime(Settings(data_dir=tmp_path, database_url=address)))
        return opened[-1]

    yield look
    for runtime in opened:
        runtime.database.close()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start `quytrinh`; no process outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def one(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        told = {"QUYTRINH_DATA_DIR": str(tmp_path), "LANG": "vi_VN.UTF-8", **environment}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        with (tmp_path / f"said-{len(running)}").open("w", encoding="utf-8") as said:
            process = subprocess.Popen(  # noqa: S603 - our own command.
                [sys.executable, "-m", "api.cli", *arguments],
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.wait()


def answer(address: str, *, wanted: int = 200) -> bytes:
    """The body at an address once it answers with a status."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen: object = None
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - ours.
                if response.status == wanted:
                    body: bytes = response.read()
                    return body
        except urllib.error.HTTPError as error:
            seen = error.code
        except OSError as error:
            seen = error
        time.sleep(0.2)
    pytest.fail(f"{address} did not answer: {seen}")


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(number)
    assert process.wait(PATIENCE_SECONDS) == 0


def said(folder: Path, number: int = 0) -> str:
    return (folder / f"said-{number}").read_text("utf-8")


def test_serve_answers_with_its_worker_and_ends_in_order(
    start: Start, port: int, tmp_path: Path, house: Look
) -> None:
    runtime = house()
    upgrade_database(runtime.database)
    process = start("serve", "--port", str(port))
    body = json.loads(answer(f"http://127.0.0.1:{port}/readyz"))
    assert body["checks"] == {
        "database": True,
        "evidence": True,
        "worker": True,
        "log": True,
    }
    assert b"<form" in answer(f"http://127.0.0.1:{port}/login")
    assert len(live_workers(runtime)) == 1
    busy = start("serve", "--port", str(port))
    assert busy.wait(PATIENCE_SECONDS) == 2
    assert str(port) in said(tmp_path, 1)
    assert "Traceback" not in said(tmp_path, 1)
    end(process)
    assert live_workers(runtime) == ()


@pytest.mark.parametrize(
    "command",
    at_scale(
        dev=[("serve",)],
        ci=[("serve",), ("serve", "--workers", "2"), ("worker",)],
    ),
)
@pytest.mark.parametrize("number", at_scale(dev=[signal.SIGINT], ci=[*ENDED_BY]))
def test_a_signal_while_the_worker_is_starting_ends_everything(
    start: Start, port: int, house: Look, command: tuple[str, ...], number: signal.Signals
) -> None:
    runtime = house()
    upgrade_database(runtime.database)
    served = ("--port", str(port)) if command[0] == "serve" else ()
    process = start(*command, *served)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not live_workers(runtime):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    end(process, number)
    assert live_workers(runtime) == ()


def test_web_and_worker_may_be_processes_of_their_own(start: Start, port: int, house: Look) -> None:
    runtime = house()
    upgrade_database(runtime.database)
    web = start(
        *("serve", "--port", str(port), "--workers", "2", "--no-worker"),
        QUYTRINH_METRICS_TOKEN="a-token",  # noqa: S106 - of this test alone.
    )
    assert json.loads(answer(f"http://127.0.0.1:{port}/healthz")) == {"status": "ok"}
    assert live_workers(runtime) == ()
    worker = start("worker")
    answer(f"http://127.0.0.1:{port}/readyz")
    assert len(live_workers(runtime)) == 1
    for _ in range(20):
        answer(f"http://127.0.0.1:{port}/login")
    # Whichever of the two answers, it tells what both were asked; a request is counted right after
    # its answer went out, which is why the first reading may come a moment too early.
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer a-token"}
    )
    login = 'quytrinh_http_requests_total{method="GET",route="/login",status="200"} 20.0'
    deadline = time.monotonic() + PATIENCE_SECONDS
    told = 0
    while told < 4:
        assert time.monotonic() < deadline
        with urllib.request.urlopen(asked) as metrics:  # noqa: S310 - this machine.
            told = told + 1 if login in metrics.read().decode() else 0
    end(worker, signal.SIGINT)
    assert live_workers(runtime) == ()
    end(web)


def test_demo_loads_an_empty_default_database_once_and_tells_who_may_come_in(
    start: Start, port: int, tmp_path: Path, house: Look
) -> None:
    first = start("demo", "--port", str(port))
    assert b"<form" in answer(f"http://127.0.0.1:{port}/login")
    end(first, signal.SIGTERM)
    password = (tmp_path / "demonstration.password").read_text("ascii").strip()
    told = said(tmp_path)
    assert f"http://127.0.0.1:{port}" in told
    assert password in told
    assert "internal_auditor_4" in told
    runtime = house()
    with runtime.read("skhcn") as uow:
        size = uow.tables.log.size()
    second = start("demo", "--port", str(port))
    answer(f"http://127.0.0.1:{port}/login")
    end(second)
    assert password in said(tmp_path, 1)
    with runtime.read("skhcn") as uow:
        assert uow.tables.log.size() >= size
        assert len(runtime.organizations()) == 1


def test_demo_leaves_another_database_empty_unless_told(
    start: Start, port: int, tmp_path: Path, house: Look
) -> None:
    address = f"sqlite:///{tmp_path / 'other.db'}"
    process = start("demo", "--port", str(port), QUYTRINH_DATABASE_URL=address)
    answer(f"http://127.0.0.1:{port}/login")
    end(process)
    assert "DEMO=1" in said(tmp_path)
    assert house(address).organizations() == ()
