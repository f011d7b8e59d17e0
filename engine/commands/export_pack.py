"""Let an evidence pack leave the house, and write down that it did.

1. The entry comes after the size that the pack speaks of: asked for again at the same checkpoint,
   the pack is the same file, byte for byte.
2. It names the digest of the file, what was asked for and who asked. A pack that could not be
   written leaves no entry; one that was written leaves one, whether it is carried home or not.
"""

from typing import BinaryIO

from engine.audit.leaf import EntryType
from engine.machine.actor import SYSTEM, Actor
from engine.queries.evidence_pack import PackMade, PackPages, PackWish, write_pack
from engine.runtime import Runtime
from engine.storage.audit_log import LogDraft


def export_pack(
    runtime: Runtime,
    organization_id: str,
    wish: PackWish,
    file: BinaryIO,
    pages: PackPages,
    *,
    actor: Actor = SYSTEM,
) -> PackMade:
    """Write a pack into a file, and the entry into the log.

    Without an `actor` the house itself exports, from its command line.

    Raises:
        NotFound, NotPublished, PackTooLarge, LogDiffers: as `write_pack`; nothing is logged.
    """
    with runtime.read(organization_id) as uow:
        made = write_pack(uow, wish, file, pages)
    with runtime.write(organization_id) as uow:
        uow.tables.log.append(
            LogDraft(
                type=EntryType.DATA_EXPORTED,
                stream="organization",
                at=uow.now,
                actor=actor,
                subject=made.sha256,
                details={
                    "export": "evidence_pack",
                    "scope": made.scope.kind,
                    "value": made.scope.value,
                    "size": made.size,
                    "bytes": made.bytes,
                },
            )
        )
        uow.commit()
    return made
