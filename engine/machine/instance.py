"""Snapshot of a running process: all that a decision may look at, as frozen values.

`Case` is what guards, effects, facts and figures receive. It is read once, before the decision,
under one lock; nothing here can read more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from engine.calendars.business_days import Calendar

EMPTY: Mapping[str, Any] = MappingProxyType({})


def no_values() -> Mapping[str, Any]:
    """The default of every mapping here: one shared empty value that nobody can write to."""
    return EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An accepted transition, as the history tells it.

    `version` is the instance's version after the step; entry 0 (opening) has transition `open`
    and version 0. `person` acted, for `on_behalf_of` where the role was delegated.
    """

    version: int
    transition: str
    from_state: str
    to_state: str
    person: str
    on_behalf_of: str | None
    role: str
    unit: str | None
    at: datetime
    on: date
    internal: bool = False
    reason: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def people(self) -> frozenset[str]:
        """Everybody who stands behind the step: the one who acted and the one acted for."""
        return frozenset(p for p in (self.person, self.on_behalf_of) if p is not None)


@dataclass(frozen=True, slots=True)
class FileSignature:
    """A signature inside a file, as it was found when the file came in.

    Attributes:
        level: `broken`, `intact` or `trusted`.
        roots: sets of roots that stand behind it.
        extended: something was added after it, and not only what a signature permits by itself.
    """

    level: str
    roots: tuple[str, ...] = ()
    extended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file that is attached to the instance for one requirement.

    Attributes:
        state: the state of the instance when it was attached.
        visit: the visit of that state (1 for the first).
        status: `received`, `accepted`, `rejected`, `superseded`, `frozen`, `disposed`.
        used_state: the state from which the first step left that it served; None while unused.
        used_visit: the visit of that state.
        supplied_by: the person who attached it.
        row: the record row that it belongs to, where the requirement asks for one `per` row.
        reviewed: somebody with the role that the requirement names has accepted it.
        signatures: those inside the file, where the requirement asks for them.
    """

    id: str
    requirement: str
    sha256: str
    size: int
    media_type: str
    filename: str
    status: str
    state: str
    visit: int
    effective_on: date | None
    received_on: date
    supplied_by: str
    row: str | None = None
    reviewed: bool = False
    signatures: tuple[FileSignature, ...] = ()
    used_state: str | None = None
    used_visit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child instance, as its parent sees it."""

    id: str
    code: str
    process: str
    state: str
    final: str | None
    title: str = ""
    unit: str | None = None
    origin_set: str | None = None
    origin_row: str | None = None
    predecessor: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    due_on: date | None = None
    fields: Mapping[str, Any] = field(default_factory=no_values)
    taken: Mapping[str, int] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A live row of a record set, with the person who last wrote it."""

    id: str
    version: int
    values: Mapping[str, Any]
    created_by: str
    created_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A gate that may be passed until a day, that day included.

    Attributes:
        gate: the key of an unmet: `window`, `evidence_missing:plan`.
    """

    gate: str
    reason: str
    granted_by: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An approval that was given.

    Attributes:
        person: who gave it, last.
        why: parts that changed since and ended it, such as `evidence:plan`; none while it holds.
    """

    name: str
    person: str
    at: datetime
    voided_at: datetime | None = None
    voided_by: str | None = None
    why: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing has ended it."""
        return self.voided_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a decision may know of a person named in the case: unit and qualifications in force."""

    id: str
    name: str
    unit: str | None
    qualifications: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A due day, and what made it.

    Attributes:
        on: the last day on which leaving the state is in time.
        at: the first instant at which it has passed.
        rule: the form of the definition and the way it rolls, such as `5wd, roll back`.
        calendar: number of the edition of the calendar; None where no calendar was kept.
    """

    on: date
    at: datetime
    rule: str
    calendar: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A running process as stored: its pinned version, its place, its own values.

    Attributes:
        version: number of accepted transitions; what `If-Match` compares.
        assignees: role → people it is narrowed to for this instance; fields and columns with
            `assigns` are already in it.
        history: accepted transitions, oldest first, entry 0 included.
        previous_state: the state that the last *change of state* left; where `previous` leads.
            A step that stays does not move it.
    """

    id: str
    organization_id: str
    code: str
    process: str
    definition_version: int
    definition_digest: str
    title: str
    state: str
    version: int
    year: int
    unit: str | None = None
    qms: str | None = None
    fields: Mapping[str, Any] = field(default_factory=no_values)
    assignees: Mapping[str, tuple[str, ...]] = field(default_factory=no_values)
    flags: tuple[str, ...] = ()
    history: tuple[Step, ...] = ()
    parent_id: str | None = None
    origin_set: str | None = None
    origin_row: str | None = None
    predecessor: str | None = None
    period: str | None = None
    previous_state: str | None = None
    opened_at: datetime | None = None
    entered_at: datetime | None = None
    deadline: Deadline | None = None

    @property
    def due_on(self) -> date | None:
        """The last day on which leaving the state is in time."""
        return None if self.deadline is None else self.deadline.on

    @property
    def due_at(self) -> datetime | None:
        """The first instant at which the due day has passed."""
        return None if self.deadline is None else self.deadline.at

    def taken(self, transition: str) -> int:
        """How often a transition was accepted."""
        return sum(step.transition == transition for step in self.history)

    def visits(self, state: str) -> int:
        """How often the state was entered: opening counts, internal steps and a resumption do not.

        A return from a postponement (`resumed` among the step's flags) is not a new visit.
        """
        return sum(
            step.to_state == state and not step.internal and "resumed" not in step.flags
            for step in self.history
        )

    def last(self, transition: str) -> Step | None:
        """The latest acceptance of a transition."""
        for step in reversed(self.history):
            if step.transition == transition:
                return step
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure that another process publishes, as it stood when the case was read.

    Attributes:
        title: in both languages, `{vi, en}`.
        numerator: what was reached; None when nothing can be said yet.
        denominator: out of how many; None for a plain count.
        parts: breakdown, label → (numerator, denominator).
        topics: what its definition says that it speaks to.
    """

    title: Mapping[str, str]
    unit: str
    numerator: int | None
    denominator: int | None = None
    cut_off: date | None = None
    parts: Mapping[str, tuple[int, int | None]] = field(default_factory=no_values)
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An instance of a process that this one reads: where it stands, and its published figures.

    Attributes:
        figures: `process.figure` → value, for those that were asked for and are registered.
    """

    process: str
    process_title: Mapping[str, str]
    id: str
    code: str
    title: str
    year: int
    state: str
    state_title: Mapping[str, str]
    final: str | None = None
    unit: str | None = None
    overdue: bool = False
    due_on: date | None = None
    closed_on: date | None = None
    parent_id: str | None = None
    figures: Mapping[str, Published] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many instances of a process a year had, and how they stand."""

    process: str
    title: Mapping[str, str]
    year: int
    total: int
    succeeded: int = 0
    aborted: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step that people took elsewhere and gave a reason for, such as an obstacle."""

    process: str
    instance_id: str
    code: str
    transition: str
    unit: str | None
    on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A gate that was lifted for a case elsewhere, by whom, why and from when until when.

    Attributes:
        gate: the key of the unmet that no longer holds the case back, such as `window`.
        until: the last day, that day included.
    """

    id: str
    process: str
    instance_id: str
    code: str
    unit: str | None
    gate: str
    reason: str
    granted_by: str
    on: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A row of the year's plan that is carried out (headings left out).

    Attributes:
        lead: units and groups that lead it, by id; `lead_title` are the plan's own words.
        target: the figures that the plan states, or what is to be done where it states none.
        processes: definitions that carry the row out.
        measures: ids of the targets that the plan states in figures.
    """

    code: str
    objective: int
    title: Mapping[str, str]
    lead: tuple[str, ...]
    lead_title: Mapping[str, str]
    target: Mapping[str, str]
    processes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a process reads of its organisation besides its own case; empty for all that ask not.

    Attributes:
        others: instances of the year and of the year before, oldest first.
        told: reasons that were given in the year, oldest first.
        lifted: gates that were lifted for cases of the year, oldest first.
        units: units of the case's quality system that have a head today.
        holders: role → who holds it today.
        hands: unit → who holds a role for it today, or took a step as one of its people, or in the
            place of one, in the year that lies behind.
        plan: rows of the year's newest plan; none where the year has no plan.
    """

    others: tuple[Other, ...] = ()
    tallies: tuple[Tally, ...] = ()
    told: tuple[Told, ...] = ()
    lifted: tuple[Lifted, ...] = ()
    units: tuple[str, ...] = ()
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=no_values)
    hands: Mapping[str, frozenset[str]] = field(default_factory=no_values)
    plan: tuple[PlanRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a guard, an effect, a fact or a figure may look at.

    Attributes:
        records: set → live rows.
        people: person id → what is known of everybody named in fields, rows and grants of the case.
        reached: (process, state) pairs that instances of the same organisation and year reached.
        lookups: name → what the registered lookup of that name read from other instances.
        around: what the process reads of other processes, of the plan and of the organisation.
        today: the organisation's date.
    """

    instance: Instance
    today: date
    now: datetime
    calendar: Calendar
    records: Mapping[str, tuple[Row, ...]] = field(default_factory=no_values)
    evidence: tuple[EvidenceFile, ...] = ()
    children: tuple[Child, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    people: Mapping[str, Person] = field(default_factory=no_values)
    reached: frozenset[tuple[str, str]] = field(default=frozenset())
    lookups: Mapping[str, Any] = field(default_factory=no_values)
    around: Surroundings = field(default=Surroundings())

    def is_lifted(self, gate: str) -> bool:
        """Whether a waiver lifts a gate today; the last day of a waiver is a day of it."""
        return any(given.gate == gate and given.until >= self.today for given in self.waivers)

    def approval(self, name: str) -> Approval | None:
        """The newest approval of that name, ended or not."""
        return next((given for given in self.approvals if given.name == name), None)

    def rows(self, record_set: str) -> tuple[Row, ...]:
        """The live rows of a set; none when it was never written."""
        return self.records.get(record_set, ())
