"""`dossiers import`: an export into the register, from the machine that the house runs on.

1. It goes the way of every import: kept, logged, carried out once. This command works on it itself;
   where a worker was faster, it waits and tells what came of it.
2. Somebody stands for it: the one named by `--user`, whose roles must allow it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import typer

from api.cli.desk import Desk, complain, organization_of, settings_for
from api.problems import said_of
from engine.commands.manage_imports import COUNTS, FileToImport, draft_import
from engine.commands.run_imports import run_imports
from engine.errors import NotFound
from engine.queries.jobs import JobView, job_faults, job_view
from engine.runtime import Caller, Runtime
from engine.storage.jobs import JobState
from workflows.overdue_dossiers.keeping import NAME

WAIT_SECONDS: Final = 1.0
FAULTS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the line says of the file; `as_of` is on the organisation's clock."""

    file: Path
    user: str
    source: str
    organization: str | None = None
    as_of: datetime | None = None
    rows: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


def import_export(desk: Desk, line: Line) -> bool:
    """Import a file and tell what came of it; whether it was imported.

    Raises:
        NotFound: no such user or organisation.
        Invalid: the file cannot be read.
        FillsNot: the user may not fill the register.
    """
    settings = settings_for()
    runtime = desk.runtime(settings)
    caller = _caller(runtime, line)
    with runtime.read(caller.organization_id) as uow:
        zone = uow.zone
    with line.file.open("rb") as content:
        file = FileToImport(
            register=NAME,
            content=content,
            filename=line.file.name,
            source=line.source,
            as_of=None if line.as_of is None else line.as_of.replace(tzinfo=zone),
            mapping=line.mapping or None,
            aliases=line.aliases or None,
            declared_rows=line.rows,
        )
        most = settings.import_max_bytes
        drafted = draft_import(runtime, caller, file, bytes_max=most, start=True)
    if drafted.known:
        complain(desk.say("import_known", job=drafted.job.id))
    view = _carried_out(runtime, caller, drafted.job.id)
    _tell(desk, runtime, caller, view)
    return view.job.state is JobState.DONE


def _caller(runtime: Runtime, line: Line) -> Caller:
    office = organization_of(runtime, line.organization)
    with runtime.credentials() as (accounts, _now):
        account = accounts.by_username(line.user)
    if account is None or account.organization_id != office.id:
        raise NotFound("unknown_username", username=line.user)
    return Caller(organization_id=office.id, person=account.person)


def _carried_out(runtime: Runtime, caller: Caller, job_id: str) -> JobView:
    """The import at its end: carried out here, or by a worker that has it."""
    run_imports(runtime, caller.organization_id)
    while (view := job_view(runtime, caller, job_id)).at_work:
        time.sleep(WAIT_SECONDS)
        run_imports(runtime, caller.organization_id)
    return view


def _tell(desk: Desk, runtime: Runtime, caller: Caller, view: JobView) -> None:
    """The counts on standard output, everything else on standard error."""
    job = view.job
    state = desk.words.say(f"job_state.{job.state.value}", {}, desk.language)
    counts = {name: job.progress.get(name, 0) for name in COUNTS}
    typer.echo(desk.say("import_done", job=job.id, state=state, **counts))
    complain(desk.say("import_checked", sha256=job.sha256, checksum=job.progress.get("checksum")))
    if job.options["dropped"]:
        complain(desk.say("dossiers_dropped_personal", headings=job.options["dropped"]))
    if view.difference:
        complain(
            desk.say("import_differs", declared=job.options["declared_rows"], read=counts["rows"])
        )
    if job.failure is not None:
        code, params = job.failure["code"], job.failure["params"]
        complain(desk.words.say(f"error.{code}", params, desk.language))
    for fault in job_faults(runtime, caller, job.id, limit=FAULTS_SHOWN):
        told = {"row": fault.row, "code": fault.code, "params": fault.params}
        text = said_of(told, say=desk.words.say, language=desk.language)
        column = desk.words.say(f"dossier.column.{fault.column}", {}, desk.language)
        complain(desk.say("dossiers_fault", row=fault.row, column=column, text=text))
    if counts["faults"] > FAULTS_SHOWN:
        complain(desk.say("import_more_faults", count=counts["faults"] - FAULTS_SHOWN))
