"""Which deadlines another calendar moves, and moving them: asked first, done by the same answer.

1. A deadline moves when the two calendars give different days for it; what differs for another
   reason stays as it is.
2. Only open cases: what has ended keeps the day that it had. Dates that people or the law gave
   (fields) are dates, and never move.
3. Nobody becomes late by a change of the calendar: a day that would move from today or later into
   the past (closed by a storm on the very day) stays where it is.
4. Reminders, escalations and checks follow. What has fired already fires again only when its new
   instant lies ahead.
5. Each move is an entry in the stream of its case, old day and new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.audit.leaf import EntryType
from engine.audit.payload import Change
from engine.calendars.business_days import Calendar
from engine.calendars.edition import Edition
from engine.machine.actor import Actor, Grant
from engine.machine.deadline_rule import PlannedTimer, due_of_state, timers_of_state
from engine.machine.instance import Case, Deadline
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.open_cases import PAGE, OpenCase, read_open_cases
from engine.storage.timers import Timer
from engine.transaction.deadlines import armed
from engine.transaction.entries import entry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What another calendar makes of one open case.

    Attributes:
        case: under the new calendar.
        deadline: the new one; None when only timers around it move.
        timers: what shall be pending from now on.
    """

    case: Case
    deadline: Deadline | None
    timers: tuple[PlannedTimer, ...]

    @property
    def old(self) -> date | None:
        """The day on which it is due by now."""
        return self.case.instance.due_on


def affected_units(uow: UnitOfWork, old: Edition, new: Edition) -> tuple[str | None, ...]:
    """The units of open cases whose working days differ; None stands for cases of no unit."""
    lineage = uow.tables.organization.lineage
    return tuple(
        unit
        for unit in uow.tables.instances.open_units()
        if _differ(old.calendar_of(lineage(unit)), new.calendar_of(lineage(unit)))
    )


def moves_of(
    uow: UnitOfWork, ids: tuple[str, ...], *, old: Edition, new: Edition
) -> Iterator[Move]:
    """What changes for each of these open cases when the calendar becomes another one."""
    lineage = uow.tables.organization.lineage
    found = read_open_cases(
        uow.tables,
        ids,
        process_of=lambda stored: uow.version_of(stored).process,
        now=uow.now,
        zone=uow.zone,
    )
    for open_case in found:
        units = lineage(open_case.case.instance.unit)
        move = _move(uow, open_case, old.calendar_of(units), new.calendar_of(units))
        if move is not None:
            yield move


def carry_out_moves(
    uow: UnitOfWork, moves: Sequence[Move], *, actor: Actor, grant: Grant, source: str
) -> None:
    """Write what moves say, each with its entry where the day itself moves."""
    for first in range(0, len(moves), PAGE):
        some = moves[first : first + PAGE]
        uow.tables.timers.disarm(*(move.case.instance.id for move in some))
        uow.tables.timers.arm(
            tuple(
                timer for move in some for timer in armed(uow, move.case.instance.id, move.timers)
            )
        )
        due = {move.case.instance.id: move.deadline for move in some if move.deadline is not None}
        uow.tables.instances.set_dues(due)
        uow.tables.log.append_all(
            _entry(uow, move, move.deadline, actor=actor, grant=grant, source=source)
            for move in some
            if move.deadline is not None
        )


def _entry(
    uow: UnitOfWork, move: Move, deadline: Deadline, *, actor: Actor, grant: Grant, source: str
) -> LogDraft:
    instance = move.case.instance
    details: dict[str, Any] = {
        "state": instance.state,
        "rule": deadline.rule,
        "calendar": deadline.calendar or 0,
    }
    if instance.deadline is not None and instance.deadline.calendar is not None:
        details["calendar_before"] = instance.deadline.calendar
    old = None if move.old is None else move.old.isoformat()
    return entry_of(
        uow,
        move.case,
        EntryType.DEADLINE_CHANGED,
        actor=actor,
        grant=grant,
        changes=(Change(column="due_on", old=old, new=deadline.on.isoformat()),),
        reason=source,
        details=details,
    )


def _differ(old: Calendar, new: Calendar) -> bool:
    """Whether two calendars may count differently; labels and sources count nothing."""
    return _counted(old) != _counted(new)


def _counted(calendar: Calendar) -> tuple[Any, ...]:
    days = tuple((row.date, row.kind) for row in calendar.days)
    return days, calendar.weekend, calendar.patterns


def _move(uow: UnitOfWork, found: OpenCase, old: Calendar, new: Calendar) -> Move | None:
    """What changes for one case; None when nothing does."""
    before, after = found.under(old), found.under(new)
    instance, process = after.instance, found.process
    entered = (instance.entered_at or uow.now).astimezone(uow.zone).date()
    due = {
        calendar: due_of_state(
            process, instance.state, case=case, entered_on=entered, zone=uow.zone
        )
        for calendar, case in (("old", before), ("new", after))
    }
    planned = {
        calendar: timers_of_state(
            process, instance.state, case=case, entered_on=entered, zone=uow.zone
        )
        for calendar, case in (("old", before), ("new", after))
    }
    told = {calendar: None if found is None else found.on for calendar, found in due.items()}
    if _makes_late(told["new"], instance.due_on, today=uow.today):
        return None
    moved = told["old"] != told["new"] and instance.due_on is not None
    if not moved and planned["old"] == planned["new"]:
        return None
    fired = {_key(timer) for timer in found.fired}
    return Move(
        case=after,
        deadline=due["new"] if moved else None,
        timers=tuple(
            timer for timer in planned["new"] if timer.at > uow.now or _key(timer) not in fired
        ),
    )


def _makes_late(new: date | None, old: date | None, *, today: date) -> bool:
    """Whether a day that is not over yet would lie in the past."""
    return new is not None and old is not None and new < today <= old


def _key(timer: Timer | PlannedTimer) -> tuple[Any, ...]:
    """What a timer stands for, whenever it comes."""
    return timer.kind, *(timer.params.get(name) for name in ("before", "after", "index"))
