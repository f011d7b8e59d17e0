"""What is stored of dossiers, counted over a window and week by week, in one reading of the table.

1. Counted are dossiers as their newest export tells them; only those that were open at some time
   since the first day that is asked for are read.
2. A week runs from Monday to Sunday; the last one is that of the window's last day, cut there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlmodel import Session

from engine.calendars.business_days import Calendar
from engine.errors import Invalid
from engine.tables.listing import Listing
from workflows.overdue_dossiers.analysis.counting import Analysis, Counting, Dimension, Window
from workflows.overdue_dossiers.analysis.listing import Say, analysis_listings
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.records import dossiers_between

WEEKS: Final = 12
DAYS_MAX: Final = 400
"""A year with its margins; more is a question for a file and the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one week counted."""

    first: date
    last: date
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """An analysis of the window, and the weeks that led to its last day."""

    analysis: Analysis
    weeks: tuple[Week, ...]


def overview(
    session: Session,
    organization_id: str,
    window: Window,
    calendar: Calendar,
    *,
    weeks: int = WEEKS,
    unit: str | None = None,
) -> Overview:
    """Count what is stored.

    Raises:
        Invalid: `window_too_long`.
    """
    if (window.last - window.first).days > DAYS_MAX:
        raise Invalid("window_too_long", most=DAYS_MAX)
    spans = tuple(_weeks(window.last, weeks))
    whole = Counting(window, calendar)
    parts = [Counting(span, calendar) for span in spans]
    first = min(span.first for span in (window, *spans))
    for dossier in dossiers_between(
        session, organization_id, first=first, last=window.last, unit=unit
    ):
        whole.add(dossier)
        for part in parts:
            part.add(dossier)
    counted = [
        Week(first=span.first, last=span.last, tally=part.analysis().total)
        for span, part in zip(spans, parts, strict=True)
    ]
    return Overview(analysis=whole.analysis(), weeks=tuple(counted))


def named_listings(
    analysis: Analysis, by: Dimension, say: Say, name: Callable[[str], str]
) -> list[Listing]:
    """The tables of an analysis; `name` says what a unit is called, which is stored by its id."""
    return list(analysis_listings(analysis, (by,), say, called=name))


def _weeks(last: date, count: int) -> Iterator[Window]:
    monday = last - timedelta(days=last.weekday())
    for back in range(count - 1, -1, -1):
        first = monday - timedelta(weeks=back)
        yield Window(first=first, last=min(last, first + timedelta(days=6)))
