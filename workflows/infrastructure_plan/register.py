"""The names that `definitions/infrastructure_plan.yaml` uses, tied to their functions."""

from datetime import date

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure, Registry
from workflows.plan_rows.counting import (
    answer_of,
    both,
    count_of,
    filled,
    having,
    lacking,
    share_of,
    sum_of,
)

PROCESS = "infrastructure_plan"
SECOND_QUARTER_ENDS = (6, 30)


def register(registry: Registry) -> None:
    """Make the names of the plan known."""
    undone = lacking("done_on")
    registry.fact(PROCESS, "items_listed", count_of("item"))
    registry.fact(PROCESS, "items_without_owner", count_of("item", lacking("owner")))
    registry.fact(PROCESS, "items_open", count_of("item", undone))
    regulations = both(undone, having(kind="regulation"))
    registry.fact(PROCESS, "regulations_open", count_of("item", regulations))
    registry.fact(PROCESS, "incidents_open", count_of("incident", lacking("resolved_on")))
    registry.fact(PROCESS, "uptime_told", count_of("uptime"))
    registry.fact(PROCESS, "uptime_wrong", count_of("uptime", ran_too_long))
    registry.fact(PROCESS, "plan_day_plausible", plan_day_plausible, reads=("plan_date",))
    registry.figure(PROCESS, "items_done", share_of("item", filled("done_on"), by="kind"))
    registry.figure(PROCESS, "in_window", answer_of(issued_in_time))
    uptime = sum_of("uptime", "minutes_up", "minutes_total", by="system_name")
    registry.figure(PROCESS, "uptime_share", uptime)
    registry.figure(PROCESS, "incidents", incidents)


def ran_too_long(row: Row) -> bool:
    """Whether something ran longer than there was time."""
    return bool(row.values["minutes_up"] > row.values["minutes_total"])


def plan_day_plausible(case: Case) -> bool:
    """Whether the plan is dated between its signing and today; true while it has no date."""
    day, signed = case.instance.fields.get("plan_date"), case.instance.last("sign_plan")
    return day is None or ((signed is None or signed.on <= day) and day <= case.today)


def issued_in_time(case: Case) -> bool | None:
    """Whether the plan was first issued by the end of the second quarter."""
    issued = [step.on for step in case.instance.history if step.transition == "issue"]
    end = date(case.instance.year, *SECOND_QUARTER_ENDS)
    if issued:
        return issued[0] <= end
    return False if case.today > end else None


def incidents(case: Case) -> Figure:
    """Incidents of the year, told apart by kind."""
    kinds: dict[str, tuple[int, int | None]] = {}
    for row in case.rows("incident"):
        kinds[row.values["kind"]] = (kinds.get(row.values["kind"], (0, None))[0] + 1, None)
    return Figure(
        numerator=len(case.rows("incident")),
        cut_off=case.today,
        rows={"incident": tuple(row.id for row in case.rows("incident"))},
        parts=dict(sorted(kinds.items())),
    )
