"""Exports of the one-stop desk brought in by hand: chosen, looked at, started, followed.

1. A file is kept and looked at first; columns and names of units are chosen on the same page, and
   nothing is written before somebody starts it.
2. An import goes on in the background; its page renews itself, with and without a script.
3. What was refused can be taken away as a file, row by row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.language import show_day
from api.pages.dossiers import table_file
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, Sent, go
from api.problems import problem_of
from engine.commands.manage_imports import (
    COUNTS,
    FileToImport,
    Preview,
    cancel_import,
    draft_import,
    map_draft,
    preview_draft,
    start_import,
)
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.register import FaultyRow
from engine.queries.jobs import (
    JobView,
    all_faults,
    job_faults,
    job_view,
    known_sources,
    latest_imports,
)
from engine.storage.jobs import JobFault, JobState
from engine.tables.listing import Listing, write_listings
from engine.tables.writing import SheetFormat
from workflows.overdue_dossiers.keeping import NAME, DossierRegister

router = APIRouter(prefix="/dossiers")

LATEST: Final = 20
FAULTS_SHOWN: Final = 100
GROUPS_SHOWN: Final = 50
ROWS_SHOWN: Final = 8
ALIASES_SHOWN: Final = 50
SHOWN: Final = ("code", "procedure", "unit", "received_at", "due_on", "status", "ended_on")
"""Columns of a look before the import: enough to see whether they were taken for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultView:
    """A fault in words."""

    row: int
    column: str
    text: str


@router.get("/import")
def import_page(desk: Desked) -> Response:
    """The form for a file, and the imports so far."""
    return _show_form(desk)


@router.post("/import")
def take_file(sent: Posted) -> Response:
    """Keep a file and look at it."""
    desk, file = sent.desk, sent.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        text = desk.voice.ui("dossiers.choose_file")
        return _show_form(desk, status=422, message=Message(kind="bad", text=text), sent=sent)
    try:
        drafted = draft_import(
            desk.house.runtime,
            desk.caller,
            FileToImport(
                register=NAME,
                content=file.file,
                filename=file.filename,
                source=sent.typed.text("source"),
                as_of=_instant(desk, sent.typed.text("as_of")),
                declared_rows=_count(sent.typed.text("rows")),
            ),
            bytes_max=desk.house.settings.import_max_bytes,
            start=False,
        )
    except Invalid as error:
        message = desk.voice.error(error)
        return _show_form(desk, status=problem_of(error).status, message=message, sent=sent)
    return go(f"/dossiers/imports/{drafted.job.id}")


@router.get("/imports/{job_id}")
def job_page(desk: Desked, job_id: str) -> Response:
    """A draft with what it would write; else how far the import is and what came of it."""
    view = job_view(desk.house.runtime, desk.caller, job_id)
    if view.job.state is JobState.DRAFTED:
        return _show_draft(desk, view)
    return _show_job(desk, view)


@router.post("/imports/{job_id}/mapping")
def choose_mapping(sent: Posted, job_id: str) -> Response:
    """Read the file anew, by the columns and names that were chosen."""
    desk, typed = sent.desk, sent.typed
    mapping = {
        column: typed.text(f"column.{column}")
        for column in DossierRegister.columns
        if f"column.{column}" in typed.texts
    }
    aliases = {
        name.removeprefix("alias."): texts[0]
        for name, texts in typed.texts.items()
        if name.startswith("alias.") and texts[0]
    }
    try:
        map_draft(desk.house.runtime, desk.caller, job_id, mapping=mapping, aliases=aliases)
    except Invalid as error:
        view = job_view(desk.house.runtime, desk.caller, job_id)
        message = desk.voice.error(error)
        return _show_draft(desk, view, status=422, message=message)
    return go(f"/dossiers/imports/{job_id}#preview")


@router.post("/imports/{job_id}/start")
def start(sent: Posted, job_id: str) -> Response:
    """Hand the import to the background."""
    desk = sent.desk
    try:
        started = start_import(desk.house.runtime, desk.caller, job_id)
    except (Invalid, Conflict) as error:
        view = job_view(desk.house.runtime, desk.caller, job_id)
        if view.job.state is not JobState.DRAFTED:
            return go(f"/dossiers/imports/{job_id}")
        message = desk.voice.error(error)
        return _show_draft(desk, view, status=problem_of(error).status, message=message)
    known = "?known=1" if started.known else ""
    return go(f"/dossiers/imports/{started.job.id}{known}")


@router.post("/imports/{job_id}/cancel")
def cancel(sent: Posted, job_id: str) -> Response:
    """Stop the import, or forget the file that was looked at."""
    desk = sent.desk
    view = job_view(desk.house.runtime, desk.caller, job_id)
    try:
        cancel_import(desk.house.runtime, desk.caller, job_id)
    except Conflict:
        # It ended in the meantime: its page says how.
        return go(f"/dossiers/imports/{job_id}")
    drafted = view.job.state is JobState.DRAFTED
    return go("/dossiers/import" if drafted else f"/dossiers/imports/{job_id}")


@router.get("/imports/{job_id}/faults.{form}")
def faults_file(desk: Desked, job_id: str, form: str) -> Response:
    """Every fault that was kept, as a file."""
    if form not in set(SheetFormat):
        raise NotFound("not_found")
    wanted = SheetFormat(form)
    faults = _faults(desk, all_faults(desk.house.runtime, desk.caller, job_id))
    listing = Listing(
        title=desk.voice.ui("dossiers.faults"),
        headings=[desk.voice.ui(f"sheets.{name}") for name in ("row", "column", "what")],
        rows=((fault.row, fault.column, fault.text) for fault in faults),
    )
    return table_file(write_listings([listing], wanted), name=f"faults-{job_id}", form=wanted)


def _show_form(
    desk: Desk, *, status: int = 200, message: Message | None = None, sent: Sent | None = None
) -> Response:
    runtime, caller = desk.house.runtime, desk.caller
    typed = {} if sent is None else {n: sent.typed.text(n) for n in ("source", "as_of", "rows")}
    return desk.page(
        "dossiers/import.html",
        status=status,
        message=message,
        typed=typed,
        sources=known_sources(runtime, caller, NAME),
        latest=latest_imports(runtime, caller, NAME, limit=LATEST),
        most=desk.house.settings.import_max_bytes,
        instant_of=datetime.fromisoformat,
    )


def _show_draft(
    desk: Desk, view: JobView, *, status: int = 200, message: Message | None = None
) -> Response:
    try:
        job, preview = preview_draft(desk.house.runtime, desk.caller, view.job.id)
    except Invalid as error:
        return desk.page(
            "dossiers/unreadable.html", status=422, view=view, message=desk.voice.error(error)
        )
    unknown = _unknown_units(preview)
    return desk.page(
        "dossiers/preview.html",
        status=status,
        message=message,
        job=job,
        preview=preview,
        shown=SHOWN,
        rows=[
            (number, [_cell(desk, name, values[name]) for name in SHOWN])
            for number, values in preview.rows[:ROWS_SHOWN]
        ],
        faults=_grouped(_faults(desk, preview.faults)),
        unknown=[*dict.fromkeys([*unknown, *preview.aliases])][:ALIASES_SHOWN],
        units=desk.choices.units,
    )


def _show_job(desk: Desk, view: JobView) -> Response:
    job = view.job
    failure = None
    if job.failure is not None:
        code, params = job.failure["code"], job.failure["params"]
        failure = desk.voice.words.say(f"error.{code}", params, desk.visit.language)
    faults = job_faults(desk.house.runtime, desk.caller, job.id, limit=FAULTS_SHOWN)
    return desk.page(
        "dossiers/job.html",
        view=view,
        job=job,
        counts={name: job.progress.get(name, 0) for name in COUNTS},
        failure=failure,
        faults=_faults(desk, faults),
        known="known" in desk.request.query_params,
        as_of=datetime.fromisoformat(job.options["as_of"]),
    )


def _faults(desk: Desk, faults: Iterable[FaultyRow | JobFault]) -> list[FaultView]:
    found = []
    for fault in faults:
        number = fault.row if isinstance(fault, JobFault) else fault.number
        told = {"row": number, "code": fault.code, "params": fault.params}
        column = desk.voice.words.say(f"dossier.column.{fault.column}", {}, desk.visit.language)
        found.append(FaultView(row=number, column=column, text=desk.voice.fault(told)))
    return found


def _grouped(faults: Iterable[FaultView]) -> list[tuple[FaultView, int]]:
    """Faults alike with their number, the first of each; what is most frequent comes first."""
    first: dict[tuple[str, str], FaultView] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        alike = (fault.column, fault.text)
        first.setdefault(alike, fault)
        counts[alike] += 1
    return [(first[alike], count) for alike, count in counts.most_common(GROUPS_SHOWN)]


def _unknown_units(preview: Preview) -> list[str]:
    """What the file calls units that nobody knows, each once."""
    names = [str(fault.params["name"]) for fault in preview.faults if fault.code == "unit_unknown"]
    return list(dict.fromkeys(names))


def _cell(desk: Desk, name: str, value: Any) -> str:
    if value is None:
        return "—"
    if name == "unit":
        return desk.voice.unit(value)
    if name == "status":
        return desk.voice.words.say(f"dossier.status.{value}", {}, desk.visit.language)
    if isinstance(value, date):
        return show_day(value, desk.visit.language)
    return str(value)


def _instant(desk: Desk, text: str) -> datetime | None:
    """What was typed as day and hour, on the organisation's clock.

    Raises:
        Invalid: it is none.
    """
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=desk.visit.zone)
    except ValueError:
        raise _wrong("as_of", "not_datetime") from None


def _count(text: str) -> int | None:
    """What was typed as a number of rows.

    Raises:
        Invalid: it is none.
    """
    plain = text.replace(".", "").replace(" ", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 10):
        raise _wrong("rows", "not_integer")
    return int(plain)


def _wrong(name: str, code: str) -> Invalid:
    fault: Mapping[str, Any] = {"field": name, "code": code, "params": {}}
    return Invalid("wrong_values", faults=[fault])
