"""When an office or a unit works: its weekly rest, and the hour after which the day is over."""

from datetime import time
from typing import Annotated

from pydantic import Field, field_validator

from engine.calendars.dated_rules import DatedRule

Weekday = Annotated[int, Field(ge=1, le=7)]


class WorkingTimeRule(DatedRule):
    """The working time of an organisation or a unit, from a day on.

    Attributes:
        weekend: ISO weekdays (1 Monday to 7 Sunday) of rest, in their order; at least one working
            day is left.
        cut_off: what comes at this hour or later is handed over on the next working day.
        counts_from_hand_over: whether such a receipt also shifts the count of the term; by law it
            shifts the hand-over alone.
    """

    weekend: Annotated[tuple[Weekday, ...], Field(max_length=6)]
    cut_off: time = time(15)
    counts_from_hand_over: bool = False

    @field_validator("weekend")
    @classmethod
    def _in_order(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(value)))
