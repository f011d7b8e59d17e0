"""The register of dossiers: how its files are read, its rows written, and its cases asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, BinaryIO, Final

from engine.calendars.business_days import Calendar
from engine.machine.register import Filling, OpenFile, Reading, ReadRow, Tally, WantedCase
from workflows.overdue_dossiers.asking import wanted_cases
from workflows.overdue_dossiers.dossier import Dossier
from workflows.overdue_dossiers.filling import note_case, write_dossiers

NAME: Final = "dossier"


class DossierRegister:
    """The dossiers of the one-stop desk."""

    fills: tuple[str, ...] = ("one_stop", "office", "iso_secretary", "api_client")
    columns: tuple[str, ...] = ("code", "unit", "status")
    required: tuple[str, ...] = ("code",)

    def open(self, file: BinaryIO, reading: Reading) -> OpenFile:
        """Read the heading of an export."""
        raise NotImplementedError

    def shown(self, value: Any) -> Mapping[str, Any]:
        """A dossier as column → value, for a look before it is written."""
        dossier: Dossier = value
        return {each.name: getattr(dossier, each.name) for each in fields(dossier)}

    def write(self, session: Any, rows: Sequence[ReadRow], filling: Filling) -> Tally:
        """Write rows, those that come twice in the order given."""
        return write_dossiers(session, rows, filling)

    def wanted_cases(
        self, session: Any, organization_id: str, *, today: date, calendar: Calendar, limit: int
    ) -> tuple[WantedCase, ...]:
        """Some of the cases that dossiers ask for and that are not open yet."""
        return wanted_cases(session, organization_id, today=today, calendar=calendar, limit=limit)

    def opened(
        self, session: Any, organization_id: str, key: tuple[Any, ...], instance_id: str
    ) -> None:
        """Note that the case of a dossier is open, so that it is not asked for again."""
        code, due_on = key
        note_case(session, organization_id, (code, due_on), instance_id)
