"""Dossiers in, figures out: what a window counts, looked at from its last day.

1. The window says what happened in it, and how things stood at the end of its last day: a dossier
   that ended later was pending then.
2. opening + received = finished + sent back + stopped + closing, for any window and any dossiers;
   the closing of one window is the opening of the next.
3. Dossiers are judged against the day first appointed. One that was given another day and kept it
   is neither in time nor late; one that broke off behind its day stays among the overdue.
4. The time that a dossier took is working days from the day after its receipt to its end, less its
   pauses, and never less than nothing. Where no committed term is told, it is the regulated one
   less 15 %, rounded down to half a day.
5. Combinations are kept to a number; what comes behind it is counted together, named as such.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from engine.calendars.business_days import Calendar
from engine.errors import Invalid
from workflows.overdue_dossiers.analysis import pareto
from workflows.overdue_dossiers.analysis.figures import told
from workflows.overdue_dossiers.analysis.lateness import working_days
from workflows.overdue_dossiers.analysis.pareto import Pareto
from workflows.overdue_dossiers.analysis.recurrence import Recurrence, Recurring, Remedy
from workflows.overdue_dossiers.analysis.tally import COUNTS, DAYS, Tally, added
from workflows.overdue_dossiers.dossier import Combination, Dossier, Status
from workflows.overdue_dossiers.export.opening import Export

TARGET_PERCENT: Final = 15
"""How much less time than regulated the agency wants to take."""
COMBINATIONS_MAX: Final = 20_000
OTHERS: Final = "…"
"""Stands for procedures and units behind the last combination that is kept apart."""


class WindowInvalid(Invalid):
    """The window ends before it begins."""


class Dimension(StrEnum):
    """What dossiers are told apart by."""

    UNIT = "unit"
    PROCEDURE = "procedure"
    CAUSE = "cause"
    STAGE = "stage"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days that are counted, both ends included.

    Raises:
        WindowInvalid: `window_ends_before_it_begins`.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise WindowInvalid("window_ends_before_it_begins", first=self.first, last=self.last)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one dossier adds to the tally of its combination, whatever that is.

    Attributes:
        names, counts: numbers, and how much of each.
        days: name of a count by days → how many days.
        missed_on: the day that it missed, where remedies are looked at.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    days: tuple[tuple[str, int], ...]
    missed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What was counted.

    Attributes:
        calendar_version: of the calendar by which days were counted.
        tallies: by combination of procedure, unit, officer's unit, stage and cause.
    """

    window: Window
    calendar_version: int | str | None
    tallies: Mapping[Combination, Tally]
    recurrences: tuple[Recurrence, ...] = ()

    @property
    def total(self) -> Tally:
        """All of it."""
        return added(self.tallies.values())

    def by(self, dimension: Dimension) -> dict[Any, Tally]:
        """A tally for each group that is not empty, the largest first."""
        place = _PLACES[dimension]
        parted: dict[Any, list[Tally]] = {}
        for combination, tally in self.tallies.items():
            parted.setdefault(combination[place], []).append(tally)
        sums = {name: added(tallies) for name, tallies in parted.items()}
        ranking = sorted(sums, key=lambda name: (-_size(sums[name]), name is None, name or ""))
        return {name: sums[name] for name in ranking if not sums[name].is_empty}

    @property
    def causes_by_count(self) -> Pareto:
        """Causes by how many dossiers they made late."""
        return pareto.by_count(self.by(Dimension.CAUSE))

    @property
    def causes_by_days(self) -> Pareto:
        """Causes by how many working days they cost."""
        return pareto.by_days(self.by(Dimension.CAUSE))

    def told(self, dimensions: Iterable[Dimension] = ()) -> dict[str, Any]:
        """The analysis as JSON has it."""
        return {
            "from": self.window.first.isoformat(),
            "to": self.window.last.isoformat(),
            "calendar": self.calendar_version,
            "total": told(self.total),
            "pareto": {
                "count": self.causes_by_count.told(),
                "days": self.causes_by_days.told(),
            },
            "by": {
                dimension.value: [
                    {"group": name, "figures": told(tally)}
                    for name, tally in self.by(dimension).items()
                ]
                for dimension in dimensions
            },
            "recurrence": [found.told() for found in self.recurrences],
        }


_PLACES: Final[Mapping[Dimension, int]] = {
    Dimension.PROCEDURE: 0,
    Dimension.UNIT: 1,
    Dimension.OFFICER: 2,
    Dimension.STAGE: 3,
    Dimension.CAUSE: 4,
}


def _size(tally: Tally) -> int:
    return tally.opening + tally.received


NO_EFFECT: Final = Effect((), (), (), None)
"""Of a dossier that was not there in the window."""
_counts_of: Final = attrgetter(*COUNTS)


class Counting:
    """Counts dossiers one by one.

    Args:
        window: the days that are counted.
        calendar: which of them people work on.
        remedies: whose effect is looked at.
    """

    def __init__(
        self, window: Window, calendar: Calendar, *, remedies: Iterable[Remedy] = ()
    ) -> None:
        self._window = window
        self._first, self._last = window.first, window.last
        self._calendar_version = calendar.version
        self._days = working_days(calendar)
        self._running = self._days.running
        self._tallies: dict[Combination, Tally] = {}
        self._single = Tally()
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._recurring = [Recurring(remedy) for remedy in remedies]

    def add(self, dossier: Dossier, weight: int = 1) -> None:
        """Count a dossier; with a weight of -1, take away what was counted."""
        if not self._counts(dossier):
            return
        if self._count(self._tally(dossier.combination), dossier, weight):
            for each in self._recurring:
                each.add(dossier.unit, dossier.cause, dossier.current_due_on, weight)

    def effect(self, dossier: Dossier) -> Effect:
        """What a dossier comes to, whatever its combination."""
        if not self._counts(dossier):
            return NO_EFFECT
        tally = self._single
        is_late = self._count(tally, dossier, 1)
        told = _counts_of(tally)
        names = tuple(name for name, count in zip(COUNTS, told, strict=True) if count)
        days = tuple((name, days) for name in DAYS for days in getattr(tally, name))
        for name in names:
            setattr(tally, name, 0)
        for name, _ in days:
            getattr(tally, name).clear()
        missed_on = dossier.current_due_on if is_late and self._recurring else None
        # Few different names and many effects: they share them.
        names = self._names.setdefault(names, names)
        return Effect(names, tuple(filter(None, told)), days, missed_on)

    def add_alike(self, weight: int, combination: Combination, effect: Effect) -> None:
        """Count so many dossiers of one combination and one effect."""
        if not effect.counts:
            return
        tally = self._tally(combination)
        for name, count in zip(effect.names, effect.counts, strict=True):
            setattr(tally, name, getattr(tally, name) + weight * count)
        for name, days in effect.days:
            getattr(tally, name)[days] += weight
        if effect.missed_on is not None:
            _, unit, _, _, cause = combination
            for each in self._recurring:
                each.add(unit, cause, effect.missed_on, weight)

    def _counts(self, dossier: Dossier) -> bool:
        """Whether a dossier was there in the window at all."""
        ended_on = dossier.ended_on
        if ended_on is not None and ended_on < self._first:
            return False
        return dossier.received_at.date() <= self._last

    def _count(self, tally: Tally, dossier: Dossier, weight: int) -> bool:
        """Add a dossier to a tally; whether it was or is late."""
        received_on, ended_on = dossier.received_at.date(), dossier.ended_on
        if received_on < self._first:
            tally.opening += weight
        else:
            tally.received += weight
        if dossier.reappointments > 1:
            tally.reappointed_again += weight
        if ended_on is None or ended_on > self._last:
            return self._add_open(tally, dossier, received_on, weight)
        return self._add_ended(tally, dossier, ended_on, weight)

    def analysis(self) -> Analysis:
        """What was counted so far."""
        return Analysis(
            window=self._window,
            calendar_version=self._calendar_version,
            tallies=self._tallies,
            recurrences=tuple(each.until(self._last) for each in self._recurring),
        )

    def _tally(self, combination: Combination) -> Tally:
        found = self._tallies.get(combination)
        if found is not None:
            return found
        if len(self._tallies) >= COMBINATIONS_MAX:
            combination = (OTHERS, OTHERS, OTHERS, *combination[3:])
        return self._tallies.setdefault(combination, Tally())

    def _add_ended(self, tally: Tally, dossier: Dossier, ended_on: date, weight: int) -> bool:
        due_on = dossier.due_on
        missed = ended_on > due_on and self._days.late(due_on, ended_on) > 0
        late = self._days.late(dossier.current_due_on, ended_on) if missed else 0
        if dossier.status is not Status.FINISHED:
            _add_broken_off(tally, dossier.status, weight, late=late > 0)
        else:
            tally.finished += weight
            if ended_on < due_on:
                tally.early += weight
            elif not missed:
                tally.on_time += weight
            elif late:
                tally.late += weight
            else:
                tally.reappointed += weight
            if dossier.regulated_half_days is not None:
                self._add_term(tally, dossier, ended_on, weight)
        if missed or dossier.reappointments:
            self._add_missed(tally, dossier, weight)
        if late:
            tally.late_days[late] += weight
        return late > 0

    def _add_open(self, tally: Tally, dossier: Dossier, received_on: date, weight: int) -> bool:
        last = self._last
        tally.closing += weight
        if received_on < self._first:
            tally.backlog += weight
            tally.backlog_days[self._running[last] - self._running[received_on]] += weight
        late = self._days.late(dossier.current_due_on, last)
        if dossier.status is Status.PAUSED:
            tally.paused += weight
            if late:
                tally.paused_late += weight
        elif late:
            tally.pending_late += weight
            tally.pending_days[late] += weight
        missed = dossier.status is not Status.PAUSED and self._days.late(dossier.due_on, last)
        if missed or dossier.reappointments:
            self._add_missed(tally, dossier, weight)
        return late > 0 and dossier.status is not Status.PAUSED

    def _add_term(self, tally: Tally, dossier: Dossier, ended_on: date, weight: int) -> None:
        regulated = dossier.regulated_half_days or 0
        days = self._running[ended_on] - self._running[dossier.received_at.date()]
        actual = max(0, 2 * days - dossier.paused_half_days)
        committed = dossier.committed_half_days
        if committed is None:
            committed = regulated * (100 - TARGET_PERCENT) // 100
        tally.measured += weight
        tally.regulated += weight * regulated
        tally.actual += weight * actual
        if (regulated - actual) * 100 >= TARGET_PERCENT * regulated:
            tally.cut_reached += weight
        if actual <= committed:
            tally.commitment_kept += weight

    def _add_missed(self, tally: Tally, dossier: Dossier, weight: int) -> None:
        """The letter that is due when the day first appointed is not kept."""
        tally.letters += weight
        told = dossier.apologised_on
        if told is None or told > self._last:
            return
        if told <= self._days.letter_by(dossier.due_on):
            tally.letters_in_time += weight
        else:
            tally.letters_late += weight


def _add_broken_off(tally: Tally, status: Status, weight: int, *, late: bool) -> None:
    if status is Status.SENT_BACK:
        tally.sent_back += weight
    else:
        tally.stopped += weight
    if late:
        tally.ended_late += weight


def analyse(
    weighed: Iterable[tuple[int, Dossier]],
    window: Window,
    calendar: Calendar,
    *,
    remedies: Iterable[Remedy] = (),
) -> Analysis:
    """Count dossiers, each with its weight: 1, or -1 to take it away again."""
    counting = Counting(window, calendar, remedies=remedies)
    add: Callable[[Dossier, int], None] = counting.add
    for weight, dossier in weighed:
        add(dossier, weight)
    return counting.analysis()


def analyse_export(
    export: Export, window: Window, calendar: Calendar, *, remedies: Iterable[Remedy] = ()
) -> Analysis:
    """Count the dossiers of a file, gathered by what they come to."""
    counting = Counting(window, calendar, remedies=remedies)
    for weight, combination, effect in export.alike(counting.effect):
        counting.add_alike(weight, combination, effect)
    return counting.analysis()
