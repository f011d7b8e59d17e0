"""The account of a unit on paper, as values: each dossier with its cause and what is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case
from workflows.unit_period_report.facts import asked, items
from workflows.unit_period_report.records import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedDossier:
    """One dossier, as the unit accounts for it.

    Attributes:
        cause: the unit's own words; None where its case tells the cause by code.
        code_of_cause: as its case has it.
        case_code: of the overdue case; None where there is none.
    """

    code: str
    procedure: str
    due_on: date
    current_due_on: date
    late: bool
    backlog: bool
    days_late: int
    cause: str | None
    code_of_cause: str | None
    measure: str | None
    by_day: date | None
    case_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAccount:
    """What a unit tells the review of a period."""

    code: str
    title: str
    unit: str | None
    signed_on: date | None
    dossiers: tuple[AccountedDossier, ...]


def unit_account(case: Case) -> UnitAccount:
    """The account as it stands."""
    told = {row.values["dossier_code"]: row.values for row in items(case)}
    signed = case.instance.last("sign")
    return UnitAccount(
        code=case.instance.code,
        title=case.instance.title,
        unit=case.instance.fields.get("unit"),
        signed_on=None if signed is None else signed.on,
        dossiers=tuple(_accounted(each, told.get(each.code, {})) for each in asked(case)),
    )


def _accounted(dossier: Asked, told: Mapping[str, object]) -> AccountedDossier:
    standing = dossier.standing
    return AccountedDossier(
        code=dossier.code,
        procedure=dossier.procedure,
        due_on=dossier.due_on,
        current_due_on=dossier.current_due_on,
        late=dossier.late,
        backlog=dossier.backlog,
        days_late=dossier.days_late,
        cause=_text(told.get("cause")),
        code_of_cause=None if standing is None else standing.cause,
        measure=_text(told.get("measure")),
        by_day=day if isinstance(day := told.get("due_on"), date) else None,
        case_code=None if standing is None else standing.code,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
