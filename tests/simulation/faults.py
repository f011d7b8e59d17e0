"""What breaks in a simulated office: at the ports, and by the seed alone.

1. A commit fails before it is durable, or its answer is lost after it was.
2. The evidence store is away, or the process dies between the bytes and the row.
3. Jobs run twice, or not at all for some days; the clock is off for a day, forwards or back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, BinaryIO

from api.simulation.year import Quiet
from engine.evidence.store import StoredBlob
from engine.runtime import Runtime, Unavailable, UnitOfWork

CHANCE = 0.12


class BreakingRuntime(Runtime):
    """A runtime whose commits fail, and whose answers get lost."""

    broken: int
    lost: int

    @classmethod
    def around(cls, runtime: Runtime, dice: Random) -> "BreakingRuntime":
        """The same house, breaking."""
        made = cls.__new__(cls)
        made.__dict__.update(runtime.__dict__)
        made.dice, made.broken, made.lost = dice, 0, 0
        return made

    dice: Random

    @contextmanager
    def write(self, organization_id: str) -> Iterator[UnitOfWork]:
        with super().write(organization_id) as unit:
            durable = unit._commit  # noqa: SLF001 - the seam at which a commit fails.

            def commit() -> None:
                fate = self.dice.random()
                if fate < CHANCE:
                    self.broken += 1
                    raise Unavailable("database_unavailable")
                durable()
                if fate < 2 * CHANCE:
                    self.lost += 1
                    unit.done = True
                    raise Unavailable("database_unavailable")

            unit._commit = commit  # noqa: SLF001 - as above.
            yield unit


@dataclass
class BreakingStore:
    """A store that is away, or behind which the process dies; otherwise the one inside."""

    inside: Any
    dice: Random
    away: int = field(default=0)
    died: int = field(default=0)

    def put(self, organization_id: str, content: BinaryIO, *, max_bytes: int) -> StoredBlob:
        fate = self.dice.random()
        if fate < CHANCE:
            self.away += 1
            raise OSError("the store is away")
        blob: StoredBlob = self.inside.put(organization_id, content, max_bytes=max_bytes)
        if fate < 2 * CHANCE:
            self.died += 1
            raise OSError("the process died between the bytes and the row")
        return blob

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inside, name)


class Storms(Quiet):
    """Days on which the worker or the clock does what it should not."""

    def __init__(self, dice: Random, first: date) -> None:
        asleep = first + timedelta(days=dice.randint(1, 2))
        self.asleep = {asleep + timedelta(days=number) for number in range(dice.randint(11, 12))}
        self._dice = dice
        self.off: dict[date, timedelta] = {}

    def worker_sleeps(self, day: date) -> bool:
        return day in self.asleep

    def jobs_run_twice(self, day: date) -> bool:
        return day.toordinal() % 3 == 0

    def clock_jumps(self, day: date) -> timedelta:
        if day not in self.off:
            hours = self._dice.choice((0, 0, 0, 0, 0, -3, 2, 30, -30))
            self.off[day] = timedelta(hours=hours)
        return self.off[day]
