"""Names to functions: guards, effects, facts, figures, proposals. Filled by a call, not by import.

1. A definition refers to code by name only; the name is looked up here and nowhere else.
2. Every function is pure over a `Case`; lookups and record sets alone read, behind
   the storage floor.
3. A name is registered once. When its meaning changes it gets a suffix
   (`auditors_independent.2`), so that pinned versions keep the old one.
4. An instance whose names are missing can be read, not advanced.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from engine.calendars.business_days import Calendar
from engine.calendars.period_scheme import PeriodRule
from engine.definition.model import Process
from engine.errors import Corrupt
from engine.machine.actor import Actor
from engine.machine.instance import Case, no_values
from engine.machine.intent import Intent
from engine.machine.register import Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a guard is asked: may this actor take this step, with these fields, on this case?

    `fields` are the case's values with those of the command laid over them.
    """

    case: Case
    actor: Actor
    transition: str
    fields: Mapping[str, Any] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a guard says no: parameters for the sentence of its code `guard.<name>`."""

    params: Mapping[str, Any] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as the report shows it; the ratio is never stored.

    Attributes:
        numerator: what was reached; None when nothing can be said yet.
        denominator: out of how many; None for a plain count.
        rows: (record set or `children`, ids) behind the numerator and the denominator.
        parts: breakdown, label → (numerator, denominator).
    """

    numerator: int | None
    denominator: int | None = None
    cut_off: date | None = None
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=no_values)
    parts: Mapping[str, tuple[int, int | None]] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a process reads of its organisation besides its own case, all of it by name.

    Attributes:
        processes: whose instances of the year and the year before it sees, by state.
        figures: `process.figure` of those instances; a name that nobody registered is passed over.
        every: process → kind of period (`week`, `month`, `quarter`) whose figures it reads, where a
            process has cases of several kinds.
        topics: whether it also sees the instances of every process that publishes figures on
            topics, and those figures.
        steps: transitions whose reasons it reads, in whichever process of the year.
        waivers: whether it knows the gates that were lifted in cases of the year.
        roles: whose holders it knows.
        hands: whether it knows who worked for which unit in the year that lies behind.
        tallies: whether it counts the instances of every process.
        units: whether it knows the units that have a head.
        plan: whether it reads the rows of the year's plan.
    """

    processes: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    every: Mapping[str, str] = field(default_factory=no_values)
    topics: bool = False
    steps: tuple[str, ...] = ()
    waivers: bool = False
    roles: tuple[str, ...] = ()
    hands: bool = False
    tallies: bool = False
    units: bool = False
    plan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicCase:
    """A case that a period asks for; `fields` as JSON has them.

    Attributes:
        period: `2026-W32`, `2026-07`, `2026-Q3`: a process has one case of a period.
    """

    period: str
    year: int
    title: str
    fields: Mapping[str, Any] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicForm:
    """A record set that people without an account may fill, a row each, through a link.

    Attributes:
        keepers: roles that make links and withdraw them.
        by_link: the column that the link itself fills; `kinds`: the choices it may fill it with.
        questions: record set that words what is asked, if any; `wording`: its column with the
            words; `about`: its column that names the column which answers; `order`: its column by
            which they follow one another.
    """

    keepers: tuple[str, ...]
    by_link: str
    kinds: tuple[str, ...]
    questions: str = ""
    wording: str = ""
    about: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """Where a process says, at the end of a year, what became of each objective of its plan.

    Attributes:
        record_set: a row for each objective.
        first_day: field with the first day of the plan's year.
        objective: column with the number of the objective.
        verdict: column with the conclusion, one of its choices.
        met: the choices that leave nothing to the year after.
        result: column that says it in words.
    """

    record_set: str
    first_day: str
    objective: str
    verdict: str
    met: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a row says that it goes on from another case.

    Attributes:
        column: text that begins with the readable code of that case; ` #3` behind it is the row of
            the same set there, counted from one.
    """

    record_set: str
    column: str


class PeriodicOf(Protocol):
    """Which cases are to be open today, and are not."""

    def __call__(
        self,
        *,
        calendar: Calendar,
        rules: tuple[PeriodRule, ...],
        today: date,
        opened: Iterable[str],
    ) -> Iterable[PeriodicCase]:
        """Name them; `rules` cut the periods, `opened` are those that have a case."""
        ...


class Guard(Protocol):
    """A question, pure over the case. None means yes."""

    def __call__(self, question: Question, /) -> Objection | None:
        """Answer with an objection, or with None for yes."""
        ...


class Effect(Protocol):
    """A plan, pure over the case: the intents that follow from an accepted step."""

    def __call__(self, question: Question, /) -> tuple[Intent, ...]:
        """Plan what follows; nothing is done here."""
        ...


class RegistryMissing(Corrupt):
    """A definition names code that this house does not have: the case can be read, not advanced."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__("registry_missing", names=list(names))


@dataclass(frozen=True, slots=True)
class Lack:
    """Why something that a case needs cannot be proposed: code of its sentence, and the unit."""

    code: str
    unit: str | None = None


FactValue = int | bool | str | date | None
Fact = Callable[[Case], FactValue]
FigureOf = Callable[[Case], Figure]
DocumentOf = Callable[[Case], object]
ProposalOf = Callable[[Case], tuple[Mapping[str, Any], ...]]
LackingOf = Callable[[Case], tuple[Lack, ...]]


@dataclass(slots=True)
class Registry:
    """The names that definitions may use.

    A record set or lookup is a storage object whose protocol lives on the storage floor; here it is
    opaque.

    Attributes:
        reads: fact → the fields that it looks at, so that a form which may set one of them is
            offered although the fact does not hold yet.
    """

    guards: dict[str, Guard] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    figures: dict[str, FigureOf] = field(default_factory=dict)
    record_sets: dict[tuple[str, str], Any] = field(default_factory=dict)
    lookups: dict[str, tuple[str, Any]] = field(default_factory=dict)
    documents: dict[tuple[str, str], DocumentOf] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    proposals: dict[tuple[str, str], ProposalOf] = field(default_factory=dict)
    lacking: dict[tuple[str, str], LackingOf] = field(default_factory=dict)
    proposing: dict[tuple[str, str], Reading] = field(default_factory=dict)
    periodics: dict[str, PeriodicOf] = field(default_factory=dict)
    registers: dict[str, Register] = field(default_factory=dict)
    public_forms: dict[tuple[str, str], PublicForm] = field(default_factory=dict)
    conclusions: dict[str, Conclusions] = field(default_factory=dict)
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    def guard(self, name: str, guard: Guard) -> None:
        """Register a guard under its name."""
        _once(self.guards, name, guard)

    def effect(self, name: str, effect: Effect) -> None:
        """Register an effect under its name."""
        _once(self.effects, name, effect)

    def fact(self, process: str, name: str, fact: Fact, *, reads: Iterable[str] = ()) -> None:
        """Register a fact of a process, and the fields of the case that it looks at."""
        _once(self.facts, f"{process}.{name}", fact)
        self.reads[f"{process}.{name}"] = frozenset(reads)

    def figure(self, process: str, name: str, figure: FigureOf) -> None:
        """Register a figure of a process."""
        _once(self.figures, f"{process}.{name}", figure)

    def record_set(self, process: str, name: str, record_set: Any) -> None:
        """Register the tables behind a record set; without one its rows are kept generically."""
        _once(self.record_sets, (process, name), record_set)

    def document(self, process: str, name: str, document: DocumentOf) -> None:
        """Register what computes the values of a paper; its template lies with the pages."""
        _once(self.documents, (process, name), document)

    def proposal(
        self,
        process: str,
        record_set: str,
        proposal: ProposalOf,
        *,
        lacking: LackingOf | None = None,
        reading: Reading | None = None,
    ) -> None:
        """Register what names the rows that the case implies and that are not there yet.

        It gives typed column values, one mapping a row: an attendance for each person placed in a
        session, a score for each one present. Whoever fills in a sheet completes them; nothing is
        written until then, and what is written is judged like any other row. `lacking` tells what
        could not be proposed, and why. `reading` is what the case is read with for it alone, where
        the process itself reads nothing of others.
        """
        _once(self.proposals, (process, record_set), proposal)
        if lacking is not None:
            self.lacking[process, record_set] = lacking
        if reading is not None:
            self.proposing[process, record_set] = reading

    def lookup(self, process: str, name: str, lookup: Any) -> None:
        """Register what a process reads from other instances: `lookup(session, instance)`."""
        _once(self.lookups, name, (process, lookup))

    def reading(self, process: str, reading: Reading) -> None:
        """Register what a process reads of others; it is loaded for that process alone."""
        _once(self.readings, process, reading)

    def register(self, name: str, register: Register) -> None:
        """Register rows that belong to no case: what a process keeps of the whole organisation."""
        _once(self.registers, name, register)

    def public_form(self, process: str, record_set: str, form: PublicForm) -> None:
        """Register that a record set may be filled by people without an account.

        Whether a row may be written at all stays the definition's word: the set has to be open to
        `system`, on the days and in the states that it says.
        """
        _once(self.public_forms, (process, record_set), form)

    def periodic(self, process: str, cases: PeriodicOf) -> None:
        """Register what names the cases that the house opens period by period.

        They are opened while the year's plan names the process.
        """
        _once(self.periodics, process, cases)

    def conclusion(self, process: str, conclusions: Conclusions) -> None:
        """Register where a process says what became of the objectives of a year."""
        _once(self.conclusions, process, conclusions)

    def origin(self, process: str, origin: Origin) -> None:
        """Register the column of a record set that says from which case a row goes on."""
        _once(self.origins, (process, origin.record_set), origin)

    def lacks(self, process: Process) -> tuple[str, ...]:
        """What a definition names and nobody registered; while there is some, no case advances."""
        steps = process.transitions.values()
        facts = (f"{process.process}.{name}" for name in process.facts)
        guards = (name for step in steps for name in step.guards)
        effects = (name for step in steps for name in step.effects)
        found = dict.fromkeys(
            (
                *(name for name in facts if name not in self.facts),
                *(name for name in guards if name not in self.guards),
                *(name for name in effects if name not in self.effects),
            )
        )
        return tuple(found)


def _once(names: dict[Any, Any], name: Any, value: Any) -> None:
    """Refuse a second registration: two meanings under one name would make pins lie."""
    if name in names:
        raise Corrupt("registered_twice", name=str(name))
    names[name] = value
