"""A register of dossiers that reads plain lines, so that tests decide what a file holds."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from engine.commands.manage_imports import Drafted, FileToImport, draft_import
from engine.errors import Invalid
from engine.machine.register import FaultyRow, Filling, Layout, Reading, ReadRow, Tally
from engine.storage.jobs import Job
from tests.fixtures import Office
from workflows.overdue_dossiers.dossier import Dossier, DossierInvalid, Status
from workflows.overdue_dossiers.keeping import DossierRegister

LINES = "lines"
RECEIVED = datetime(2026, 6, 1, 9)  # noqa: DTZ001 - the office's wall clock.


@dataclass(slots=True)
class LineFile:
    """A heading, then `code;unit;days until due;status;days until ended`."""

    content: BinaryIO
    layout: Layout

    def rows(self) -> Iterator[ReadRow | FaultyRow]:
        for number, line in enumerate(self.content, start=2):
            text = line.decode().strip()
            try:
                code, unit, due, status, ended = text.split(";")
                due_on = RECEIVED.date() + timedelta(days=int(due))
                dossier = Dossier(
                    code=code,
                    procedure="TT.01",
                    unit=unit,
                    received_at=RECEIVED,
                    received_time_known=True,
                    due_on=due_on,
                    current_due_on=due_on,
                    status=Status(status),
                    ended_on=RECEIVED.date() + timedelta(days=int(ended)) if ended else None,
                )
            except DossierInvalid as error:
                yield FaultyRow(number=number, column=error.field, code=error.code)
            except ValueError:
                # Two faults of one row, as a reader tells every cell.
                yield FaultyRow(number=number, column="due_on", code="day_unreadable")
                yield FaultyRow(number=number, column="status", code="unknown_status")
            else:
                yield ReadRow(
                    number=number, value=dossier, digest=hashlib.sha256(text.encode()).digest()[:16]
                )


@dataclass(slots=True)
class LineRegister(DossierRegister):
    """The real rows under a reader of lines; `before_writing` is called before each batch."""

    before_writing: Callable[[int], None] = lambda _: None
    batches: int = 0
    reads: list[Reading] = field(default_factory=list)

    def open(self, file: BinaryIO, reading: Reading) -> LineFile:
        self.reads.append(reading)
        heading = file.readline().decode().strip().split(";")
        if heading[0] == "broken":
            raise Invalid("file_damaged", type="csv")
        mapping = {"code": heading[0], **reading.mapping}
        missing = ("status",) if "status" not in heading else ()
        layout = Layout(headings=tuple(heading), mapping=mapping, missing=missing)
        return LineFile(content=file, layout=layout)

    def write(self, session: Any, rows: Sequence[ReadRow], filling: Filling) -> Tally:
        self.batches += 1
        self.before_writing(self.batches)
        # Called by name: a class with slots is made anew, and `super()` would miss it.
        return DossierRegister.write(self, session, rows, filling)


def with_lines(office: Office) -> LineRegister:
    """Let an office keep the register of lines."""
    register = LineRegister()
    office.runtime.registry.registers[LINES] = register
    return register


def lines(*rows: str, heading: str = "code;unit;due;status;ended") -> bytes:
    return "\n".join((heading, *rows)).encode()


def many(count: int, *, status: str = "pending", days: int = 60) -> bytes:
    return lines(*(f"HS-{n:05};office;{days};{status};" for n in range(count)))


def told(content: bytes, **values: Any) -> FileToImport:
    return FileToImport(
        **{
            "register": LINES,
            "content": BytesIO(content),
            "filename": "tuần.csv",
            "source": "desk",
            **values,
        }
    )


def wait(office: Office, content: bytes, *, by: str = "one_stop", **values: Any) -> Drafted:
    """Hand an import to the background."""
    file = told(content, **values)
    return draft_import(office.runtime, office.as_(by), file, bytes_max=10_000_000, start=True)


def job_of(office: Office, job_id: str) -> Job:
    with office.runtime.read(office.organization_id) as uow:
        job = uow.tables.jobs.get(job_id)
    assert job is not None
    return job


def counts(job: Job) -> dict[str, int]:
    names = ("rows", "faulty", "new", "changed", "same", "older", "opened")
    return {name: job.progress[name] for name in names if job.progress[name]}


MONDAY = datetime(2026, 7, 6, 1, tzinfo=UTC)
TODAY = date(2026, 7, 6)


def days_until(day: date) -> int:
    return (day - RECEIVED.date()).days
