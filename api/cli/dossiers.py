"""`dossiers`: what the one-stop desk exports, counted without any database, or imported into one.

1. What was read, replaced, refused and left out is said on standard error, the figures alone on
   standard output: they may be handed on.
2. The calendar of a file is that of the state sector, as it ships and as the pinned library
   estimates it; the register is counted by the organisation's own.
3. The whole of a window is as it was at the end of its last day; without `--to` that is today,
   without `--from` the first of January of that year.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.desk import Desk, complain, desk_of
from api.cli.export_telling import show_preview, source_of, tell_source, word_of, write_faults
from api.seeds import DEFINITIONS, read_yaml
from engine.calendars.business_days import Calendar
from engine.calendars.vietnam import LIBRARY_SOURCE, read_calendar_file, seed_days
from engine.errors import Invalid, NotFound
from engine.tables.cells import shown_cell
from engine.tables.listing import Listing, write_listings
from engine.tables.writing import SheetFormat
from workflows.overdue_dossiers.analysis.counting import Analysis, Dimension, Window, analyse_export
from workflows.overdue_dossiers.analysis.listing import (
    IN_GROUPS,
    IN_LINES,
    analysis_listings,
)
from workflows.overdue_dossiers.analysis.recurrence import Remedy
from workflows.overdue_dossiers.dossier import Cause
from workflows.overdue_dossiers.export.layout import SourceMapping, mapping_of
from workflows.overdue_dossiers.export.opening import ReadingSettings, open_export
from workflows.overdue_dossiers.export.rows import ZONE

CALENDAR: Final = DEFINITIONS / "calendars" / "vn.yaml"
YEARS_BEFORE: Final = 10
"""Years before the window for which days off are known: nothing is pending longer."""

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


class Form(StrEnum):
    """How figures are told."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    DOCX = "docx"


DAYS: Final = ["%Y-%m-%d", "%d/%m/%Y"]
INSTANTS: Final = [*DAYS, "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"]


Shape = tuple[Sequence[Dimension], Form, Path | None]
"""By what figures are broken down, how they are told, and where to."""


@app.command(
    name="import",
    help="Nhập tệp trích xuất vào sổ theo dõi · Import an export into the register",
)
def import_file(  # noqa: PLR0913 - each one is an option of the line.
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, Parquet", metavar="FILE")],
    *,
    user: Annotated[str, typer.Option(help="Tên đăng nhập của người nhập · Who imports it")],
    source: Annotated[str, typer.Option(help="Nguồn · The software that made it")] = "desk",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=INSTANTS, metavar="TIME", help="Lúc trích xuất · Exported at"),
    ] = None,
    rows: Annotated[int | None, typer.Option(help="Số dòng theo nguồn · Rows declared")] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="CỘT=TIÊU ĐỀ · COLUMN=HEADING", metavar="COLUMN=HEADING"),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(help="TÊN=MÃ ĐƠN VỊ · NAME=UNIT", metavar="NAME=UNIT"),
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
) -> None:
    """Keep the file, import it as every import is, and tell what came of it."""
    # The database, and all that stands on it, only for whoever imports.
    from api.cli.dossier_imports import Line, import_export  # noqa: PLC0415

    if not file.is_file():
        raise NotFound("file_not_there", file=str(file))
    line = Line(
        file=file,
        user=user,
        source=source,
        organization=organization,
        as_of=as_of,
        rows=rows,
        mapping=_pairs(map_ or []),
        aliases=_pairs(alias or []),
    )
    if not import_export(desk_of(context), line):
        raise typer.Exit(1)


@app.command(
    name="analyse",
    help="Phân tích hồ sơ của tệp, hoặc của sổ · Count the dossiers of a file, or of the register",
)
def analyse_dossiers(  # noqa: PLR0913 - each one is an option of the line.
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="CSV, XLSX, Parquet", metavar="[FILE]")
    ] = None,
    *,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=DAYS, metavar="DAY", help="Từ ngày · From"),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=DAYS, metavar="DAY", help="Đến hết ngày · To the end of"),
    ] = None,
    by: Annotated[list[Dimension] | None, typer.Option(help="Tách theo · Break down by")] = None,
    format_: Annotated[Form, typer.Option("--format")] = Form.TABLE,
    out: Annotated[Path | None, typer.Option(help="Ghi ra tệp · Write to a file")] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="CỘT=TIÊU ĐỀ · COLUMN=HEADING", metavar="COLUMN=HEADING"),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Cấu hình cột (JSON) · Columns of the source, as JSON")
    ] = None,
    remedies: Annotated[
        Path | None, typer.Option(help="Biện pháp khắc phục (JSON) · Remedies, as JSON")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="Ghi lỗi ra .csv/.xlsx · Write the faults to .csv/.xlsx")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Chỉ xem cách đọc tệp · Only show how it is read")
    ] = False,
    organization: Annotated[
        str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
    ] = None,
) -> None:
    """Count dossiers over a window and tell the figures; a file needs no database."""
    desk = desk_of(context)
    dimensions = tuple(by or ())
    if file is None:
        if map_ or mapping or faults or preview:
            raise Invalid("file_not_named")
        _analyse_register(desk, organization, (first, last), remedies, (dimensions, format_, out))
        return
    if not file.is_file():
        raise NotFound("file_not_there", file=str(file))
    settings = ReadingSettings(mapping=_mapping(mapping, map_ or []))
    with file.open("rb") as stream:
        export = open_export(stream, filename=file.name, settings=settings)
        if preview:
            show_preview(export, desk)
            return
        window = _window(first, last, None)
        analysis = analyse_export(export, window, _calendar(window), remedies=_remedies(remedies))
        source = source_of(export, desk)
        tell_source(export, desk)
    if faults is not None:
        write_faults(export, faults, desk)
    _tell(analysis, source, (dimensions, format_, out), desk)
    if not source["accepted"] and source["refused"]:
        raise typer.Exit(1)


def _analyse_register(
    desk: Desk,
    organization: str | None,
    days: tuple[datetime | None, datetime | None],
    remedies: Path | None,
    shape: Shape,
) -> None:
    # The database only for whoever names no file.
    from api.cli.dossier_register import analyse_register  # noqa: PLC0415

    found = analyse_register(
        desk, organization, lambda today: _window(*days, today), remedies=_remedies(remedies)
    )
    complain(desk.say("dossiers_register", **found.source))
    _tell(found.analysis, found.source, shape, desk, found.titles)


def _tell(
    analysis: Analysis,
    source: Mapping[str, Any],
    shape: Shape,
    desk: Desk,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Give the figures in the shape that is wanted; units by their titles where they have some."""
    by, format_, out = shape
    if format_ is Form.JSON:
        told = {**analysis.told(by), "source": source}
        _give(json.dumps(told, ensure_ascii=False, indent=2), out, desk)
        return
    called = titles or {}
    _give(_told(analysis, by, format_, desk, lambda unit: called.get(unit, unit)), out, desk)


def _told(
    analysis: Analysis,
    by: Sequence[Dimension],
    format_: Form,
    desk: Desk,
    called: Callable[[str], str],
) -> str | bytes:
    """The tables of an analysis: as text, as sheets, or set for Word."""
    shown = IN_GROUPS if format_ in {Form.CSV, Form.XLSX} else IN_LINES
    listings = analysis_listings(analysis, by, word_of(desk), shown=shown, called=called)
    if format_ in {Form.CSV, Form.XLSX}:
        return write_listings(listings, SheetFormat(format_.value))
    heading = desk.say(
        "dossiers_window",
        first=analysis.window.first,
        last=analysis.window.last,
        calendar=analysis.calendar_version,
    )
    if format_ is Form.TABLE:
        return "\n\n".join([heading, *map(_as_text, listings)])
    # Word's library is a third of a second that no other form shall wait for.
    from api.cli.dossier_paper import analysis_docx  # noqa: PLC0415

    return analysis_docx(
        analysis, listings, heading=heading, language=desk.language, say=word_of(desk)
    )


def _mapping(file: Path | None, told: list[str]) -> SourceMapping:
    """The columns of the source: those of a file, then those on the line.

    Raises:
        NotFound: `file_not_there`.
        Invalid: the file or the line cannot be read.
    """
    mapping = SourceMapping() if file is None else mapping_of(_json(file))
    return replace(mapping, columns={**mapping.columns, **_pairs(told)})


def _pairs(told: list[str]) -> dict[str, str]:
    """What the line says as `name=value`.

    Raises:
        Invalid: `map_without_heading`.
    """
    found = {}
    for pair in told:
        name, sign, value = pair.partition("=")
        if not sign:
            raise Invalid("map_without_heading", told=pair)
        found[name.strip()] = value.strip()
    return found


def _remedies(file: Path | None) -> tuple[Remedy, ...]:
    """The remedies of a file: `[{"cause": …, "unit": … or null, "on": "2026-05-04"}]`.

    Raises:
        Invalid: `remedies_unreadable` with the number of the first one that cannot be read.
    """
    if file is None:
        return ()
    told = _json(file)
    found = []
    for row, one in enumerate(told if isinstance(told, list) else [told], start=1):
        try:
            unit = None if one.get("unit") is None else str(one["unit"])
            on = date.fromisoformat(one["on"])
            found.append(Remedy(cause=Cause(one["cause"]), on=on, unit=unit))
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            raise Invalid("remedies_unreadable", row=row) from fault
    return tuple(found)


def _json(file: Path) -> Any:
    if not file.is_file():
        raise NotFound("file_not_there", file=str(file))
    return json.loads(file.read_text("utf-8-sig"))


def _window(first: datetime | None, last: datetime | None, today: date | None) -> Window:
    if last is not None:
        until = last.date()
    elif today is not None:
        until = today
    else:
        # The house's clock, and the database behind it, only for whoever names no day.
        from engine.runtime import SystemClock  # noqa: PLC0415

        until = SystemClock().now().astimezone(ZONE).date()
    return Window(first=date(until.year, 1, 1) if first is None else first.date(), last=until)


def _calendar(window: Window) -> Calendar:
    """The calendar of the state sector, for as long as dossiers of the window may have waited."""
    file = read_calendar_file(read_yaml(CALENDAR))
    years = range(window.first.year - YEARS_BEFORE, window.last.year + 2)
    return Calendar(
        days=seed_days(years, file),
        weekend=file.weekend,
        version=f"{CALENDAR.name}, {LIBRARY_SOURCE}",
    )


def _as_text(listing: Listing) -> str:
    """A table for a terminal: texts to the left, numbers to the right."""
    rows = [[shown_cell(cell) for cell in row] for row in listing.rows]
    lines = [list(listing.headings), *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(listing.headings))]

    def shown(line: list[str]) -> str:
        cells = [
            text.rjust(width) if place else text.ljust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    rule = "─" * len(listing.title)
    return "\n".join([listing.title, rule, *map(shown, lines)])


def _give(content: str | bytes, out: Path | None, desk: Desk) -> None:
    """Write to the file that was named, else to standard output."""
    if out is None:
        typer.echo(content)
        return
    out.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())
    complain(desk.say("dossiers_written", file=str(out)))
