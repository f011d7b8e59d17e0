"""Cursors: opaque, signed, bound to their query."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Unreadable
from api.v1.paging import Pager, slice_of

PAGER = Pager(key=b"k" * 32, query="q")

positions = st.lists(st.text(max_size=20) | st.integers(), min_size=1, max_size=3)


@given(positions)
def test_a_cursor_leads_back_to_where_the_page_ended(position: list[object]) -> None:
    assert PAGER.open(PAGER.seal(position)) == position


@given(positions, st.data())
def test_a_cursor_with_any_bit_changed_is_no_cursor(
    position: list[object], data: st.DataObject
) -> None:
    raw = bytearray(base64.urlsafe_b64decode(str(PAGER.seal(position))))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << (place % 8)
    with pytest.raises(Unreadable, match="cursor_invalid"):
        PAGER.open(base64.urlsafe_b64encode(bytes(raw)).decode())


@pytest.mark.parametrize(
    "other", [Pager(key=b"k" * 32, query="other"), Pager(key=b"x" * 32, query="q")]
)
def test_a_cursor_of_another_query_or_another_house_is_no_cursor(other: Pager) -> None:
    with pytest.raises(Unreadable, match="cursor_invalid"):
        other.open(PAGER.seal(["a"]))


@pytest.mark.parametrize("cursor", ["", "a", "***", "ầ", "A" * 22, "====", "AA=="])
def test_what_is_no_cursor_at_all_is_refused(cursor: str) -> None:
    with pytest.raises(Unreadable, match="cursor_invalid"):
        PAGER.open(cursor)


def test_there_is_none_at_either_end() -> None:
    assert PAGER.open(None) is None
    assert PAGER.seal(None) is None


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_the_pages_of_a_list_are_the_list(items: list[int], limit: int) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        shown, cursor = slice_of(items, pager=PAGER, cursor=cursor, limit=limit)
        assert len(shown) <= limit
        seen += shown
        if cursor is None:
            break
    assert seen == items
