"""The due day of the present state, and the timers that go with it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.machine.deadline_rule import due_at, due_of_state, timers_of_state
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.storage.timers import Timer


def due_and_timers(
    uow: UnitOfWork, case: Case
) -> tuple[date | None, datetime | None, tuple[Timer, ...]]:
    """When the present state is due, and what happens around that day.

    `due_at` is the midnight that ends the due day in the organisation's zone.
    """
    process = uow.pinned(case).process
    instance = case.instance
    entered = (instance.entered_at or uow.now).astimezone(uow.zone).date()
    due_on = due_of_state(process, instance.state, case=case, entered_on=entered)
    planned = timers_of_state(process, instance.state, case=case, entered_on=entered, zone=uow.zone)
    timers = tuple(
        Timer(
            id=uow.new_id(),
            instance_id=instance.id,
            kind=plan.kind,
            at=plan.at,
            params=_as_json(plan.params),
        )
        for plan in planned
    )
    return due_on, None if due_on is None else due_at(due_on, uow.zone), timers


def _as_json(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a timer as they are stored: dates as ISO text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in params.items()
    }
