"""The report of a unit on paper, as values: its rows with target, actual, estimate and cause."""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case
from workflows.unit_report.facts import reported


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRow:
    """One row of the plan, as the unit reports it."""

    row: str
    target: str
    actual: str
    estimated: str | None
    met: bool
    cause: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """What a unit tells the review."""

    code: str
    title: str
    year: int
    unit: str | None
    due_on: date | None
    reported_on: date | None
    rows: tuple[ReportedRow, ...]


def unit_report(case: Case) -> UnitReport:
    """The report as it stands."""
    fields = case.instance.fields
    return UnitReport(
        code=case.instance.code,
        title=case.instance.title,
        year=case.instance.year,
        unit=fields.get("unit"),
        due_on=fields.get("due_on"),
        reported_on=fields.get("reported_on"),
        rows=tuple(
            ReportedRow(
                row=row.values["row"],
                target=row.values["target"],
                actual=row.values["actual"],
                estimated=row.values.get("estimated"),
                met=row.values["met"],
                cause=row.values.get("cause"),
            )
            for row in reported(case)
        ),
    )
