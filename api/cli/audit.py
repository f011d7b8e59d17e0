"""`audit verify` and `audit export`: the log against itself, and out of the house."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, organization_of, settings_for, show_json
from api.cli.holding import held_by_log
from api.cli.packs import add_to as add_packs
from api.cli.packs import verify_bundle
from api.cli.publication import add_to
from api.cli.witness import witness
from api.cli.witnesses import witnesses
from api.verdict import fault_sentence, fault_sentences, not_checked_sentences
from engine.audit.verifier import Finding
from engine.commands.export_log import ExportForm, begin_export, export_lines
from engine.errors import NotFound
from engine.queries.audit_trail import Verdict, verify_database, verify_log
from engine.queries.log_pages import LogQuestion
from engine.storage.audit_log import LogFilter
from engine.storage.organization import Organization

DAYS: Final = ["%Y-%m-%d"]

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
app.command(help="Các nhân chứng của nhật ký · The witnesses of the log")(witnesses)
app.command(help="Chạy một nhân chứng của riêng mình · Run a witness of one's own")(witness)
add_to(app)
add_packs(app)


class Export(StrEnum):
    """How entries leave."""

    JSONL = "jsonl"
    CSV = "csv"
    XES = "xes"
    OCEL = "ocel"


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
    bundle: Annotated[
        Path | None, typer.Option(help="Kiểm chứng một gói hồ sơ · Verify an evidence pack instead")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Chính sách của bạn · Your own policy, for a pack")
    ] = None,
    held: Annotated[
        list[Path] | None,
        typer.Option(
            help="Điểm chốt (mã QR đã quét), biên nhận hoặc gói bạn giữ"
            " · A checkpoint, a receipt or a pack that you hold"
        ),
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Verify the file of the database and the log of every organisation.

    Exit 1 with each fault named; 2 when nothing could be verified.
    """
    desk = desk_of(context)
    if bundle is not None:
        if not verify_bundle(desk, bundle, policy=policy, held=held or (), form=format_):
            raise typer.Exit(1)
        return
    runtime = desk.runtime(settings_for(database_url=database), upgraded=False, looking=True)
    damage = verify_database(runtime)
    if damage:
        # What a damaged file still gives says nothing of what was written into it.
        _tell_damage(desk, damage[0], format_)
        raise typer.Exit(1)
    desk.needs_newest(runtime)
    kept = held_by_log(runtime, held or [])
    verdicts = [
        (found, verify_log(runtime, found.id, held=kept.get(found.id, ())))
        for found in runtime.organizations()
    ]
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
def export(  # noqa: PLR0913 - what the log is narrowed to.
    context: typer.Context,
    *,
    format_: Annotated[Export, typer.Option("--format")] = Export.JSONL,
    organization: Office = None,
    process: Annotated[str | None, typer.Option(help="Quy trình · Process")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAYS, help="Từ ngày · From the day")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAYS, help="Trước ngày · Before the day")
    ] = None,
    names: Annotated[bool, typer.Option(help="Kèm tên người · With names of people")] = False,
) -> None:
    """Write entries as they were hashed, as a table, or as an event log for process mining.

    The export is an entry of the log.
    """
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    office = organization_of(runtime, organization)
    zone = ZoneInfo(office.timezone)
    question = LogQuestion(
        wanted=LogFilter(
            process=process,
            first=None if first is None else first.replace(tzinfo=zone),
            last=None if last is None else last.replace(tzinfo=zone),
        )
    )
    form = ExportForm(format_.value)
    begun = begin_export(runtime, office.id, None, question, form, names=names)
    for line in export_lines(runtime, begun, language=desk.language):
        typer.echo(line, nl=False)


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
