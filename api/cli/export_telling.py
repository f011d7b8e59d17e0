"""What was read of an export, dropped and found wrong: said to whoever typed the line."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import typer

from api.cli.desk import Desk, complain
from engine.tables.fault import RowFault
from engine.tables.listing import write_listings
from engine.tables.writing import SheetFormat
from workflows.overdue_dossiers.analysis.listing import fault_listing
from workflows.overdue_dossiers.export.opening import Export

FAULTS_SHOWN: Final = 10


def source_of(export: Export, desk: Desk) -> dict[str, Any]:
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


def tell_source(export: Export, desk: Desk) -> None:
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


def show_preview(export: Export, desk: Desk) -> None:
    """Show which column was found where, the first dossiers and the first faults."""
    preview = export.preview()
    for column, heading in preview.layout.mapping.columns.items():
        title = word_of(desk)(f"dossier.column.{column}", {})
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


def write_faults(export: Export, file: Path, desk: Desk) -> None:
    """Write the faults that were kept as a table."""
    listing = fault_listing(export.faults.kept, word_of(desk), lambda f: _sentence(f, desk))
    wanted = SheetFormat.XLSX if file.suffix.casefold() == ".xlsx" else SheetFormat.CSV
    file.write_bytes(write_listings([listing], wanted))
    complain(desk.say("dossiers_written", file=str(file)))


def _fault_line(fault: RowFault, desk: Desk) -> str:
    column = word_of(desk)(f"dossier.column.{fault.column}", {})
    text = _sentence(fault, desk)
    return desk.say("dossiers_fault", row=fault.row, column=column, text=text)


def _sentence(fault: RowFault, desk: Desk) -> str:
    """What is wrong with a cell, in words."""
    known = desk.words.knows(f"cell.{fault.code}", desk.language)
    return word_of(desk)(f"{'cell' if known else 'fault'}.{fault.code}", fault.params)


def word_of(desk: Desk) -> Callable[[str, Mapping[str, Any]], str]:
    """What puts a code into the language of the line."""
    return lambda code, params: desk.words.say(code, params, desk.language)
