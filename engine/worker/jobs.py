"""What the background does, as plain functions: each calls one command for every organisation.

1. Every job may run at any time, twice, and in several processes at once: its command claims what
   it does.
2. What fails for one organisation does not keep the next one waiting; all failures are raised
   together at the end, so that the job engine records them.
3. Tests and the simulation call these functions without any job engine.
"""

from collections.abc import Callable, Sequence

from engine.commands.check_log import run_checks
from engine.commands.deliver_outbox import deliver_outbox
from engine.commands.deliver_webhooks import deliver_webhooks, forget_deliveries
from engine.commands.fire_timers import fire_timers
from engine.commands.forget_answers import forget_answers
from engine.commands.manage_imports import forget_drafts
from engine.commands.open_periods import open_periods
from engine.commands.publish_log import NotPublishable, is_unpublished, publish_log
from engine.commands.record_heads import record_heads
from engine.commands.run_imports import open_register_cases, run_imports
from engine.commands.sweep_orphans import sweep_orphans
from engine.commands.timestamp_log import timestamp_log
from engine.commands.witness_log import witness_log
from engine.errors import QuyTrinhError
from engine.outbox.channel import Channel
from engine.outbox.webhook import Sender
from engine.runtime import Runtime, SystemClock


def fire_due(runtime: Runtime) -> int:
    """Open the cases of periods that have begun, and fire what has fallen due; how much that was.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """

    def fire(organization_id: str) -> int:
        opened = open_periods(runtime, organization_id).count
        return opened + fire_timers(runtime, organization_id).count

    return _for_each(runtime, fire)


def deliver_messages(runtime: Runtime, channels: Sequence[Channel]) -> int:
    """Send what waits in the outbox; how many messages left.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(
        runtime, lambda organization: deliver_outbox(runtime, organization, channels).sent
    )


def tell_subscribers(runtime: Runtime, sender: Sender, source: str) -> int:
    """Tell other systems what the log has new; how many deliveries arrived.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(
        runtime,
        lambda organization: (
            deliver_webhooks(runtime, organization, sender, source=source).delivered
        ),
    )


def forget_old_deliveries(runtime: Runtime) -> int:
    """Drop deliveries that arrived long ago; how many.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: forget_deliveries(runtime, organization))


def sweep_evidence(runtime: Runtime) -> int:
    """Remove bytes that no record refers to; how many files went.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(
        runtime, lambda organization: len(sweep_orphans(runtime, organization).digests)
    )


def forget_old_answers(runtime: Runtime) -> int:
    """Drop the outdated answers of idempotency keys; how many organisations were seen to.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """

    def forget(organization_id: str) -> int:
        forget_answers(runtime, organization_id)
        return 1

    return _for_each(runtime, forget)


def run_waiting_imports(runtime: Runtime) -> int:
    """Carry out imports that wait, or that a dead worker left; how many came to their end.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: run_imports(runtime, organization).count)


def run_waiting_checks(runtime: Runtime) -> int:
    """Carry out verifications that wait, or that a dead worker left; how many came to their end.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: run_checks(runtime, organization))


def open_cases_of_registers(runtime: Runtime) -> int:
    """Open the cases that rows of registers ask for because time went on; how many.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: open_register_cases(runtime, organization))


def forget_old_drafts(runtime: Runtime) -> int:
    """Drop files that somebody looked at and never imported; how many.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: forget_drafts(runtime, organization))


def publish_logs(runtime: Runtime) -> int:
    """Publish what is new in every log; how many entries that were.

    What keeps a log from being published is raised once: after that it is a state, not news.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """

    def publish(organization_id: str) -> int:
        if runtime.publishing is None or not is_unpublished(runtime, organization_id):
            return 0
        try:
            return publish_log(runtime, organization_id).fresh
        except NotPublishable as problem:
            if problem.fresh:
                raise
            return 0

    return _for_each(runtime, publish)


def witness_logs(runtime: Runtime) -> int:
    """Have the newest checkpoint of every log cosigned; how many witnesses were asked.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    now = SystemClock().now()
    return _for_each(
        runtime, lambda organization: witness_log(runtime, organization, now=now).asked
    )


def timestamp_logs(runtime: Runtime) -> int:
    """Have an authority stamp the newest checkpoint of every log; how many were.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    now = SystemClock().now()
    return _for_each(
        runtime, lambda organization: int(timestamp_log(runtime, organization, now=now))
    )


def record_all_heads(runtime: Runtime) -> int:
    """Write down the newest entry of every stream; how many logs had new ones.

    Raises:
        ExceptionGroup: the job failed for one organisation or more.
    """
    return _for_each(runtime, lambda organization: int(bool(record_heads(runtime, organization))))


def _for_each(runtime: Runtime, job: Callable[[str], int]) -> int:
    """Run a job for every organisation, whatever becomes of the one before."""
    count = 0
    failures: list[Exception] = []
    for organization in runtime.organizations():
        try:
            count += job(organization.id)
        except (QuyTrinhError, OSError) as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("the job failed for some organisations", failures)
    return count
