"""What follows from the steps of a slip: its days, who is told, the slip that takes its place."""

from engine.machine.intent import Intent, Notify, RaiseFlag, SetField, StartInstance
from engine.machine.registry import Question
from workflows.corrective_action.facts import from_audit, ineffective_before

PROCESS = "corrective_action"
CARRIED_OVER = (
    "source",
    "minutes_on",
    "grade",
    "unit",
    "clause",
    "criterion",
    "statement",
    "objective_evidence",
    "finding_author",
)


def stamp_issue(question: Question) -> tuple[Intent, ...]:
    """The slip carries its day of issue, and its source where an audit opened it."""
    issued = SetField(field="issued_on", value=question.case.today)
    if question.fields.get("source") is None and from_audit(question.case):
        return (issued, SetField(field="source", value="audit"))
    return (issued,)


def stamp_done(question: Question) -> tuple[Intent, ...]:
    """The day on which completion was reported is the house's, not the unit's."""
    return (SetField(field="done_on", value=question.case.today),)


def mark_disputed(question: Question) -> tuple[Intent, ...]:
    """Those who answer and decide hear of a dispute, and the case shows it."""
    told = Notify(
        message="slip_disputed",
        roles=("lead_auditor", "steering_head"),
        params={"unit": question.fields.get("unit")},
    )
    return (RaiseFlag(flag="disputed"), told)


def reissue_slip(question: Question) -> tuple[Intent, ...]:
    """The second time that an action has no effect, a new slip takes the place of this one."""
    again = ineffective_before(question.case) > 0
    if not again or question.fields.get("failure") != "ineffective":
        return ()
    fields = {
        name: question.fields[name]
        for name in CARRIED_OVER
        if question.fields.get(name) is not None
    }
    successor = StartInstance(
        process=PROCESS,
        relation="successor",
        unit=question.fields.get("unit"),
        fields=fields,
    )
    return (successor, Notify(message="slip_reissued", roles=("iso_secretary", "unit_head")))


def inspection_term_ends(_question: Question) -> tuple[Intent, ...]:
    """The two months of an inspection are over while the slip is open: the leaders are told."""
    return (Notify(message="inspection_term_ends", roles=("director", "steering_head")),)


def tell_office_of_slip_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"state": question.case.instance.state, "unit": question.actor.unit}
    return (Notify(message="slip_obstacle", roles=("office",), params=params),)
