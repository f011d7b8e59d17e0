"""A review made by hand: its surroundings, its children, its rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from engine.machine.instance import (
    Case,
    Child,
    Lifted,
    Other,
    PlanRow,
    Published,
    Row,
    Surroundings,
    Tally,
    Told,
)
from tests.unit.workflows.made_cases import case, row

DAY = date(2026, 11, 12)
"""A Thursday."""
COMMITTEE = {
    "steering_head": ("head",),
    "steering_member": ("an", "binh", "chi", "dung"),
    "director": ("boss",),
}


def text(words: str) -> dict[str, str]:
    return {"vi": words, "en": f"{words} (en)"}


def other(code: str, process: str, state: str, **more: Any) -> Other:
    given: dict[str, Any] = {
        "process_title": text(process),
        "title": f"Việc {code}",
        "year": 2026,
        "state_title": text(state),
        **more,
    }
    return Other(process=process, id=f"id-{code}", code=code, state=state, **given)


def published(numerator: int | None, denominator: int | None = None, **more: Any) -> Published:
    return Published(
        title=text("Chỉ số"),
        unit="percent",
        numerator=numerator,
        denominator=denominator,
        **more,
    )


def plan_row(code: str, *lead: str, **more: Any) -> PlanRow:
    return PlanRow(
        code=code,
        objective=int(code.partition(".")[0]),
        title=text(f"Nội dung {code}"),
        lead=lead or ("office",),
        lead_title=text("Văn phòng"),
        target=text("100 %"),
        **more,
    )


def tally(process: str, year: int, total: int, succeeded: int, overdue: int = 0) -> Tally:
    return Tally(
        process=process,
        title=text(process),
        year=year,
        total=total,
        succeeded=succeeded,
        overdue=overdue,
    )


def told(reason: str) -> Told:
    return Told(
        process="internal_audit",
        instance_id="id-IA",
        code="IA-2026-01",
        transition="report_obstacle",
        unit="tdc",
        on=date(2026, 8, 3),
        reason=reason,
    )


def lifted(reason: str) -> Lifted:
    return Lifted(
        id="w1",
        process="internal_audit",
        instance_id="id-IA",
        code="IA-2026-01",
        unit="tdc",
        gate="window",
        reason=reason,
        granted_by="p001",
        on=date(2026, 8, 4),
        until=date(2026, 8, 31),
    )


def report(
    code: str,
    unit: str,
    state: str,
    *,
    met: tuple[str, ...] = (),
    not_met: tuple[str, ...] = (),
    due_on: date = date(2026, 11, 10),
    reported_on: date | None = None,
) -> Child:
    values: dict[str, Any] = {"unit": unit, "due_on": due_on}
    values |= {"rows_met": met} if met else {}
    values |= {"rows_not_met": not_met} if not_met else {}
    values |= {"reported_on": reported_on} if reported_on else {}
    return Child(
        id=f"id-{code}",
        code=code,
        process="unit_report",
        state=state,
        final={"accepted": "success", "excluded": "aborted"}.get(state),
        origin_set="unit_input",
        origin_row=f"ask-{unit}",
        fields=values,
    )


def task(code: str, state: str, due_on: date, done_on: date | None = None, **more: Any) -> Child:
    ended = {"done": "success", "carried_over": "success", "withdrawn": "aborted"}
    return Child(
        id=f"id-{code}",
        code=code,
        process="review_decision",
        state=state,
        final=ended.get(state),
        origin_set="decision",
        origin_row=f"row-{code}",
        fields={"due_on": due_on, **({"done_on": done_on} if done_on else {}), **more},
    )


def review(
    *,
    around: Surroundings | None = None,
    records: Mapping[str, tuple[Row, ...]] | None = None,
    today: date = DAY,
    **more: Any,
) -> Case:
    made = case(
        "steering_review",
        records=records,
        today=today,
        **{"state": "consolidating", **more},
    )
    return replace(made, around=around or Surroundings(holders=COMMITTEE))


def result(code: str, **values: Any) -> Row:
    given = {"row": code, "target": "100 %", "actual": "98 %", "source": "UR-2026-01"}
    return row(f"result-{code}", **{**given, **values})


def concluded(code: str, outcome: str, **values: Any) -> Row:
    given = {"about": f"result-{code}", "outcome": outcome}
    return row(f"verdict-{code}", **{**given, **values})


def there(person: str, *, member: bool = True, present: bool = True) -> Row:
    return row(f"there-{person}", person=person, member=member, present=present)
