"""What a simulation writes down of itself while it runs: events by the day, and what went wrong.

The figures at the end are read from the house; here stands what the house does not keep.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an event is about; the command line has a sentence for each."""

    PLAN_OPENED = "plan_opened"
    PERIOD_OPENED = "period_opened"
    CASE_OPENED = "case_opened"
    CASE_ENDED = "case_ended"
    CASE_BROKEN_OFF = "case_broken_off"
    SENT_BACK = "sent_back"
    DEPUTISED = "deputised"
    WAIVED = "waived"
    IMPORTED = "imported"
    CALENDAR_CHANGED = "calendar_changed"
    WORKER_SLEPT = "worker_slept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something worth telling, on its day."""

    on: date
    kind: Kind
    params: Mapping[str, Any]


@dataclass(slots=True)
class Account:
    """The diary of a simulated year.

    Attributes:
        mistakes: code → how often somebody was told so without an entry of the log.
        retried: how often somebody sent a command again, because no answer came.
        unanswered: commands that were given up.
    """

    events: list[Event] = field(default_factory=list)
    mistakes: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    unanswered: int = 0
    acts: int = 0

    def tell(self, on: date, kind: Kind, **params: Any) -> None:
        """Write down an event."""
        self.events.append(Event(on=on, kind=kind, params=params))
