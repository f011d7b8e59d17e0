"""Whether a remedy held: dossiers late for the same cause, before it and after it.

1. A dossier counts on the day that it missed: the one appointed last.
2. Compared are spans of one length: from the remedy to the end of the window, and as long before.
3. A remedy without a unit was taken for all units.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from workflows.overdue_dossiers.dossier import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What was done against a cause.

    Attributes:
        on: the day on which it was in place.
    """

    cause: Cause
    on: date
    unit: str | None = None

    def concerns(self, unit: str, cause: Cause | None) -> bool:
        """Whether a late dossier of a unit was late for what was remedied."""
        return cause is self.cause and self.unit in {None, unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """What came after a remedy.

    Attributes:
        before, after: late dossiers of the cause in spans of one length.
        first_again: the first day that was missed after it.
    """

    remedy: Remedy
    before: int
    after: int
    first_again: date | None

    def told(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        again = self.first_again.isoformat() if self.first_again else None
        return {
            "cause": self.remedy.cause.value,
            "unit": self.remedy.unit,
            "on": self.remedy.on.isoformat(),
            "before": self.before,
            "after": self.after,
            "first_again": again,
        }


@dataclass(slots=True)
class Recurring:
    """Gathers the missed days that one remedy concerns."""

    remedy: Remedy
    missed: Counter[date] = field(default_factory=Counter)

    def add(self, unit: str, cause: Cause | None, missed_on: date, weight: int) -> None:
        """Note late dossiers by the day that they missed."""
        if self.remedy.concerns(unit, cause):
            self.missed[missed_on] += weight

    def until(self, last: date) -> Recurrence:
        """The comparison, to the last day of the window."""
        on = self.remedy.on
        span = last - on
        after = {day: number for day, number in self.missed.items() if number and on < day <= last}
        before = sum(number for day, number in self.missed.items() if on - span < day <= on)
        return Recurrence(
            remedy=self.remedy,
            before=before,
            after=sum(after.values()),
            first_again=min(after, default=None),
        )
