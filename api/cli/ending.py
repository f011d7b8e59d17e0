"""The end of a process that runs until it is told to stop: in order, and in bounded time.

1. A signal is a byte in a pipe that a thread reads. A handler in Python runs only when the main
   thread does: one that began to wait as the signal came, or whose signal another thread was given,
   would sleep on (seen: a worker that never ended). The interpreter writes the byte at once, from
   whichever thread. Handlers take no lock (`Event.set`, a log line): the main thread may hold it.
2. What ends in order has its time. After that the process ends all the same: a job that hangs is
   left to another worker, a request to the browser's next try, and a line says so.
3. A thread that still runs would keep the interpreter from ending: then it is not waited for.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from types import FrameType
from typing import Final

ENDS_WITHIN: Final = timedelta(seconds=60)
"""More than requests (20 s) and jobs (25 s) take, less than a service manager waits."""


class Ending:
    """Waits for the signal, and then for the end.

    Args:
        too_late: says that something did not end in time, and ends what else must not go on.
        within: how long ending in order may take.
    """

    def __init__(self, too_late: Callable[[], None], *, within: timedelta = ENDS_WITHIN) -> None:
        self._too_late = too_late
        self._within = within
        self._told, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        self._begun = threading.Event()
        threading.Thread(target=self._watch, name="ending", daemon=True).start()

    def heed(self, *numbers: signal.Signals) -> None:
        """Let these signals begin the end, whatever the main thread is at."""
        for number in numbers:
            signal.signal(number, self.begin)
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)

    def begin(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """The handler of a signal; again is as good as once."""
        with suppress(BlockingIOError):
            os.write(self._tell, b".")

    def wait(self) -> None:
        """Return once the process was told to stop, at once if that was before."""
        self._begun.wait()

    def _watch(self) -> None:
        os.read(self._told, 1)
        self._begun.set()
        time.sleep(self._within.total_seconds())
        try:
            self._too_late()
        finally:
            _end_now(1)


def leave_behind(jobs: Collection[str], say: Callable[[str], None]) -> None:
    """End the process without jobs that are still running, if there are any: they stay unfinished.

    Args:
        jobs: names of what runs; nothing happens when there are none.
        say: told the names.
    """
    if jobs:
        say(", ".join(sorted(jobs)))
        _end_now(0)


def _end_now(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
