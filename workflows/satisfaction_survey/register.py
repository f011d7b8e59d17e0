"""The names that `definitions/satisfaction_survey.yaml` uses, tied to their functions."""

from engine.machine.registry import PublicForm, Registry
from workflows.plan_rows.counting import count_of
from workflows.satisfaction_survey import facts

PROCESS = "satisfaction_survey"
READS = {
    facts.days_in_order: ("first_day", "last_day"),
    facts.survey_runs: ("first_day", "last_day"),
    facts.survey_over: ("last_day",),
    facts.too_few: ("min_responses",),
    facts.more_than_invited: ("invited",),
    facts.units_below: ("target",),
}
"""Each fact, with the fields of the survey that it looks at."""

ANSWERS = PublicForm(
    keepers=("office",),
    by_link="channel",
    kinds=("online", "kiosk"),
    questions="question",
    wording="wording",
    about="index",
    order="number",
)
"""What citizens fill in: an answer, of which the link itself says by which way it came."""


def register(registry: Registry) -> None:
    """Make the names of a survey known."""
    registry.fact(PROCESS, "questions_listed", count_of("question"))
    for fact, reads in READS.items():
        registry.fact(PROCESS, fact.__name__, fact, reads=reads)
    registry.public_form(PROCESS, "answer", ANSWERS)
    for figure in (facts.satisfied, facts.by_index, facts.response_rate):
        registry.figure(PROCESS, figure.__name__, figure)
