"""The first rows of a Vietnamese calendar, before an office enters its own.

1. The rows come from the pinned `holidays` library and from `definitions/calendars/vn.yaml`;
   where both name a date the file wins, because it names the document that decided the day.
2. They are a seed: an organisation copies them once into dated rows of its own, and only those
   count from then on. A later library may say otherwise without moving any deadline.
3. The library announces later years by rule, before the Prime Minister has decided them: its
   rows carry its name and version as their source, so that nobody takes them for a decision.
4. Reading the file is the caller's: this module takes what a YAML or JSON reader returned.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import holidays
from holidays.version import __version__ as library_version

from engine.calendars.business_days import CalendarDay, CalendarInvalid, DayKind

LIBRARY_SOURCE = f"holidays {library_version}"
SWAPPED_SATURDAY = "Ngày làm việc bù"

_WEEKDAYS = {
    "monday": 1,
    "tuesday": 2,
    "wednesday": 3,
    "thursday": 4,
    "friday": 5,
    "saturday": 6,
    "sunday": 7,
}
_DAY_KEYS = frozenset({"date", "kind", "label", "source"})


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What an override file says.

    Attributes:
        weekend: ISO weekdays that are off.
        days: its dated rows, each with the title of its source document.
    """

    weekend: frozenset[int]
    days: tuple[CalendarDay, ...]


def read_calendar_file(data: object) -> CalendarFile:
    """Checks the parsed content of an override file and makes rows of it.

    Raises:
        CalendarInvalid: `calendar_file_invalid` with the `path` of the first value that does not
            fit and the `problem`; `calendar_day_repeated` when a date stands there twice.
    """
    file = _mapping(data, path="", keys=frozenset({"weekend", "sources", "days"}))
    sources = _sources(file["sources"])
    days = tuple(
        _day(row, path=f"days[{position}]", sources=sources)
        for position, row in enumerate(_list(file["days"], path="days"))
    )
    seen: set[date] = set()
    for row in days:
        if row.date in seen:
            raise CalendarInvalid("calendar_day_repeated", date=row.date.isoformat())
        seen.add(row.date)
    return CalendarFile(weekend=_weekend(file["weekend"]), days=days)


def seed_days(years: Collection[int], file: CalendarFile) -> tuple[CalendarDay, ...]:
    """The rows with which an organisation starts, in date order, for these years only."""
    rows = {row.date: row for row in _library_days(years)}
    rows.update((row.date, row) for row in file.days if row.date.year in years)
    return tuple(rows[day] for day in sorted(rows))


def _library_days(years: Collection[int]) -> list[CalendarDay]:
    # A swap at the turn of the year is filed under the neighbouring year, so its neighbours
    # are read too and cut off again.
    asked = {year + shift for year in years for shift in (-1, 0, 1)}
    calendar = holidays.country_holidays("VN", years=asked, language="vi")
    days_off = [
        CalendarDay(day, DayKind.OFF, label, LIBRARY_SOURCE, official=False)
        for day, label in calendar.items()
        if day.year in years
    ]
    swapped = [
        CalendarDay(day, DayKind.WORK, SWAPPED_SATURDAY, LIBRARY_SOURCE, official=False)
        for day in calendar.weekend_workdays
        if day.year in years
    ]
    return days_off + swapped


def _sources(value: object) -> dict[str, str]:
    titles: dict[str, str] = {}
    for name, source in _mapping(value, path="sources").items():
        path = f"sources.{name}"
        entry = _mapping(source, path=path, keys=frozenset({"title"}))
        titles[name] = _text(entry["title"], path=f"{path}.title")
    return titles


def _weekend(value: object) -> frozenset[int]:
    names = [_text(name, path="weekend") for name in _list(value, path="weekend")]
    if not set(names) <= set(_WEEKDAYS):
        raise _problem("weekend", "unknown_weekday")
    return frozenset(_WEEKDAYS[name] for name in names)


def _day(value: object, *, path: str, sources: Mapping[str, str]) -> CalendarDay:
    row = _mapping(value, path=path, keys=_DAY_KEYS)
    kind = _text(row["kind"], path=f"{path}.kind")
    if kind not in {known.value for known in DayKind}:
        raise _problem(f"{path}.kind", "unknown_kind")
    source = _text(row["source"], path=f"{path}.source")
    if source not in sources:
        raise _problem(f"{path}.source", "unknown_source")
    return CalendarDay(
        date=_date(row["date"], path=f"{path}.date"),
        kind=DayKind(kind),
        label=_text(row["label"], path=f"{path}.label"),
        source=sources[source],
    )


def _mapping(value: object, *, path: str, keys: frozenset[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _problem(path, "not_a_mapping")
    if keys is not None and set(value) != keys:
        raise _problem(path, "wrong_keys")
    return value


def _list(value: object, *, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _problem(path, "not_a_list")
    return value


def _text(value: object, *, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _problem(path, "not_a_text")
    return value


def _date(value: object, *, path: str) -> date:
    # YAML readers return dates, JSON readers text; a moment in time is neither.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value, path=path))
    except ValueError as error:
        raise _problem(path, "not_a_date") from error


def _problem(path: str, problem: str) -> CalendarInvalid:
    return CalendarInvalid("calendar_file_invalid", path=path, problem=problem)
