"""The report of a period as values: balance, figures by unit, causes, backlog, parts, directions.

1. Everything is what was frozen. What changed afterwards stands in lines of adjustment, apart.
2. Weeks stand beside the month that they lie in; late dossiers of the month are counted once,
   however many of its weeks named them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.machine.instance import Case
from engine.machine.registry import Figure
from workflows.overdue_dossiers.analysis.pareto import Pareto, by_count, by_days
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_dossiers.dossier import Cause
from workflows.overdue_period_review.facts import answered_for, units_named
from workflows.overdue_period_review.figures import FIGURES
from workflows.overdue_period_review.periods import Key, OtherPeriod, data_of
from workflows.overdue_period_review.snapshot import (
    ADJUSTMENT,
    FrozenLine,
    Snapshot,
    ToExplain,
    snapshot,
    standing_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A dossier that has to be explained, with what its case says by now.

    Attributes:
        cause: code; None while nobody stated one.
        confirmed: whether the cause was confirmed against the control slip.
        named: whether the unit names it in its report, or was named itself for having sent none.
    """

    dossier: ToExplain
    cause: str | None
    nature: str | None
    stage: str | None
    confirmed: bool
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A shorter period inside this one, with what it froze.

    Attributes:
        whole: whether all of its days lie in this period.
    """

    code: str
    period: str | None
    state: str
    first: date
    last: date
    whole: bool
    numbers: Mapping[str, int]
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the Director gave out."""

    kind: str
    unit: str
    statement: str
    due_on: date
    slip: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What became known after the cut-off."""

    dossier_code: str
    kind: str
    wording: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReport:
    """The report of a week, a month or a quarter.

    Attributes:
        period: `2026-W32`, `2026-08`, `2026-Q3`; None where it was opened without a name.
        first, last: the days that it covers; more than its own where a week was merged.
        merged: names of the weeks that it took over.
        late_in_parts: late dossiers of the parts added up: those of several weeks several times.
        late_again: late dossiers that more than one part counted.
        gone_since: late dossiers of a part that are not late any more: excluded, or corrected.
    """

    code: str
    title: str
    kind: str | None
    period: str | None
    frozen: bool
    first: date | None
    last: date | None
    cut_off: datetime | None
    report_due: date | None
    merged: tuple[str, ...]
    total: FrozenLine | None
    units: tuple[FrozenLine, ...]
    figures: Mapping[str, Figure]
    overdue: tuple[Explanation, ...]
    backlog: tuple[Explanation, ...]
    causes: Pareto
    causes_by_days: Pareto
    missing_units: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    late_in_parts: int = 0
    late_again: int = 0
    gone_since: tuple[Key, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    direction: str | None = None
    tasks: tuple[Task, ...] = field(default=())


def period_report(case: Case) -> PeriodReport:
    """The report as it stands."""
    fields, found, data = case.instance.fields, snapshot(case), data_of(case)
    explained = _explanations(case, found)
    late = frozenset(each.dossier.key for each in explained if each.dossier.late)
    causes = _causes(explained)
    parts = tuple(_part(each, found) for each in data.parts if each.is_frozen and found)
    inside = [each for each in data.parts if found and _is_inside(each, found)]
    times = Counter(key for each in inside for key in each.late)
    return PeriodReport(
        code=case.instance.code,
        title=case.instance.title,
        kind=fields.get("kind"),
        period=case.instance.period,
        frozen=found is not None and found.frozen,
        first=None if found is None else found.first,
        last=None if found is None else found.last,
        cut_off=fields.get("cut_off"),
        report_due=fields.get("report_due"),
        merged=tuple(each.period or each.code for each in data.merged),
        total=None if found is None else found.total,
        units=() if found is None else found.units,
        figures={name: figure(case) for name, figure in FIGURES.items()},
        overdue=tuple(each for each in explained if each.dossier.late),
        backlog=tuple(each for each in explained if each.dossier.backlog),
        causes=by_count(causes),
        causes_by_days=by_days(causes),
        missing_units=tuple(sorted(units_named(case))),
        parts=parts,
        late_in_parts=sum(times.values()),
        late_again=sum(count > 1 for count in times.values()),
        gone_since=tuple(sorted(times.keys() - late)),
        adjustments=tuple(
            Adjustment(
                dossier_code=row.values["dossier_code"],
                kind=row.values["kind"],
                wording=row.values["wording"],
                source=row.values["source"],
            )
            for row in case.rows(ADJUSTMENT)
        ),
        direction=fields.get("direction"),
        tasks=_tasks(case),
    )


def _causes(explained: tuple[Explanation, ...]) -> dict[Cause | None, Tally]:
    """Late dossiers by the cause that was stated, as the analysis ranks them."""
    found: dict[Cause | None, Tally] = {}
    for each in explained:
        if each.dossier.late:
            cause = None if each.cause is None else Cause(each.cause)
            tally = found.setdefault(cause, Tally())
            tally.late += 1
            tally.late_days[each.dossier.days_late] += 1
    return found


def _explanations(case: Case, found: Snapshot | None) -> tuple[Explanation, ...]:
    standings, answered, named = standing_of(case), answered_for(case), units_named(case)
    return tuple(
        _explanation(
            dossier,
            standings.get(dossier.key),
            named=dossier.code in answered or dossier.unit in named,
        )
        for dossier in (() if found is None else found.dossiers)
    )


def _explanation(dossier: ToExplain, standing: CaseStanding | None, *, named: bool) -> Explanation:
    return Explanation(
        dossier=dossier,
        cause=dossier.cause if standing is None else standing.cause,
        nature=None if standing is None else standing.nature,
        stage=None if standing is None else standing.stage,
        confirmed=standing is not None and standing.is_confirmed,
        named=named,
    )


def _part(other: OtherPeriod, found: Snapshot | None) -> Part:
    return Part(
        code=other.code,
        period=other.period,
        state=other.state,
        first=other.first or other.first_day,
        last=other.last or other.last_day,
        whole=found is not None and _is_inside(other, found),
        numbers=other.totals,
        late=len(other.late),
    )


def _is_inside(other: OtherPeriod, found: Snapshot) -> bool:
    return (
        other.first is not None
        and other.last is not None
        and found.first <= other.first
        and other.last <= found.last
    )


def _tasks(case: Case) -> tuple[Task, ...]:
    slips = {child.origin_row: child.code for child in case.children if child.origin_set == "task"}
    return tuple(
        Task(
            kind=row.values["kind"],
            unit=row.values["unit"],
            statement=row.values["statement"],
            due_on=row.values["due_on"],
            slip=slips.get(row.id),
        )
        for row in case.rows("task")
    )
