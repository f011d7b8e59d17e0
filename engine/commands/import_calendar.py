"""Many days at once, from a sheet: one change of the calendar, and what moves is shown first."""

from dataclasses import dataclass
from typing import BinaryIO

from engine.calendars.edition import CalendarChange
from engine.commands.change_calendar import CalendarChanged, ChangeCalendar, change_calendar
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.runtime import Caller, Runtime
from engine.transaction.calendar_sheet import days_of_sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDays:
    """A CSV or XLSX file with days; those that stand already are passed over."""

    caller: Caller
    content: BinaryIO
    filename: str
    expected: int
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDays:
    """What an import entered, or would enter.

    Attributes:
        changed: None when every row stood there already.
    """

    entered: int
    unchanged: int
    changed: CalendarChanged | None


def import_days(runtime: Runtime, request: ImportDays) -> ImportedDays | NotAllowed:
    """Enter the days of a file, all or none.

    Raises:
        TypeNotAccepted, UnsafeContent, FileTooLarge: the file cannot be taken.
        WrongRows: with every fault of every heading and cell.
        StaleCalendar: the calendar has another edition by now.
    """
    with runtime.read(request.caller.organization_id) as uow:
        refused = refused_administration(uow, request.caller)
        if refused is not None:
            return refused
        days = days_of_sheet(uow, request.content, filename=request.filename)
        standing = {row.key: row for row in uow.tables.calendars.edition().days}
    new = tuple(row for row in days if standing.get(row.key) != row)
    unchanged = len(days) - len(new)
    if not new:
        return ImportedDays(entered=0, unchanged=unchanged, changed=None)
    outcome = change_calendar(
        runtime,
        ChangeCalendar(
            caller=request.caller,
            change=CalendarChange(days=new),
            expected=request.expected,
            dry_run=request.dry_run,
        ),
    )
    if isinstance(outcome, NotAllowed):
        return outcome
    return ImportedDays(entered=len(new), unchanged=unchanged, changed=outcome)
