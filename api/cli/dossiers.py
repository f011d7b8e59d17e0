"""`dossiers`: what the one-stop desk exports, counted without any database.

1. What was read, replaced, refused and left out is said on standard error, the figures alone on
   standard output: they may be handed on.
2. The calendar is that of the state sector, as it ships and as the pinned library estimates it.
3. The whole of a window is as it was at the end of its last day; without `--to` that is today,
   without `--from` the first of January of that year.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.desk import Desk, complain, desk_of
from api.seeds import DEFINITIONS, read_yaml
from engine.calendars.business_days import Calendar
from engine.calendars.vietnam import LIBRARY_SOURCE, read_calendar_file, seed_days
from engine.errors import Invalid, NotFound
from engine.tables.cells import shown_cell
from engine.tables.fault import RowFault
from engine.tables.listing import Listing, write_listings
from engine.tables.writing import SheetFormat
from workflows.overdue_dossiers.analysis.counting import Analysis, Dimension, Window, analyse
from workflows.overdue_dossiers.analysis.listing import (
    IN_GROUPS,
    IN_LINES,
    analysis_listings,
    fault_listing,
)
from workflows.overdue_dossiers.analysis.recurrence import Remedy
from workflows.overdue_dossiers.dossier import Cause
from workflows.overdue_dossiers.export.layout import SourceMapping, mapping_of
from workflows.overdue_dossiers.export.opening import Export, ReadingSettings, open_export
from workflows.overdue_dossiers.export.rows import ZONE

CALENDAR: Final = DEFINITIONS / "calendars" / "vn.yaml"
YEARS_BEFORE: Final = 10
"""Years before the window for which days off are known: nothing is pending longer."""
FAULTS_SHOWN: Final = 10

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
    help="Phân tích hồ sơ từ tệp trích xuất · Count the dossiers of an export",
)
def analyse_file(  # noqa: PLR0913 - each one is an option of the line.
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, Parquet", metavar="FILE")],
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
) -> None:
    """Read a file, count its dossiers over a window, and tell the figures."""
    desk = desk_of(context)
    if not file.is_file():
        raise NotFound("file_not_there", file=str(file))
    settings = ReadingSettings(mapping=_mapping(mapping, map_ or []))
    with file.open("rb") as stream:
        export = open_export(stream, filename=file.name, settings=settings)
        if preview:
            _preview(export, desk)
            return
        window = _window(first, last)
        analysis = analyse(
            export.current(), window, _calendar(window), remedies=_remedies(remedies)
        )
        told = analysis.told(by or ())
        source = _source(export, desk)
        _tell_source(export, desk)
    if faults is not None:
        _write_faults(export, faults, desk)
    if format_ is Form.JSON:
        _give(json.dumps({**told, "source": source}, ensure_ascii=False, indent=2), out, desk)
        return
    _give(_told(analysis, by or (), format_, desk), out, desk)
    if not source["accepted"] and source["refused"]:
        raise typer.Exit(1)


def _told(analysis: Analysis, by: Sequence[Dimension], format_: Form, desk: Desk) -> str | bytes:
    """The tables of an analysis: as text, as sheets, or set for Word."""
    shown = IN_GROUPS if format_ in {Form.CSV, Form.XLSX} else IN_LINES
    listings = analysis_listings(analysis, by, _word(desk), shown=shown)
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
        analysis, listings, heading=heading, language=desk.language, say=_word(desk)
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


def _window(first: datetime | None, last: datetime | None) -> Window:
    if last is None:
        # The house's clock, and the database behind it, only for whoever names no day.
        from engine.runtime import SystemClock  # noqa: PLC0415

        until = SystemClock().now().astimezone(ZONE).date()
    else:
        until = last.date()
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


def _source(export: Export, desk: Desk) -> dict[str, Any]:
    """What was read, as JSON tells it."""
    return {
        **asdict(export.reconciliation()),
        "columns": export.layout.mapping.told()["columns"],
        "dropped": [
            {"heading": dropped.heading, "personal": dropped.personal}
            for dropped in export.layout.dropped
        ],
        "faults": dict(export.faults.counts),
        "first_faults": [
            {**fault.told(), "message": _sentence(fault, desk)}
            for fault in export.faults.kept[:FAULTS_SHOWN]
        ],
    }


def _tell_source(export: Export, desk: Desk) -> None:
    """Say on standard error what was read and what was not."""
    told = asdict(export.reconciliation())
    complain(desk.say("dossiers_read", **told))
    if told["left_out"] or told["hidden"] or told["cut"]:
        complain(desk.say("dossiers_left_out", **told))
    complain(desk.say("dossiers_checksum", **told))
    _tell_dropped(export, desk, complain)
    for fault in export.faults.kept[:FAULTS_SHOWN]:
        complain(_fault_line(fault, desk))
    more = export.faults.total - FAULTS_SHOWN
    if more > 0:
        complain(desk.say("dossiers_more_faults", count=more))


def _tell_dropped(export: Export, desk: Desk, tell: Callable[[str], None]) -> None:
    for code, personal in (("dossiers_dropped_personal", True), ("dossiers_dropped", False)):
        headings = [
            dropped.heading or "—"
            for dropped in export.layout.dropped
            if (dropped.personal is not None) is personal
        ]
        if headings:
            tell(desk.say(code, headings=headings))


def _preview(export: Export, desk: Desk) -> None:
    """Show which column was found where, the first dossiers and the first faults."""
    preview = export.preview()
    for column, heading in preview.layout.mapping.columns.items():
        title = _word(desk)(f"dossier.column.{column}", {})
        desk.tell("dossiers_mapped", column=f"{column} ({title})", heading=heading or "—")
    _tell_dropped(export, desk, typer.echo)
    for row, dossier in preview.dossiers:
        ended = dossier.ended_on or "—"
        told = (
            f"{dossier.code} | {dossier.procedure} | {dossier.unit} | {dossier.received_at} | "
            f"{dossier.due_on} | {dossier.current_due_on} | {dossier.status} | {ended}"
        )
        desk.tell("dossiers_preview", row=row, told=told)
    for fault in preview.faults:
        typer.echo(_fault_line(fault, desk))


def _write_faults(export: Export, file: Path, desk: Desk) -> None:
    listing = fault_listing(export.faults.kept, _word(desk), lambda f: _sentence(f, desk))
    wanted = SheetFormat.XLSX if file.suffix.casefold() == ".xlsx" else SheetFormat.CSV
    file.write_bytes(write_listings([listing], wanted))
    complain(desk.say("dossiers_written", file=str(file)))


def _fault_line(fault: RowFault, desk: Desk) -> str:
    column = _word(desk)(f"dossier.column.{fault.column}", {})
    text = _sentence(fault, desk)
    return desk.say("dossiers_fault", row=fault.row, column=column, text=text)


def _sentence(fault: RowFault, desk: Desk) -> str:
    """What is wrong with a cell, in words."""
    known = desk.words.knows(f"cell.{fault.code}", desk.language)
    return _word(desk)(f"{'cell' if known else 'fault'}.{fault.code}", fault.params)


def _word(desk: Desk) -> Callable[[str, Mapping[str, Any]], str]:
    return lambda code, params: desk.words.say(code, params, desk.language)


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
