"""How late: working days behind the appointed day, by the calendar and by looking up.

1. The day itself is in time until midnight. An appointed day that is a day off moves to the next
   working day, as legal terms do (Civil Code 148.5).
2. Days late are working days behind that day. A result on a Saturday after a Friday is late, though
   no working day has passed: a day that has begun counts as one.
3. The letter of apology and of the new day is in time on the last working day before the appointed
   day, or earlier.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from engine.calendars.business_days import Calendar
from engine.calendars.working_day_table import WorkingDayTable
from workflows.overdue_dossiers.dossier import FIRST_DAY, LAST_DAY

MARGIN: Final = timedelta(days=400)


@lru_cache(maxsize=8)
def working_days(calendar: Calendar) -> "WorkingDays":
    """The working days of a calendar, laid out once: a page and its tables ask several times."""
    return WorkingDays(calendar)


class WorkingDays:
    """The working days of every day that a dossier may name.

    Attributes:
        running: day → working days up to and including it, from an arbitrary beginning.
    """

    def __init__(self, calendar: Calendar) -> None:
        table = WorkingDayTable(calendar, first=FIRST_DAY - MARGIN, last=LAST_DAY + MARGIN)
        self.running = table.running
        self._calendar = calendar
        self._letters: dict[date, date] = {}
        before = 0
        off = set()
        for day, count in table.running.items():
            if count == before:
                off.add(day)
            before = count
        self._off = frozenset(off)

    def late(self, due: date, on: date) -> int:
        """Working days by which a day is late; zero when it is not."""
        if on <= due:
            return 0
        days = self.running[on] - self.running[due]
        if due not in self._off:
            return days or 1
        # The first working day behind a day off is the appointed day itself.
        if days <= 1:
            return 1 if days == 1 and on in self._off else 0
        return days - 1

    def letter_by(self, due: date) -> date:
        """The last day on which the letter for an appointed day is in time."""
        found = self._letters.get(due)
        if found is None:
            found = self._letters[due] = self._calendar.previous_working_day(due)
        return found
