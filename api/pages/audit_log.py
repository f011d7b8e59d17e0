"""The auditors' view of the log: who did what, to which case, with which old and new values.

1. Newest first; the index of an entry is its address, and each has a page of its own.
2. A refused attempt is an entry like any other, and marked as refused in words.
3. What is asked for stands in the address; above the entries stands what they come to.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Response

from api.language import show_day
from api.pages.charts import Amount, ColumnChart, column_chart
from api.pages.log_asking import Asked, asked_by, periods, place_of, question_of
from api.pages.log_words import told
from api.pages.visiting import Desk, Desked
from engine.audit.leaf import EntryType
from engine.commands.export_log import NAMED_FOR
from engine.definition.model import Process
from engine.machine.actor import SYSTEM
from engine.queries.definitions import list_definitions
from engine.queries.instances import instance_view
from engine.queries.log_pages import first_day, log_page
from engine.storage.log_reading import LogSummary

router = APIRouter()

PER_PAGE: Final = 50
BUSIEST: Final = 5
COLUMNS: Final = 10
"""Columns that can be told apart on a phone; where there are more days, each stands for several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """What a narrowing of the log comes to, in words and as a chart with its table."""

    summary: LogSummary
    people: tuple[tuple[str, str, int], ...]
    chart: ColumnChart
    told: str
    rows: tuple[tuple[str, ...], ...]


@router.get("/log")
def page(desk: Desked) -> Response:
    """The log, narrowed by the form."""
    query = desk.request.query_params
    asked = asked_by(query)
    runtime, caller, voice = desk.house.runtime, desk.caller, desk.voice
    found = log_page(
        runtime,
        caller,
        question_of(asked, desk.visit.zone),
        before=place_of(query.get("before", "")),
        limit=PER_PAGE,
    )
    newest = newest_definitions(desk)
    instance = instance_view(runtime, caller, asked.instance) if asked.instance else None
    return desk.page(
        "log/list.html",
        block="results",
        asked=asked,
        trail=found,
        entries=[
            told(
                entry,
                voice,
                people=found.people,
                definitions=found.definitions,
                newest=newest,
                files=found.files,
            )
            for entry in found.entries
        ],
        summary=None if found.summary is None else _summary(desk, found.summary),
        next=None if found.next is None else asked.address("/log", before=str(found.next)),
        instance_name=None
        if instance is None
        else f"{instance.summary.code} · {instance.summary.title}",
        named=not NAMED_FOR.isdisjoint(desk.visit.roles),
        **_choices(desk, asked, newest),
    )


def newest_definitions(desk: Desk) -> dict[str, Process]:
    """The newest version of every process."""
    found = list_definitions(desk.house.runtime, desk.caller)
    return {view.process.process: view.process for view in found}


def _choices(desk: Desk, asked: Asked, newest: dict[str, Process]) -> dict[str, Any]:
    """What the form offers."""
    voice = desk.voice
    today = desk.visit.today
    return {
        "processes": [(name, voice.title(process.title)) for name, process in newest.items()],
        "transitions": [
            (
                voice.title(process.title),
                [(step, voice.title(spec.title)) for step, spec in process.transitions.items()],
            )
            for name, process in newest.items()
            if asked.process in {"", name}
        ],
        "people": [*desk.choices.people, (SYSTEM.person, voice.person(SYSTEM.person))],
        "units": desk.choices.units,
        "kinds": sorted(
            (
                (kind.value, voice.words.say(f"entry.{kind.value}", {}, voice.language))
                for kind in EntryType
            ),
            key=lambda one: one[1],
        ),
        "periods": [
            (year, [(one, period_name(desk, one)) for one in some])
            for year, some in periods(first_day(desk.house.runtime, desk.caller) or today, today)
        ],
    }


def period_name(desk: Desk, period: str) -> str:
    """A period as people say it."""
    year, _, part = period.partition("-")
    if not part:
        return desk.voice.ui("log.year", year=year)
    if part.startswith("Q"):
        return desk.voice.ui("log.quarter", quarter=part[1:], year=year)
    return desk.voice.ui("log.month", month=int(part), year=year)


def _summary(desk: Desk, summary: LogSummary) -> SummaryView:
    voice = desk.voice
    spans = _spans(summary)
    most = max((accepted + refused for _, _, accepted, refused in spans), default=1)
    return SummaryView(
        summary=summary,
        people=tuple(
            (person, voice.person(person), count) for person, count in summary.people[:BUSIEST]
        ),
        chart=column_chart(
            [
                Amount(
                    label=f"{first:%d/%m}",
                    value=str(accepted + refused),
                    size=accepted + refused,
                    whole=most,
                )
                for first, _, accepted, refused in spans
            ]
        ),
        told=_told(desk, summary),
        rows=tuple(
            (
                show_day(day, voice.language),
                str(accepted + refused),
                str(accepted),
                str(refused),
            )
            for day, accepted, refused in reversed(summary.days)
        ),
    )


def _told(desk: Desk, summary: LogSummary) -> str:
    """The chart in a sentence."""
    if not summary.days:
        return desk.voice.ui("log.none")
    busiest = max(summary.days, key=lambda one: one[1] + one[2])
    language = desk.voice.language
    return desk.voice.ui(
        "log.chart_told",
        days=len(summary.days),
        first=show_day(summary.days[0][0], language),
        last=show_day(summary.days[-1][0], language),
        busiest=show_day(busiest[0], language),
        count=busiest[1] + busiest[2],
    )


def _spans(summary: LogSummary) -> list[tuple[date, date, int, int]]:
    """Days put together until few enough columns are left: first, last, accepted, refused."""
    if not summary.days:
        return []
    first, last = summary.days[0][0], summary.days[-1][0]
    step = -(-((last - first).days + 1) // COLUMNS)
    count = -(-((last - first).days + 1) // step)
    sums = [[0, 0] for _ in range(count)]
    for day, accepted, refused in summary.days:
        place = (day - first).days // step
        sums[place][0] += accepted
        sums[place][1] += refused
    return [
        (
            first + timedelta(days=place * step),
            first + timedelta(days=(place + 1) * step - 1),
            accepted,
            refused,
        )
        for place, (accepted, refused) in enumerate(sums)
    ]
