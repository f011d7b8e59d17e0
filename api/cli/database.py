"""`database upgrade` and `database check`: the schema, and the versions that ship."""

from collections.abc import Iterable
from pathlib import Path

import typer

from api.bootstrap import database_is_current, upgrade_database
from api.cli.desk import desk_of, settings_for
from api.seeds import DEFINITIONS, read_definitions
from engine.commands.publish_definition import Publication, publish_definitions
from engine.definition.model import Process
from engine.definition.source import Reading
from engine.errors import Invalid
from engine.runtime import Runtime

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.command(help="Đưa lược đồ lên bản mới nhất · Bring the schema to its newest revision")
def upgrade(context: typer.Context) -> None:
    """Run every revision, then publish shipped versions that are not known yet."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for(), upgraded=False)
    upgrade_database(runtime.database)
    desk.tell("upgraded")
    for publication in publish_known(runtime, ()):
        if publication.fresh:
            desk.tell("published", process=publication.process, version=publication.version)
    desk.tell_what_is_missing(runtime)


@app.command(help="Thoát với mã 1 nếu lược đồ chưa mới nhất · Exit 1 when the schema is behind")
def check(context: typer.Context) -> None:
    """Say whether every revision has run; nothing is made where nothing is."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for(), upgraded=False, looking=True)
    if database_is_current(runtime.database):
        desk.tell("database_current")
        return
    desk.tell("database_is_behind")
    raise typer.Exit(1)


def publish_known(runtime: Runtime, folders: Iterable[Path]) -> tuple[Publication, ...]:
    """Publish the versions that ship with the house, and those of further folders, everywhere.

    Raises:
        Invalid: a definition cannot be read or has an error.
        VersionTaken: a number was published with another content.
    """
    readings = read_definitions((DEFINITIONS, *folders))
    done: list[Publication] = []
    for organization in runtime.organizations():
        done += publish_definitions(
            runtime, organization.id, [_whole(reading) for reading in readings]
        )
    return tuple(done)


def _whole(reading: Reading) -> Process:
    if reading.process is None:
        first = reading.findings[0]
        raise Invalid("definition_unreadable", file=first.file, line=first.line, finding=first.code)
    return reading.process
