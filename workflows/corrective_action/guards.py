"""Questions that compare what is stored with what a step brings."""

from engine.machine.registry import Objection, Question

FOUND = (
    "grade",
    "unit",
    "clause",
    "criterion",
    "statement",
    "objective_evidence",
    "finding_author",
)


def finding_kept(question: Question) -> Objection | None:
    """Whoever issues a slip completes it, but does not rewrite what was found."""
    stored = question.case.instance.fields
    rewritten = [
        name
        for name in FOUND
        if stored.get(name) is not None and question.fields.get(name) != stored[name]
    ]
    return Objection(params={"fields": rewritten}) if rewritten else None


def extension_is_later(question: Question) -> Objection | None:
    """An extension moves the planned day to a later one."""
    planned = question.case.instance.fields.get("planned_on")
    given = question.fields.get("planned_on")
    if planned is None or given is None or given > planned:
        return None
    return Objection(params={"day": planned.isoformat()})
