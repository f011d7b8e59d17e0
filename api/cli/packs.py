"""`audit pack` and `audit verify --bundle`: evidence packs out of the house, judged by anybody.

`verify --bundle` is `python -m engine.audit` under another name: it needs no database, and no
setting of the house is believed. It ends with 1 on any fault; the other with the code of its class.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, organization_of, settings_for
from api.pack_pages import ReadablePages
from engine.audit.__main__ import as_json, as_text, judge
from engine.audit.profile import AuditInputError
from engine.commands.export_pack import export_pack
from engine.errors import Conflict, Invalid
from engine.queries.evidence_pack import PackWish
from engine.queries.publication import newest_checkpoint

ENDING = ".zip"

Office = Annotated[
    str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
]


def add_to(group: typer.Typer) -> None:
    """Hang the command on the group `audit`."""
    group.command("pack", help="Lập gói hồ sơ bằng chứng · Make an evidence pack")(pack)


def pack(
    context: typer.Context,
    instance: Annotated[
        str | None, typer.Argument(help="Mã hồ sơ · Code of a case, such as IA-2026-01")
    ] = None,
    *,
    process: Annotated[str | None, typer.Option(help="Cả một quy trình · A whole process")] = None,
    year: Annotated[int | None, typer.Option(help="Cả một năm · A whole year")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Ghi vào tệp · File to write")
    ] = None,
    organization: Office = None,
) -> None:
    """Write a case, a process or a year into one file that a stranger can check.

    Personal data stays out: a command line has no person who may read it.
    """
    asked = {"instance": instance, "process": process, "year": year}
    given = [(kind, str(value)) for kind, value in asked.items() if value is not None]
    if len(given) != 1:
        raise Invalid("pack_scope_unclear")
    kind, value = given[0]
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    office = organization_of(runtime, organization)
    checkpoint = newest_checkpoint(runtime, office.id)
    target = output or Path(f"{office.slug}-{value}-{checkpoint.size}{ENDING}")
    if target.exists():
        raise Conflict("file_exists", file=str(target))
    pages = ReadablePages(desk.words, ZoneInfo(office.timezone))
    wish = PackWish(kind=kind, value=value, note=checkpoint.note, keys=checkpoint.keys)
    # Beside its target, and under its own name only when it is whole.
    written = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with written.open("xb+") as file:
            made = export_pack(runtime, office.id, wish, file, pages)
        written.rename(target)
    finally:
        written.unlink(missing_ok=True)
    desk.tell(
        "pack_made",
        file=str(target),
        entries=made.entries,
        files=made.files,
        bytes=made.bytes,
        size=made.size,
        sha256=made.sha256,
    )


def verify_bundle(
    desk: Desk, bundle: Path, *, policy: Path | None, held: Sequence[Path], form: Report
) -> bool:
    """Judge a pack by the caller's own files and tell; whether it is intact.

    Raises:
        Invalid: a file cannot be read, or the policy is none.
    """
    try:
        # Packs are judged by the machine's clock, whatever a demonstration's clock says.
        now = datetime.now(UTC)  # noqa: TID251
        report = judge(bundle, policy=policy, held=held, now=now)
    except (OSError, AuditInputError) as error:
        raise Invalid("bundle_unusable", problem=str(error)) from error
    if form is Report.JSON:
        typer.echo(json.dumps(as_json(report), ensure_ascii=False, indent=2))
    else:
        for line in as_text(report, desk.language):
            typer.echo(line)
    return report.intact
