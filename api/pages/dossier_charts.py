"""The charts of an analysis: what each shows, in numbers to draw, a sentence and a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from textwrap import shorten
from typing import Any, Final

from babel.numbers import format_decimal

from api.pages.charts import Amount, BarChart, ColumnChart, bar_chart, column_chart, pareto_chart
from api.pages.visiting import Desk
from workflows.overdue_dossiers.analysis.counting import OTHERS, Dimension
from workflows.overdue_dossiers.analysis.figures import AGES
from workflows.overdue_dossiers.analysis.pareto import VITAL_PERCENT, Pareto
from workflows.overdue_dossiers.overview import Overview

UNKNOWN: Final = "—"
UNITS_DRAWN: Final = 15
LABEL_LENGTH: Final = 34
"""What a label may be long beside its value; its table tells it whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """A chart with its sentence and its table."""

    title: str
    told: str
    drawn: BarChart | ColumnChart
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts_of(desk: Desk, found: Overview) -> list[ChartView]:
    """Causes by both rankings, backlog by age, on time by unit and by week."""
    analysis = found.analysis
    ui = desk.voice.ui
    ways = (("count", analysis.causes_by_count), ("days", analysis.causes_by_days))
    charts = [_pareto(desk, pareto, way) for way, pareto in ways if pareto.causes]
    total = analysis.total
    ages = [(age, _in_age(total.backlog_days, age)) for age in AGES]
    charts.append(
        ChartView(
            title=ui("dossiers.chart.backlog"),
            told=ui("dossiers.chart.backlog_told", count=total.backlog),
            drawn=bar_chart(
                [
                    Amount(label=_age(desk, age), value=str(count), size=count, whole=total.backlog)
                    for age, count in ages
                ]
            ),
            headings=(ui("dossiers.age"), ui("dossiers.dossiers")),
            rows=tuple((_age(desk, age), str(count)) for age, count in ages),
        )
    )
    charts += [_by_unit(desk, found), _trend(desk, found)]
    return charts


def _pareto(desk: Desk, pareto: Pareto, way: str) -> ChartView:
    ui = desk.voice.ui
    most = max(one.size for one in pareto.causes)
    rows = [
        (
            named(desk, Dimension.CAUSE, one.cause.value),
            one,
            _percent(desk, one.running, pareto.total),
        )
        for one in pareto.causes
    ]
    vital = [title for title, one, _ in rows if one.is_vital]
    return ChartView(
        title=ui(f"dossiers.chart.pareto_{way}"),
        told=ui("dossiers.chart.pareto_told", causes=vital, percent=VITAL_PERCENT),
        drawn=pareto_chart(
            [
                Amount(
                    label=title,
                    value=f"{one.size} · {share}",
                    size=one.size,
                    whole=most,
                    strong=one.is_vital,
                    running=one.running,
                )
                for title, one, share in rows
            ],
            total=pareto.total,
            mark_percent=VITAL_PERCENT,
        ),
        headings=(ui("dossiers.cause"), ui(f"dossiers.size_{way}"), ui("dossiers.cumulative")),
        rows=(
            *((title, str(one.size), share) for title, one, share in rows),
            *(
                ((named(desk, Dimension.CAUSE, None), str(pareto.unstated), UNKNOWN),)
                if pareto.unstated
                else ()
            ),
        ),
    )


def _by_unit(desk: Desk, found: Overview) -> ChartView:
    ui = desk.voice.ui
    groups = [
        (named(desk, Dimension.UNIT, unit), tally.early + tally.on_time, tally.finished)
        for unit, tally in found.analysis.by(Dimension.UNIT).items()
        if tally.finished
    ]
    groups.sort(key=lambda group: (group[1] * 10_000 // group[2], group[0]))
    worst = groups[0][0] if groups else UNKNOWN
    return ChartView(
        title=ui("dossiers.chart.unit"),
        told=ui("dossiers.chart.unit_told", unit=worst),
        drawn=bar_chart(
            [
                Amount(
                    label=shorten(title, LABEL_LENGTH, placeholder="…"),
                    value=f"{_percent(desk, kept, of)} ({kept}/{of})",
                    size=kept,
                    whole=of,
                    strong=kept == of,
                )
                for title, kept, of in groups[:UNITS_DRAWN]
            ]
        ),
        headings=(ui("dossiers.unit"), ui("dossiers.on_time"), ui("dossiers.finished"), "%"),
        rows=tuple(
            (title, str(kept), str(of), _percent(desk, kept, of)) for title, kept, of in groups
        ),
    )


def _trend(desk: Desk, found: Overview) -> ChartView:
    ui = desk.voice.ui
    weeks = [
        (week, week.tally.early + week.tally.on_time, week.tally.finished) for week in found.weeks
    ]
    return ChartView(
        title=ui("dossiers.chart.trend"),
        told=ui("dossiers.chart.trend_told", weeks=len(weeks)),
        drawn=column_chart(
            [
                Amount(
                    label=f"{week.first.isocalendar().week}",
                    value=f"{100 * kept // of}" if of else UNKNOWN,
                    size=kept if of else None,
                    whole=of,
                )
                for week, kept, of in weeks
            ]
        ),
        headings=(
            ui("dossiers.week_of"),
            ui("dossiers.received"),
            ui("dossiers.finished"),
            ui("dossiers.late"),
            "%",
        ),
        rows=tuple(
            (
                f"{week.first.isocalendar().week} ({week.first:%d/%m}–{week.last:%d/%m})",
                str(week.tally.received),
                str(of),
                str(week.tally.overdue),
                _percent(desk, kept, of),
            )
            for week, kept, of in weeks
        ),
    )


def named(desk: Desk, by: Dimension, name: Any) -> str:
    """What a group is called on the page."""
    if name is None:
        return say(desk, "dossier.group.none")
    if name == OTHERS:
        return say(desk, "dossier.group.others")
    if by in {Dimension.CAUSE, Dimension.STAGE}:
        return say(desk, f"dossier.{by.value}.{name}")
    return desk.voice.unit(name) if by in {Dimension.UNIT, Dimension.OFFICER} else str(name)


def say(desk: Desk, code: str) -> str:
    """A word in the language of the page."""
    return desk.voice.words.say(code, {}, desk.visit.language)


def _age(desk: Desk, age: str) -> str:
    return desk.voice.ui("dossiers.working_days", days=say(desk, f"dossier.age.{age}"))


def _in_age(days: Any, age: str) -> int:
    counts: Iterable[tuple[int, int]] = days.items()
    return sum(count for day, count in counts if day in AGES[age])


def _percent(desk: Desk, numerator: int, denominator: int) -> str:
    """A share with one digit behind the separator of the language."""
    if not denominator:
        return UNKNOWN
    share = Decimal(100 * numerator) / Decimal(denominator)
    return f"{format_decimal(share, format='#,##0.0', locale=desk.visit.language)} %"
