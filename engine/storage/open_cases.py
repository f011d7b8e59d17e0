"""Open cases read for their deadlines alone: many at once, and no more of each than is asked.

1. A deadline follows from state, fields, history and calendar; rows, files and people stay unread.
2. They are read in pages: what is in memory does not grow with the number of cases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from engine.calendars.business_days import Calendar
from engine.definition.model import Process
from engine.definition.values import read_values
from engine.machine.instance import Case, Instance, Step
from engine.storage.advance import ProcessOf, Tables
from engine.storage.instances import Filter, StoredInstance
from engine.storage.timers import Timer

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case with what its deadlines follow from, and what has fired already.

    Attributes:
        case: without rows, files, children and people.
        fired: timers of this visit of the state that have.
    """

    case: Case
    process: Process
    fired: tuple[Timer, ...]

    def under(self, calendar: Calendar) -> Case:
        """The case as it would be judged by another calendar."""
        return replace(self.case, calendar=calendar)


def read_open_cases(
    tables: Tables,
    ids: Sequence[str],
    *,
    process_of: ProcessOf,
    now: datetime,
    zone: tzinfo,
) -> Iterator[OpenCase]:
    """The open cases of these ids, page by page."""
    for first in range(0, len(ids), PAGE):
        page = tuple(ids[first : first + PAGE])
        histories = tables.instances.histories(page)
        fired = tables.timers.fired(page)
        for stored in tables.instances.find(Filter(ids=page, open_only=True), limit=PAGE):
            process = process_of(stored)
            instance = _instance(
                tables.organization_id, stored, process, histories.get(stored.id, ())
            )
            yield OpenCase(
                case=Case(
                    instance=instance,
                    today=now.astimezone(zone).date(),
                    now=now.astimezone(zone),
                    calendar=tables.calendar_of(stored.unit),
                ),
                process=process,
                fired=tuple(
                    timer for timer, at in fired.get(stored.id, ()) if at >= stored.entered_at
                ),
            )


def _instance(
    organization_id: str, stored: StoredInstance, process: Process, history: tuple[Step, ...]
) -> Instance:
    return Instance(
        id=stored.id,
        organization_id=organization_id,
        code=stored.code,
        process=stored.process,
        definition_version=stored.definition_version,
        definition_digest=stored.definition_digest,
        title=stored.title,
        state=stored.state,
        version=stored.version,
        year=stored.year,
        unit=stored.unit,
        qms=stored.qms,
        fields=read_values(process.fields, stored.fields, partial=True),
        history=history,
        period=stored.period,
        opened_at=stored.opened_at,
        entered_at=stored.entered_at,
        deadline=stored.deadline,
    )
