"""Workers as processes: one takes over what a killed one left, each tick runs once, and a signal
ends each of them in bounded time, whatever they are at."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.bootstrap import upgrade_database
from engine.machine.registry import Registry
from engine.queries.workers import live_workers
from engine.runtime import Runtime
from engine.storage.database import Database
from tests.fixtures import Databases
from tests.scale import at_scale

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60

# A worker with one job: it writes that it began, takes its time, and writes that it ended.
WORKER = """
import signal, sys, time
from datetime import timedelta
from pathlib import Path
from engine.evidence.disk import DiskStore
from engine.machine.registry import Registry
from engine.runtime import Runtime
from engine.storage.database import Database
from engine.worker.durable import Background
from engine.worker.schedule import Job
from api.cli.ending import Ending, leave_behind

url, folder, name, seconds, cron = sys.argv[1:]
diary = Path(folder) / "diary"

def note(text):
    with diary.open("a") as file:
        file.write(f"{name} {text}\\n")

def work():
    note("begins")
    time.sleep(float(seconds))
    note("ends")
    return 1

runtime = Runtime(
    database=Database(url), registry=Registry(), store=DiskStore(Path(folder)), log_key=b"k" * 32
)
jobs = (Job(name="work", cron=cron, run=work),)
beat, silent = timedelta(seconds=0.5), timedelta(seconds=2)
ending = Ending(lambda: note("too late"), within=timedelta(seconds=20))
ending.heed(signal.SIGTERM)
note("begins to live")
background = Background(
    runtime,
    jobs,
    beat=beat,
    silent_after=silent,
    sweep_cron="* * * * * *",
    patience=timedelta(seconds=1),
)
with background:
    note("lives")
    ending.wait()
leave_behind(background.left, lambda jobs: note(f"leaves {jobs}"))
note("left")
"""
EVERY_SECOND = "* * * * * *"
NEVER = "0 0 0 29 2 *"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def address(databases: Databases) -> str:
    url = databases.empty()
    database = Database(url)
    upgrade_database(database)
    database.close()
    return url


@pytest.fixture
def start(address: str, tmp_path: Path) -> Iterator[Start]:
    """Start workers; none outlives the test."""
    running: list[subprocess.Popen[bytes]] = []

    def one(name: str, *, seconds: float, cron: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER, address, str(tmp_path), name, str(seconds), cron]
        process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own.
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.wait()


def wait_for(diary: Path, line: str) -> list[str]:
    """The diary once it has a line."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        lines = diary.read_text().splitlines() if diary.exists() else []
        if line in lines:
            return lines
        time.sleep(0.1)
    pytest.fail(f"{line!r} did not come: {lines}")


def leave(process: subprocess.Popen[bytes]) -> None:
    """Let a worker end in order."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0


def test_what_a_killed_worker_left_is_taken_up_by_another(
    start: Start, address: str, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    first = start("first", seconds=600, cron=EVERY_SECOND)
    wait_for(diary, "first begins")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = start("second", seconds=0, cron=NEVER)
    wait_for(diary, "second ends")
    leave(second)
    database = Database(address)
    runtime = Runtime(
        database=database,
        registry=Registry(),
        store=None,  # type: ignore[arg-type]
        log_key=b"k" * 32,
    )
    alive = [worker for worker in live_workers(runtime) if f"-{second.pid}-" in worker.id]
    database.close()
    assert alive == [], "a worker that ends in order is forgotten at once"


def test_a_job_that_hangs_is_left_to_another_and_keeps_no_process_alive(
    start: Start, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    first = start("first", seconds=600, cron=EVERY_SECOND)
    wait_for(diary, "first begins")
    leave(first)
    assert "first leaves work" in diary.read_text().splitlines()
    second = start("second", seconds=0, cron=NEVER)
    wait_for(diary, "second ends")
    leave(second)
    assert diary.read_text().splitlines()[-1] == "second left"


@pytest.mark.parametrize("moment", at_scale(dev=(0.3,), ci=(0.0, 0.1, 0.3, 0.6, 1.0, 1.5)))
def test_a_signal_during_the_start_ends_a_worker_in_order(
    start: Start, tmp_path: Path, moment: float
) -> None:
    worker = start("early", seconds=0, cron=EVERY_SECOND)
    wait_for(tmp_path / "diary", "early begins to live")
    time.sleep(moment)
    leave(worker)
    assert (tmp_path / "diary").read_text().splitlines()[-1] == "early left"


def test_two_workers_run_each_tick_once(start: Start, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    workers = [start(name, seconds=0, cron=EVERY_SECOND) for name in ("first", "second")]
    for name in ("first", "second"):
        wait_for(diary, f"{name} lives")
    began = time.monotonic()
    before = diary.read_text().count("begins")
    time.sleep(5)
    ran = diary.read_text().count("begins") - before
    elapsed = time.monotonic() - began
    for worker in workers:
        leave(worker)
    assert 1 <= ran <= elapsed + 3
