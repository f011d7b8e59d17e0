"""`audit witnesses`: who outside holds the log to its word, and what each last said."""

from typing import Annotated, Any

import typer

from api.cli.definitions import Report
from api.cli.desk import Desk, desk_of, settings_for, show_json
from engine.queries.witnesses import Witnesses, WitnessState, witnesses_of


def witnesses(
    context: typer.Context, *, format_: Annotated[Report, typer.Option("--format")] = Report.TEXT
) -> None:
    """Tell the state of each witness; exit 1 when one cries, or too few signed the newest."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    found = [(one.slug, witnesses_of(runtime, one.id)) for one in runtime.organizations()]
    if format_ is Report.JSON:
        show_json([_as_json(desk, slug, state) for slug, state in found])
    else:
        for slug, state in found:
            _tell(desk, slug, state)
    if any(state.alarm or not state.met for _, state in found):
        raise typer.Exit(1)


def _tell(desk: Desk, slug: str, state: Witnesses) -> None:
    met = "met" if state.met else "not_met"
    desk.tell(
        "witnesses_heading",
        organization=slug,
        size=state.size or 0,
        witnessed=state.witnessed or 0,
        met=desk.say(f"witnesses_{met if state.asks else 'none_asked'}"),
    )
    for one in (*state.witnesses, *filter(None, [state.time])):
        size = one.heard.size if one.heard is not None else None
        said = desk.words.say(f"witness.{one.said}", {}, desk.language)
        problem = "" if one.heard is None else one.heard.problem
        line = desk.say("witness_line", name=_name(one), said=said, size=size or 0, problem=problem)
        typer.echo(f"  {line}".rstrip("; "))


def _as_json(desk: Desk, slug: str, state: Witnesses) -> dict[str, Any]:
    return {
        "organization": slug,
        "size": state.size,
        "witnessed": state.witnessed,
        "quorum_asked": state.asks,
        "quorum_met": state.met,
        "alarm": state.alarm,
        "witnesses": [_one(desk, one) for one in state.witnesses],
        "time": None if state.time is None else _one(desk, state.time),
    }


def _one(desk: Desk, one: WitnessState) -> dict[str, Any]:
    heard = one.heard
    return {
        "name": _name(one),
        "url": one.url,
        "said": one.said,
        "meaning": desk.words.say(f"witness.{one.said}", {}, desk.language),
        "alarm": one.alarm,
        "current": one.current,
        "size": None if heard is None else heard.size,
        "signed_at": None
        if heard is None or heard.signed_at is None
        else heard.signed_at.isoformat(),
        "asked_at": None if heard is None else heard.asked_at.isoformat(),
        "problem": "" if heard is None else heard.problem,
    }


def _name(one: WitnessState) -> str:
    """The name as the policy has it; octets that are no text are shown as such."""
    return one.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
