"""Working days counted by looking up: a running count for every day of a span.

1. `running[day]` is how many working days the span holds up to and including that day, so that the
   days between two are one subtraction: what a count over millions of rows, in Python or joined in
   a database, can afford.
2. It says what its calendar says, never more: a day outside the span is an error, not a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from types import MappingProxyType

from engine.calendars.business_days import Calendar, CalendarInvalid


@dataclass(frozen=True, slots=True)
class WorkingDayTable:
    """The running count of working days of a calendar, from a first to a last day.

    Attributes:
        running: each day of the span, in order, with the working days up to and including it.

    Raises:
        CalendarInvalid: `working_day_table_empty`: the last day lies before the first.
    """

    calendar: Calendar
    first: date
    last: date
    running: Mapping[date, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise CalendarInvalid("working_day_table_empty", first=self.first.isoformat())
        length = (self.last - self.first).days + 1
        days = [self.first + timedelta(days=count) for count in range(length)]
        counts = accumulate(map(self.calendar.is_working_day, days))
        # Frozen for everyone else; settled once, here.
        running = MappingProxyType(dict(zip(days, counts, strict=True)))
        object.__setattr__(self, "running", running)

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier.

        Raises:
            CalendarInvalid: `day_outside_table`.
        """
        try:
            return self.running[end] - self.running[start]
        except KeyError as fault:
            raise CalendarInvalid(
                "day_outside_table",
                first=self.first.isoformat(),
                last=self.last.isoformat(),
                day=fault.args[0].isoformat(),
            ) from fault
