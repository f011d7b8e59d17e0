"""What the year before leaves to this one: objectives that were missed, work that is still open.

1. An objective that was evaluated as missed, or met in part, must be taken up before the objectives
   are submitted: how it goes on is said beside where it comes from. What was not evaluated yet is
   not asked for; it comes as soon as it is.
2. Corrective actions and decisions that are still open go on as the cases that they are; they are
   proposed so that the plan can speak of them, and no gate asks.
3. A case that was given up left nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from engine.machine.instance import Case, Instance
from workflows.annual_objectives.facts import has_text

MISSED_BEFORE: Final = "missed_last_year"
OPEN_WORK: Final = ("corrective_action", "review_decision")
OBJECTIVE: Final = "objective"
WRITTEN_IN: Final = frozenset({"proposed", "consulted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedObjective:
    """An objective that the year before did not reach, or only in part.

    Attributes:
        origin: the readable code of the case that says so.
        wish: what that case wanted of the next year.
    """

    origin: str
    objective: int
    result: str
    wish: str


def missed_last_year(session: Session, instance: Instance) -> tuple[MissedObjective, ...]:
    """The objectives of the year before that were missed, by number; none once it is submitted."""
    first_day = instance.fields.get("first_day")
    if first_day is None or instance.state not in WRITTEN_IN:
        return ()
    cases: Any = SQLModel.metadata.tables["instance"].c
    rows: Any = SQLModel.metadata.tables["record_row"].c
    query = (
        select(cases.code, cases.final, cases.fields, rows.row_values)
        .where(
            cases.organization_id == instance.organization_id,
            cases.process == instance.process,
            cases.id != instance.id,
            rows.organization_id == cases.organization_id,
            rows.instance_id == cases.id,
            rows.record_set == "evaluation",
            rows.retired_at.is_(None),
        )
        .order_by(cases.code)
    )
    found = {
        values["objective"]: MissedObjective(
            origin=code,
            objective=values["objective"],
            result=values["result"],
            wish=values.get("next_year") or "",
        )
        for code, final, fields, values in session.execute(query)
        if final != "aborted"
        and _year_of(fields) == first_day.year - 1
        and values["verdict"] != "met"
    }
    return tuple(found[number] for number in sorted(found))


def _year_of(fields: Mapping[str, Any]) -> int | None:
    first_day = fields.get("first_day")
    return None if first_day is None else date.fromisoformat(first_day).year


def objectives_not_taken_up(case: Case) -> int:
    """Missed objectives of the year before about which the case says nothing."""
    says = has_text("taken_up")
    taken = {
        (row.values["origin"], row.values.get("objective"))
        for row in case.rows("carried")
        if row.values["kind"] == OBJECTIVE and says(row)
    }
    return sum((each.origin, each.objective) not in taken for each in _missed(case))


def carried_to_start_from(case: Case) -> tuple[Mapping[str, Any], ...]:
    """What the year before left and the case has not listed yet, with where it comes from."""
    there = {(row.values["origin"], row.values.get("objective")) for row in case.rows("carried")}
    first_day = case.instance.fields.get("first_day")
    year = case.instance.year if first_day is None else first_day.year
    objectives: list[dict[str, Any]] = [
        {
            "kind": OBJECTIVE,
            "origin": each.origin,
            "objective": each.objective,
            "wording": each.result,
            **({"taken_up": each.wish} if each.wish else {}),
        }
        for each in _missed(case)
    ]
    work: list[dict[str, Any]] = [
        {"kind": other.process, "origin": other.code, "wording": other.title}
        for other in case.around.others
        if other.process in OPEN_WORK and other.final is None and other.year < year
    ]
    found = (*objectives, *work)
    return tuple(row for row in found if (row["origin"], row.get("objective")) not in there)


def _missed(case: Case) -> tuple[MissedObjective, ...]:
    found: tuple[MissedObjective, ...] = case.lookups.get(MISSED_BEFORE, ())
    return found
