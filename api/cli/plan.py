"""`plan`: open the plan of a year, and show it row by row with the instances that carry it out."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, organization_of, settings_for, show_json
from api.seeds import DEFINITIONS, read_plan
from engine.commands.open_plan import Outcome, PlanOpened, RowOutcome, open_plan
from engine.errors import Invalid, NotFound
from engine.queries.plan import PlanView, plan_view
from engine.queries.plan_order import OrderWarning
from engine.queries.plan_standing import Light
from engine.runtime import Caller, Runtime

PLANS: Final = DEFINITIONS / "plans"

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.command(
    name="open",
    help="Mở kế hoạch năm và hồ sơ của từng nội dung · Open a year's plan with a case for each row",
)
def open_year(
    context: typer.Context,
    year: Annotated[int, typer.Argument(help="Năm · Year")],
    *,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Enter the plan where it is not entered yet and open what has no case; repeatable."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    office = organization_of(runtime, organization)
    opened = open_plan(runtime, office.id, year, _written(PLANS / f"{year}.yaml", year))
    if format_ is Report.JSON:
        show_json(_opened_as_json(opened, year, desk))
        return
    if opened.entered:
        desk.tell("plan_entered", year=year, edition=opened.edition)
    for row in opened.rows:
        said = desk.say(f"plan_row.{row.outcome}")
        typer.echo(
            f"{row.row:<5} {row.process or '—':<24} {said:<20} {' '.join(row.cases)}".rstrip()
        )
    if opened.carried:
        desk.tell("plan_carried", year=year, cases=list(opened.carried))
    _warn(opened.warnings, desk)
    counts = {o.value: sum(row.outcome is o for row in opened.rows) for o in Outcome}
    desk.tell("plan_opened", year=year, edition=opened.edition, **counts)


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
        for reason in told["reasons"]:
            if reason["light"] in {Light.RED, Light.AMBER}:
                light = desk.words.say(f"page.plan.light.{reason['light']}", {}, desk.language)
                typer.echo(f"      {light}: {reason['message']}")
        for instance in told["instances"]:
            late = desk.say("overdue_mark") if instance["overdue"] else ""
            typer.echo(f"      {instance['code']:<13} {instance['state']} {late}".rstrip())
    _warn(view.warnings, desk)


def _written(file: Path, year: int) -> Any:
    """The plan as its file has it; None when there is no file.

    Raises:
        Invalid: the file cannot be read, or is the plan of another year.
    """
    if not file.is_file():
        return None
    body = read_plan(file)
    if body["year"] != year:
        raise Invalid("plan_of_other_year", file=str(file), found=body["year"], year=year)
    return body


def _opened_as_json(opened: PlanOpened, year: int, desk: Desk) -> dict[str, Any]:
    def shown(row: RowOutcome) -> dict[str, Any]:
        return {
            "row": row.row,
            "process": row.process,
            "outcome": row.outcome.value,
            "cases": list(row.cases),
        }

    return {
        "year": year,
        "edition": opened.edition,
        "entered": opened.entered,
        "rows": [shown(row) for row in opened.rows],
        "carried": list(opened.carried),
        "warnings": [_said(warning, desk) for warning in opened.warnings],
    }


def _warn(warnings: tuple[OrderWarning, ...], desk: Desk) -> None:
    for warning in warnings:
        desk.tell("plan_warning", text=_said(warning, desk))


def _said(warning: OrderWarning, desk: Desk) -> str:
    code = f"plan_warning.{warning.fault}"
    return desk.words.say(code, warning.params(desk.language), desk.language)


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
        "light": view.standing.rows[row["code"]].light.value,
        "reasons": [
            {
                "code": reason.cause.value,
                "light": reason.light.value,
                "message": desk.words.say(
                    f"plan_standing.{reason.cause}", reason.params(desk.language), desk.language
                ),
                "case": reason.case,
            }
            for reason in view.standing.rows[row["code"]].reasons
        ],
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
