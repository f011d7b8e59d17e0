"""The slip on paper, as values, in four parts: finding, cause and action, approval, verification.

People stand by name, units and choices by id; words and layout are the page's.
"""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who took a step, for whom, when, and what they said."""

    transition: str
    person: str
    on_behalf_of: str | None
    on: date
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A corrective action request.

    Attributes:
        approvals: decisions on the plan and extensions, oldest first.
        verifications: verification steps of all rounds, oldest first.
    """

    code: str
    title: str
    state: str
    predecessor: str | None
    source: str | None
    grade: str | None
    unit: str | None
    clause: str | None
    criterion: str | None
    statement: str | None
    objective_evidence: str | None
    finding_author: str | None
    issued_on: date | None
    disputes: tuple[Signature, ...]
    correction: str | None
    cause_codes: tuple[str, ...]
    cause: str | None
    action: str | None
    owner: str | None
    resources: str | None
    planned_on: date | None
    look_across: str | None
    risks_updated: bool | None
    approvals: tuple[Signature, ...]
    result: str | None
    done_on: date | None
    verifications: tuple[Signature, ...]
    effectiveness: str | None


def slip(case: Case) -> Slip:
    """The slip as it stands."""
    fields = case.instance.fields
    return Slip(
        code=case.instance.code,
        title=case.instance.title,
        state=case.instance.state,
        predecessor=case.instance.predecessor,
        source=fields.get("source"),
        grade=fields.get("grade"),
        unit=fields.get("unit"),
        clause=fields.get("clause"),
        criterion=fields.get("criterion"),
        statement=fields.get("statement"),
        objective_evidence=fields.get("objective_evidence"),
        finding_author=_name(case, fields.get("finding_author")),
        issued_on=fields.get("issued_on"),
        disputes=_signed(case, "dispute", "answer_dispute", "decide_dispute"),
        correction=fields.get("correction"),
        cause_codes=tuple(fields.get("cause_codes", ())),
        cause=fields.get("cause"),
        action=fields.get("action"),
        owner=_name(case, fields.get("owner")),
        resources=fields.get("resources"),
        planned_on=fields.get("planned_on"),
        look_across=fields.get("look_across"),
        risks_updated=fields.get("risks_updated"),
        approvals=_signed(case, "approve_plan", "return_plan", "extend"),
        result=fields.get("result"),
        done_on=fields.get("done_on"),
        verifications=_signed(case, "verify", "confirm_done", "pass", "fail"),
        effectiveness=fields.get("effectiveness"),
    )


def _signed(case: Case, *transitions: str) -> tuple[Signature, ...]:
    return tuple(
        _signature(case, step) for step in case.instance.history if step.transition in transitions
    )


def _signature(case: Case, step: Step) -> Signature:
    return Signature(
        transition=step.transition,
        person=_name(case, step.person) or step.person,
        on_behalf_of=_name(case, step.on_behalf_of),
        on=step.on,
        reason=step.reason,
    )


def _name(case: Case, person: str | None) -> str | None:
    if person is None:
        return None
    known = case.people.get(person)
    return known.name if known is not None else person
