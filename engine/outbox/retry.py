"""When a message that did not leave is tried again.

After 1, 4, 16, 64 minutes …, a day at most, twelve tries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

ATTEMPTS_MAX = 12
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at an instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again; somebody must look."""


def after_failure(attempts: int, now: datetime) -> Retry | GiveUp:
    """What to do after the given number of tries failed."""
    if attempts >= ATTEMPTS_MAX:
        return GiveUp()
    wait = min(FIRST_WAIT * 4 ** (attempts - 1), LONGEST_WAIT)
    return Retry(at=now + wait)
