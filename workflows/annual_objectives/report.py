"""The papers of a year as values: the plan with its appendix, and the sheet of its evaluation.

Values only: words and layout are the page's. Rows stand in the order of their numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case, Row
from workflows.annual_objectives.edition import in_order
from workflows.annual_objectives.facts import objective_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the appendix as the paper has it; a heading has its number and content alone."""

    number: str
    content: str
    heading: bool
    lead: str
    coordinating: str
    method: str
    timing: str
    target: str
    resources: str
    evaluation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of an objective; its wording is that of its first row."""

    objective: int
    content: str
    verdict: str
    result: str
    cause: str
    next_year: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPaper:
    """The plan of a year, or its evaluation: both are drawn from the same rows.

    Attributes:
        year: None while the case does not say of which year it is.
    """

    code: str
    year: int | None
    theme: str
    decision_number: str | None
    decision_date: date | None
    rows: tuple[Line, ...]
    verdicts: tuple[Verdict, ...]
    assessment: str


def year_paper(case: Case) -> YearPaper:
    """What the papers of a year say."""
    fields = case.instance.fields
    first_day = fields.get("first_day")
    rows = in_order(case.rows("row"))
    return YearPaper(
        code=case.instance.code,
        year=None if first_day is None else first_day.year,
        theme=fields.get("theme") or "",
        decision_number=fields.get("decision_number"),
        decision_date=fields.get("decision_date"),
        rows=tuple(_line(row) for row in rows),
        verdicts=tuple(_verdicts(case.rows("evaluation"), rows)),
        assessment=fields.get("assessment") or "",
    )


def _line(row: Row) -> Line:
    told = row.values
    return Line(
        number=told["number"],
        content=told["content"],
        heading=bool(told.get("heading")),
        lead=told.get("lead") or "",
        coordinating=told.get("coordinating") or "",
        method=told.get("method") or "",
        timing=told.get("timing") or "",
        target=told.get("target") or "",
        resources=told.get("resources") or "",
        evaluation=told.get("evaluation") or "",
    )


def _verdicts(given: Iterable[Row], rows: tuple[Row, ...]) -> Iterable[Verdict]:
    wording: dict[int, str] = {}
    for row in rows:
        wording.setdefault(objective_of(row), row.values["content"])
    for row in sorted(given, key=lambda row: row.values["objective"]):
        told = row.values
        yield Verdict(
            objective=told["objective"],
            content=wording.get(told["objective"], ""),
            verdict=told["verdict"],
            result=told["result"],
            cause=told.get("cause") or "",
            next_year=told.get("next_year") or "",
        )
