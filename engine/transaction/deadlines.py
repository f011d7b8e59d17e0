"""The due day of the present state, and the timers that go with it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from engine.machine.deadline_rule import PlannedTimer, due_of_state, timers_of_state
from engine.machine.instance import Case, Deadline
from engine.runtime import UnitOfWork
from engine.storage.timers import Timer


def due_and_timers(uow: UnitOfWork, case: Case) -> tuple[Deadline | None, tuple[Timer, ...]]:
    """When the present state is due, and what happens around that day."""
    process = uow.pinned(case).process
    instance = case.instance
    entered = (instance.entered_at or uow.now).astimezone(uow.zone).date()
    due = due_of_state(process, instance.state, case=case, entered_on=entered, zone=uow.zone)
    planned = timers_of_state(process, instance.state, case=case, entered_on=entered, zone=uow.zone)
    return due, armed(uow, instance.id, planned)


def armed(uow: UnitOfWork, instance_id: str, planned: Iterable[PlannedTimer]) -> tuple[Timer, ...]:
    """What was planned for an instance, as timers that can be stored."""
    return tuple(
        Timer(
            id=uow.new_id(),
            instance_id=instance_id,
            kind=plan.kind,
            at=plan.at,
            params=_as_json(plan.params),
        )
        for plan in planned
    )


def _as_json(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a timer as they are stored: dates as ISO text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in params.items()
    }
