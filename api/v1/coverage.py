"""Clause coverage: which records that the standard asks for are there in a year, and what lacks."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.clauses import edition_of
from api.dependencies import Circumstances, Reader, Reply, send
from engine.queries.clause_coverage import RecordCoverage, clause_coverage

router = APIRouter(prefix="/coverage", tags=["plans"])


class UnitCellBody(BaseModel):
    """A record in a unit; `unit` is absent for the whole office.

    Attributes:
        held: cases that hold it.
        waiting: open cases that do not hold it yet.
        case, case_id: the newest that holds it, else the open one that is due first.
    """

    unit: str | None
    held: int
    waiting: int
    case: str
    case_id: str


class GapBody(BaseModel):
    """Where a missing record is to come from, and who can close the gap.

    Attributes:
        who: roles that may supply it in the open case, or open a case where there is none.
    """

    process: str
    who: list[str]
    case: str | None
    case_id: str | None
    due_on: date | None


class RecordCoverageBody(BaseModel):
    """A record that a clause asks for.

    Attributes:
        kind: `maintain` (kept current) or `retain` (kept as proof).
        evidence: slots of which one is enough, as `process.requirement`.
        excludable: may be left out of the scope by who does no such work.
        light: green (held), amber (an open case will), red (no case), none (no process holds it).
    """

    clause: str
    id: str
    kind: str
    title: str
    evidence: list[str]
    excludable: bool
    light: str
    units: list[UnitCellBody]
    gap: GapBody | None


class CoverageBody(BaseModel):
    """The records of an edition in a year.

    Attributes:
        status: of the edition: in_force, announced.
        answered: clause that is cited or asks for a record → processes that cite it or a clause
            above it.
    """

    year: int
    edition: str
    status: str
    records: list[RecordCoverageBody]
    answered: dict[str, list[str]]


@router.get("", summary="Which required records are there", response_model=CoverageBody)
def get_coverage(
    caller: Reader,
    asked: Circumstances,
    year: Annotated[int, Query(ge=2000, le=2100)],
    edition: Annotated[str | None, Query(pattern="^[0-9]{4}$")] = None,
) -> Response:
    """Hold a year's cases against the documented information that an edition asks for."""
    found = clause_coverage(asked.house.runtime, caller, edition_of(edition), year=year)
    body = CoverageBody(
        year=year,
        edition=found.edition.edition,
        status=found.edition.status,
        records=[_record(record, asked.language) for record in found.records],
        answered={
            clause: [name for name, _ in processes] for clause, processes in found.answered.items()
        },
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


def _record(found: RecordCoverage, language: str) -> RecordCoverageBody:
    record, gap = found.record, found.gap
    return RecordCoverageBody(
        clause=record.clause,
        id=record.id,
        kind=record.kind,
        title=record.title[language],
        evidence=[f"{process}.{slot}" for process, slot in record.slots],
        excludable=record.excludable,
        light=found.light.value,
        units=[
            UnitCellBody(
                unit=cell.unit,
                held=cell.held,
                waiting=cell.waiting,
                case=cell.case,
                case_id=cell.case_id,
            )
            for cell in found.cells
        ],
        gap=None
        if gap is None
        else GapBody(
            process=gap.process,
            who=list(gap.who),
            case=gap.case,
            case_id=gap.case_id,
            due_on=gap.due_on,
        ),
    )
