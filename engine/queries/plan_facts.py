"""What a year's plan is judged by: the cases of its rows, and the figures that measure its targets.

1. A target names the published figure that measures it (`figure` of the plan's `measures`). Of the
   cases of a year those of the longest period speak first (a quarter before its weeks), the newest
   before older ones; who says nothing yet is passed over.
2. How many cases a process has is counted in the database; the newest `CASES_PER_PROCESS_MAX` are
   looked at one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from engine.calendars.recurrence import parse_period
from engine.definition.model import Process
from engine.machine.window import Span, spans_of
from engine.queries.plan_standing import SHARE, Actual, Carrier, PlanCase, RowFacts, Target
from engine.runtime import UnitOfWork
from engine.storage.instances import Count, Filter, StoredInstance
from engine.transaction.planning import newest_definitions, opened_by_plan

CASES_PER_PROCESS_MAX: Final = 200
ASKED_MAX: Final = 6
"""How many cases are asked for a figure until one says something."""
WHOLE_YEAR: Final = 366


def plan_facts(uow: UnitOfWork, body: Mapping[str, Any], year: int) -> tuple[RowFacts, ...]:
    """What is known of every row of a plan, in this transaction."""
    return tuple(_facts(uow, body, year))


def _facts(uow: UnitOfWork, body: Mapping[str, Any], year: int) -> Iterator[RowFacts]:
    known = newest_definitions(uow)
    counts = {
        count.process: count for count in uow.tables.instances.tallies((year,), overdue_at=uow.now)
    }
    for row in body["rows"]:
        processes = tuple(row.get("processes", ()))
        months = tuple(((row.get("time") or {}).get("window") or {}).get("months", ()))
        named = _months(year, months) if len(processes) == 1 else None
        yield RowFacts(
            code=row["code"],
            objective=row.get("objective", 0),
            title=row.get("content") or {"vi": row["code"], "en": row["code"]},
            heading=bool(row.get("heading")),
            carriers=tuple(
                _carrier(uow, name, known, counts.get(name), year=year, named=named)
                for name in processes
            ),
            targets=tuple(_target(uow, measure, year) for measure in row.get("measures", ())),
        )


def _months(year: int, months: tuple[int, ...]) -> Span | None:
    """From the first to the last month that a row names."""
    if not months:
        return None
    last = date(year + max(months) // 12, max(months) % 12 + 1, 1)
    return Span(date(year, min(months), 1), date.fromordinal(last.toordinal() - 1))


def _carrier(
    uow: UnitOfWork,
    name: str,
    known: Mapping[str, Process],
    count: Count | None,
    *,
    year: int,
    named: Span | None,
) -> Carrier:
    process = known.get(name)
    if process is None:
        return Carrier(process=name, title={"vi": name, "en": name}, known=False)
    spans = () if process.window is None else spans_of(process.window, year=year)
    wanted = Filter(process=name, year=year)
    found = uow.tables.instances.find(wanted, limit=CASES_PER_PROCESS_MAX) if count else ()
    return Carrier(
        process=name,
        title=process.title.model_dump(),
        time=Span(spans[0].first, spans[-1].last) if spans else named,
        expected=opened_by_plan(process, known) or name in uow.tables.registry.periodics,
        total=count.total if count else 0,
        done=count.succeeded if count else 0,
        broken_off=count.aborted if count else 0,
        late=count.overdue if count else 0,
        first_late=_first_late(uow, wanted) if count and count.overdue else None,
        cases=tuple(_plan_case(uow, stored) for stored in reversed(found)),
    )


def _first_late(uow: UnitOfWork, wanted: Filter) -> PlanCase | None:
    late = replace(wanted, overdue_at=uow.now)
    found = uow.tables.instances.due(late, first=None, last=None, limit=1)
    return _plan_case(uow, found[0]) if found else None


def _plan_case(uow: UnitOfWork, stored: StoredInstance) -> PlanCase:
    return PlanCase(
        id=stored.id,
        code=stored.code,
        opened_on=stored.opened_at.astimezone(uow.zone).date(),
        closed_on=stored.closed_on,
        due_on=stored.due_on,
        final=stored.final,
        overdue=stored.final is None and stored.due_at is not None and uow.now >= stored.due_at,
    )


def _target(uow: UnitOfWork, measure: Mapping[str, Any], year: int) -> Target:
    figure, unit = measure.get("figure"), measure.get("unit", SHARE)
    return Target(
        id=measure["id"],
        title=measure["title"],
        unit=unit,
        operator=measure["operator"],
        value=measure["value"],
        strive=bool(measure.get("strive")),
        actual=None if figure is None else _actual(uow, figure, year, unit=unit),
        before=None if figure is None else _actual(uow, figure, year - 1, unit=unit),
    )


def _actual(uow: UnitOfWork, figure: str, year: int, *, unit: str) -> Actual | None:
    """What the case that speaks for a year says to a figure."""
    compute = uow.tables.registry.figures.get(figure)
    if compute is None:
        return None
    process, _, name = figure.partition(".")
    found = uow.tables.instances.find(
        Filter(process=process, year=year), limit=CASES_PER_PROCESS_MAX
    )
    speaking = [stored for stored in found if stored.final != "aborted"]
    for stored in sorted(speaking, key=_length, reverse=True)[:ASKED_MAX]:
        if name not in uow.version_of(stored).process.figures:
            continue
        told = compute(uow.case(stored.id))
        if told.numerator is not None and (told.denominator or unit != SHARE):
            return Actual(
                numerator=told.numerator,
                denominator=told.denominator,
                cut_off=told.cut_off,
                source=stored.code,
                source_id=stored.id,
                settled=stored.final is not None and stored.period is None,
            )
    return None


def _length(stored: StoredInstance) -> tuple[int, date]:
    """How long the period of a case is, and when it ends; one without a period has all the year."""
    if stored.period is None:
        return WHOLE_YEAR, date.max
    period = parse_period(stored.period)
    return (period.last_day - period.first_day).days, period.last_day
