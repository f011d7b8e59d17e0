"""Drop the answers kept under idempotency keys once nobody may ask for them any more."""

from datetime import timedelta

from engine.runtime import Runtime
from engine.storage.idempotency import KEPT_DAYS


def forget_answers(runtime: Runtime, organization_id: str) -> None:
    """Forget answers older than a key is honoured."""
    with runtime.write(organization_id) as uow:
        uow.tables.idempotency.forget_before(uow.now - timedelta(days=KEPT_DAYS))
        uow.commit()
