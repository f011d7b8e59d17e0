"""`evidence copy`: the files of every organisation, and its published log, into another store."""

from collections import Counter
from typing import Annotated

import typer

from api.bootstrap import open_published, open_store
from api.cli.desk import desk_of, settings_for
from engine.commands.copy_evidence import Carried, copy_evidence
from engine.commands.copy_log import copy_log
from engine.errors import NotFound

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def about() -> None:
    """Keep `copy` a command of the group, though it is the only one."""


@app.command(help="Sao chép mọi tệp bằng chứng sang kho khác · Copy every file to another store")
def copy(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(help="Địa chỉ kho mới, s3://… hoặc file:///… · Address of the new store"),
    ],
) -> None:
    """Copy, hash, and name what is missing or damaged; repeatable, and nothing is removed.

    Exit 1 when a file could not be copied.
    """
    desk = desk_of(context)
    settings = settings_for()
    runtime = desk.runtime(settings)
    moved = settings.model_copy(update={"evidence_url": target})
    there, published = open_store(moved), open_published(moved)
    there.prove()
    organizations = runtime.organizations()
    if not organizations:
        raise NotFound("no_organization")
    whole = True
    for organization in organizations:
        counts: Counter[Carried] = Counter()
        for file in copy_evidence(runtime, organization.id, there):
            counts[file.outcome] += 1
            if file.outcome not in {Carried.COPIED, Carried.THERE}:
                whole = False
                desk.tell(f"evidence_{file.outcome}", file=f"{organization.slug} {file.sha256}")
        told = {outcome.value: counts[outcome] for outcome in Carried}
        desk.tell("evidence_copied", organization=organization.slug, **told)
        count = copy_log(runtime, organization.id, published)
        desk.tell("log_copied", organization=organization.slug, files=count)
    if not whole:
        raise typer.Exit(1)
