"""Days, times and terms as offices and spreadsheets write them.

1. A day is `dd/mm/yyyy` (or with `.` or `-`, or a year of two digits), ISO, what a spreadsheet
   knows as a date, or its serial number. The day stands before the month, always.
2. An hour stands before or behind the day: `14:55`, `14h55`, `2:55 CH`. An instant with an offset
   is told on the office's clock. Midnight is what a program writes for a day alone: no hour is
   known.
3. A term is a number of working days, or of hours of which eight make a day; it is counted in half
   days, and what is no whole number of them is unreadable.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from engine.tables.cell import Cell
from engine.tables.names import far

SERIAL_ZERO: Final = date(1899, 12, 30)
"""Where spreadsheets begin to count, for every day after February 1900."""
SERIALS: Final = range(20_000, 80_000)
"""From 1954 to 2119: a smaller number is a count, a larger one a code."""
CENTURY: Final = 2000
HOURS_OF_HALF_DAY: Final = 4
DIGITS_MAX: Final = 12

_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_ISO: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
_CLOCK: Final = re.compile(
    r"(\d{1,2})[:hg](\d{2})?(?::\d{2}(?:\.\d+)?)?'?\s*(am|pm|sa|ch)?", re.ASCII | re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_TERM: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(\D*)", re.ASCII)
_HOURS: Final = frozenset({"gio", "h", "gio lam viec", "hour", "hours", "tieng"})
_DAYS: Final = frozenset(
    {"", "ngay", "ngay lam viec", "d", "wd", "day", "days", "working day", "working days"}
)


def moment_of(cell: Cell, zone: tzinfo) -> tuple[datetime, bool]:
    """The minute that a cell tells on the office's clock, and whether it tells an hour.

    Raises:
        ValueError: it tells none.
    """
    moment = _moment(cell, zone)
    return moment, moment.time() != time()


def is_day_alone(text: str) -> bool:
    """Whether a text is a day and nothing besides, as offices write it."""
    return any(pattern.fullmatch(text) for pattern in (_DAY, _ISO))


def is_hour_behind(text: str) -> bool:
    """Whether a text is nothing, or an hour as it stands behind a day that is one alone."""
    if not text:
        return True
    if not text.startswith(" ") or "T" in text:
        return False
    try:
        _of_text(f"01/01/2000{text}".rstrip(), UTC)
    except ValueError:
        return False
    return True


def day_of(cell: Cell, zone: tzinfo) -> date:
    """The day that a cell tells, whatever hour stands beside it.

    Raises:
        ValueError: it tells none.
    """
    return moment_of(cell, zone)[0].date()


def half_days_of(cell: Cell) -> int:
    """The term that a cell tells, in half working days.

    Raises:
        ValueError: it tells none.
    """
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise ValueError  # noqa: TRY004 - what a cell holds is a value, not a type.
    found = _TERM.fullmatch(str(cell).strip())
    if found is None or len(found[1]) > DIGITS_MAX:
        raise ValueError
    number, unit = Decimal(found[1].replace(",", ".")), far(found[2])
    if unit in _HOURS:
        halves = number / HOURS_OF_HALF_DAY
    elif unit in _DAYS:
        halves = number * 2
    else:
        raise ValueError
    if halves != halves.to_integral_value():
        raise ValueError
    return int(halves)


def count_of(cell: Cell) -> int:
    """The count that a cell tells.

    Raises:
        ValueError: it tells none.
    """
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise ValueError  # noqa: TRY004 - as above.
    text = str(cell).strip()
    if len(text) > DIGITS_MAX or not _NUMBER.fullmatch(text):
        raise ValueError
    number = Decimal(text.replace(",", "."))
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _moment(cell: Cell, zone: tzinfo) -> datetime:
    match cell:
        case datetime():
            return _local(cell, zone)
        case date():
            return datetime.combine(cell, time())
        case str():
            return _of_text(cell.strip(), zone)
        case int() | float() | Decimal() if not isinstance(cell, bool):
            return _of_serial(Decimal(str(cell)))
        case _:
            raise ValueError


def _local(moment: datetime, zone: tzinfo) -> datetime:
    """A moment on the office's clock, without seconds."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone)
    return moment.replace(second=0, microsecond=0, tzinfo=None)


def _of_serial(number: Decimal) -> datetime:
    whole = int(number)
    if whole not in SERIALS:
        raise ValueError
    minutes = int(((number - whole) * 24 * 60).to_integral_value())
    return datetime.combine(SERIAL_ZERO, time()) + timedelta(days=whole, minutes=minutes)


def _of_text(text: str, zone: tzinfo) -> datetime:
    if _NUMBER.fullmatch(text) and len(text) <= DIGITS_MAX:
        return _of_serial(Decimal(text.replace(",", ".")))
    if "T" in text:
        return _local(datetime.fromisoformat(text), zone)
    for pattern in (_ISO, _DAY):
        found = pattern.search(text)
        if found is not None:
            rest = (text[: found.start()] + " " + text[found.end() :]).strip(" ,-")
            return datetime.combine(_date(found, pattern), _clock(rest) if rest else time())
    raise ValueError


def _date(found: re.Match[str], pattern: re.Pattern[str]) -> date:
    first, month, last = (int(part) for part in found.groups())
    year, day = (first, last) if pattern is _ISO else (last, first)
    return date(year if year >= 100 else CENTURY + year, month, day)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").casefold()
    if half in {"pm", "ch"} and hour < 12:
        hour += 12
    if half in {"am", "sa"} and hour == 12:
        hour = 0
    return time(hour, minute)
