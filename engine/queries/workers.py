"""Which background workers are alive, for the readiness check and for taking over from the dead."""

from datetime import timedelta

from engine.runtime import Runtime, SystemClock
from engine.storage.workers import Worker

SILENT_AFTER = timedelta(seconds=60)
"""A worker beats every ten seconds; after six missed beats it is taken for dead."""


def live_workers(runtime: Runtime, *, silent_after: timedelta = SILENT_AFTER) -> tuple[Worker, ...]:
    """The workers that were heard of lately, by the machine's clock; the latest first."""
    with runtime.workers() as workers:
        return workers.since(SystemClock().now() - silent_after)
