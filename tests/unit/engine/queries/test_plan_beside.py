"""Two plans beside each other: every row of both, each once, whatever was renumbered."""

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.machine.window import Span
from engine.queries.plan_beside import days_late, matched
from engine.queries.plan_standing import (
    Carrier,
    Cause,
    Light,
    PlanCase,
    Reason,
    RowStanding,
)

WORDS = st.sampled_from(("Đào tạo", "đào  tạo", "Đánh giá", "Khảo sát", "Tổng kết"))


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    codes = draw(st.lists(st.sampled_from(("1", "1.1", "1.2", "2", "2.1")), unique=True))
    return [
        {
            "code": code,
            "objective": int(code[0]),
            "heading": "." not in code,
            "content": {"vi": draw(WORDS), "en": ""},
        }
        for code in codes
    ]


@given(rows(), rows())
def test_no_earlier_row_is_taken_twice_and_headings_meet_headings(
    now: list[dict[str, Any]], earlier: list[dict[str, Any]]
) -> None:
    found = matched(now, earlier, years=(2026, 2025))
    taken = Counter(old["code"] for old in found.values())
    assert all(count == 1 for count in taken.values())
    by_code = {row["code"]: row for row in now}
    assert all(by_code[code]["heading"] == old["heading"] for code, old in found.items())


@given(rows())
def test_a_plan_beside_itself_has_nothing_new(plan: list[dict[str, Any]]) -> None:
    assert set(matched(plan, plan, years=(2026, 2025))) == {row["code"] for row in plan}


def test_words_speak_before_numbers() -> None:
    old = [
        {"code": "1.1", "objective": 1, "content": {"vi": "Đào tạo"}},
        {"code": "1.2", "objective": 1, "content": {"vi": "Khảo sát năm 2025"}},
    ]
    new = [
        {"code": "1.1", "objective": 1, "content": {"vi": "Khảo  sát năm 2026"}},
        {"code": "1.2", "objective": 1, "content": {"vi": "Đánh giá"}},
        {"code": "2.1", "objective": 2, "content": {"vi": "Tổng kết"}},
    ]
    found = matched(new, old, years=(2026, 2025))
    assert {code: row["code"] for code, row in found.items()} == {"1.1": "1.2"}


THIRD_QUARTER = Span(date(2026, 7, 1), date(2026, 9, 30))
TITLE = {"vi": "Đánh giá", "en": "Audit"}


def ended(on: date | None, *, final: str | None = "success", due: date | None = None) -> PlanCase:
    return PlanCase(
        id="x",
        code="IA-2026-01",
        opened_on=date(2026, 7, 1),
        closed_on=on,
        due_on=due,
        final=final,
        overdue=False,
    )


def late(*reasons: Reason, **more: Any) -> int:
    carrier = Carrier(process="internal_audit", title=TITLE, **more)
    standing = RowStanding(light=Light.NONE, reasons=reasons)
    return days_late((carrier,), standing, today=date(2026, 10, 10))


def test_what_ended_after_its_time_is_late_by_those_days_and_what_ended_in_time_is_not() -> None:
    assert late(time=THIRD_QUARTER, cases=(ended(date(2026, 10, 5)),)) == 5
    assert late(time=THIRD_QUARTER, cases=(ended(date(2026, 9, 30)),)) == 0
    assert late(time=THIRD_QUARTER, cases=(ended(date(2026, 10, 5), final="aborted"),)) == 0
    # Nobody says when it has to happen.
    assert late(cases=(ended(date(2026, 10, 5)),)) == 0


def test_the_latest_of_what_is_open_ended_or_never_done_speaks() -> None:
    open_ = ended(None, final=None, due=date(2026, 10, 1))
    never = Reason(
        cause=Cause.NOT_DONE, light=Light.RED, row="4", title=TITLE, day=date(2026, 9, 30)
    )
    assert late(first_late=open_) == 9
    assert late(time=THIRD_QUARTER, first_late=open_, cases=(ended(date(2026, 10, 2)),)) == 9
    assert late(never) == 10
    assert late() == 0
