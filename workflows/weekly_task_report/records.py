"""What a week's report reads from the database: the tasks of the city, and the other weeks.

A lookup reads the caller's organisation only, and gives frozen values.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata
from workflows.weekly_task_report.tasks import OtherWeek, Task, WeekData

PROCESS: Final = "weekly_task_report"
TASK: Final = "city_task"


def week_data(session: Session, instance: Instance) -> WeekData:
    """The tasks that are open or fell due this year or the last, and the weeks around this one."""
    return WeekData(tasks=_tasks(session, instance), weeks=_weeks(session, instance))


def _tasks(session: Session, instance: Instance) -> tuple[Task, ...]:
    other = metadata.tables["instance"].c
    columns: tuple[Any, ...] = (other.code, other.state, other.final, other.fields)
    wanted: tuple[Any, ...] = (
        other.organization_id == instance.organization_id,
        other.process == TASK,
        # What is open may be older; what fell due in an earlier year and ended is told already.
        other.final.is_(None) | other.year.in_((instance.year - 1, instance.year)),
    )
    found = session.exec(select(*columns).where(*wanted).order_by(other.code)).all()
    return tuple(
        Task(
            code=code,
            task=fields["task"],
            unit=fields["unit"],
            state=state,
            due_on=date.fromisoformat(fields["due_on"]),
            first_due=_day(fields, "first_due"),
            done_on=_day(fields, "done_on"),
            is_open=final is None,
        )
        for code, state, final, fields in found
    )


def _weeks(session: Session, instance: Instance) -> tuple[OtherWeek, ...]:
    other = metadata.tables["instance"].c
    columns: tuple[Any, ...] = (other.period, other.state, other.fields)
    wanted: tuple[Any, ...] = (
        other.organization_id == instance.organization_id,
        other.process == PROCESS,
        other.id != instance.id,
        other.year.in_((instance.year - 1, instance.year)),
    )
    found = session.exec(
        select(*columns).where(*wanted).order_by(other.fields["first_day"].as_string())
    ).all()
    return tuple(
        OtherWeek(
            period=period,
            state=state,
            first_day=date.fromisoformat(fields["first_day"]),
            cut_off=_day(fields, "cut_off"),
            merged_into=fields.get("merged_into"),
        )
        for period, state, fields in found
    )


def _day(fields: Mapping[str, Any], name: str) -> date | None:
    told = fields.get(name)
    return None if told is None else date.fromisoformat(told)
