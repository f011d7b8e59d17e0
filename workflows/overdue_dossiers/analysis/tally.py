"""Whole numbers over dossiers of one kind: they add up, and they can be taken away again."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class Tally:
    """Counts over a window; every number is of dossiers, but for those of half days.

    Attributes:
        opening: received before the window and not ended before it.
        received, finished, sent_back, stopped: in the window.
        closing: neither ended nor received after the window.
        early, on_time: finished before and on the day first appointed.
        reappointed: finished behind it, by the day appointed last.
        late: finished behind the day appointed last.
        ended_late: stopped or sent back behind it.
        pending_late: not ended and not paused, behind it.
        paused, paused_late: not ended and paused, and of these behind it.
        backlog: not ended and received before the window, paused or not, late or not.
        reappointed_again: another day was appointed more than once.
        measured: finished with a regulated term.
        regulated, actual: half working days of these, without pauses.
        cut_reached, commitment_kept: of these.
        letters: that an apology is due for, and those in time and late.
        late_days: working days late of `late` and `ended_late` → how many.
        pending_days: the same of `pending_late`.
        backlog_days: working days since the receipt of `backlog` → how many.
    """

    opening: int = 0
    received: int = 0
    finished: int = 0
    sent_back: int = 0
    stopped: int = 0
    closing: int = 0
    early: int = 0
    on_time: int = 0
    reappointed: int = 0
    late: int = 0
    ended_late: int = 0
    pending_late: int = 0
    paused: int = 0
    paused_late: int = 0
    backlog: int = 0
    reappointed_again: int = 0
    measured: int = 0
    regulated: int = 0
    actual: int = 0
    cut_reached: int = 0
    commitment_kept: int = 0
    letters: int = 0
    letters_in_time: int = 0
    letters_late: int = 0
    late_days: Counter[int] = field(default_factory=Counter)
    pending_days: Counter[int] = field(default_factory=Counter)
    backlog_days: Counter[int] = field(default_factory=Counter)

    @property
    def overdue(self) -> int:
        """All that were or are late: finished, broken off, and pending."""
        return self.late + self.ended_late + self.pending_late

    @property
    def overdue_days(self) -> Counter[int]:
        """Working days late of all that were or are late."""
        return self.late_days + self.pending_days

    @property
    def days_lost(self) -> int:
        """Working days late, added up."""
        return sum(days * count for days, count in self.overdue_days.items())

    @property
    def balances(self) -> bool:
        """Whether what came in is what went out and what remains."""
        out = self.finished + self.sent_back + self.stopped
        return self.opening + self.received == out + self.closing

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is left."""
        return not any(getattr(self, name) for name in COUNTS)


COUNTS: Final = tuple(name for name in Tally.__slots__ if not name.endswith("_days"))
DAYS: Final = ("late_days", "pending_days", "backlog_days")


def added(tallies: Iterable[Tally]) -> Tally:
    """The sum of tallies."""
    total = Tally()
    for tally in tallies:
        for name in COUNTS:
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        for name in DAYS:
            getattr(total, name).update(getattr(tally, name))
    for name in DAYS:
        # What was taken away again left a zero behind.
        setattr(total, name, +getattr(total, name))
    return total
