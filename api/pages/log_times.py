"""Time in each state: of a case, and over the cases of a process, with a chart and its table."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response

from api.pages.audit_log import newest_definitions
from api.pages.charts import Amount, BarChart, bar_chart
from api.pages.visiting import Desk, Desked
from engine.definition.model import Process
from engine.queries.instances import instance_view
from engine.queries.state_times import StateTimes, Times, times_of_case, times_of_process

router = APIRouter(prefix="/log")

YEARS_BACK: Final = 5
YEAR_DIGITS: Final = 4
HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesView:
    """Times in words.

    Attributes:
        rows: state, number of stays, median, longest with its case, still there.
        units: state, unit, median, number of stays.
    """

    chart: BarChart
    told: str
    states: tuple[tuple[str, StateTimes, str, str], ...]
    units: tuple[tuple[str, str, str, int], ...]
    stays: tuple[tuple[str, object, str], ...]

    @property
    def several_units(self) -> bool:
        """Whether a table by unit says more than the one by state."""
        return len({unit for _, unit, _, _ in self.units}) > 1


@router.get("/times")
def page(desk: Desked) -> Response:
    """The times of the case or the process that is asked for."""
    query = desk.request.query_params
    runtime, caller = desk.house.runtime, desk.caller
    newest = newest_definitions(desk)
    instance, process = query.get("instance", ""), query.get("process", "")
    year = _year(query.get("year", ""))
    times = summary = None
    if instance:
        summary = instance_view(runtime, caller, instance).summary
        times = times_of_case(runtime, caller, instance)
        process = times.process.process
    elif process in newest:
        times = times_of_process(runtime, caller, process, year=year)
    this = desk.visit.today.year
    return desk.page(
        "log/times.html",
        instance=summary,
        process=process,
        year=year,
        years=range(this + 1, this - YEARS_BACK, -1),
        processes=[(name, desk.voice.title(one.title)) for name, one in newest.items()],
        times=times,
        view=None if times is None else _view(desk, times),
    )


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == YEAR_DIGITS else None


def _view(desk: Desk, times: Times) -> TimesView:
    drawn = [(one, one.median or one.longest) for one in times.states]
    most = max((_seconds(length) for _, length in drawn), default=1)
    named = {one.state: _state(desk, one.state, times.process) for one in times.states}
    slowest = max(drawn, key=lambda one: one[1], default=None)
    return TimesView(
        chart=bar_chart(
            [
                Amount(
                    label=named[one.state],
                    value=length_in_words(desk, length),
                    size=_seconds(length),
                    whole=most,
                    strong=one.median is not None,
                )
                for one, length in drawn
            ]
        ),
        told=""
        if slowest is None
        else desk.voice.ui(
            "times.told",
            state=named[slowest[0].state],
            length=length_in_words(desk, slowest[1]),
        ),
        states=tuple(
            (
                named[one.state],
                one,
                "—" if one.median is None else length_in_words(desk, one.median),
                length_in_words(desk, one.longest),
            )
            for one in times.states
        ),
        units=tuple(
            (named[one.state], desk.voice.unit(unit), length_in_words(desk, found), count)
            for one in times.states
            for unit, (found, count) in sorted(
                one.by_unit.items(), key=lambda told: told[1][0], reverse=True
            )
        ),
        stays=tuple(
            (
                _state(desk, stay.state, times.process),
                stay,
                length_in_words(desk, stay.lasted(times.now)),
            )
            for stay in times.stays
        ),
    )


def _state(desk: Desk, state: str, process: Process) -> str:
    known = process.states.get(state)
    return state if known is None else desk.voice.title(known.title)


def _seconds(length: timedelta) -> int:
    return max(0, int(length.total_seconds()))


def length_in_words(desk: Desk, length: timedelta) -> str:
    """A length of time in days and hours; below an hour in minutes."""
    minutes = _seconds(length) // 60
    days, rest = divmod(minutes, HOURS * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return desk.voice.ui("times.days", days=days, hours=hours)
    if hours:
        return desk.voice.ui("times.hours", hours=hours, minutes=minutes)
    return desk.voice.ui("times.minutes", minutes=minutes)
