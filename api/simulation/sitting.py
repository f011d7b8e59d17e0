"""Somebody at a case: all that a form, a row or a file is filled in from, inside one reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from api.simulation.choosing import Chart
from api.simulation.filling import Filler
from api.simulation.hints import RowTask
from api.simulation.office import Office, Staff
from engine.definition.model import Process
from engine.machine.actor import Actor
from engine.machine.instance import Case
from engine.runtime import Caller, UnitOfWork
from engine.storage.instances import StoredInstance


@dataclass(slots=True, kw_only=True)
class Serial:
    """Numbers for files, so that no two have the same bytes."""

    last: int = 0

    def next(self) -> str:
        """The next one."""
        self.last += 1
        return str(self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """Somebody who has a case before them."""

    uow: UnitOfWork
    office: Office
    staff: Staff
    actor: Actor
    case: Case
    chart: Chart
    dice: Random
    serial: Serial

    @property
    def process(self) -> Process:
        """The version to which the case is pinned."""
        return self.chart.process

    @property
    def caller(self) -> Caller:
        """Who calls a command."""
        return self.office.caller(self.actor.person)

    @property
    def filler(self) -> Filler:
        """What fills in a form of the case."""
        return Filler(
            office=self.office,
            staff=self.staff,
            process=self.process,
            case=self.case,
            hints=self.chart.hints,
            dice=self.dice,
        )

    def is_late(self, days: int) -> bool:
        """Whether the case has been overdue for longer than so many days."""
        due = self.case.instance.due_on
        return due is not None and due < self.office.today - timedelta(days=days)


def has_come(filler: Filler, wait: Any) -> bool:
    """Whether the day to wait for is there; what cannot be told is not waited for."""
    day = filler.meant(wait)
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return not isinstance(day, date) or day <= filler.office.today


def may_have_come(stored: StoredInstance, wait: Any, today: date) -> bool:
    """The same, from the row of a list alone; in doubt it is there."""
    if not isinstance(wait, Mapping):
        return True
    if "entered" in wait:
        return stored.entered_at.date() + timedelta(days=wait["entered"]) <= today
    told = wait.get("date")
    if told is not None:
        month, day = (int(part) for part in str(told).split("-"))
        return date(stored.year, month, day) <= today + timedelta(days=7)
    name = wait.get("field") or wait.get("from")
    value = stored.fields.get(name) if name else None
    if not isinstance(value, str):
        return True
    # Working days are never more than half of so many days.
    count = timedelta(days=min(0, 2 * int(wait.get("day", 0))))
    return date.fromisoformat(value[:10]) + count <= today


def is_now(stored: StoredInstance, task: RowTask, actor: Actor, today: date) -> bool:
    """Whether rows may be somebody's to write today, as far as the row of a list tells."""
    if task.role is not None and task.role not in actor.roles:
        return False
    return stored.state in task.states and (task.change or may_have_come(stored, task.wait, today))
