"""Questions that compare who acts with what is stored."""

from engine.machine.registry import Objection, Question


def chair_signs_minutes(question: Question) -> Objection | None:
    """The minutes are signed by who chaired the meeting, or by a deputy for that person."""
    chair = question.case.instance.fields.get("chair")
    signers = {question.actor.person, *(grant.on_behalf_of for grant in question.actor.grants)}
    if chair is None or chair in signers:
        return None
    known = question.case.people.get(chair)
    return Objection(params={"chair": known.name if known is not None else chair})
