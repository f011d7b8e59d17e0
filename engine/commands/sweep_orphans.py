"""Remove bytes that no record refers to: what a crash between storing and recording left behind.

Only files older than a day go: a younger one may belong to an upload whose row is about to commit.
"""

from dataclasses import dataclass
from datetime import timedelta

from engine.runtime import Runtime

YOUNGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The digests whose bytes were removed."""

    digests: tuple[str, ...]


def sweep_orphans(
    runtime: Runtime, organization_id: str, *, youngest: timedelta = YOUNGEST
) -> Swept:
    """Remove the orphans of one organisation."""
    with runtime.read(organization_id) as uow:
        before = uow.now - youngest
    orphans = []
    for blob in runtime.store.list(organization_id):
        # The records are asked anew for each file: one may have come while the sweep ran.
        with runtime.read(organization_id) as uow:
            referred = blob.sha256 in uow.tables.evidence.digests()
        if not referred and blob.stored_at <= before:
            runtime.store.delete(organization_id, blob.sha256)
            orphans.append(blob.sha256)
    return Swept(digests=tuple(orphans))
