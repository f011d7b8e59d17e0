"""The names that `definitions/overdue_period_review.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.overdue_period_review import effects, facts, figures, records, report
from workflows.overdue_period_review.periods import PERIOD_DATA
from workflows.overdue_period_review.proposals import PROPOSALS
from workflows.overdue_period_review.scheme import openings

PROCESS = "overdue_period_review"

DAYS = ("first_day", "last_day", "cut_off")
READS = {
    facts.cut_off_plausible: DAYS,
    facts.balanced: DAYS,
    facts.differences_unexplained: DAYS,
    facts.merged_into_neighbour: ("merged_into", "first_day"),
    facts.overdue_count: DAYS,
    facts.backlog_count: DAYS,
    facts.units_without_row: DAYS,
    facts.causes_unconfirmed: DAYS,
    facts.backlog_without_measure: DAYS,
    facts.working_days_in_period: ("first_day", "last_day"),
    facts.earlier_periods_open: (),
    facts.report_day_plausible: ("report_date",),
}
"""Each fact, with the fields of the review that it looks at."""
EFFECTS = (
    effects.freeze_period,
    effects.tell_director_of_period,
    effects.tell_office_of_return,
    effects.tell_units_of_direction,
    effects.tell_office_of_period_obstacle,
)


def register(registry: Registry) -> None:
    """Make the names of a period's review known."""
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    for effect in EFFECTS:
        registry.effect(effect.__name__, effect)
    for name, figure in figures.FIGURES.items():
        registry.figure(PROCESS, name, figure)
    for name, proposal in PROPOSALS.items():
        registry.proposal(PROCESS, name, proposal)
    registry.document(PROCESS, "period_report", report.period_report)
    registry.document(PROCESS, "nil_note", report.period_report)
    registry.lookup(PROCESS, PERIOD_DATA, records.period_data)
    registry.periodic(PROCESS, openings)
