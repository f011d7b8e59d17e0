"""What is missing in the rows of a plan before it can be issued, and in its year before it closes.

1. A heading only heads others: nothing is asked of it but its number and its content.
2. Clause 6.2.2 asks of every row what is done, with which resources, by whom, until when, and how
   the result is evaluated; 6.2.1 asks for a target that can be measured.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure

NUMBER: Final = re.compile(r"[1-9][0-9]?(\.[1-9][0-9]?)*")
FIGURE: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
MONTHS: Final = "months"


def work_rows(case: Case) -> tuple[Row, ...]:
    """The rows that somebody carries out."""
    return tuple(row for row in case.rows("row") if not row.values.get("heading"))


def has_text(column: str) -> Callable[[Row], bool]:
    """Whether a column says something."""
    return lambda row: bool(str(row.values.get(column) or "").strip())


def has_who(row: Row) -> bool:
    """Whether the lead is somebody whom this system knows."""
    return bool(row.values.get("lead_units") or row.values.get("lead_groups"))


def has_timing(row: Row) -> bool:
    """Whether the time is said in words and as a span of the year that can be."""
    span = row.values.get("span")
    first, last = row.values.get("first_month"), row.values.get("last_month")
    in_order = first is not None and last is not None and first <= last
    return has_text("timing")(row) and span is not None and (span != MONTHS or in_order)


HAS: Final[Mapping[str, Callable[[Row], bool]]] = {
    "lead": has_text("lead"),
    "who": has_who,
    "method": has_text("method"),
    "timing": has_timing,
    "target": has_text("target"),
    "resources": has_text("resources"),
    "evaluation": has_text("evaluation"),
}
"""What every row needs: name of the gap → whether a row has it."""
COLUMN_OF: Final = {"who": "lead_units"}
"""The column in which a gap stands, where it has another name."""


def rows_without(gap: str) -> Callable[[Case], int]:
    """A fact: the rows in which one thing is missing."""
    has = HAS[gap]
    return lambda case: sum(not has(row) for row in work_rows(case))


def rows_listed(case: Case) -> int:
    """The rows that somebody carries out."""
    return len(work_rows(case))


def year_whole(case: Case) -> bool:
    """Whether the plan is one of a calendar year: from 1 January to 31 December."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    if first is None or last is None:
        return False
    return (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31))


def numbers_wrong(case: Case) -> int:
    """Rows whose number is neither that of an objective nor a place under one."""
    return sum(NUMBER.fullmatch(row.values["number"]) is None for row in case.rows("row"))


def figures_wrong(case: Case) -> int:
    """Targets whose figure is not written as `process.figure`."""
    named = (row.values.get("figure") for row in case.rows("measure"))
    return sum(name is not None and FIGURE.fullmatch(name) is None for name in named)


def opinions_unanswered(case: Case) -> int:
    """Opinions of units that the Office did not answer."""
    answered = {row.values["opinion"] for row in case.rows("answer")}
    return sum(row.id not in answered for row in case.rows("opinion"))


def objective_of(row: Row) -> int:
    """The objective to which a row belongs: the first part of its number; 0 when that is none."""
    first = str(row.values["number"]).partition(".")[0]
    return int(first) if first.isdecimal() else 0


def objectives_unevaluated(case: Case) -> int:
    """Objectives of the plan about which nobody concluded anything."""
    wanted = {objective_of(row) for row in case.rows("row")}
    return len(wanted - {row.values["objective"] for row in case.rows("evaluation")})


def failures_unexplained(case: Case) -> int:
    """Objectives that were not met, or only in part, and say no cause."""
    explained = has_text("cause")
    return sum(row.values["verdict"] != "met" and not explained(row) for row in _verdicts(case))


def plan_day_plausible(case: Case) -> bool:
    """Whether the plan is dated between the decision and today; true while it has no date."""
    fields = case.instance.fields
    day, decided = fields.get("plan_date"), fields.get("decision_date")
    return day is None or ((decided is None or decided <= day) and day <= case.today)


def complete(case: Case) -> Figure:
    """Rows that have all that is asked of them, out of all; told apart by column."""
    rows = work_rows(case)
    whole = sum(all(has(row) for has in HAS.values()) for row in rows)
    return Figure(
        numerator=whole if rows else None,
        denominator=len(rows) if rows else None,
        cut_off=case.today,
        rows={"row": tuple(row.id for row in rows)},
        parts={
            COLUMN_OF.get(gap, gap): (sum(has(row) for row in rows), len(rows))
            for gap, has in HAS.items()
        },
    )


def met(case: Case) -> Figure:
    """Objectives that were met, out of those that were evaluated."""
    rows = _verdicts(case)
    return Figure(
        numerator=sum(row.values["verdict"] == "met" for row in rows) if rows else None,
        denominator=len(rows) if rows else None,
        cut_off=case.today,
        rows={"evaluation": tuple(row.id for row in rows)},
    )


def _verdicts(case: Case) -> tuple[Row, ...]:
    return case.rows("evaluation")
