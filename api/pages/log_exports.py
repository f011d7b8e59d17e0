"""What is asked of the log, taken away: a register as PDF, a table, lines, an event log.

1. Each export is an entry of the log before its first byte leaves.
2. The table and the register speak the language of the reader; lines and event logs are for
   programs.
3. All but the PDF are written as they are read; a PDF is set whole, and beyond `PDF_ENTRIES_MAX`
   the page says so instead.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from api.language import show_day
from api.pages.audit_log import newest_definitions, period_name
from api.pages.log_asking import Asked, asked_by, question_of
from api.pages.log_words import EntryWords, told
from api.pages.visiting import Desk, Desked
from engine.commands.export_log import ExportForm, LogExport, begin_export, export_lines
from engine.errors import Invalid, NotFound
from engine.queries.log_pages import count_matching, pages
from engine.tables.cells import guarded
from engine.tables.writing import CSV_DELIMITER
from workflows.documents.paper import Cell, Heading, Paper, Paragraph, Run, Table
from workflows.documents.pdf import write_pdf

router = APIRouter(prefix="/log")

PDF_ENTRIES_MAX: Final = 1_000
MEDIA_TYPES: Final = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.JSONL: "application/x-ndjson",
    ExportForm.PDF: "application/pdf",
    ExportForm.XES: "application/xml",
    ExportForm.OCEL: "application/json",
}
ENDINGS: Final = {form: form.value for form in ExportForm} | {ExportForm.OCEL: "ocel.json"}
COLUMNS: Final = (
    *("idx", "at", "who", "role", "unit", "outcome", "did", "from", "to", "on", "refusal"),
    *("reason", "changes", "facts", "files", "leaf"),
)
IN_PDF: Final = ("idx", "at", "who", "did", "on", "more")


class RegisterTooLong(Invalid):
    """More entries than a PDF is set of."""

    def __init__(self, count: int) -> None:
        super().__init__("register_too_long", count=count, most=PDF_ENTRIES_MAX)


@router.get("/export")
def export(desk: Desked) -> Response:
    """The entries that are asked for, as a file."""
    query = desk.request.query_params
    form = _form(query.get("format", ""))
    asked = asked_by(query)
    question = question_of(asked, desk.visit.zone)
    runtime, caller = desk.house.runtime, desk.caller
    if form is ExportForm.PDF:
        count = count_matching(runtime, caller, question)
        if count > PDF_ENTRIES_MAX:
            raise RegisterTooLong(count)
    begun = begin_export(
        runtime,
        caller.organization_id,
        caller,
        question,
        form,
        names=query.get("names") == "1",
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{_name(desk, form)}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    media_type = MEDIA_TYPES[form]
    if form is ExportForm.PDF:
        return Response(_register(desk, begun, asked), media_type=media_type, headers=headers)
    return StreamingResponse(_lines(desk, begun), media_type=media_type, headers=headers)


def _form(text: str) -> ExportForm:
    if text not in set(ExportForm):
        raise NotFound("not_found")
    return ExportForm(text)


def _name(desk: Desk, form: ExportForm) -> str:
    return f"log-{desk.visit.now:%Y%m%d-%H%M}.{ENDINGS[form]}"


def _lines(desk: Desk, begun: LogExport) -> Iterator[str]:
    if begun.form is ExportForm.CSV:
        return _table(desk, begun)
    return export_lines(desk.house.runtime, begun, language=desk.visit.language)


def _table(desk: Desk, begun: LogExport) -> Iterator[str]:
    """A table in words, as spreadsheets of the country open it."""
    ui = desk.voice.ui
    yield "\ufeff" + _line(ui(f"log.column_{name}") for name in COLUMNS)
    for entry in _told(desk, begun):
        yield _line(_cells(entry, desk))


def _told(desk: Desk, begun: LogExport) -> Iterator[EntryWords]:
    newest = newest_definitions(desk)
    found = pages(
        desk.house.runtime,
        begun.organization_id,
        begun.question,
        size=begun.size,
        readable=True,
    )
    for page in found:
        for entry in page.entries:
            yield told(
                entry,
                desk.voice,
                people=page.people,
                definitions=page.definitions,
                newest=newest,
                files=page.files,
            )


def _line(cells: Any) -> str:
    written = io.StringIO(newline="")
    table = csv.writer(written, delimiter=CSV_DELIMITER, lineterminator="\r\n")
    table.writerow([guarded(str(cell)) for cell in cells])
    return written.getvalue()


def _cells(entry: EntryWords, desk: Desk) -> list[str]:
    ui = desk.voice.ui
    return [
        str(entry.idx),
        entry.at.astimezone(desk.visit.zone).isoformat(sep=" ", timespec="seconds"),
        entry.who,
        desk.voice.roles((entry.role,)) if entry.role else "",
        entry.unit,
        ui("log.refused") if entry.refused else ui("log.accepted"),
        entry.what,
        entry.origin,
        entry.target,
        entry.code or entry.subject,
        "; ".join(reason.text for reason in entry.unmet),
        entry.reason,
        "; ".join(_change(one.name, one.old, one.new) for one in entry.changes),
        "; ".join(f"{label}: {value}" for label, value in entry.facts),
        "; ".join(f"{file.name} (SHA-256 {file.sha256})" for file in entry.files),
        entry.leaf,
    ]


def _change(name: str, old: str, new: str) -> str:
    return f"{name}: {old} → {new}" if old else f"{name}: → {new}"


def _register(desk: Desk, begun: LogExport, asked: Asked) -> bytes:
    """The entries as a paper for the files."""
    voice, now = desk.voice, desk.visit.now
    title = voice.ui("register.title")
    paper = Paper(
        title=title,
        language=voice.language,
        blocks=(
            _paragraph((desk.visit.organization or {}).get(voice.language, "")),
            Heading(level=1, runs=(Run(text=title),)),
            *(_paragraph(line) for line in asked_in_words(desk, asked)),
            _paragraph(
                voice.ui(
                    "register.made",
                    count=begun.count,
                    size=begun.size,
                    name=desk.visit.name,
                    at=f"{now:%H:%M} {show_day(now.date(), voice.language)}",
                )
            ),
            Table(
                head=(tuple(_cell(voice.ui(f"log.column_{n}"), heading=True) for n in IN_PDF),),
                rows=tuple(
                    tuple(map(_cell, _register_cells(entry, desk))) for entry in _told(desk, begun)
                ),
            ),
        ),
    )
    return write_pdf(paper, at=now)


def _register_cells(entry: EntryWords, desk: Desk) -> list[str]:
    ui = desk.voice.ui
    role = desk.voice.roles((entry.role,)) if entry.role else ""
    more = [
        *((ui("log.refused"),) if entry.refused else ()),
        *(reason.text for reason in entry.unmet),
        *((f"“{entry.reason}”",) if entry.reason else ()),
        *(_change(one.name, one.old, one.new) for one in entry.changes),
        *(f"{label}: {value}" for label, value in entry.facts),
        *(f"{file.name}, SHA-256 {file.sha256[:16]}…" for file in entry.files),
    ]
    at = entry.at.astimezone(desk.visit.zone)
    arrow = f" → {entry.target}" if entry.target else ""
    return [
        str(entry.idx),
        f"{at:%H:%M} {at:%d/%m/%Y}",
        f"{entry.who}\n{role}" if role else entry.who,
        f"{entry.what}{arrow}",
        entry.code or entry.subject,
        "\n".join(more),
    ]


def asked_in_words(desk: Desk, asked: Asked) -> Iterator[str]:
    """What was asked for, a line each; that nothing was narrowed is said as well."""
    voice = desk.voice
    newest = newest_definitions(desk)
    process = newest.get(asked.process)
    told_so = {
        "process": asked.process if process is None else voice.title(process.title),
        "transition": _step(desk, asked, newest),
        "person": voice.person(asked.actor) if asked.actor else "",
        "unit": voice.unit(asked.unit) if asked.unit else "",
        "outcome": voice.ui(f"log.{asked.outcome}") if asked.outcome else "",
        "type": voice.words.say(f"entry.{asked.kind}", {}, voice.language) if asked.kind else "",
        "period": period_name(desk, asked.period) if asked.period else "",
        "first": _day(asked.first, desk),
        "last": _day(asked.last, desk),
        "code": asked.code or asked.instance,
        "words": asked.words,
    }
    named = [f"{voice.ui(f'log.fact.{name}')}: {value}" for name, value in told_so.items() if value]
    yield from named or [voice.ui("register.all")]


def _step(desk: Desk, asked: Asked, newest: Any) -> str:
    for process in newest.values():
        if asked.transition in process.transitions and asked.process in {"", process.process}:
            return desk.voice.title(process.transitions[asked.transition].title)
    return asked.transition


def _day(text: str, desk: Desk) -> str:
    return desk.voice.value(text, None) if text else ""


def _paragraph(text: str) -> Paragraph:
    return Paragraph(runs=(Run(text=text),))


def _cell(text: str, *, heading: bool = False) -> Cell:
    return Cell(runs=(Run(text=text, bold=heading),), heading=heading)
