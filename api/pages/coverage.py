"""Clause coverage: what is missing and who can close it, then every clause with its records."""

from collections import Counter

from fastapi import APIRouter, Response

from api.clauses import edition_of, editions
from api.pages.visiting import Desked
from engine.errors import NotFound
from engine.queries.clause_coverage import RecordCoverage, clause_coverage
from engine.queries.plan_standing import Light

router = APIRouter()

OLDEST = 2000
NEWEST = 2100


@router.get("/coverage")
def coverage_page(desk: Desked, year: str = "", edition: str = "") -> Response:
    """The records of an edition (the one in force) in a year (this one).

    Raises:
        NotFound: there is no such year or edition.
    """
    given = year or str(desk.visit.today.year)
    if not (given.isdecimal() and OLDEST <= int(given) <= NEWEST):
        raise NotFound("not_found")
    chosen = edition_of(edition or None)
    found = clause_coverage(desk.house.runtime, desk.caller, chosen, year=int(given))
    counts = Counter(record.light for record in found.records)
    by_clause: dict[str, list[RecordCoverage]] = {}
    for record in found.records:
        by_clause.setdefault(record.record.clause, []).append(record)
    return desk.page(
        "coverage.html",
        coverage=found,
        editions=editions(),
        counts=[(light, counts[light]) for light in Light],
        gaps=[record for record in found.records if record.gap is not None],
        elsewhere=[record for record in found.records if record.light is Light.NONE],
        by_clause=by_clause,
        years=(int(given) - 1, int(given), int(given) + 1),
    )
