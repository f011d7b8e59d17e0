"""When somebody wants to hear by mail: at once, once a day, or never; and not in quiet hours.

Pages show every message at once, whatever was chosen.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

MINUTES_A_DAY: Final = 24 * 60
DIGEST_AT: Final = time(7, 30)
"""The daily letter lies there when the office opens."""


class ByMail(StrEnum):
    """How somebody hears by mail."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose; the defaults hold for who never chose.

    Attributes:
        address: instead of the one that the organisation has.
        quiet_from: first minute of the quiet hours, counted from midnight of the organisation's
            day; `quiet_to` is the first one after them. Equal: there are none.
    """

    mail: ByMail = ByMail.AT_ONCE
    address: str | None = None
    quiet_from: int = 20 * 60
    quiet_to: int = 6 * 60


def send_at(choice: Choice, *, written_at: datetime, now: datetime, zone: tzinfo) -> datetime:
    """When a message that was written then may leave: now, or the first instant that suits.

    A daily letter takes along what was written before its hour; who wants none is told at once,
    on the pages alone.
    """
    if choice.mail is ByMail.NEVER:
        return now
    if choice.mail is ByMail.DAILY:
        return max(now, _next(DIGEST_AT, written_at, zone))
    return _after_quiet(choice, now, zone)


def is_quiet(choice: Choice, now: datetime, zone: tzinfo) -> bool:
    """Whether an instant lies in the quiet hours."""
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return (minute - choice.quiet_from) % MINUTES_A_DAY < (
        choice.quiet_to - choice.quiet_from
    ) % MINUTES_A_DAY


def _after_quiet(choice: Choice, now: datetime, zone: tzinfo) -> datetime:
    if not is_quiet(choice, now, zone):
        return now
    hours, minutes = divmod(choice.quiet_to, 60)
    return _next(time(hours, minutes), now, zone)


def _next(at: time, after: datetime, zone: tzinfo) -> datetime:
    """The first time of that hour after an instant, as the organisation's clocks show it."""
    local = after.astimezone(zone)
    found = datetime.combine(local.date(), at, zone)
    if found <= local:
        found = datetime.combine(local.date() + timedelta(days=1), at, zone)
    return found.astimezone(after.tzinfo)
