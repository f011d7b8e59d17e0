"""How a year's plan stands: a light for every row and every objective, and why; pure.

1. Red: a case is past its day; the time of a process is over and nothing is under way or done; a
   target is missed for good. Amber: a day is near; it is time and nothing was opened, or all was
   broken off; a target is not reached so far. Green: under way and in time, done, reached.
2. No light: its time has not come, nothing has arisen yet, nobody has measured it, or no process
   carries the row out. Nothing that is unknown is green.
3. A light is that of the worst reason, and all reasons are told, the worst first. An objective has
   the reasons of its heading and of its rows.
4. A target is missed for good when the year is over, or when the case that measures it has ended
   and is none of a series. What the plan only strives for never turns red.
5. The time of a process is its own window; without one, the months that the plan names, if the row
   has no other process. A case whose day was moved by a logged command is in time until that day.
6. Shares are compared as whole numbers: 999 of 1,000 are not 100 %, however they are rounded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from engine.machine.window import Span

SOON_DAYS: Final = 3
"""How many days before its day a case turns a light amber; the pages call the same days soon."""
PERCENT: Final = 100
SHARE: Final = "percent"
_HOLDS: Final = {"eq": eq, "ge": ge, "gt": gt, "le": le, "lt": lt}

Title = Mapping[str, str]


class Light(StrEnum):
    """How something stands, the worst first."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NONE = "none"


_ORDER: Final = tuple(Light)


class Cause(StrEnum):
    """Why a light is what it is."""

    CASE_LATE = "case_late"
    NOT_DONE = "not_done"
    TARGET_MISSED = "target_missed"
    DUE_SOON = "due_soon"
    NOT_OPENED = "not_opened"
    GIVEN_UP = "given_up"
    TARGET_BEHIND = "target_behind"
    RUNNING = "running"
    DONE = "done"
    TARGET_REACHED = "target_reached"
    NOT_YET = "not_yet"
    NOTHING_AROSE = "nothing_arose"
    NOT_MEASURED = "not_measured"
    NO_PROCESS = "no_process"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCase:
    """A case of a plan row as far as lights and the drawing of the year go.

    Attributes:
        overdue: it is open and past its day.
    """

    id: str
    code: str
    opened_on: date
    closed_on: date | None
    due_on: date | None
    final: str | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A process that carries a row out, in the year of the plan.

    Attributes:
        known: it has a published definition.
        time: when it has to happen; None where nobody says.
        expected: a plan opens its case; others arise.
        total, done, broken_off, late: how many cases it has, children included.
        first_late: the one that is past its day for longest.
        cases: the newest of them, oldest first.
    """

    process: str
    title: Title
    known: bool = True
    time: Span | None = None
    expected: bool = True
    total: int = 0
    done: int = 0
    broken_off: int = 0
    late: int = 0
    first_late: PlanCase | None = None
    cases: tuple[PlanCase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """What a published figure says to a target.

    Attributes:
        denominator: None for a plain number.
        source, source_id: the case whose figure it is.
        settled: the case has ended and is none of a series.
    """

    numerator: int
    denominator: int | None
    cut_off: date | None
    source: str
    source_id: str
    settled: bool

    @property
    def told(self) -> str:
        """`78/80`, or a plain number."""
        return f"{self.numerator}" + ("" if self.denominator is None else f"/{self.denominator}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target that the plan states in figures, and what was reached; None: nobody measured it.

    Attributes:
        unit: `percent` (a share is compared) or another, of which the number itself is compared.
        before: what the same figure said of the year before; it speaks for no light.
    """

    id: str
    title: Title
    operator: str
    value: int
    strive: bool
    unit: str = "percent"
    actual: Actual | None = None
    before: Actual | None = None

    @property
    def reached(self) -> bool | None:
        """Whether what was reached is enough; None when nothing is known."""
        found = self.actual
        if found is None:
            return None
        holds = _HOLDS[self.operator]
        if self.unit != SHARE:
            return bool(holds(found.numerator, self.value))
        return bool(holds(PERCENT * found.numerator, self.value * (found.denominator or 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that speaks for a light.

    Attributes:
        row: the plan row that it comes from.
        title: of the process or of the target.
        case, case_id: the case that it is about, if it is one.
        count: how many there are of what the cause counts.
        day: the day that it speaks of.
        target: the target that it is about.
    """

    cause: Cause
    light: Light
    row: str
    title: Title
    case: str | None = None
    case_id: str | None = None
    count: int = 0
    day: date | None = None
    target: Target | None = None

    def params(self, language: str) -> dict[str, Any]:
        """What fills its sentence `plan_standing.<cause>` in a language."""
        found = None if self.target is None else self.target.actual
        return {
            "title": self.title[language],
            "count": self.count,
            "day": self.day,
            "measured": "" if found is None else found.told,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStanding:
    """How a row, or an objective, stands; reasons the worst first."""

    light: Light
    reasons: tuple[Reason, ...]
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """What is known of a row.

    Attributes:
        heading: it only gathers the rows of its objective.
    """

    code: str
    objective: int
    title: Title
    heading: bool = False
    carriers: tuple[Carrier, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveStanding:
    """How an objective stands: its number, its words, its targets, and its rows."""

    number: int
    title: Title
    row: str
    standing: RowStanding
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStanding:
    """How a whole plan stands."""

    rows: Mapping[str, RowStanding] = field(default_factory=dict)
    objectives: tuple[ObjectiveStanding, ...] = ()


def plan_standing(facts: Iterable[RowFacts], *, year: int, today: date) -> PlanStanding:
    """How every row and every objective of a plan stands on a day."""
    known = tuple(facts)
    rows = {row.code: _of_row(row, year=year, today=today) for row in known}
    numbers = dict.fromkeys(row.objective for row in known)
    return PlanStanding(
        rows=rows,
        objectives=tuple(_of_objective(number, known, rows) for number in numbers),
    )


def _of_row(row: RowFacts, *, year: int, today: date) -> RowStanding:
    reasons = [
        reason
        for carrier in row.carriers
        for reason in _of_carrier(carrier, row=row.code, year=year, today=today)
    ]
    reasons += [_of_target(target, row=row.code, over=today.year > year) for target in row.targets]
    if not row.carriers and not row.heading:
        reasons.append(
            Reason(cause=Cause.NO_PROCESS, light=Light.NONE, row=row.code, title=row.title)
        )
    return _standing(reasons, row.targets)


def _of_objective(
    number: int, known: Iterable[RowFacts], rows: Mapping[str, RowStanding]
) -> ObjectiveStanding:
    """The first row of an objective says what it is about."""
    own = [row for row in known if row.objective == number]
    reasons = [reason for row in own for reason in rows[row.code].reasons]
    return ObjectiveStanding(
        number=number,
        title=own[0].title,
        row=own[0].code,
        standing=_standing(reasons, tuple(target for row in own for target in row.targets)),
        rows=tuple(row.code for row in own if not row.heading),
    )


def _standing(reasons: Iterable[Reason], targets: tuple[Target, ...]) -> RowStanding:
    told = sorted(reasons, key=lambda reason: _ORDER.index(reason.light))
    light = told[0].light if told else Light.NONE
    return RowStanding(light=light, reasons=tuple(told), targets=targets)


def _of_carrier(carrier: Carrier, *, row: str, year: int, today: date) -> Iterator[Reason]:
    """What the cases of one process say, or that there are none."""

    def because(cause: Cause, light: Light, **more: Any) -> Reason:
        return Reason(cause=cause, light=light, row=row, title=carrier.title, **more)

    running = carrier.total - carrier.done - carrier.broken_off
    late = carrier.first_late
    soon = [case for case in carrier.cases if _is_near(case, today)]
    if not carrier.known:
        yield because(Cause.NO_PROCESS, Light.NONE)
    elif running + carrier.done == 0:
        yield _of_nothing(carrier, because, year=year, today=today)
    if late is not None:
        yield because(
            Cause.CASE_LATE,
            Light.RED,
            count=carrier.late,
            case=late.code,
            case_id=late.id,
            day=late.due_on,
        )
    if (first := _earliest(soon)) is not None:
        yield because(
            Cause.DUE_SOON,
            Light.AMBER,
            count=len(soon),
            case=first.code,
            case_id=first.id,
            day=first.due_on,
        )
    if running > carrier.late + len(soon):
        yield because(Cause.RUNNING, Light.GREEN, count=running - carrier.late - len(soon))
    if carrier.done:
        yield because(Cause.DONE, Light.GREEN, count=carrier.done)


def _of_nothing(carrier: Carrier, because: Any, *, year: int, today: date) -> Reason:
    """What it means that nothing is under way and nothing was done."""
    begins = date(year, 1, 1) if carrier.time is None else carrier.time.first
    ends = date(year, 12, 31) if carrier.time is None else carrier.time.last
    found: Reason
    if carrier.broken_off:
        over = today > ends
        found = because(Cause.GIVEN_UP, Light.RED if over else Light.AMBER, day=ends)
    elif not carrier.expected and carrier.time is None:
        found = because(Cause.NOTHING_AROSE, Light.NONE)
    elif today < begins:
        found = because(Cause.NOT_YET, Light.NONE, day=begins)
    elif today > ends:
        found = because(Cause.NOT_DONE, Light.RED, day=ends)
    else:
        found = because(Cause.NOT_OPENED, Light.AMBER, day=ends)
    return found


def _of_target(target: Target, *, row: str, over: bool) -> Reason:
    found = target.actual
    if found is None:
        cause, light = Cause.NOT_MEASURED, Light.NONE
    elif target.reached:
        cause, light = Cause.TARGET_REACHED, Light.GREEN
    elif (over or found.settled) and not target.strive:
        cause, light = Cause.TARGET_MISSED, Light.RED
    else:
        cause, light = Cause.TARGET_BEHIND, Light.AMBER
    return Reason(
        cause=cause,
        light=light,
        row=row,
        title=target.title,
        target=target,
        case=None if found is None else found.source,
        case_id=None if found is None else found.source_id,
        day=None if found is None else found.cut_off,
    )


def _is_near(case: PlanCase, today: date) -> bool:
    open_ = case.final is None and not case.overdue
    return open_ and case.due_on is not None and case.due_on <= today + timedelta(days=SOON_DAYS)


def _earliest(cases: Iterable[PlanCase]) -> PlanCase | None:
    return min(cases, key=lambda case: (case.due_on or date.max, case.code), default=None)
