"""How the command line tells findings and differences: in words, or as JSON."""

import json
from typing import Any, Final

import typer

from api.cli.desk import Desk, complain
from engine.definition.diff import Change, Difference, Kind
from engine.definition.digest import digest
from engine.definition.finding import Finding
from engine.definition.model import Process

SIGNS: Final = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~"}


def sentence(finding: Finding, desk: Desk, *, mend: bool = False) -> str:
    """What is wrong, or with `mend` how to mend it."""
    code = finding.mend if mend else finding.words
    return desk.words.say(code, finding.params, desk.language)


def finding_as_json(finding: Finding, desk: Desk) -> dict[str, Any]:
    """A finding as `definitions check --format json` lists it."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "message": sentence(finding, desk),
        "hint": sentence(finding, desk, mend=True),
    }


def difference_as_json(found: Difference, old: Process, new: Process, desk: Desk) -> dict[str, Any]:
    """A comparison as JSON: both sides, what changed, which gates were dropped."""
    sides = {"old": old, "new": new}
    return {
        **{
            side: {"process": p.process, "version": p.version, "digest": digest(p)}
            for side, p in sides.items()
        },
        "changes": [
            {
                "kind": change.kind.value,
                "path": list(change.path),
                "old": change.old,
                "new": change.new,
            }
            for change in found.changes
        ],
        "weaker": [
            {"path": finding.path, **finding_as_json(finding, desk)} for finding in found.weaker
        ],
    }


def tell_difference(found: Difference, old: Process, new: Process, desk: Desk) -> None:
    """Say what changed, a line each, then what got weaker."""
    for change in found.changes:
        typer.echo(f"{SIGNS[change.kind]} {'.'.join(change.path)}{_values(change, desk)}")
    for finding in found.weaker:
        typer.echo(f"! {finding.path}: {sentence(finding, desk)}")
    told = {
        "old": f"{old.process}@{old.version}",
        "new": f"{new.process}@{new.version}",
        "changes": len(found.changes),
        "weaker": len(found.weaker),
    }
    complain(desk.say("compared", **told))


def _values(change: Change, desk: Desk) -> str:
    old, new = (_brief(value, desk) for value in (change.old, change.new))
    if change.kind is Kind.CHANGED:
        return f": {old} → {new}"
    return f": {new if change.kind is Kind.ADDED else old}"


def _brief(value: Any, desk: Desk) -> str:
    """A value on one line; a node that has a title by its title."""
    if isinstance(value, dict):
        titled = value.get("title", value)
        if isinstance(titled, dict) and desk.language in titled:
            return str(titled[desk.language])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
