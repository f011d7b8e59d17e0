"""What a review is measured by: each ratio with numerator, denominator, cut-off and its rows.

1. What the meeting concluded speaks to the cut-off. What is expected of the whole year, and what
   January found, are figures of their own and never mixed with it.
2. Figures of other processes are those that were frozen; before the freeze, the live ones.
3. An objective is met when each of its rows is. Rows of the plan without a result count below.
4. A decision is *due* once its day has passed or it has ended; it is *in time* when it was
   confirmed and last reported done by its day. A withdrawn one counts nowhere.
5. A report is late by the working days after the last day of the review's month.
"""

from collections.abc import Callable, Iterable
from datetime import date

from engine.calendars.recurrence import parse_period
from engine.machine.instance import Case, Child, Row
from engine.machine.registry import Figure
from workflows.steering_review import surveys
from workflows.steering_review.gathering import GATHERED

MONTH = 11
"""November: the month that row 5.3 of the plan gives to the review."""


def objectives_met(case: Case) -> Figure:
    """Objectives whose every row was concluded as met, out of all of the plan."""
    verdicts = _verdicts(case)
    codes = _codes(case)
    objectives = list(dict.fromkeys(code.partition(".")[0] for code in codes))
    met = {
        objective: all(
            verdicts.get(code) is True for code in codes if code.partition(".")[0] == objective
        )
        for objective in objectives
    }
    return Figure(
        numerator=sum(met.values()) if verdicts else None,
        denominator=len(objectives),
        cut_off=_cut_off(case),
        rows={"objective_conclusion": _ids(case.rows("objective_conclusion"))},
        parts={objective: (int(reached), 1) for objective, reached in met.items()},
    )


def rows_met(case: Case) -> Figure:
    """Rows that were concluded as met, out of all of the plan."""
    return _of_rows(
        case, _verdicts(case), record_set="objective_conclusion", cut_off=_cut_off(case)
    )


def rows_expected(case: Case) -> Figure:
    """Rows that are expected to be met over the year: an estimate, and called one."""
    expected = {
        row.values["row"]: row.values["expected"] == "will_be_met"
        for row in case.rows("objective_result")
        if row.values.get("expected")
    }
    return _of_rows(case, expected, record_set="objective_result", cut_off=_cut_off(case))


def rows_met_over_year(case: Case) -> Figure:
    """Rows that January found to be met over the whole year."""
    names = {row.id: row.values["row"] for row in case.rows("objective_result")}
    reached = {
        names[row.values["about"]]: bool(row.values["reached"])
        for row in case.rows("year_result")
        if row.values["about"] in names
    }
    last = date(case.instance.year, 12, 31)
    return _of_rows(case, reached, record_set="year_result", cut_off=last)


def units_in_time(case: Case) -> Figure:
    """Units that reported by their day, out of those that were asked."""
    reports, late = surveys.unit_reports(case), surveys.late_reports(case)
    return Figure(
        numerator=len(reports) - len(late) if reports else None,
        denominator=len(reports),
        cut_off=_cut_off(case),
        rows={"children": _ids(reports), "late": _ids(late)},
    )


def actions_open(case: Case) -> Figure:
    """Corrective actions that have not ended."""
    return _frozen_or(case, "actions_open", _action_figure)


def actions_overdue(case: Case) -> Figure:
    """Those of them that are overdue."""
    return _frozen_or(case, "actions_overdue", _action_figure)


def actions_effective(case: Case) -> Figure:
    """Corrective actions that ended as effective, out of those that ended."""
    return _frozen_or(case, "actions_effective", _action_figure)


def training_coverage(case: Case) -> Figure:
    """Trained out of all at the snapshots of the year's campaigns."""
    return _frozen_or(
        case, "training_coverage", lambda c, _: _live(c, surveys.training_coverage(c))
    )


def audit_completion(case: Case) -> Figure:
    """Units audited out of those planned, over the year's audits."""
    return _frozen_or(case, "audit_completion", lambda c, _: _live(c, surveys.audit_completion(c)))


def chances_found(case: Case) -> Figure:
    """Opportunities and observations that the year's audits found."""
    return _frozen_or(
        case,
        "chances_found",
        lambda c, _: Figure(numerator=surveys.chances_found(c), cut_off=c.today),
    )


def obstacles_settled(case: Case) -> Figure:
    """Obstacles of the year whose case has ended in success, out of all that were told."""

    def live(found: Case, _: object) -> Figure:
        settled = surveys.obstacles_settled(found) or (None, None)
        return Figure(numerator=settled[0], denominator=settled[1], cut_off=found.today)

    return _frozen_or(case, "obstacles_settled", live)


def waivers_granted(case: Case) -> Figure:
    """How often a gate was lifted for a case of the year."""
    return _frozen_or(
        case,
        "waivers_granted",
        lambda c, _: Figure(numerator=len(c.around.lifted), cut_off=c.today),
    )


def decisions_in_time(case: Case) -> Figure:
    """Decisions that were done by their day, out of those that are due or have ended."""
    due = [child for child in decisions(case) if _is_due(child, case.today)]
    in_time = [child for child in due if is_done_in_time(child)]
    return Figure(
        numerator=len(in_time) if due else None,
        denominator=len(due),
        cut_off=case.today,
        rows={"children": _ids(due), "in_time": _ids(in_time)},
    )


def report_days_late(case: Case) -> Figure:
    """Working days by which the report came after its month; of one that is not out, until today.

    None while there is still time.
    """
    last = parse_period(f"{case.instance.year}-{MONTH}").last_day
    issued: date | None = case.instance.fields.get("report_date")
    if issued is None and case.today <= last:
        return Figure(numerator=None)
    day = issued or case.today
    late = case.calendar.working_days_between(last, day) if day > last else 0
    return Figure(numerator=late, cut_off=day)


def decisions(case: Case) -> tuple[Child, ...]:
    """The decisions that are followed up; withdrawn ones left out."""
    return tuple(
        child
        for child in case.children
        if child.process == "review_decision" and child.state != "withdrawn"
    )


def is_done_in_time(child: Child) -> bool:
    """Whether a decision was confirmed and last reported done by its day."""
    done, due = child.fields.get("done_on"), child.fields.get("due_on")
    return child.state == "done" and done is not None and due is not None and done <= due


FIGURES: dict[str, Callable[[Case], Figure]] = {
    "objectives_met": objectives_met,
    "rows_met": rows_met,
    "rows_expected": rows_expected,
    "rows_met_over_year": rows_met_over_year,
    "units_in_time": units_in_time,
    "actions_open": actions_open,
    "actions_overdue": actions_overdue,
    "actions_effective": actions_effective,
    "training_coverage": training_coverage,
    "audit_completion": audit_completion,
    "chances_found": chances_found,
    "obstacles_settled": obstacles_settled,
    "waivers_granted": waivers_granted,
    "decisions_in_time": decisions_in_time,
    "report_days_late": report_days_late,
}
"""Every figure of a review under the name that the definition gives it."""


def _verdicts(case: Case) -> dict[str, bool]:
    """Row of the plan → whether the meeting concluded that it is met."""
    names = {row.id: row.values["row"] for row in case.rows("objective_result")}
    return {
        names[row.values["about"]]: row.values["outcome"] == "met"
        for row in case.rows("objective_conclusion")
        if row.values["about"] in names
    }


def _codes(case: Case) -> list[str]:
    """Every row that counts: those of the plan, and those that were given a result."""
    known = {row.code for row in case.around.plan}
    known |= {row.values["row"] for row in case.rows("objective_result")}
    return sorted(known, key=surveys.plan_order)


def _of_rows(case: Case, reached: dict[str, bool], *, record_set: str, cut_off: date) -> Figure:
    codes = _codes(case)
    return Figure(
        numerator=sum(reached.values()) if reached else None,
        denominator=len(codes),
        cut_off=cut_off,
        rows={record_set: _ids(case.rows(record_set))},
        parts={code: (int(reached.get(code, False)), 1) for code in codes},
    )


def _frozen_or(case: Case, name: str, live: Callable[[Case, str], Figure]) -> Figure:
    """The figure as it was frozen last; live before that."""
    frozen = [row for row in case.rows(GATHERED) if row.values.get("figure") == name]
    if not frozen:
        return live(case, name)
    row = max(frozen, key=lambda found: found.values["round"])
    return Figure(
        numerator=row.values.get("numerator"),
        denominator=row.values.get("denominator"),
        cut_off=row.values.get("cut_off"),
        rows={GATHERED: (row.id,)},
    )


def _action_figure(case: Case, name: str) -> Figure:
    numerator, denominator, _ = surveys.action_figures(case)[name]
    return Figure(
        numerator=numerator,
        denominator=denominator,
        cut_off=case.today,
        rows={"corrective_action": tuple(other.id for other in surveys.actions(case))},
    )


def _live(case: Case, found: tuple[int, int] | None) -> Figure:
    if found is None:
        return Figure(numerator=None)
    return Figure(numerator=found[0], denominator=found[1], cut_off=case.today)


def _is_due(child: Child, today: date) -> bool:
    due = child.fields.get("due_on")
    return child.final is not None or (due is not None and due < today)


def _ids(found: Iterable[Row | Child]) -> tuple[str, ...]:
    return tuple(item.id for item in found)


def _cut_off(case: Case) -> date:
    day: date | None = case.instance.fields.get("cut_off")
    return day or case.today
