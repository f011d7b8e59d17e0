"""The dossiers of the one-stop desk: their analysis with charts, and the rows behind each number.

1. Every chart has its table; what it shows is also said in a sentence (`dossier_charts`).
2. The analysis is of what is stored; of which instant its newest export is, stands beside it.
3. No page names an applicant or an officer. Who answers for a late dossier stands in its case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.language import show_day
from api.pages.dossier_charts import UNKNOWN, charts_of, named, say
from api.pages.visiting import Desk, Desked
from engine.errors import Invalid, NotFound
from engine.queries.jobs import may_fill
from engine.tables.listing import write_listings
from engine.tables.writing import SheetFormat
from workflows.overdue_dossiers.analysis.counting import OTHERS, Dimension, Window
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.keeping import NAME
from workflows.overdue_dossiers.overview import Overview, named_listings, overview
from workflows.overdue_dossiers.records import (
    DossierChange,
    DossierFilter,
    changes_of,
    dossier_of,
    known_dossiers,
    last_exported_at,
)

router = APIRouter(prefix="/dossiers")

ROWS_OF_PAGE: Final = 50
MEDIA_TYPES: Final = {
    SheetFormat.CSV: "text/csv",
    SheetFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One line of the breakdown, with the address of its rows where they can be listed."""

    title: str
    tally: Tally
    address: str


@router.get("")
def analysis_page(desk: Desked) -> Response:
    """The analysis of a window; without one, of the quarter so far."""
    today, message = desk.visit.today, None
    try:
        window, by, unit = _asked(desk)
        found = _overview(desk, window, unit)
    except Invalid as error:
        message = desk.voice.error(error)
        window, by, unit = Window(first=quarter_of(today), last=today), Dimension.UNIT, None
        found = _overview(desk, window, unit)
    with desk.house.runtime.read(desk.caller.organization_id) as uow:
        exported_at = last_exported_at(uow.tables.session, desk.caller.organization_id)
    total = found.analysis.total
    return desk.page(
        "dossiers/analysis.html",
        status=200 if message is None else 422,
        message=message,
        window=window,
        by=by,
        unit=unit,
        dimensions=[(one.value, say(desk, f"dossier.by.{one.value}")) for one in Dimension],
        spans=_spans(desk, today),
        total=total,
        days_lost=total.overdue_days,
        charts=charts_of(desk, found),
        groups=_groups(desk, found, by, window),
        exported_at=exported_at,
        may_fill=may_fill(desk.house.runtime, desk.caller, NAME),
    )


@router.get("/analysis.{form}")
def analysis_file(desk: Desked, form: str) -> Response:
    """The analysis of a window as a file of tables.

    Raises:
        NotFound: a format that is not written.
        Invalid: a window that cannot be counted.
    """
    if form not in set(SheetFormat):
        raise NotFound("not_found")
    window, by, unit = _asked(desk)
    found = _overview(desk, window, unit)

    def say(code: str, params: Mapping[str, Any]) -> str:
        return desk.voice.words.say(code, params, desk.visit.language)

    def name(identifier: str) -> str:
        return desk.voice.unit(identifier)

    content = write_listings(named_listings(found.analysis, by, say, name), SheetFormat(form))
    span = f"{window.first.isoformat()}-{window.last.isoformat()}"
    return table_file(content, name=f"dossiers-{span}", form=SheetFormat(form))


@router.get("/list")
def list_page(desk: Desked) -> Response:
    """The register, narrowed by what the address says."""
    asked = desk.request.query_params
    names = ("code", "unit", "procedure", "status", "cause")
    wanted = DossierFilter(
        **{name: asked.get(name) or None for name in names},
        first=_day(asked.get("from")),
        last=_day(asked.get("to")),
        late_on=_day(asked.get("late_on")),
    )
    after_day = _day(asked.get("after_due"))
    after = None if after_day is None else (asked.get("after", ""), after_day)
    organization = desk.caller.organization_id
    with desk.house.runtime.read(organization) as uow:
        found = known_dossiers(
            uow.tables.session, organization, wanted, after=after, limit=ROWS_OF_PAGE + 1
        )
    following = None
    if len(found) > ROWS_OF_PAGE:
        code, due_on = found[ROWS_OF_PAGE - 1].dossier.key
        following = str(
            desk.request.url.include_query_params(after=code, after_due=due_on.isoformat()).query
        )
    return desk.page(
        "dossiers/list.html",
        wanted=wanted,
        dossiers=found[:ROWS_OF_PAGE],
        following=following,
        today=desk.visit.today,
        unit_of=desk.voice.unit,
        may_fill=may_fill(desk.house.runtime, desk.caller, NAME),
    )


@router.get("/list/{due_on}/{code:path}")
def dossier_page(desk: Desked, due_on: date, code: str) -> Response:
    """One dossier with what exports changed of it."""
    organization = desk.caller.organization_id
    with desk.house.runtime.read(organization) as uow:
        session = uow.tables.session
        known = dossier_of(session, organization, code=code, due_on=due_on)
        changes = changes_of(session, organization, code=code, due_on=due_on)
    return desk.page(
        "dossiers/dossier.html",
        status=404 if known is None else 200,
        code=code,
        known=known,
        changes=[(change, _changed(desk, change)) for change in changes],
        unit_of=desk.voice.unit,
    )


def table_file(content: bytes, *, name: str, form: SheetFormat) -> Response:
    """A table as a download; `name` is ASCII."""
    return Response(
        content,
        headers={
            "Content-Type": MEDIA_TYPES[form],
            "Content-Disposition": f'attachment; filename="{name}.{form.value}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def quarter_of(day: date) -> date:
    """The first day of the quarter of a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _asked(desk: Desk) -> tuple[Window, Dimension, str | None]:
    """What the address asks for; without a window, the quarter so far.

    Raises:
        Invalid: the window ends before it begins.
    """
    asked, today = desk.request.query_params, desk.visit.today
    first, last = _day(asked.get("from")), _day(asked.get("to"))
    window = Window(first=first or quarter_of(last or today), last=last or today)
    by = next((one for one in Dimension if one == asked.get("by")), Dimension.UNIT)
    return window, by, asked.get("unit") or None


def _overview(desk: Desk, window: Window, unit: str | None) -> Overview:
    organization = desk.caller.organization_id
    with desk.house.runtime.read(organization) as uow:
        calendar = uow.tables.calendar_of(unit)
        return overview(uow.tables.session, organization, window, calendar, unit=unit)


def _spans(desk: Desk, today: date) -> list[tuple[str, date, date]]:
    """The windows that people ask for most."""
    monday = today - timedelta(days=today.weekday())
    spans = (
        ("week", monday),
        ("month", today.replace(day=1)),
        ("quarter", quarter_of(today)),
        ("year", date(today.year, 1, 1)),
    )
    return [(desk.voice.ui(f"dossiers.{name}"), first, today) for name, first in spans]


def _groups(desk: Desk, found: Overview, by: Dimension, window: Window) -> list[GroupView]:
    names = {Dimension.UNIT: "unit", Dimension.PROCEDURE: "procedure", Dimension.CAUSE: "cause"}
    views = []
    for name, tally in found.analysis.by(by).items():
        listed = by in names and name not in {None, OTHERS}
        views.append(
            GroupView(
                title=named(desk, by, name),
                tally=tally,
                address=_rows(window, **{names[by]: str(name)}) if listed else "",
            )
        )
    return views


def _rows(window: Window, **wanted: str) -> str:
    """The address of the rows behind a number."""
    query = {"from": window.first.isoformat(), "to": window.last.isoformat(), **wanted}
    return f"/dossiers/list?{urlencode(query)}"


def _changed(desk: Desk, change: DossierChange) -> list[tuple[str, str, str]]:
    """What one import changed: code of the column's title, before, after."""
    return [
        (
            f"dossier.column.{name.removesuffix('_half_days')}",
            _said(desk, name, before),
            _said(desk, name, after),
        )
        for name, (before, after) in change.changes.items()
    ]


def _said(desk: Desk, name: str, value: Any) -> str:
    """A value of a history, as a person reads it."""
    if value is None:
        return UNKNOWN
    if name in {"status", "cause", "stage"}:
        return say(desk, f"dossier.{name}.{value}")
    if name in {"unit", "officer_unit"}:
        return desk.voice.unit(value)
    day = _day(value) if isinstance(value, str) else None
    return str(value) if day is None else show_day(day, desk.visit.language)


def _day(text: str | None) -> date | None:
    """A day of the address; nothing where it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
