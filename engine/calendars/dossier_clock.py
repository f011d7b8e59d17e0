"""The clock of a dossier: when it is due, what stops it, what starts it again, how long it took.

1. The rules are dated data: those in force on the day of receipt hold for the dossier's whole life.
2. Times are the office's wall clock. What comes after the cut-off, or on a day off, is handed over
   on the next working day; whether the *count* also begins from there is a flag of the procedure or
   unit, for the law shifts only the hand-over.
3. The term counts working days from the day after receipt. Terms are whole numbers of half days:
   one that ends with half a day ends at noon.
4. Paused days are those after the day of the pause up to and including the day of resumption: both
   days are events, and the day of an event is never counted.
5. A request for supplements that the rules allow restarts the clock from zero when the dossier is
   complete. One that comes too late, or once too often, only pauses it: time that an office lost
   is not wiped out by a letter. It is named among the faults.
6. A re-appointment moves the due day, never the due day first promised; one beyond the number that
   the rules allow, or to no later working day, moves nothing and is a fault.
7. What has passed cannot be saved: no pause moves a due day that lies before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from engine.calendars.business_days import Calendar, CalendarInvalid, Roll
from engine.calendars.dated_rules import DatedRule, rule_on

NOON = time(12)


class DossierRule(DatedRule):
    """What the law says of the clock from a day on; counts of days are working days.

    Attributes:
        cut_off: what comes at this hour or later is handed over on the next working day.
        supplement_within: days after receipt within which supplements may be asked for.
        supplements_max: how often they may be.
        extensions_max: how often another day may be promised.
        apology_lead: days before the due day on which the letter of apology is sent at the latest.
    """

    cut_off: time
    supplement_within: Annotated[int, Field(ge=0, le=60)]
    supplements_max: Annotated[int, Field(ge=0, le=9)]
    extensions_max: Annotated[int, Field(ge=0, le=9)]
    apology_lead: Annotated[int, Field(ge=0, le=60)]


class EventKind(StrEnum):
    """What happens to a dossier and matters to its clock."""

    PAUSED = "paused"
    RESUMED = "resumed"
    SUPPLEMENTS_ASKED = "supplements_asked"
    SUPPLEMENTED = "supplemented"
    EXTENDED = "extended"
    ENDED = "ended"


class Fault(StrEnum):
    """What was done although the rules forbid it."""

    SUPPLEMENTS_LATE = "supplements_late"
    SUPPLEMENTS_REPEATED = "supplements_repeated"
    EXTENSIONS_EXCEEDED = "extensions_exceeded"
    EXTENSION_NOT_LATER = "extension_not_later"


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierEvent:
    """Something that happened to a dossier.

    Attributes:
        at: on the office's clock, without a zone.
        due_on: the day newly promised, of an extension.
    """

    kind: EventKind
    at: datetime
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierTerm:
    """How long a dossier may take.

    Attributes:
        half_days: working half days.
        counts_from_hand_over: whether a receipt after the cut-off or on a day off also shifts the
            count, and not the hand-over alone.
        cut_off: of the unit, where its working time has another one than the law.
    """

    half_days: int
    counts_from_hand_over: bool = False
    cut_off: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierClock:
    """Where the clock stands after all that happened.

    Attributes:
        handed_over_on: the day on which the desk passes it on.
        counted_from: the day after which the term runs now; a supplement has restarted it there.
        first_due_on: the day first promised; what supplements make of it is not a promise broken.
        due_on: the day that holds; None while the clock stands.
        due_by_noon: whether the term ends with half a day.
        supplements_by: the last day on which supplements may be asked for.
        apology_by: the last day for the letter of apology; None while the clock stands.
        paused_days: working days that do not count, since the clock last started from zero.
        used_half_days: what the dossier took, pauses left out; None until it ends.
        late_days: working days after the due day, pauses left out; None until it ends.
        rule: what held for it.
    """

    handed_over_on: date
    counted_from: date
    first_due_on: date
    due_on: date | None
    due_by_noon: bool
    supplements_by: date
    apology_by: date | None
    restarts: int
    extensions: int
    paused_days: int
    faults: tuple[Fault, ...]
    rule: DossierRule
    ended_on: date | None = None
    used_half_days: int | None = None
    late_days: int | None = None


def committed_half_days(regulated_half_days: int, *, cut_percent: int) -> int:
    """The term that an office promises itself: the regulation's less so many per cent.

    Rounded down to half a day, and never to nothing: a term of half a day stays one.

    Raises:
        CalendarInvalid: `term_negative` or `cut_out_of_range`.
    """
    if regulated_half_days < 0:
        raise CalendarInvalid("term_negative", count=regulated_half_days)
    if not 0 <= cut_percent < 100:
        raise CalendarInvalid("cut_out_of_range", percent=cut_percent)
    cut = regulated_half_days * (100 - cut_percent) // 100
    return max(cut, min(1, regulated_half_days))


def handed_over_on(received_at: datetime, *, cut_off: time, calendar: Calendar) -> date:
    """The working day on which the desk passes on what it received: the same, or the next."""
    day = received_at.date()
    if calendar.is_working_day(day) and received_at.time() < cut_off:
        return day
    return calendar.next_working_day(day)


def clock_of(
    received_at: datetime,
    events: Iterable[DossierEvent],
    *,
    term: DossierTerm,
    rules: Sequence[DossierRule],
    calendar: Calendar,
) -> DossierClock:
    """Run the clock of a dossier over what happened to it, in the order of time.

    Raises:
        CalendarInvalid: `term_negative`, `dossier_event_not_possible` (resumed without a pause,
            anything after the end), `dossier_events_disordered`, `dossier_extension_without_day`.
    """
    if term.half_days < 0:
        raise CalendarInvalid("term_negative", count=term.half_days)
    rule = rule_on(rules, received_at.date())
    run = _Run(rule=rule, term=term, calendar=calendar)
    run.start(received_at)
    first_due, latest = run.due, received_at
    for event in events:
        if event.at < latest:
            raise CalendarInvalid("dossier_events_disordered", kind=event.kind.value)
        run.follow(event)
        latest = event.at
    return run.told(first_due=first_due)


class _Waiting(StrEnum):
    """Why the clock stands, and hence what lets it run again."""

    PAUSE = "pause"
    SUPPLEMENTS = "supplements"
    SUPPLEMENTS_NOT_ALLOWED = "supplements_not_allowed"


@dataclass(slots=True, kw_only=True)
class _Run:
    """The clock while it is followed from event to event."""

    rule: DossierRule
    term: DossierTerm
    calendar: Calendar
    handed_over_on: date = date.min
    counted_from: date = date.min
    supplements_by: date = date.min
    due: date = date.min
    by_noon: bool = False
    waiting: _Waiting | None = None
    waiting_since: date = date.min
    paused_days: int = 0
    paused_late_days: int = 0
    restarts: int = -1
    asked: int = 0
    extensions: int = 0
    ended_at: datetime | None = None
    faults: tuple[Fault, ...] = ()

    def start(self, at: datetime) -> None:
        """Begin to count from zero."""
        day = at.date()
        cut_off = self.term.cut_off or self.rule.cut_off
        self.handed_over_on = handed_over_on(at, cut_off=cut_off, calendar=self.calendar)
        self.counted_from = self.handed_over_on if self.term.counts_from_hand_over else day
        self.supplements_by = self.calendar.add_working_days(day, self.rule.supplement_within)
        self.due = self._ending(self.counted_from, -(-self.term.half_days // 2))
        self.by_noon = self.term.half_days % 2 == 1
        self.waiting = None
        self.paused_days = self.paused_late_days = 0
        self.restarts += 1

    def follow(self, event: DossierEvent) -> None:
        """Let one event happen."""
        if self.ended_at is not None:
            raise _impossible(event)
        match event.kind:
            case EventKind.PAUSED:
                self._wait(event, _Waiting.PAUSE)
            case EventKind.RESUMED:
                self._go_on(event, _Waiting.PAUSE)
            case EventKind.SUPPLEMENTS_ASKED:
                self._ask(event)
            case EventKind.SUPPLEMENTED:
                self._supplement(event)
            case EventKind.EXTENDED:
                self._extend(event)
            case EventKind.ENDED:
                self._end(event)
            case _:
                assert_never(event.kind)

    def told(self, *, first_due: date) -> DossierClock:
        """Where the clock stands."""
        running = self.waiting is None
        clock = DossierClock(
            handed_over_on=self.handed_over_on,
            counted_from=self.counted_from,
            first_due_on=first_due,
            due_on=self.due if running else None,
            due_by_noon=self.by_noon,
            supplements_by=self.supplements_by,
            apology_by=self.calendar.subtract_working_days(self.due, self.rule.apology_lead)
            if running
            else None,
            restarts=self.restarts,
            extensions=self.extensions,
            paused_days=self.paused_days,
            faults=self.faults,
            rule=self.rule,
        )
        return clock if self.ended_at is None else self._ended(clock, self.ended_at)

    def _ended(self, clock: DossierClock, at: datetime) -> DossierClock:
        end = at.date()
        days = self.calendar.working_days_between(self.counted_from, end) - self.paused_days
        half = at.time() < NOON and self.calendar.is_working_day(end)
        late = self.calendar.working_days_between(self.due, end) - self.paused_late_days
        return replace(
            clock,
            ended_on=end,
            used_half_days=max(0, 2 * days - int(half)),
            late_days=max(0, late),
        )

    def _wait(self, event: DossierEvent, why: _Waiting) -> None:
        if self.waiting is not None:
            raise _impossible(event)
        self.waiting = why
        self.waiting_since = event.at.date()

    def _go_on(self, event: DossierEvent, *why: _Waiting) -> None:
        """Run on with the days that were left when the clock was stopped."""
        if self.waiting not in why:
            raise _impossible(event)
        since, day = self.waiting_since, event.at.date()
        paused = self.calendar.working_days_between(since, day)
        self.paused_days += paused
        self.waiting = None
        if since > self.due:
            self.paused_late_days += paused
            return
        self.due = self._ending(day, self.calendar.working_days_between(since, self.due))

    def _ask(self, event: DossierEvent) -> None:
        late = event.at.date() > self.supplements_by
        repeated = self.asked >= self.rule.supplements_max
        forbidden = _Waiting.SUPPLEMENTS_NOT_ALLOWED
        self._wait(event, forbidden if late or repeated else _Waiting.SUPPLEMENTS)
        self.asked += 1
        if late:
            self.faults += (Fault.SUPPLEMENTS_LATE,)
        if repeated:
            self.faults += (Fault.SUPPLEMENTS_REPEATED,)

    def _supplement(self, event: DossierEvent) -> None:
        if self.waiting is _Waiting.SUPPLEMENTS:
            self.start(event.at)
        else:
            self._go_on(event, _Waiting.SUPPLEMENTS_NOT_ALLOWED)

    def _extend(self, event: DossierEvent) -> None:
        if event.due_on is None:
            raise CalendarInvalid("dossier_extension_without_day", at=event.at.isoformat())
        if self.waiting is not None:
            raise _impossible(event)
        if self.extensions >= self.rule.extensions_max:
            self.faults += (Fault.EXTENSIONS_EXCEEDED,)
        elif event.due_on <= self.due or not self.calendar.is_working_day(event.due_on):
            self.faults += (Fault.EXTENSION_NOT_LATER,)
        else:
            self.extensions += 1
            self.due, self.by_noon = event.due_on, False

    def _end(self, event: DossierEvent) -> None:
        """Stop for good; what still waited had the days until now for nothing."""
        if self.waiting is not None:
            self._go_on(event, *_Waiting)
        self.ended_at = event.at

    def _ending(self, start: date, days: int) -> date:
        """The last day of so many working days; with none left, the day itself or the next."""
        if days == 0:
            return self.calendar.roll(start, Roll.FORWARD)
        return self.calendar.add_working_days(start, days)


def _impossible(event: DossierEvent) -> CalendarInvalid:
    return CalendarInvalid(
        "dossier_event_not_possible", kind=event.kind.value, at=event.at.isoformat()
    )
