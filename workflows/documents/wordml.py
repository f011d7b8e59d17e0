"""What stands on a paper, as WordprocessingML: text in, text out, no file and no library.

1. Every word is escaped; a sign that XML cannot hold is named by its number, as `[U+0007]`.
2. A part looks as its style says; a stretch of text adds only bold and italic.
3. The line below a part is the border of an empty paragraph that is as long as the part asks for.
4. An appendix is a section of its own: its pages are counted from one again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from workflows.documents.binding import bound
from workflows.documents.letters import legal
from workflows.documents.official_form import (
    BY_LEVEL,
    HEADS,
    POINTS_PER_MM,
    SEAL_MM,
    STYLES,
    Page,
    Style,
)
from workflows.documents.paper import (
    Block,
    Cell,
    Group,
    Heading,
    Listing,
    Pair,
    Paper,
    Paragraph,
    Picture,
    Run,
    Seal,
    Table,
)
from workflows.documents.widths import MANY_COLUMNS, column_widths, text_length

MAIN: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006"
EMU_PER_POINT: Final = 12700
CELL_MARGIN: Final = 4.0
"""In points, left and right of what stands in a cell."""
CELL_GAP: Final = 2.0
"""In points, above and below it."""
BODY: Final = "body"
_BREAK: Final = (
    '<w:p><w:pPr><w:pageBreakBefore/><w:spacing w:line="20" w:lineRule="exact"/></w:pPr></w:p>'
)
_KEEP: Final = "<w:keepNext/>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture that the file holds already.

    Attributes:
        relation: by which the file knows it.
        width: in points.
        height: in points.
    """

    relation: str
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How the parts of one paper become text.

    Args:
        page: what it is set on.
        header: the relation of the header with the page number; empty for none.
        certificate: it is one, across and with a border.
        place: makes a file of a picture.
    """

    page: Page
    header: str
    certificate: bool
    place: Callable[[Picture | Seal], Placed]

    def body(self, paper: Paper) -> str:
        """The whole body of the document."""
        width = self.page.text_width * POINTS_PER_MM
        blocks = list(paper.blocks)
        parts = [
            self._block(block, width, first=index == 0, keep=keep)
            for index, (block, keep) in enumerate(bound(blocks))
        ]
        appended = any(isinstance(one, Group) and one.look == "appendix" for one in blocks)
        return (
            f'<w:body xmlns:w="{MAIN}" xmlns:r="{RELATIONS}">{"".join(parts)}'
            f"{self._section(restart=appended)}</w:body>"
        )

    def _block(self, block: Block, width: float, *, first: bool = False, keep: bool = False) -> str:
        match block:
            case Heading() | Paragraph():
                return _styled(block.runs, self._look(block), width, keep=keep)
            case Listing():
                return "".join(_points(block, width, keep=keep))
            case Table():
                return _table(block, width, keep=keep)
            case Pair():
                return self._pair(block, width)
            case Picture() | Seal():
                return self._placed(block, width)
            case Group():
                return self._group(block, width, first=first, keep=keep)

    def _placed(self, block: Picture | Seal, width: float) -> str:
        placed = self.place(block)
        if isinstance(block, Seal):
            return _seal(block, placed, width)
        return _picture(block.chart.description, placed, "picture")

    def _look(self, block: Heading | Paragraph) -> str:
        if isinstance(block, Paragraph):
            return block.look
        title = self.certificate and block.level == 1
        return "certificate-title" if title else BY_LEVEL[block.level]

    def _group(self, group: Group, width: float, *, first: bool, keep: bool) -> str:
        inside = "".join(
            self._block(block, width, keep=held) for block, held in bound(group.blocks, last=keep)
        )
        if group.look == "appendix":
            return f"<w:p><w:pPr>{self._section(restart=False)}</w:pPr></w:p>{inside}"
        return f"{_BREAK}{inside}" if group.page and not first else inside

    def _pair(self, pair: Pair, width: float) -> str:
        """Two columns without lines, which no page parts."""
        count = len(pair.sides)
        even = pair.look != "heads" or self.certificate or count != len(HEADS)
        widths = [width / count] * count if even else [width * share for share in HEADS]
        cells = "".join(
            _cell_of("".join(self._block(one, inner) for one in side) or "<w:p/>", inner)
            for side, inner in zip(pair.sides, widths, strict=True)
        )
        return (
            f'<w:tbl><w:tblPr><w:tblW w:w="{_twips(width)}" w:type="dxa"/>'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
            f'<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>{_grid(widths)}'
            f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>"
            + (_gap() if pair.look != "heads" else "")
        )

    def _section(self, *, restart: bool) -> str:
        """Paper, margins, header; `restart` counts the pages from one again."""
        page = self.page
        header = (
            f'<w:headerReference w:type="default" r:id="{self.header}"/>' if self.header else ""
        )
        across = ' w:orient="landscape"' if page.width > page.height else ""
        number = '<w:pgNumType w:start="1"/>' if restart else ""
        border = _BORDER if self.certificate else ""
        margins = " ".join(
            f'w:{name}="{_twips(millimetres * POINTS_PER_MM)}"'
            for name, millimetres in (
                ("top", page.top),
                ("right", page.right),
                ("bottom", page.bottom),
                ("left", page.left),
                ("header", page.header),
                ("footer", page.header),
            )
        )
        return (
            f'<w:sectPr>{header}<w:type w:val="nextPage"/>'
            f'<w:pgSz w:w="{_twips(page.width * POINTS_PER_MM)}"'
            f' w:h="{_twips(page.height * POINTS_PER_MM)}"{across}/>'
            f'<w:pgMar {margins} w:gutter="0"/>{border}{number}<w:titlePg/></w:sectPr>'
        )


_BORDER: Final = '<w:pgBorders w:offsetFrom="page">{}</w:pgBorders>'.format(
    "".join(
        f'<w:{side} w:val="thinThickSmallGap" w:sz="24" w:space="24" w:color="7A1F1F"/>'
        for side in ("top", "left", "bottom", "right")
    )
)


def style_xml(look: str, name: str, *, outline: int | None = None) -> str:
    """A look as a style of Word."""
    style = STYLES[look]
    faces = "".join(
        tag
        for tag, wanted in (
            ("<w:b/><w:bCs/>", style.bold),
            ("<w:i/><w:iCs/>", style.italic),
            ("<w:caps/>", style.caps),
        )
        if wanted
    )
    level = "" if outline is None else f'<w:outlineLvl w:val="{outline}"/>'
    size = round(style.size * 2)
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{look or BODY}">'
        f'<w:name w:val={quoteattr(name)}/><w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{'<w:keepNext/>' if style.keep else ''}{_spacing(style)}"
        f'{_indent(style)}<w:jc w:val="{_JUSTIFIED[style.align]}"/>{level}</w:pPr>'
        f'<w:rPr>{faces}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


_JUSTIFIED: Final = {"left": "left", "center": "center", "right": "right", "justify": "both"}


def _spacing(style: Style) -> str:
    # Below a part with a line stands the line, and the gap below that.
    after = 0 if style.rule is not None else style.after
    return (
        f'<w:spacing w:before="{_twips(style.before)}" w:after="{_twips(after)}"'
        f' w:line="{round(240 * style.spacing)}" w:lineRule="auto"/>'
    )


def _indent(style: Style) -> str:
    first = _twips(style.indent * POINTS_PER_MM)
    return f'<w:ind w:firstLine="{first}"/>' if first else ""


def _gap(*, keep: bool = False) -> str:
    """Between a table and what follows; two tables that touch would become one."""
    held = _KEEP if keep else ""
    return f'<w:p><w:pPr>{held}<w:spacing w:line="120" w:lineRule="exact"/></w:pPr></w:p>'


def _styled(runs: tuple[Run, ...], look: str, width: float, *, keep: bool) -> str:
    style = STYLES.get(look)
    if style is None:
        look, style = "", STYLES[""]
    more = _KEEP if keep else ""
    return _paragraph(runs, look, width=width, more=more) + _rule(runs, style, width)


def _paragraph(runs: tuple[Run, ...], look: str, *, width: float, more: str = "") -> str:
    tabs = ""
    if any(run.look == "blank" for run in runs):
        end = _twips(width)
        tabs = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{end}"/></w:tabs>'
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{look or BODY}"/>{more}{tabs}</w:pPr>'
        f"{''.join(map(_run, runs))}</w:p>"
    )


def _run(run: Run) -> str:
    if run.look == "blank":
        return "<w:r><w:tab/></w:r>"
    face = f"{'<w:b/>' if run.bold else ''}{'<w:i/>' if run.italic else ''}"
    text = escape(legal(run.text))
    for sign, tag in (("\n", "<w:br/>"), ("\t", "<w:tab/>")):
        text = text.replace(sign, f'</w:t>{tag}<w:t xml:space="preserve">')
    properties = f"<w:rPr>{face}</w:rPr>" if face else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def _rule(runs: tuple[Run, ...], style: Style, width: float) -> str:
    if style.rule is None:
        return ""
    text = "".join(run.text for run in runs)
    ems = text_length(text, bold=style.bold, caps=style.caps)
    length = min(style.rule * ems * style.size, width)
    side = _twips((width - length) / 2)
    return (
        "<w:p><w:pPr><w:keepNext/><w:pBdr>"
        '<w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
        f'<w:spacing w:before="20" w:after="{_twips(style.after)}" w:line="60" w:lineRule="exact"/>'
        f'<w:ind w:left="{side}" w:right="{side}"/></w:pPr></w:p>'
    )


def _points(listing: Listing, width: float, *, keep: bool) -> Iterator[str]:
    for nth, item in enumerate(listing.items, 1):
        mark = Run(text=f"{nth}. " if listing.numbered else "- ")
        more = _KEEP if keep and nth == len(listing.items) else ""
        yield _paragraph((mark, *item), "item", width=width, more=more)


def _table(table: Table, width: float, *, keep: bool) -> str:
    look = "cell-narrow" if table.columns > MANY_COLUMNS else "cell"
    widths = column_widths(table, width=width, size=STYLES[look].size)
    rows = [
        _row(cells, widths, look, head=head, keep=head or (keep and cells is part[-1]))
        for part, head in ((table.head, True), (table.rows, False))
        for cells in part
    ]
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="ruled"/><w:tblW w:w="{_twips(width)}" w:type="dxa"/>'
        # Word lets a table hang out of the margin by what its cells keep free.
        f'<w:tblInd w:w="{_twips(CELL_MARGIN)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f"</w:tblPr>{_grid(widths)}{''.join(rows)}</w:tbl>{_gap(keep=keep)}"
    )


def _row(
    cells: tuple[Cell, ...], widths: tuple[float, ...], look: str, *, head: bool, keep: bool
) -> str:
    place, shown = 0, []
    for cell in cells:
        inner = sum(widths[place : place + cell.span])
        place += cell.span
        shown.append(_cell(cell, inner, look, head=head, keep=keep))
    repeated = "<w:cantSplit/><w:tblHeader/>" if head else "<w:cantSplit/>"
    return f"<w:tr><w:trPr>{repeated}</w:trPr>{''.join(shown)}</w:tr>"


def _cell(cell: Cell, width: float, look: str, *, head: bool, keep: bool) -> str:
    runs, side = cell.runs, "right" if cell.look == "number" else "left"
    if cell.heading:
        side = "center" if head else side
        runs = tuple(Run(text=run.text, bold=True, italic=run.italic) for run in runs)
    held = _KEEP if keep else ""
    placed = f'<w:jc w:val="{side}"/>' if side != "left" else ""
    text = "".join(map(_run, runs))
    paragraph = f'<w:p><w:pPr><w:pStyle w:val="{look}"/>{held}{placed}</w:pPr>{text}</w:p>'
    return _cell_of(paragraph, width, span=cell.span, middle=head)


def _cell_of(content: str, width: float, *, span: int = 1, middle: bool = False) -> str:
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    placed = '<w:vAlign w:val="center"/>' if middle else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{spanned}{placed}</w:tcPr>'
        f"{content}</w:tc>"
    )


def _grid(widths: Iterable[float]) -> str:
    columns = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in widths)
    return f"<w:tblGrid>{columns}</w:tblGrid>"


def _seal(seal: Seal, placed: Placed, width: float) -> str:
    """The code, and the words beside it; no page parts them."""
    code = (SEAL_MM + 3) * POINTS_PER_MM
    words = "".join(_paragraph(line, "recipient", width=width - code) for line in seal.lines)
    cells = _cell_of(_picture(seal.said, placed, "recipient"), code)
    cells += _cell_of(words, width - code, middle=True)
    return (
        '<w:p><w:pPr><w:keepNext/><w:pBdr><w:top w:val="single" w:sz="4" w:space="1"'
        ' w:color="999999"/></w:pBdr><w:spacing w:before="240" w:line="120" w:lineRule="exact"/>'
        f'</w:pPr></w:p><w:tbl><w:tblPr><w:tblW w:w="{_twips(width)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        f'<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>{_grid((code, width - code))}'
        f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>{_gap()}"
    )


def _picture(description: str, placed: Placed, look: str) -> str:
    """A picture in the line, with what it shows for those who cannot see it."""
    said = quoteattr(legal(description))
    number = "".join(filter(str.isdecimal, placed.relation)) or "1"
    wide, high = (round(points * EMU_PER_POINT) for points in (placed.width, placed.height))
    about = f'id="{number}" name="{placed.relation}" descr={said}'
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{look}"/></w:pPr><w:r><w:drawing>'
        f'<wp:inline xmlns:wp="{DRAWING}/wordprocessingDrawing" distT="0" distB="0" distL="0"'
        f' distR="0"><wp:extent cx="{wide}" cy="{high}"/><wp:docPr {about}/>'
        f'<a:graphic xmlns:a="{DRAWING}/main"><a:graphicData uri="{DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{DRAWING}/picture"><pic:nvPicPr><pic:cNvPr {about}/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="{placed.relation}"/>'
        "<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
        f'<a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def _twips(points: float) -> int:
    """Twentieths of a point, which Word counts in."""
    return round(points * 20)
