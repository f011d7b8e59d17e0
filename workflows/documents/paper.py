"""What stands on a paper, from top to bottom, as values: words already, no layout yet.

A part that names no look has the plain one. A paragraph's looks are the styles of `official_form`;
`heads`, `closing` and `signs` are looks of a pair, `number` and `nowrap` of a cell, `blank` of a
run, `appendix` of a group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workflows.documents.chart import Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text in one face."""

    text: str
    bold: bool = False
    italic: bool = False
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; level 1 is the title of the paper."""

    level: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    runs: tuple[Run, ...]
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Points, numbered or not."""

    items: tuple[tuple[Run, ...], ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table; `span` columns wide."""

    runs: tuple[Run, ...]
    heading: bool = False
    span: int = 1
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first rows are repeated on every page."""

    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def columns(self) -> int:
        """How many columns the widest row takes."""
        widths = [sum(cell.span for cell in row) for row in (*self.head, *self.rows)]
        return max(widths, default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two columns side by side: the heads of a paper, or the places for signatures."""

    look: str
    sides: tuple[tuple["Block", ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Parts that belong together; with `page` they begin a page of their own."""

    blocks: tuple["Block", ...]
    page: bool = False
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as a picture."""

    chart: Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A QR code with words beside it: what somebody who keeps the paper can hold against the log.

    Attributes:
        payload: what a scanner reads.
        said: for those who cannot see the code.
        lines: the words beside it.
    """

    payload: str
    said: str
    lines: tuple[tuple[Run, ...], ...]


Block = Heading | Paragraph | Listing | Table | Pair | Group | Picture | Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper.

    Attributes:
        title: what the file is called inside.
        form: `official` for the page of an authority, `certificate` for one across.
    """

    title: str
    language: str
    blocks: Sequence[Block]
    form: Literal["official", "certificate"] = "official"
