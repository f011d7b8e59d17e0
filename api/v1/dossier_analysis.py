"""What is counted over the dossiers of the register: JSON for programs, tables for people.

Figures are whole numbers with their denominators; the rows behind them are in the list of dossiers.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.dependencies import Circumstances, Reader, Reply, send, standing
from api.v1.jobs import JSON, SHEETS, sheet, sheet_format
from api.v1.reading import QueryText
from engine.tables.listing import write_listings
from workflows.overdue_dossiers.analysis.counting import OTHERS, Dimension, Window
from workflows.overdue_dossiers.analysis.figures import told
from workflows.overdue_dossiers.overview import Overview, named_listings, overview
from workflows.overdue_dossiers.records import last_exported_at

router = APIRouter(prefix="/dossiers", tags=["dossiers"])

LISTED: Final = frozenset({"unit", "procedure", "cause"})
"""Groups whose rows the list can be narrowed to."""


class GroupBody(BaseModel):
    """One group; `rows` is where its dossiers are listed, where they can be told apart so."""

    group: str | None
    figures: dict[str, Any]
    rows: str | None


class WeekBody(BaseModel):
    """What one week counted."""

    first: date
    last: date
    figures: dict[str, Any]


class AnalysisBody(BaseModel):
    """What was counted. A figure is a whole number, or `{numerator, denominator}`.

    Attributes:
        calendar: the edition of the calendar by which days were counted.
        as_of: the instant of the newest export.
        rows: where the dossiers of the window are listed.
    """

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    by: str
    calendar: str | None
    as_of: str | None
    rows: str
    total: dict[str, Any]
    groups: list[GroupBody]
    pareto: dict[str, Any]
    weeks: list[WeekBody]


@router.get(
    "/analysis",
    summary="What was counted over a window",
    response_model=AnalysisBody,
    responses=SHEETS,
)
def get_analysis(  # noqa: PLR0913 - what an analysis is asked by.
    caller: Reader,
    asked: Circumstances,
    *,
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
    by: Dimension = Dimension.UNIT,
    unit: QueryText | None = None,
    form: Annotated[str, Query(alias="format", max_length=20)] = JSON,
) -> Response:
    """Count what is stored: on time, late, backlog, time cut, causes; as `json`, `csv`, `xlsx`."""
    wanted = None if form == JSON else sheet_format(form)
    with standing(asked.house, caller) as (uow, _):
        session, organization = uow.tables.session, caller.organization_id
        window, calendar = Window(first=first, last=last), uow.tables.calendar_of(unit)
        found = overview(session, organization, window, calendar, unit=unit)
        exported_at = last_exported_at(session, organization)
        titles = {each.id: each.title for each in uow.tables.organization.units(uow.today)}
    if wanted is None:
        body = _analysis_body(found, by, unit)
        body["as_of"] = asked.at(exported_at, caller.organization_id)
        return send(Reply(status=200, body=body))

    def say(code: str, params: Mapping[str, Any]) -> str:
        return asked.house.words.say(code, params, asked.language)

    def name(identifier: str) -> str:
        return titles.get(identifier, {}).get(asked.language, identifier)

    content = write_listings(named_listings(found.analysis, by, say, name), wanted)
    return sheet(content, name=f"dossiers-{first}-{last}", form=wanted)


def _analysis_body(found: Overview, by: Dimension, unit: str | None) -> dict[str, Any]:
    analysis = found.analysis
    window = {"from": analysis.window.first.isoformat(), "to": analysis.window.last.isoformat()}
    if unit is not None:
        window["unit"] = unit

    edition = analysis.calendar_version

    def rows(**more: str) -> str:
        return f"/api/v1/dossiers?{urlencode({**window, **more})}"

    return AnalysisBody(
        first=analysis.window.first,
        last=analysis.window.last,
        by=by.value,
        calendar=None if edition is None else str(edition),
        as_of=None,
        rows=rows(),
        total=told(analysis.total),
        groups=[
            GroupBody(
                group=None if name is None else str(name),
                figures=told(tally),
                rows=rows(**{by.value: str(name)})
                if by.value in LISTED and name not in {None, OTHERS}
                else None,
            )
            for name, tally in analysis.by(by).items()
        ],
        pareto={
            "count": analysis.causes_by_count.told(),
            "days": analysis.causes_by_days.told(),
        },
        weeks=[
            WeekBody(first=week.first, last=week.last, figures=told(week.tally))
            for week in found.weeks
        ],
    ).model_dump(mode="json", by_alias=True)
