"""What the gates of a period's review ask; pure over the case.

1. Numbers are those that were frozen; before the freeze, what the register says up to the cut-off.
2. A dossier that the last period left pending and that this one does not begin with, or the other
   way round, *differs*. A line of either period that names it with the right kind explains it.
3. A late dossier is *answered for* when the cause of its case is confirmed, when the unit's report
   names it, or when the unit was named for not reporting.
"""

from datetime import date
from typing import Final

from engine.calendars.recurrence import PeriodInvalid, PeriodKind, containing, parse_period
from engine.machine.instance import Case
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_period_review.periods import covered, data_of
from workflows.overdue_period_review.snapshot import (
    ADJUSTMENT,
    ToExplain,
    live_count,
    snapshot,
    standing_of,
)

RECEIVED_LATE, ENDED_LATE = "received_late", "ended_late"
REPORT: Final = "unit_period_report"
NAMED: Final = "excluded"
"""The state of a unit's report that never came: the unit is named in its place."""
HARDLY_A_WEEK: Final = 1
"""Working days that weeks between two others may have together, for them to be neighbours."""


def report_day_plausible(case: Case) -> bool:
    """Whether the report is dated between its submission and today."""
    day: date | None = case.instance.fields.get("report_date")
    if day is None:
        return True
    steps = (case.instance.last(name) for name in ("submit", "submit_nil"))
    submitted = max((step.on for step in steps if step is not None), default=date.min)
    return submitted <= day <= case.today


def cut_off_plausible(case: Case) -> bool:
    """Whether the cut-off has passed and leaves no working day of the period out."""
    days, cut_off = covered(case), case.instance.fields.get("cut_off")
    if cut_off is None or days is None:
        return True
    last: date = case.instance.fields["last_day"]
    if cut_off > case.now or days[1] < days[0]:
        return False
    until = max((last, *(each.last_day for each in data_of(case).merged)))
    return until <= days[1] or case.calendar.working_days_between(days[1], until) == 0


def balanced(case: Case) -> bool:
    """Whether what was there and came is what went and is left, for the whole and each unit."""
    frozen = snapshot(case)
    if frozen is None:
        return False
    if not frozen.frozen:
        counted = live_count(case)
        return counted is not None and counted.balances
    lines = (frozen.total, *frozen.units)
    return all(
        line["opening"] + line["received"]
        == line["finished"] + line["sent_back"] + line["stopped"] + line["closing"]
        for line in lines
    )


def differences_unexplained(case: Case) -> int:
    """Dossiers that differ from what the last period left, and that no line explains."""
    return len(differences(case) - _explained(case))


def differences(case: Case) -> frozenset[tuple[str, str]]:
    """(dossier code, kind of adjustment) of everything that differs from the last period's end."""
    before, counted = data_of(case).before, live_count(case)
    if before is None or counted is None:
        return frozenset()
    came = {(code, RECEIVED_LATE) for code, _ in counted.opening - before.pending}
    went = {(code, ENDED_LATE) for code, _ in before.pending - counted.opening}
    return frozenset(came | went)


def late_changes(case: Case) -> frozenset[tuple[str, str]]:
    """(dossier code, kind) of what the register says otherwise of the frozen end by now."""
    frozen, counted = snapshot(case), live_count(case)
    if frozen is None or counted is None or not frozen.frozen:
        return frozenset()
    pending = counted.pending
    came = {(code, RECEIVED_LATE) for code, _ in pending - frozen.pending}
    went = {(code, ENDED_LATE) for code, _ in frozen.pending - pending}
    return frozenset(came | went)


def earlier_periods_open(case: Case) -> int:
    """Earlier reviews of the same kind that are neither frozen nor merged nor broken off."""
    return len(data_of(case).waiting)


def merged_into_neighbour(case: Case) -> bool:
    """Whether the week is merged into the one before or after it, over other merged weeks."""
    name, first = case.instance.fields.get("merged_into"), case.instance.fields.get("first_day")
    if name is None or first is None:
        return False
    try:
        wanted = parse_period(name)
    except PeriodInvalid:
        return False
    own = containing(first, PeriodKind.WEEK)
    between = (own.next(), wanted.previous()) if wanted.first_day > own.first_day else None
    if wanted.kind is not PeriodKind.WEEK or wanted == own:
        return False
    if between is None:
        return wanted == own.previous()
    days = case.calendar.working_days_in(between[0].first_day, between[1].last_day)
    return wanted == own.next() or days <= HARDLY_A_WEEK


def overdue_count(case: Case) -> int:
    """Late dossiers of the period, each once."""
    found = snapshot(case)
    return 0 if found is None else found.total.overdue


def backlog_count(case: Case) -> int:
    """Dossiers of earlier periods that are pending at the end."""
    found = snapshot(case)
    return 0 if found is None else found.total["backlog"]


def units_without_row(case: Case) -> int:
    """Units with late or pending dossiers that do not stand among those who answer."""
    return len(units_to_list(case))


def units_to_list(case: Case) -> tuple[str, ...]:
    """Those units, by id."""
    found = snapshot(case)
    if found is None:
        return ()
    listed = {row.values["unit"] for row in case.rows("unit_scope")}
    return tuple(
        line.unit
        for line in found.units
        if line.unit is not None and line.unit not in listed and (line.overdue or line["backlog"])
    )


def causes_unconfirmed(case: Case) -> int:
    """Late dossiers that nobody answers for."""
    return len(without_cause(case))


def without_cause(case: Case) -> tuple[ToExplain, ...]:
    """Those dossiers."""
    standings, answered, named = standing_of(case), answered_for(case), units_named(case)
    found = snapshot(case)
    return tuple(
        dossier
        for dossier in (() if found is None else found.dossiers)
        if dossier.late
        and dossier.unit not in named
        and dossier.code not in answered
        and not (dossier.key in standings and _is_settled(standings[dossier.key]))
    )


def backlog_without_measure(case: Case) -> int:
    """Dossiers of the backlog for which neither a unit's report nor a case names a measure."""
    return len(without_measure(case))


def without_measure(case: Case) -> tuple[ToExplain, ...]:
    """Those dossiers."""
    standings, answered, named = standing_of(case), answered_for(case), units_named(case)
    found = snapshot(case)
    return tuple(
        dossier
        for dossier in (() if found is None else found.dossiers)
        if dossier.backlog
        and dossier.unit not in named
        and dossier.code not in answered
        and not (dossier.key in standings and standings[dossier.key].has_measure)
    )


def working_days_in_period(case: Case) -> int:
    """Working days from the first to the last day of the period."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    if first is None or last is None:
        return 0
    return case.calendar.working_days_in(first, last)


def answered_for(case: Case) -> frozenset[str]:
    """Codes that the signed reports of units name, each with cause and measure."""
    return frozenset(
        code
        for child in case.children
        if child.process == REPORT
        for code in child.fields.get("answered", ())
    )


def units_named(case: Case) -> frozenset[str]:
    """Units that did not report, and are named instead."""
    return frozenset(
        child.fields["unit"]
        for child in case.children
        if child.process == REPORT and child.state == NAMED and "unit" in child.fields
    )


def _is_settled(standing: CaseStanding) -> bool:
    return standing.is_confirmed or standing.is_excluded


def _explained(case: Case) -> frozenset[tuple[str, str]]:
    own = {(row.values["dossier_code"], row.values["kind"]) for row in case.rows(ADJUSTMENT)}
    before = data_of(case).before
    return frozenset(own if before is None else own | before.adjusted)
