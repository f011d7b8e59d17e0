"""The working calendar: its days and rules, what a change of it moves, sheets, the library.

1. Every change names the edition that was looked at (`If-Match`) and gives the next one as `ETag`.
2. `dry_run` tells which open deadlines would move, from old to new, and writes nothing.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from api.dependencies import (
    Administrator,
    Asked,
    Circumstances,
    Reader,
    Reply,
    Version,
    answer_once,
    digest_of_body,
    send,
    standing,
)
from api.packing import disposition
from api.problems import Unreadable
from api.seeds import library_days
from api.v1.administering import refused
from api.v1.evidence import read_attachment
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import (
    Body,
    Identifier,
    IsoDate,
    JsonBody,
    Line,
    Name,
    QueryText,
    Sent,
    Year,
    digest_of_form,
    files_of,
)
from api.v1.record_sheets import BINARY, FORM, dry_run_of
from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.dated_rules import read_rules
from engine.calendars.edition import (
    RULES,
    CalendarChange,
    DayRow,
    RuleKind,
    RuleRow,
    difference,
)
from engine.commands.change_calendar import CalendarChanged, ChangeCalendar, change_calendar
from engine.commands.import_calendar import ImportDays, import_days
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Invalid
from engine.evidence.file_type import MEDIA_TYPES
from engine.queries.sheets import TYPES
from engine.runtime import Caller
from engine.storage.calendars import EnteredDay
from engine.tables.writing import SheetFormat
from engine.transaction.calendar_sheet import sheet_of_days

router = APIRouter(tags=["calendar"])

MOVED_SHOWN: Final = 200
"""How many moved deadlines an answer lists; `moved_total` counts them all."""


class HolidayBody(Body):
    """A day that differs from the week's rule, with the notice that decided it.

    Attributes:
        unit: the unit whose rota it is; none for everybody.
        official: a document decided it; otherwise it is an estimate.
        effective_on: the day on which the document takes effect.
    """

    day: IsoDate
    kind: Literal["off", "work"]
    label: Name
    source: Line
    unit: Identifier | None = None
    official: bool = True
    effective_on: IsoDate | None = None
    dry_run: bool = False


class RuleBody(Body):
    """A dated rule: `working_time`, `periods` or `one_stop`, with what such a rule says."""

    kind: Literal["working_time", "periods", "one_stop"]
    unit: Identifier | None = None
    rule: dict[str, Any]
    dry_run: bool = False


class LibraryBody(Body):
    """Taking over what the library says otherwise."""

    source: Line = Field(min_length=1)
    dry_run: bool = False


class KnownHolidayBody(BaseModel):
    """A day that differs from the week's rule."""

    day: date
    kind: str
    label: str
    source: str
    unit: str | None
    official: bool
    effective_on: date | None
    entered_by: str
    entered_at: str | None
    edition: int


class HolidayPage(BaseModel):
    """A page of calendar days."""

    items: list[KnownHolidayBody]
    next: str | None


class KnownRuleBody(BaseModel):
    """A dated rule that holds."""

    kind: RuleKind
    unit: str | None
    rule: dict[str, Any]


class RulePage(BaseModel):
    """A page of dated rules."""

    items: list[KnownRuleBody]
    next: str | None


class MovedBody(BaseModel):
    """An open deadline that moves."""

    instance: str
    code: str
    process: str
    title: str
    unit: str | None
    state: str
    old: date | None
    new: date
    calendar_before: int | None


class ChangedBody(BaseModel):
    """What a change of the calendar makes, or would make.

    Attributes:
        edition: the number of the edition afterwards.
        moved: the first of the deadlines that move, by their new day.
        retimed: cases of which only reminders, escalations or checks move.
    """

    edition: int
    dry_run: bool
    moved_total: int
    retimed: int
    moved: list[MovedBody]


class DaysImportedBody(ChangedBody):
    """What an import has entered, or would enter, beside what it moves.

    Attributes:
        entered: rows of the file that are new.
        unchanged: rows that stood there already.
    """

    entered: int
    unchanged: int


class DifferenceBody(BaseModel):
    """A day of which the library says something else than the organisation's rows."""

    day: date
    old: str | None
    new: str | None
    label: str
    official: bool


class DifferencePage(BaseModel):
    """What the library says otherwise."""

    items: list[DifferenceBody]
    next: str | None


@router.get("/holidays", summary="Days that differ", response_model=HolidayPage)
def get_holidays(  # noqa: PLR0913 - two filters, two of paging.
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    year: Annotated[Year | None, Query()] = None,
    unit: QueryText | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the days off, make-up days and rotas; the `ETag` is the edition of the calendar."""
    with standing(asked.house, caller) as (uow, _):
        number = uow.tables.calendars.number()
        found = _narrowed(uow.tables.calendars.days(), year=year, unit=unit)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [_day_body(asked, caller, day).model_dump(mode="json") for day in items]
    return send(Reply(status=200, body=page(shown, following), headers=_tag(number)))


@router.post("/holidays", summary="Enter a day that differs", response_model=ChangedBody)
def post_holiday(
    caller: Administrator,
    asked: Circumstances,
    version: Version,
    body: Annotated[Sent[HolidayBody], Depends(JsonBody(HolidayBody))],
) -> Response:
    """Enter a day for everybody or for a unit; one that stands there is replaced.

    Open deadlines that it moves are moved, each with an entry in the log of its case.
    """
    given = body.value
    row = DayRow(
        day=CalendarDay(
            date=given.day,
            kind=DayKind(given.kind),
            label=given.label,
            source=given.source,
            official=given.official,
        ),
        unit=given.unit,
        effective_on=given.effective_on,
    )
    change = CalendarChange(days=(row,))
    request = ChangeCalendar(caller=caller, change=change, expected=version, dry_run=given.dry_run)
    return _changed(asked, request, digest=body.digest)


@router.delete("/holidays/{day}", summary="Take a day away", response_model=ChangedBody)
def delete_holiday(  # noqa: PLR0913 - the day, whose it is, why, and whether only to ask.
    day: Annotated[str, Field(max_length=10)],
    caller: Administrator,
    asked: Circumstances,
    version: Version,
    *,
    source: Annotated[str, Query(min_length=1, max_length=300)],
    unit: QueryText | None = None,
    dry_run: bool = False,
) -> Response:
    """Let the week's rule decide a day again, by the document that says so."""
    change = CalendarChange(removed=((unit, _date(day)),), source=source)
    request = ChangeCalendar(caller=caller, change=change, expected=version, dry_run=dry_run)
    parts = (source, unit or "", str(dry_run), str(version))
    return _changed(asked, request, digest=digest_of_body(*(part.encode() for part in parts)))


@router.post(
    "/holidays/import",
    summary="Enter days from a file",
    response_model=DaysImportedBody,
    openapi_extra=FORM,
)
def post_calendar_import(
    caller: Administrator,
    asked: Circumstances,
    version: Version,
    form: Annotated[FormData, Depends(read_attachment)],
) -> Response:
    """Enter the days of a CSV or XLSX file, all or none; every fault is named by row and column."""
    files = files_of(form)
    if [name for name, _ in files] != ["file"]:
        raise Unreadable("file_part_missing")
    request = ImportDays(
        caller=caller,
        content=files[0][1].file,
        filename=files[0][1].filename or "",
        expected=version,
        dry_run=dry_run_of(form),
    )

    def run() -> Reply:
        outcome = import_days(asked.house.runtime, request)
        if isinstance(outcome, NotAllowed):
            return refused(asked, outcome)
        changed = outcome.changed or CalendarChanged(edition=version, moved=(), retimed=0)
        body = DaysImportedBody(
            **changed_body(changed, dry_run=request.dry_run).model_dump(),
            entered=outcome.entered,
            unchanged=outcome.unchanged,
        )
        return _reply(body, seen=version)

    return answer_once(asked, caller, digest=digest_of_form(form), run=run)


@router.get(
    "/holidays/export",
    summary="Days as a file",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": BINARY,
                "text/csv": BINARY,
            }
        }
    },
)
def get_export(
    caller: Reader,
    asked: Circumstances,
    *,
    form: Annotated[SheetFormat, Query(alias="format")] = SheetFormat.CSV,
    year: Annotated[Year | None, Query()] = None,
    unit: QueryText | None = None,
    language: Annotated[Literal["vi", "en"] | None, Query()] = None,
) -> Response:
    """The days as `csv` or `xlsx`, in the form that the import reads."""
    with standing(asked.house, caller) as (uow, _):
        found = _narrowed(uow.tables.calendars.days(), year=year, unit=unit)
        content = sheet_of_days(
            uow, [day.row for day in found], form, language=language or asked.language
        )
    return Response(
        content,
        headers={
            "Content-Type": MEDIA_TYPES[TYPES[form]],
            "Content-Disposition": disposition(f"lich-lam-viec.{form.value}"),
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/holidays/library", summary="What the library says otherwise")
def get_library(caller: Administrator, asked: Circumstances) -> DifferencePage:
    """Compare the rows with the installed library and the shipped file; nothing is taken over."""
    change, before = _library(asked, caller)
    items = [
        DifferenceBody(
            day=row.day.date,
            old=_kind(before.get(row.key)),
            new=row.day.kind.value,
            label=row.day.label,
            official=row.day.official,
        )
        for row in change.days
    ]
    items += [
        DifferenceBody(
            day=key[1],
            old=_kind(before[key]),
            new=None,
            label=before[key].day.label,
            official=before[key].day.official,
        )
        for key in change.removed
    ]
    return DifferencePage(items=sorted(items, key=lambda item: item.day), next=None)


@router.post(
    "/holidays/library", summary="Take over what the library says", response_model=ChangedBody
)
def post_library(
    caller: Administrator,
    asked: Circumstances,
    version: Version,
    body: Annotated[Sent[LibraryBody], Depends(JsonBody(LibraryBody))],
) -> Response:
    """Enter what the library says otherwise, all of it; official rows stay."""
    change, _ = _library(asked, caller)
    request = ChangeCalendar(
        caller=caller,
        change=replace(change, source=body.value.source),
        expected=version,
        dry_run=body.value.dry_run,
    )
    return _changed(asked, request, digest=body.digest)


@router.get("/calendar-rules", summary="Dated rules of the calendar", response_model=RulePage)
def get_rules(
    request: Request,
    caller: Reader,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """Working time, reporting periods and the one-stop desk's clock, as they hold."""
    with standing(asked.house, caller) as (uow, _):
        edition = uow.tables.calendars.edition()
    found = sorted(edition.rules, key=lambda row: (row.kind, row.unit or "", row.rule.from_))
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [
        KnownRuleBody(
            kind=row.kind, unit=row.unit, rule=row.rule.model_dump(mode="json", by_alias=True)
        ).model_dump(mode="json")
        for row in items
    ]
    return send(Reply(status=200, body=page(shown, following), headers=_tag(edition.number)))


@router.post("/calendar-rules", summary="Enter a dated rule", response_model=ChangedBody)
def post_rule(
    caller: Administrator,
    asked: Circumstances,
    version: Version,
    body: Annotated[Sent[RuleBody], Depends(JsonBody(RuleBody))],
) -> Response:
    """Enter a rule from a day on, for everybody or for a unit; one of the same day is replaced."""
    given = body.value
    kind = RuleKind(given.kind)
    (rule,) = read_rules({"rules": [given.rule]}, RULES[kind])
    change = CalendarChange(rules=(RuleRow(kind=kind, rule=rule, unit=given.unit),))
    request = ChangeCalendar(caller=caller, change=change, expected=version, dry_run=given.dry_run)
    return _changed(asked, request, digest=body.digest)


def changed_body(changed: CalendarChanged, *, dry_run: bool) -> ChangedBody:
    """What a change makes, as it is sent."""
    return ChangedBody(
        edition=changed.edition,
        dry_run=dry_run,
        moved_total=len(changed.moved),
        retimed=changed.retimed,
        moved=[
            MovedBody(
                instance=one.instance_id,
                code=one.code,
                process=one.process,
                title=one.title,
                unit=one.unit,
                state=one.state,
                old=one.old,
                new=one.new,
                calendar_before=one.calendar_before,
            )
            for one in changed.moved[:MOVED_SHOWN]
        ],
    )


def _changed(asked: Asked, request: ChangeCalendar, *, digest: str) -> Response:
    """Carry out a change, once for a key, and tell what it moved."""

    def run() -> Reply:
        outcome = change_calendar(asked.house.runtime, request)
        if isinstance(outcome, NotAllowed):
            return refused(asked, outcome)
        body = changed_body(outcome, dry_run=request.dry_run)
        return _reply(body, seen=request.expected)

    return answer_once(asked, request.caller, digest=digest, run=run)


def _reply(body: ChangedBody, *, seen: int) -> Reply:
    number = seen if body.dry_run else body.edition
    return Reply(status=200, body=body.model_dump(mode="json"), headers=_tag(number))


def _library(
    asked: Asked, caller: Caller
) -> tuple[CalendarChange, dict[tuple[str | None, date], DayRow]]:
    with standing(asked.house, caller) as (uow, _):
        edition, today = uow.tables.calendars.edition(), uow.today
    change = difference(edition.days, library_days(range(today.year, today.year + 2)))
    return change, {row.key: row for row in edition.days}


def _kind(row: DayRow | None) -> str | None:
    return None if row is None else row.day.kind.value


def _narrowed(
    days: tuple[EnteredDay, ...], *, year: int | None, unit: str | None
) -> tuple[EnteredDay, ...]:
    return tuple(
        day
        for day in days
        if year in {None, day.row.day.date.year} and unit in {None, day.row.unit}
    )


def _day_body(asked: Asked, caller: Caller, day: EnteredDay) -> KnownHolidayBody:
    row = day.row
    return KnownHolidayBody(
        day=row.day.date,
        kind=row.day.kind.value,
        label=row.day.label,
        source=row.day.source,
        unit=row.unit,
        official=row.day.official,
        effective_on=row.effective_on,
        entered_by=day.entered_by,
        entered_at=asked.at(day.entered_at, caller.organization_id),
        edition=day.entered_in,
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fault = {"field": "day", "code": "not_date", "params": {}}
        raise Invalid("wrong_values", faults=[fault]) from None


def _tag(number: int) -> dict[str, str]:
    return {"ETag": f'"{number}"'}
