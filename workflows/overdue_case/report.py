"""The papers of a late dossier as values: the two letters and the cause sheet.

1. Of the applicant nothing is known here: the letters leave the addressee to whoever sends them.
2. People stand by name, units and choices by id; words and layout are the page's.
3. Who is responsible stands on the cause sheet, which the unit's head and the Director read.
"""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case
from workflows.overdue_case.facts import alike, letter_lead_days
from workflows.overdue_case.figures import apologised_on, days_late


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to whoever handed the dossier in: apology, and another day.

    Attributes:
        because: the reason that the unit gives.
        new_due: the day that is promised now; None where none is.
        days_late: working days; None where the due day has not passed.
    """

    code: str
    dossier_code: str
    procedure: str
    unit: str | None
    received_on: date | None
    original_due: date | None
    current_due: date | None
    because: str | None
    new_due: date | None
    sent_on: date | None
    days_late: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is done against the cause."""

    in_charge: str
    statement: str
    owner: str
    due_on: date
    systemic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseSheet:
    """Why a dossier was late, who says so, who checked it, and what is done.

    Attributes:
        stated_by: the head of the unit, with the day; the last time that it was stated.
        confirmed_by: who checked it against the control slip, with what was said.
        slips: codes of corrective actions that the case opened.
    """

    code: str
    dossier_code: str
    procedure: str
    unit: str | None
    received_on: date | None
    original_due: date | None
    current_due: date | None
    returned_on: date | None
    days_late: int | None
    cause: str | None
    nature: str | None
    stage: str | None
    responsible: str | None
    stated_by: str | None
    stated_on: date | None
    confirmed_by: str | None
    confirmed_on: date | None
    confirmed_because: str | None
    apologised_on: date | None
    alike: int
    measures: tuple[Measure, ...]
    slips: tuple[str, ...]


def extension_letter(case: Case) -> Letter:
    """The letter of apology that asks for one other day, sent before the due day (form 04)."""
    fields = case.instance.fields
    granted = case.instance.taken("grant") > 0
    return _letter(
        case,
        because=fields.get("asked_because"),
        new_due=fields.get("current_due") if granted else fields.get("asked_due"),
        sent_on=fields.get("letter_on") if letter_lead_days(case) >= 0 else None,
    )


def apology_letter(case: Case) -> Letter:
    """The letter of apology for a dossier that is late already; no other day can be promised."""
    obstacle = case.instance.last("report_obstacle")
    return _letter(
        case,
        because=None if obstacle is None else obstacle.reason,
        new_due=None,
        sent_on=apologised_on(case),
    )


def cause_sheet(case: Case) -> CauseSheet:
    """The sheet as it stands."""
    fields = case.instance.fields
    stated, confirmed = case.instance.last("state_cause"), case.instance.last("confirm")
    return CauseSheet(
        code=case.instance.code,
        dossier_code=fields["dossier_code"],
        procedure=fields["procedure"],
        unit=fields.get("unit"),
        received_on=fields.get("received_on"),
        original_due=fields.get("original_due"),
        current_due=fields.get("current_due"),
        returned_on=fields.get("returned_on"),
        days_late=days_late(case).numerator,
        cause=fields.get("cause"),
        nature=fields.get("cause_nature"),
        stage=fields.get("lost_stage"),
        responsible="; ".join(row.values["who"] for row in case.rows("responsibility")) or None,
        stated_by=None if stated is None else _name(case, stated.person),
        stated_on=None if stated is None else stated.on,
        confirmed_by=None if confirmed is None else _name(case, confirmed.person),
        confirmed_on=None if confirmed is None else confirmed.on,
        confirmed_because=None if confirmed is None else confirmed.reason,
        apologised_on=apologised_on(case),
        alike=len(alike(case)),
        measures=tuple(
            Measure(
                in_charge=row.values["in_charge"],
                statement=row.values["statement"],
                owner=_name(case, row.values["owner"]),
                due_on=row.values["due_on"],
                systemic=bool(row.values["systemic"]),
            )
            for row in case.rows("measure")
        ),
        slips=tuple(child.code for child in case.children if child.process == "corrective_action"),
    )


def _letter(
    case: Case, *, because: str | None, new_due: date | None, sent_on: date | None
) -> Letter:
    fields = case.instance.fields
    return Letter(
        code=case.instance.code,
        dossier_code=fields["dossier_code"],
        procedure=fields["procedure"],
        unit=fields.get("unit"),
        received_on=fields.get("received_on"),
        original_due=fields.get("original_due"),
        current_due=fields.get("current_due"),
        because=because,
        new_due=new_due,
        sent_on=sent_on,
        days_late=days_late(case).numerator,
    )


def _name(case: Case, person: str) -> str:
    known = case.people.get(person)
    return known.name if known is not None else person
