"""What was concluded, at the end of a year, on each objective of its plan.

1. Where a process says so is registered (`Registry.conclusion`); the house reads its rows.
2. Only a case that ended well speaks, and only of the year in which its first day lies; of two, the
   newer one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.definition.model import Process
from engine.machine.instance import Case
from engine.machine.registry import Conclusions
from engine.queries.instances import Title
from engine.runtime import UnitOfWork
from engine.storage.instances import Filter, StoredInstance

CASES_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The conclusion on an objective.

    Attributes:
        verdict: the choice, and `title` what the definition calls it.
        met: it leaves nothing to the year after.
        case, case_id: the case that says so.
    """

    objective: int
    verdict: str
    title: Title
    met: bool
    result: str
    case: str
    case_id: str


def verdicts_of(uow: UnitOfWork, year: int) -> dict[int, Verdict]:
    """Objective → what was concluded on it; nothing while the year is not closed."""
    return {
        verdict.objective: verdict
        for process, where in uow.tables.registry.conclusions.items()
        for stored in _ended(uow, process, where, year)
        for verdict in _told(uow.case(stored.id), uow.version_of(stored).process, where)
    }


def _ended(
    uow: UnitOfWork, process: str, where: Conclusions, year: int
) -> Iterator[StoredInstance]:
    """The cases of a year that ended well, the oldest first."""
    # A plan is begun in the winter before, and what was forgotten is made up for later.
    wanted = Filter(process=process, years=(year - 1, year, year + 1))
    for stored in reversed(uow.tables.instances.find(wanted, limit=CASES_MAX)):
        first_day = stored.fields.get(where.first_day)
        of_year = first_day is not None and date.fromisoformat(first_day).year == year
        if of_year and stored.final == "success":
            yield stored


def _told(case: Case, process: Process, where: Conclusions) -> Iterator[Verdict]:
    choices = process.records[where.record_set].columns[where.verdict].choices
    for row in case.rows(where.record_set):
        verdict = row.values[where.verdict]
        yield Verdict(
            objective=row.values[where.objective],
            verdict=verdict,
            title=choices[verdict].model_dump(),
            met=verdict in where.met,
            result=row.values[where.result],
            case=case.instance.code,
            case_id=case.instance.id,
        )
