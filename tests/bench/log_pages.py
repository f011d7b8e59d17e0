"""How long a page of the log takes, at any depth and under every narrowing, in CPU time.

Run it by hand: `.venv/bin/python -m tests.bench.log_pages [ENTRIES] [ADDRESS]`, the address of an
empty PostgreSQL database, or SQLite without. A page of 50 at any depth is to take no more than 1.5
times the first one. Entries are written straight into the table: reading is measured, not sealing.
"""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from engine.storage.audit_log import LogEntryRow, LogFilter
from engine.storage.database import Database
from tests.fixtures import OFFICE, START, MovedClock, found_office, runtime_on

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROUNDS = 7
PAGE = 51
STEPS = ("submit", "approve", "notify", "start_prep", "open_site", "finish_site")
UNITS = ("tdc", "tdc_lab", "science_management", "inspectorate", "office", "planning_finance")


def rows(first: int, count: int) -> Iterator[dict[str, Any]]:
    """Entries like those of an office: steps, rows, files, logins, some refused."""
    for idx in range(first, first + count):
        case = f"case-{idx % max(1, count // 20):07d}"
        step = idx % 3 == 0
        refused = idx % 40 == 0
        body = {
            "v": 1,
            "type": "transition" if step else "record_changed",
            "stream": f"bench:{idx}",
            "actor": f"p{idx % 60:03d}",
            "instance": case,
            "from": "draft",
            "to": "submitted",
            "payload": "0" * 64,
        }
        encoded = json.dumps(body).encode()
        change = {"set": "finding", "row": case, "column": "statement", "old": None}
        told = {"changes": [{**change, "new": "Chưa lưu đủ hồ sơ của kỳ trước"}]}
        yield {
            "organization_id": OFFICE,
            "idx": idx,
            "stream": f"bench:{idx}",
            "seq": 0,
            "body": encoded,
            "leaf_hash": hashlib.sha256(encoded).digest(),
            "hmac": b"0" * 32,
            "payload": json.dumps(
                told, ensure_ascii=False, separators=(",", ":"), sort_keys=True
            ).encode(),
            "payload_salt": b"0" * 16,
            "type": "transition" if step else ("login" if idx % 97 == 0 else "record_changed"),
            "outcome": "refused" if refused else "accepted",
            "instance": case,
            "process": ("internal_audit", "corrective_action", "training_campaign")[idx % 3],
            "transition": STEPS[idx // 3 % len(STEPS)] if step else None,
            "actor": f"p{idx % 60:03d}",
            "unit": UNITS[idx % len(UNITS)],
            "recorded_at": START + timedelta(seconds=90 * idx),
        }


def once(work: Callable[[], Any]) -> float:
    """The time of a single run, in milliseconds."""
    clock = time.process_time if SQLITE else time.perf_counter
    began = clock()
    work()
    return (clock() - began) * 1000


def cpu_ms(work: Callable[[], Any]) -> float:
    """The CPU time of this process; on PostgreSQL the wall clock, for the work is elsewhere."""
    return median(once(work) for _ in range(ROUNDS))


COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
SQLITE = len(sys.argv) < 3


def questions() -> dict[str, LogFilter]:
    """Every narrowing of the page, and some together."""
    middle = START + timedelta(seconds=90 * COUNT // 2)
    month = {"first": middle, "last": middle + timedelta(days=31)}
    return {
        "everything": LogFilter(),
        "person": LogFilter(actor="p007"),
        "process": LogFilter(process="internal_audit"),
        "step": LogFilter(transition="approve"),
        "kind": LogFilter(type="login"),
        "refused": LogFilter(outcome="refused"),
        "accepted": LogFilter(outcome="accepted"),
        "one unit": LogFilter(unit="tdc"),
        "units": LogFilter(units=UNITS[:4]),
        "case": LogFilter(instance="case-0000007"),
        "a month": LogFilter(**month),
        "half of it": LogFilter(first=START, last=middle),
        "person, refused": LogFilter(actor="p040", outcome="refused"),
        "unit, step, month": LogFilter(unit="tdc", transition="approve", **month),
    }


def main() -> None:
    """Fill a log and read it."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/log.db" if SQLITE else sys.argv[2]
        database = Database(address)
        found_office(database, Path(folder))
        runtime = runtime_on(database, Path(folder), MovedClock(datetime(2030, 1, 1, tzinfo=ZONE)))
        with database.writing() as session:
            first = 10_000
            for start in range(first, first + COUNT, 5_000):
                session.execute(insert(LogEntryRow), list(rows(start, min(5_000, COUNT))))
            session.commit()
        with runtime.read(OFFICE) as uow:
            if not SQLITE:
                uow.tables.session.connection().exec_driver_sql("ANALYZE log_entry")
            reader = uow.tables.log_reader
            on = "SQLite" if SQLITE else "PostgreSQL"
            print(f"{COUNT} entries, {on}, ms: first, deep, ratio, count")  # noqa: T201
            for name, wanted in questions().items():
                places = [entry.idx for some in reader.all(wanted, size=2**40) for entry in some]
                deep = places[min(len(places) - 1, 60)] if places else None

                def page(place: int | None, wanted: LogFilter = wanted) -> None:
                    reader.before(wanted, reader.span(wanted), place=place, limit=PAGE)

                began = cpu_ms(lambda: page(None))
                far = cpu_ms(lambda: page(deep))  # noqa: B023
                counted = once(lambda: reader.counted(wanted, zone=ZONE))  # noqa: B023
                told = f"{began:8.2f} {far:8.2f} {far / began:6.2f} {counted:9.1f}"
                print(f"{name:20} {told} of {len(places)}")  # noqa: T201


if __name__ == "__main__":
    main()
