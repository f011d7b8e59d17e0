"""What a single decision is measured by; the review adds them up."""

from engine.machine.instance import Case
from engine.machine.registry import Figure


def done_in_time(case: Case) -> Figure:
    """Whether it was last reported done by its due day; nothing is said before it is confirmed."""
    done, due = case.instance.fields.get("done_on"), case.instance.fields.get("due_on")
    if case.instance.state != "done" or done is None or due is None:
        return Figure(numerator=None)
    return Figure(numerator=int(done <= due), cut_off=done)
