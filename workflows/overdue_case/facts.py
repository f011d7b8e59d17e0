"""What the gates of a late dossier ask of its fields, rows and history; pure over the case.

1. A re-appointment happens before the first due day, so that days before it are counted from
   `original_due`; the present one moves with the step that grants it.
2. Before a day means so many working days before: a letter that goes out on a Saturday counts as of
   the next working day, and a letter that is still to go out counts for nothing.
3. Cases are *alike* when they have the same confirmed cause, in the same unit, and the due day that
   they missed lies in the same quarter, as the office cuts its periods.
"""

from datetime import date

from engine.calendars.business_days import Roll
from engine.calendars.period_scheme import PeriodScheme
from engine.calendars.recurrence import PeriodKind, containing
from engine.machine.instance import Case
from workflows.overdue_dossiers.case_standing import ALIKE, OWN_DOSSIER, PERIODS, AlikeCase
from workflows.overdue_dossiers.dossier import Status
from workflows.overdue_dossiers.records import KnownDossier

TOO_LATE = -1


def asked_due_valid(case: Case) -> bool:
    """Whether the day asked for is a working day after the present due day."""
    return _is_later_working_day(case, "asked_due", after="current_due")


def granted_due_valid(case: Case) -> bool:
    """Whether the day granted is a working day after the day that was first promised."""
    return _is_later_working_day(case, "current_due", after="original_due")


def extensions_used(case: Case) -> int:
    """How often the dossier was re-appointed, before the case was opened or in it."""
    return max(case.instance.taken("grant"), int(_was_moved(case)))


def letter_lead_days(case: Case) -> int:
    """Working days between the letter and the due day; negative when it is too late or to come."""
    sent, due = _day(case, "letter_on"), _day(case, "original_due")
    if sent is None or due is None or sent > case.today:
        return TOO_LATE
    from_day = case.calendar.roll(sent, Roll.FORWARD)
    if from_day > due:
        return TOO_LATE
    return case.calendar.working_days_between(from_day, due)


def returned_by_due(case: Case) -> bool:
    """Whether the result was returned no later than the present due day."""
    returned, due = _day(case, "returned_on"), _day(case, "current_due")
    return returned is None or due is None or returned <= due


def returned_day_plausible(case: Case) -> bool:
    """Whether the day of the return lies between the receipt and today."""
    returned, received = _day(case, "returned_on"), _day(case, "received_on")
    return returned is None or (received or date.min) <= returned <= case.today


def lapse_known(case: Case) -> bool:
    """Whether it is known that there was no result by the due day.

    What the desk exports once a week says so only in a picture of a later day. A dossier that no
    export has told of is known by its case alone.
    """
    due = _day(case, "current_due")
    known: KnownDossier | None = case.lookups.get(OWN_DOSSIER)
    if known is None or due is None:
        return True
    ended = known.dossier.ended_on
    if ended is not None:
        return ended > due
    seen_on = known.exported_at.astimezone(case.now.tzinfo).date()
    return known.dossier.status is not Status.PAUSED and seen_on > due


def same_cause_in_quarter(case: Case) -> int:
    """Cases of the same confirmed cause, unit and quarter, this one among them."""
    return len(alike(case)) + 1


def responsible_named(case: Case) -> int:
    """Persons and agencies that the unit names as responsible."""
    return len(case.rows("responsibility"))


def measures_recorded(case: Case) -> int:
    """Measures that the unit has recorded."""
    return len(case.rows("measure"))


def systemic_measures(case: Case) -> int:
    """Measures against a cause that the unit calls systemic."""
    return sum(bool(row.values.get("systemic")) for row in case.rows("measure"))


def alike(case: Case) -> tuple[AlikeCase, ...]:
    """The other cases of the same confirmed cause and unit whose missed due day is of the quarter.

    A case that has no cause yet is like no other.
    """
    quarter = quarter_of(case)
    found: tuple[AlikeCase, ...] = case.lookups.get(ALIKE, ())
    cause = case.instance.fields.get("cause")
    return tuple(
        other
        for other in found
        if quarter is not None
        and other.cause == cause
        and _quarter(case, other.missed_due) == quarter
        and other.id != case.instance.id
    )


def quarter_of(case: Case) -> str | None:
    """The quarter of the due day that was missed, such as `2026-Q3`."""
    due = _day(case, "current_due")
    return None if due is None else _quarter(case, due)


def lapsed_on(case: Case) -> date | None:
    """The day on which the case was found overdue; None while it is not."""
    lapse = case.instance.last("lapse")
    return None if lapse is None else lapse.on


def _quarter(case: Case, day: date) -> str:
    rules = case.lookups.get(PERIODS)
    if not rules:
        return containing(day, PeriodKind.QUARTER).name
    return PeriodScheme(rules, case.calendar).containing(day, kind=PeriodKind.QUARTER).name


def _was_moved(case: Case) -> bool:
    first, present = _day(case, "original_due"), _day(case, "current_due")
    return first is not None and present is not None and present > first


def _is_later_working_day(case: Case, field: str, *, after: str) -> bool:
    wanted, before = _day(case, field), _day(case, after)
    if wanted is None or before is None:
        return False
    return wanted > before and case.calendar.is_working_day(wanted)


def _day(case: Case, field: str) -> date | None:
    value: date | None = case.instance.fields.get(field)
    return value
