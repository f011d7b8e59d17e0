"""The register of dossiers: how its files are read, its rows written, and its cases asked for."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any, BinaryIO, Final

from engine.calendars.business_days import Calendar
from engine.machine.register import (
    FaultyRow,
    Filling,
    Layout,
    OpenFile,
    Reading,
    ReadRow,
    Tally,
    WantedCase,
    WantedStep,
)
from engine.tables.names import Names
from workflows.overdue_dossiers.asking import wanted_cases
from workflows.overdue_dossiers.dossier import Dossier
from workflows.overdue_dossiers.export import layout as headings
from workflows.overdue_dossiers.export.layout import ExportInvalid, SourceMapping
from workflows.overdue_dossiers.export.opening import Export, ReadingSettings, open_export
from workflows.overdue_dossiers.export.rows import RowSettings
from workflows.overdue_dossiers.export.vocabulary import fields as export_columns
from workflows.overdue_dossiers.filling import note_case, write_dossiers
from workflows.overdue_dossiers.settling import wanted_steps

NAME: Final = "dossier"
DIGEST_BYTES: Final = 16
_VALUES: Final = tuple(each.name for each in fields(Dossier))
_told: Final = attrgetter(*_VALUES)


class DossierRegister:
    """The dossiers of the one-stop desk."""

    fills: tuple[str, ...] = ("one_stop", "office", "iso_secretary", "api_client")
    columns: tuple[str, ...] = export_columns()
    required: tuple[str, ...] = headings.REQUIRED

    def open(self, file: BinaryIO, reading: Reading) -> OpenFile:
        """Read the heading of an export.

        Raises:
            Invalid: it is no export that can be read.
        """
        settings = ReadingSettings(
            mapping=SourceMapping(columns=dict(reading.mapping)),
            rows=RowSettings(units=_units(reading)),
        )
        try:
            export = open_export(file, filename=reading.filename, settings=settings)
        except ExportInvalid as error:
            if error.code != "export_column_missing":
                raise
            return Headed(layout=_lacking(error, reading))
        return OpenExport(export=export)

    def shown(self, value: Any) -> Mapping[str, Any]:
        """A dossier as value → what it is, for a look before it is written."""
        return dict(zip(_VALUES, _told(value), strict=True))

    def write(self, session: Any, rows: Sequence[ReadRow], filling: Filling) -> Tally:
        """Write rows, those that come twice in the order given."""
        return write_dossiers(session, rows, filling)

    def wanted_cases(
        self, session: Any, organization_id: str, *, today: date, calendar: Calendar, limit: int
    ) -> tuple[WantedCase, ...]:
        """Some of the cases that dossiers ask for and that are not open yet."""
        return wanted_cases(session, organization_id, today=today, calendar=calendar, limit=limit)

    def wanted_steps(self, session: Any, organization_id: str) -> tuple[WantedStep, ...]:
        """The steps that dossiers ask for of their open cases."""
        return wanted_steps(session, organization_id)

    def opened(
        self, session: Any, organization_id: str, key: tuple[Any, ...], instance_id: str
    ) -> None:
        """Note that the case of a dossier is open, so that it is not asked for again."""
        code, due_on = key
        note_case(session, organization_id, (code, due_on), instance_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headed:
    """A file of which only the heading can be read, for a column is missing."""

    layout: Layout

    def rows(self) -> Iterator[ReadRow | FaultyRow]:
        """None: no row can be read."""
        return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenExport:
    """An export that is being read."""

    export: Export

    @property
    def layout(self) -> Layout:
        """What its heading says."""
        found = self.export.layout
        dropped = [column for column in found.dropped if column.heading]
        return Layout(
            headings=found.headings,
            mapping=dict(found.mapping.columns),
            personal=tuple(each.heading for each in dropped if each.personal is not None),
            unused=tuple(each.heading for each in dropped if each.personal is None),
        )

    def rows(self) -> Iterator[ReadRow | FaultyRow]:
        """Every row, in the order of the file; a value that is left out comes before its row."""
        for number, dossier, faults in self.export.readings():
            for fault in faults:
                yield FaultyRow(
                    number=number,
                    column=fault.column,
                    code=fault.code,
                    params=fault.params,
                    refused=dossier is None,
                )
            if dossier is not None:
                yield ReadRow(number=number, value=dossier, digest=digest_of(dossier))


def digest_of(dossier: Dossier) -> bytes:
    """A digest of everything that a dossier tells, the same for whoever computes it."""
    told = "\x1f".join("" if value is None else str(value) for value in _told(dossier))
    return hashlib.sha256(told.encode()).digest()[:DIGEST_BYTES]


def _units(reading: Reading) -> Names:
    """What the export may call a unit: its id, its titles, and what the source calls it."""
    titles = [(name, unit) for unit, title in reading.units.items() for name in title.values()]
    return Names([*titles, *reading.aliases.items()])


def _lacking(error: ExportInvalid, reading: Reading) -> Layout:
    return Layout(
        headings=tuple(heading for heading in error.params["headings"] if heading),
        mapping=dict(reading.mapping),
        missing=tuple(error.params["columns"]),
    )
