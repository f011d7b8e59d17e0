"""What a single slip is measured by; the audit adds them up."""

from engine.machine.instance import Case
from engine.machine.registry import Figure


def working_days_to_close(case: Case) -> Figure:
    """Working days from issue to the effective end."""
    issue, closing = case.instance.last("issue"), case.instance.last("pass")
    if issue is None or closing is None:
        return Figure(numerator=None)
    days = case.calendar.working_days_between(issue.on, closing.on)
    return Figure(numerator=days, cut_off=closing.on)


def done_in_time(case: Case) -> Figure:
    """Whether completion was last reported by the planned day."""
    done = case.instance.last("report_done")
    planned = case.instance.fields.get("planned_on")
    if done is None or planned is None:
        return Figure(numerator=None)
    return Figure(numerator=int(done.on <= planned), cut_off=done.on)


def effective_first_time(case: Case) -> Figure:
    """Whether the slip passed without a failure, and is no second attempt itself."""
    if case.instance.state not in {"closed_effective", "reissued"}:
        return Figure(numerator=None)
    first = case.instance.state == "closed_effective" and not case.instance.taken("fail")
    return Figure(numerator=int(first and case.instance.predecessor is None), cut_off=case.today)


def rounds_failed(case: Case) -> Figure:
    """How often a verification failed."""
    return Figure(numerator=case.instance.taken("fail"), cut_off=case.today)


FIGURES = {
    "working_days_to_close": working_days_to_close,
    "done_in_time": done_in_time,
    "effective_first_time": effective_first_time,
    "rounds_failed": rounds_failed,
}
"""Every figure of a slip under the name that the definition gives it."""
