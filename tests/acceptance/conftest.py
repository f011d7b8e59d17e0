"""An office that answers on a port: what clients and browsers of the journeys talk to."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import uvicorn

from api.app import create_app
from api.auth.passwords import Passwords
from api.bootstrap import FileClock
from api.settings import Settings
from engine.commands.manage_accounts import make_token
from tests.acceptance.desk import Desk
from tests.fixtures import CHEAP, START, Office

WAIT_SECONDS = 20


@dataclass(slots=True)
class Served:
    """A running server of an office, and a desk for everybody in it."""

    office: Office
    address: str
    http: httpx2.Client
    desks: dict[str, Desk] = field(default_factory=dict)

    def desk(self, username: str) -> Desk:
        """The desk of somebody, with a token of their own."""
        if username not in self.desks:
            person = self.office.people[username]
            made = make_token(
                self.office.runtime,
                self.office.organization_id,
                person=person,
                name=f"journey of {username}",
            )
            self.desks[username] = Desk(http=self.http, person=person, token=made.secret)
        return self.desks[username]

    def move_clock(self, to: str) -> None:
        """Go on from an instant, as the administrator of a demonstration may."""
        self.desk("administrator").post("/demo/clock", {"to": to}, expect=200)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def serve(office: Office, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a server of the office on both databases; it stops with the test."""
    running: list[tuple[uvicorn.Server, threading.Thread, httpx2.Client]] = []

    def start(host: str = "127.0.0.1") -> Served:
        clock = FileClock(tmp_path / "clock")
        clock.move_to(START)
        office.runtime.clock = clock
        port = _free_port()
        address = f"http://{host}:{port}"
        # A journey moves its clock by days: whoever logged in stays so, and may log in often.
        settings = Settings(
            data_dir=tmp_path / "data",
            base_url=address,
            login_per_minute=1000,
            session_idle_minutes=1440,
            session_absolute_minutes=10080,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(office.runtime, settings, passwords=Passwords(CHEAP)),
                port=port,
                log_level="warning",
                ws="none",
            )
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        waited = time.monotonic() + WAIT_SECONDS
        while not server.started and time.monotonic() < waited:
            time.sleep(0.02)
        assert server.started
        http = httpx2.Client(base_url=address, timeout=WAIT_SECONDS)
        running.append((server, thread, http))
        return Served(office=office, address=address, http=http)

    yield start
    for server, thread, http in running:
        http.close()
        server.should_exit = True
        thread.join(WAIT_SECONDS)


@pytest.fixture
def served(serve: Callable[[], Served]) -> Served:
    """One running server."""
    return serve()
