"""How long cases stay in each state, as the log tells it.

1. Read from openings and accepted steps alone, never from what the tables hold of the present.
2. A stay begins with the entry that led into the state and ends with the one that led out of it;
   a step that stays where it is ends nothing. A stay in a final state is none.
3. Medians are over stays that have ended; those that go on are counted beside them, and the longest
   may be one of them.
4. Time is time of the clock, nights and holidays included: what working days it makes is a question
   to the calendar of the day, which the log does not hold.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from engine.audit.payload import payload_from_bytes
from engine.definition.model import Process
from engine.runtime import Caller, Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A case in a state, from when to when.

    Attributes:
        until: None while it goes on.
        entry: the entry that led into it.
    """

    instance: str
    code: str
    unit: str | None
    state: str
    since: datetime
    until: datetime | None
    entry: int

    def lasted(self, now: datetime) -> timedelta:
        """How long it lasted, or has by now."""
        return (self.until or now) - self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTimes:
    """The stays in one state.

    Attributes:
        median: of those that have ended; None without any.
        longest: of all.
        by_unit: unit of the case → median and number of stays that have ended.
    """

    state: str
    ended: int
    going_on: int
    median: timedelta | None
    longest: timedelta
    longest_stay: Stay
    by_unit: Mapping[str | None, tuple[timedelta, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of a case or a process.

    Attributes:
        process: the newest version of the process.
        stays: of the case, in their order; empty for a process.
        cases: how many cases were read.
    """

    process: Process
    now: datetime
    stays: tuple[Stay, ...]
    states: tuple[StateTimes, ...]
    cases: int


def times_of_case(runtime: Runtime, caller: Caller, instance_id: str) -> Times:
    """The stays of one case.

    Raises:
        NotFound: the organisation has no such case.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        case = uow.case(instance_id)
        process = uow.pinned(case).process
        told = uow.tables.log_reader.courses(instance=instance_id)
        stays = tuple(_stays(told, process))
        states = _states(stays, process, uow.now)
        return Times(process=process, now=uow.now, stays=stays, states=states, cases=1)


def times_of_process(
    runtime: Runtime, caller: Caller, process_id: str, *, year: int | None = None
) -> Times:
    """The stays of every case of a process, or of those opened for one year.

    Raises:
        NotFound: it was never published in this organisation.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        process = uow.definition(process_id).process
        told = uow.tables.log_reader.courses(process=process_id)
        stays = tuple(_stays(told, process, year=year))
        return Times(
            process=process,
            now=uow.now,
            stays=(),
            states=_states(stays, process, uow.now),
            cases=len({stay.instance for stay in stays}),
        )


@dataclass(slots=True)
class _Course:
    """A case while its entries are read."""

    instance: str
    code: str
    unit: str | None
    state: str
    since: datetime
    entry: int
    wanted: bool = field(default=True)

    def stay(self, until: datetime | None) -> Stay:
        """The stay it is in."""
        return Stay(
            instance=self.instance,
            code=self.code,
            unit=self.unit,
            state=self.state,
            since=self.since,
            until=until,
            entry=self.entry,
        )


def _stays(
    told: Iterable[tuple[int, str, bytes, bytes | None]],
    process: Process,
    *,
    year: int | None = None,
) -> Iterator[Stay]:
    """Every stay; those that ended come as they end, those that go on last."""
    courses: dict[str, _Course] = {}
    for idx, instance, content, payload in told:
        body: dict[str, Any] = json.loads(content)
        at = datetime.fromisoformat(body["recorded_at"])
        course = courses.get(instance)
        if course is None:
            courses[instance] = _opened(idx, instance, body, payload, at, year)
            continue
        if body["to"] == course.state:
            continue
        if course.wanted:
            yield course.stay(at)
        course.state, course.since, course.entry = body["to"], at, idx
    for course in courses.values():
        if course.wanted and not _is_final(course.state, process):
            yield course.stay(None)


def _opened(
    idx: int,
    instance: str,
    body: Mapping[str, Any],
    payload: bytes | None,
    at: datetime,
    year: int | None,
) -> _Course:
    details = {} if payload is None else payload_from_bytes(payload).details
    return _Course(
        instance=instance,
        code=body.get("code", instance),
        unit=details.get("unit"),
        state=body["to"],
        since=at,
        entry=idx,
        wanted=year is None or details.get("year") == year,
    )


def _is_final(state: str, process: Process) -> bool:
    return state in process.states and process.states[state].final is not None


def _states(stays: Iterable[Stay], process: Process, now: datetime) -> tuple[StateTimes, ...]:
    """By state, in the order of the definition; what it does not know any more comes last."""
    by_state: dict[str, list[Stay]] = {state: [] for state in process.states}
    for stay in stays:
        by_state.setdefault(stay.state, []).append(stay)
    return tuple(_of_state(state, found, now) for state, found in by_state.items() if found)


def _median(lengths: list[timedelta]) -> timedelta:
    return timedelta(seconds=median(length.total_seconds() for length in lengths))


def _of_state(state: str, stays: list[Stay], now: datetime) -> StateTimes:
    ended = [stay for stay in stays if stay.until is not None]
    longest = max(stays, key=lambda stay: stay.lasted(now))
    by_unit: dict[str | None, list[timedelta]] = {}
    for stay in ended:
        by_unit.setdefault(stay.unit, []).append(stay.lasted(now))
    return StateTimes(
        state=state,
        ended=len(ended),
        going_on=len(stays) - len(ended),
        median=_median([stay.lasted(now) for stay in ended]) if ended else None,
        longest=longest.lasted(now),
        longest_stay=longest,
        by_unit={unit: (_median(found), len(found)) for unit, found in by_unit.items()},
    )
