"""Remove bytes that no record needs any more.

They are what a crash between storing and recording left behind, and what was disposed of by a
decision after its time: its record stays, and needs them no more.

Only files older than a day go: a younger one may belong to an upload whose row is about to commit.
The same bytes may be uploaded again in the very moment in which their old copy is swept: both
happen under the organisation's lock, and the upload looks whether its bytes are still there.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import NotFound
from engine.runtime import Runtime, UnitOfWork

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
        known = _known(uow)
    orphans = []
    for blob in runtime.store.list(organization_id):
        if blob.stored_at > before or blob.sha256 in known:
            continue
        # The records are asked anew for each orphan: one may have come while the sweep ran.
        with runtime.write(organization_id) as uow:
            uow.tables.log.lock()
            if blob.sha256 not in _known(uow):
                runtime.store.delete(organization_id, blob.sha256)
                orphans.append(blob.sha256)
    return Swept(digests=tuple(orphans))


def forget_content(runtime: Runtime, organization_id: str, sha256: str) -> None:
    """Remove bytes at once that nothing refers to any more.

    Where the store is away, the sweep does so later. What is referred to is left as it is.
    """
    with runtime.write(organization_id) as uow, suppress(OSError, NotFound):
        uow.tables.log.lock()
        if sha256 not in _known(uow):
            runtime.store.delete(organization_id, sha256)


def _known(uow: UnitOfWork) -> frozenset[str]:
    """The contents that a case or a job still needs."""
    return frozenset(uow.tables.evidence.digests()) | uow.tables.jobs.digests()
