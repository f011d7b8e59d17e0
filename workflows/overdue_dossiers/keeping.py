"""The register of dossiers: its rows are written here, and what they ask for is asked here."""

from collections.abc import Sequence
from typing import Any

from engine.machine.register import Filling, ReadRow, Tally
from workflows.overdue_dossiers.filling import note_case, write_dossiers


class DossierRegister:
    """The dossiers of the one-stop desk."""

    fills = ("one_stop", "office", "iso_secretary", "api_client")

    def write(self, session: Any, rows: Sequence[ReadRow], filling: Filling) -> Tally:
        """Write rows, those that come twice in the order given."""
        return write_dossiers(session, rows, filling)

    def opened(
        self, session: Any, organization_id: str, key: tuple[Any, ...], instance_id: str
    ) -> None:
        """Note that the case of a dossier is open, so that it is not asked for again."""
        code, due_on = key
        note_case(session, organization_id, (code, due_on), instance_id)
