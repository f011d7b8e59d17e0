"""Rules of `workflows.documents.chart`: pure, well-formed, true to its numbers, never by colour."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.documents.samples import CHART
from workflows.documents.chart import DARK, LIGHT, Chart, Series, draw
from workflows.documents.pdf import draw_png

NS = "{http://www.w3.org/2000/svg}"


def chart(kind: Any, *values: tuple[int, ...], **more: Any) -> Chart:
    labels = tuple(f"nhãn {index}" for index in range(len(values[0])))
    series = tuple(Series(name=f"dãy {index}", values=one) for index, one in enumerate(values))
    return Chart(kind=kind, labels=labels, series=series, description="mô tả", **more)


def drawn(one: Chart) -> Any:
    return ET.fromstring(draw(one))  # noqa: S314 - our own text.


def bars(one: Chart) -> list[tuple[float, str]]:
    return [(float(rect.get("height")), rect.get("fill")) for rect in drawn(one).iter(f"{NS}rect")]


def test_bars_are_as_high_as_their_numbers() -> None:
    heights = [height for height, _ in bars(chart("bars", (10, 5, 0)))]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert heights[2] == 0


def test_the_vital_few_of_a_pareto_come_to_eighty_percent() -> None:
    fills = [fill for _, fill in bars(chart("pareto", (5, 3, 1, 1)))]
    assert fills == [DARK, DARK, LIGHT, LIGHT]
    assert [fill for _, fill in bars(chart("pareto", (9, 1)))] == [DARK, LIGHT]
    assert [fill for _, fill in bars(chart("pareto", (0, 0)))] == [LIGHT, LIGHT]


def test_the_curve_of_a_pareto_ends_at_everything() -> None:
    root = drawn(CHART)
    (curve,) = root.iter(f"{NS}polyline")
    ends = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
    levels = {text.text: float(text.get("y")) for text in root.iter(f"{NS}text")}
    # A number on the scale hangs three points below its line.
    assert ends[-1][1] == pytest.approx(levels["100%"] - 3, abs=0.2)
    assert ends[0][1] > ends[1][1] > ends[2][1]


def test_lines_differ_by_more_than_colour_and_are_named() -> None:
    root = drawn(chart("lines", (1, 2, 3), (3, 2, 1)))
    dashes = [line.get("stroke-dasharray") for line in root.iter(f"{NS}polyline")]
    assert len(set(dashes)) == 2
    words = [text.text for text in root.iter(f"{NS}text")]
    assert {"dãy 0", "dãy 1"} <= set(words)


def test_numbers_are_written_as_their_readers_do() -> None:
    words = {text.text for text in drawn(chart("bars", (12345,))).iter(f"{NS}text")}
    assert "12.345" in words
    words = {text.text for text in drawn(chart("bars", (12345,), language="en")).iter(f"{NS}text")}
    assert "12,345" in words
    shares = chart("bars", (985, 1000), decimals=1, unit="%")
    words = {text.text for text in drawn(shares).iter(f"{NS}text")}
    assert {"98,5%", "100%"} <= words


def test_a_chart_says_what_it_shows_and_holds_no_style_and_no_script() -> None:
    text = draw(CHART)
    assert 'aria-label="Pareto &lt;nguyên nhân&gt;"' in text
    assert not re.search(r"<style|<script|style=|href|url\(", text)
    assert draw(CHART) == text


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("pareto", ((1, 2), (2, 1))),
        ("bars", ((-1,),)),
        ("bars", ((),)),
        ("lines", ((1, 2), (1,))),
    ],
)
def test_what_cannot_be_drawn_is_refused(kind: str, values: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"chart|label|zero|Pareto"):
        chart(kind, *values)


@given(
    st.sampled_from(["pareto", "bars", "lines"]),
    st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**12)), min_size=1, max_size=14),
)
@settings(max_examples=60)
def test_any_words_and_numbers_make_a_well_formed_picture_inside_its_frame(
    kind: Any, rows: list[tuple[str, int]]
) -> None:
    one = Chart(
        kind=kind,
        labels=tuple(label for label, _ in rows),
        series=(Series(name="x", values=tuple(value for _, value in rows)),),
        description="x",
    )
    root = drawn(one)
    for rect in root.iter(f"{NS}rect"):
        assert 0 <= float(rect.get("y")) <= one.height
        assert 0 <= float(rect.get("height")) <= one.height
    for text in root.iter(f"{NS}text"):
        assert 0 <= float(text.get("y")) <= one.height


def test_a_picture_of_dots_is_the_same_each_time() -> None:
    png = draw_png(CHART)
    assert png.startswith(b"\x89PNG")
    assert draw_png(CHART) == png
