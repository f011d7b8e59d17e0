"""What I may do now, and why not yet.

1. The same `available` as everywhere decides; what is due first comes first.
2. Steps that leave the way (postpone, cancel) are always possible and are no work to be done: a
   case in which nothing else is mine is not in the inbox; elsewhere they are listed with the rest.
3. A case is read only where `could_act` says that a step may be mine: it looks at roles and units
   alone, never says no to somebody who may, and needs no more than the row of the list.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.definition.graph import is_aside
from engine.definition.model import By
from engine.machine.actor import Actor, Grant
from engine.machine.authorization import named
from engine.machine.compiler import Compiled
from engine.machine.registry import RegistryMissing
from engine.queries.instances import (
    StepOption,
    Summary,
    step_options,
    summary_of,
    unit_titles,
)
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.instances import Filter, StoredInstance
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


def inbox(runtime: Runtime, caller: Caller, *, cases: tuple[str, ...] | None = None) -> Inbox:
    """Judge every open instance in which the caller may have a step, or those of `cases`."""
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        units = unit_titles(uow)
        wanted = Filter(open_only=True, ids=cases)
        found = uow.tables.instances.find(wanted, limit=INSTANCES_MAX)
        judged = (_item(uow, stored, actor, units) for stored in found)
        items = sorted((item for item in judged if item is not None), key=_urgency)
        return Inbox(
            ready=tuple(item for item in items if item.ready),
            waiting=tuple(item for item in items if not item.ready),
            messages=uow.tables.outbox.of_person(caller.person, limit=20),
            at=uow.now,
        )


def could_act(bys: Iterable[By], actor: Actor, fields: Mapping[str, Any]) -> bool:
    """Whether somebody may be among those who take a step, as far as roles and units tell.

    Never False for whom `authorization.grants_for` lets pass; what it asks besides (conditions,
    assignments) and what keeps duties apart is not asked here.

    Args:
        bys: who may take the step.
        actor: who asks.
        fields: of the case, as stored.
    """
    return any(acts_for(by, grant, actor, fields) for by in bys for grant in actor.grants)


def acts_for(by: By, grant: Grant, actor: Actor, fields: Mapping[str, Any]) -> bool:
    """Whether one grant of somebody answers one entry, by the same rules as `could_act`."""
    return grant.role == by.role and (by.of is None or _within(grant, actor, fields.get(by.of)))


def _item(
    uow: UnitOfWork, stored: StoredInstance, actor: Actor, units: Mapping[str, Any]
) -> InboxItem | None:
    """A case as work of the actor; None when there is none in it."""
    compiled = uow.version_of(stored)
    if not any(
        could_act(compiled.process.transitions[name].by, actor, stored.fields)
        for name in steps_ahead(compiled, stored.state)
    ):
        return None
    try:
        options = step_options(uow, uow.case(stored.id), actor)
    except RegistryMissing:
        # Readable, not advanceable: nobody has a step to take in it.
        return None
    mine = tuple(option for option in options if option.mine)
    if not any(option.transition in steps_ahead(compiled, stored.state) for option in mine):
        return None
    return InboxItem(
        instance=summary_of(uow, stored, units),
        ready=tuple(option for option in mine if option.ready),
        waiting=tuple(option for option in mine if not option.ready),
    )


def steps_ahead(compiled: Compiled, state: str) -> tuple[str, ...]:
    """The steps that people may take from a state, without those that leave the way."""
    return tuple(name for name in compiled.leaving[state] if not is_aside(compiled.process, name))


def _within(grant: Grant, actor: Actor, value: Any) -> bool:
    """Whether a grant may act for a unit that a field names; in doubt it may."""
    if grant.unit is not None:
        return grant.unit in named(value)
    if grant.on_behalf_of is not None:
        return grant.giver_unit is None or grant.giver_unit in named(value)
    return actor.unit in named(value)


def _urgency(item: InboxItem) -> tuple[bool, datetime, str]:
    due = item.instance.due_at
    return (due is None, due or item.instance.opened_at, item.instance.code)
