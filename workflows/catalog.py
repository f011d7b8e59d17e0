"""Every process that brings code of its own, registered by a call and by nothing else."""

from engine.machine.registry import Registry
from workflows.annual_objectives import register as annual_objectives
from workflows.city_task import register as city_task
from workflows.corrective_action import register as corrective_action
from workflows.document_change import register as document_change
from workflows.dossier_sampling import register as dossier_sampling
from workflows.duty_compliance_check import register as duty_compliance_check
from workflows.external_inspection import register as external_inspection
from workflows.five_s_kpi import register as five_s_kpi
from workflows.hotline_feedback import register as hotline_feedback
from workflows.infrastructure_plan import register as infrastructure_plan
from workflows.integrity_briefing import register as integrity_briefing
from workflows.internal_audit import register as internal_audit
from workflows.overdue_case import register as overdue_case
from workflows.overdue_dossiers import register as overdue_dossiers
from workflows.overdue_period_review import register as overdue_period_review
from workflows.plan_rows import register as plan_rows
from workflows.qms_maintenance import register as qms_maintenance
from workflows.records_disposal import register as records_disposal
from workflows.review_decision import register as review_decision
from workflows.satisfaction_survey import register as satisfaction_survey
from workflows.st_database import register as st_database
from workflows.steering_review import register as steering_review
from workflows.training_campaign import register as training_campaign
from workflows.tthc_performance import register as tthc_performance
from workflows.tthc_publication import register as tthc_publication
from workflows.unit_period_report import register as unit_period_report
from workflows.unit_report import register as unit_report
from workflows.weekly_task_report import register as weekly_task_report


def catalog(registry: Registry) -> None:
    """Fill a registry with the names of all processes."""
    plan_rows.register(registry)
    annual_objectives.register(registry)
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
    city_task.register(registry)
    weekly_task_report.register(registry)
    tthc_publication.register(registry)
    hotline_feedback.register(registry)
    tthc_performance.register(registry)
    integrity_briefing.register(registry)
    duty_compliance_check.register(registry)
    five_s_kpi.register(registry)
    dossier_sampling.register(registry)
    satisfaction_survey.register(registry)
    st_database.register(registry)
    infrastructure_plan.register(registry)
    document_change.register(registry)
    qms_maintenance.register(registry)
    external_inspection.register(registry)
    records_disposal.register(registry)
