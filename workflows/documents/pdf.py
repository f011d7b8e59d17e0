"""A paper as PDF/A-2b: the only door to the typesetter.

1. Everything on the paper goes in as JSON; no word of it is ever a part of the layout's source.
2. The layout reads nothing but this folder's `layout.typ`; no font of the machine is used.
3. The same paper at the same instant is the same file.
4. A sign that the face has not is named by its number, as `[U+2713]`: nothing is lost, and no word
   that somebody typed can make a paper impossible.
5. The typesetter holds a whole paper in memory: beyond `PARTS_MAX` it is refused before it begins.
"""

import json
import re
import unicodedata
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from engine.errors import Invalid
from workflows.documents.binding import bound
from workflows.documents.chart import Chart, draw
from workflows.documents.official_form import (
    ACROSS,
    BY_LEVEL,
    HEADS,
    PAGE,
    POINTS_PER_MM,
    SEAL_MM,
    STYLES,
)
from workflows.documents.paper import Block, Group, Listing, Pair, Paper, Picture, Seal, Table
from workflows.documents.qr_code import code_svg
from workflows.documents.widths import MANY_COLUMNS, column_widths

HERE: Final = Path(__file__).parent
LAYOUT: Final = HERE / "layout.typ"
PICTURE: Final = HERE / "picture.typ"
DOTS_PER_INCH: Final = 200
PARTS_MAX: Final = 12_000
"""Cells, paragraphs, points: measured 9 s and 390 MiB on two busy cores; 30,000 took 920 MiB."""
STANDARD: Final = "a-2b"
"""PDF/A: an archive can still show it in thirty years."""
STRANGE: Final = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\u0377\u03a3-\u052f\u1e00-\u1eff\u2000-\u2064\u2074-\u208e"
    "\u20a0-\u20be\u2100-\u214f\u2190-\u2195\u2211\u2212\u2248\u2260\u2264\u2265\u25a0\u25a1\u25cf]"
)
"""All but what the face of this folder surely has."""


class PaperTooLong(Invalid):
    """The paper has more parts than are set at once."""

    def __init__(self, found: int) -> None:
        super().__init__("paper_too_long", found=found, most=PARTS_MAX)


def write_pdf(paper: Paper, *, at: datetime) -> bytes:
    """The bytes of a paper, made at an instant.

    Raises:
        PaperTooLong: it is longer than what is set at once.
        typst.TypstError: the layout itself is at fault.
    """
    parts = sum(map(_parts, paper.blocks))
    if parts > PARTS_MAX:
        raise PaperTooLong(parts)
    content: bytes = typst.compile(
        LAYOUT,
        root=HERE,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"paper": _shown(json.dumps(_as_data(paper), ensure_ascii=False))},
        pdf_standards=STANDARD,
        timestamp=int(at.timestamp()),
    )
    return content


def draw_png(chart: Chart) -> bytes:
    """A chart as a picture of dots, for a file that cannot hold its lines."""
    content: bytes = typst.compile(
        PICTURE,
        root=HERE,
        font_paths=_fonts(),
        format="png",
        ppi=DOTS_PER_INCH,
        sys_inputs={"svg": _shown(draw(chart)), "width": f"{chart.width:g}"},
    )
    return content


def _parts(block: Block) -> int:
    """How many things the typesetter has to place for a block."""
    match block:
        case Table():
            return sum(len(row) for row in (*block.head, *block.rows))
        case Pair():
            return sum(_parts(inner) for side in block.sides for inner in side)
        case Group():
            return sum(map(_parts, block.blocks))
        case Listing():
            return len(block.items)
        case _:
            return 1


def _shown(text: str) -> str:
    """The text in composed letters, each sign that cannot be shown named by its number."""
    composed = unicodedata.normalize("NFC", text)
    return STRANGE.sub(lambda found: f"[U+{ord(found[0]):04X}]", composed)


@cache
def _fonts() -> typst.Fonts:
    """The fonts of this folder, read once: a face that has every letter of Vietnamese."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[HERE / "fonts"]
    )


def _as_data(paper: Paper) -> dict[str, Any]:
    page = ACROSS if paper.form == "certificate" else PAGE
    width = page.text_width * POINTS_PER_MM
    return {
        "title": paper.title,
        "language": paper.language,
        "form": paper.form,
        "page": asdict(page),
        "styles": {look: asdict(style) for look, style in STYLES.items()},
        "levels": {str(level): look for level, look in BY_LEVEL.items()},
        "heads": HEADS,
        "seal": SEAL_MM,
        "blocks": [_block(block, width, keep=keep) for block, keep in bound(paper.blocks)],
    }


def _block(block: Block, width: float, *, keep: bool = False) -> dict[str, Any]:
    """A part with its kind, for the layout; with `keep` its end stays with what follows."""
    return {**_part(block, width, keep=keep), "keep": keep}


def _part(block: Block, width: float, *, keep: bool) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    match block:
        case Pair():
            sides = [[_block(inner, width) for inner in side] for side in block.sides]
            return {"kind": kind, "look": block.look, "sides": sides}
        case Group():
            inside = [
                _block(inner, width, keep=held) for inner, held in bound(block.blocks, last=keep)
            ]
            return {"kind": kind, "page": block.page, "look": block.look, "blocks": inside}
        case Table():
            look = "cell-narrow" if block.columns > MANY_COLUMNS else "cell"
            widths = column_widths(block, width=width, size=STYLES[look].size)
            return {"kind": kind, "look": look, "widths": widths, **asdict(block)}
        case Picture():
            return {
                "kind": kind,
                "svg": draw(block.chart),
                "said": block.chart.description,
                "width": block.chart.width,
            }
        case Seal():
            lines = [[asdict(run) for run in line] for line in block.lines]
            return {
                "kind": kind,
                "svg": code_svg(block.payload),
                "said": block.said,
                "lines": lines,
            }
        case _:
            return {"kind": kind, **asdict(block)}
