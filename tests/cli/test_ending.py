"""A process that was told to stop ends, whatever hangs in it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The main thread, or one that the interpreter would wait for, hangs; the bound is half a second.
PROCESS = """
import signal, sys, threading
from datetime import timedelta
from api.cli.ending import Ending, leave_behind

def hang():
    threading.Event().wait()

ending = Ending(lambda: print("too late"), within=timedelta(seconds=0.5))
ending.heed(signal.SIGTERM)
other = threading.Thread(target=hang, daemon=True)
other.start()
print("ready", flush=True)
if sys.argv[1] == "main":
    hang()
if sys.argv[1] == "elsewhere":
    sys.stdin.readline()
    threading.Timer(0.2, signal.pthread_kill, (other.ident, signal.SIGTERM)).start()
    ending.wait()
    sys.exit()
ending.wait()
threading.Thread(target=hang).start()
leave_behind(sys.argv[2:], lambda jobs: print("left", jobs))
"""


def ended(*arguments: str) -> tuple[int, str]:
    """How a process ends after its signal, and what it said."""
    process = subprocess.Popen(  # noqa: S603 - our own.
        [sys.executable, "-c", PROCESS, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=60)
    return process.returncode, told


@pytest.mark.parametrize("hangs", ["main", "another"])
def test_what_does_not_end_in_time_is_said_and_ended(hangs: str) -> None:
    assert ended(hangs) == (1, "too late\n")


def test_jobs_that_still_run_are_named_and_not_waited_for() -> None:
    assert ended("another", "run_imports", "fire_due") == (0, "left fire_due, run_imports\n")


def test_a_signal_that_another_thread_was_given_ends_the_process_too() -> None:
    told = subprocess.run(  # noqa: S603 - our own.
        [sys.executable, "-c", PROCESS, "elsewhere"],
        cwd=ROOT,
        input="\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert told.stdout == "ready\n"
