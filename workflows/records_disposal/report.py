"""The list of what is to be destroyed, as a value: words and layout are the page's."""

from dataclasses import dataclass
from datetime import date

from engine.machine.instance import Case, Row
from workflows.records_disposal.facts import to_destroy


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case of the list."""

    case_code: str
    name: str
    group_name: str
    ended_on: date | None
    kept_until: date | None
    files: int | None
    verdict: str
    keep_until: date | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalList:
    """All of it, by code, with how many are to be destroyed."""

    code: str
    summary: str
    rows: tuple[Line, ...]
    to_destroy: int


def disposal_list(case: Case) -> DisposalList:
    """What the list of a disposal says."""
    rows = sorted(case.rows("item"), key=lambda row: str(row.values["case_code"]))
    return DisposalList(
        code=case.instance.code,
        summary=case.instance.fields.get("summary") or "",
        rows=tuple(_line(row) for row in rows),
        to_destroy=sum(map(to_destroy, rows)),
    )


def _line(row: Row) -> Line:
    told = row.values
    return Line(
        case_code=told["case_code"],
        name=told.get("name") or "",
        group_name=told.get("group_name") or "",
        ended_on=told.get("ended_on"),
        kept_until=told.get("kept_until"),
        files=told.get("files"),
        verdict=told["verdict"],
        keep_until=told.get("keep_until"),
        reason=told.get("reason") or "",
    )
