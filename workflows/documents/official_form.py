"""The page of an administrative paper as Decree 30/2020 (Appendix I) has it, as values.

1. Every length and size that the decree fixes stands here, once; both writers read it, and a test
   holds it within the decree's limits.
2. A paper is issued when it has both its number and its day; until then the places for the number,
   the day and the month are blank, and only the year stands.
3. Days below ten and the months 1 and 2 are written with a leading nought, and so is a number below
   ten (Appendix I, II.4 and II.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

Side = Literal["left", "center", "right", "justify"]

BLANK: Final = "\N{NO-BREAK SPACE}"
FACE: Final = "Times New Roman"
POINTS_PER_MM: Final = 72 / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Paper and margins, in millimetres."""

    width: float = 210
    height: float = 297
    top: float = 20
    bottom: float = 20
    left: float = 30
    right: float = 15
    header: float = 10
    """From the upper edge to the page number, which stands in the middle of the top margin."""
    number: float = 13
    """The size of the page number, in points."""

    @property
    def text_width(self) -> float:
        """How wide the lines are."""
        return self.width - self.left - self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a paragraph looks.

    Attributes:
        size: in points.
        indent: of the first line, in millimetres.
        before: in points, above.
        after: in points, below.
        spacing: between lines, in single lines.
        keep: it stays on the page of what follows.
        rule: a line below it, as a share of the length of the text; None for no line.
    """

    size: float = 14
    bold: bool = False
    italic: bool = False
    caps: bool = False
    align: Side = "left"
    indent: float = 0
    before: float = 0
    after: float = 0
    spacing: float = 1
    keep: bool = False
    rule: float | None = None


PAGE: Final = Page()
ACROSS: Final = Page(width=297, height=210, top=20, bottom=18, left=22, right=22)
"""A certificate lies across; it is no administrative paper."""
HEADS: Final = (0.43, 0.57)
"""How the two heads of a paper share its width."""
INDENT_MM: Final = 12.7
SEAL_MM: Final = 30
"""How wide the code is: modules of some 0.45 mm, which any telephone reads from a copy, too."""
SIGNATURE_POINTS: Final = 72
"""Room for the signature between the title and the name."""

_HEAD: Final = Style(align="center", keep=True)
_ITEM: Final = Style(align="justify", indent=INDENT_MM, spacing=1.15, after=6)
_LAID: Final = Style(align="center", size=16, before=6, after=6)

STYLES: Final[Mapping[str, Style]] = {
    # The head of the paper: who, under which state, which number, where and when.
    "nation": replace(_HEAD, size=12, bold=True, caps=True),
    "motto": replace(_HEAD, size=13, bold=True, rule=1),
    "parent": replace(_HEAD, size=12, caps=True),
    "agency": replace(_HEAD, size=12, bold=True, caps=True, rule=0.4),
    "reference": replace(_HEAD, size=13, before=3),
    "about": replace(_HEAD, size=12, before=6),
    "place-date": replace(_HEAD, size=13, italic=True, before=3),
    # What it is, and of what.
    "type": replace(_HEAD, bold=True, caps=True, before=14),
    "abstract": replace(_HEAD, bold=True, after=8, rule=0.4),
    "subject": replace(_HEAD, bold=True, after=8),
    "to": Style(align="center", before=10, after=10),
    # The body.
    "": _ITEM,
    # The last sentence stays with the signature: no page holds a signature alone.
    "end": replace(_ITEM, keep=True),
    "basis": replace(_ITEM, italic=True),
    "part": Style(bold=True, caps=True, align="center", before=6, after=6, keep=True),
    "section": replace(_ITEM, bold=True, before=6, keep=True),
    "point": replace(_ITEM, bold=True, italic=True, before=3, keep=True),
    "item": _ITEM,
    "caption": Style(size=13, italic=True, align="center", before=6, after=4, keep=True),
    "cell": Style(size=12),
    "cell-narrow": Style(size=11),
    "picture": Style(align="center", before=6, after=6, keep=True),
    # The foot: who gets it, who signs.
    "recipients": Style(size=12, bold=True, italic=True),
    "recipient": Style(size=11),
    "authority": replace(_HEAD, bold=True, caps=True),
    "signed-note": replace(_HEAD, size=13, italic=True),
    "name": Style(bold=True, align="center", before=SIGNATURE_POINTS),
    # An appendix.
    "appendix": replace(_HEAD, bold=True),
    "appendix-title": replace(_HEAD, bold=True, caps=True),
    "appendix-of": replace(_HEAD, size=13, italic=True, after=8, rule=0.4),
    # A certificate.
    "certificate-title": Style(size=30, bold=True, align="center", before=24, after=10),
    "certificate-lead": replace(_LAID, before=14),
    "certificate-name": replace(_LAID, size=28, bold=True, after=10),
    "certificate-line": _LAID,
    "certificate-number": Style(size=12, italic=True, before=10),
}
"""A look of a part → its style; the empty look is the body's."""

BY_LEVEL: Final = {1: "type", 2: "section", 3: "point"}
"""A heading's level → its look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What an issuer writes around its papers, in the language of the paper."""

    agency: str
    place: str = ""
    parent: str = ""
    symbol: str = ""
    drafter: str = ""
    filing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How a paper is signed: `KT. GIÁM ĐỐC` above `PHÓ GIÁM ĐỐC`, and the name."""

    lines: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialForm:
    """What the decree asks of one paper.

    Attributes:
        type: letters of its type in a number, as `BC`; empty for a form of the house.
        number: what the records clerk gave it: `5`, or `05/BC-SKHCN` whole.
        dated: the day of issue.
        year: that stands in a draft.
    """

    letterhead: Letterhead
    type: str = ""
    number: str | None = None
    dated: date | None = None
    year: int

    @property
    def issued(self) -> bool:
        """Whether it has its number and its day."""
        return bool((self.number or "").strip()) and self.dated is not None

    @property
    def reference(self) -> str:
        """Number and symbol, blank before the stroke until the paper is issued."""
        if self.issued and self.number is not None:
            given = self.number.strip()
            return given if "/" in given else f"{_two(given)}/{self.symbol}"
        return f"{BLANK * 8}/{self.symbol}"

    @property
    def symbol(self) -> str:
        """What stands after the stroke: `BC-SKHCN`, of a letter `SKHCN-VP`."""
        head = self.letterhead
        parts = (head.symbol, head.drafter) if self.type == "CV" else (self.type, head.symbol)
        return "-".join(part for part in parts if part)

    @property
    def day(self) -> str:
        """The day of issue, or room for it."""
        return _two(str(self.dated.day)) if self.issued and self.dated else BLANK * 5

    @property
    def month(self) -> str:
        """The month of issue, or room for it; only 1 and 2 have a nought before them."""
        if not (self.issued and self.dated):
            return BLANK * 5
        month = self.dated.month
        return f"0{month}" if month <= 2 else str(month)

    @property
    def year_shown(self) -> str:
        """The year of issue, or the year of the draft."""
        return str(self.dated.year if self.issued and self.dated else self.year)


def _two(number: str) -> str:
    """A number below ten with its nought."""
    return f"0{number}" if len(number) == 1 and number.isdecimal() else number
