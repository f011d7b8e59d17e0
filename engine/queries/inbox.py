"""What I may do now, and why not yet.

The same `available` as everywhere decides; instances are judged newest deadline first.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.machine.registry import RegistryMissing
from engine.queries.instances import StepOption, Summary, step_options, summary_of, unit_titles
from engine.runtime import Caller, Runtime
from engine.storage.instances import Filter
from engine.storage.outbox import StoredMessage

INSTANCES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """An instance in which I have a step to take.

    Attributes:
        ready: steps that I can take now.
        waiting: steps that are mine, for which something is missing that I cannot fill in.
    """

    instance: Summary
    ready: tuple[StepOption, ...]
    waiting: tuple[StepOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The morning's page: what I can do, what waits, what I was told."""

    ready: tuple[InboxItem, ...]
    waiting: tuple[InboxItem, ...]
    messages: tuple[StoredMessage, ...]
    at: datetime


def inbox(runtime: Runtime, caller: Caller) -> Inbox:
    """Judge every open instance for the caller; what is due first comes first."""
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        units = unit_titles(uow)
        items = []
        for stored in uow.tables.instances.find(Filter(open_only=True), limit=INSTANCES_MAX):
            try:
                options = step_options(uow, uow.case(stored.id), actor)
            except RegistryMissing:
                # Readable, not advanceable: nobody has a step to take in it.
                continue
            mine = tuple(option for option in options if option.mine)
            ready = tuple(option for option in mine if option.ready)
            waiting = tuple(option for option in mine if not option.ready)
            if mine:
                summary = summary_of(uow, stored, units)
                items.append(InboxItem(instance=summary, ready=ready, waiting=waiting))
        items.sort(key=_urgency)
        return Inbox(
            ready=tuple(item for item in items if item.ready),
            waiting=tuple(item for item in items if not item.ready),
            messages=uow.tables.outbox.of_person(caller.person, limit=20),
            at=uow.now,
        )


def _urgency(item: InboxItem) -> tuple[bool, datetime, str]:
    due = item.instance.due_at
    return (due is None, due or item.instance.opened_at, item.instance.code)
