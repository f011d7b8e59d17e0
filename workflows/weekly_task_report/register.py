"""The names that `definitions/weekly_task_report.yaml` uses, tied to their functions."""

from engine.calendars.recurrence import PeriodKind
from engine.machine.registry import Registry
from workflows.plan_rows.periods import EveryPeriod
from workflows.weekly_task_report import effects, facts, records
from workflows.weekly_task_report.figures import FIGURES
from workflows.weekly_task_report.proposals import PROPOSALS
from workflows.weekly_task_report.tasks import WEEK_DATA

PROCESS = "weekly_task_report"
COUNTED = ("first_day", "cut_off")
READS = {
    facts.units_silent: COUNTED,
    facts.tasks_to_report: COUNTED,
    facts.red_without_word: (),
    facts.earlier_weeks_open: ("first_day",),
    facts.merged_into_neighbour: ("merged_into",),
    facts.working_days_in_week: ("first_day", "last_day"),
    facts.report_day_plausible: ("report_date",),
}
"""Each fact, with the fields of the report that it looks at."""


def register(registry: Registry) -> None:
    """Make the names of a week's report known."""
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    for effect in (effects.freeze_week, effects.urge_silent_units, effects.tell_director_of_week):
        registry.effect(effect.__name__, effect)
    for name, figure in FIGURES.items():
        registry.figure(PROCESS, name, figure)
    for name, proposal in PROPOSALS.items():
        registry.proposal(PROCESS, name, proposal)
    registry.lookup(PROCESS, WEEK_DATA, records.week_data)
    registry.periodic(PROCESS, EveryPeriod(PeriodKind.WEEK, "Nhiệm vụ thành phố giao"))
