"""Whether a year's plan can keep the order that its processes declare, told months ahead.

1. A step with `needs` asks that another process has reached a state in the same year. What has been
   reached, and a step that was taken already, are no worry.
2. The step's last day is the latest due day of the states that it leaves, as far as the file alone
   tells one (`date`, `end_of_window`); else the end of its process's window, else of its plan row.
3. The other process is ready by the latest of: the last month that its plan rows name, the end of
   its own window, the present due day of an open case of it. Who names none of these is not judged.
4. A process without a plan row and without a case will not be ready at all. One that has a row and
   no case is named as soon as a case waits for it.
5. Days off are left aside: what is told months ahead is not a matter of two days.
"""

import calendar as month_lengths
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from engine.definition.model import Need, Process
from engine.machine.window import day_of_year, spans_of

Title = Mapping[str, str]


class OrderFault(StrEnum):
    """Why an order cannot be kept."""

    NOT_PLANNED = "not_planned"
    NOT_OPENED = "not_opened"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A row of a plan as far as order goes.

    Attributes:
        months: those that the row names; empty where it names none.
    """

    code: str
    processes: tuple[str, ...]
    months: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the year's cases of a process have come to.

    Attributes:
        opened: there is a case, whatever became of it.
        reached: every state that a case has entered.
        due_on: latest present due day of the open cases.
    """

    opened: bool = False
    reached: frozenset[str] = field(default_factory=frozenset)
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWarning:
    """An order that this plan cannot keep, or will not as it stands.

    Attributes:
        row: the plan row of the process whose step waits.
        needed: the process that must have reached `state` before.
        by: the last day on which the step is in time; None when no day is known.
        ready: the day by which the other process is ready; None when it never is, or nobody knows.
    """

    fault: OrderFault
    row: str
    process: str
    transition: str
    needed: str
    state: str
    by: date | None
    ready: date | None
    titles: Mapping[str, Title]

    def params(self, language: str) -> dict[str, Any]:
        """What fills its sentence `plan_warning.<fault>` in a language."""
        named = {name: title[language] for name, title in self.titles.items()}
        return {"row": self.row, "by": self.by, "ready": self.ready, **named}


def order_warnings(
    definitions: Mapping[str, Process],
    rows: Iterable[PlanRow],
    standings: Mapping[str, Standing],
    *,
    year: int,
) -> tuple[OrderWarning, ...]:
    """Every order that cannot be kept, in the order of the plan.

    Args:
        definitions: the newest version of every process that is known.
        rows: the plan's rows.
        standings: process → what its cases of the year have come to; absent: no case.
        year: of the plan.
    """
    plan = _Plan(definitions=definitions, rows=tuple(rows), standings=standings, year=year)
    found = dict.fromkeys(
        (row.code, process)
        for row in plan.rows
        for process in row.processes
        if process in definitions
    )
    return tuple(warning for row, process in found for warning in _of_process(plan, row, process))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    definitions: Mapping[str, Process]
    rows: tuple[PlanRow, ...]
    standings: Mapping[str, Standing]
    year: int

    def standing(self, process: str) -> Standing:
        return self.standings.get(process, Standing())

    def end_of_rows(self, process: str) -> date | None:
        """The end of the last month that the plan names for a process."""
        months = [m for row in self.rows if process in row.processes for m in row.months]
        return _last_day(self.year, max(months)) if months else None

    def end_of_window(self, process: str) -> date | None:
        known = self.definitions.get(process)
        if known is None or known.window is None:
            return None
        return max((span.last for span in spans_of(known.window, year=self.year)), default=None)


def _of_process(plan: _Plan, row: str, name: str) -> Iterator[OrderWarning]:
    process = plan.definitions[name]
    done = plan.standing(name).reached
    for transition, step in process.transitions.items():
        if not done.isdisjoint(step.targets):
            continue
        by = _last_day_of_step(plan, process, transition)
        for need in step.needs:
            ready = _ready(plan, need.process)
            for fault in _faults(plan, need, process=name, by=by, ready=ready):
                yield OrderWarning(
                    fault=fault,
                    row=row,
                    process=name,
                    transition=transition,
                    needed=need.process,
                    state=need.state,
                    by=by,
                    ready=None if fault is OrderFault.NOT_PLANNED else ready,
                    titles=_titles(plan, process, transition, need),
                )


def _faults(
    plan: _Plan, need: Need, *, process: str, by: date | None, ready: date | None
) -> Iterator[OrderFault]:
    standing = plan.standing(need.process)
    if need.state in standing.reached:
        return
    planned = any(need.process in row.processes for row in plan.rows)
    if not planned and not standing.opened:
        yield OrderFault.NOT_PLANNED
        return
    if by is not None and ready is not None and ready > by:
        yield OrderFault.TOO_LATE
    if plan.standing(process).opened and not standing.opened:
        yield OrderFault.NOT_OPENED


def _last_day_of_step(plan: _Plan, process: Process, transition: str) -> date | None:
    days = [_due(plan, process, state) for state in process.sources(transition)]
    known = [day for day in days if day is not None]
    if known:
        return max(known)
    return plan.end_of_window(process.process) or plan.end_of_rows(process.process)


def _due(plan: _Plan, process: Process, state: str) -> date | None:
    """The due day of a state where the file alone tells it."""
    due = process.states[state].due if state in process.states else None
    if due is None:
        return None
    if due.date is not None:
        return day_of_year(plan.year, due.date)
    return plan.end_of_window(process.process) if due.end_of_window else None


def _ready(plan: _Plan, process: str) -> date | None:
    days = (
        plan.end_of_rows(process),
        plan.end_of_window(process),
        plan.standing(process).due_on,
    )
    return max((day for day in days if day is not None), default=None)


def _titles(plan: _Plan, process: Process, transition: str, need: Need) -> dict[str, Title]:
    """The titles for the sentence; what is not known is called by its id."""
    other = plan.definitions.get(need.process)
    state = None if other is None else other.states.get(need.state)
    return {
        "process": process.title.model_dump(),
        "step": process.transitions[transition].title.model_dump(),
        "needed": _called(need.process) if other is None else other.title.model_dump(),
        "state": _called(need.state) if state is None else state.title.model_dump(),
    }


def _called(name: str) -> Title:
    return {"vi": name, "en": name}


def _last_day(year: int, month: int) -> date:
    return date(year, month, month_lengths.monthrange(year, month)[1])
