"""Running processes: the instance row, its history of accepted steps, its waivers.

1. `version` counts accepted transitions; `move` compares and sets it, so that of two writers who
   saw the same version exactly one wins.
2. Fields are kept as JSON; typing them is the definition's business, in `advance.py`.
3. History rows are a projection of the log; `audit verify` holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    case,
    func,
    or_,
    update,
)
from sqlmodel import Field, Session, SQLModel, col, select

from engine.machine.instance import Deadline, Lifted, Step, Waiver
from engine.storage.database import JsonColumn, UtcDateTime

CHILDREN_MAX = 1000


class InstanceRow(SQLModel, table=True):
    """A running or finished process."""

    __tablename__ = "instance"
    __table_args__ = (
        UniqueConstraint("organization_id", "code"),
        Index("ix_instance_origin", "organization_id", "parent_id", "origin_set", "origin_row"),
        Index("ix_instance_process", "organization_id", "process", "year", "state"),
        Index("ix_instance_due", "organization_id", "due_at"),
    )
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    code: str
    process: str
    definition_version: int
    definition_digest: str
    title: str
    unit: str | None = None
    qms: str | None = None
    year: int
    state: str
    final: str | None = None
    version: int = 0
    fields: dict[str, Any] = Field(sa_type=JsonColumn)
    assignees: dict[str, Any] = Field(sa_type=JsonColumn)
    flags: list[str] = Field(sa_type=JsonColumn)
    parent_id: str | None = None
    origin_set: str | None = None
    origin_row: str | None = None
    predecessor: str | None = None
    period: str | None = None
    previous_state: str | None = None
    opened_by: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    entered_at: datetime = Field(sa_type=UtcDateTime)
    closed_on: date | None = None
    due_on: date | None = None
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_rule: str | None = None
    due_calendar: int | None = None


class StepRow(SQLModel, table=True):
    """An accepted transition; version 0 is the opening."""

    __tablename__ = "step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "instance_id"], ["instance.organization_id", "instance.id"]
        ),
    )
    organization_id: str = Field(primary_key=True)
    instance_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    transition: str
    from_state: str
    to_state: str
    person: str
    on_behalf_of: str | None = None
    role: str
    unit: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    on: date
    internal: bool = False
    reason: str | None = None
    flags: list[str] = Field(sa_type=JsonColumn)
    entry: int


class WaiverRow(SQLModel, table=True):
    """A gate lifted for an instance, by whom, why and until when."""

    __tablename__ = "waiver"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "instance_id"], ["instance.organization_id", "instance.id"]
        ),
    )
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str = Field(index=True)
    gate: str
    reason: str
    granted_by: str
    granted_at: datetime = Field(sa_type=UtcDateTime)
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstance:
    """An instance as stored: fields still JSON, assignees without those that fields imply."""

    id: str
    code: str
    process: str
    definition_version: int
    definition_digest: str
    title: str
    unit: str | None
    qms: str | None
    year: int
    state: str
    final: str | None
    version: int
    fields: Mapping[str, Any]
    assignees: Mapping[str, list[str]]
    flags: tuple[str, ...]
    parent_id: str | None
    origin_set: str | None
    origin_row: str | None
    predecessor: str | None
    period: str | None
    previous_state: str | None
    opened_by: str
    opened_at: datetime
    entered_at: datetime
    closed_on: date | None
    due_on: date | None
    due_at: datetime | None
    due_rule: str | None = None
    due_calendar: int | None = None

    @property
    def deadline(self) -> Deadline | None:
        """When the present state is due, and what made that day."""
        if self.due_on is None or self.due_at is None:
            return None
        return Deadline(
            on=self.due_on, at=self.due_at, rule=self.due_rule or "", calendar=self.due_calendar
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What an accepted step writes on the instance row."""

    instance_id: str
    expected_version: int
    state: str
    final: str | None
    previous_state: str | None
    fields: Mapping[str, Any]
    flags: tuple[str, ...]
    entered_at: datetime
    closed_on: date | None
    deadline: Deadline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many instances of a process a year had; `example` is the id of one of them."""

    process: str
    year: int
    total: int
    succeeded: int
    aborted: int
    overdue: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list of instances is narrowed to; None leaves a side open."""

    process: str | None = None
    state: str | None = None
    unit: str | None = None
    year: int | None = None
    parent_id: str | None = None
    text: str | None = None
    overdue_at: datetime | None = None
    open_only: bool = False
    ids: tuple[str, ...] | None = None
    processes: tuple[str, ...] | None = None
    years: tuple[int, ...] | None = None
    after: tuple[str, str] | None = field(default=None)


# What every reading of a case asks is put together once: building it anew costs as much as asking.
_ONE = (
    select(InstanceRow)
    .where(
        col(InstanceRow.organization_id) == bindparam("organization"),
        col(InstanceRow.id) == bindparam("instance"),
    )
    .execution_options(populate_existing=True)
)
_ONE_LOCKED = _ONE.with_for_update()
_CHILDREN = (
    select(InstanceRow)
    .where(
        col(InstanceRow.organization_id) == bindparam("organization"),
        col(InstanceRow.parent_id) == bindparam("parent"),
    )
    .order_by(col(InstanceRow.code))
    .limit(CHILDREN_MAX)
)
_STEPS = (
    select(StepRow)
    .where(
        col(StepRow.organization_id) == bindparam("organization"),
        col(StepRow.instance_id).in_(bindparam("instances", expanding=True)),
    )
    .order_by(col(StepRow.instance_id), col(StepRow.version))
)
_WAIVERS = (
    select(WaiverRow)
    .where(
        col(WaiverRow.organization_id) == bindparam("organization"),
        col(WaiverRow.instance_id) == bindparam("instance"),
    )
    .order_by(col(WaiverRow.granted_at), col(WaiverRow.id))
)


class InstanceRepository:
    """The instances of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, instance: StoredInstance) -> None:
        """Add a new instance at version 0."""
        values = {name: getattr(instance, name) for name in StoredInstance.__slots__}
        values.update(
            fields=dict(instance.fields),
            assignees=dict(instance.assignees),
            flags=list(instance.flags),
        )
        self._session.add(InstanceRow(organization_id=self._id, **values))
        self._session.flush()

    def get(self, instance_id: str, *, lock: bool = False) -> StoredInstance | None:
        """One instance; with `lock`, nobody else may write to it until the transaction ends."""
        query = _ONE_LOCKED if lock else _ONE
        given = {"organization": self._id, "instance": instance_id}
        row = self._session.exec(query, params=given).first()
        return None if row is None else _stored(row)

    def by_code(self, code: str) -> StoredInstance | None:
        """The instance with this readable code."""
        query = select(InstanceRow).where(
            col(InstanceRow.organization_id) == self._id, col(InstanceRow.code) == code
        )
        row = self._session.exec(query).first()
        return None if row is None else _stored(row)

    def children(self, parent_id: str) -> tuple[StoredInstance, ...]:
        """The child instances, in the order of their codes."""
        given = {"organization": self._id, "parent": parent_id}
        return tuple(_stored(row) for row in self._session.exec(_CHILDREN, params=given))

    def find(self, wanted: Filter, *, limit: int) -> tuple[StoredInstance, ...]:
        """Instances by opening time, newest first; keyset paged by `after` (opened_at ISO, id)."""
        row = InstanceRow
        query = select(row).where(col(row.organization_id) == self._id, *_conditions(wanted))
        query = query.order_by(col(row.opened_at).desc(), col(row.id).desc()).limit(limit)
        return tuple(_stored(found) for found in self._session.exec(query))

    def due(
        self, wanted: Filter, *, first: date | None, last: date | None, limit: int
    ) -> tuple[StoredInstance, ...]:
        """Instances with a due day from `first` to `last`, the earliest first."""
        row = InstanceRow
        query = select(row).where(
            col(row.organization_id) == self._id,
            col(row.due_on).is_not(None),
            *_conditions(wanted),
        )
        if first is not None:
            query = query.where(col(row.due_on) >= first)
        if last is not None:
            query = query.where(col(row.due_on) <= last)
        query = query.order_by(col(row.due_at), col(row.id)).limit(limit)
        return tuple(_stored(found) for found in self._session.exec(query))

    def named_by(self, process: str, values: Mapping[str, Any]) -> StoredInstance | None:
        """The instance of a process whose fields hold these values, as they are stored."""
        row = InstanceRow
        query = select(row).where(
            col(row.organization_id) == self._id,
            col(row.process) == process,
            *(col(row.fields)[name].as_string() == value for name, value in values.items()),
        )
        found = self._session.exec(query.limit(1)).first()
        return None if found is None else _stored(found)

    def from_origin(self, process: str, *, record_set: str, row: str) -> StoredInstance | None:
        """The first instance of a process with this origin, whichever case it was opened from."""
        table = InstanceRow
        query = (
            select(table)
            .where(
                col(table.organization_id) == self._id,
                col(table.process) == process,
                col(table.origin_set) == record_set,
                col(table.origin_row) == row,
            )
            .order_by(col(table.opened_at), col(table.id))
        )
        found = self._session.exec(query.limit(1)).first()
        return None if found is None else _stored(found)

    def open_units(self) -> tuple[str | None, ...]:
        """The units that have open cases; None where some have no unit."""
        row = InstanceRow
        query = select(row.unit).where(
            col(row.organization_id) == self._id, col(row.final).is_(None)
        )
        found = self._session.exec(query.distinct()).all()
        return tuple(sorted(found, key=lambda unit: unit or ""))

    def open_ids(self, units: tuple[str | None, ...], *, lock: bool = False) -> tuple[str, ...]:
        """The open cases of some units, in one order for everybody who locks them."""
        row = InstanceRow
        mine = [col(row.unit).in_([unit for unit in units if unit is not None])]
        if None in units:
            mine.append(col(row.unit).is_(None))
        query = select(row.id).where(
            col(row.organization_id) == self._id, col(row.final).is_(None), or_(*mine)
        )
        query = query.order_by(col(row.id))
        return tuple(self._session.exec(query.with_for_update() if lock else query))

    def succeeding(self, instance_id: str) -> StoredInstance | None:
        """The instance that names this one as its predecessor."""
        table = InstanceRow
        query = select(table).where(
            col(table.organization_id) == self._id, col(table.predecessor) == instance_id
        )
        found = self._session.exec(query.limit(1)).first()
        return None if found is None else _stored(found)

    def move(self, move: Move) -> bool:
        """Compare the version and set the new state; False when somebody was faster."""
        row = InstanceRow
        result = self._session.exec(
            update(row)
            .where(
                col(row.organization_id) == self._id,
                col(row.id) == move.instance_id,
                col(row.version) == move.expected_version,
            )
            .values(
                version=move.expected_version + 1,
                state=move.state,
                final=move.final,
                previous_state=move.previous_state,
                fields=dict(move.fields),
                flags=list(move.flags),
                entered_at=move.entered_at,
                closed_on=move.closed_on,
                **_due(move.deadline),
            )
            .execution_options(synchronize_session=False)
        )
        return result.rowcount == 1

    def mark(self, instance_id: str, *, fields: Mapping[str, Any], flags: tuple[str, ...]) -> None:
        """Write values and flags without counting a transition."""
        self._change(instance_id, fields=dict(fields), flags=list(flags))

    def assign(self, instance_id: str, assignees: Mapping[str, list[str]]) -> None:
        """Narrow roles to named people."""
        self._change(instance_id, assignees=dict(assignees))

    def set_due(self, instance_id: str, deadline: Deadline | None) -> None:
        """Set or move a deadline."""
        self._change(instance_id, **_due(deadline))

    def set_dues(self, deadlines: Mapping[str, Deadline]) -> None:
        """Move the deadlines of many instances, by their id."""
        if not deadlines:
            return
        key = {"organization_id": self._id}
        self._session.execute(
            update(InstanceRow),
            [{**key, "id": known, **_due(deadline)} for known, deadline in deadlines.items()],
        )

    def add_step(self, instance_id: str, step: Step, *, entry: int) -> None:
        """Add an accepted step to the history."""
        self._session.add(
            StepRow(
                organization_id=self._id,
                instance_id=instance_id,
                version=step.version,
                transition=step.transition,
                from_state=step.from_state,
                to_state=step.to_state,
                person=step.person,
                on_behalf_of=step.on_behalf_of,
                role=step.role,
                unit=step.unit,
                at=step.at,
                on=step.on,
                internal=step.internal,
                reason=step.reason,
                flags=list(step.flags),
                entry=entry,
            )
        )
        self._session.flush()

    def history(self, instance_id: str) -> tuple[Step, ...]:
        """The accepted steps of an instance, oldest first."""
        return self.histories((instance_id,)).get(instance_id, ())

    def histories(self, instance_ids: tuple[str, ...]) -> dict[str, tuple[Step, ...]]:
        """The accepted steps of several instances at once."""
        given = {"organization": self._id, "instances": instance_ids}
        found: dict[str, list[Step]] = {}
        for row in self._session.exec(_STEPS, params=given):
            found.setdefault(row.instance_id, []).append(_step(row))
        return {instance_id: tuple(steps) for instance_id, steps in found.items()}

    def reached(
        self, processes: tuple[str, ...], year: int, *, qms: str | None = None
    ) -> frozenset[tuple[str, str]]:
        """(process, state) pairs that instances of a year have entered, broken off ones left out.

        With `qms`, those of another quality system do not count; those of none do.
        """
        query = (
            select(InstanceRow.process, StepRow.to_state)
            .join(
                StepRow,
                (col(StepRow.organization_id) == col(InstanceRow.organization_id))
                & (col(StepRow.instance_id) == col(InstanceRow.id)),
            )
            .where(
                col(InstanceRow.organization_id) == self._id,
                col(InstanceRow.year) == year,
                col(InstanceRow.process).in_(processes),
                or_(col(InstanceRow.final).is_(None), col(InstanceRow.final) != "aborted"),
            )
            .distinct()
        )
        if qms is not None:
            query = query.where(or_(col(InstanceRow.qms) == qms, col(InstanceRow.qms).is_(None)))
        return frozenset((process, state) for process, state in self._session.exec(query))

    def tallies(self, years: tuple[int, ...], *, overdue_at: datetime) -> tuple[Count, ...]:
        """How many instances each process had in each of these years, and how they stand."""
        row = InstanceRow
        late = (col(row.final).is_(None)) & (col(row.due_at) <= overdue_at)
        columns: tuple[Any, ...] = (
            row.process,
            row.year,
            func.count(),
            func.sum(case((col(row.final) == "success", 1), else_=0)),
            func.sum(case((col(row.final) == "aborted", 1), else_=0)),
            func.sum(case((late, 1), else_=0)),
            func.min(row.id),
        )
        query = (
            select(*columns)
            .where(col(row.organization_id) == self._id, col(row.year).in_(years))
            .group_by(col(row.process), col(row.year))
            .order_by(col(row.process), col(row.year))
        )
        return tuple(
            Count(
                process=process,
                year=year,
                total=total,
                succeeded=int(succeeded),
                aborted=int(aborted),
                overdue=int(overdue),
                example=example,
            )
            for process, year, total, succeeded, aborted, overdue, example in self._session.exec(
                query
            )
        )

    def steps_of_year(
        self, transitions: tuple[str, ...], year: int, *, limit: int
    ) -> tuple[tuple[StoredInstance, Step], ...]:
        """The newest steps of these names in instances of a year, oldest first."""
        query = (
            select(InstanceRow, StepRow)
            .join(
                StepRow,
                (col(StepRow.organization_id) == col(InstanceRow.organization_id))
                & (col(StepRow.instance_id) == col(InstanceRow.id)),
            )
            .where(
                col(InstanceRow.organization_id) == self._id,
                col(InstanceRow.year) == year,
                col(StepRow.transition).in_(transitions),
            )
            .order_by(col(StepRow.at).desc(), col(InstanceRow.id), col(StepRow.version).desc())
            .limit(limit)
        )
        found = [(_stored(instance), _step(step)) for instance, step in self._session.exec(query)]
        return tuple(reversed(found))

    def hands(self, since: date) -> tuple[tuple[str | None, str, str | None], ...]:
        """Who took a step on a day or later: the unit they were of, they, and for whom, once."""
        query = (
            select(StepRow.unit, StepRow.person, StepRow.on_behalf_of)
            .where(col(StepRow.organization_id) == self._id, col(StepRow.on) >= since)
            .distinct()
        )
        return tuple(self._session.exec(query))

    def add_waiver(self, instance_id: str, waiver_id: str, waiver: Waiver, *, at: datetime) -> None:
        """Lift a gate."""
        self._session.add(
            WaiverRow(
                organization_id=self._id,
                id=waiver_id,
                instance_id=instance_id,
                gate=waiver.gate,
                reason=waiver.reason,
                granted_by=waiver.granted_by,
                granted_at=at,
                until=waiver.until,
            )
        )
        self._session.flush()

    def waivers(self, instance_id: str) -> tuple[Waiver, ...]:
        """Every waiver of an instance, oldest first."""
        given = {"organization": self._id, "instance": instance_id}
        return tuple(
            Waiver(gate=w.gate, reason=w.reason, granted_by=w.granted_by, until=w.until)
            for w in self._session.exec(_WAIVERS, params=given)
        )

    def waivers_of_year(self, year: int, *, limit: int) -> tuple[Lifted, ...]:
        """The newest waivers in instances of a year, oldest first."""
        query = (
            select(InstanceRow, WaiverRow)
            .join(
                WaiverRow,
                (col(WaiverRow.organization_id) == col(InstanceRow.organization_id))
                & (col(WaiverRow.instance_id) == col(InstanceRow.id)),
            )
            .where(col(InstanceRow.organization_id) == self._id, col(InstanceRow.year) == year)
            .order_by(col(WaiverRow.granted_at).desc(), col(WaiverRow.id))
            .limit(limit)
        )
        found = [
            Lifted(
                id=waiver.id,
                process=instance.process,
                instance_id=instance.id,
                code=instance.code,
                unit=instance.unit,
                gate=waiver.gate,
                reason=waiver.reason,
                granted_by=waiver.granted_by,
                on=waiver.granted_at.date(),
                until=waiver.until,
            )
            for instance, waiver in self._session.exec(query)
        ]
        return tuple(reversed(found))

    def count(self, wanted: Filter) -> int:
        """How many instances a filter finds."""
        query = select(func.count()).select_from(InstanceRow)
        return self._session.exec(
            query.where(col(InstanceRow.organization_id) == self._id, *_conditions(wanted))
        ).one()

    def _change(self, instance_id: str, **values: Any) -> None:
        self._session.exec(
            update(InstanceRow)
            .where(col(InstanceRow.organization_id) == self._id, col(InstanceRow.id) == instance_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _conditions(wanted: Filter) -> list[Any]:
    row = InstanceRow
    equal = {
        "process": row.process,
        "state": row.state,
        "unit": row.unit,
        "year": row.year,
        "parent_id": row.parent_id,
    }
    found = [
        col(c) == getattr(wanted, n) for n, c in equal.items() if getattr(wanted, n) is not None
    ]
    if wanted.text:
        part = wanted.text.lower()
        lowered = (func.lower(row.title), func.lower(row.code))
        found.append(or_(*(column.contains(part, autoescape=True) for column in lowered)))
    if wanted.overdue_at is not None:
        found += [col(row.due_at) <= wanted.overdue_at, col(row.final).is_(None)]
    if wanted.open_only:
        found.append(col(row.final).is_(None))
    if wanted.processes is not None:
        found.append(col(row.process).in_(wanted.processes))
    if wanted.years is not None:
        found.append(col(row.year).in_(wanted.years))
    if wanted.ids is not None:
        found.append(col(row.id).in_(wanted.ids))
    if wanted.after is not None:
        at, instance_id = datetime.fromisoformat(wanted.after[0]), wanted.after[1]
        found.append(
            or_(
                col(row.opened_at) < at,
                (col(row.opened_at) == at) & (col(row.id) < instance_id),
            )
        )
    return found


def _due(deadline: Deadline | None) -> dict[str, Any]:
    """The four columns of a deadline."""
    names = {"due_on": "on", "due_at": "at", "due_rule": "rule", "due_calendar": "calendar"}
    return {column: getattr(deadline, name, None) for column, name in names.items()}


def _stored(row: InstanceRow) -> StoredInstance:
    values = {name: getattr(row, name) for name in StoredInstance.__slots__}
    values["flags"] = tuple(row.flags)
    return StoredInstance(**values)


def _step(row: StepRow) -> Step:
    return Step(
        version=row.version,
        transition=row.transition,
        from_state=row.from_state,
        to_state=row.to_state,
        person=row.person,
        on_behalf_of=row.on_behalf_of,
        role=row.role,
        unit=row.unit,
        at=row.at,
        on=row.on,
        internal=row.internal,
        reason=row.reason,
        flags=tuple(row.flags),
    )
