"""Rows that a campaign implies and that are not there yet: what a sheet is prefilled with.

1. Only what follows from the case is given; what somebody has to know or decide (kind of staff,
   present or not, points, reasons) is left to whoever fills in the sheet.
2. Nothing is written by the way, and what comes back is judged like any other row.
"""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case
from workflows.training_campaign import facts
from workflows.training_campaign.roster import present_round, present_staff, roster

Rows = tuple[Mapping[str, Any], ...]


def headcount(case: Case) -> Rows:
    """Everybody who works in a unit today."""
    known = {row.values["person"] for row in case.rows("headcount")}
    return tuple(
        {"person": member.id, "unit": member.unit}
        for member in present_staff(case)
        if member.id not in known
    )


def headcount_difference(case: Case) -> Rows:
    """Everybody in whom the snapshot differs from the staff list and nobody has said why."""
    return tuple(
        {"person": person, "kind": kind}
        for person, kind in facts.differences_unexplained(case).items()
    )


def placement(case: Case) -> Rows:
    """Everybody who needs a place: in the first round all, in a make-up round those outstanding.

    The class is given where the round has only one.
    """
    found, wanted = roster(case), present_round(case)
    people = facts.people_unplaced(found) if wanted == 1 else found.outstanding()
    classes = [of_class for of_class, in_round in found.rounds.items() if in_round == wanted]
    only = {"training_class": classes[0]} if len(classes) == 1 else {}
    return tuple(
        {"person": person, "unit": found.members[person].values["unit"], **only}
        for person in people
        if wanted not in found.places.get(person, {})
    )


def unit_confirmation(case: Case) -> Rows:
    """Each unit that has not confirmed, with today."""
    return tuple(
        {"unit": unit, "confirmed_on": case.today} for unit in facts.units_to_confirm(case)
    )


def attendance(case: Case) -> Rows:
    """Each learner for each session of theirs that has no line yet, session by session."""
    return tuple(
        {"person": person, "class_session": session}
        for person, session in facts.lines_missing(case)
    )


def score(case: Case) -> Rows:
    """Each learner who attended and has no score for the round."""
    return tuple(
        {"person": person, "round": of_round} for person, of_round in facts.tests_missing(case)
    )


def exception(case: Case) -> Rows:
    """Everybody who is outstanding and not explained."""
    members = roster(case).members
    return tuple(
        {"person": person, "unit": members[person].values["unit"]}
        for person in facts.people_unlisted(case)
    )


def exception_approval(case: Case) -> Rows:
    """Each exception that waits for the Director."""
    return tuple({"exception": row.id} for row in facts.rows_unapproved(case))


def effect(case: Case) -> Rows:
    """Each unit whose effect is still to be looked at."""
    return tuple({"unit": unit} for unit in facts.units_to_check(case))


PROPOSALS = {
    "headcount": headcount,
    "headcount_difference": headcount_difference,
    "placement": placement,
    "unit_confirmation": unit_confirmation,
    "attendance": attendance,
    "score": score,
    "exception": exception,
    "exception_approval": exception_approval,
    "effect": effect,
}
"""Record set → what proposes its rows."""
