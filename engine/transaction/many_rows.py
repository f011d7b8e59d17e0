"""Judge many rows of one record set together: every fault at once, by row and column.

1. Each row is judged by the rule that judges a single one; the case, its people and the facts are
   read once for all of them.
2. What may stand only once is looked for among the rows as they all will be: those that are there,
   those that change, those that come.
3. Who lacks the role is refused before anything else is said. Where only units or assignments stand
   against some rows, that is a refusal; where values are wrong too, all of it is said as faults.
4. A row that stands already, by its unique columns and with everything else alike, is `unchanged`
   where that is asked for: a file that is sent again adds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.definition.model import FieldSpec, Process, RecordSetSpec
from engine.definition.values import WrongValues, read_values
from engine.errors import NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import named
from engine.machine.decide import facts_of
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case, Row, no_values
from engine.machine.intent import ChangeRecord
from engine.machine.record_rule import RecordChange, RecordsClosed, decide_record
from engine.runtime import UnitOfWork
from engine.tables.fault import RowFault
from engine.tables.reading import ROWS_MAX
from engine.tables.streaming import SheetTooLong
from engine.transaction.opening import unknown_names

NAMES_AT_ONCE: Final = 5_000
"""Fewer than a database takes as parameters of one statement."""
_CODES: Final[Mapping[UnmetCode, str]] = {UnmetCode.FIELD_MISSING: "required"}
"""What a fault is called where a single row has a word of its own for it."""
_OF_WHO_ASKS: Final = frozenset({UnmetCode.ROLE, UnmetCode.UNIT, UnmetCode.ASSIGNMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRow:
    """A row that somebody wants to add, change or retire.

    Attributes:
        number: how the sender counts it; faults name it so.
        row: id of the row; None adds one.
        values: as sent, not yet typed; None empties a column.
        expected_version: the version that was seen of a row that is there.
    """

    number: int
    values: Mapping[str, Any] = field(default_factory=no_values)
    row: str | None = None
    expected_version: int | None = None
    retire: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may be written, or why nothing may.

    Attributes:
        changes: what to write, with the grant that lets it be written.
        unchanged: how many of the rows stand already.
        refused: who asks may not, for some or all of the rows; `rows` in the parameters names them.
    """

    changes: tuple[tuple[ChangeRecord, Grant], ...] = ()
    unchanged: int = 0
    faults: tuple[RowFault, ...] = ()
    refused: Refused | None = None


def judge_rows(  # noqa: PLR0913 - the rows, and what is known of them already.
    uow: UnitOfWork,
    case: Case,
    record_set: str,
    wanted: Sequence[WantedRow],
    *,
    actor: Actor,
    faults: Sequence[RowFault] = (),
    skip_equal: bool = False,
) -> Verdict:
    """Judge rows of one record set; `faults` are those that their sheet had already.

    Raises:
        NotFound: the process has no such record set.
        RecordsClosed: the set may not be edited in the present state.
        SheetTooLong: more rows than are written at once.
    """
    process = uow.pinned(case).process
    spec = process.records.get(record_set)
    if spec is None:
        raise NotFound("unknown_record_set", record_set=record_set)
    if case.instance.state not in spec.edit_in:
        raise RecordsClosed(record_set, state=case.instance.state, edit_in=spec.edit_in)
    if len(wanted) > ROWS_MAX:
        raise SheetTooLong(ROWS_MAX)
    if not actor.roles.intersection(by.role for by in spec.by):
        roles = tuple(dict.fromkeys(by.role for by in spec.by))
        return Verdict(refused=Refused((Unmet(UnmetCode.ROLE, who_can=roles),)))
    rows = [_typed(row, spec.columns, faults) for row in wanted]
    rows = _without_strangers(uow, case, rows, spec.columns)
    judging = _Judging(
        process=process,
        record_set=record_set,
        spec=spec,
        case=_with_people(uow, case, rows, spec.columns),
        facts=facts_of(process, case, uow.tables.registry),
        actor=actor,
    )
    return judging.verdict(rows, faults, skip_equal=skip_equal)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """A row with the values that fit; the columns of its faults have none."""

    wanted: WantedRow
    values: Mapping[str, Any]
    faults: tuple[RowFault, ...]
    wrong: frozenset[str]


def _typed(
    wanted: WantedRow, columns: Mapping[str, FieldSpec], faults: Sequence[RowFault]
) -> _Typed:
    found: list[RowFault] = []
    given = dict(wanted.values)
    try:
        values = read_values(columns, given, partial=True)
    except WrongValues as error:
        for fault in error.params["faults"]:
            found.append(_fault(wanted, fault["field"], fault["code"], fault["params"]))
            given.pop(fault["field"], None)
        known = {name: value for name, value in given.items() if name in columns}
        values = read_values(columns, known, partial=True)
    wrong = {fault.column for fault in (*faults, *found) if fault.row == wanted.number}
    return _Typed(wanted=wanted, values=values, faults=tuple(found), wrong=frozenset(wrong))


def _without_strangers(
    uow: UnitOfWork, case: Case, rows: Sequence[_Typed], columns: Mapping[str, FieldSpec]
) -> list[_Typed]:
    """The rows without values that name nobody, no unit and no row; each of those is a fault."""
    bad = _strangers(uow, case, rows, columns)
    return [_without(row, bad) for row in rows] if bad else list(rows)


def _strangers(
    uow: UnitOfWork, case: Case, rows: Sequence[_Typed], columns: Mapping[str, FieldSpec]
) -> dict[tuple[str, Any], tuple[str, Mapping[str, Any]]]:
    """(column, item) → code and parameters of what is wrong with it."""
    bad: dict[tuple[str, Any], tuple[str, Mapping[str, Any]]] = {}
    for name, spec in columns.items():
        if spec.row_of is None and spec.type not in {"person", "unit"}:
            continue
        found = dict.fromkeys(item for row in rows for item in _items(row.values.get(name)))
        if spec.row_of is not None:
            there = {row.id for row in case.rows(spec.row_of)}
            for item in found.keys() - there:
                bad[name, item] = ("unknown_row", {"record_set": spec.row_of, "row": item})
            continue
        for some in _slices(tuple(found)):
            for fault in unknown_names(uow, columns, {name: some}):
                item = fault["params"][str(spec.type)]
                bad[name, item] = (fault["code"], fault["params"])
    return bad


def _items(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _without(row: _Typed, bad: Mapping[tuple[str, Any], tuple[str, Mapping[str, Any]]]) -> _Typed:
    found = [
        (name, *bad[name, item])
        for name, value in row.values.items()
        for item in _items(value)
        if (name, item) in bad
    ]
    wrong = {name for name, _, _ in found}
    return replace(
        row,
        values={name: value for name, value in row.values.items() if name not in wrong},
        faults=(*row.faults, *(_fault(row.wanted, *fault) for fault in found)),
        wrong=row.wrong | wrong,
    )


def _with_people(
    uow: UnitOfWork, case: Case, rows: Sequence[_Typed], columns: Mapping[str, FieldSpec]
) -> Case:
    """The case with everybody whom the rows name: the rules ask for their units."""
    people = {
        person
        for row in rows
        for name, spec in columns.items()
        if spec.type == "person"
        for person in named(row.values.get(name))
    }
    known = dict(case.people)
    for some in _slices(tuple(people - known.keys())):
        known |= uow.tables.organization.known(some, on=uow.today)
    return replace(case, people=known)


def _slices(items: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(items), NAMES_AT_ONCE):
        yield tuple(items[start : start + NAMES_AT_ONCE])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judging:
    """What every row is judged with."""

    process: Process
    record_set: str
    spec: RecordSetSpec
    case: Case
    facts: Mapping[str, Any]
    actor: Actor

    def verdict(
        self, rows: Sequence[_Typed], faults: Sequence[RowFault], *, skip_equal: bool
    ) -> Verdict:
        """Judge all rows, each against all the others."""
        here = {row.id: row for row in self.case.rows(self.record_set)}
        standing = self._by_key(here.values())
        comes = [row for row in rows if not (skip_equal and self._stands(row, standing))]
        ahead = self._ahead(comes, here)
        changes: list[tuple[ChangeRecord, Grant]] = []
        found = [*faults, *(fault for row in rows for fault in row.faults)]
        forbidden: dict[str, tuple[Unmet, list[int]]] = {}
        for row in comes:
            gone = _gone(row.wanted, here)
            if gone is not None:
                found.append(gone)
                continue
            decided = self._decide(row, here, ahead)
            if isinstance(decided, Grant):
                changes.append((self._intent(row), decided))
                continue
            for unmet in decided.unmet:
                if unmet.code in _OF_WHO_ASKS:
                    forbidden.setdefault(unmet.key, (unmet, []))[1].append(row.wanted.number)
                elif not self._is_told(unmet, row):
                    found.append(self._told(unmet, row.wanted))
        return _verdict(changes, found, forbidden, unchanged=len(rows) - len(comes))

    def _decide(
        self, row: _Typed, here: Mapping[str, Row], ahead: Mapping[tuple[Any, ...], Sequence[Row]]
    ) -> Grant | Refused:
        """Ask the rule of a single row, and show it the rows alone that could stand in its way."""
        wanted = row.wanted
        own = () if wanted.row is None else (here[wanted.row],)
        name = _name(wanted)
        rivals = tuple(
            rival for rival in ahead.get(self._key(self._after(row, here)), ()) if rival.id != name
        )
        case = replace(self.case, records={**self.case.records, self.record_set: (*own, *rivals)})
        change = RecordChange(
            record_set=self.record_set,
            row=wanted.row,
            values=row.values,
            retire=wanted.retire,
            expected_version=wanted.expected_version,
        )
        return decide_record(self.process, case, change, actor=self.actor, facts=self.facts)

    def _ahead(
        self, rows: Sequence[_Typed], here: Mapping[str, Row]
    ) -> dict[tuple[Any, ...], list[Row]]:
        """The rows as they all will be, by what may stand only once."""
        touched = {row.wanted.row for row in rows}
        stay = [row for row in here.values() if row.id not in touched]
        come = [
            Row(
                id=_name(row.wanted),
                version=0,
                values=self._after(row, here),
                created_by=self.actor.person,
            )
            for row in rows
            if not row.wanted.retire and not row.wrong.intersection(self.spec.unique)
        ]
        return self._by_key([*stay, *come])

    def _by_key(self, rows: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
        found: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows if self.spec.unique else ():
            found.setdefault(self._key(row.values), []).append(row)
        return found

    def _key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values.get(name) for name in self.spec.unique)

    def _stands(self, row: _Typed, standing: Mapping[tuple[Any, ...], Sequence[Row]]) -> bool:
        """Whether a new row is there already, in everything that was sent of it."""
        if row.wanted.row is not None or row.wrong:
            return False
        return any(
            all(found.values.get(name) == value for name, value in row.values.items())
            for found in standing.get(self._key(row.values), ())
        )

    def _after(self, row: _Typed, here: Mapping[str, Row]) -> Mapping[str, Any]:
        stood = here.get(row.wanted.row or "")
        return {**(stood.values if stood is not None else {}), **row.values}

    def _intent(self, row: _Typed) -> ChangeRecord:
        return ChangeRecord(
            record_set=self.record_set,
            row=row.wanted.row,
            values=row.values,
            retire=row.wanted.retire,
        )

    def _is_told(self, unmet: Unmet, row: _Typed) -> bool:
        """Whether a fault of the row's values says it already."""
        about = self.spec.unique if unmet.code is UnmetCode.NOT_UNIQUE else (unmet.subject,)
        return not row.wrong.isdisjoint(str(name) for name in about)

    def _told(self, unmet: Unmet, wanted: WantedRow) -> RowFault:
        if unmet.code is UnmetCode.CONDITION:
            title = self.spec.edit_when[unmet.subject or ""].title
            return _fault(wanted, "", "row_closed", {"title": title.model_dump()})
        column = self.spec.unique[0] if unmet.code is UnmetCode.NOT_UNIQUE else unmet.subject
        return _fault(wanted, column or "", _CODES.get(unmet.code, unmet.code.value), {})


def _verdict(
    changes: Sequence[tuple[ChangeRecord, Grant]],
    faults: Sequence[RowFault],
    forbidden: Mapping[str, tuple[Unmet, Sequence[int]]],
    *,
    unchanged: int,
) -> Verdict:
    """All or nothing: what is wrong with one row holds back every other."""
    if forbidden and not faults:
        unmet = tuple(
            replace(one, params={**one.params, "rows": list(rows)})
            for one, rows in forbidden.values()
        )
        return Verdict(refused=Refused(unmet))
    also = [
        RowFault(row=number, column="", code=unmet.code.value)
        for unmet, rows in forbidden.values()
        for number in rows
    ]
    if faults or also:
        told = sorted((*faults, *also), key=lambda fault: fault.row)
        return Verdict(faults=tuple(told))
    return Verdict(changes=tuple(changes), unchanged=unchanged)


def _gone(wanted: WantedRow, here: Mapping[str, Row]) -> RowFault | None:
    """A row that is to be changed, and was retired or changed by somebody else."""
    if wanted.row is None:
        return None
    row = here.get(wanted.row)
    if row is not None and row.version == wanted.expected_version:
        return None
    return _fault(wanted, "", "stale_row", {})


def _name(wanted: WantedRow) -> str:
    """What tells a row from the others: its id, or what no id looks like."""
    return wanted.row if wanted.row is not None else f"#{wanted.number}"


def _fault(wanted: WantedRow, column: str, code: str, params: Mapping[str, Any]) -> RowFault:
    return RowFault(row=wanted.number, column=column, code=code, params=params)
