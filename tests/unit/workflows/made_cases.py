"""Cases made by hand for the rooms of the processes: only what a test speaks of is said."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from engine.calendars.business_days import Calendar
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case, Child, Deadline, Instance, Person, Row, Step
from engine.machine.registry import Question

TODAY = date(2026, 8, 10)
"""A Monday."""


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def step(
    transition: str,
    on: date,
    *,
    person: str = "an",
    role: str = "",
    unit: str | None = None,
    behalf: str | None = None,
    to: str = "x",
    reason: str | None = None,
) -> Step:
    return Step(
        version=1,
        transition=transition,
        from_state="x",
        to_state=to,
        person=person,
        on_behalf_of=behalf,
        role=role,
        unit=unit,
        at=noon(on),
        on=on,
        reason=reason,
    )


def row(row_id: str, *, by: str = "an", on: date = TODAY, **values: Any) -> Row:
    return Row(id=row_id, version=1, values=values, created_by=by, created_on=on)


def slot(row_id: str, unit: str = "office", **values: Any) -> Row:
    given = {
        "unit": unit,
        "auditor": "binh",
        "audit_date": TODAY,
        "clauses": ("7.5",),
        "status": "planned",
    }
    return row(row_id, **{**given, **values})


def line(row_id: str, at_slot: str = "s1", **values: Any) -> Row:
    return row(
        row_id, **{"slot": at_slot, "clause": "7.5", "question": "Có phiếu không?", **values}
    )


def finding(row_id: str, *, by: str = "binh", on: date = TODAY, **values: Any) -> Row:
    given = {
        "slot": "s1",
        "unit": "office",
        "auditor": "binh",
        "clause": "7.5",
        "criterion": "QT.05",
        "grade": "minor",
        "statement": "Thiếu phiếu kiểm soát",
        "objective_evidence": "Hồ sơ 12",
        "auditee_seen": True,
    }
    return row(row_id, by=by, on=on, **{**given, **values})


def person(name: str, unit: str | None = None, *kinds: str) -> Person:
    return Person(id=name, name=name.title(), unit=unit, qualifications=frozenset(kinds))


def child(code: str, state: str, *, row_id: str | None = None, **values: Any) -> Child:
    final = {"closed_effective": "success", "withdrawn": "aborted", "reissued": "aborted"}
    return Child(
        id=code,
        code=code,
        process="corrective_action",
        state=state,
        final=final.get(state),
        origin_set="finding",
        origin_row=row_id,
        **values,
    )


def case(
    process: str,
    *,
    fields: Mapping[str, Any] | None = None,
    records: Mapping[str, tuple[Row, ...]] | None = None,
    people: tuple[Person, ...] = (),
    children: tuple[Child, ...] = (),
    history: tuple[Step, ...] = (),
    lookups: Mapping[str, Any] | None = None,
    today: date = TODAY,
    calendar: Calendar | None = None,
    due_on: date | None = None,
    **instance: Any,
) -> Case:
    given = {"state": "draft", "origin_set": None, "predecessor": None, **instance}
    if due_on is not None:
        given["deadline"] = Deadline(on=due_on, at=noon(due_on), rule="5wd, roll: back")
    return Case(
        instance=Instance(
            id="i1",
            organization_id="skhcn",
            code="IA-2026-01",
            process=process,
            definition_version=1,
            definition_digest="",
            title="Đánh giá nội bộ 2026",
            version=len(history),
            year=2026,
            fields=fields or {},
            history=history,
            opened_at=noon(date(2026, 7, 6)),
            **given,
        ),
        today=today,
        now=noon(today),
        calendar=calendar or Calendar(),
        records=records or {},
        people={known.id: known for known in people},
        children=children,
        lookups=lookups or {},
    )


def ask(of: Case, *, unit: str | None = None, **given: Any) -> Question:
    """A guard's or an effect's question, with the values of the command laid over the case's."""
    return Question(
        case=of,
        actor=Actor(person="an", unit=unit, grants=(Grant(role="unit_head"),)),
        transition="x",
        fields={**of.instance.fields, **given},
    )
