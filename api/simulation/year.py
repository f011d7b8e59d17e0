"""A year, day by day: the night belongs to the worker, the working day to the people.

1. The clock jumps from one night to the next morning and from person to person; nothing waits.
2. The worker's jobs are the functions that the job engine calls, each as often as it matters.
3. What comes from outside is drawn from the seed: exports, complaints, leave, a storm that closes
   the office and is announced the evening before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random
from typing import Any, Final

from api.demonstration.playing import WORK_BEGINS
from api.simulation.account import Account, Kind
from api.simulation.acting import Mornings
from api.simulation.hints import Hints, shipped_hints
from api.simulation.office import Office
from api.simulation.outside import Outside
from api.simulation.people import Character, characters
from engine.errors import QuyTrinhError
from engine.outbox.channel import PageChannel
from engine.runtime import Runtime
from engine.worker.jobs import (
    deliver_messages,
    fire_due,
    forget_old_answers,
    forget_old_deliveries,
    forget_old_drafts,
    open_cases_of_registers,
    record_all_heads,
    run_waiting_imports,
    sweep_evidence,
)

NIGHT: Final = time(0, 5)
EVENING: Final = time(17, 30)
MORNINGS_LAST: Final = time(16, 30)
LAST_OF_WEEK: Final = 4
LETTERS_WEEKS: Final = 4
"""Every message is a transaction of its own: a year of them every week would be half the time."""
STORM_MONTHS: Final = (8, 9, 10)


class Quiet:
    """A year in which nothing breaks; a test puts something else in its place."""

    def worker_sleeps(self, day: date) -> bool:
        """Whether no job runs on a day, neither at night nor in the morning."""
        del day
        return False

    def jobs_run_twice(self, day: date) -> bool:
        """Whether every job of a day runs a second time right after the first."""
        del day
        return False

    def clock_jumps(self, day: date) -> timedelta:
        """How far the clock is off on a day."""
        del day
        return timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days that are lived, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        """Yield each day."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


class Year:
    """Lives through the days of an office.

    Args:
        office: which was founded and has nobody at work yet.
        seed: of everything that happens.
        hints: instead of the shipped ones.
        weather: what breaks; nothing, without it.
        storm: the day on which the office is closed at short notice, instead of a drawn one.
    """

    def __init__(
        self,
        office: Office,
        *,
        seed: int,
        hints: Mapping[str, Hints] | None = None,
        weather: Quiet | None = None,
        storm: date | None = None,
    ) -> None:
        self.office = office
        self.account = Account()
        self.people = characters(office.staff, year=office.year, seed=seed)
        self._hints = shipped_hints() if hints is None else hints
        self._dice = Random(f"days {seed}")  # noqa: S311 - a simulation is no secret.
        self._mornings = Mornings(office, self._hints, self._dice, self.account)
        self._weather = weather or Quiet()
        self._outside = Outside(
            office, self._hints, self._dice, self.account, self._mornings.sender, seed=seed
        )
        drawn = date(office.year, self._dice.choice(STORM_MONTHS), self._dice.randint(2, 27))
        self._storm = storm or drawn
        self._opened = False
        self._exported: date | None = None

    def live(self, span: Span) -> Account:
        """Live through some days; what happened."""
        for day in span:
            # What falls due on a day off is told on the next working day: nobody is there before.
            if self.office.calendar.is_working_day(day):
                self._night(day)
                self._working_day(day)
            self._evening(day)
        return self.account

    # --- the worker ---

    def _night(self, day: date) -> None:
        self._pass_to(day, NIGHT)
        if self._changes_hands(day):
            self._mornings.forget_actors()
        if self._weather.worker_sleeps(day):
            self.account.tell(day, Kind.WORKER_SLEPT)
            return
        self._run(day, (fire_due, open_cases_of_registers))
        if day.weekday() == 0:
            self._run(day, (sweep_evidence, forget_old_answers, forget_old_deliveries))
            self._run(day, (forget_old_drafts,))

    def _evening(self, day: date) -> None:
        self._pass_to(day, EVENING)
        if day + timedelta(days=1) == self._storm:
            self._outside.announce(self._storm)
        if self._weather.worker_sleeps(day) or day.weekday() != LAST_OF_WEEK:
            return
        self._run(day, (record_all_heads,))
        if day.isocalendar().week % LETTERS_WEEKS == 0:
            self._run(day, (_deliver,))

    def _run(self, day: date, jobs: Iterable[Any]) -> None:
        times = 2 if self._weather.jobs_run_twice(day) else 1
        for job in jobs:
            for _ in range(times):
                try:
                    job(self.office.runtime)
                except (QuyTrinhError, OSError, ExceptionGroup):
                    # The job engine writes it down, and the job comes again.
                    self.account.mistakes["job_failed"] += 1

    # --- the people ---

    def _working_day(self, day: date) -> None:
        self._pass_to(day, WORK_BEGINS)
        self._opened = self._opened or self._outside.open_plan(day)
        self._outside.hand_over(self.people, day)
        here = [one for one in self.people if self._is_here(one, day)]
        if self._exported is None or day.isocalendar()[:2] != self._exported.isocalendar()[:2]:
            self._import(day, here)
        self._outside.let_arise(here, day)
        self._mornings.new_day()
        self._dice.shuffle(here)
        for who in here:
            self._mornings.of(who)
            self._go_on(day)

    def _import(self, day: date, here: list[Character]) -> None:
        """Once a week, on the first day on which the desk is there."""
        if self._outside.export(here, day):
            self._exported = day
            self._run(day, (run_waiting_imports,))

    def _is_here(self, one: Character, day: date) -> bool:
        return one.leave_on(day) is None and self._dice.random() >= one.mood.away

    def _go_on(self, day: date) -> None:
        """A little later; a long morning does not last into the night."""
        instant = self.office.clock.instant + timedelta(minutes=self._dice.randint(1, 6))
        self.office.clock.instant = min(instant, self.office.at(day, MORNINGS_LAST))

    def _changes_hands(self, day: date) -> bool:
        """Whether a delegation begins or has ended."""
        return any(
            leave.first == day or leave.last + timedelta(days=1) == day
            for one in self.people
            for leave in one.leaves
        )

    def _pass_to(self, day: date, hour: time) -> None:
        """Jump on; never back, but for what the weather does to the clock."""
        wanted = self.office.at(day, hour) + self._weather.clock_jumps(day)
        self.office.clock.instant = wanted


def _deliver(runtime: Runtime) -> int:
    return deliver_messages(runtime, (PageChannel(),))
