"""What the gates of a change ask, what it tells and what it is measured by; pure over the case."""

from datetime import date

from engine.calendars.business_days import Roll
from engine.machine.instance import Case
from engine.machine.intent import Intent, Notify
from engine.machine.registry import Figure, Question
from workflows.plan_rows.counting import lacking
from workflows.plan_rows.effects import units_told

LEGAL_MONTHS = 3
"""Months from the effective date of an instrument (Decision 19/2014, Article 4.4a)."""


def effective_plausible(case: Case) -> bool:
    """Whether it is in force no earlier than it was approved; true while no day is given."""
    day, approved = case.instance.fields.get("effective_on"), case.instance.last("approve")
    return day is None or approved is None or approved.on <= day


def copies_outstanding(case: Case) -> int:
    """Units without the new copy, or with the old one; a first edition has no old one."""
    first = case.instance.fields.get("new_version") == 1
    asked = ("received_on",) if first else ("received_on", "withdrawn_on")
    return sum(lacking(*asked)(row) for row in case.rows("distribution"))


def legal_term_nears(question: Question) -> tuple[Intent, ...]:
    """A change of the law that is not in the system yet is told a month before its term ends."""
    leaders = Notify(message="legal_term_nears", roles=("iso_secretary", "director"))
    return (*units_told("legal_term_nears", (question.fields.get("unit"),)), leaders)


def cycle_days(case: Case) -> Figure:
    """Days from the opening until it was put in force; nothing before that."""
    forced, opened = case.instance.last("put_in_force"), case.instance.history[:1]
    days = (forced.on - opened[0].on).days if forced is not None and opened else None
    return Figure(numerator=days, cut_off=None if forced is None else forced.on)


def in_legal_term(case: Case) -> bool | None:
    """Whether a change of the law was in force in the system within its term."""
    begun: date | None = case.instance.fields.get("legal_effective")
    if begun is None:
        return None
    term = case.calendar.add_months(begun, LEGAL_MONTHS, roll=Roll.FORWARD)
    forced: date | None = case.instance.fields.get("effective_on")
    if case.instance.last("put_in_force") is not None and forced is not None:
        return forced <= term
    return False if case.today > term else None
