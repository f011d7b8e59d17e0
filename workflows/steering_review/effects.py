"""What follows from the steps of a review: the frozen pack, and who is told."""

from dataclasses import replace

from engine.machine.intent import ChangeRecord, Intent, Notify
from engine.machine.registry import Question
from workflows.steering_review.gathering import GATHERED, gather, row_values

COMMITTEE = ("steering_head", "steering_member", "director")


def freeze_gathered(question: Question) -> tuple[Intent, ...]:
    """Everything that was gathered becomes a row of this freeze, and stays what it is."""
    case = question.case
    instance = replace(case.instance, fields=question.fields)
    lines = gather(replace(case, instance=instance)).values()
    turn = case.instance.taken("freeze") + 1
    return tuple(
        ChangeRecord(record_set=GATHERED, row=None, values=row_values(line, turn=turn))
        for section in lines
        for line in section
    )


def tell_of_review_call(question: Question) -> tuple[Intent, ...]:
    """The committee and the heads of units hear of the meeting and of the reports."""
    roles = (*COMMITTEE, "unit_head")
    return (Notify(message="review_called", roles=roles, params=_days(question)),)


def tell_of_review_dossier(question: Question) -> tuple[Intent, ...]:
    """The committee hears that the dossier is there."""
    return (Notify(message="review_dossier_sent", roles=COMMITTEE, params=_days(question)),)


def tell_of_new_meeting_day(question: Question) -> tuple[Intent, ...]:
    """The committee hears of the new day."""
    return (Notify(message="review_adjourned", roles=COMMITTEE, params=_days(question)),)


def tell_office_of_review_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"state": question.case.instance.state, "unit": question.actor.unit}
    return (Notify(message="review_obstacle", roles=("office",), params=params),)


def _days(question: Question) -> dict[str, str]:
    day = question.fields.get("meeting_on")
    return {} if day is None else {"meeting_on": day.isoformat()}
