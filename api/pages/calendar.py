"""The working calendar: days, rotas, working time; what a change moves is seen before it is made.

1. Every form leads to a page that shows which open deadlines move; only the button there changes
   anything. What it holds is judged again, against the edition that was looked at.
2. Everybody may read; forms are for administrators.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.dependencies import Reply, run_once, standing
from api.pages.calendar_forms import (
    change_kept,
    day_typed,
    edition_typed,
    kept_text,
    periods_typed,
    working_time_typed,
)
from api.pages.forms import Typed
from api.pages.showing import Message, Reason, Voice
from api.pages.visiting import Desk, Desked, Posted, go, gone, went
from api.problems import problem_of
from api.seeds import library_days
from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.dated_rules import DatedRule
from engine.calendars.edition import (
    CalendarChange,
    DayRow,
    RuleKind,
    RuleRow,
    difference,
    unannounced,
)
from engine.calendars.period_scheme import PeriodRule
from engine.calendars.working_time import WorkingTimeRule
from engine.commands.change_calendar import CalendarChanged, ChangeCalendar, change_calendar
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.runtime import Replayed
from engine.storage.calendars import EnteredDay
from engine.tables.fault import WrongRows
from engine.transaction.calendar_sheet import COLUMNS, days_of_sheet

router = APIRouter(prefix="/admin/calendar")

MOVED_SHOWN: Final = 200
FAULTS_SHOWN: Final = 200
HOME: Final = "/admin/calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedView:
    """A deadline that moves, in words."""

    id: str
    code: str
    title: str
    unit: str
    old: date | None
    new: date


@router.get("")
def calendar_page(desk: Desked) -> Response:
    """The days of a year, for everybody or of one unit."""
    done = desk.request.query_params.get("done") == "calendar"
    message = Message(kind="good", text=desk.voice.ui("done.calendar")) if done else None
    return _show(desk, message=message)


@router.post("/day")
def preview_day(sent: Posted) -> Response:
    """Show what a new day would move."""
    typed = sent.typed

    def read() -> CalendarChange:
        day = CalendarDay(
            date=day_typed(typed.text("day")),
            kind=DayKind.WORK if typed.text("kind") == "work" else DayKind.OFF,
            label=typed.text("label").strip(),
            source=typed.text("source").strip(),
            official=typed.text("official") != "no",
        )
        effective = typed.text("effective_on").strip()
        row = DayRow(
            day=day,
            unit=typed.text("unit") or None,
            effective_on=day_typed(effective) if effective else None,
        )
        return CalendarChange(days=(row,))

    return _preview(sent.desk, typed, read)


@router.post("/removal")
def preview_removal(sent: Posted) -> Response:
    """Show what taking a day away would move."""
    typed = sent.typed

    def read() -> CalendarChange:
        key = (typed.text("unit") or None, day_typed(typed.text("day")))
        return CalendarChange(removed=(key,), source=typed.text("source").strip())

    return _preview(sent.desk, typed, read)


@router.post("/working-time")
def preview_working_time(sent: Posted) -> Response:
    """Show what another working time would move."""
    typed = sent.typed

    def read() -> CalendarChange:
        rule = working_time_typed(typed)
        unit = typed.text("unit") or None
        return CalendarChange(rules=(RuleRow(kind=RuleKind.WORKING_TIME, rule=rule, unit=unit),))

    return _preview(sent.desk, typed, read)


@router.post("/periods")
def preview_periods(sent: Posted) -> Response:
    """Show what other reporting periods would move; reviews of periods that are open stay."""
    typed = sent.typed

    def read() -> CalendarChange:
        return CalendarChange(rules=(RuleRow(kind=RuleKind.PERIODS, rule=periods_typed(typed)),))

    return _preview(sent.desk, typed, read)


@router.post("/import")
def preview_import(sent: Posted) -> Response:
    """Show what the days of a file would move."""
    desk, file = sent.desk, sent.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        message = Message(kind="bad", text=desk.voice.ui("sheets.choose_file"))
        return _show(desk, status=422, message=message)
    filename, content = file.filename, file.file

    def read() -> CalendarChange:
        with standing(desk.house, desk.caller) as (uow, _):
            days = days_of_sheet(uow, content, filename=filename)
            standing_rows = {row.key: row for row in uow.tables.calendars.edition().days}
        return CalendarChange(days=tuple(row for row in days if standing_rows.get(row.key) != row))

    return _preview(desk, sent.typed, read)


@router.post("/library")
def preview_library(sent: Posted) -> Response:
    """Show what taking over the library's difference would move."""
    desk = sent.desk

    def read() -> CalendarChange:
        return replace(_difference(desk), source=sent.typed.text("source").strip())

    return _preview(desk, sent.typed, read)


@router.post("/save")
def save(sent: Posted) -> Response:
    """Make the change that was looked at."""
    desk = sent.desk
    change = change_kept(sent.typed.text("change"))
    request = ChangeCalendar(
        caller=desk.caller, change=change, expected=edition_typed(sent.typed), dry_run=False
    )

    def carried_out() -> Reply:
        outcome = change_calendar(desk.house.runtime, request)
        if isinstance(outcome, NotAllowed):
            raise _NotYours
        return gone(f"{HOME}?done=calendar")

    try:
        outcome = run_once(
            desk.house.runtime, desk.caller, sent.once(lambda reply: reply), carried_out
        )
    except (Invalid, NotFound, Conflict, _NotYours) as error:
        return _refused(desk, error)
    return go((went(outcome) if isinstance(outcome, Replayed) else None) or f"{HOME}?done=calendar")


class _NotYours(Refused):
    """Who is no administrator may only read."""

    def __init__(self) -> None:
        super().__init__("role_missing", roles=["administrator"])


def _preview(desk: Desk, typed: Typed, read: Callable[[], CalendarChange]) -> Response:
    """Judge a change and show what it moves; nothing is written."""
    try:
        change = read()
        request = ChangeCalendar(
            caller=desk.caller, change=change, expected=edition_typed(typed), dry_run=True
        )
        outcome = change_calendar(desk.house.runtime, request)
    except (Invalid, NotFound, Conflict) as error:
        return _refused(desk, error)
    if isinstance(outcome, NotAllowed):
        return _refused(desk, _NotYours())
    return desk.page(
        "admin/calendar_preview.html",
        change=kept_text(change),
        edition=request.expected,
        next_edition=outcome.edition,
        entered=[_entered(desk, row) for row in change.days],
        removed=[(day, desk.voice.unit(unit)) for unit, day in change.removed],
        rules=[_rule_view(desk, row) for row in change.rules],
        moved=_moved(desk, outcome),
        moved_count=len(outcome.moved),
        retimed=outcome.retimed,
    )


def _refused(desk: Desk, error: Invalid | NotFound | Conflict | Refused) -> Response:
    status = 422 if isinstance(error, NotFound) else problem_of(error).status
    if isinstance(error, WrongRows):
        return _show(desk, status=status, message=_faults(desk, error))
    return _show(desk, status=status, message=desk.voice.error(error, COLUMNS))


def _faults(desk: Desk, error: WrongRows) -> Message:
    """Every fault of a sheet, by row and column."""
    voice = desk.voice
    faults = tuple(
        Reason(
            text=voice.ui(
                "calendar.fault",
                row=fault["row"],
                column=voice.title(COLUMNS[fault["field"]].title)
                if fault["field"] in COLUMNS
                else fault["field"] or "—",
                text=voice.fault(fault),
            )
        )
        for fault in error.params["faults"][:FAULTS_SHOWN]
    )
    return Message(kind="bad", text=voice.ui("calendar.faulty"), faults=faults)


def _show(desk: Desk, *, status: int = 200, message: Message | None = None) -> Response:
    with standing(desk.house, desk.caller) as (uow, _):
        days = uow.tables.calendars.days()
        edition, today = uow.tables.calendars.edition(), uow.today
    asked = desk.request.query_params
    year = int(asked["year"]) if asked.get("year", "").isdecimal() else today.year
    unit = asked.get("unit", "")
    difference_ = _difference(desk) if desk.is_administrator else CalendarChange()
    return desk.page(
        "admin/calendar.html",
        status=status,
        message=message,
        administrator=desk.is_administrator,
        edition=edition.number,
        year=year,
        years=sorted({day.row.day.date.year for day in days} | {today.year, today.year + 1, year}),
        unit=unit,
        days=[
            _day_view(desk, day)
            for day in days
            if day.row.day.date.year == year and unit in {"", day.row.unit or "-"}
        ],
        rules=[_rule_view(desk, row) for row in edition.rules if row.kind is RuleKind.WORKING_TIME],
        periods=[_rule_view(desk, row) for row in edition.rules if row.kind is RuleKind.PERIODS],
        units=desk.choices.units,
        unannounced=unannounced(edition, today),
        library=[_entered(desk, row) for row in difference_.days],
        library_removed=[day for _, day in difference_.removed],
    )


def _difference(desk: Desk) -> CalendarChange:
    """What the installed library says otherwise, of this year and the next."""
    with standing(desk.house, desk.caller) as (uow, _):
        edition, today = uow.tables.calendars.edition(), uow.today
    return difference(edition.days, library_days(range(today.year, today.year + 2)))


def _day_view(desk: Desk, day: EnteredDay) -> dict[str, Any]:
    at: datetime = day.entered_at.astimezone(desk.visit.zone)
    return {
        **_entered(desk, day.row),
        "unit_id": day.row.unit or "",
        "by": desk.voice.person(day.entered_by),
        "at": at,
        "edition": day.entered_in,
    }


def _entered(desk: Desk, row: DayRow) -> dict[str, Any]:
    return {
        "date": row.day.date,
        "weekday": desk.voice.ui(f"weekday.{row.day.date.isoweekday()}"),
        "kind": row.day.kind.value,
        "label": row.day.label,
        "source": row.day.source,
        "official": row.day.official,
        "unit": desk.voice.unit(row.unit),
        "effective_on": row.effective_on,
    }


def _rule_view(desk: Desk, row: RuleRow) -> dict[str, Any]:
    return {
        "unit": desk.voice.unit(row.unit),
        "first": row.rule.from_,
        "says": _said(row.rule, desk.voice),
        "source": row.rule.source,
    }


def _said(rule: DatedRule, voice: Voice) -> str:
    """What a rule says, on one line."""
    if isinstance(rule, WorkingTimeRule):
        days = ", ".join(voice.ui(f"weekday.{day}") for day in rule.weekend) or "—"
        said = voice.ui("calendar.rests", days=days, hour=f"{rule.cut_off:%H:%M}")
        return f"{said}; {voice.ui('calendar.shifts')}" if rule.counts_from_hand_over else said
    if isinstance(rule, PeriodRule):
        ends = rule.month_ends_on
        month = "calendar.month_ends" if ends == "last_day" else "calendar.month_ends_on"
        terms = rule.report_terms
        return voice.ui(month, day=ends) + voice.ui(
            "calendar.reports",
            month=terms.month,
            quarter=terms.quarter,
            year=terms.year,
            merged=rule.merge_week_up_to,
        )
    return rule.model_dump_json(by_alias=True)


def _moved(desk: Desk, outcome: CalendarChanged) -> list[MovedView]:
    return [
        MovedView(
            id=one.instance_id,
            code=one.code,
            title=one.title,
            unit=desk.voice.unit(one.unit),
            old=one.old,
            new=one.new,
        )
        for one in outcome.moved[:MOVED_SHOWN]
    ]
