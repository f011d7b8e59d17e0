"""The names that `definitions/st_database.yaml` uses; all are forms of counting rows."""

from engine.machine.instance import Case
from engine.machine.registry import Figure, Registry
from workflows.plan_rows.counting import (
    both,
    count_of,
    filled,
    having,
    lacking,
    share_of,
    sum_of,
    total,
)

PROCESS = "st_database"
MILESTONE = "milestone"


def register(registry: Registry) -> None:
    """Make the names of the database known."""
    registry.fact(PROCESS, "milestones_listed", count_of(MILESTONE))
    registry.fact(PROCESS, "milestones_open", count_of(MILESTONE, lacking("done_on")))
    registry.fact(PROCESS, "defects_open", count_of("defect", lacking("fixed_on")))
    severe = both(lacking("fixed_on"), having(severe=True))
    registry.fact(PROCESS, "severe_open", count_of("defect", severe))
    registry.fact(PROCESS, "entries_held", lambda case: total(case.rows("dataset"), "entries"))
    done = share_of(MILESTONE, filled("done_on"), by="unit", cut_off=lambda case: case.today)
    registry.figure(PROCESS, "milestones_done", done)
    registry.figure(PROCESS, "in_time", in_time)
    registry.figure(PROCESS, "entries", sum_of("dataset", "entries", by="source"))


def in_time(case: Case) -> Figure:
    """Milestones done by their day, out of those whose day has passed."""
    due = [row for row in case.rows(MILESTONE) if row.values["due_on"] < case.today]
    kept = sum((row.values.get("done_on") or case.today) <= row.values["due_on"] for row in due)
    return Figure(
        numerator=kept if due else None,
        denominator=len(due) if due else None,
        cut_off=case.today,
        rows={MILESTONE: tuple(row.id for row in due)},
    )
