"""The figures of a tally under their names: counts, and shares as two whole numbers.

1. A figure that has nothing to say (no dossier was late, so none is late on average) has no value,
   which is not zero.
2. A mean and a median are fractions too: the median of an even number of days may end on a half.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.overdue_dossiers.analysis.tally import Tally

AGES: Final[Mapping[str, range]] = {
    "1-3": range(4),
    "4-10": range(4, 11),
    "11-30": range(11, 31),
    "31-": range(31, 1_000_000),
}
"""Ages in working days; a day of receipt without a working day since counts with the youngest."""
HUNDRED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a tally.

    Attributes:
        numerator: the number itself, or the upper part of a fraction; None where nothing is known.
        denominator: None of a count.
        is_share: shown as a percentage.
        age: of the figures that are counted by age.
    """

    name: str
    numerator: int | None
    denominator: int | None = None
    is_share: bool = False
    age: str | None = None

    @property
    def id(self) -> str:
        """A name of its own in every answer."""
        return self.name if self.age is None else f"{self.name}_{self.age.rstrip('-')}"

    def told(self) -> Any:
        """The figure as JSON has it: a number, or the two parts of a fraction."""
        if self.denominator is None:
            return self.numerator
        return {"numerator": self.numerator, "denominator": self.denominator}


def figures_of(tally: Tally) -> tuple[Figure, ...]:
    """Every figure of a tally, in the order in which people read them."""
    return (
        *_counts(
            tally,
            *("opening", "received", "finished", "sent_back", "stopped", "closing"),
            *("early", "on_time", "reappointed", "late", "ended_late"),
            *("pending_late", "paused", "paused_late", "overdue", "backlog"),
        ),
        _share("on_time_share", tally.early + tally.on_time, tally.finished),
        _share("late_share", tally.late, tally.finished),
        _share("pending_late_share", tally.pending_late, tally.closing),
        *_days(tally.overdue_days),
        *_by_age("late_age", tally.pending_days),
        *_by_age("backlog_age", tally.backlog_days),
        _share("time_cut", tally.regulated - tally.actual, tally.regulated),
        _share("cut_reached", tally.cut_reached, tally.measured),
        _share("commitment_kept", tally.commitment_kept, tally.measured),
        _share("apology_in_time", tally.letters_in_time, tally.letters),
        Figure(name="apology_late", numerator=tally.letters_late),
        Figure(
            name="apology_missing",
            numerator=tally.letters - tally.letters_in_time - tally.letters_late,
        ),
        *_counts(tally, "reappointed_again"),
    )


def told(tally: Tally) -> dict[str, Any]:
    """The figures of a tally as JSON has them."""
    return {figure.id: figure.told() for figure in figures_of(tally)}


def median(days: Mapping[int, int]) -> tuple[int, int] | None:
    """The middle of a distribution, as a fraction; None of an empty one."""
    count = sum(days.values())
    if not count:
        return None
    lower, upper = _nth(days, (count - 1) // 2), _nth(days, count // 2)
    return (lower, 1) if lower == upper else (lower + upper, 2)


def quotient(numerator: int, denominator: int) -> str:
    """A fraction with two decimals, rounded half away from zero; whole numbers to the end."""
    hundredths = (2 * HUNDRED * abs(numerator) + denominator) // (2 * denominator)
    sign = "-" if numerator < 0 and hundredths else ""
    return f"{sign}{hundredths // HUNDRED}.{hundredths % HUNDRED:02}"


def _counts(tally: Tally, *names: str) -> Iterator[Figure]:
    return (Figure(name=name, numerator=getattr(tally, name)) for name in names)


def _share(name: str, numerator: int, denominator: int) -> Figure:
    known = numerator if denominator else None
    return Figure(name=name, numerator=known, denominator=denominator, is_share=True)


def _days(days: Counter[int]) -> Iterator[Figure]:
    count = days.total()
    total = sum(day * number for day, number in days.items())
    middle = median(days)
    yield Figure(name="days_late_mean", numerator=total if count else None, denominator=count)
    yield Figure(
        name="days_late_median",
        numerator=middle[0] if middle else None,
        denominator=middle[1] if middle else 0,
    )
    yield Figure(name="days_late_max", numerator=max(days, default=None))


def _by_age(name: str, days: Mapping[int, int]) -> Iterator[Figure]:
    for age, span in AGES.items():
        count = sum(number for day, number in days.items() if day in span)
        yield Figure(name=name, numerator=count, age=age)


def _nth(days: Mapping[int, int], place: int) -> int:
    """The day that stands at a place when all are put in order, counted from zero."""
    passed = 0
    for day in sorted(days):
        passed += days[day]
        if passed > place:
            return day
    raise IndexError(place)
