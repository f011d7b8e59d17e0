"""What a single task is measured by; the weekly report adds them up."""

from engine.machine.instance import Case
from engine.machine.registry import Figure


def done_in_time(case: Case) -> Figure:
    """Whether its product left by the due day; nothing is said before it is confirmed."""
    return _by(case, "due_on")


def done_by_first_day(case: Case) -> Figure:
    """The same against the day that the city first set, extensions left out."""
    first = "first_due" if case.instance.fields.get("first_due") is not None else "due_on"
    return _by(case, first)


def _by(case: Case, field: str) -> Figure:
    done, due = case.instance.fields.get("done_on"), case.instance.fields.get(field)
    if case.instance.state != "confirmed" or done is None or due is None:
        return Figure(numerator=None)
    return Figure(numerator=int(done <= due), cut_off=done)
