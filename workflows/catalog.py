"""Every process that brings code of its own, registered by a call and by nothing else."""

from engine.machine.registry import Registry
from workflows.corrective_action import register as corrective_action
from workflows.internal_audit import register as internal_audit
from workflows.training_campaign import register as training_campaign


def catalog(registry: Registry) -> None:
    """Fill a registry with the names of all processes."""
    internal_audit.register(registry)
    corrective_action.register(registry)
    training_campaign.register(registry)
