"""A year of exports, week by week, and what the house counts of them held against plain Python.

The dossiers, their exports and the expected numbers are those of `quarter_of_dossiers`, which uses
nothing of the house. The year begins in July, so that Tết lies inside it; `make test` lives its
first quarter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tests.acceptance.period_journey import PeriodJourney
from tests.acceptance.quarter_of_dossiers import DAY, UNITS, WorkingDays, fates, totals
from tests.scale import at_scale

MONDAY: Final = date(2026, 7, 6)
END: Final = at_scale(dev=date(2026, 10, 2), ci=date(2027, 7, 2))
WEEKS: Final = at_scale(dev=12, ci=50)
"""At least so many have an export; a week off has none."""
COUNTS = (
    *("opening", "received", "finished", "sent_back", "stopped", "closing"),
    *("early", "on_time", "reappointed", "late", "ended_late", "pending_late", "backlog"),
)


@dataclass(slots=True)
class Year:
    """A year at the one-stop desk.

    Attributes:
        journey: the office over HTTP, with what becomes of every dossier.
        bring: hands in the export of the present day, and lets the house read it.
    """

    journey: PeriodJourney
    calendar: WorkingDays
    bring: Callable[[], None]

    def weeks(self) -> Iterator[tuple[date, date]]:
        """The windows between two exports, each up to a last working day; a week off is none."""
        first, monday = MONDAY, MONDAY
        while monday <= END:
            last = self.calendar.last_of(monday + 4 * DAY)
            if last >= first:
                yield first, last
                first = last + DAY
            monday += 7 * DAY

    def months(self) -> Iterator[tuple[date, date]]:
        """The calendar months that lie in the year as a whole."""
        first = date(2026, 8, 1)
        while (following := (first + 31 * DAY).replace(day=1)) <= END:
            yield first, following - DAY
            first = following

    def live(self) -> int:
        """Every week brings its export, whose window is counted at once; how many there were."""
        weeks = list(self.weeks())
        for first, last in weeks:
            self.journey.go_to(last)
            self.bring()
            self.confirm(first, last)
        return len(weeks)

    def confirm(self, first: date, last: date) -> dict[str, int]:
        """The analysis of a window, whole and by unit, is what plain Python counts row by row."""
        window = {"from": first.isoformat(), "to": last.isoformat(), "by": "unit"}
        found = self.journey.desk("director").get("/dossiers/analysis", **window)
        groups = {group["group"]: group["figures"] for group in found["groups"]}
        wanted = {
            unit: totals(self.journey.fates, self.calendar, first, last, unit=unit)
            for unit in (None, *UNITS)
        }
        assert _differences(found["total"], wanted[None]) == {}, (
            first,
            last,
            _differences(found["total"], wanted[None]),
        )
        for unit in UNITS:
            # A unit without a dossier in the window has no group.
            if any(wanted[unit].values()):
                assert _differences(groups.pop(unit), wanted[unit]) == {}, (first, last, unit)
        assert groups == {}
        return wanted[None]


def dossiers_of_a_year(calendar: WorkingDays) -> Any:
    """What becomes of every dossier that is received in the year: one each working day."""
    return fates(calendar, first=MONDAY, last=END, each_day=1)


def _differences(figures: dict[str, Any], counted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Name → what was told and what it should be, where the two differ."""
    told, plain = _told(figures), _plain(counted)
    return {name: (told[name], plain[name]) for name in plain if told[name] != plain[name]}


def _told(figures: dict[str, Any]) -> dict[str, int]:
    """The figures of an answer, fractions by their parts."""
    cut, reached = figures["time_cut"], figures["cut_reached"]
    return {
        **{name: figures[name] for name in COUNTS},
        "saved": cut["numerator"] or 0,
        "regulated": cut["denominator"],
        "cut_reached": reached["numerator"] or 0,
        "measured": reached["denominator"],
    }


def _plain(counted: dict[str, int]) -> dict[str, int]:
    return {
        **{name: counted[name] for name in COUNTS},
        "saved": counted["regulated"] - counted["actual"],
        **{name: counted[name] for name in ("regulated", "cut_reached", "measured")},
    }
