"""What follows from the steps of an audit: who is told, and which mark the case carries."""

from engine.machine.intent import Intent, Notify, RaiseFlag
from engine.machine.registry import Question
from workflows.internal_audit.figures import in_third_quarter

OUTSIDE_WINDOW = "outside_window"


def tell_audited_units(question: Question) -> tuple[Intent, ...]:
    """The heads of units and the auditors hear of the audit and its days."""
    days = {
        name: day.isoformat()
        for name in ("first_day", "last_day")
        if (day := question.fields.get(name)) is not None
    }
    auditors = {row.values["auditor"] for row in question.case.rows("slot")}
    return (
        Notify(
            message="audit_notice",
            roles=("unit_head",),
            people=tuple(sorted(auditors)),
            params=days,
        ),
    )


def tell_office_of_audit_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"state": question.case.instance.state, "unit": question.actor.unit}
    return (Notify(message="audit_obstacle", roles=("office",), params=params),)


def audit_leaves_quarter(question: Question) -> tuple[Intent, ...]:
    """A new end outside the third quarter marks the case, so that the review sees it."""
    end = question.fields.get("new_last_day")
    if end is None or in_third_quarter(end, question.case.instance.year):
        return ()
    return (RaiseFlag(flag=OUTSIDE_WINDOW),)


def audit_misses_quarter(_question: Question) -> tuple[Intent, ...]:
    """The quarter ends while the audit is postponed: those who can still decide are told."""
    return (Notify(message="audit_misses_quarter", roles=("director", "steering_head")),)
