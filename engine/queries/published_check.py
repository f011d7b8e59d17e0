"""What was published of a log, held against the log that the database has.

1. Size and root come from the published checkpoint, opened with the keys of this installation; from
   then on the entries must lead to them, as to any checkpoint that somebody kept.
2. The published leaf hashes must lead to the same root, and the published entries to these hashes:
   whoever reads there must find what was signed. Where nothing is published, or the files are away,
   that is no fault and is told.
"""

from engine.audit.checkpoint import Checkpoint as Published
from engine.audit.folding import roots_at
from engine.audit.merkle import HASH_BYTES, leaf_hash
from engine.audit.profile import AuditInputError
from engine.audit.tile import ENTRIES, TILE_WIDTH, read_entries, tile_at
from engine.audit.verifier import Checkpoint, Finding
from engine.evidence.published import PublishedNotFound
from engine.runtime import Publishing, UnitOfWork
from engine.transaction.publishing import Stand, read_tile, standing_of


def published_of(uow: UnitOfWork, findings: list[Finding]) -> tuple[Checkpoint, ...]:
    """The published checkpoint, to hold against the entries; what is wrong goes to `findings`."""
    publishing = uow.runtime.publishing
    if publishing is None:
        return ()
    try:
        standing = standing_of(uow, publishing)
        if standing.stand in {Stand.MISSING, Stand.UNREADABLE}:
            findings.append(Finding(code=standing.stand.value, detail=standing.origin.origin))
        if standing.checkpoint is None:
            return ()
        if standing.serves and standing.checkpoint.size > uow.tables.log.size():
            # Published since this reading began: there is nothing here to hold it against.
            return ()
        generation = standing.origin.generation
        if not _tiles_lead_there(uow, publishing, generation, standing.checkpoint):
            detail = str(standing.checkpoint.size)
            findings.append(Finding(code="published_tiles_differ", detail=detail))
    except OSError:
        return ()
    return (Checkpoint(standing.checkpoint.size, standing.checkpoint.root),)


def _tiles_lead_there(
    uow: UnitOfWork, publishing: Publishing, generation: int, checkpoint: Published
) -> bool:
    size = checkpoint.size
    parts = []
    for index in range(-(-size // TILE_WIDTH)):
        tile = tile_at(0, index, size=size)
        try:
            content = read_tile(publishing, uow.organization.id, generation, tile)
            bundle = tile_at(ENTRIES, index, size=size)
            entries = read_tile(publishing, uow.organization.id, generation, bundle)
            hashes = b"".join(map(leaf_hash, read_entries(entries, width=bundle.width)))
        except (PublishedNotFound, AuditInputError):
            return False
        if len(content) != tile.width * HASH_BYTES or hashes != content:
            return False
        parts.append(content)
    return dict(roots_at(b"".join(parts), [size])).get(size) == checkpoint.root
