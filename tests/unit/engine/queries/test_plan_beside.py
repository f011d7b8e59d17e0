"""Two plans beside each other: every row of both, each once, whatever was renumbered."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.queries.plan_beside import matched

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
