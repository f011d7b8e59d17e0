"""When each job runs. Times are the machine's; what is due is asked of the organisation's clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.outbox.channel import Channel
from engine.outbox.webhook import Sender
from engine.runtime import Runtime
from engine.worker.jobs import (
    deliver_messages,
    fire_due,
    forget_old_answers,
    forget_old_deliveries,
    forget_old_drafts,
    open_cases_of_registers,
    publish_logs,
    record_all_heads,
    run_waiting_checks,
    run_waiting_imports,
    sweep_evidence,
    tell_subscribers,
    timestamp_logs,
    witness_logs,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job with its name, which the job engine's records carry, and its time.

    Attributes:
        cron: six fields, seconds first, in UTC.
        run: does the work; the number it returns is recorded.
    """

    name: str
    cron: str
    run: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """The ways by which something leaves the house.

    Attributes:
        channels: carry messages to people.
        sender: carries events to other systems.
        source: address of the log from outside, by which events name their origin.
    """

    channels: Sequence[Channel]
    sender: Sender
    source: str


def schedule(runtime: Runtime, exits: Exits) -> tuple[Job, ...]:
    """Every job of the house."""
    return (
        Job(name="fire_due", cron="*/15 * * * * *", run=lambda: fire_due(runtime)),
        Job(
            name="deliver_messages",
            cron="7-59/15 * * * * *",
            run=lambda: deliver_messages(runtime, exits.channels),
        ),
        Job(
            name="tell_subscribers",
            cron="4-59/5 * * * * *",
            run=lambda: tell_subscribers(runtime, exits.sender, exits.source),
        ),
        Job(name="publish_logs", cron="1-59/5 * * * * *", run=lambda: publish_logs(runtime)),
        Job(name="witness_logs", cron="2-59/5 * * * * *", run=lambda: witness_logs(runtime)),
        # Every ten minutes, so that one that failed is asked again; a checkpoint is stamped hourly.
        Job(name="timestamp_logs", cron="30 */10 * * * *", run=lambda: timestamp_logs(runtime)),
        Job(name="run_imports", cron="3-59/5 * * * * *", run=lambda: run_waiting_imports(runtime)),
        Job(name="run_checks", cron="4-59/5 * * * * *", run=lambda: run_waiting_checks(runtime)),
        Job(
            name="open_register_cases",
            cron="0 5 * * * *",
            run=lambda: open_cases_of_registers(runtime),
        ),
        # At half past one and at two in the morning in Việt Nam.
        Job(name="sweep_evidence", cron="0 30 18 * * *", run=lambda: sweep_evidence(runtime)),
        Job(
            name="forget_old_answers",
            cron="0 0 19 * * *",
            run=lambda: forget_old_answers(runtime),
        ),
        Job(
            name="forget_old_deliveries",
            cron="0 20 19 * * *",
            run=lambda: forget_old_deliveries(runtime),
        ),
        # Before midnight in Việt Nam, so that the heads are those of the day.
        Job(name="record_heads", cron="0 50 16 * * *", run=lambda: record_all_heads(runtime)),
        Job(name="forget_old_drafts", cron="0 10 19 * * *", run=lambda: forget_old_drafts(runtime)),
    )
