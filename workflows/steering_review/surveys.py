"""What a review counts over other processes and over its own children: numbers, no lines yet.

1. A case that was given up (an end without success) is not counted among audits and campaigns.
2. A corrective action of the year before that is still open is open in this year too.
3. A unit that was asked for its report again answers by its newest report.
"""

from collections.abc import Iterable

from engine.machine.instance import Case, Child, Other, Published

COVERAGE = "training_campaign.objective_coverage"
UNITS_AUDITED = "internal_audit.units_audited"
BY_GRADE = "internal_audit.findings_by_grade"
FINDINGS = (BY_GRADE, "internal_audit.repeat_nonconformities")
AUDIT_FIGURES = (
    UNITS_AUDITED,
    "internal_audit.clauses_audited",
    "internal_audit.procedures_audited",
    "internal_audit.slips_closed_in_time",
    "internal_audit.effective_first_time",
    "internal_audit.finished_in_third_quarter",
)
TRAINING_FIGURES = (
    COVERAGE,
    "training_campaign.eligible_coverage",
    "training_campaign.pass_rate",
    "training_campaign.attendance_rate",
    "training_campaign.exception_count",
)
OWN_FIGURES = (
    "steering_review.objectives_met",
    "steering_review.rows_met",
    "steering_review.decisions_in_time",
)
PERIODS = "overdue_period_review"
PERIOD_FIGURES = (
    "overdue_period_review.on_time",
    "overdue_period_review.time_cut",
    "overdue_period_review.time_cut_reached",
    "overdue_period_review.overdue_dossiers",
    "overdue_period_review.median_days_late",
    "overdue_period_review.apologies_in_time",
    "overdue_period_review.repeated_extension",
)
"""What a quarter of dossiers is measured by; its weeks and months are in it already."""
MEASURED_BY = {
    "done": "weekly_task_report.done",
    "on_time": "weekly_task_report.on_time",
    "online": "tthc_performance.online",
    "returned_on_time": "overdue_period_review.on_time",
    "time_cut": "overdue_period_review.time_cut",
    "duties_met": "duty_compliance_check.compliant",
}
"""Target of the plan → the published figure that measures it."""
MEASURING = ("training_campaign",)
"""Processes whose every published figure is a monitoring result."""
CHANCES = ("opportunity", "observation")

Ratio = tuple[int | None, int | None]


def this_year(case: Case, *processes: str) -> tuple[Other, ...]:
    """The instances of the review's year that were not given up, oldest first."""
    return tuple(
        other
        for other in case.around.others
        if other.process in processes
        and other.year == case.instance.year
        and other.final != "aborted"
    )


def year_before(case: Case, *processes: str) -> tuple[Other, ...]:
    """The instances of the year before, given-up ones included, oldest first."""
    return tuple(
        other
        for other in case.around.others
        if other.process in processes and other.year == case.instance.year - 1
    )


def periods_reported(case: Case) -> tuple[int, int] | None:
    """Reviews of periods that were reported to their end, out of all whose report is due."""
    due = [
        other
        for other in this_year(case, PERIODS)
        if other.final is not None or (other.due_on is not None and other.due_on < case.today)
    ]
    return (sum(other.final == "success" for other in due), len(due)) if due else None


def measured(case: Case, figure: str) -> tuple[Other, Published] | None:
    """The newest case of the year that says something to a figure, and what it says."""
    for other in reversed(this_year(case, figure.partition(".")[0])):
        found = other.figures.get(figure)
        if found is not None and found.numerator is not None:
            return other, found
    return None


def actions(case: Case) -> tuple[Other, ...]:
    """Corrective actions of the year, and older ones that are still open; none raised in error."""
    year = case.instance.year
    return tuple(
        other
        for other in case.around.others
        if other.process == "corrective_action"
        and other.state != "withdrawn"
        and (other.year == year or other.final is None)
    )


def open_actions(case: Case) -> tuple[Other, ...]:
    """Corrective actions that have not ended."""
    return tuple(other for other in actions(case) if other.final is None)


def action_figures(case: Case) -> dict[str, tuple[int, int | None, Ratio]]:
    """Open, overdue and effective actions: numerator, denominator, and the year before."""
    ended = [other for other in actions(case) if other.final is not None]
    earlier = [
        other
        for other in year_before(case, "corrective_action")
        if other.final is not None and other.state != "withdrawn"
    ]
    running = open_actions(case)
    before = (_effective(earlier), len(earlier)) if earlier else (None, None)
    return {
        "actions_open": (len(running), None, (None, None)),
        "actions_overdue": (sum(other.overdue for other in running), None, (None, None)),
        "actions_effective": (_effective(ended), len(ended), before),
    }


def training_coverage(case: Case) -> tuple[int, int] | None:
    """Trained out of all at the snapshots of the year's campaigns; None where none says so."""
    return _summed(this_year(case, "training_campaign"), COVERAGE)


def training_coverage_before(case: Case) -> Ratio:
    """The same of the year before."""
    return _summed(_standing(year_before(case, "training_campaign")), COVERAGE) or (None, None)


def audit_completion(case: Case) -> tuple[int, int] | None:
    """Units audited out of those planned, over the year's audits; None where there is no audit."""
    return _summed(this_year(case, "internal_audit"), UNITS_AUDITED)


def audit_completion_before(case: Case) -> Ratio:
    """The same of the year before."""
    return _summed(_standing(year_before(case, "internal_audit")), UNITS_AUDITED) or (None, None)


def chances_found(case: Case) -> int | None:
    """Opportunities and observations of the year's audits; None where no audit tells findings."""
    return _chances(this_year(case, "internal_audit"))


def chances_found_before(case: Case) -> int | None:
    """The same of the year before."""
    return _chances(_standing(year_before(case, "internal_audit")))


def obstacles_settled(case: Case) -> tuple[int, int] | None:
    """Obstacles of the year whose case succeeded, out of all; None where none was told."""
    succeeded = {other.id for other in case.around.others if other.final == "success"}
    told = case.around.told
    return (sum(one.instance_id in succeeded for one in told), len(told)) if told else None


def unit_reports(case: Case) -> tuple[Child, ...]:
    """The newest report of each unit, in the order of their codes.

    A cancelled one stands only for a unit that has no other, so that no unit vanishes with it.
    """
    newest: dict[str | None, Child] = {}
    for child in case.children:
        unit = child.fields.get("unit")
        if child.process == "unit_report" and (child.state != "cancelled" or unit not in newest):
            newest[unit] = child
    return tuple(newest.values())


def late_reports(case: Case) -> tuple[Child, ...]:
    """Reports that were named as missing or cancelled, or were submitted after their day."""
    return tuple(child for child in unit_reports(case) if not _is_in_time(child))


def verdicts_of_units(case: Case) -> dict[str, tuple[int, int]]:
    """Row of the plan → (units that call it met, units that reported on it); accepted reports."""
    met: dict[str, int] = {}
    all_: dict[str, int] = {}
    for child in unit_reports(case):
        if child.state != "accepted":
            continue
        reached = tuple(child.fields.get("rows_met", ()))
        for code in (*reached, *child.fields.get("rows_not_met", ())):
            all_[code] = all_.get(code, 0) + 1
            met[code] = met.get(code, 0) + int(code in reached)
    return {code: (met[code], all_[code]) for code in sorted(all_, key=plan_order)}


def plan_order(code: str) -> tuple[tuple[int, str], ...]:
    """Sorts codes of plan rows as people count them: 2, 2.1, 10; other words after numbers."""
    parts = code.split(".")
    return tuple((int(part), "") if part.isdecimal() else (10**6, part) for part in parts)


def _is_in_time(child: Child) -> bool:
    told, due = child.fields.get("reported_on"), child.fields.get("due_on")
    if child.state in {"excluded", "cancelled"}:
        return False
    return told is None or due is None or told <= due


def _effective(others: Iterable[Other]) -> int:
    return sum(other.state == "closed_effective" for other in others)


def _standing(others: tuple[Other, ...]) -> tuple[Other, ...]:
    return tuple(other for other in others if other.final != "aborted")


def _told(others: tuple[Other, ...], name: str) -> list[Published]:
    found = (other.figures.get(name) for other in others)
    return [figure for figure in found if figure is not None and figure.numerator is not None]


def _summed(others: tuple[Other, ...], name: str) -> tuple[int, int] | None:
    told = _told(others, name)
    if not told:
        return None
    return (
        sum(figure.numerator or 0 for figure in told),
        sum(figure.denominator or 0 for figure in told),
    )


def _chances(others: tuple[Other, ...]) -> int | None:
    told = _told(others, BY_GRADE)
    if not told:
        return None
    return sum(figure.parts.get(grade, (0, None))[0] for figure in told for grade in CHANCES)
