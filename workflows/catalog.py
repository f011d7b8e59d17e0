"""Every process that brings code of its own, registered by a call and by nothing else."""

from engine.machine.registry import Registry
from workflows.corrective_action import register as corrective_action
from workflows.internal_audit import register as internal_audit
from workflows.overdue_case import register as overdue_case
from workflows.overdue_dossiers import register as overdue_dossiers
from workflows.overdue_period_review import register as overdue_period_review
from workflows.review_decision import register as review_decision
from workflows.steering_review import register as steering_review
from workflows.training_campaign import register as training_campaign
from workflows.unit_period_report import register as unit_period_report
from workflows.unit_report import register as unit_report


def catalog(registry: Registry) -> None:
    """Fill a registry with the names of all processes."""
    internal_audit.register(registry)
    corrective_action.register(registry)
    training_campaign.register(registry)
    steering_review.register(registry)
    unit_report.register(registry)
    review_decision.register(registry)
    overdue_dossiers.register(registry)
    overdue_case.register(registry)
    overdue_period_review.register(registry)
    unit_period_report.register(registry)
