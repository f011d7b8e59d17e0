"""The names that `definitions/duty_compliance_check.yaml` uses, tied to their functions."""

from engine.calendars.recurrence import PeriodKind
from engine.machine.registry import Reading, Registry
from workflows.duty_compliance_check import facts
from workflows.plan_rows.counting import having, share_of, sum_of
from workflows.plan_rows.periods import EveryPeriod

PROCESS = "duty_compliance_check"
FACTS = (
    facts.units_missing,
    facts.staff_not_assessed,
    facts.units_not_checked,
    facts.checks_wrong,
    facts.faults_without_issue,
)
LINE = "assessment_line"


def register(registry: Registry) -> None:
    """Make the names of a quarter's check known."""
    registry.reading(PROCESS, Reading(units=True))
    for fact in FACTS:
        registry.fact(PROCESS, fact.__name__, fact)
    registry.figure(PROCESS, "compliant", facts.compliant)
    registry.figure(PROCESS, "learning", share_of(LINE, having(learning=True), by="unit"))
    registry.figure(PROCESS, "excellent", share_of(LINE, facts.excels, by="unit"))
    registry.figure(PROCESS, "agreed", sum_of("spot_check", "agreed", "checked", by="unit"))
    registry.periodic(PROCESS, EveryPeriod(PeriodKind.QUARTER, "Thực hiện chức trách, nhiệm vụ"))
