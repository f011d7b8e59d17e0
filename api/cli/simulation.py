"""`simulate`: a whole year of the shipped processes, apart from every real database."""

import time
from datetime import date
from typing import Annotated, Any, Final

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, settings_for, show_json
from api.simulation.account import Account, Event, Kind
from api.simulation.figures import Figures, figures_of
from api.simulation.office import office_of
from api.simulation.year import Span, Year
from engine.definition.model import Text

YEARS: Final = (2000, 2100)
QUIET_KINDS: Final = frozenset({Kind.IMPORTED})
REFUSALS_SHOWN: Final = 12

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.command(name="simulate")
def simulate(
    context: typer.Context,
    year: Annotated[int, typer.Argument(help="Năm · Year", min=YEARS[0], max=YEARS[1])],
    *,
    seed: Annotated[int, typer.Option(help="Số gieo · The same seed, the same year")] = 1,
    until: Annotated[
        str | None, typer.Option(help="Ngày cuối · Last day that is lived (2026-03-31)")
    ] = None,
    format_: Annotated[Report, typer.Option("--format")] = Report.TEXT,
) -> None:
    """Live through a year and tell it; exit 1 when the house does not hold together."""
    desk = desk_of(context)
    began = time.monotonic()
    span = Span(first=date(year, 1, 1), last=_last(year, until))
    with office_of(year, seed, folders=settings_for().definitions) as office:
        lived = Year(office, seed=seed)
        account = lived.live(span)
        figures = figures_of(office, account)
    if format_ is Report.JSON:
        show_json(as_json(year, seed, account, figures, desk))
    else:
        tell(year, seed, account, figures, desk)
        desk.tell("simulate_took", seconds=f"{time.monotonic() - began:.1f}")
    raise typer.Exit(0 if figures.holds else 1)


def _last(year: int, until: str | None) -> date:
    """The last day that is lived: of the year, whatever is asked."""
    end = date(year, 12, 31)
    if until is None:
        return end
    return max(date(year, 1, 1), min(end, date.fromisoformat(until)))


def tell(year: int, seed: int, account: Account, figures: Figures, desk: Desk) -> None:
    """Say on standard output what happened, and the figures."""
    desk.tell("simulate_heading", year=year, seed=seed)
    for event in account.events:
        if event.kind not in QUIET_KINDS:
            typer.echo(f"{event.on:%d/%m}  {_sentence(event, desk)}")
    typer.echo()
    columns = ("process", "opened", "succeeded", "aborted", "open", "overdue", "steps")
    heads = [desk.say(f"simulate_column.{name}") for name in columns]
    typer.echo(f"{heads[0]:<44} " + " ".join(f"{head:>10}" for head in heads[1:]))
    for row in figures.processes:
        numbers = (row.opened, row.succeeded, row.aborted, row.open, row.overdue, row.steps)
        typer.echo(
            f"{_title(row.title, desk)[:44]:<44} " + " ".join(f"{number:>10}" for number in numbers)
        )
    typer.echo()
    for row in figures.processes:
        days = ", ".join(f"{state} {median:g}" for state, median in row.medians.items())
        if days:
            desk.tell("simulate_medians", process=row.process, days=days)
    typer.echo()
    desk.tell("simulate_steps", steps=figures.steps, on_behalf=figures.on_behalf)
    desk.tell("simulate_refused", told=_counted(figures.refusals))
    desk.tell("simulate_mistakes", told=_counted(figures.mistakes))
    desk.tell("simulate_escalated", told=_counted(figures.escalations))
    desk.tell("simulate_lifted", waivers=figures.waivers, moved=figures.deadlines_moved)
    desk.tell(
        "simulate_log",
        entries=figures.entries,
        kilobytes=figures.bytes // 1024,
        files=figures.files,
        root=figures.root[:16],
    )
    if figures.holds:
        desk.tell("simulate_holds")
    findings = (f"{each.code} {each.detail or ''}".strip() for each in figures.verdict.findings)
    for fault in (*findings, *figures.broken):
        desk.tell("simulate_fault", fault=fault)


def _sentence(event: Event, desk: Desk) -> str:
    params = {name: _told(value, desk) for name, value in event.params.items()}
    return desk.say(f"simulate_event.{event.kind}", **params)


def _told(value: Any, desk: Desk) -> Any:
    return _title(value, desk) if isinstance(value, Text) else value


def _title(text: Text, desk: Desk) -> str:
    return text.en if desk.language == "en" else text.vi


def _counted(numbers: Any) -> str:
    """The most frequent first, as many as fit on a line or two."""
    ranked = sorted(numbers.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return ", ".join(f"{name} {count}" for name, count in ranked[:REFUSALS_SHOWN]) or "—"


def as_json(year: int, seed: int, account: Account, figures: Figures, desk: Desk) -> dict[str, Any]:
    """The same for other programs."""
    return {
        "year": year,
        "seed": seed,
        "timeline": [
            {
                "on": event.on.isoformat(),
                "kind": event.kind.value,
                **{name: _plain(value, desk) for name, value in event.params.items()},
            }
            for event in account.events
        ],
        "processes": [
            {
                "process": row.process,
                "title": _title(row.title, desk),
                "opened": row.opened,
                "succeeded": row.succeeded,
                "aborted": row.aborted,
                "open": row.open,
                "overdue": row.overdue,
                "steps": row.steps,
                "median_days": dict(row.medians),
            }
            for row in figures.processes
        ],
        "steps": figures.steps,
        "steps_on_behalf": figures.on_behalf,
        "refusals": dict(figures.refusals),
        "mistakes": dict(figures.mistakes),
        "escalations": {str(level): count for level, count in figures.escalations.items()},
        "waivers": figures.waivers,
        "deadlines_moved": figures.deadlines_moved,
        "files": figures.files,
        "log": {"entries": figures.entries, "bytes": figures.bytes, "root": figures.root},
        "intact": figures.verdict.intact,
        "findings": [
            {"code": finding.code, "detail": finding.detail} for finding in figures.verdict.findings
        ],
        "broken": list(figures.broken),
    }


def _plain(value: Any, desk: Desk) -> Any:
    told = _told(value, desk)
    return told.isoformat() if isinstance(told, date) else told
