"""The names that `definitions/five_s_kpi.yaml` uses, tied to their functions."""

from engine.machine.registry import Registry
from workflows.five_s_kpi import facts
from workflows.plan_rows.counting import count_of, having, lacking, share_of

PROCESS = "five_s_kpi"


def register(registry: Registry) -> None:
    """Make the names of 5S and KPI known."""
    registry.fact(PROCESS, "current_round", facts.current_round)
    registry.fact(PROCESS, "areas_listed", count_of("area"))
    registry.fact(PROCESS, "areas_unscored", facts.areas_unscored)
    registry.fact(PROCESS, "poor_without_action", facts.poor_without_action, reads=("pass_score",))
    registry.fact(PROCESS, "improvements_open", count_of("improvement", lacking("done_on")))
    registry.fact(PROCESS, "kpis_unmeasured", count_of("kpi", lacking("actual", "met")))
    registry.figure(PROCESS, "mean_score", facts.mean_score)
    registry.figure(PROCESS, "by_s", facts.by_s)
    registry.figure(PROCESS, "areas_fit", facts.areas_fit)
    registry.figure(PROCESS, "kpi_met", share_of("kpi", having(met=True), by="unit"))
    registry.proposal(PROCESS, "score", facts.score_rows)
