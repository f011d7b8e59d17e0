"""What follows from the steps of a decision: its day, and who is told."""

from engine.machine.intent import Intent, Notify, SetField
from engine.machine.registry import Question


def tell_owner_of_decision(question: Question) -> tuple[Intent, ...]:
    """The owner hears of the task and of its day."""
    owner, due = question.fields.get("owner"), question.fields.get("due_on")
    params = {} if due is None else {"due_on": due.isoformat()}
    people = () if owner is None else (owner,)
    return (Notify(message="decision_assigned", people=people, params=params),)


def stamp_decision_reported(question: Question) -> tuple[Intent, ...]:
    """The day on which completion was reported is the house's, not the unit's."""
    return (SetField(field="done_on", value=question.case.today),)


def tell_office_of_decision_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"unit": question.actor.unit}
    return (Notify(message="decision_obstacle", roles=("office",), params=params),)
