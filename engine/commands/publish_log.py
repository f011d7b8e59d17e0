"""Publish what is new in a log: its tiles, its bundles of entries, and last a signed checkpoint.

1. Safe to run at any time, twice, and in several processes: a tile of one size has one content, and
   the checkpoint is replaced only while it is the one from which this run went on.
2. Only entries that the house sealed are published. A row that somebody slipped into the tail that
   nobody has signed yet stops the publication, and nothing is signed until it is gone.
3. What was published is continued, never contradicted: the database must hold all of it, the tiles
   must fold to the root that was signed, and the new root must be that of the log's head.
4. Files first, checkpoint last: what is cut short leaves files of which no checkpoint speaks. The
   size of a checkpoint is that of a committed log, so that no power cut makes the log shorter.
5. What keeps a log from being published is written down once, as an entry and as a state that
   `/readyz` shows; the state goes with the next publication that finds nothing.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from engine.audit.chain import entry_hmac
from engine.audit.checkpoint import Checkpoint
from engine.audit.leaf import EntryType
from engine.audit.merkle import CompactRange, leaf_hash
from engine.audit.note import sign_note
from engine.audit.profile import AuditInputError
from engine.audit.tile import (
    CHECKPOINT_PATH,
    ENTRIES,
    TILE_WIDTH,
    Tile,
    changed_tiles,
    members_at,
    tile_at,
    write_entries,
)
from engine.audit.tree import GrowingTree
from engine.errors import Conflict, Corrupt
from engine.evidence.published import PublishedChanged, PublishedNotFound
from engine.machine.actor import SYSTEM
from engine.runtime import Publishing, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.log_publication import LogOrigin, SealedEntry
from engine.transaction.publishing import (
    LOG_STREAM,
    Standing,
    key_entry,
    origin_of,
    path_of,
    read_tile,
    signers_of,
    standing_of,
)


class NotPublishable(Corrupt):
    """The log is not what it should be; nothing was signed.

    Attributes:
        fresh: whether this was not known before.
    """

    fresh: bool = False


class PublishedNowhere(Conflict):
    """This process was given no place to publish to."""

    def __init__(self) -> None:
        super().__init__("log_published_nowhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """How far a log is published.

    Attributes:
        size: of the newest checkpoint.
        fresh: how many entries it covers more than the one before.
    """

    origin: str
    size: int
    fresh: int


def publish_log(runtime: Runtime, organization_id: str, *, anew: bool = False) -> PublishedLog:
    """Publish what is new in the log of one organisation.

    Args:
        runtime: the house.
        organization_id: whose log.
        anew: write every file again, where published files were lost or damaged.

    Raises:
        NotPublishable: the log, or what was published of it, is not what it should be.
        PublishedNowhere: the runtime has no place for it.
        OSError: the published files cannot be reached.
    """
    publishing = runtime.publishing
    if publishing is None:
        raise PublishedNowhere
    try:
        while (done := _publish(runtime, publishing, organization_id, anew=anew)) is None:
            _begin(runtime, publishing, organization_id)
    except NotPublishable as problem:
        problem.fresh = _note(runtime, organization_id, problem)
        raise
    return done


def is_unpublished(runtime: Runtime, organization_id: str) -> bool:
    """Whether there is anything to publish, as far as the database knows."""
    with runtime.read(organization_id) as uow:
        state = uow.tables.publications.state()
        return state is None or state.problem is not None or state.size != uow.tables.log.size()


def _begin(runtime: Runtime, publishing: Publishing, organization_id: str) -> None:
    """Choose the name of a log that has none; the log says it, and under which key it is signed."""
    with runtime.write(organization_id) as uow:
        uow.tables.log.lock()
        if uow.tables.publications.origins():
            return
        chosen = origin_of(uow, publishing, 1)
        uow.tables.publications.begin(chosen.generation, chosen.origin, at=uow.now)
        uow.tables.log.append(key_entry(uow, publishing, chosen.origin))
        uow.commit()


def _sound(uow: UnitOfWork, publishing: Publishing) -> Standing:
    """How the log stands, if it may be published.

    Raises:
        NotPublishable: it may not.
    """
    standing = standing_of(uow, publishing)
    if not standing.serves:
        raise NotPublishable(standing.stand.value, **standing.told())
    return standing


def _publish(
    runtime: Runtime, publishing: Publishing, organization_id: str, *, anew: bool
) -> PublishedLog | None:
    """Publish what is new; None where the log has no name yet."""
    with runtime.read(organization_id) as uow:
        standing = _sound(uow, publishing)
        if not standing.named:
            return None
        before = 0 if standing.checkpoint is None else standing.checkpoint.size
        origin = standing.origin
        if uow.tables.log.size() < before:
            # Somebody else wrote and published since this transaction began.
            return PublishedLog(origin=origin.origin, size=before, fresh=0)
        tree = _write_files(uow, publishing, standing, first=0 if anew else before)
    if tree.size > before:
        _mark(runtime, organization_id, origin)
        checkpoint = Checkpoint(origin.origin, tree.size, tree.root())
        note = sign_note(checkpoint.text(), signers_of(publishing, origin.origin))
        path = path_of(origin.generation, CHECKPOINT_PATH)
        try:
            publishing.files.swap(organization_id, path, note, expected=standing.note)
        except PublishedChanged:
            # Somebody else was faster and has published; what is new since waits for the next run.
            return PublishedLog(origin=origin.origin, size=before, fresh=0)
    _remember(runtime, organization_id, origin, tree.range())
    for folder in _outgrown(before, tree.size):
        publishing.files.remove(organization_id, path_of(origin.generation, folder))
    return PublishedLog(origin=origin.origin, size=tree.size, fresh=tree.size - before)


def _write_files(
    uow: UnitOfWork, publishing: Publishing, standing: Standing, *, first: int
) -> GrowingTree:
    """Write the tiles and bundles that are new since a size; the tree as it is then.

    Raises:
        NotPublishable: an entry, a tile or the head is not what it should be.
    """
    generation = standing.origin.generation
    head = CompactRange.from_bytes(uow.tables.log.head().compact_range)
    tree = _tree(uow, publishing, standing, first=first)
    files = (
        (path_of(generation, tile.path), content)
        for tile, content in _new_tiles(uow, tree, first=first, end=head.size)
    )
    publishing.files.write(uow.organization.id, files)
    if tree.range() != head:
        raise NotPublishable("log_head_differs", size=head.size)
    return tree


def _tree(
    uow: UnitOfWork, publishing: Publishing, standing: Standing, *, first: int
) -> GrowingTree:
    """The tree as it was published, from its tiles; or one that grows from nothing."""
    if first == 0 or standing.checkpoint is None:
        return GrowingTree()
    read = partial(read_tile, publishing, uow.organization.id, standing.origin.generation)
    try:
        tree = GrowingTree(read, size=first)
    except (AuditInputError, PublishedNotFound) as error:
        raise NotPublishable("log_tiles_differ", size=first) from error
    if tree.root() != standing.checkpoint.root:
        raise NotPublishable("log_tiles_differ", size=first)
    return tree


def _new_tiles(
    uow: UnitOfWork, tree: GrowingTree, *, first: int, end: int
) -> Iterator[tuple[Tile, bytes]]:
    """Append the entries of the database to the tree; every tile that is new, with its bytes."""
    changed = set(changed_tiles(first, end)) if first else None
    begin = first - first % TILE_WIDTH
    published = tree.last_leaves()
    bundle: list[bytes] = []
    idx = begin
    for entry in uow.tables.publications.entries(begin, end):
        leaf = _leaf(uow, entry, idx=idx, known=published[idx - begin] if idx < first else None)
        bundle.append(entry.body)
        idx += 1
        if idx > first:
            yield from tree.append(leaf)
        if len(bundle) == TILE_WIDTH:
            yield tile_at(ENTRIES, (idx - 1) // TILE_WIDTH, size=idx), write_entries(bundle)
            bundle.clear()
    if idx != end:
        raise NotPublishable("log_entry_missing", entry=idx)
    if bundle and end > first:
        yield tile_at(ENTRIES, end // TILE_WIDTH, size=end), write_entries(bundle)
    for tile, content in tree.partial_tiles():
        if changed is None or tile in changed:
            yield tile, content


def _leaf(uow: UnitOfWork, entry: SealedEntry, *, idx: int, known: bytes | None) -> bytes:
    """The hash of an entry that may be published.

    Args:
        uow: whose log it is.
        entry: as the database has it.
        idx: where it must stand.
        known: its hash, where it was published before.

    Raises:
        NotPublishable: one is missing before it, it was changed, or the house did not write it.
    """
    if entry.idx != idx:
        raise NotPublishable("log_entry_missing", entry=idx)
    leaf = leaf_hash(entry.body)
    if known is not None:
        if leaf != known:
            raise NotPublishable("log_entry_changed", entry=idx)
        return leaf
    seal = entry_hmac(
        uow.runtime.log_key, organization_id=uow.organization.id, idx=idx, leaf_hash=leaf
    )
    if not hmac.compare_digest(entry.hmac, seal):
        raise NotPublishable("log_entry_not_ours", entry=idx)
    return leaf


def _mark(runtime: Runtime, organization_id: str, origin: LogOrigin) -> None:
    """Remember, before the first checkpoint of a generation is there, that there is to be one."""
    if origin.published:
        return
    with runtime.write(organization_id) as uow:
        uow.tables.publications.mark_published(origin.generation)
        uow.commit()


def _remember(
    runtime: Runtime, organization_id: str, origin: LogOrigin, reached: CompactRange
) -> None:
    with runtime.write(organization_id) as uow:
        uow.tables.publications.reached(
            origin.generation,
            size=reached.size,
            compact_range=reached.to_bytes(),
            at=uow.now,
        )
        uow.commit()


def _outgrown(before: int, size: int) -> Iterator[str]:
    """Where the partial tiles lie whose full tile is there since now."""
    level = ENTRIES
    while members := members_at(level, before):
        index, width = divmod(members, TILE_WIDTH)
        if width and members_at(level, size) >= (index + 1) * TILE_WIDTH:
            yield f"{Tile(level, index).path}.p"
        level += 1


def _note(runtime: Runtime, organization_id: str, problem: NotPublishable) -> bool:
    """Write a problem down, if it was not known; whether it was new (rule 5)."""
    idx = problem.params.get("entry")
    with runtime.write(organization_id) as uow:
        state = uow.tables.publications.state()
        if state is not None and (state.problem, state.problem_idx) == (problem.code, idx):
            return False
        uow.tables.publications.hindered(
            problem.code, idx, empty=CompactRange().to_bytes(), at=uow.now
        )
        uow.tables.log.append(
            LogDraft(
                type=EntryType.PUBLICATION_REFUSED,
                stream=LOG_STREAM,
                at=uow.now,
                actor=SYSTEM,
                subject=None if idx is None else f"entry:{idx}",
                flags=(problem.code,),
                details=problem.params,
            )
        )
        uow.commit()
    return True
