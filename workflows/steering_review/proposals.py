"""Rows that a review implies and that are not there yet: what a sheet is filled in with.

1. Only what is known is proposed; what people must judge stays empty.
2. Words come from data (titles, codes, states) in the language of the office's papers.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.calendars.business_days import Roll
from engine.machine.instance import Case, PlanRow
from workflows.steering_review import surveys
from workflows.steering_review.facts import DIRECTOR, HEAD, MEMBER, committee
from workflows.steering_review.gathering import Line, in_force

REPORTS_DUE = (11, 10)
"""Unit reports are due on 10 November, rolled back to a working day."""
CONTENT_LENGTH = 8000
SHORT = 300

Proposed = tuple[Mapping[str, Any], ...]


def unit_inputs(case: Case) -> Proposed:
    """Each unit that has a head and no row."""
    named = {row.values["unit"] for row in case.rows("unit_input")}
    due = case.calendar.roll(date(case.instance.year, *REPORTS_DUE), Roll.BACK)
    return tuple(
        {"unit": unit, "due_on": due, "asked": True}
        for unit in case.around.units
        if unit not in named
    )


def review_inputs(case: Case) -> Proposed:
    """Each section that records fill and that nobody has written to, with what they say."""
    written = {row.values["item"] for row in case.rows("review_input")}
    return tuple(
        {"item": topic, "content": "\n".join(map(_said, lines))[:CONTENT_LENGTH]}
        for topic, lines in in_force(case).items()
        if lines and topic not in written
    )


def objective_results(case: Case) -> Proposed:
    """Each row of the plan without a result; its actual where a published figure gives it."""
    told = {row.values["row"] for row in case.rows("objective_result")}
    return tuple(_result(case, row) for row in case.around.plan if row.code not in told)


def objective_conclusions(case: Case) -> Proposed:
    """Each result without a conclusion; whether it is met is for the meeting to say."""
    concluded = {row.values["about"] for row in case.rows("objective_conclusion")}
    return tuple(
        {"about": row.id} for row in case.rows("objective_result") if row.id not in concluded
    )


def attendees(case: Case) -> Proposed:
    """Everybody who belongs to the committee, and the Director."""
    listed = {row.values["person"] for row in case.rows("attendee")}
    members, holders = committee(case), case.around.holders
    people = dict.fromkeys(
        person for role in (HEAD, MEMBER, DIRECTOR) for person in holders.get(role, ())
    )
    return tuple(
        {"person": person, "member": person in members, "present": True}
        for person in people
        if person not in listed
    )


def year_results(case: Case) -> Proposed:
    """Each result that has no actual of the whole year."""
    told = {row.values["about"] for row in case.rows("year_result")}
    return tuple({"about": row.id} for row in case.rows("objective_result") if row.id not in told)


def _result(case: Case, row: PlanRow) -> dict[str, Any]:
    known = {
        "row": row.code,
        "lead": row.lead_title["vi"][:500],
        "target": row.target["vi"][:500],
    }
    found = _actual(case, row)
    return known if found is None else {**known, "actual": found[0], "source": found[1]}


def _actual(case: Case, row: PlanRow) -> tuple[str, str] | None:
    """What a published figure of the row's own process says, else what units reported."""
    carried = {
        "training_campaign": surveys.training_coverage(case),
        "internal_audit": surveys.audit_completion(case),
        surveys.PERIODS: surveys.periods_reported(case),
    }
    for name in row.measures:
        told = surveys.measured(case, surveys.MEASURED_BY.get(name, ""))
        if told is not None:
            other, figure = told
            return f"{figure.numerator}/{figure.denominator}", other.code
    for process in row.processes:
        counted = carried.get(process)
        if counted is not None:
            codes = ", ".join(other.code for other in surveys.this_year(case, process))
            return f"{counted[0]}/{counted[1]}", codes[:SHORT]
    verdict = surveys.verdicts_of_units(case).get(row.code)
    if verdict is None:
        return None
    codes = ", ".join(
        child.code
        for child in surveys.unit_reports(case)
        if row.code in (*child.fields.get("rows_met", ()), *child.fields.get("rows_not_met", ()))
    )
    return f"{verdict[0]}/{verdict[1]}", codes[:SHORT]


def _said(line: Line) -> str:
    """A line in one row of text: source, wording, state, and how much out of how many."""
    words = " · ".join(part for part in (line.code, line.label, line.state) if part)
    if line.numerator is None:
        return words
    share = f"{line.numerator}" + ("" if line.denominator is None else f"/{line.denominator}")
    return f"{words}: {share}" if words else share
