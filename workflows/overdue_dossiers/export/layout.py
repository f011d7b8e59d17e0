"""Where the heading of an export stands, and what each of its columns is.

1. Titles and merged cells may stand above the heading, which is the line, or two lines read as one,
   that names most columns. A line of numbers under it (`(1) (2) (3)`) is part of it.
2. What a source was told decides before the words do: a column that it names is read, a column that
   it leaves blank is not. What was found can be told again, so that a source is set up once.
3. A column that nobody asks for is dropped, and so is what tells of a person, by its heading or by
   what its cells look like; both are named.
4. A column that is asked for and tells of persons is no such column: the file is refused, with its
   heading, before a row of it is read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import Invalid
from engine.tables.cell import Cell
from engine.tables.cells import texts_of
from engine.tables.names import far
from workflows.overdue_dossiers.dossier import Cause, Stage, Status
from workflows.overdue_dossiers.export.personal import Personal, kind_of_column
from workflows.overdue_dossiers.export.vocabulary import Column, columns, fields

HEAD_ROWS: Final = 300
"""Lines that are looked at before anything is read."""
HEADING_WITHIN: Final = 40
HEADING_SHOWN: Final = 80
COLUMNS_AT_LEAST: Final = 3
REQUIRED: Final = (
    Column.CODE,
    Column.PROCEDURE,
    Column.UNIT,
    Column.RECEIVED_AT,
    Column.DUE_ON,
)
OF_WORDS: Final = frozenset(
    {
        Column.CODE,
        Column.PROCEDURE,
        Column.UNIT,
        Column.OFFICER_UNIT,
        Column.STAGE,
        Column.CAUSE,
        Column.STATUS,
    }
)
"""Columns of words and codes: what a person is called can hide in no other."""
MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    Column.STATUS: frozenset(Status),
    Column.CAUSE: frozenset(Cause),
    Column.STAGE: frozenset(Stage),
}
PERSONAL: Final = "personal:"

_NUMBERING: Final = re.compile(r"\(?\d{1,3}\)?")


class ExportInvalid(Invalid):
    """The file is no export that can be read: its heading or its columns do not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """What is remembered of the source of exports.

    Attributes:
        columns: column → heading; a blank heading leaves the column out.
        words: `status`, `cause` or `stage` → the source's own word → what it means.

    Raises:
        ExportInvalid: `mapping_column_unknown`, `mapping_meaning_unknown` or
            `mapping_heading_repeated`.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - set(fields()))
        if unknown:
            raise ExportInvalid("mapping_column_unknown", columns=unknown, known=list(fields()))
        told = [far(heading) for heading in self.columns.values() if heading]
        if len(set(told)) != len(told):
            raise ExportInvalid("mapping_heading_repeated")
        for column, own in self.words.items():
            known = MEANINGS.get(column, frozenset())
            strange = sorted(set(own.values()) - known)
            if strange or not known:
                raise ExportInvalid(
                    "mapping_meaning_unknown", column=column, words=strange, known=sorted(known)
                )

    def told(self) -> dict[str, Any]:
        """The mapping as JSON keeps it."""
        words = {column: dict(own) for column, own in self.words.items() if own}
        return {"columns": dict(self.columns), "words": words}


def mapping_of(data: Any) -> SourceMapping:
    """The mapping that JSON kept.

    Raises:
        ExportInvalid: `mapping_unreadable`, or what a mapping refuses.
    """
    try:
        columns_ = {str(name): str(heading) for name, heading in data["columns"].items()}
        words = {
            str(column): {str(word): str(meaning) for word, meaning in own.items()}
            for column, own in data.get("words", {}).items()
        }
    except (AttributeError, KeyError, TypeError) as fault:
        raise ExportInvalid("mapping_unreadable") from fault
    return SourceMapping(columns=columns_, words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A column that is not read.

    Attributes:
        personal: what it tells of a person; None where it is only not needed.
        by_content: the cells say so, not the heading.
    """

    heading: str
    personal: Personal | None = None
    by_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What stands where.

    Attributes:
        first_row: number of the first line under the heading.
        headings: as they stand, by place.
        places: column → place.
        mapping: what would find the same columns again.
    """

    first_row: int
    headings: tuple[str, ...]
    places: Mapping[str, int]
    dropped: tuple[Dropped, ...]
    mapping: SourceMapping

    def heading(self, column: str) -> str:
        """The heading under which a column was found."""
        place = self.places.get(column)
        return "" if place is None else self.headings[place]


def layout_of(head: Sequence[Sequence[Cell]], told: SourceMapping) -> Layout:
    """The layout of a file, from its first lines.

    Raises:
        ExportInvalid: `export_without_heading`, `export_column_missing` or
            `export_column_personal`.
    """
    first, headings = _heading(head, told)
    meanings = [_meaning(heading, told) for heading in headings]
    places: dict[str, int] = {}
    for place, meaning in enumerate(meanings):
        if meaning and not meaning.startswith(PERSONAL):
            # Where two headings mean one thing, the exact one was sorted out by `_meaning`.
            places.setdefault(meaning, place)
    missing = [column for column in REQUIRED if column not in places]
    if missing:
        raise ExportInvalid(
            "export_column_missing", columns=missing, row=first - 1, headings=list(headings)
        )
    sample = [texts_of(row) for row in head[first - 1 :]]
    _refuse_persons(headings, places, sample)
    found = {column: headings[places[column]] if column in places else "" for column in fields()}
    return Layout(
        first_row=first,
        headings=headings,
        places=places,
        dropped=tuple(_dropped(headings, meanings, places, sample)),
        mapping=SourceMapping(columns=found, words=told.words),
    )


def _heading(head: Sequence[Sequence[Cell]], told: SourceMapping) -> tuple[int, tuple[str, ...]]:
    """Number of the first line under the heading, and the headings."""
    lines = [_line(row) for row in head[:HEADING_WITHIN]]
    best: tuple[int, int, tuple[str, ...]] = (0, 0, ())
    for number, line in enumerate(lines, start=1):
        both = _joined(line, lines[number]) if number < len(lines) else line
        for last, headings in ((number, line), (number + 1, both)):
            known = _known(headings, told)
            if known > best[0]:
                best = (known, last, headings)
    known, last, headings = best
    if known < COLUMNS_AT_LEAST:
        raise ExportInvalid("export_without_heading", within=HEADING_WITHIN)
    if last < len(lines) and _is_numbering(lines[last]):
        last += 1
    return last + 1, headings


def _line(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(" ".join(text.split())[:HEADING_SHOWN] for text in texts_of(row))


def _joined(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Two lines of heading as one: the lower one where it says something."""
    length = max(len(upper), len(lower))
    padded = [[*line, *[""] * (length - len(line))] for line in (upper, lower)]
    return tuple(below or above for above, below in zip(*padded, strict=True))


def _known(headings: Sequence[str], told: SourceMapping) -> int:
    """How many different columns a line names."""
    meanings = {_meaning(heading, told) for heading in headings if heading}
    return len({meaning for meaning in meanings if meaning})


def _meaning(heading: str, told: SourceMapping) -> str | None:
    """What a heading names: a column, `personal:<kind>`, or nothing."""
    plain = far(heading)
    if not plain:
        return None
    for column, own in told.columns.items():
        if own and far(own) == plain:
            return column
    meaning = columns().meaning(heading)
    # A column that the source was told about is found by that heading and by no other.
    return None if meaning in told.columns else meaning


def _is_numbering(line: Sequence[str]) -> bool:
    filled = [text for text in line if text]
    return len(filled) >= COLUMNS_AT_LEAST and all(_NUMBERING.fullmatch(text) for text in filled)


def _refuse_persons(
    headings: Sequence[str], places: Mapping[str, int], sample: Sequence[Sequence[str]]
) -> None:
    for column in OF_WORDS & set(places):
        place = places[column]
        called = columns().exactly(headings[place]) or ""
        kind = (
            Personal(called.removeprefix(PERSONAL))
            if called.startswith(PERSONAL)
            else kind_of_column(set(_cells(sample, place)))
        )
        if kind is not None:
            raise ExportInvalid(
                "export_column_personal", column=column, heading=headings[place], kind=kind.value
            )


def _dropped(
    headings: Sequence[str],
    meanings: Sequence[str | None],
    places: Mapping[str, int],
    sample: Sequence[Sequence[str]],
) -> list[Dropped]:
    read = set(places.values())
    found = []
    for place, heading in enumerate(headings):
        if place in read:
            continue
        meaning = meanings[place] or ""
        by_heading = meaning.startswith(PERSONAL)
        kind = (
            Personal(meaning.removeprefix(PERSONAL))
            if by_heading
            else kind_of_column(_cells(sample, place))
        )
        if heading or kind:
            by_content = kind is not None and not by_heading
            found.append(Dropped(heading=heading, personal=kind, by_content=by_content))
    return found


def _cells(sample: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in sample if place < len(row)]
