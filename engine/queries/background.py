"""What the background has to do, and who does it: for administrators and for metrics."""

from dataclasses import dataclass
from datetime import datetime

from engine.errors import Refused
from engine.machine.actor import ADMINISTRATOR
from engine.queries.workers import live_workers
from engine.runtime import Caller, Runtime
from engine.storage.backlog import Queue
from engine.storage.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The background of an installation, as an administrator of one organisation sees it.

    Attributes:
        queues: what waits in the organisation.
        workers: the worker processes that were heard of lately.
    """

    queues: tuple[Queue, ...]
    workers: tuple[Worker, ...]
    at: datetime


def background(runtime: Runtime, caller: Caller) -> Background:
    """What waits in the caller's organisation, and who works.

    Raises:
        Refused: `role_missing`: the caller does not administer.
    """
    with runtime.read(caller.organization_id) as uow:
        if ADMINISTRATOR not in uow.actor(caller).roles:
            raise Refused("role_missing", roles=[ADMINISTRATOR])
        now = uow.now
    with runtime.backlog(caller.organization_id) as backlog:
        queues = backlog.queues(now)
    return Background(queues=queues, workers=live_workers(runtime), at=now)


def installation_queues(runtime: Runtime) -> tuple[Queue, ...]:
    """What waits in all organisations together, by the machine's clock or the demonstration's."""
    with runtime.backlog() as backlog:
        return backlog.queues(runtime.clock.now())
