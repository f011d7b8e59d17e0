"""An analysis, and the faults of a file, as tables with words: for CSV, XLSX and a terminal.

1. `say` puts a code into the reader's language; nothing here knows one.
2. A share stands as a percentage beside its two whole numbers, so that nobody has to believe it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from engine.tables.cell import Cell
from engine.tables.fault import RowFault
from engine.tables.listing import Listing
from workflows.overdue_dossiers.analysis.counting import OTHERS, Analysis, Dimension
from workflows.overdue_dossiers.analysis.figures import Figure, figures_of, quotient
from workflows.overdue_dossiers.analysis.pareto import Pareto
from workflows.overdue_dossiers.analysis.recurrence import Recurrence
from workflows.overdue_dossiers.analysis.tally import Tally

Say = Callable[[str, Mapping[str, Any]], str]
"""A code and its parameters as a sentence."""

IN_GROUPS: Final = (
    *("opening", "received", "finished", "sent_back", "stopped", "closing"),
    *("early", "on_time", "reappointed", "late", "pending_late", "overdue", "backlog"),
    *("on_time_share", "late_share", "days_late_mean", "days_late_median", "days_late_max"),
    *("time_cut", "cut_reached", "apology_in_time"),
)
"""The figures by which groups are compared; all of them would be no table any more."""
IN_LINES: Final = (
    *("received", "finished", "closing", "overdue"),
    *("on_time_share", "days_late_mean", "time_cut"),
)
"""As many of them as stand beside one another on a terminal."""


def analysis_listings(
    analysis: Analysis,
    dimensions: Iterable[Dimension],
    say: Say,
    *,
    shown: Collection[str] = IN_GROUPS,
    called: Callable[[str], str] = str,
) -> tuple[Listing, ...]:
    """The tables of an analysis: all of it, causes by both rankings, and each breakdown.

    Args:
        analysis: what was counted.
        dimensions: by which it is broken down.
        say: puts a code into words.
        shown: the figures of a breakdown.
        called: what a unit is called, where it is told by its id.
    """
    found = [
        _total(analysis.total, say),
        _pareto(analysis.causes_by_count, "count", say),
        _pareto(analysis.causes_by_days, "days", say),
    ]
    found += [
        _groups(analysis, dimension, say, shown=shown, called=called) for dimension in dimensions
    ]
    if analysis.recurrences:
        found.append(_recurrences(analysis.recurrences, say))
    return tuple(found)


def fault_listing(faults: Iterable[RowFault], say: Say, tell: Callable[[RowFault], str]) -> Listing:
    """The faults of a file, one a line.

    Args:
        faults: in the order of rows.
        say: of headings and columns.
        tell: what is wrong, as a sentence.
    """
    headings = ("row", "column", "code", "fault")
    return Listing(
        title=say("dossier.listing.faults", {}),
        headings=[say(f"dossier.listing.{name}", {}) for name in headings],
        rows=(
            (fault.row, say(f"dossier.column.{fault.column}", {}), fault.code, tell(fault))
            for fault in faults
        ),
    )


def figure_title(figure: Figure, say: Say) -> str:
    """What a figure is called."""
    age = say(f"dossier.age.{figure.age}", {}) if figure.age else ""
    return say(f"dossier.figure.{figure.name}", {"age": age})


def figure_cell(figure: Figure) -> Cell:
    """A figure as one number: a share in percent; blank where nothing is known."""
    if figure.numerator is None:
        return None
    if figure.denominator is None:
        return figure.numerator
    scale = 100 if figure.is_share else 1
    return Decimal(quotient(figure.numerator * scale, figure.denominator))


def group_title(
    dimension: Dimension, name: Any, say: Say, called: Callable[[str], str] = str
) -> str:
    """What a group is called."""
    if name is None:
        return say("dossier.group.none", {})
    if name == OTHERS:
        return say("dossier.group.others", {})
    if dimension in {Dimension.CAUSE, Dimension.STAGE}:
        return say(f"dossier.{dimension.value}.{name}", {})
    return called(name) if dimension in {Dimension.UNIT, Dimension.OFFICER} else str(name)


def _total(total: Tally, say: Say) -> Listing:
    headings = ("figure", "value", "numerator", "denominator")
    return Listing(
        title=say("dossier.by.total", {}),
        headings=[say(f"dossier.listing.{name}", {}) for name in headings],
        rows=[
            (
                _with_unit(figure, say),
                figure_cell(figure),
                figure.numerator if figure.denominator is not None else None,
                figure.denominator,
            )
            for figure in figures_of(total)
        ],
    )


def _with_unit(figure: Figure, say: Say) -> str:
    title = figure_title(figure, say)
    return f"{title} (%)" if figure.is_share else title


def _pareto(pareto: Pareto, size: str, say: Say) -> Listing:
    headings = ("cause", size, "share", "cumulative", "vital")
    unstated = (say("dossier.group.none", {}), pareto.unstated, None, None, None)
    return Listing(
        title=say(f"dossier.listing.pareto_{size}", {}),
        headings=[say(f"dossier.listing.{name}", {}) for name in headings],
        rows=[
            *(
                (
                    say(f"dossier.cause.{one.cause.value}", {}),
                    one.size,
                    Decimal(quotient(100 * one.size, pareto.total)),
                    Decimal(quotient(100 * one.running, pareto.total)),
                    say("dossier.listing.yes", {}) if one.is_vital else None,
                )
                for one in pareto.causes
            ),
            *([unstated] if pareto.unstated else []),
        ],
    )


def _groups(
    analysis: Analysis,
    dimension: Dimension,
    say: Say,
    *,
    shown: Collection[str],
    called: Callable[[str], str],
) -> Listing:
    columns = [figure for figure in figures_of(Tally()) if figure.id in shown]
    return Listing(
        title=say(f"dossier.by.{dimension.value}", {}),
        headings=[
            say("dossier.listing.group", {}),
            *(_with_unit(figure, say) for figure in columns),
        ],
        rows=[
            (
                group_title(dimension, name, say, called),
                *(figure_cell(figure) for figure in figures_of(tally) if figure.id in shown),
            )
            for name, tally in analysis.by(dimension).items()
        ],
    )


def _recurrences(recurrences: Iterable[Recurrence], say: Say) -> Listing:
    headings = ("cause", "unit", "remedy_on", "before", "after", "first_again")
    return Listing(
        title=say("dossier.listing.recurrence", {}),
        headings=[say(f"dossier.listing.{name}", {}) for name in headings],
        rows=[
            (
                say(f"dossier.cause.{found.remedy.cause.value}", {}),
                found.remedy.unit,
                found.remedy.on,
                found.before,
                found.after,
                found.first_again,
            )
            for found in recurrences
        ],
    )
