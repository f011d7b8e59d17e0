"""A small campaign made by hand: seven people in two units, whose fates are all different.

| person | unit | what became of them |
|---|---|---|
| an | office | present in both sessions, 80 points |
| binh | office | present in both sessions, 40 points: failed; make-up class, 70 points |
| chi | office | absent; no make-up place |
| dung | tdc | on maternity leave |
| em | tdc | an outside course that was accepted |
| gia | tdc | an outside course that nobody accepted |
| ha | tdc | present in one session of two |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.machine.instance import Case, Row
from tests.unit.workflows.made_cases import case, person, row, step

SNAPSHOT = (
    ("an", "office", "civil_servant"),
    ("binh", "office", "civil_servant"),
    ("chi", "office", "contract_staff"),
    ("dung", "tdc", "civil_servant"),
    ("em", "tdc", "public_employee"),
    ("gia", "tdc", "public_employee"),
    ("ha", "tdc", "contract_staff"),
)
JOINER = "moi"
TODAY = date(2026, 8, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """What the lookup gives of somebody."""

    id: str
    name: str
    unit: str
    since: date = date(2023, 1, 1)
    until: date | None = None


def member(who: str, unit: str = "office", kind: str = "civil_servant") -> Row:
    return row(f"h_{who}", person=who, unit=unit, kind=kind)


def of_class(name: str, in_round: int = 1) -> Row:
    return row(f"c_{name}", class_code=name.upper(), round=in_round)


def session(name: str, of: str, day: date, **more: Any) -> Row:
    given = {
        "training_class": f"c_{of}",
        "held_on": day,
        "half": "morning",
        "place": "Hội trường",
        "hours": Decimal("3.5"),
        "held": True,
    }
    return row(f"s_{name}", **{**given, **more})


def placed(who: str, unit: str, of: str | None, **more: Any) -> Row:
    given = {"person": who, "unit": unit, "training_class": None if of is None else f"c_{of}"}
    values = {name: value for name, value in {**given, **more}.items() if value is not None}
    return row(f"p_{who}_{of}", **values)


def tick(who: str, of: str, present: bool) -> Row:
    return row(f"t_{who}_{of}", person=who, class_session=f"s_{of}", present=present)


def score(who: str, in_round: int, after: int, before: int | None = None) -> Row:
    values = {"person": who, "round": in_round, "after": after}
    return row(
        f"x_{who}_{in_round}", **(values if before is None else {**values, "before": before})
    )


def course(who: str, **more: Any) -> Row:
    given = {
        "person": who,
        "unit": "tdc",
        "course": "Khóa học của Viện",
        "from_day": date(2026, 7, 1),
        "to_day": date(2026, 7, 3),
        "certificate": f"VN-{who}",
    }
    return row(f"o_{who}", **{**given, **more})


RECORDS: Mapping[str, tuple[Row, ...]] = {
    "headcount": tuple(member(*one) for one in SNAPSHOT),
    "training_class": (of_class("a"), of_class("b", 2)),
    "class_session": (
        session("a1", "a", date(2026, 7, 13)),
        session("a2", "a", date(2026, 7, 14), hours=Decimal("4.0")),
        session("b1", "b", date(2026, 8, 3)),
    ),
    "placement": (
        placed("an", "office", "a"),
        placed("binh", "office", "a"),
        placed("chi", "office", "a"),
        placed("dung", "tdc", None, exempt="maternity"),
        placed("gia", "tdc", "a"),
        placed("ha", "tdc", "a"),
        placed("binh", "office", "b"),
    ),
    "attendance": (
        tick("an", "a1", present=True),
        tick("an", "a2", present=True),
        tick("binh", "a1", present=True),
        tick("binh", "a2", present=True),
        tick("chi", "a1", present=False),
        tick("chi", "a2", present=False),
        tick("gia", "a1", present=False),
        tick("gia", "a2", present=False),
        tick("ha", "a1", present=True),
        tick("ha", "a2", present=False),
        tick("binh", "b1", present=True),
    ),
    "score": (score("an", 1, 80, 30), score("binh", 1, 40, 20), score("binh", 2, 70)),
    "outside_course": (course("em"), course("gia")),
    "course_acceptance": (row("k_em", outside_course="o_em"),),
}


def campaign(
    *,
    fields: Mapping[str, Any] | None = None,
    children: tuple[Any, ...] = (),
    history: tuple[Any, ...] | None = None,
    state: str = "assessing",
    flags: tuple[str, ...] = (),
    today: date = TODAY,
    **records: tuple[Row, ...],
) -> Case:
    """The campaign after its make-up class; record sets that are given stand in for its own."""
    taken = (
        step("open_enrol", date(2026, 6, 22)),
        step("add_class", date(2026, 7, 30)),
    )
    return case(
        "training_campaign",
        fields=fields,
        records={**RECORDS, **records},
        people=tuple(person(who, unit) for who, unit, _ in SNAPSHOT),
        children=children,
        history=taken if history is None else history,
        lookups={
            "staff": (
                *(Employee(id=who, name=who.title(), unit=unit) for who, unit, _ in SNAPSHOT[:6]),
                Employee(id="ha", name="Ha", unit="tdc", until=date(2026, 7, 31)),
                Employee(id=JOINER, name="Mới", unit="office", since=date(2026, 8, 1)),
                Employee(id="sau", name="Sau", unit="office", since=date(2026, 9, 1)),
            )
        },
        today=today,
        state=state,
        flags=flags,
    )
