"""Charts as numbers: where each bar, dot and line stands, for the templates that draw them.

1. A chart is 400 units wide and as high as it has rows, so that its letters can be read on a phone.
2. Lengths are whole units; what they stand for is told beside them in words, and in a table.
3. No bar means nothing is known; a bar of no length means zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 400
ROW: Final = 46
BAR_TOP: Final = 22
BAR: Final = 14
SCALE: Final = 24
"""Below the rows: the scale of a cumulative line."""
COLUMNS_HEIGHT: Final = 180
COLUMNS_TOP: Final = 18
COLUMNS_FOOT: Final = 22
PERCENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar with what stands beside it.

    Attributes:
        length: None where nothing is known.
        strong: stands out.
        at: place of the cumulative line in this row.
    """

    label: str
    value: str
    top: int
    length: int | None
    strong: bool = True
    at: int | None = None

    @property
    def middle(self) -> int:
        """Where the line passes this row."""
        return self.top + BAR_TOP + BAR // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars below one another.

    Attributes:
        line: points of a cumulative line, as SVG has them.
        mark: place of a line from top to bottom, such as 80 % of the whole.
    """

    bars: tuple[Bar, ...]
    line: str = ""
    mark: int | None = None

    @property
    def height(self) -> int:
        """Of all rows, and of the scale where there is one."""
        return len(self.bars) * ROW + (SCALE if self.line else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its label below it, its value above it."""

    label: str
    value: str
    left: int
    width: int
    top: int
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChart:
    """Columns beside one another, from 0 to 100 %."""

    columns: tuple[Column, ...]
    height: int = COLUMNS_HEIGHT

    @property
    def base(self) -> int:
        """Where the columns stand."""
        return self.height - COLUMNS_FOOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Something to be drawn: what it is called, how it is told, and out of how much it is.

    Attributes:
        size: None where nothing is known.
        running: with all before it, for a cumulative line.
    """

    label: str
    value: str
    size: int | None
    whole: int
    strong: bool = True
    running: int | None = None


def bar_chart(amounts: Sequence[Amount]) -> BarChart:
    """Bars, each as long as its part of its whole."""
    return BarChart(bars=tuple(_bar(place, amount) for place, amount in enumerate(amounts)))


def pareto_chart(amounts: Sequence[Amount], *, total: int, mark_percent: int) -> BarChart:
    """Bars of causes, and the line of what they make up together."""
    bars = tuple(
        _bar(place, amount, at=_part(amount.running or 0, total))
        for place, amount in enumerate(amounts)
    )
    return BarChart(
        bars=bars,
        line=" ".join(f"{bar.at},{bar.middle}" for bar in bars),
        mark=WIDTH * mark_percent // PERCENT,
    )


def column_chart(amounts: Sequence[Amount]) -> ColumnChart:
    """Columns, each as high as its part of its whole."""
    step = WIDTH // max(1, len(amounts))
    room = COLUMNS_HEIGHT - COLUMNS_TOP - COLUMNS_FOOT
    columns = []
    for place, amount in enumerate(amounts):
        height = None if amount.size is None else room * amount.size // max(1, amount.whole)
        columns.append(
            Column(
                label=amount.label,
                value=amount.value,
                left=place * step + step // 8,
                width=step - step // 4,
                top=COLUMNS_HEIGHT - COLUMNS_FOOT - (height or 0),
                height=height,
            )
        )
    return ColumnChart(columns=tuple(columns))


def _bar(place: int, amount: Amount, *, at: int | None = None) -> Bar:
    return Bar(
        label=amount.label,
        value=amount.value,
        top=place * ROW,
        length=None if amount.size is None else _part(amount.size, amount.whole),
        strong=amount.strong,
        at=at,
    )


def _part(size: int, whole: int) -> int:
    return WIDTH * size // max(1, whole)
