"""What a disposal reads from the database: ended cases that still have files.

1. Only cases that nothing open is tied to: neither the case that opened it nor one that it opened,
   nor the one before or after it, is still at work.
2. Of each process the oldest come first, and no more than `CASES_MAX`: a list is worked off by
   people, and the next one proposes what this one left.
3. Whether the time of a case is over is not asked here but of the schedule, on the day of the
   question.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from engine.machine.instance import Instance

ENDED: Final = "ended_cases_with_files"
AT_WORK: Final = frozenset({"listed", "under_review", "agreed", "decided"})
CASES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCase:
    """A case that ended and still has files.

    Attributes:
        files: how many are there, superseded ones included.
        size: of all of them, in bytes.
        kept_on_until: until when an earlier disposal kept it beyond its time; None when none did.
    """

    code: str
    process: str
    title: str
    ended_on: date
    files: int
    size: int
    kept_on_until: date | None = None


def ended_cases(session: Session, instance: Instance) -> tuple[EndedCase, ...]:
    """The ended cases of the organisation, the oldest of each process first."""
    if instance.state not in AT_WORK:
        return ()
    tied, kept_on = _tied(session, instance), _kept_on(session, instance)
    return tuple(
        EndedCase(
            code=row.code,
            process=row.process,
            title=row.title,
            ended_on=row.closed_on,
            files=row.files,
            size=row.size,
            kept_on_until=kept_on.get(row.code),
        )
        for row in _ended(session, instance)
        if row.id not in tied and not {row.parent_id, row.predecessor} & tied
    )


def _ended(session: Session, instance: Instance) -> Iterable[Any]:
    cases: Any = SQLModel.metadata.tables["instance"].c
    files: Any = SQLModel.metadata.tables["evidence"].c
    count, size = func.count().label("files"), func.sum(files.size).label("size")
    columns = (
        cases.id,
        cases.code,
        cases.process,
        cases.title,
        cases.closed_on,
        cases.parent_id,
        cases.predecessor,
    )
    place = (
        func.row_number()
        .over(partition_by=cases.process, order_by=(cases.closed_on, cases.code))
        .label("place")
    )
    query = (
        select(*columns, count, size, place)
        .where(
            cases.organization_id == instance.organization_id,
            cases.final.is_not(None),
            cases.closed_on.is_not(None),
            files.organization_id == cases.organization_id,
            files.instance_id == cases.id,
            files.status != "disposed",
        )
        .group_by(*columns)
        .subquery()
    )
    wanted = (
        select(query).where(query.c.place <= CASES_MAX).order_by(query.c.closed_on, query.c.code)
    )
    return session.execute(wanted).all()


def _tied(session: Session, instance: Instance) -> frozenset[str]:
    """The cases at work, and those that they name as the one that opened them or went before."""
    cases: Any = SQLModel.metadata.tables["instance"].c
    query = select(cases.id, cases.parent_id, cases.predecessor).where(
        cases.organization_id == instance.organization_id, cases.final.is_(None)
    )
    return frozenset(name for row in session.execute(query) for name in row if name is not None) - {
        instance.id
    }


def _kept_on(session: Session, instance: Instance) -> dict[str, date]:
    """Code → the last day until which a disposal that came to its end keeps a case on."""
    cases: Any = SQLModel.metadata.tables["instance"].c
    rows: Any = SQLModel.metadata.tables["record_row"].c
    query = select(rows.row_values).where(
        cases.organization_id == instance.organization_id,
        cases.process == instance.process,
        cases.final == "success",
        rows.organization_id == cases.organization_id,
        rows.instance_id == cases.id,
        rows.record_set == "item",
        rows.retired_at.is_(None),
    )
    found: dict[str, date] = {}
    for values in session.execute(query).scalars():
        until = values.get("keep_until")
        if values.get("verdict") == "keep" and until is not None:
            code, day = values["case_code"], date.fromisoformat(until)
            found[code] = max(found.get(code, day), day)
    return found
