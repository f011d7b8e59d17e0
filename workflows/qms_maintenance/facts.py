"""What the gates of a year ask, and what it is measured by; pure over the case and its children.

1. A change of the law is in the system when its case put the document in force; one that was
   rejected needed no change.
2. Its term is three months from the effective date and, being the law's, rolls forward.
"""

from datetime import date

from engine.calendars.business_days import Roll
from engine.machine.instance import Case, Child
from engine.machine.registry import Figure

CHANGE = "document_change"
LEGAL_MONTHS = 3
IN_FORCE = ("effective", "superseded")
SETTLED = (*IN_FORCE, "rejected")


def changes_not_handed_out(case: Case) -> int:
    """Rows without a case of their own."""
    opened = {child.origin_row for child in case.children if child.process == CHANGE}
    return sum(row.id not in opened for row in case.rows("change"))


def legal_overdue(case: Case) -> int:
    """Changes of the law whose term has passed, and that are not settled."""
    return sum(
        child.state not in SETTLED and case.today > term for child, term in _of_the_law(case)
    )


def changes_in_time(case: Case) -> Figure:
    """Changes of the law that were in force within their term, out of those that can be judged."""
    judged = [
        (child, term)
        for child, term in _of_the_law(case)
        if child.state != "rejected" and (child.state in IN_FORCE or case.today > term)
    ]
    kept = sum(
        child.state in IN_FORCE and (child.fields.get("effective_on") or date.max) <= term
        for child, term in judged
    )
    return Figure(
        numerator=kept if judged else None,
        denominator=len(judged) if judged else None,
        cut_off=case.today,
        rows={"children": tuple(child.id for child, _ in judged)},
    )


def _of_the_law(case: Case) -> list[tuple[Child, date]]:
    """Each change of the law that stands, with the end of its term."""
    return [
        (child, case.calendar.add_months(begun, LEGAL_MONTHS, roll=Roll.FORWARD))
        for child in case.children
        if child.process == CHANGE
        and child.state != "withdrawn"
        and (begun := child.fields.get("legal_effective")) is not None
    ]
