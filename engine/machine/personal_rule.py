"""Who may read what personal columns hold; everybody else reads the row without them.

1. Those who may write the row read it whole: the roles of the set's `by`, narrowed as for writing
   (what the case has already is asked of nobody: `when` does not count for reading).
2. Those whom the definition names under `personal_to`, narrowed likewise: `of` is a unit column of
   the row, or a field of the case.
3. A person reads the rows that name them, and nothing else of anybody.
4. A paper shows whole record sets: who may not read all of them whole does not get it. Without a
   word of the definition, a paper is taken to show every personal column of the case.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.definition.model import By, Process
from engine.machine.actor import Actor
from engine.machine.authorization import grants_for, named
from engine.machine.decision import UnmetCode
from engine.machine.instance import Case, Row


def personal_columns(process: Process, record_set: str) -> frozenset[str]:
    """The columns of a record set that hold personal data."""
    columns = process.records[record_set].columns
    return frozenset(name for name, spec in columns.items() if spec.personal)


def withheld(
    process: Process, record_set: str, case: Case, row: Mapping[str, Any], *, actor: Actor
) -> frozenset[str]:
    """The columns of a row that this actor may not read."""
    hidden = personal_columns(process, record_set)
    if not hidden or _names(process, record_set, row, actor):
        return frozenset()
    values = {**case.instance.fields, **row}
    found = grants_for(_readers(process, record_set), actor, case=case, values=values)
    return hidden if isinstance(found, UnmetCode) else frozenset()


def seen_by(process: Process, case: Case, actor: Actor) -> Case:
    """The case as this actor may read it: what is made of it tells no more than its tables."""
    records = {
        name: rows
        if reads_whole(process, name, case, actor=actor)
        else tuple(
            without(row, withheld(process, name, case, row.values, actor=actor)) for row in rows
        )
        for name, rows in case.records.items()
    }
    return replace(case, records=records)


def without(row: Row, columns: frozenset[str]) -> Row:
    """The row without some of its columns."""
    if not columns:
        return row
    kept = {name: value for name, value in row.values.items() if name not in columns}
    return replace(row, values=kept)


def reads_whole(process: Process, record_set: str, case: Case, *, actor: Actor) -> bool:
    """Whether an actor may read every row of a record set, whomever it names."""
    if not personal_columns(process, record_set):
        return True
    # A unit that stands in the case and not in the rows narrows to cases, and not among rows.
    columns = process.records[record_set].columns
    wide = tuple(by for by in _readers(process, record_set) if by.of not in columns)
    found = grants_for(wide, actor, case=case, values=case.instance.fields)
    return not isinstance(found, UnmetCode)


def reads_paper(process: Process, document: str, case: Case, *, actor: Actor) -> bool:
    """Whether an actor may read all that a paper shows."""
    shown = process.documents[document].personal
    sets = tuple(process.records) if shown is None else shown
    return all(reads_whole(process, name, case, actor=actor) for name in sets)


def _readers(process: Process, record_set: str) -> tuple[By, ...]:
    return (*process.records[record_set].by, *process.personal_to)


def _names(process: Process, record_set: str, row: Mapping[str, Any], actor: Actor) -> bool:
    """Whether a row is about the one who reads."""
    columns = process.records[record_set].columns
    return any(
        actor.person in named(row.get(name))
        for name, spec in columns.items()
        if spec.type == "person" and spec.personal
    )
