"""`organization found`: make a tenant from its file, once."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.database import publish_known
from api.cli.desk import desk_of, settings_for
from api.seeds import read_organization
from engine.commands.manage_organization import found_organization

CALENDAR_YEARS_BACK = 1
CALENDAR_YEARS_AHEAD = 1

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.command(help="Lập cơ quan từ tệp YAML · Make an organisation from its YAML file")
def found(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Tệp cơ cấu tổ chức · File of the organisation")],
) -> None:
    """Make an organisation with its people, calendar and the definitions that ship."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    year = runtime.clock.now().year
    years = range(year - CALENDAR_YEARS_BACK, year + CALENDAR_YEARS_AHEAD + 1)
    seed = read_organization(file, years=years)
    found_organization(runtime, seed)
    publish_known(runtime, ())
    desk.tell("founded", organization=seed.id)
