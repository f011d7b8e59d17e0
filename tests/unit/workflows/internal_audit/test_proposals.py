"""A schedule that nobody has written yet: never one's own unit, shared out evenly, gaps told."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case, Surroundings, Waiver
from engine.machine.registry import Lack
from tests.unit.workflows.made_cases import case, person, row, slot
from workflows.internal_audit import facts
from workflows.internal_audit.proposals import lacking, questions, slots, units_without_questions
from workflows.internal_audit.records import EARLIER_CHECKLIST, EarlierLine

PLAN = {
    "units": ("office", "tdc", "lab"),
    "clauses": ("7.5", "8.5"),
    "procedures": ("QT.01",),
    "first_day": date(2026, 8, 14),
    "last_day": date(2026, 8, 18),
}
"""A Friday to a Tuesday: three working days."""


def audit(auditors: dict[str, str], *, unqualified: tuple[str, ...] = (), **given_: Any) -> Case:
    """An audit of an office with these auditors: person → unit."""
    people = tuple(
        person(name, unit, *(() if name in unqualified else (facts.OF_AUDITOR,)))
        for name, unit in auditors.items()
    )
    made = case("internal_audit", fields=given_.pop("fields", PLAN), people=people, **given_)
    return replace(made, around=Surroundings(holders={"internal_auditor": tuple(auditors)}))


def test_every_unit_of_the_plan_gets_a_slot_with_what_the_plan_asks() -> None:
    found = slots(audit({"an": "office", "binh": "tdc", "chi": "lab"}))
    assert [row["unit"] for row in found] == ["office", "tdc", "lab"]
    assert {(row["clauses"], row["procedures"], row["status"]) for row in found} == {
        (("7.5", "8.5"), ("QT.01",), "planned")
    }
    assert Counter(row["auditor"] for row in found) == Counter(an=1, binh=1, chi=1)


def test_the_unit_that_fewest_may_visit_chooses_first() -> None:
    # Only binh may visit the office: nobody else is asked to, and binh is spared elsewhere.
    found = {row["unit"]: row["auditor"] for row in slots(audit({"an": "office", "binh": "tdc"}))}
    assert found == {"office": "binh", "tdc": "an", "lab": "an"}


def test_an_auditor_has_one_slot_a_day_while_the_working_days_last() -> None:
    plan = {**PLAN, "units": ("office", "tdc", "lab", "desk")}
    found = slots(audit({"an": "elsewhere"}, fields=plan))
    days = [row["audit_date"] for row in found]
    assert sorted(days) == [
        date(2026, 8, 14),
        date(2026, 8, 14),
        date(2026, 8, 17),
        date(2026, 8, 18),
    ]


def test_what_is_scheduled_already_is_not_proposed_again_and_counts() -> None:
    given_ = {"slot": (slot("s1", "office", auditor="an"),)}
    found = slots(audit({"an": "x", "binh": "y"}, records=given_))
    assert [row["unit"] for row in found] == ["tdc", "lab"]
    assert {row["auditor"] for row in found} == {"an", "binh"}


def test_while_the_plan_names_no_unit_every_unit_of_the_system_is_meant() -> None:
    made = audit({"an": "office"}, fields={})
    made = replace(made, around=replace(made.around, units=("lab", "office")))
    assert [(row["unit"], row.get("auditor")) for row in slots(made)] == [
        ("lab", "an"),
        ("office", None),
    ]
    assert lacking(made) == (Lack("own_unit_alone", unit="office"),)


def test_without_days_there_is_no_day_and_without_units_nothing() -> None:
    plan = {name: value for name, value in PLAN.items() if name != "last_day"}
    assert all("audit_date" not in row for row in slots(audit({"an": "x"}, fields=plan)))
    assert slots(audit({"an": "x"}, fields={})) == ()
    assert lacking(audit({}, fields={})) == ()


def test_a_unit_that_only_its_own_people_could_visit_is_told() -> None:
    found = audit({"an": "office", "binh": "office"})
    assert lacking(found) == (Lack("own_unit_alone", unit="office"),)
    assert [row.get("auditor") is None for row in slots(found)] == [True, False, False]


def test_while_the_director_allows_it_one_of_the_unit_itself_is_proposed_at_last() -> None:
    found = audit({"an": "office", "binh": "office"})
    given_ = Waiver(gate=facts.OWN_UNIT, reason="Nhỏ", granted_by="gd", until=found.today)
    allowed = replace(found, waivers=(given_,))
    assert lacking(allowed) == (Lack("own_unit_waived", unit="office"),)
    assert all("auditor" in row for row in slots(allowed))
    # Where somebody of another unit is left, a waiver changes nothing.
    others = audit({"an": "office", "binh": "tdc"})
    assert slots(replace(others, waivers=(given_,))) == slots(others)
    ended = replace(given_, until=found.today - timedelta(days=1))
    assert lacking(replace(found, waivers=(ended,))) == lacking(found)


def test_without_anybody_qualified_that_is_said_once() -> None:
    found = audit({"an": "x"}, unqualified=("an",))
    assert lacking(found) == (Lack("no_qualified_auditor"),)
    assert not any("auditor" in row for row in slots(found))


UNITS = ("office", "tdc", "lab", "desk")


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(UNITS), max_size=6),
    st.lists(st.sampled_from("abcdef"), max_size=3).map(tuple),
    st.lists(st.sampled_from(UNITS), unique=True),
)
def test_whatever_the_office_nobody_visits_their_own_unit_and_no_gap_stays_untold(
    auditors: dict[str, str], unqualified: tuple[str, ...], units: list[str]
) -> None:
    found = audit(auditors, unqualified=unqualified, fields={**PLAN, "units": tuple(units)})
    rows = slots(found)
    assert [row["unit"] for row in rows] == units
    for visit in rows:
        if "auditor" in visit:
            assert auditors[visit["auditor"]] != visit["unit"]
            assert visit["auditor"] not in unqualified
    empty = [row["unit"] for row in rows if "auditor" not in row]
    assert bool(empty) == bool(lacking(found))
    assert slots(found) == rows


def test_who_worked_for_a_unit_visits_it_only_where_nobody_else_can() -> None:
    made = audit({"an": "x", "binh": "y"})
    hands = {"office": frozenset({"an"}), "tdc": frozenset({"an", "binh"})}
    made = replace(made, around=replace(made.around, hands=hands))
    found = {row["unit"]: row["auditor"] for row in slots(made)}
    assert found["office"] == "binh"
    assert found["tdc"] in {"an", "binh"}
    assert lacking(made) == (Lack("own_work_alone", unit="tdc"),)


def line(
    unit: str,
    question: str,
    *,
    clause: str = "7.5",
    verdict: str | None = None,
    place: int = 1,
) -> EarlierLine:
    return EarlierLine(
        audit="IA-2025-01",
        place=place,
        unit=unit,
        clause=clause,
        question=question,
        verdict=verdict,
    )


def preparing(*lines: EarlierLine, **records: Any) -> Case:
    visits = (
        slot("s1", "office", clauses=("4.4",)),
        slot("s2", "office", clauses=("7.5",)),
        slot("s3", "tdc", clauses=("8.5",)),
    )
    return case(
        "internal_audit",
        records={"slot": visits, **records},
        lookups={EARLIER_CHECKLIST: lines},
        state="preparing",
    )


def test_last_years_questions_come_without_verdict_and_with_their_origin() -> None:
    found = questions(
        preparing(
            line("office", "Có danh mục tài liệu không?", verdict="conform"),
            line("office", "Có chính sách không?", clause="5.2", verdict="nonconform", place=2),
            line("lab", "Có hiệu chuẩn không?"),
            line("tdc", "Có theo dõi không?", clause="8.5", verdict="not_applicable", place=4),
        )
    )
    assert [(one["slot"], one["question"], one["origin"]) for one in found] == [
        ("s2", "Có danh mục tài liệu không?", "IA-2025-01 #1"),
        ("s1", "Có chính sách không?", "IA-2025-01 #2: không phù hợp, xem lại"),
        ("s3", "Có theo dõi không?", "IA-2025-01 #4"),
    ]
    assert all(one.keys() == {"slot", "clause", "question", "origin"} for one in found)


def test_a_question_that_is_asked_already_is_not_proposed_again() -> None:
    there = (row("q1", slot="s2", clause="7.5", question="Có danh mục không?"),)
    twice = (line("office", "Có danh mục không?"), line("office", "Còn hiệu lực không?"))
    found = questions(preparing(*twice, *twice, checklist=there))
    assert [one["question"] for one in found] == ["Còn hiệu lực không?"]


def test_a_unit_without_questions_last_time_is_told_where_there_was_a_last_time() -> None:
    assert units_without_questions(preparing(line("office", "Có danh mục không?"))) == (
        Lack("not_asked_before", unit="tdc"),
    )
    assert units_without_questions(preparing()) == ()


def test_a_unit_that_is_not_visited_this_time_gets_no_question_and_is_told() -> None:
    made = preparing(line("lab", "Có hiệu chuẩn không?"), line("office", "Có danh mục không?"))
    assert [one["slot"] for one in questions(made)] == ["s2"]
    assert units_without_questions(made) == (
        Lack("not_asked_before", unit="tdc"),
        Lack("not_visited_now", unit="lab"),
    )
    # While nobody is scheduled, nobody is left out.
    assert units_without_questions(preparing(line("lab", "Có không?"), slot=())) == ()
    assert questions(preparing()) == ()
