"""Change the calendar: see which open deadlines move, then let them move, in one transaction.

1. Who decides names the edition that was looked at: of two administrators at once one is told that
   the calendar has changed meanwhile, and loses nothing.
2. What is shown beforehand (`dry_run`) and what is done come from the same computation.
3. On PostgreSQL open cases are locked before the log, as every step does it; what was opened in
   between is looked at once the log is ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.audit.leaf import EntryType
from engine.audit.payload import Change
from engine.calendars.edition import CalendarChange, DayRow, Edition
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import ADMINISTRATOR, Actor, Grant
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.transaction.moving import Move, affected_units, carry_out_moves, moves_of

ROWS_MAX = 5_000


class StaleCalendar(Conflict):
    """Somebody changed the calendar meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCalendar:
    """What shall be entered and taken away.

    Attributes:
        expected: number of the edition that the caller has looked at.
        dry_run: only tell what would move.
    """

    caller: Caller
    change: CalendarChange
    expected: int
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedDeadline:
    """An open deadline that moves, or has moved."""

    instance_id: str
    code: str
    process: str
    title: str
    unit: str | None
    state: str
    old: date | None
    new: date
    calendar_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged:
    """What a change makes, or would make.

    Attributes:
        edition: the number of the new edition.
        moved: the deadlines that move, in the order of their new days.
        retimed: open cases of which only reminders, escalations or checks move.
    """

    edition: int
    moved: tuple[MovedDeadline, ...]
    retimed: int


def change_calendar(runtime: Runtime, request: ChangeCalendar) -> CalendarChanged | NotAllowed:
    """Make the next edition of the calendar, and move what it moves.

    Raises:
        StaleCalendar: the calendar has another edition by now.
        NotFound: an unknown unit.
        Invalid: nothing would change, or too much at once.
        CalendarInvalid: a day without a document, a day twice, a removal of what is not there.
    """
    opened = runtime.read if request.dry_run else runtime.write
    with opened(request.caller.organization_id) as uow:
        refused = refused_administration(uow, request.caller)
        if refused is not None:
            return refused
        old = _looked_at(uow, request)
        new = old.after(request.change)
        _check_units(uow, request.change)
        if request.dry_run:
            ids = uow.tables.instances.open_ids(affected_units(uow, old, new))
            return _told(new, moves_of(uow, ids, old=old, new=new))
        done = _carry_out(uow, request, old)
        uow.commit()
        return done


def _carry_out(uow: UnitOfWork, request: ChangeCalendar, seen: Edition) -> CalendarChanged:
    instances, change = uow.tables.instances, request.change
    instances.open_ids(affected_units(uow, seen, seen.after(change)), lock=True)
    uow.tables.log.lock()
    # Who came first had the log until now: what they wrote is seen only when asked again.
    uow.tables.calendars.renew()
    old = _looked_at(uow, request)
    new = old.after(change)
    ids = instances.open_ids(affected_units(uow, old, new), lock=True)
    moves = tuple(moves_of(uow, ids, old=old, new=new))
    actor = uow.actor(request.caller)
    number = uow.tables.calendars.write(change, by=actor.person, at=uow.now, new_id=uow.new_id)
    _log(uow, actor, old, change, number)
    grant = Grant(role=ADMINISTRATOR)
    source = change.source or next((row.day.source for row in change.days), "")
    carry_out_moves(uow, moves, actor=actor, grant=grant, source=source)
    return _told(new, moves)


def _looked_at(uow: UnitOfWork, request: ChangeCalendar) -> Edition:
    """The present edition, which must be the one that the caller has seen."""
    change = request.change
    count = len(change.days) + len(change.removed) + len(change.rules)
    if not 0 < count <= ROWS_MAX:
        code = "calendar_change_empty" if count == 0 else "calendar_change_too_long"
        raise Invalid(code, rows_max=ROWS_MAX)
    edition = uow.tables.calendars.edition()
    if edition.number != request.expected:
        raise StaleCalendar("stale_calendar", version=edition.number)
    return edition


def _check_units(uow: UnitOfWork, change: CalendarChange) -> None:
    named = {row.unit for row in change.days} | {row.unit for row in change.rules}
    known = {unit.id for unit in uow.tables.organization.units(uow.today)}
    for unit in sorted(filter(None, named)):
        if unit not in known:
            raise NotFound("unknown_unit", unit=unit)


def _told(edition: Edition, moves: Iterable[Move]) -> CalendarChanged:
    moved: list[MovedDeadline] = []
    retimed = 0
    for move in moves:
        if move.deadline is None:
            retimed += 1
            continue
        instance = move.case.instance
        moved.append(
            MovedDeadline(
                instance_id=instance.id,
                code=instance.code,
                process=instance.process,
                title=instance.title,
                unit=instance.unit,
                state=instance.state,
                old=move.old,
                new=move.deadline.on,
                calendar_before=None if instance.deadline is None else instance.deadline.calendar,
            )
        )
    moved.sort(key=lambda one: (one.new, one.code))
    return CalendarChanged(edition=edition.number, moved=tuple(moved), retimed=retimed)


def _log(uow: UnitOfWork, actor: Actor, old: Edition, change: CalendarChange, number: int) -> None:
    """One entry for each row: what it was, what it is, and by which document."""
    before = {row.key: row for row in old.days}
    drafts = [
        _draft(number, unit, day.isoformat(), old=before.get((unit, day)), source=change.source)
        for unit, day in change.removed
    ]
    drafts += [
        _draft(
            number,
            row.unit,
            row.day.date.isoformat(),
            old=before.get(row.key),
            new=row,
            source=row.day.source,
        )
        for row in change.days
    ]
    drafts += [
        _Draft(
            subject=row.rule.from_.isoformat(),
            reason=row.rule.source,
            details={
                "edition": number,
                "unit": row.unit or "",
                "rule": row.kind.value,
                "text": row.rule.model_dump_json(by_alias=True),
            },
        )
        for row in change.rules
    ]
    uow.tables.log.append_all(
        LogDraft(
            type=EntryType.CALENDAR_CHANGED,
            stream="organization",
            at=uow.now,
            actor=actor,
            role=ADMINISTRATOR,
            subject=draft.subject,
            reason=draft.reason,
            changes=draft.changes,
            details=draft.details,
        )
        for draft in drafts
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What an entry about one row says of its own."""

    subject: str
    reason: str
    details: Mapping[str, Any]
    changes: tuple[Change, ...] = ()


def _draft(
    number: int,
    unit: str | None,
    subject: str,
    *,
    old: DayRow | None = None,
    new: DayRow | None = None,
    source: str,
) -> _Draft:
    told: dict[str, Any] = {"edition": number, "unit": unit or ""}
    if new is not None:
        told["official"] = new.day.official
        if new.effective_on is not None:
            told["effective_on"] = new.effective_on.isoformat()
    words = Change(column="calendar_day", old=_words(old), new=_words(new))
    return _Draft(subject=subject, reason=source, details=told, changes=(words,))


def _words(row: DayRow | None) -> str | None:
    """What a day is, as the log keeps it: its kind and its label."""
    return None if row is None else f"{row.day.kind.value}: {row.day.label}"
