"""May this row be added, changed or retired: the state, the people, the columns.

1. Rows of a set are edited only in the states that `edit_in` names.
2. `by` narrows as for a step; `of` names a column of the row (a field of the case where there is no
   such column). Who changes a row needs the role for the row as it was and as it will be.
3. `not_of_unit`: the person in one column may not belong to the unit in the other, unless the set
   lets a waiver lift that and one is in force. People whose unit is not known to the case are
   refused as unknown rather than let through.
4. `edit_when` closes single rows: the row as it was and as it will be must both meet it. No waiver
   opens a closed row.
5. What may not be empty, and what may stand only once, is judged on the row as it will be; a row
   that is retired is judged by its state, its people and `edit_when` alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.definition.model import By, Process, RecordSetSpec
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import grants_for, named
from engine.machine.conditions import compile_condition, is_filled
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case, Row, no_values
from engine.machine.row_condition import closed_by

MAY_BE_LIFTED: Final = "waiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """What somebody wants of a record set.

    Attributes:
        row: id of the row; None adds one.
        values: columns to write, already typed; None empties a column.
        expected_version: the version of the row that was seen, where one is changed or retired.
    """

    record_set: str
    row: str | None = None
    values: Mapping[str, Any] = field(default_factory=no_values)
    retire: bool = False
    expected_version: int | None = None


class RecordsClosed(Conflict):
    """The present state does not allow a change of these rows."""

    def __init__(self, record_set: str, *, state: str, edit_in: tuple[str, ...]) -> None:
        super().__init__(
            "records_closed", record_set=record_set, state=state, edit_in=list(edit_in)
        )


def decide_record(
    process: Process,
    case: Case,
    change: RecordChange,
    *,
    actor: Actor,
    facts: Mapping[str, Any],
) -> Grant | Refused:
    """Say whether the change may be written, and by which grant; every reason at once.

    `facts` are the declared facts, which `by.when` and `edit_when` ask for.

    Raises:
        NotFound: `unknown_record_set`, `unknown_row`.
        Invalid: `unknown_column`, `unknown_person`.
        Conflict: `stale_row`: the row is at another version.
        RecordsClosed: the set may not be edited in the present state.
    """
    spec = _spec(process, change)
    row = _row(case, change)
    if case.instance.state not in spec.edit_in:
        raise RecordsClosed(change.record_set, state=case.instance.state, edit_in=spec.edit_in)
    bys = _in_force(spec.by, process, case, facts)
    roles = tuple(dict.fromkeys(by.role for by in bys))
    before = row.values if row is not None else None
    after = None if change.retire else {**(before or {}), **change.values}
    found = _grants(bys, actor, case=case, images=(before, after))
    unmet = [Unmet(found, who_can=roles)] if isinstance(found, UnmetCode) else []
    images = [image for image in (before, after) if image is not None]
    unmet.extend(
        Unmet(UnmetCode.CONDITION, name, waivable=False)
        for name in closed_by(process, change.record_set, case, images, facts)
    )
    if after is not None:
        unmet.extend(_columns(spec, change, after, case=case, roles=roles))
    if unmet or isinstance(found, UnmetCode):
        return Refused(tuple(unmet))
    return found[0]


def waived_by_row(spec: RecordSetSpec, after: Mapping[str, Any], case: Case) -> str | None:
    """The gate that a row needed to be lifted, for a row that may stand; None: it needed none."""
    if spec.own_unit != MAY_BE_LIFTED or not _is_of_unit(spec, after, case):
        return None
    return Unmet(UnmetCode.OWN_UNIT, spec.not_of_unit[0]).key


def _spec(process: Process, change: RecordChange) -> RecordSetSpec:
    spec = process.records.get(change.record_set)
    if spec is None:
        raise NotFound(
            "unknown_record_set", record_set=change.record_set, known=list(process.records)
        )
    strange = sorted(set(change.values) - set(spec.columns))
    if strange:
        raise Invalid("unknown_column", record_set=change.record_set, columns=strange)
    return spec


def _row(case: Case, change: RecordChange) -> Row | None:
    if change.row is None:
        return None
    rows = case.rows(change.record_set)
    row = next((row for row in rows if row.id == change.row), None)
    if row is None:
        raise NotFound("unknown_row", record_set=change.record_set, row=change.row)
    if change.expected_version is not None and change.expected_version != row.version:
        raise Conflict("stale_row", record_set=change.record_set, row=row.id, version=row.version)
    return row


def _in_force(
    bys: Sequence[By], process: Process, case: Case, facts: Mapping[str, Any]
) -> tuple[By, ...]:
    instance = case.instance
    return tuple(
        by
        for by in bys
        if by.when is None or compile_condition(by.when, process)(instance.fields, facts, instance)
    )


def _grants(
    bys: Sequence[By],
    actor: Actor,
    *,
    case: Case,
    images: tuple[Mapping[str, Any] | None, ...],
) -> tuple[Grant, ...] | UnmetCode:
    """The grants that hold for the row as it was and as it will be."""
    held: tuple[Grant, ...] | None = None
    for image in images:
        if image is None:
            continue
        found = grants_for(bys, actor, case=case, values={**case.instance.fields, **image})
        if isinstance(found, UnmetCode):
            return found
        held = found if held is None else tuple(grant for grant in held if grant in found)
    return held or UnmetCode.UNIT


def _columns(
    spec: RecordSetSpec,
    change: RecordChange,
    after: Mapping[str, Any],
    *,
    case: Case,
    roles: tuple[str, ...],
) -> Iterator[Unmet]:
    for name, column in spec.columns.items():
        if column.required and not is_filled(after.get(name)):
            yield Unmet(UnmetCode.FIELD_MISSING, name, who_can=roles, fillable=True)
    if spec.not_of_unit and _is_of_unit(spec, after, case):
        may_lift = spec.own_unit == MAY_BE_LIFTED
        unmet = Unmet(UnmetCode.OWN_UNIT, spec.not_of_unit[0], who_can=roles, waivable=may_lift)
        if not (may_lift and case.is_lifted(unmet.key)):
            yield unmet
    if spec.unique and _stands_already(spec, change, after, case):
        yield Unmet(
            UnmetCode.NOT_UNIQUE,
            change.record_set,
            params={"columns": list(spec.unique)},
            who_can=roles,
            waivable=False,
        )


def _is_of_unit(spec: RecordSetSpec, after: Mapping[str, Any], case: Case) -> bool:
    person_column, unit_column = spec.not_of_unit
    people = named(after.get(person_column))
    unknown = sorted(people - set(case.people))
    if unknown:
        raise Invalid("unknown_person", column=person_column, people=unknown)
    return bool({case.people[person].unit for person in people} & named(after.get(unit_column)))


def _stands_already(
    spec: RecordSetSpec, change: RecordChange, after: Mapping[str, Any], case: Case
) -> bool:
    wanted = [after.get(column) for column in spec.unique]
    return any(
        row.id != change.row and [row.values.get(column) for column in spec.unique] == wanted
        for row in case.rows(change.record_set)
    )
