"""What a review reads besides its own rows, as values, and the days that it covers."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from engine.machine.instance import Case
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_dossiers.dossier import Dossier

PERIOD_DATA: Final = "overdue_period_data"
"""The lookup that gives a review its dossiers, their cases, and the periods around it."""
DAY: Final = timedelta(days=1)
Key = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPeriod:
    """Another review of the same organisation, as far as it was frozen.

    Attributes:
        first, last: the days that it covered; None before it was frozen.
        merged_into: name of the period that takes it over.
        totals: name of a number → what was frozen for the whole.
        pending: what was pending at its end.
        late: the dossiers that it counted as late.
        adjusted: dossiers with the kind of their adjustment lines.
    """

    id: str
    code: str
    kind: str
    state: str
    period: str | None
    first_day: date
    last_day: date
    first: date | None = None
    last: date | None = None
    merged_into: str | None = None
    totals: Mapping[str, int] = field(default_factory=dict)
    pending: AbstractSet[Key] = frozenset()
    late: AbstractSet[Key] = frozenset()
    adjusted: AbstractSet[tuple[str, str]] = frozenset()

    @property
    def is_frozen(self) -> bool:
        """Whether its numbers stand."""
        return self.last is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodData:
    """What the lookup gives; known by itself, so that its dossiers are counted once a reading.

    Attributes:
        before: the last review of this kind that was frozen before; None where there is none.
        waiting: earlier reviews of this kind that are neither frozen nor ended.
        merged: reviews of this kind that were merged into this one.
        parts: reviews of the next smaller kind that share a day with this one, in order.
    """

    dossiers: tuple[Dossier, ...] = ()
    standings: tuple[CaseStanding, ...] = ()
    before: OtherPeriod | None = None
    waiting: tuple[OtherPeriod, ...] = ()
    merged: tuple[OtherPeriod, ...] = ()
    parts: tuple[OtherPeriod, ...] = ()


def data_of(case: Case) -> PeriodData:
    """What the lookup gave."""
    found: PeriodData = case.lookups.get(PERIOD_DATA) or PeriodData()
    return found


def covered(case: Case) -> tuple[date, date] | None:
    """The days that the review covers, up to its cut-off, or to today while it has none.

    None while its days are not given.
    """
    fields, data = case.instance.fields, data_of(case)
    first, last = fields.get("first_day"), fields.get("last_day")
    if first is None or last is None:
        return None
    until = max((last, *(each.last_day for each in data.merged)))
    if data.before is not None and data.before.last is not None:
        first = data.before.last + DAY
    else:
        first = min((first, *(each.first_day for each in data.merged)))
    return first, min(until, cut_off_day(case) or case.today)


def cut_off_day(case: Case) -> date | None:
    """The day of the cut-off in the organisation's zone."""
    cut_off: datetime | None = case.instance.fields.get("cut_off")
    return None if cut_off is None else cut_off.astimezone(case.now.tzinfo).date()
