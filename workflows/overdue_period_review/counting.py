"""What a period counts: the analysis of its dossiers, corrected by what their cases found; pure.

1. The numbers are those of `overdue_dossiers.analysis`: page, command line and report agree.
2. A case corrects its dossier: one that was excluded by proof was returned on its day; a cause that
   was stated, a letter that was sent there count as if the export had told them.
3. *To be explained* is each dossier that is late in the period, or in the backlog at its end, once.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from engine.calendars.business_days import Calendar
from workflows.overdue_dossiers.analysis.counting import Analysis, Dimension, Window, analyse
from workflows.overdue_dossiers.analysis.lateness import WorkingDays, working_days
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.case_standing import APOLOGISE, CaseStanding
from workflows.overdue_dossiers.dossier import LAST_DAY, Cause, Dossier, Status

Key = tuple[str, date]
FAR: Final = LAST_DAY
"""The due day of what was excluded and has not ended in the register yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A dossier that has to be explained: late in the period, in the backlog, or both.

    Attributes:
        dossier: as the register tells it.
        days_late: working days; 0 where it is only in the backlog.
    """

    dossier: Dossier
    late: bool
    backlog: bool
    days_late: int
    standing: CaseStanding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a period counted.

    Attributes:
        first, last: the days that it covers.
        units: unit → its tally, by id.
        explained: dossiers to be explained, by unit and code.
        opening, closing: what it began with, and what it left, by unit.
        excluded: how many were excluded by proof.
    """

    first: date
    last: date
    total: Tally
    units: Mapping[str, Tally]
    explained: tuple[Explained, ...]
    opening: AbstractSet[Key]
    closing: Mapping[str, tuple[Key, ...]]
    excluded: Mapping[str, int]

    @property
    def balances(self) -> bool:
        """Whether the whole and every unit balance, and what is named is what was counted."""
        named = sum(len(keys) for keys in self.closing.values())
        late = sum(each.late for each in self.explained)
        return (
            all(tally.balances for tally in (self.total, *self.units.values()))
            and (len(self.opening), named) == (self.total.opening, self.total.closing)
            and late == self.total.overdue
        )

    @property
    def pending(self) -> frozenset[Key]:
        """Everything that is pending at the end."""
        return frozenset(key for keys in self.closing.values() for key in keys)


def count(
    dossiers: Iterable[Dossier],
    *,
    first: date,
    last: date,
    calendar: Calendar,
    standings: Iterable[CaseStanding] = (),
) -> Count:
    """Count the dossiers of a period."""
    of_key = {standing.key: standing for standing in standings}
    here = [each for each in dossiers if _is_here(each, first=first, last=last)]
    corrected = [_corrected(dossier, of_key.get(dossier.key)) for dossier in here]
    analysis = analyse(((1, each) for each in corrected), Window(first=first, last=last), calendar)
    days = working_days(calendar)
    explained = [
        found
        for dossier, told in zip(here, corrected, strict=True)
        if (found := _explained(dossier, told, of_key, days, first, last)) is not None
    ]
    explained.sort(key=lambda each: (each.dossier.unit, each.dossier.code, each.dossier.due_on))
    closing: dict[str, list[Key]] = {}
    excluded: dict[str, int] = {}
    for dossier in here:
        if _ended(dossier, last) is None:
            closing.setdefault(dossier.unit, []).append(dossier.key)
        if dossier.key in of_key and of_key[dossier.key].is_excluded:
            excluded[dossier.unit] = excluded.get(dossier.unit, 0) + 1
    return Count(
        first=first,
        last=last,
        total=analysis.total,
        units=_units(analysis),
        explained=tuple(explained),
        opening=frozenset(each.key for each in here if each.received_on < first),
        closing={unit: tuple(sorted(keys)) for unit, keys in sorted(closing.items())},
        excluded=excluded,
    )


def _units(analysis: Analysis) -> dict[str, Tally]:
    found = analysis.by(Dimension.UNIT)
    return {unit: found[unit] for unit in sorted(found)}


def _is_here(dossier: Dossier, *, first: date, last: date) -> bool:
    return dossier.received_on <= last and (dossier.ended_on is None or dossier.ended_on >= first)


def _ended(dossier: Dossier, last: date) -> date | None:
    """The day on which it ended, if that was by the end of the period."""
    ended = dossier.ended_on
    return ended if ended is not None and ended <= last else None


def _corrected(dossier: Dossier, standing: CaseStanding | None) -> Dossier:
    """The dossier as its case has found it to be."""
    if standing is None:
        return dossier
    if standing.is_excluded:
        day = dossier.ended_on or FAR
        return replace(dossier, due_on=day, current_due_on=day, reappointments=0)
    letters = (dossier.apologised_on, standing.letter_on, standing.first_on.get(APOLOGISE))
    sent = [day for day in letters if day is not None and day >= dossier.received_on]
    return replace(
        dossier,
        apologised_on=min(sent, default=None),
        cause=dossier.cause if standing.cause is None else Cause(standing.cause),
    )


def _explained(
    dossier: Dossier,
    told: Dossier,
    of_key: Mapping[Key, CaseStanding],
    days: WorkingDays,
    first: date,
    last: date,
) -> Explained | None:
    backlog = _ended(dossier, last) is None and dossier.received_on < first
    late = _days_late(told, days, last)
    if not late and not backlog:
        return None
    return Explained(
        dossier=dossier,
        late=late > 0,
        backlog=backlog,
        days_late=late,
        standing=of_key.get(dossier.key),
    )


def _days_late(dossier: Dossier, days: WorkingDays, last: date) -> int:
    """Working days late, as the analysis counts them; a paused one is not late while it waits."""
    ended = _ended(dossier, last)
    if ended is None:
        paused = dossier.status is Status.PAUSED
        return 0 if paused else days.late(dossier.current_due_on, last)
    missed = days.late(dossier.due_on, ended) > 0
    return days.late(dossier.current_due_on, ended) if missed else 0
