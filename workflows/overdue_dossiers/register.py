"""The names that the room of overdue dossiers brings."""

from engine.machine.registry import Registry
from workflows.overdue_dossiers.keeping import DossierRegister


def register(registry: Registry) -> None:
    """Make the names of the room known."""
    registry.register("dossier", DossierRegister())  # type: ignore[arg-type]
