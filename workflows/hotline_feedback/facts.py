"""What the gates of a petition ask, what its steps stamp, what it is measured by; all pure."""

from datetime import date

from engine.machine.instance import Case
from engine.machine.intent import Intent, SetField
from engine.machine.registry import Question

TERMS = {"simple": 5, "complex": 10}
"""Complexity → working days from the receipt until the answer is due."""
ACKNOWLEDGED = 2
"""Working days until the sender is told that it was received."""


def received_plausible(case: Case) -> bool:
    """Whether it was received no later than today."""
    day = case.instance.fields.get("received_on")
    return day is None or day <= case.today


def answer_late(case: Case) -> bool:
    """Whether the day of the answer has passed."""
    due = case.instance.fields.get("answer_due")
    return due is not None and case.today > due


def true_without_measure(case: Case) -> bool:
    """Whether it was found true and nobody wrote down what is to be put right."""
    return bool(case.instance.fields.get("substantiated")) and not case.rows("measure")


def set_answer_day(question: Question) -> tuple[Intent, ...]:
    """The day of the answer counts from the receipt, not from the classification."""
    received = question.fields.get("received_on")
    term = TERMS.get(str(question.fields.get("complexity")))
    if received is None or term is None:
        return ()
    due = question.case.calendar.add_working_days(received, term)
    return (SetField(field="answer_due", value=due),)


def stamp_answer(question: Question) -> tuple[Intent, ...]:
    """The day of the answer is the house's."""
    return (SetField(field="answered_on", value=question.case.today),)


def answered_in_time(case: Case) -> bool | None:
    """Whether the last answer came by its day; False once the day has passed without one."""
    answered: date | None = case.instance.fields.get("answered_on")
    due: date | None = case.instance.fields.get("answer_due")
    if due is None:
        return None
    if answered is not None:
        return answered <= due
    return False if case.today > due else None


def acknowledged_in_time(case: Case) -> bool | None:
    """Whether the sender was told in time; nothing is said of what is anonymous."""
    received: date | None = case.instance.fields.get("received_on")
    if received is None or case.instance.fields.get("anonymous"):
        return None
    told = case.instance.last("acknowledge")
    due = case.calendar.add_working_days(received, ACKNOWLEDGED)
    if told is not None:
        return told.on <= due
    return False if case.today > due else None
