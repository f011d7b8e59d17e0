"""The figures of an export as a paper for Word: each table under its title, and the Pareto chart.

1. It is no official paper: a file names no authority, so there is no head, number or signature.
2. The same figures are the same file: it is dated on the last day that was counted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from engine.tables.cells import shown_cell
from engine.tables.listing import Listing
from workflows.documents.chart import Chart, Series
from workflows.documents.docx import write_docx
from workflows.documents.paper import Block, Cell, Heading, Paper, Paragraph, Picture, Run, Table
from workflows.overdue_dossiers.analysis.counting import Analysis
from workflows.overdue_dossiers.analysis.pareto import Pareto
from workflows.overdue_dossiers.export.rows import ZONE

Say = Callable[[str, Mapping[str, Any]], str]


def analysis_docx(
    analysis: Analysis, listings: Sequence[Listing], *, heading: str, language: str, say: Say
) -> bytes:
    """The bytes of the paper.

    Args:
        analysis: what was counted.
        listings: its tables.
        heading: the window and the calendar, as a sentence.
        language: of the words in all of them.
        say: puts a code into words.
    """
    title = say("dossier.listing.paper", {})
    paper = Paper(
        title=title,
        language=language,
        blocks=(
            Heading(level=1, runs=(Run(text=title),)),
            Paragraph(runs=(Run(text=heading),), look="abstract"),
            *_pareto(analysis.causes_by_count, language, say),
            *(part for listing in listings for part in _table(listing)),
        ),
    )
    return write_docx(paper, at=datetime.combine(analysis.window.last, time(), ZONE))


def _pareto(pareto: Pareto, language: str, say: Say) -> Iterator[Block]:
    if not pareto.causes:
        return
    title = say("dossier.listing.pareto_count", {})
    names = tuple(say(f"dossier.cause.{one.cause.value}", {}) for one in pareto.causes)
    sizes = tuple(one.size for one in pareto.causes)
    yield Picture(
        chart=Chart(
            kind="pareto",
            labels=names,
            series=(Series(name=title, values=sizes),),
            description=f"{title}: {'; '.join(names)}",
            language=language,
        )
    )
    yield Paragraph(runs=(Run(text=title),), look="caption")


def _table(listing: Listing) -> Iterator[Block]:
    yield Paragraph(runs=(Run(text=listing.title),), look="caption")
    rows = [list(row) for row in listing.rows]
    yield Table(
        head=(tuple(_cell(heading, heading=True) for heading in listing.headings),),
        rows=tuple(tuple(_cell(value) for value in row) for row in rows),
    )


def _cell(value: Any, *, heading: bool = False) -> Cell:
    text = shown_cell(value)
    look = "" if isinstance(value, str) else "number"
    return Cell(runs=(Run(text=text),) if text else (), heading=heading, look=look)
