"""Columns share the page by what stands in them; the length of a text is near that of the face."""

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.documents.samples import runs
from workflows.documents.paper import Cell, Table
from workflows.documents.pdf import HERE
from workflows.documents.widths import column_widths, text_length


def table(*rows: tuple[str, ...], head: tuple[str, ...] = ()) -> Table:
    def cells(row: tuple[str, ...]) -> tuple[Cell, ...]:
        return tuple(Cell(runs=runs(text) if text else ()) for text in row)

    return Table(head=(cells(head),) if head else (), rows=tuple(map(cells, rows)))


def test_short_columns_keep_their_width_and_long_ones_share_the_rest() -> None:
    number, day, words, more = column_widths(
        table(("1", "21/07/2026", "dài " * 30, "vừa vừa vừa vừa")), width=467, size=12
    )
    assert number < day < more < words
    assert number + day + words + more == pytest.approx(467)
    assert number > 2 * 4 + 12, "two signs and the margins of the cell"


def test_no_column_is_narrower_than_its_longest_word() -> None:
    code, _, _ = column_widths(
        table(("ALIKE-0\nOC-2026-02", "dài " * 100, "Cấp giấy phép tiến hành công việc")),
        width=200,
        size=11,
    )
    assert code > text_length("OC-2026-02", bold=False) * 11 + 8, "the word and the cell's margins"


def test_a_long_text_gets_more_than_one_that_is_merely_not_short() -> None:
    words, name = column_widths(table(("dài " * 80, "Nguyễn Văn An")), width=400, size=11)
    assert words > 3 * name


def test_a_column_to_write_in_is_wide() -> None:
    _, name, sign = column_widths(
        table(("1", "Nguyễn Thị Ngọc Huyền", ""), head=("TT", "Tên", "Ký")), width=467, size=12
    )
    assert sign > 0.7 * name


@given(
    st.lists(st.lists(st.text(max_size=40), min_size=3, max_size=3).map(tuple), max_size=5),
    st.floats(100, 800),
)
def test_columns_fill_the_page_and_none_is_lost(rows: list[tuple[str, ...]], width: float) -> None:
    found = column_widths(table(*rows, head=("A", "B", "C")), width=width, size=12)
    assert sum(found) == pytest.approx(width)
    assert all(one > 0 for one in found)


def test_many_short_columns_shrink_together() -> None:
    found = column_widths(table(("123456789012",) * 12), width=467, size=11)
    assert sum(found) == pytest.approx(467)
    assert all(one > 0 for one in found)


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("Độc lập - Tự do - Hạnh phúc", 0.04),
        ("Independence - Freedom - Happiness", 0.04),
        ("SỞ KHOA HỌC VÀ CÔNG NGHỆ", 0.1),
        ("Kết quả đánh giá nội bộ năm 2026", 0.1),
    ],
)
def test_a_rule_is_as_long_as_the_words_it_stands_under(text: str, within: float) -> None:
    with TTFont(HERE / "fonts" / "Tinos-Bold.ttf") as font:
        names, widths = font.getBestCmap(), font["hmtx"]
        true = sum(widths[names[ord(sign)]][0] for sign in text) / font["head"].unitsPerEm
    assert text_length(text, bold=True) == pytest.approx(true, rel=within)
