"""What a record set says of its rows beyond their columns: when they are closed, what ends them.

1. A path (`class_session.training_class.round`) leads from a row through columns that name another
   row. Where it leads to nothing (an empty column, a row that was retired) there is nothing that a
   condition could hold against the row: it is not closed.
2. A fact without a value closes a row: a gate must not open because something is unknown.
3. A row ends (`voided_by`) with the change of what it speaks of, as that was and as it will be, and
   only while it can be given anew: where its set is closed it stays as the record of its time.
4. What is written as it stood changes nothing, and ends nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definition.model import Process, RecordSetSpec, RowCondition
from engine.machine.conditions import comparison, is_filled
from engine.machine.instance import Case, Row

Image = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowImages:
    """A row that changes: as it was (None: it comes) and as it will be (None: it goes)."""

    record_set: str
    row: str | None
    before: Image | None
    after: Image | None


def closed_by(
    process: Process, record_set: str, case: Case, images: Iterable[Image], facts: Mapping[str, Any]
) -> tuple[str, ...]:
    """The conditions of `edit_when` that one of the images does not meet, in their order."""
    spec = process.records[record_set]
    if not spec.edit_when:
        return ()
    known = tuple(images)
    return tuple(
        name
        for name, requirement in spec.edit_when.items()
        if not all(_meets(process, spec, requirement.that, case, image, facts) for image in known)
    )


def voided_rows(
    process: Process, case: Case, changes: Iterable[RowImages]
) -> tuple[tuple[str, Row], ...]:
    """(record set, row) of every row that ends with these changes, each once."""
    found: dict[str, tuple[str, Row]] = {}
    real = tuple(change for change in changes if change.before != change.after)
    for name, spec in process.records.items():
        if not spec.voided_by or case.instance.state not in spec.edit_in:
            continue
        for row in case.rows(name):
            if any(_ends(spec, row, change) for change in real):
                found[row.id] = (name, row)
    return tuple(found.values())


def _meets(
    process: Process,
    spec: RecordSetSpec,
    that: RowCondition,
    case: Case,
    image: Image,
    facts: Mapping[str, Any],
) -> bool:
    if that.column is None:
        fact = process.facts[that.fact or ""]
        return comparison(that.op, that.value, fact.type)(facts.get(that.fact or ""))
    found, kind = _reach(process, spec, that.column, case, image)
    if not is_filled(found):
        return True
    if that.fact is None:
        return comparison(that.op, that.value, kind)(found)
    wanted = facts.get(that.fact)
    return is_filled(wanted) and comparison(that.op, wanted, kind)(found)


def _reach(
    process: Process, spec: RecordSetSpec, column: str, case: Case, image: Image
) -> tuple[Any, str]:
    """The value at the end of a path, and its declared type."""
    *ways, last = column.split(".")
    for name in ways:
        record_set = spec.columns[name].row_of or ""
        row = next((row for row in case.rows(record_set) if row.id == image.get(name)), None)
        spec, image = process.records[record_set], {} if row is None else row.values
    return image.get(last), spec.columns[last].type


def _ends(spec: RecordSetSpec, row: Row, change: RowImages) -> bool:
    column = spec.voided_by.get(change.record_set)
    if column is None:
        return False
    value = row.values.get(column)
    if spec.columns[column].row_of == change.record_set:
        return bool(value == change.row)
    images = (change.before, change.after)
    return any(image is not None and image.get(column) == value for image in images)
