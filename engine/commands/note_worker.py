"""Keep count of the background workers: noted at each beat, forgotten when they end.

Times here are the machine's: a demonstration's clock says nothing about whether a process lives.
"""

from datetime import timedelta

from engine.runtime import Runtime, SystemClock
from engine.storage.workers import Worker

FORGOTTEN_AFTER = timedelta(days=1)


def note_worker(runtime: Runtime, worker_id: str, host: str) -> None:
    """Write down that a worker is alive, and forget those that fell silent a day ago."""
    now = SystemClock().now()
    with runtime.workers(write=True) as workers:
        known = {worker.id: worker for worker in workers.since(now - FORGOTTEN_AFTER)}
        started_at = known[worker_id].started_at if worker_id in known else now
        workers.note(Worker(id=worker_id, host=host, started_at=started_at, seen_at=now))
        workers.forget_before(now - FORGOTTEN_AFTER)


def dismiss_worker(runtime: Runtime, worker_id: str) -> None:
    """Forget a worker that ends in order, so that nobody waits for its next beat."""
    with runtime.workers(write=True) as workers:
        workers.dismiss(worker_id)
