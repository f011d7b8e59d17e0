"""Move the clock of a demonstration forward, and let what falls due fire before answering."""

from datetime import datetime
from typing import Protocol

from engine.audit.leaf import EntryType
from engine.commands.fire_timers import fire_timers
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.commands.open_periods import open_periods
from engine.errors import Conflict, Invalid
from engine.runtime import Caller, Runtime
from engine.storage.audit_log import LogDraft


class MovableClock(Protocol):
    """A clock that a demonstration may move."""

    def move_to(self, instant: datetime) -> None:
        """Go on from this instant."""
        ...


class NotADemonstration(Conflict):
    """Time is real here."""


def move_clock(
    runtime: Runtime, caller: Caller, to: datetime, *, clock: MovableClock | None
) -> int | NotAllowed:
    """Move forward; the number of timers that fired.

    Raises:
        NotADemonstration: the organisation or the clock is real.
        Invalid: the instant lies behind the present.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        if clock is None or not uow.organization.demonstration:
            raise NotADemonstration("not_a_demonstration")
        if to <= uow.now:
            raise Invalid("clock_moves_forward_only", now=uow.now.isoformat())
        uow.tables.log.append(
            LogDraft(
                type=EntryType.CLOCK_MOVED,
                stream="organization",
                at=uow.now,
                actor=uow.actor(caller),
                details={"from": uow.now.isoformat(), "to": to.isoformat()},
            )
        )
        uow.commit()
    clock.move_to(to)
    open_periods(runtime, caller.organization_id)
    return fire_timers(runtime, caller.organization_id).count
