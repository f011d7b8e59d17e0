"""`audit verify` and `audit export`: the log against itself, and out of the house."""

import csv
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, organization_of, settings_for, show_json
from api.cli.witness import witness
from api.verdict import fault_sentence, fault_sentences, not_checked_sentences
from engine.audit.verifier import Finding
from engine.errors import NotFound
from engine.queries.audit_trail import Verdict, verify_database, verify_log
from engine.runtime import Runtime
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.organization import Organization

PAGE: Final = 1000
COLUMNS: Final = (
    *("idx", "recorded_at", "stream", "seq", "type", "outcome", "actor", "unit"),
    *("instance", "process", "transition", "leaf_hash"),
)

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
app.command(help="Chạy một nhân chứng của riêng mình · Run a witness of one's own")(witness)


class Export(StrEnum):
    """How entries leave."""

    JSONL = "jsonl"
    CSV = "csv"


Office = Annotated[
    str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
]


@app.command(help="Kiểm chứng nhật ký, hồ sơ và tệp · Verify the log, the instances, the files")
def verify(
    context: typer.Context,
    *,
    database: Annotated[
        str | None, typer.Option(help="Địa chỉ cơ sở dữ liệu · Address of the database")
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Verify the file of the database and the log of every organisation.

    Exit 1 with each fault named; 2 when nothing could be verified.
    """
    desk = desk_of(context)
    runtime = desk.runtime(settings_for(database_url=database), upgraded=False, looking=True)
    damage = verify_database(runtime)
    if damage:
        # What a damaged file still gives says nothing of what was written into it.
        _tell_damage(desk, damage[0], format_)
        raise typer.Exit(1)
    desk.needs_newest(runtime)
    verdicts = [(found, verify_log(runtime, found.id)) for found in runtime.organizations()]
    if not verdicts:
        raise NotFound("no_organization")
    if format_ is Report.JSON:
        show_json([_as_json(desk, organization, verdict) for organization, verdict in verdicts])
    else:
        for organization, verdict in verdicts:
            _tell(desk, organization, verdict)
    if not all(verdict.intact for _, verdict in verdicts):
        raise typer.Exit(1)


@app.command(help="Xuất nhật ký ra đầu ra chuẩn · Write the log to standard output")
def export(
    context: typer.Context,
    *,
    format_: Annotated[Export, typer.Option("--format")] = Export.JSONL,
    organization: Office = None,
) -> None:
    """Write every entry: its body as it was hashed, or a table of what it says."""
    runtime = desk_of(context).runtime(settings_for())
    entries = _entries(runtime, organization_of(runtime, organization).id)
    if format_ is Export.CSV:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_cells(entry) for entry in entries)
        return
    for entry in entries:
        body = json.loads(entry.body)
        line = {"idx": entry.idx, "leaf_hash": entry.leaf_hash.hex(), "body": body}
        typer.echo(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def _entries(runtime: Runtime, organization_id: str) -> Iterator[LogEntry]:
    """Every entry, oldest first, a page in one transaction."""
    after = -1
    while True:
        with runtime.read(organization_id) as uow:
            page = uow.tables.log.read(LogFilter(), after=after, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].idx


def _cells(entry: LogEntry) -> list[str]:
    """One line of the table; what a spreadsheet would compute is kept as text."""
    values: dict[str, Any] = {
        name: getattr(entry, name) for name in COLUMNS if name not in {"recorded_at", "leaf_hash"}
    }
    values["recorded_at"] = entry.recorded_at.isoformat()
    values["leaf_hash"] = entry.leaf_hash.hex()
    cells = ["" if values[name] is None else str(values[name]) for name in COLUMNS]
    return [f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell for cell in cells]


def _tell_damage(desk: Desk, damage: Finding, form: Report) -> None:
    sentence = fault_sentence(damage, {}, say=desk.words.say, language=desk.language)
    if form is Report.JSON:
        told = {"code": damage.code, "entry": None, "detail": damage.detail, "message": sentence}
        show_json([{"organization": None, "intact": False, "findings": [told]}])
    else:
        typer.echo(sentence)


def _tell(desk: Desk, organization: Organization, verdict: Verdict) -> None:
    say, language = desk.words.say, desk.language
    for sentence in fault_sentences(verdict, say=say, language=language):
        typer.echo(f"{organization.slug}: {sentence}")
    desk.tell(
        "intact" if verdict.intact else "not_intact",
        organization=organization.slug,
        entries=verdict.entries,
        instances=verdict.instances,
        files=verdict.files,
        root=verdict.root.hex(),
        findings=len(verdict.findings),
    )
    desk.tell("not_checked", organization=organization.slug)
    for sentence in not_checked_sentences(verdict, say=say, language=language):
        typer.echo(f"  - {sentence}")


def _as_json(desk: Desk, organization: Organization, verdict: Verdict) -> dict[str, Any]:
    sentences = fault_sentences(verdict, say=desk.words.say, language=desk.language)
    return {
        "organization": organization.slug,
        "intact": verdict.intact,
        "entries": verdict.entries,
        "instances": verdict.instances,
        "files": verdict.files,
        "root": verdict.root.hex(),
        "not_checked": list(verdict.not_checked),
        "findings": [
            {
                "code": finding.code,
                "entry": finding.idx,
                "detail": finding.detail,
                "message": sentence,
            }
            for finding, sentence in zip(verdict.findings, sentences, strict=True)
        ],
    }
