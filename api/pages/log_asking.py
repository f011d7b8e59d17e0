"""What somebody asks of the log, as the address has it: the page, its links and every export.

1. The address says all of it, so that a link shows another person the same entries.
2. What cannot be meant is left out, and the form shows it empty; a code of a case that is not there
   is a fault that is said.
3. Periods are of the organisation's calendar: a year, a quarter, a month, or days of one's own;
   both together must hold.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from urllib.parse import urlencode

from api.dependencies import log_filter
from engine.audit.leaf import EntryType
from engine.queries.log_pages import LogQuestion

INDEX_DIGITS: Final = 15
WORDS_LENGTH_MAX: Final = 100
OUTCOMES: Final = frozenset({"accepted", "refused"})
KINDS: Final = tuple(kind.value for kind in EntryType)
QUARTERS: Final = 4
MONTHS: Final = 12
NAMES: Final[Mapping[str, str]] = {"first": "from", "last": "to", "words": "q", "kind": "type"}
"""What an attribute is called in the address, where it is called otherwise."""
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the log was asked for, as the form shows it again."""

    process: str = ""
    transition: str = ""
    actor: str = ""
    unit: str = ""
    outcome: str = ""
    kind: str = ""
    period: str = ""
    first: str = ""
    last: str = ""
    instance: str = ""
    code: str = ""
    words: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What is asked for, by the names of the address."""
        told = {NAMES.get(name, name): getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in told.items() if value}

    @property
    def count(self) -> int:
        """How many things narrow it."""
        return len(self.query)

    def address(self, path: str, **more: str) -> str:
        """The address of a page of what is asked for."""
        query = urlencode({**self.query, **more})
        return f"{path}?{query}" if query else path

    def but(self, **values: str) -> "Asked":
        """The same with something else."""
        return replace(self, **values)


def asked_by(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what cannot be meant is left out."""
    outcome, kind, period = (query.get(name, "") for name in ("outcome", "type", "period"))
    return Asked(
        process=query.get("process", ""),
        transition=query.get("transition", ""),
        actor=query.get("actor", ""),
        unit=query.get("unit", ""),
        outcome=outcome if outcome in OUTCOMES else "",
        kind=kind if kind in KINDS else "",
        period=period if days_of(period) is not None else "",
        first=_day_text(query.get("from", "")),
        last=_day_text(query.get("to", "")),
        instance=query.get("instance", ""),
        code=query.get("code", "").strip()[:WORDS_LENGTH_MAX],
        words=query.get("q", "").strip()[:WORDS_LENGTH_MAX],
    )


def question_of(asked: Asked, zone: tzinfo) -> LogQuestion:
    """The question to the log."""
    first = [_midnight(asked.first, zone, days=0)]
    last = [_midnight(asked.last, zone, days=1)]
    days = days_of(asked.period)
    if days is not None:
        first.append(_instant(days[0], zone))
        last.append(_instant(days[1], zone))
    return LogQuestion(
        wanted=log_filter(
            process=asked.process or None,
            transition=asked.transition or None,
            actor=asked.actor or None,
            outcome=asked.outcome or None,
            type=asked.kind or None,
            instance=asked.instance or None,
            first=max((one for one in first if one is not None), default=None),
            last=min((one for one in last if one is not None), default=None),
        ),
        unit=asked.unit or None,
        code=asked.code or None,
        words=asked.words or None,
    )


def place_of(text: str) -> int | None:
    """A place in the log that an address names."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= INDEX_DIGITS else None


def days_of(period: str) -> tuple[date, date] | None:
    """The first day of a period, and the first day behind it."""
    found = _PERIOD.fullmatch(period)
    if found is None or not date.min.year < int(found[1]) < date.max.year:
        return None
    year = int(found[1])
    if found[2]:
        return _months(year, 3 * int(found[2]) - 2, 3)
    return _months(year, int(found[3]), 1) if found[3] else _months(year, 1, MONTHS)


def periods(first: date, last: date) -> Iterator[tuple[int, list[str]]]:
    """Every year between two days with its periods, the latest first."""
    for year in range(last.year, first.year - 1, -1):
        found = [
            str(year),
            *(f"{year}-Q{quarter}" for quarter in range(1, QUARTERS + 1)),
            *(f"{year}-{month:02}" for month in range(1, MONTHS + 1)),
        ]
        yield year, [one for one in found if _overlaps(one, first, last)]


def _overlaps(period: str, first: date, last: date) -> bool:
    days = days_of(period)
    return days is not None and days[0] <= last and first < days[1]


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    behind = month - 1 + count
    return date(year, month, 1), date(year + behind // MONTHS, behind % MONTHS + 1, 1)


def _day_text(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _midnight(text: str, zone: tzinfo, *, days: int) -> datetime | None:
    """The instant at which a day of the organisation begins, `days` later."""
    if not text:
        return None
    try:
        return _instant(date.fromisoformat(text) + timedelta(days=days), zone)
    except OverflowError:
        return None


def _instant(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
