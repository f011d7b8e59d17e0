"""What an audit is measured by: computed from rows and slips, never typed in.

1. Every figure names the rows behind it; a ratio is numerator and denominator, never a quotient.
2. The cut-off is the closing meeting for what was audited and found, today for what follows.
3. A nonconformity is *repeated* when another audit found one in the same unit under the same clause
   in the 24 months before.
4. A slip is *due* once its planned day has passed or it has ended; it is *closed in time* when it
   ended as effective and completion was last reported by the planned day. A withdrawn slip was
   raised in error and counts nowhere.
5. *Effective the first time* is asked once for each nonconformity: a slip issued anew is the second
   attempt of the first.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median_low
from typing import Protocol

from engine.calendars.business_days import Roll
from engine.calendars.recurrence import parse_period
from engine.machine.instance import Case, Child, Row
from engine.machine.registry import Figure
from workflows.internal_audit.facts import nonconformities

REPEATED_WITHIN_MONTHS = 24


class Earlier(Protocol):
    """What the lookup `earlier_findings` gives of another audit's nonconformity."""

    @property
    def id(self) -> str:
        """Its row."""

    @property
    def unit(self) -> str:
        """Where it was found."""

    @property
    def clause(self) -> str:
        """Under which clause."""

    @property
    def found_on(self) -> date:
        """When it was recorded."""


def units_audited(case: Case) -> Figure:
    """Units with a slot that was done, out of the units of the plan."""
    return _audited(case, field="units", column="unit")


def clauses_audited(case: Case) -> Figure:
    """Clauses in a slot that was done, out of the clauses of the plan."""
    return _audited(case, field="clauses", column="clauses")


def procedures_audited(case: Case) -> Figure:
    """Procedures in a slot that was done, out of the procedures of the plan."""
    return _audited(case, field="procedures", column="procedures")


def findings_by_grade(case: Case) -> Figure:
    """All findings, by grade."""
    return _counted(case, case.rows("finding"), column="grade")


def nonconformities_by_unit(case: Case) -> Figure:
    """Nonconformities, by unit."""
    return _counted(case, nonconformities(case), column="unit")


def nonconformities_by_clause(case: Case) -> Figure:
    """Nonconformities, by clause."""
    return _counted(case, nonconformities(case), column="clause")


def repeat_nonconformities(case: Case) -> Figure:
    """Nonconformities found before in the same unit under the same clause, out of all."""
    found = nonconformities(case)
    earlier: tuple[Earlier, ...] = case.lookups.get("earlier_findings", ())
    repeated = [row for row in found if any(_repeats(case, row, other) for other in earlier)]
    return Figure(
        numerator=len(repeated),
        denominator=len(found),
        cut_off=_cut_off(case),
        rows={"finding": _ids(found), "repeated": _ids(repeated)},
    )


def slips_closed_in_time(case: Case) -> Figure:
    """Slips that ended as effective by their planned day, out of those that are due."""
    due = [slip for slip in _slips(case) if _is_due(slip, case.today)]
    in_time = [slip for slip in due if _is_in_time(slip)]
    return Figure(
        numerator=len(in_time),
        denominator=len(due),
        cut_off=case.today,
        rows={"children": _ids(due), "in_time": _ids(in_time)},
    )


def median_days_to_close(case: Case) -> Figure:
    """The median of working days from issue to the effective end; the lower one of two."""
    closed = [
        (slip, case.calendar.working_days_between(slip.fields["issued_on"], slip.closed_on))
        for slip in _slips(case)
        if slip.state == "closed_effective"
        and slip.closed_on is not None
        and slip.fields.get("issued_on") is not None
    ]
    return Figure(
        numerator=median_low(days for _, days in closed) if closed else None,
        cut_off=case.today,
        rows={"children": _ids(slip for slip, _ in closed)},
        parts={slip.code: (days, None) for slip, days in closed},
    )


def effective_first_time(case: Case) -> Figure:
    """Nonconformities whose first slip passed without a failure, out of those that were judged."""
    judged = [
        slip
        for slip in _slips(case)
        if slip.predecessor is None and slip.state in {"closed_effective", "reissued"}
    ]
    first = [
        slip
        for slip in judged
        if slip.state == "closed_effective" and not slip.taken.get("fail", 0)
    ]
    return Figure(
        numerator=len(first),
        denominator=len(judged),
        cut_off=case.today,
        rows={"children": _ids(judged), "first_time": _ids(first)},
    )


def finished_in_third_quarter(case: Case) -> Figure:
    """Whether the closing meeting was held between 1 July and 30 September of the audit's year."""
    closing = case.instance.fields.get("closing_on")
    if closing is None:
        return Figure(numerator=None)
    return Figure(numerator=int(in_third_quarter(closing, case.instance.year)), cut_off=closing)


def in_third_quarter(day: date, year: int) -> bool:
    """Whether a day lies in the quarter that row 4 of the plan gives to the audit."""
    quarter = parse_period(f"{year}-Q3")
    return quarter.first_day <= day <= quarter.last_day


def _audited(case: Case, *, field: str, column: str) -> Figure:
    planned: tuple[str, ...] = tuple(case.instance.fields.get(field, ()))
    done = [row for row in case.rows("slot") if row.values["status"] == "done"]
    reached = {item for row in done for item in _items(row, column)}
    return Figure(
        numerator=sum(item in reached for item in planned),
        denominator=len(planned),
        cut_off=_cut_off(case),
        rows={"slot": _ids(done)},
        parts={item: (int(item in reached), 1) for item in planned},
    )


def _counted(case: Case, rows: tuple[Row, ...], *, column: str) -> Figure:
    counts = Counter(str(row.values[column]) for row in rows)
    return Figure(
        numerator=len(rows),
        cut_off=_cut_off(case),
        rows={"finding": _ids(rows)},
        parts={label: (counts[label], None) for label in sorted(counts)},
    )


def _repeats(case: Case, row: Row, other: Earlier) -> bool:
    on = row.created_on or case.today
    oldest = case.calendar.add_months(on, -REPEATED_WITHIN_MONTHS, roll=Roll.NONE)
    return (other.unit, other.clause) == (row.values["unit"], row.values["clause"]) and (
        oldest <= other.found_on <= on
    )


def _slips(case: Case) -> list[Child]:
    return [
        child
        for child in case.children
        if child.process == "corrective_action" and child.state != "withdrawn"
    ]


def _is_due(slip: Child, today: date) -> bool:
    planned = slip.fields.get("planned_on")
    return slip.final is not None or (planned is not None and planned < today)


def _is_in_time(slip: Child) -> bool:
    planned, done = slip.fields.get("planned_on"), slip.fields.get("done_on")
    reported = planned is not None and done is not None and done <= planned
    return slip.state == "closed_effective" and reported


def _items(row: Row, column: str) -> tuple[str, ...]:
    value = row.values.get(column) or ()
    return (value,) if isinstance(value, str) else tuple(value)


def _ids(found: Iterable[Row | Child]) -> tuple[str, ...]:
    return tuple(item.id for item in found)


def _cut_off(case: Case) -> date:
    closing: date | None = case.instance.fields.get("closing_on")
    return closing or case.today
