"""What publishing the log costs beside the work that fills it.

Run it by hand: `.venv/bin/python -m tests.bench.log publish [STEPS]`. Processor time (user and
system) of this process alone, on SQLite and a folder: steps of one case, with nobody publishing;
then the same with a publication after every so many steps, as the worker does every five seconds.
A step shall cost no more than a tenth more in a busy office; a lone one shows the price of a run.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.publish_definition import publish_definitions
from engine.commands.publish_log import publish_log
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.runtime import Runtime
from engine.storage.database import Database
from engine.transaction.stepping import Taken
from tests.fixtures import (
    OFFICE,
    MovedClock,
    Office,
    found_office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.publishing import Auditor, auditor_in
from tests.security.sealed import SEALED

STEPS = 200
TURNS = 3
EVERY = (0, 100, 25, 5, 1)
"""After how many steps a log is published; 0 for never."""


def office_in(folder: Path) -> Office:
    """An office on a new SQLite file."""
    database = Database(f"sqlite:///{folder / 'bench.db'}")
    found_office(database, folder)
    clock = MovedClock()
    runtime = runtime_on(database, folder, clock)
    office = Office(runtime=runtime, clock=clock, people=people_of(seed_data()))
    reading = read(SEALED, file="sealed_case.yaml")
    assert reading.process is not None
    publish_definitions(runtime, OFFICE, [reading.process])
    return office


def new_case(office: Office) -> str:
    opening = StartInstance(
        caller=office.as_("office"), process="sealed_case", fields={"unit": "office"}
    )
    started = start_instance(office.runtime, opening)
    assert isinstance(started, Started)
    return started.case.instance.id


def steps(office: Office, runtime: Runtime, count: int, *, every: int) -> float:
    """Processor milliseconds of a step, publications included."""
    case = new_case(office)
    publish_log(runtime, OFFICE)
    began = time.process_time()
    for version in range(count):
        outcome = advance_instance(
            runtime,
            AdvanceInstance(
                caller=office.as_("office"),
                instance_id=case,
                transition="note",
                expected_version=version,
                reason="Ghi chú",
            ),
        )
        assert isinstance(outcome, Taken), outcome
        if every and (version + 1) % every == 0:
            publish_log(runtime, OFFICE)
    return (time.process_time() - began) * 1000 / count


def publish(count: int) -> None:
    """Print what a step costs, and how much more with publishing."""
    with tempfile.TemporaryDirectory() as name:
        office = office_in(Path(name))
        auditor = auditor_in(office.runtime, Path(name) / "published")
        steps(office, office.runtime, 20, every=1)
        found: dict[int, list[float]] = {every: [] for every in EVERY}
        # In turns: a case that grows, and a machine that is busy, weigh on all alike.
        for _ in range(TURNS):
            for every in EVERY:
                found[every].append(steps(office, office.runtime, count, every=every))
        _tell(found, auditor)
        office.runtime.database.close()


def _tell(found: dict[int, list[float]], auditor: Auditor) -> None:
    alone = median(found[0])
    _say(f"a step, nobody publishing: {alone:.2f} ms of processor time")
    for every in EVERY[1:]:
        cost = median(found[every])
        _say(
            f"published after every {every:>3} steps: {cost:.2f} ms a step, "
            f"{(cost / alone - 1) * 100:+.1f} %, {(cost - alone) * every:.1f} ms a publication"
        )
    _say(f"{auditor.checkpoint().size} entries, all read and proved: {len(auditor.entries())}")


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a report.


if __name__ == "__main__":
    told = dict(enumerate(sys.argv[1:]))
    if told.get(0, "publish") == "publish":
        publish(int(told.get(1, STEPS)))
