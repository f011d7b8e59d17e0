"""Questions that compare who acts with what is stored."""

from datetime import date

from engine.machine.registry import Objection, Question


def adjourned_on_its_day(question: Question) -> Objection | None:
    """A meeting is adjourned on the day announced for it or later, never ahead of it.

    Who could move the day ahead of time would take the days for reading the dossier away.
    """
    announced: date | None = question.case.instance.fields.get("meeting_on")
    if announced is None or announced <= question.case.today:
        return None
    return Objection(params={"meeting_on": announced.isoformat()})


def chair_signs_minutes(question: Question) -> Objection | None:
    """The minutes are signed by who chaired the meeting, or by a deputy for that person."""
    chair = question.case.instance.fields.get("chair")
    signers = {question.actor.person, *(grant.on_behalf_of for grant in question.actor.grants)}
    if chair is None or chair in signers:
        return None
    known = question.case.people.get(chair)
    return Objection(params={"chair": known.name if known is not None else chair})
