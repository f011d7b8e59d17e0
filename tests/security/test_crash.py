"""A server is killed in the middle of a burst, again and again: nothing it promised is lost."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engine.commands.manage_accounts import make_token
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.queries.audit_trail import verify_log
from engine.queries.publication import refuse_unsound_logs
from engine.storage.database import Database
from tests.api.web import pdf
from tests.fixtures import OFFICE, Databases, MovedClock, Office, people_of, runtime_on, seed_data
from tests.publishing import auditor_in
from tests.scale import at_scale
from tests.security.sealed import SEALED

ROOT = Path(__file__).parent.parent.parent
KILLS = at_scale(dev=5, ci=20)
CLIENTS = 4
WAIT_SECONDS = 30


@dataclass(slots=True)
class House:
    """An office on SQLite, and the process that forks servers of it."""

    address: str
    folder: Path
    forks: subprocess.Popen[str]
    token: str
    cases: list[str]
    port: int = 0
    child: int = 0
    checkpoints: dict[int, bytes] = field(default_factory=dict)

    def start(self) -> None:
        """Fork a server and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        told = {"database": self.address, "folder": str(self.folder), "port": self.port}
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        self.forks.stdin.write(json.dumps(told) + "\n")
        self.forks.stdin.flush()
        self.child = int(self.forks.stdout.readline())
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            try:
                if httpx2.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.02)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        """End the server in the middle of whatever it does."""
        os.kill(self.child, signal.SIGKILL)
        self.child = 0


@dataclass(slots=True)
class Client:
    """Somebody who notes one thing after the other, each with a file, and remembers every promise.

    A command whose answer did not come is sent again with its key, until one comes.
    """

    house: House
    case: str
    version: int = 0
    sent: int = 0
    promised: dict[int, tuple[int, str]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    pending: tuple[str, int] | None = None

    def work(self, stop: threading.Event) -> None:
        """Send until told to stop, or until the server is gone."""
        address = f"http://127.0.0.1:{self.house.port}/api/v1"
        with httpx2.Client(base_url=address, timeout=WAIT_SECONDS) as http:
            while not stop.is_set():
                try:
                    self.note(http)
                except httpx2.TransportError:
                    return

    def note(self, http: httpx2.Client) -> None:
        """Take one step with a file; the same one again where the answer never came."""
        if self.pending is None:
            self.sent += 1
            self.pending = (f"{self.case}-{self.sent}", self.version)
        reason, version = self.pending
        answer = http.post(
            f"/instances/{self.case}/transitions",
            data={"command": json.dumps({"transition": "note", "reason": reason})},
            files={"proof": ("giấy.pdf", pdf(reason))},
            headers={
                "Authorization": f"Bearer {self.house.token}",
                "If-Match": f'"{version}"',
                "Idempotency-Key": reason,
            },
        )
        self.take(answer, reason)

    def take(self, answer: Any, reason: str) -> None:
        """Remember what was promised; everything but a promise is strange."""
        if answer.status_code != 200:
            self.strange.append(answer.text)
            return
        body = answer.json()
        self.pending = None
        self.version = body["instance"]["version"]
        self.promised[self.version] = (body["entry"], reason)


@pytest.fixture
def house(sqlite_databases: Databases, tmp_path: Path) -> Iterator[House]:
    address = sqlite_databases.founded()
    office = office_on(address, tmp_path)
    reading = read(SEALED, file="sealed_case.yaml")
    assert reading.process is not None
    publish_definitions(office.runtime, OFFICE, [reading.process])
    cases = []
    for _ in range(CLIENTS):
        opening = StartInstance(
            caller=office.as_("office"), process="sealed_case", fields={"unit": "office"}
        )
        started = start_instance(office.runtime, opening)
        assert isinstance(started, Started)
        cases.append(started.case.instance.id)
    token = make_token(office.runtime, OFFICE, person=office.people["office"], name="crash").secret
    office.runtime.database.close()
    with (
        (tmp_path / "server.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.security.crashing"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as forks,
    ):
        house = House(address=address, folder=tmp_path, forks=forks, token=token, cases=cases)
        yield house
        if house.child:
            house.kill()
        assert forks.stdin is not None
        forks.stdin.close()


def office_on(address: str, folder: Path) -> Office:
    clock = MovedClock()
    return Office(
        runtime=runtime_on(Database(address), folder, clock),
        clock=clock,
        people=people_of(seed_data()),
    )


def promises(clients: list[Client]) -> int:
    return sum(len(client.promised) for client in clients)


def burst(clients: list[Client], seconds: float, *, warm: bool) -> None:
    """Let everybody work, and kill the server under their hands.

    `warm` waits for the first promise: a server that was just born is slow, and is killed too.
    """
    house, stop, before = clients[0].house, threading.Event(), promises(clients)
    threads = [threading.Thread(target=client.work, args=(stop,)) for client in clients]
    for thread in threads:
        thread.start()
    until = time.monotonic() + WAIT_SECONDS
    while warm and promises(clients) == before and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(seconds)
    house.kill()
    stop.set()
    for thread in threads:
        thread.join()


def check(house: House, clients: list[Client]) -> None:
    """What was promised is there, nothing is there twice, and the log is whole."""
    office = office_on(house.address, house.folder)
    verdict = verify_log(office.runtime, OFFICE)
    assert verdict.findings == ()
    check_published(house, office)
    for client in clients:
        assert client.strange == []
        with office.runtime.read(OFFICE) as uow:
            steps = uow.tables.instances.history(client.case)[1:]
            files = uow.tables.evidence.of_instance(client.case)
        reasons = [step.reason for step in steps]
        assert len(set(reasons)) == len(reasons)
        assert len(files) == len(steps)
        for version, (_, reason) in client.promised.items():
            assert steps[version - 1].reason == reason
        # What was in flight happened once or not at all.
        assert 0 <= len(steps) - len(client.promised) <= (client.pending is not None)
    office.runtime.database.close()


def check_published(house: House, office: Office) -> None:
    """What was published is whole, only grew, and the database holds all of it."""
    auditor = auditor_in(office.runtime, house.folder / "published")
    refuse_unsound_logs(office.runtime)
    if (house.folder / "published" / OFFICE / "log" / "1" / "checkpoint").exists():
        checkpoint = auditor.checkpoint()
        assert len(auditor.entries()) == checkpoint.size
        for size, root in house.checkpoints.items():
            assert auditor.tree().root(size) == root
        house.checkpoints[checkpoint.size] = checkpoint.root


def test_kills_lose_no_promise_and_do_nothing_twice(house: House) -> None:
    chance = random.Random(20261122)  # noqa: S311 - it only has to repeat itself.
    clients = [Client(house=house, case=case) for case in house.cases]
    for kill in range(KILLS):
        house.start()
        burst(clients, chance.uniform(0, 0.3), warm=kill % 5 != 1)
        check(house, clients)
    house.start()
    for client in clients:
        with httpx2.Client(base_url=f"http://127.0.0.1:{house.port}/api/v1") as http:
            client.note(http)
    house.kill()
    check(house, clients)
    assert promises(clients) > KILLS
    assert len(house.checkpoints) > 1
    assert all(len(client.promised) == client.sent for client in clients)
