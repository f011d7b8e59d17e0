"""Charts of whole numbers as SVG: Pareto, bars and lines, for papers and for pages alike.

1. Pure: the same chart is the same text. There is no style sheet and no script in it, only
   attributes, so that it can stand in a page with a strict policy, in a PDF and in a picture.
2. Every chart has a description, and every number that it shows stands in a table beside it too.
3. Nothing is told by colour alone: the vital few of a Pareto are darker and left of the 80 % mark,
   and each line has its own dash and its own mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

from workflows.documents.letters import legal

Kind = Literal["pareto", "bars", "lines"]

DARK: Final = "#1f4e79"
LIGHT: Final = "#a9c6e3"
ACCENT: Final = "#9c2f1f"
GRID: Final = "#c8c8c8"
COLOURS: Final = (DARK, ACCENT, "#4d7c2a", "#6b4c9a")
DASHES: Final = ("", "6 3", "2 3", "8 3 2 3")
VITAL: Final = 80
"""Percent: the causes that come to so much together are the vital few."""
FONT: Final = 10
LINE: Final = 11.5
LABEL_LINES: Final = 4
WIDEST_BAR: Final = 56.0
LEFT, RIGHT, TOP = 44, 44, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values in the order of the labels."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows.

    Attributes:
        labels: one for each value.
        series: one for a Pareto, whose values fall; one or more otherwise.
        description: said to those who cannot see it.
        decimals: how many of the digits of a value stand behind the point.
        unit: behind each value on the scale, as `%`.
        width: in points; so is `height`.
    """

    kind: Kind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    description: str
    language: str = "vi"
    decimals: int = 0
    unit: str = ""
    width: float = 460
    height: float = 250

    def __post_init__(self) -> None:
        if not self.labels or not self.series:
            raise ValueError("a chart shows something")
        if any(len(one.values) != len(self.labels) for one in self.series):
            raise ValueError("a value for each label")
        if any(value < 0 for one in self.series for value in one.values):
            raise ValueError("counts are not below zero")
        if self.kind == "pareto" and len(self.series) != 1:
            raise ValueError("a Pareto has one series")


def draw(chart: Chart) -> str:
    """The chart as SVG."""
    plot = _Plot(chart)
    marks = {"pareto": _pareto, "bars": _bars, "lines": _lines}[chart.kind](plot)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width:g} {chart.height:g}"'
        f' width="{chart.width:g}" height="{chart.height:g}" role="img"'
        f" aria-label={quoteattr(legal(chart.description))}"
        f' font-family="Tinos, \'Times New Roman\', serif" font-size="{FONT}">'
        f"{''.join(_axes(plot))}{''.join(marks)}</svg>"
    )


class _Plot:
    """Where things stand."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.count = len(chart.labels)
        self.right = chart.width - RIGHT
        self.slot = (self.right - LEFT) / self.count
        signs = max(3, int(self.slot / (0.5 * FONT)))
        self.names = [_folded(label, signs) for label in chart.labels]
        lines = max(len(name) for name in self.names)
        legend = LINE + 6 if len(chart.series) > 1 else 0
        self.floor = chart.height - lines * LINE - 8 - legend
        values = [value for one in chart.series for value in one.values]
        # The bars of a Pareto are measured against all together, as its curve is.
        most = sum(values) if chart.kind == "pareto" else max(values)
        self.step, self.most = _scale(most)

    def x(self, index: float) -> float:
        return LEFT + (index + 0.5) * self.slot

    def y(self, value: float) -> float:
        return self.floor - (self.floor - TOP) * value / self.most


def _pareto(plot: _Plot) -> Iterator[str]:
    values = plot.chart.series[0].values
    total = sum(values)
    curve = [100 * up_to / total if total else 0.0 for up_to in accumulate(values)]
    before = [0.0, *curve]
    width = min(plot.slot * 0.7, WIDEST_BAR)
    for index, value in enumerate(values):
        vital = before[index] < VITAL and value > 0
        yield _bar(plot, plot.x(index) - width / 2, width, value, DARK if vital else LIGHT)
        yield _text(plot.x(index), plot.y(value) - 4, _shown(value, plot.chart))
    height = plot.floor - TOP
    points = [
        (plot.x(index), plot.floor - height * total * share / 100 / plot.most)
        for index, share in enumerate(curve)
    ]
    top = plot.floor - height * total / plot.most if total else TOP
    mark = plot.floor - (plot.floor - top) * VITAL / 100
    yield _line(LEFT, mark, plot.right, mark, stroke=ACCENT, dash="4 3")
    yield _curve(points, ACCENT, "")
    for nth in range(0, 101, 20):
        level = plot.floor - (plot.floor - top) * nth / 100
        yield _text(plot.right + 4, level + 3, f"{nth}%", anchor="start", fill=ACCENT)


def _bars(plot: _Plot) -> Iterator[str]:
    series = plot.chart.series
    width = min(plot.slot * 0.72 / len(series), WIDEST_BAR)
    for nth, one in enumerate(series):
        for index, value in enumerate(one.values):
            left = plot.x(index) + (nth - len(series) / 2) * width
            yield _bar(plot, left, width, value, COLOURS[nth % len(COLOURS)])
            yield _text(left + width / 2, plot.y(value) - 4, _shown(value, plot.chart))
    yield from _legend(plot)


def _lines(plot: _Plot) -> Iterator[str]:
    for nth, one in enumerate(plot.chart.series):
        points = [(plot.x(index), plot.y(value)) for index, value in enumerate(one.values)]
        yield _curve(points, COLOURS[nth % len(COLOURS)], DASHES[nth % len(DASHES)])
        if len(plot.chart.series) == 1:
            for (x, y), value in zip(points, one.values, strict=True):
                yield _text(x, y - 7, _shown(value, plot.chart))
    yield from _legend(plot)


def _axes(plot: _Plot) -> Iterator[str]:
    for value in range(0, plot.most + 1, plot.step):
        y = plot.y(value)
        yield _line(LEFT, y, plot.right, y, stroke="#000000" if value == 0 else GRID)
        yield _text(LEFT - 5, y + 3, _shown(value, plot.chart), anchor="end")
    for index, name in enumerate(plot.names):
        for nth, words in enumerate(name):
            yield _text(plot.x(index), plot.floor + LINE * (nth + 1) + 2, words)


def _legend(plot: _Plot) -> Iterator[str]:
    series = plot.chart.series
    if len(series) < 2:
        return
    each = (plot.right - LEFT) / len(series)
    y = plot.chart.height - 6
    for nth, one in enumerate(series):
        left, colour = LEFT + nth * each, COLOURS[nth % len(COLOURS)]
        dash = DASHES[nth % len(DASHES)] if plot.chart.kind == "lines" else ""
        yield _line(left, y - 3, left + 22, y - 3, stroke=colour, dash=dash, width=3)
        yield _text(left + 27, y, one.name, anchor="start")


def _bar(plot: _Plot, left: float, width: float, value: int, fill: str) -> str:
    top = plot.y(value)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{plot.floor - top:.1f}"'
        f' fill="{fill}" stroke="#000000" stroke-width="0.5"/>'
    )


def _curve(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in points
    )
    drawn = f'fill="none" stroke="{colour}" stroke-width="1.6"{dashed}'
    return f'<polyline points="{way}" {drawn}/>{marks}'


def _line(  # noqa: PLR0913 - two points and three looks.
    x1: float, y1: float, x2: float, y2: float, *, stroke: str, dash: str = "", width: float = 0.7
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"'
        f' stroke-width="{width:g}"{dashed}/>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "middle", fill: str = "#000000") -> str:
    placed = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {placed} fill="{fill}">{escape(legal(words))}</text>'


def _shown(value: int, chart: Chart) -> str:
    """A value as its readers write it."""
    thousands, point = (".", ",") if chart.language == "vi" else (",", ".")
    whole, rest = divmod(value, 10**chart.decimals)
    text = f"{whole:,}".replace(",", thousands)
    return f"{text}{point}{rest:0{chart.decimals}d}{chart.unit}" if rest else f"{text}{chart.unit}"


def _scale(most: int) -> tuple[int, int]:
    """A round step, and the least multiple of it that is not below the greatest value."""
    step = 1
    while step * 5 < most:
        head = int(str(step)[0])
        step = step * 5 // 2 if head == 2 else step * 2
    return step, max(step, -(-most // step) * step)


def _folded(label: str, signs: int) -> list[str]:
    """A label in lines of so many signs; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + 1 + len(word) <= signs:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > LABEL_LINES:
        lines = [*lines[: LABEL_LINES - 1], f"{lines[LABEL_LINES - 1]}…"]
    return lines or [""]
