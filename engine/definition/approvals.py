"""Approvals, judged without a case: what they are bound to, who gives them, who needs them.

1. E36: a step gives or needs an approval that is not declared.
2. E37: an approval that is bound to nothing, that a step needs and no step gives, or that no step
   needs.
3. E32 `column`: an approval is bound to a column that its record set does not have.
"""

from collections.abc import Iterator

from engine.definition.finding import Finding, Path, Places
from engine.definition.model import Process


def check(process: Process, places: Places) -> Iterator[Finding]:
    """Yield what is wrong with the approvals of a definition."""
    yield from _unknown(process, places)
    given = {name for step in process.transitions.values() for name in step.approves}
    needed = {name for step in process.transitions.values() for name in step.approved}
    for name, spec in process.approvals.items():
        faults = {
            "empty": not (spec.evidence or spec.records or spec.fields),
            "given": name not in given,
            "needed": name not in needed,
        }
        kind = next((kind for kind, holds in faults.items() if holds), None)
        if kind is not None:
            yield places.finding("E37", ("approvals", name), kind=kind, name=name)
        for path, column in _strange(process, name):
            yield places.finding("E32", path, kind="column", name=column)


def _unknown(process: Process, places: Places) -> Iterator[Finding]:
    for transition, step in process.transitions.items():
        for key in ("approves", "approved"):
            for index, name in enumerate(getattr(step, key)):
                if name not in process.approvals:
                    path = ("transitions", transition, key, index)
                    yield places.finding("E36", path, name=name)


def _strange(process: Process, name: str) -> Iterator[tuple[Path, str]]:
    """Yield the columns that a record set does not have; a set that is unknown is told as such."""
    for record_set, columns in process.approvals[name].records.items():
        known = process.records.get(record_set)
        for index, column in enumerate(columns):
            if known is not None and column not in known.columns:
                yield ("approvals", name, "records", record_set, index), column
