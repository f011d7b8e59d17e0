"""The rows of a case as an edition of the year's plan, and a plan as rows to start from.

1. An edition has the shape of a plan that was entered from a file, so that all that reads plans
   reads it. What an office writes in one language stands under both.
2. Rows come in the order of their numbers, 2.10 behind 2.9.
3. The plan of the year before is proposed row by row; what it lacks stays empty and is told as a
   gap, never made up.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from engine.machine.instance import Case, Instance, Row
from engine.machine.intent import EnterPlan, Intent, OpenYear
from engine.machine.registry import Question
from workflows.annual_objectives.facts import MONTHS, objective_of

LAST_PLAN: Final = "plan_to_start_from"
LANGUAGES: Final = ("vi", "en")
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "number": {"vi": "TT", "en": "No."},
    "content": {"vi": "Nội dung", "en": "Content"},
    "lead": {"vi": "Đơn vị chủ trì", "en": "Lead unit"},
    "with": {"vi": "Đơn vị phối hợp", "en": "Coordinating unit"},
    "method": {"vi": "Cách thức thực hiện", "en": "Method of execution"},
    "time": {"vi": "Thời gian thực hiện", "en": "Time of execution"},
    "target": {"vi": "Chỉ tiêu", "en": "Target"},
    "resources": {"vi": "Nguồn lực", "en": "Resources"},
    "evaluation": {"vi": "Cách đánh giá kết quả", "en": "How results are evaluated"},
}


def enter_plan(question: Question) -> tuple[Intent, ...]:
    """The rows become an edition of the plan of their year, with the step that issues them."""
    return (EnterPlan(year=question.fields["first_day"].year, body=body_of(question)),)


def open_year(question: Question) -> tuple[Intent, ...]:
    """The cases of the rows are opened with the step that hands the plan out."""
    return (OpenYear(year=question.fields["first_day"].year),)


def body_of(question: Question) -> dict[str, Any]:
    """The edition that a case and the values of its step make."""
    case, fields = question.case, question.fields
    year = fields["first_day"].year
    rows = in_order(case.rows("row"))
    measures: dict[str, list[Row]] = {}
    for row in case.rows("measure"):
        measures.setdefault(row.values["row"], []).append(row)
    return {
        "format": 1,
        "year": year,
        "document": {
            "title": {
                "vi": f"Thực hiện Mục tiêu chất lượng năm {year}",
                "en": f"Carrying out the quality objectives of {year}",
            },
            "number": _both(fields.get("plan_number")),
            "date": _day(fields.get("plan_date")),
            "theme": _both(fields.get("theme")),
            "decision": {
                "number": fields.get("decision_number"),
                "date": _day(fields.get("decision_date")),
            },
            "preamble": _both(""),
            "sections": [],
        },
        "appendix": {
            "title": {
                "vi": f"Phụ lục. Nội dung chi tiết thực hiện Mục tiêu chất lượng năm {year}",
                "en": f"Appendix. Carrying out the quality objectives of {year} in detail",
            },
            "columns": {name: dict(title) for name, title in COLUMNS.items()},
        },
        "source": case.instance.code,
        "rows": [_row(row, measures.get(row.id, ())) for row in rows],
    }


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows in the order of their numbers, 2.10 behind 2.9."""
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[int, ...]:
    parts = str(row.values["number"]).split(".")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts)


def _row(row: Row, measures: Iterable[Row]) -> dict[str, Any]:
    told = row.values
    shared = {
        "code": told["number"],
        "objective": objective_of(row),
        "heading": bool(told.get("heading")),
        "content": _both(told["content"]),
        "measures": [_measure(one, number) for number, one in enumerate(measures, start=1)],
        "reports": [],
        "processes": list(told.get("processes") or ()),
    }
    if shared["heading"]:
        return shared
    return {
        **shared,
        "lead": {**_both(told.get("lead")), "who": _who(told, "lead_units", "lead_groups")},
        "with": _both(told.get("coordinating")) if told.get("coordinating") else None,
        "method": _both(told.get("method")),
        "time": {**_both(told.get("timing")), "window": _window(told)},
        **{name: _both(told.get(name)) for name in ("target", "resources", "evaluation")},
    }


def _both(text: str | None) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text or "")


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _who(told: Mapping[str, Any], *columns: str) -> list[str]:
    return [name for column in columns for name in told.get(column) or ()]


def _window(told: Mapping[str, Any]) -> dict[str, Any]:
    """The time in the year; nothing where a waiver let the plan go without."""
    span, first, last = (told.get(name) for name in ("span", "first_month", "last_month"))
    if span == MONTHS:
        return {MONTHS: list(range(first, last + 1))} if first and last else {}
    return {span: True} if span else {}


def _measure(row: Row, number: int) -> dict[str, Any]:
    told = row.values
    return {
        "id": f"m{number}",
        "title": _both(told["title"]),
        "unit": told["counted"],
        "operator": told["operator"],
        "value": told["value"],
        "strive": bool(told.get("strive")),
        "figure": told.get("figure"),
    }


def plan_to_start_from(session: Session, instance: Instance) -> Mapping[str, Any]:
    """The newest edition of the plan of this year, else of the year before; empty without one."""
    first_day = instance.fields.get("first_day")
    year = instance.year if first_day is None else first_day.year
    plans: Any = SQLModel.metadata.tables["plan"].c
    query = (
        select(plans.body)
        .where(plans.organization_id == instance.organization_id, plans.year.in_((year - 1, year)))
        .order_by(plans.year.desc(), plans.edition.desc())
        .limit(1)
    )
    found = session.execute(query).scalar_one_or_none()
    return found or {}


def rows_to_start_from(case: Case) -> tuple[Mapping[str, Any], ...]:
    """The rows of that plan whose number this case has not yet."""
    there = {row.values["number"] for row in case.rows("row")}
    return tuple(_proposed(row) for row in _rows(case) if row["code"] not in there)


def measures_to_start_from(case: Case) -> tuple[Mapping[str, Any], ...]:
    """The targets of that plan, for the rows that this case has and that have none."""
    ids = {row.values["number"]: row.id for row in case.rows("row")}
    have = {row.values["row"] for row in case.rows("measure")}
    return tuple(
        {
            "row": ids[row["code"]],
            "title": measure["title"]["vi"],
            "operator": measure["operator"],
            "value": measure["value"],
            "counted": measure.get("unit", "percent"),
            "strive": bool(measure.get("strive")),
            **({"figure": measure["figure"]} if measure.get("figure") else {}),
        }
        for row in _rows(case)
        for measure in row.get("measures") or ()
        if row["code"] in ids and ids[row["code"]] not in have
    )


def _rows(case: Case) -> Iterable[Mapping[str, Any]]:
    found: Iterable[Mapping[str, Any]] = case.lookups.get(LAST_PLAN, {}).get("rows", ())
    return found


def _proposed(row: Mapping[str, Any]) -> dict[str, Any]:
    lead, coordinating, time = (row.get(name) or {} for name in ("lead", "with", "time"))
    who = tuple(lead.get("who") or ())
    groups = tuple(name for name in who if name in GROUPS)
    texts = {
        "content": row["content"]["vi"],
        "lead": lead.get("vi"),
        "coordinating": coordinating.get("vi"),
        "method": (row.get("method") or {}).get("vi"),
        "timing": time.get("vi"),
        **{name: (row.get(name) or {}).get("vi") for name in ("target", "resources", "evaluation")},
        "lead_groups": groups,
        "lead_units": tuple(name for name in who if name not in GROUPS),
        "processes": tuple(row.get("processes") or ()),
        **_span(time.get("window") or {}),
    }
    found = {"number": row["code"], "heading": bool(row.get("heading"))}
    return {**found, **{name: value for name, value in texts.items() if value}}


def _span(window: Mapping[str, Any]) -> dict[str, Any]:
    months = window.get(MONTHS)
    if months:
        return {"span": MONTHS, "first_month": min(months), "last_month": max(months)}
    return {"span": next((name for name in ("all_year", "continuous") if window.get(name)), None)}


GROUPS: Final = frozenset(
    {
        "all_units",
        "divisions",
        "assigned_units",
        "procedure_units",
        "all_staff",
        "steering_committee",
        "iso_secretary",
        "digital_team",
    }
)
