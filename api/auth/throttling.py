"""Too many requests: counted per credential and, for logins, per account and address.

Counts live in this process; several processes allow as many times more, which slows a guesser down
all the same. What a busy client needs in a minute stands far below the defaults.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from enum import StrEnum

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Traffic(StrEnum):
    """What is counted apart."""

    LOGIN = "login"
    READ = "read"
    STEP = "step"
    ANSWER = "answer"


class Throttle:
    """Counts requests in a moving minute.

    Args:
        per_minute: how many of each kind a key may send.
    """

    def __init__(self, per_minute: Mapping[Traffic, int]) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._items = {kind: RateLimitItemPerMinute(n) for kind, n in per_minute.items()}

    def wait_seconds(self, kind: Traffic, *key: str) -> int:
        """Count a request; 0 when it may pass, else the seconds to wait until the next may.

        Keys are kept as digests: a user name typed into the wrong field may be a password.
        """
        name = hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()
        item = self._items[kind]
        if self._limiter.hit(item, kind.value, name):
            return 0
        reset_at = self._limiter.get_window_stats(item, kind.value, name).reset_time
        return max(1, math.ceil(reset_at - time.time()))
