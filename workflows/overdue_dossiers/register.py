"""The names that the room of overdue dossiers brings."""

from engine.machine.registry import Registry
from workflows.overdue_dossiers.keeping import NAME, DossierRegister


def register(registry: Registry) -> None:
    """Make the names of the room known."""
    registry.register(NAME, DossierRegister())
