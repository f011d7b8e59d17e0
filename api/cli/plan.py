"""`plan show`: the plan of a year, row by row, with the instances that carry it out."""

from typing import Annotated, Any

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, organization_of, settings_for, show_json
from engine.errors import NotFound
from engine.queries.plan import PlanView, plan_view
from engine.runtime import Caller, Runtime

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Kế hoạch năm · The plan of a year"
)


@app.callback()
def group() -> None:
    """Keep `show` a command of its own while it stands alone."""


@app.command(help="Các nội dung của kế hoạch và hồ sơ thực hiện · Its rows with their instances")
def show(
    context: typer.Context,
    year: Annotated[int, typer.Argument(help="Năm · Year")],
    *,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Show the newest edition of a year's plan."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    office = organization_of(runtime, organization)
    view = plan_view(runtime, _somebody(runtime, office.id), year)
    if format_ is Report.JSON:
        show_json([_row(row, view, desk) for row in view.body["rows"]])
        return
    desk.tell("plan_heading", year=view.year, edition=view.edition)
    for row in view.body["rows"]:
        told = _row(row, view, desk)
        typer.echo(f"{told['code']:<5} {told['time']:<28} {told['content']}")
        for instance in told["instances"]:
            late = desk.say("overdue_mark") if instance["overdue"] else ""
            typer.echo(f"      {instance['code']:<13} {instance['state']} {late}".rstrip())


def _somebody(runtime: Runtime, organization_id: str) -> Caller:
    """Whoever administers: the plan is shown as that person sees it.

    Raises:
        NotFound: nobody is in force today.
    """
    with runtime.read(organization_id) as uow:
        organization = uow.tables.organization
        people = organization.holders("administrator", on=uow.today)
        known = [person.id for person in organization.people(uow.today)]
    found = next((person for person in (*people, *known) if person in known), None)
    if found is None:
        raise NotFound("nobody_in_force")
    return Caller(organization_id=organization_id, person=found)


def _row(row: Any, view: PlanView, desk: Desk) -> dict[str, Any]:
    return {
        "code": row["code"],
        "content": _words(row["content"], desk),
        # A row that only heads others has no time of its own.
        "time": _words(row.get("time"), desk),
        "instances": [
            {
                "code": instance.code,
                "title": instance.title,
                "state": instance.state_title[desk.language],
                "overdue": instance.overdue,
            }
            for instance in view.instances[row["code"]]
        ],
    }


def _words(text: Any, desk: Desk) -> str:
    """A text of the plan on one line."""
    return " ".join(str((text or {}).get(desk.language, "")).split())
